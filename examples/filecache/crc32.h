/* SPDX-License-Identifier: MIT */
#ifndef FILECACHE_CRC32_H
#define FILECACHE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in zip and Ethernet, of `len` bytes; go on with the last result, start with 0. */
uint32_t crc32(uint32_t crc, const void *data, size_t len);

#endif

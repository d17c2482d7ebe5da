/* SPDX-License-Identifier: MIT */
/* u8 to s64 and the like. The system's own headers come here too, for __u8 to __s64. */
#ifndef KLOCK_COMPAT_LINUX_TYPES_H
#define KLOCK_COMPAT_LINUX_TYPES_H

#ifndef __has_include_next /* sparse and cppcheck */
#include_next <linux/types.h>
#else
#if __has_include_next(<linux/types.h>)
#include_next <linux/types.h>
#endif
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

typedef unsigned int gfp_t;
typedef unsigned int fmode_t;

#endif

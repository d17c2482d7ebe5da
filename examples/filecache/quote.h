/* SPDX-License-Identifier: MIT */
/* Names as they are shown. */
#ifndef FILECACHE_QUOTE_H
#define FILECACHE_QUOTE_H

#include <stddef.h>

/*
 * The name as a shell reads it: as it is, or where it has other characters than letters, digits
 * and a few, in quotes, with what cannot be printed as $'\n' or $'\033'. So whatever a file is
 * called, its line of a listing or message is one line, and the terminal obeys none of it. A
 * buffer of this thread's, which the fourth call after it uses again.
 */
const char *quote_name(const char *name);
/* The same of `len` bytes, or up to the first zero. */
const char *quote_bytes(const char *name, size_t len);

/* Makes what cannot be printed in a message a question mark. */
void quote_message(char *text);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Names as they may stand in a text: the program may have put anything into them. Signal-safe.
 */
#ifndef KLOCK_BASE_PRINTABLE_H
#define KLOCK_BASE_PRINTABLE_H

#include <stddef.h>

/* How many bytes the UTF-8 character has that begins here; 0: the bytes are not UTF-8. */
size_t klock_utf8_length(const char *s);

/*
 * The same, but 0 also for what a terminal acts on or XML forbids: control characters, of C1
 * too, U+FFFE and U+FFFF.
 */
size_t klock_printable_length(const char *s);

/*
 * Copies the name; what is not printable becomes \ooo. Cut between characters. NULL is
 * "?". Returns buf.
 */
const char *klock_printable(const char *name, char *buf, size_t size);

#define KLOCK_JSON_CHAR 8 /* bytes at the most, with the 0 at its end */

/*
 * What stands in a JSON string for the character that begins here, U+FFFD for a byte that is
 * not UTF-8. Returns how many bytes of the name that was.
 */
size_t klock_json_char(const char *s, char buf[KLOCK_JSON_CHAR]);

#endif

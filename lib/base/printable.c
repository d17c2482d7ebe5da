/* SPDX-License-Identifier: MIT */
#include "base/printable.h"
#include <stdbool.h>
#include <string.h>

/* It shows a form that is too long, half of a UTF-16 pair, and what is past U+10FFFF. */
static bool second_is_right(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	default:
		return true;
	}
}

size_t klock_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t size = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

	if ((*s >= 0x80 && *s < 0xc2) || *s > 0xf4)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return size == 1 || second_is_right(s[0], s[1]) ? size : 0;
}

size_t klock_printable_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if (*s < ' ' || *s == 0x7f)
		return 0;
	if (s[0] == 0xc2 && s[1] < 0xa0)
		return 0;
	if (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe)
		return 0;
	return klock_utf8_length(text);
}

const char *klock_printable(const char *name, char *buf, size_t size)
{
	size_t used = 0;

	name = name ? name : "?";
	while (*name) {
		size_t n = klock_printable_length(name);
		unsigned char c = (unsigned char)*name;
		const char escaped[4] = { '\\', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)),
					  (char)('0' + (c & 7)) };
		size_t room = n ? n : sizeof(escaped);

		if (used + room >= size)
			break;
		memcpy(buf + used, n ? name : escaped, room);
		used += room;
		name += n ? n : 1;
	}
	buf[used] = '\0';
	return buf;
}

/* Of one to three bytes: all that is not printable and yet UTF-8. */
static unsigned int code_point(const unsigned char *s, size_t size)
{
	switch (size) {
	case 1:
		return s[0];
	case 2:
		return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
	case 3:
		return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
	default:
		return 0xfffd;
	}
}

static void escape(unsigned int code, char buf[KLOCK_JSON_CHAR])
{
	memcpy(buf, "\\u0000", 7);
	for (int i = 5; code; code >>= 4)
		buf[i--] = "0123456789abcdef"[code & 15];
}

size_t klock_json_char(const char *s, char buf[KLOCK_JSON_CHAR])
{
	size_t size = klock_printable_length(s), used = 0;

	if (!size) {
		size = klock_utf8_length(s);
		escape(code_point((const unsigned char *)s, size), buf);
		return size ? size : 1;
	}
	if (*s == '"' || *s == '\\')
		buf[used++] = '\\';
	memcpy(buf + used, s, size);
	buf[used + size] = '\0';
	return size;
}

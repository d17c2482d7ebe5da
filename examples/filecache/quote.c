/* SPDX-License-Identifier: MIT */
#include "quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "image.h"

#define NR_BUFFERS 4
/* Each byte of its own kind: 'a'$'\001'. */
#define BUFFER_SIZE (8 * IMAGE_NAME_MAX + 8)

/*
 * Bytes of the printable character that begins here; 0: it is none, but a control character,
 * or no UTF-8. C1 controls are obeyed by some terminals as the escapes of ASCII are.
 */
static size_t printable(const unsigned char *at, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *at < 0x80 ? 1 : *at < 0xc0 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
	uint32_t c = *at & (0xffu >> (len + 1));

	if (len == 1)
		return *at >= 0x20 && *at != 0x7f;
	if (!len || *at >= 0xf8 || left < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	/* Line and paragraph separators, and marks that turn the writing round, forge as well. */
	if (c < least[len] || c < 0xa0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return len;
}

static bool is_plain(const unsigned char *name, size_t len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_@%+=:,./-";
	size_t i = 0, n;

	while (i < len) {
		n = printable(name + i, len - i);
		if (!n || (n == 1 && !strchr(plain, name[i])))
			return false;
		i += n;
	}
	return len;
}

/* The text of $'...' for a byte that cannot be printed. */
static int escape(char *out, unsigned char c)
{
	static const char from[] = "\a\b\t\n\v\f\r", to[] = "abtnvfr";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? sprintf(out, "\\%c", to[at - from]) : sprintf(out, "\\%03o", c);
}

static void quote(char *out, const unsigned char *name, size_t len)
{
	bool escaped = false;
	size_t i = 0, n;

	*out++ = '\'';
	while (i < len) {
		n = printable(name + i, len - i);
		if (!n && !escaped)
			out += sprintf(out, "'$'");
		else if (n && escaped)
			out += sprintf(out, "''");
		escaped = !n;
		if (!n)
			out += escape(out, name[i++]);
		else if (name[i] == '\'')
			out += sprintf(out, "'\\''"), i++;
		else
			for (; n; n--)
				*out++ = (char)name[i++];
	}
	*out++ = '\'';
	*out = 0;
}

const char *quote_bytes(const char *name, size_t len)
{
	static __thread char buffers[NR_BUFFERS][BUFFER_SIZE];
	static __thread unsigned int turn;
	char *out = buffers[turn++ % NR_BUFFERS];

	len = strnlen(name, len < IMAGE_NAME_MAX ? len : IMAGE_NAME_MAX);
	if (is_plain((const unsigned char *)name, len)) {
		memcpy(out, name, len);
		out[len] = 0;
	} else {
		quote(out, (const unsigned char *)name, len);
	}
	return out;
}

const char *quote_name(const char *name)
{
	return quote_bytes(name, IMAGE_NAME_MAX);
}

void quote_message(char *text)
{
	size_t len = strlen(text), n;

	for (size_t i = 0; i < len; i += n ? n : 1) {
		n = printable((unsigned char *)text + i, len - i);
		if (!n)
			text[i] = '?';
	}
}

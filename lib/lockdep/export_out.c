/* SPDX-License-Identifier: MIT */
#include "lockdep/export_out.h"
#include "base/bug.h"
#include "base/write_all.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Not from malloc(), which may be built on locks of ours. */
struct klock_out *klock_out_new(int fd)
{
	struct klock_out *out = mmap(NULL, sizeof(*out), PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (out == MAP_FAILED)
		return NULL;
	out->fd = fd;
	return out;
}

static void flush(struct klock_out *out)
{
	if (!out->error)
		out->error = klock_write_all(out->fd, out->buf, out->used);
	out->used = 0;
}

int klock_out_end(struct klock_out *out)
{
	int error;

	flush(out);
	error = out->error;
	munmap(out, sizeof(*out));
	return error;
}

static void add_bytes(struct klock_out *out, const char *bytes, size_t size)
{
	while (size) {
		size_t part = sizeof(out->buf) - out->used;

		if (part > size)
			part = size;
		memcpy(out->buf + out->used, bytes, part);
		out->used += part;
		bytes += part;
		size -= part;
		if (out->used == sizeof(out->buf))
			flush(out);
	}
}

void klock_out_add(struct klock_out *out, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n > 0)
		add_bytes(out, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void klock_out_field(struct klock_out *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\\')
			add_bytes(out, "\\\\", 2);
		else if (c < ' ' || c == 127)
			klock_out_add(out, "\\%03o", c);
		else
			add_bytes(out, text, 1);
	}
}

/* How many bytes the UTF-8 character has that begins here; 0: it is none. */
static size_t utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t size = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

	if ((*s >= 0x80 && *s < 0xc2) || *s > 0xf4)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (size == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
		return 0; /* too long a form, or half of a UTF-16 pair */
	if (size == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
		return 0;
	return size;
}

static void add_quoted(struct klock_out *out, const char *text, bool json)
{
	while (*text) {
		unsigned char c = (unsigned char)*text;
		size_t size = utf8(text);

		if (c == '"' || c == '\\')
			klock_out_add(out, "\\%c", c);
		else if (c < ' ' || c == 127)
			klock_out_add(out, json ? "\\u%04x" : "\\\\%03o", c);
		else if (!size)
			add_bytes(out, "\xef\xbf\xbd", 3); /* no UTF-8: U+FFFD stands for it */
		else
			add_bytes(out, text, size);
		text += size ? size : 1;
	}
}

void klock_out_json(struct klock_out *out, const char *text)
{
	add_quoted(out, text, true);
}

void klock_out_dot(struct klock_out *out, const char *text)
{
	add_quoted(out, text, false);
}

const char *klock_out_site(struct klock_out *out, const void *site)
{
	uint64_t hash = (uint64_t)(uintptr_t)site * 0x9e3779b97f4a7c15u >> 32;
	struct klock_out_site *at = &out->sites[hash & (KLOCK_OUT_SITES - 1)];

	if (at->site != site || !site) {
		at->site = site;
		klock_describe_site(site, at->text, sizeof(at->text));
	}
	return at->text;
}

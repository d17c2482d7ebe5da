/* SPDX-License-Identifier: MIT */
#include "lockdep/export_out.h"
#include "base/bug.h"
#include "base/printable.h"
#include "base/write_all.h"
#include <stdarg.h>
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

/* What cannot stand in a line of text, and \ itself. */
static void add_octal(struct klock_out *out, unsigned char c)
{
	if (c == '\\')
		add_bytes(out, "\\\\", 2);
	else
		klock_out_add(out, "\\%03o", c);
}

void klock_out_field(struct klock_out *out, const char *text)
{
	while (*text) {
		size_t size = klock_printable_length(text);

		if (!size || *text == '\\')
			add_octal(out, (unsigned char)*text);
		else
			add_bytes(out, text, size);
		text += size ? size : 1;
	}
}

void klock_out_json(struct klock_out *out, const char *text)
{
	char c[KLOCK_JSON_CHAR];

	while (*text) {
		text += klock_json_char(text, c);
		add_bytes(out, c, strlen(c));
	}
}

/* Graphviz takes &lt; and the like for what they mean in XML. */
void klock_out_dot(struct klock_out *out, const char *text)
{
	while (*text) {
		unsigned char c = (unsigned char)*text;
		size_t size = klock_printable_length(text);

		if (c == '"' || c == '\\')
			klock_out_add(out, "\\%c", c);
		else if (c == '&')
			add_bytes(out, "&amp;", 5);
		else if (size)
			add_bytes(out, text, size);
		else if (c < ' ' || c == 127)
			klock_out_add(out, "\\\\%03o", c);
		else
			add_bytes(out, "\xef\xbf\xbd", 3); /* U+FFFD */
		text += size ? size : 1;
	}
}

const char *klock_out_site(struct klock_out *out, const void *site)
{
	uint64_t hash = (uint64_t)(uintptr_t)site * 0x9e3779b97f4a7c15u >> 32;
	struct klock_out_site *at = &out->sites[hash & (KLOCK_OUT_SITES - 1)];

	if (at->site != site || !site) {
		at->site = site;
		klock_describe_site_near(site, &out->place, at->text, sizeof(at->text));
	}
	return at->text;
}

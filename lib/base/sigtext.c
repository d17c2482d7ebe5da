/* SPDX-License-Identifier: MIT */
#include "base/sigtext.h"
#include "base/write_all.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

static void add_bytes(struct klock_sigtext *text, const char *bytes, size_t n)
{
	size_t left = text->size - 1 - text->used;

	if (n > left) {
		n = left;
		text->cut = true;
	}
	memcpy(text->buf + text->used, bytes, n);
	text->used += n;
	text->buf[text->used] = '\0';
}

static void add_string(struct klock_sigtext *text, const char *s)
{
	s = s ? s : "(null)";
	add_bytes(text, s, strlen(s));
}

static void add_number(struct klock_sigtext *text, unsigned long n, unsigned int base)
{
	char digits[3 * sizeof(n)], *p = digits + sizeof(digits);

	do
		*--p = "0123456789abcdef"[n % base];
	while (n /= base);
	add_bytes(text, p, (size_t)(digits + sizeof(digits) - p));
}

static void add_signed(struct klock_sigtext *text, int n)
{
	if (n < 0)
		add_bytes(text, "-", 1);
	add_number(text, n < 0 ? 0ul - (unsigned long)n : (unsigned long)n, 10);
}

static void add_pointer(struct klock_sigtext *text, const void *p)
{
	add_bytes(text, "0x", 2);
	add_number(text, (unsigned long)(uintptr_t)p, 16);
}

/* The conversion at `f`, behind its per cent sign; its last character. */
static const char *convert(struct klock_sigtext *text, const char *f, va_list *args)
{
	char c;

	switch (*f) {
	case 's':
		add_string(text, va_arg(*args, const char *));
		return f;
	case 'd':
		add_signed(text, va_arg(*args, int));
		return f;
	case 'u':
		add_number(text, va_arg(*args, unsigned int), 10);
		return f;
	case 'l':
		add_number(text, va_arg(*args, unsigned long), f[1] == 'x' ? 16 : 10);
		return f + 1;
	case 'p':
		add_pointer(text, va_arg(*args, const void *));
		return f;
	case 'c':
		c = (char)va_arg(*args, int);
		add_bytes(text, &c, 1);
		return f;
	default:
		add_bytes(text, f, 1);
		return f;
	}
}

void klock_sigtext_add(struct klock_sigtext *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (const char *f = format; *f; f++) {
		size_t plain = strcspn(f, "%");

		add_bytes(text, f, plain);
		f += plain;
		if (!*f || !f[1])
			break;
		f = convert(text, f + 1, &args);
	}
	va_end(args);
}

void klock_sigtext_seconds(struct klock_sigtext *text, int64_t ns)
{
	int ms = ns > 0 ? (int)(ns / 1000000 % 1000) : 0;
	char tail[] = { '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
			(char)('0' + ms % 10), 's' };

	add_number(text, ns > 0 ? (unsigned long)(ns / 1000000000) : 0, 10);
	add_bytes(text, tail, sizeof(tail));
}

void klock_sigtext_end(struct klock_sigtext *text)
{
	static const char cut[] = "...\nklock: the rest is left out\n";
	const size_t n = sizeof(cut) - 1;

	if (text->cut && text->used >= n)
		memcpy(text->buf + text->used - n, cut, n);
}

void klock_sigtext_write(const struct klock_sigtext *text, int fd)
{
	int saved = errno;

	(void)klock_write_all(fd, text->buf, text->used); /* else nowhere left to say it */
	errno = saved;
}

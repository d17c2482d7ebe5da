/* SPDX-License-Identifier: MIT */
#include "base/say.h"
#include "base/write_all.h"
#include "config.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void klock_say(const char *format, ...)
{
	int saved = errno, n;
	char text[5000];
	va_list args;

	/* Into memory, printf takes no lock. */
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n > 0) /* else nowhere left to say it */
		(void)klock_write_all(STDERR_FILENO, text,
				      (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	errno = saved;
}

const char *klock_errno_text(int error)
{
#ifdef HAVE_STRERRORDESC_NP
	const char *text = strerrordesc_np(error);

	return text ? text : "unknown error";
#else
	return strerror(error);
#endif
}

/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "fs.h"
#include "image.h"
#include "quote.h"

static __thread char error_text[512];
static __thread const char *error = "no error";

const char *cache_error(void)
{
	return error;
}

int cache_fail(int errno_value, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	quote_message(error_text);
	return cache_why(errno_value, error_text);
}

int cache_why(int errno_value, const char *text)
{
	error = text;
	return -errno_value;
}

int cache_interrupted(const struct inode *inode, const char *what)
{
	cache_count(inode->i_image, CACHE_eintr, 1);
	return cache_fail(EINTR, "%s: file %s: %s was interrupted", inode->i_image->path,
			  quote_name(inode->i_name), what);
}

/* SPDX-License-Identifier: MIT */
/* Which classes a declared name means. */
#include "lockdep/order.h"
#include <fnmatch.h>
#include <string.h>

void klock_order_plain(const char *text, char *buf, size_t size)
{
	size_t used = 0;

	if (*text == '&')
		text++;
	while (*text && used + 1 < size) {
		if (text[0] == '-' && text[1] == '>') {
			buf[used++] = '.';
			text += 2;
		} else {
			buf[used++] = *text++;
		}
	}
	buf[used] = '\0';
}

bool klock_order_matches(const struct klock_order_name *name, const struct klock_class *class)
{
	char printed[KLOCK_ORDER_NAME], plain[KLOCK_ORDER_NAME];

	klock_order_plain(klock_class_name(class, printed, sizeof(printed)), plain, sizeof(plain));
	/* A class may be called "&locks[i]", which as a pattern would not match itself. */
	return !strcmp(name->plain, plain) || !fnmatch(name->plain, plain, 0);
}

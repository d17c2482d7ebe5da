/* SPDX-License-Identifier: MIT */
/* Text on its way to a file, and names in it, whatever they are made of. */
#ifndef KLOCK_LOCKDEP_EXPORT_OUT_H
#define KLOCK_LOCKDEP_EXPORT_OUT_H

#include "base/maps.h"
#include <stddef.h>

#define KLOCK_OUT_SITES 2048 /* a power of two */

struct klock_out {
	struct klock_mapping place; /* of the last address that was named */
	int fd;
	int error; /* errno of a write that failed: nothing more is written */
	size_t used;
	char buf[16384];
	struct klock_out_site {
		const void *site;
		char text[120];
	} sites[KLOCK_OUT_SITES]; /* names of addresses cost much, and come again */
};

/* NULL: no memory. */
struct klock_out *klock_out_new(int fd);
/* Writes what is left. Returns 0 or an errno. */
int klock_out_end(struct klock_out *out);

void klock_out_add(struct klock_out *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A name as it stands in a field between tabs, in a JSON string, in a DOT string: no quotes. */
void klock_out_field(struct klock_out *out, const char *text);
void klock_out_json(struct klock_out *out, const char *text);
void klock_out_dot(struct klock_out *out, const char *text);

/* "program(function+0x12)" */
const char *klock_out_site(struct klock_out *out, const void *site);

#endif

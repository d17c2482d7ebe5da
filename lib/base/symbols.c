/* SPDX-License-Identifier: MIT */
#include "base/symbols.h"
#include "base/elf_symbol.h"
#include "base/printable.h"
#include "base/sigtext.h"
#include "base/source_line.h"
#include "base/undisturbed.h"
#include <string.h>

/* `into` is 1 for a return address, which may be that of the next function already. */
static void describe(uintptr_t address, unsigned int into, struct klock_mapping *m, char *buf,
		     size_t size)
{
	struct klock_sigtext text = klock_sigtext_in(buf, size);
	struct klock_elf_symbol symbol;
	uintptr_t in_file;
	char name[256];

	if (!klock_mapping_find(address, m)) {
		klock_sigtext_add(&text, "%p", (const void *)address);
		return;
	}
	klock_sigtext_add(&text, "%s",
			  klock_printable(klock_mapping_name(m), name, sizeof(name)));
	if (klock_elf_address(m->path, m->base, address - into, &in_file) &&
	    klock_elf_symbol(m->path, in_file, &symbol))
		klock_sigtext_add(&text, "(%s+0x%lx)",
				  klock_printable(symbol.name, name, sizeof(name)),
				  (unsigned long)symbol.offset + into);
	else
		klock_sigtext_add(&text, "(+0x%lx)", (unsigned long)(address - m->base));
}

void klock_describe_site_near(const void *site, struct klock_mapping *last, char *buf, size_t size)
{
	struct klock_undisturbed u = klock_undisturbed_begin();
	struct klock_mapping none;

	none.start = none.end = 0;
	describe((uintptr_t)site, 0, last ? last : &none, buf, size);
	klock_undisturbed_end(u);
}

void klock_describe_call(const void *site, char *buf, size_t size)
{
	struct klock_undisturbed u = klock_undisturbed_begin();
	struct klock_mapping m;
	size_t used;

	m.start = m.end = 0;
	describe((uintptr_t)site, 1, &m, buf, size);
	used = strlen(buf);
	if (m.end && used + 2 < size &&
	    klock_source_line(site, &m, buf + used + 1, size - used - 1))
		buf[used] = ' ';
	klock_undisturbed_end(u);
}

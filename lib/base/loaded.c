/* SPDX-License-Identifier: MIT */
#include "base/loaded.h"
#include "config.h"

#ifdef HAVE__DL_FIND_OBJECT

#include <dlfcn.h>

bool klock_in_loaded_object(const void *address)
{
	struct dl_find_object found;

	return !_dl_find_object((void *)address, &found);
}

#else

#include <link.h>
#include <stddef.h>
#include <stdint.h>

static int contains(struct dl_phdr_info *object, size_t size, void *address)
{
	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];

		if (p->p_type == PT_LOAD &&
		    (uintptr_t)address - (object->dlpi_addr + p->p_vaddr) < p->p_memsz)
			return 1;
	}
	return 0;
}

bool klock_in_loaded_object(const void *address)
{
	return dl_iterate_phdr(contains, (void *)address);
}

#endif

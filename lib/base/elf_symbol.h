/* SPDX-License-Identifier: MIT */
/*
 * Names from the symbol tables of an ELF file, static functions too where it is not stripped. The
 * file is read, not mapped: whatever is wrong with it, or happens to it meanwhile, gives no name.
 * Signal-safe.
 */
#ifndef KLOCK_BASE_ELF_SYMBOL_H
#define KLOCK_BASE_ELF_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct klock_elf_symbol {
	uintptr_t offset; /* of the address in it */
	char name[128];   /* a longer one is cut */
};

/* The address as the file has it, of one in memory that the file is mapped to from `base` on. */
bool klock_elf_address(const char *path, uintptr_t base, uintptr_t address, uintptr_t *in_file);

/* The function or variable at such an address. False: nothing is known of it. */
bool klock_elf_symbol(const char *path, uintptr_t in_file, struct klock_elf_symbol *symbol);

#endif

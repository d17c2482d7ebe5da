/* SPDX-License-Identifier: MIT */
#include "base/elf_symbol.h"
#include "base/read_file.h"
#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

typedef ElfW(Ehdr) ehdr;
typedef ElfW(Phdr) phdr;
typedef ElfW(Shdr) shdr;
typedef ElfW(Sym) sym;

#define NATIVE_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)
#define CHUNK 64 /* symbols that are read at a time */

static bool read_header(int fd, ehdr *header)
{
	return klock_read_at(fd, header, sizeof(*header), 0) &&
	       !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == NATIVE_CLASS;
}

/* Where the first segment is to be; the loader moves all by one distance. */
static bool first_address(int fd, const ehdr *header, uintptr_t *address)
{
	phdr segment;

	for (unsigned int i = 0; i < header->e_phnum; i++) {
		if (!klock_read_at(fd, &segment, sizeof(segment),
				   header->e_phoff + (uint64_t)i * sizeof(segment)))
			return false;
		if (segment.p_type != PT_LOAD)
			continue;
		*address = segment.p_vaddr - segment.p_offset;
		return true;
	}
	return false;
}

bool klock_elf_address(const char *path, uintptr_t base, uintptr_t address, uintptr_t *in_file)
{
	int fd = klock_open_to_read(path);
	uintptr_t first;
	ehdr header;
	bool found;

	if (fd < 0)
		return false;
	found = read_header(fd, &header) && first_address(fd, &header, &first);
	close(fd);
	if (found)
		*in_file = address - base + first;
	return found;
}

/* The section of this type, if there is one. */
static bool find_section(int fd, const ehdr *header, uint32_t type, shdr *section)
{
	for (unsigned int i = 0; i < header->e_shnum; i++) {
		if (!klock_read_at(fd, section, sizeof(*section),
				   header->e_shoff + (uint64_t)i * sizeof(*section)))
			return false;
		if (section->sh_type == type)
			return true;
	}
	return false;
}

static bool covers(const sym *s, uintptr_t address)
{
	unsigned int type = s->st_info & 0xf;

	return s->st_shndx != SHN_UNDEF &&
	       (type == STT_FUNC || type == STT_OBJECT || type == STT_GNU_IFUNC) &&
	       address >= s->st_value && address - s->st_value < s->st_size;
}

/* The innermost symbol that covers the address. */
static bool scan(int fd, const shdr *table, uintptr_t address, sym *best)
{
	uint64_t left = table->sh_size / sizeof(sym), at = table->sh_offset;
	sym some[CHUNK];
	bool found = false;

	while (left) {
		uint64_t n = left < CHUNK ? left : CHUNK;

		if (!klock_read_at(fd, some, n * sizeof(sym), at))
			break;
		for (uint64_t i = 0; i < n; i++) {
			if (!covers(&some[i], address) ||
			    (found && some[i].st_value < best->st_value))
				continue;
			*best = some[i];
			found = true;
		}
		left -= n;
		at += n * sizeof(sym);
	}
	return found;
}

/* The string there, as far as it fits; it may be the last in the file. */
static bool read_name(int fd, const ehdr *header, const shdr *table, const sym *s, char *name,
		      size_t size)
{
	shdr strings;
	size_t n;

	if (table->sh_link >= header->e_shnum ||
	    !klock_read_at(fd, &strings, sizeof(strings),
			   header->e_shoff + (uint64_t)table->sh_link * sizeof(strings)) ||
	    s->st_name >= strings.sh_size)
		return false;
	n = klock_read_from(fd, name, size - 1, strings.sh_offset + s->st_name);
	name[n] = '\0';
	return *name;
}

static bool look_up(int fd, uint32_t type, uintptr_t address, struct klock_elf_symbol *symbol)
{
	ehdr header;
	shdr table;
	sym best;

	if (!read_header(fd, &header) || header.e_shentsize != sizeof(shdr) ||
	    !find_section(fd, &header, type, &table) || !scan(fd, &table, address, &best) ||
	    !read_name(fd, &header, &table, &best, symbol->name, sizeof(symbol->name)))
		return false;
	symbol->offset = address - best.st_value;
	return true;
}

bool klock_elf_symbol(const char *path, uintptr_t in_file, struct klock_elf_symbol *symbol)
{
	int fd = klock_open_to_read(path);
	bool found;

	if (fd < 0)
		return false;
	found = look_up(fd, SHT_SYMTAB, in_file, symbol) ||
		look_up(fd, SHT_DYNSYM, in_file, symbol);
	close(fd);
	return found;
}

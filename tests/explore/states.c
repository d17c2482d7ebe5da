/* SPDX-License-Identifier: MIT */
#include "explore/states.h"
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a state only a hash is kept: with n states, one in 2^64 / n is taken for another. */
struct state {
	uint64_t hash; /* 0: a free slot */
	uint8_t record;
};

static XP_OWN struct state *states = NULL;
static XP_OWN uint64_t slots = 0, used = 0; /* slots: a power of two */

/* The program's variables, in pieces: most are as they were at the beginning, always. */
#define PIECE 256
static XP_OWN char *variables = NULL, *variables_end = NULL, *baseline = NULL;

extern char __start_xp_own[], __stop_xp_own[]; /* the linker's */

static void *get_memory(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		perror("explore");
		exit(2);
	}
	return p;
}

uint64_t xp_hash(uint64_t hash, const void *data, size_t size)
{
	const char *p = data;

	for (; size >= 8; p += 8, size -= 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		hash = (hash ^ word) * 0x9fb21c651e98df25u;
		hash ^= hash >> 32;
	}
	for (; size; p++, size--)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

/* Of the program itself, which comes first: what it can write, once it has been linked. */
static int find_variables(struct dl_phdr_info *program, size_t size, void *dynamic)
{
	char *written_by_linker = NULL;

	(void)size;
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
		char *start = (char *)(uintptr_t)(program->dlpi_addr + segment->p_vaddr);

		if (segment->p_type == PT_INTERP)
			*(bool *)dynamic = true;
		if (segment->p_type == PT_GNU_RELRO)
			written_by_linker = start + segment->p_memsz;
		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
			continue;
		variables = start;
		variables_end = start + segment->p_memsz;
	}
	if (written_by_linker > variables)
		variables = written_by_linker;
	return 1;
}

bool xp_states_init(void)
{
	bool dynamic = false;

	dl_iterate_phdr(find_variables, &dynamic);
	baseline = get_memory(1, (size_t)(variables_end - variables));
	return dynamic;
}

void xp_states_reset(void)
{
	memcpy(baseline, variables, (size_t)(variables_end - variables));
	free(states);
	slots = 1u << 12;
	used = 0;
	states = get_memory(slots, sizeof(*states));
}

/* Calls `see` for each piece between two addresses that is not what it was. */
static uint64_t changes(const char *from, const char *to, uint64_t hash,
			uint64_t (*see)(uint64_t hash, size_t offset, size_t size))
{
	size_t at = (size_t)(from - variables), end = (size_t)(to - variables);

	while (at < end) {
		size_t size = end - at < PIECE ? end - at : PIECE;

		if (memcmp(variables + at, baseline + at, size))
			hash = see(hash, at, size);
		at += size;
	}
	return hash;
}

static uint64_t all_changes(uint64_t (*see)(uint64_t hash, size_t offset, size_t size))
{
	uint64_t hash = changes(variables, __start_xp_own, 1, see);

	return changes(__stop_xp_own, variables_end, hash, see);
}

static uint64_t hash_piece(uint64_t hash, size_t offset, size_t size)
{
	hash = xp_hash(hash, &offset, sizeof(offset));
	return xp_hash(hash, variables + offset, size);
}

static uint64_t restore_piece(uint64_t hash, size_t offset, size_t size)
{
	memcpy(variables + offset, baseline + offset, size);
	return hash;
}

uint64_t xp_hash_variables(void)
{
	return all_changes(hash_piece);
}

void xp_restore_variables(void)
{
	(void)all_changes(restore_piece);
}

static struct state *slot_of(uint64_t hash)
{
	struct state *s;

	for (uint64_t i = hash;; i++) {
		s = &states[i & (slots - 1)];
		if (!s->hash || s->hash == hash)
			return s;
	}
}

static void grow(void)
{
	struct state *old = states;
	uint64_t n = slots;

	slots *= 2;
	states = get_memory(slots, sizeof(*states));
	for (uint64_t i = 0; i < n; i++)
		if (old[i].hash)
			*slot_of(old[i].hash) = old[i];
	free(old);
}

uint8_t *xp_state(uint64_t hash, bool *seen)
{
	struct state *s;

	if (used * 4 > slots * 3)
		grow();
	hash += !hash;
	s = slot_of(hash);
	*seen = s->hash;
	used += !s->hash;
	s->hash = hash;
	return &s->record;
}

uint64_t xp_states_count(void)
{
	return used;
}

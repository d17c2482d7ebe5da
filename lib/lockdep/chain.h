/* SPDX-License-Identifier: MIT */
/*
 * The chains that have been checked: a set of 64-bit keys, each the hash of
 * the classes held and the modes they are held in, in order. A hit needs no
 * lock and writes nothing.
 */
#ifndef KLOCK_LOCKDEP_CHAIN_H
#define KLOCK_LOCKDEP_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

/* The key of the chain `before` and one more lock on top. Never 0. */
static inline uint64_t klock_chain_key(uint64_t before, uint32_t class_id, unsigned int read)
{
	uint64_t x = (before ^ ((uint64_t)class_id << 2 | read)) * 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	return x ? x : 1;
}

bool klock_chain_known(uint64_t key);

/* Under klock_graph_lock. Without memory the chain stays unknown, and is checked again. */
void klock_chain_add(uint64_t key);

/* Forgets all chains: their classes have changed. Under klock_graph_lock. */
void klock_chain_reset(void);

uint32_t klock_nr_chains(void);

#endif

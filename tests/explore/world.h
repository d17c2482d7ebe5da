/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_EXPLORE_WORLD_H
#define KLOCK_EXPLORE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

bool xp_asleep(int thread);

/* Steps of scenarios: a thread's sleep on this word ends; the clock goes on. */
void xp_wake_for_nothing(int thread, const uint32_t *word);
void xp_pass_time(int64_t ns);

/* When all wait: the clock goes on to the first deadline. False: there is none. */
bool xp_sleep_till_deadline(void);

/* Whether threads spin before they sleep. */
extern bool xp_many_cpus;

#endif

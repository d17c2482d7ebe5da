/* SPDX-License-Identifier: MIT */
/* KLOCK_HUNG and KLOCK_SHOW_SIGNAL. */
#ifndef KLOCK_HANG_OPTIONS_H
#define KLOCK_HANG_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "10s", "250ms", "2m"; seconds where no unit is. "off" and "0": *ns is 0.
 * False: it is none of that.
 */
bool klock_parse_duration(const char *text, int64_t *ns);

/* "SIGUSR2", "USR2", "RTMIN+1", "12". 0: none of that. */
int klock_parse_signal(const char *text);

#endif

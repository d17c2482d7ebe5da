/* SPDX-License-Identifier: MIT */
/* In place of GenMC's <unistd.h>, see genmc.h. */
#include <stddef.h>
#include <sys/types.h>

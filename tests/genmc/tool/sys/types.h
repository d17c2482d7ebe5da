/* SPDX-License-Identifier: MIT */
/* In place of GenMC's <sys/types.h>, see genmc.h: without a pid_t. */
#ifndef GENMC_TOOL_SYS_TYPES_H
#define GENMC_TOOL_SYS_TYPES_H

typedef long int off_t;
typedef long int ssize_t;
typedef unsigned int mode_t;

#endif

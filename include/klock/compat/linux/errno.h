/* SPDX-License-Identifier: MIT */
/*
 * The system's <errno.h> comes here too, for the numbers; the others are the kernel's
 * own, which no system call returns.
 */
#ifndef KLOCK_COMPAT_LINUX_ERRNO_H
#define KLOCK_COMPAT_LINUX_ERRNO_H

#ifndef __has_include_next /* sparse and cppcheck */
#include_next <linux/errno.h>
#else
#if __has_include_next(<linux/errno.h>)
#include_next <linux/errno.h>
#else
#include <errno.h>
#endif
#endif

#ifndef ERESTARTSYS
#define ERESTARTSYS 512
#endif
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif
#ifndef EIOCBQUEUED
#define EIOCBQUEUED 529
#endif

#endif

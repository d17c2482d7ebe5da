/* SPDX-License-Identifier: MIT */
/* IOMAP_* and the locks taken as they ask: see <klock/iocb.h>. */
#ifndef KLOCK_COMPAT_LINUX_IOMAP_H
#define KLOCK_COMPAT_LINUX_IOMAP_H

#include <linux/fs.h>

#endif

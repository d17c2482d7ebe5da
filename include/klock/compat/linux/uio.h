/* SPDX-License-Identifier: MIT */
/*
 * struct iovec, and struct kiocb with its flags. The iovec is that of <sys/uio.h>, as the
 * one in the system's <linux/uio.h> does not go together with it.
 */
#ifndef KLOCK_COMPAT_LINUX_UIO_H
#define KLOCK_COMPAT_LINUX_UIO_H

#include <sys/uio.h>

#include <linux/fs.h>

#endif

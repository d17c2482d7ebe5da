/* SPDX-License-Identifier: MIT */
/* struct iovec, and struct kiocb with its flags. */
#ifndef KLOCK_COMPAT_LINUX_UIO_H
#define KLOCK_COMPAT_LINUX_UIO_H

#if __has_include_next(<linux/uio.h>)
#include_next <linux/uio.h>
#else
#include <sys/uio.h>
#endif

#include <linux/fs.h>

#endif

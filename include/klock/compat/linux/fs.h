/* SPDX-License-Identifier: MIT */
/*
 * struct kiocb, IOCB_* and the locks taken as a request asks: see <klock/iocb.h>. There
 * is no struct inode or struct file.
 */
#ifndef KLOCK_COMPAT_LINUX_FS_H
#define KLOCK_COMPAT_LINUX_FS_H

#ifndef __has_include_next /* sparse and cppcheck */
#include_next <linux/fs.h>
#else
#if __has_include_next(<linux/fs.h>)
#include_next <linux/fs.h>
#endif
#endif

#include <klock/iocb.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/types.h>
#include <linux/wait_bit.h>

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The checker: see <klock/lockdep.h>. There are no interrupts and no preemption here,
 * so what the kernel tells or asks lockdep about them says nothing and asserts nothing.
 */
#ifndef KLOCK_COMPAT_LINUX_LOCKDEP_H
#define KLOCK_COMPAT_LINUX_LOCKDEP_H

#include <klock/lockdep.h>
#include <linux/debug_locks.h>
#include <linux/lockdep_types.h>
#include <linux/types.h>

#define lockdep_init() ((void)0)
#define lockdep_init_task(task) ((void)(task))
#define lockdep_hardirqs_on(ip) ((void)(ip))
#define lockdep_hardirqs_off(ip) ((void)(ip))
#define lockdep_hardirqs_on_prepare() ((void)0)
#define lockdep_softirqs_on(ip) ((void)(ip))
#define lockdep_softirqs_off(ip) ((void)(ip))
#define lockdep_hardirq_enter() ((void)0)
#define lockdep_hardirq_exit() ((void)0)
#define lockdep_hardirq_threaded() ((void)0)
#define lockdep_softirq_enter() ((void)0)
#define lockdep_softirq_exit() ((void)0)
#define lockdep_hardirqs_enabled() (1)
#define lockdep_hardirq_context() (0)
#define lockdep_softirq_context(task) ((void)(task), 0)
#define lockdep_assert_irqs_enabled() ((void)0)
#define lockdep_assert_irqs_disabled() ((void)0)
#define lockdep_assert_in_irq() ((void)0)
#define lockdep_assert_no_hardirq() ((void)0)
#define lockdep_assert_in_softirq() ((void)0)
#define lockdep_assert_preemption_enabled() ((void)0)
#define lockdep_assert_preemption_disabled() ((void)0)
#define lockdep_assert_RT_in_threaded_ctx() ((void)0)
#define print_irqtrace_events(task) ((void)(task))

#endif

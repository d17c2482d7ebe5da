/* SPDX-License-Identifier: MIT */
/*
 * There are no interrupts to turn off: these say so, and exclude nobody. Code that relies
 * on them to keep other threads of its CPU out needs a lock here.
 */
#ifndef KLOCK_COMPAT_LINUX_IRQFLAGS_H
#define KLOCK_COMPAT_LINUX_IRQFLAGS_H

#include <linux/lockdep.h>

#define local_irq_disable() ((void)0)
#define local_irq_enable() ((void)0)
#define local_irq_save(flags) ((void)((flags) = 0))
#define local_irq_restore(flags) ((void)(flags))
#define local_save_flags(flags) ((void)((flags) = 0))
#define irqs_disabled() (0)
#define irqs_disabled_flags(flags) ((void)(flags), 0)
#define raw_local_irq_save(flags) local_irq_save(flags)
#define raw_local_irq_restore(flags) local_irq_restore(flags)
#define trace_hardirqs_on() ((void)0)
#define trace_hardirqs_off() ((void)0)

#endif

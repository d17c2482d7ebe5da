/* SPDX-License-Identifier: MIT */
#include "lockdep/trace.h"
#include <stdbool.h>
#include <stdint.h>
#include <unwind.h>

struct walk {
	struct klock_trace *trace;
	const void *site;
	bool outside; /* of the library: the site has been passed */
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	struct walk *walk = arg;
	const void *ip = (const void *)(uintptr_t)_Unwind_GetIP(context);

	if (ip == walk->site)
		walk->outside = true;
	if (walk->outside && ip)
		walk->trace->frames[walk->trace->depth++] = ip;
	return walk->trace->depth < KLOCK_TRACE_DEPTH ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void klock_trace_take(struct klock_trace *trace, const void *site)
{
	struct walk walk = { .trace = trace, .site = site };

	trace->depth = 0;
	_Unwind_Backtrace(step, &walk);
	if (!trace->depth) /* no unwind tables on the way: the site alone */
		trace->frames[trace->depth++] = site;
}

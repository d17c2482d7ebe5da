/* SPDX-License-Identifier: MIT */
/*
 * The compiler's own unwinder: it is in each program that has a stack to
 * unwind, needs no frame pointers, and takes no lock of the program's. Some
 * microseconds; a stack is taken when an order is seen for the first time.
 */
#include "lockdep/trace.h"
#include "config.h"
#include "lockdep/arena.h"
#include "lockdep/options.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct walk {
	const void *frames[KLOCK_TRACE_DEPTH];
	unsigned int depth, wanted;
	const void *site;
	bool outside; /* of the library: the site has been passed */
};

#ifdef HAVE_UNWIND_BACKTRACE

#include <unwind.h>

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	struct walk *walk = arg;
	const void *ip = (const void *)(uintptr_t)_Unwind_GetIP(context);

	if (ip == walk->site)
		walk->outside = true;
	if (walk->outside && ip)
		walk->frames[walk->depth++] = ip;
	return walk->depth < walk->wanted ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void unwind(struct walk *walk)
{
	if (walk->wanted > 1)
		_Unwind_Backtrace(step, walk);
}

struct frame {
	uintptr_t object, end;
	const void *function; /* of the frame below */
	bool found;
};

/* A frame reaches from its own stack pointer, told here as CFA, to that of its caller. */
static _Unwind_Reason_Code look_into_frame(struct _Unwind_Context *context, void *arg)
{
	struct frame *frame = arg;
	uintptr_t start = (uintptr_t)_Unwind_GetCFA(context);

	if (start > frame->object) {
		frame->found = frame->function;
		frame->end = start;
		return _URC_END_OF_STACK;
	}
	frame->function = (const void *)(uintptr_t)_Unwind_GetRegionStart(context);
	return _URC_NO_REASON;
}

const void *klock_trace_frame_of(const void *object, intptr_t *offset)
{
	struct frame frame = { .object = (uintptr_t)object };

	_Unwind_Backtrace(look_into_frame, &frame);
	if (!frame.found)
		return NULL;
	*offset = (intptr_t)(frame.object - frame.end);
	return frame.function;
}

#else

static void unwind(struct walk *walk)
{
	(void)walk;
}

const void *klock_trace_frame_of(const void *object, intptr_t *offset)
{
	(void)object, (void)offset;
	return NULL;
}

#endif

void klock_trace_take(struct klock_trace *trace, const void *site)
{
	struct walk walk = { .wanted = klock_options.stacks, .site = site };
	const void **frames;

	unwind(&walk);
	if (!walk.depth) /* not wanted, or no unwind tables on the way: the site alone */
		walk.frames[walk.depth++] = site;
	frames = klock_arena_alloc(walk.depth * sizeof(*frames));
	if (frames)
		memcpy(frames, walk.frames, walk.depth * sizeof(*frames));
	trace->frames = frames;
	trace->depth = frames ? walk.depth : 0;
}

/* SPDX-License-Identifier: MIT */
#include "explore/coro.h"
#include "explore/states.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STACK_SIZE (128 * 1024)
#define STACK_USED 4096 /* by far the most of them; only to find more states the same */

/* So that what an earlier execution left in a hole of a frame makes no other state of it. */
static char *clean(char *stack)
{
	memset(stack + STACK_SIZE - STACK_USED, 0, STACK_USED);
	return stack + STACK_SIZE;
}

static void *make_stack(void)
{
	void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return stack;
}

#ifdef __x86_64__

/* What a function has to keep: swapcontext() does the same, and a system call for the signals. */
void xp_switch_stacks(void **from, void *to);
__asm__(".text\n"
	".globl xp_switch_stacks\n"
	".type xp_switch_stacks, @function\n"
	"xp_switch_stacks:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	".size xp_switch_stacks, .-xp_switch_stacks\n");

void xp_coro_prepare(struct xp_coro *coro, void (*entry)(void))
{
	uintptr_t *top;

	if (!coro->stack)
		coro->stack = make_stack();
	top = (uintptr_t *)clean(coro->stack);
	*--top = 0; /* aligns the stack as after a call, whose caller nobody returns to */
	*--top = (uintptr_t)entry;
	for (int i = 0; i < 6; i++)
		*--top = 0;
	coro->sp = top;
}

void xp_coro_switch(struct xp_coro *from, struct xp_coro *to)
{
	xp_switch_stacks(&from->sp, to->sp);
}

uint64_t xp_coro_hash(uint64_t hash, const struct xp_coro *coro)
{
	const char *top = (const char *)coro->stack + STACK_SIZE;

	return xp_hash(hash, coro->sp, (size_t)(top - (const char *)coro->sp));
}

#else

#include <ucontext.h>

static ucontext_t *context_of(struct xp_coro *coro)
{
	if (!coro->context)
		coro->context = malloc(sizeof(ucontext_t));
	if (!coro->context)
		abort();
	return coro->context;
}

void xp_coro_prepare(struct xp_coro *coro, void (*entry)(void))
{
	ucontext_t *context = context_of(coro);

	if (!coro->stack)
		coro->stack = make_stack();
	clean(coro->stack);
	getcontext(context);
	context->uc_stack.ss_sp = coro->stack;
	context->uc_stack.ss_size = STACK_SIZE;
	makecontext(context, entry, 0);
}

void xp_coro_switch(struct xp_coro *from, struct xp_coro *to)
{
	swapcontext(context_of(from), context_of(to));
}

/* Where the stack ends is not to be known here: all of it. */
uint64_t xp_coro_hash(uint64_t hash, const struct xp_coro *coro)
{
	hash = xp_hash(hash, coro->context, sizeof(ucontext_t));
	return xp_hash(hash, coro->stack, STACK_SIZE);
}

#endif

/* SPDX-License-Identifier: MIT */
#include "wait/task.h"
#include "base/block_signals.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/exempt.h"
#include "base/minilock.h"
#include "base/thread_id.h"
#include "base/under_tsan.h"
#include "wait/signal.h"
#include "wait/slots.h"
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

/*
 * Chunk k holds FIRST_CHUNK << k tasks: the first needs no memory but our own, and all hold
 * 131,008. There is a number for each of these, see LIVES.
 */
#define FIRST_CHUNK 64
#define NR_CHUNKS 11
_Static_assert(FIRST_CHUNK * ((1u << NR_CHUNKS) - 1) == KLOCK_SLOTS_MAX, "a bit for each task");

enum klock_parker { PARKER_EMPTY, PARKER_NOTIFIED, PARKER_ASLEEP };

__thread uint32_t klock_self_word __attribute__((tls_model("initial-exec")));
__thread struct klock_task *klock_self_task;
uintptr_t klock_no_slots[KLOCK_READ_SLOTS] = { 1, 1, 1, 1, 1, 1, 1, 1 };
__thread uint32_t klock_reads_left __attribute__((tls_model("initial-exec")));
__thread uintptr_t *klock_read_slots __attribute__((tls_model("initial-exec"))) = klock_no_slots;
/* A signal that arrived before the thread had a task. */
static __thread uint32_t early_signal __attribute__((tls_model("initial-exec")));

static struct klock_task first_chunk[FIRST_CHUNK];
static struct klock_task *chunks[NR_CHUNKS] = { first_chunk };
static uint32_t nr_tasks = 1; /* made so far; number 0 is nobody, so that no owner word is 0 */
/*
 * Those of threads, and those of threads that end or have ended, the oldest first: apart, and
 * first, the ones with a number that is good for a slot.
 */
static struct klock_list running, ended[2];
static uint32_t lives_without_slot; /* as klock_task.lives, for all tasks that have none */
static bool numbers_come_again; /* of these: one may still be another task's */
static struct klock_minilock table_lock; /* the lists, and growing */
static pthread_key_t exit_key;
static pthread_once_t set_up_once = PTHREAD_ONCE_INIT;

static uint32_t kill_all_count;   /* calls of klock_kill_all() */
static uint32_t kill_all_cleared; /* those that a thread's first lock no longer sees */

void (*klock_task_exit_hook)(struct klock_task *task);

static uint32_t chunk_of(uint32_t number)
{
	return 31 - (uint32_t)__builtin_clz(number / FIRST_CHUNK + 1);
}

static struct klock_task *task_at(uint32_t number)
{
	uint32_t k = chunk_of(number);
	/* relaxed: who knows of the number has it through [T3], which came later */
	struct klock_task *chunk = klock_load_relaxed(&chunks[k]);

	return &chunk[number - FIRST_CHUNK * ((1u << k) - 1)];
}

static bool grow_for(uint32_t number)
{
	uint32_t k = chunk_of(number);
	size_t size = sizeof(struct klock_task) * FIRST_CHUNK << k;
	void *chunk;

	if (k >= NR_CHUNKS)
		return false;
	if (chunks[k])
		return true;
	chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return false;
	klock_exempt(chunk, size);
	klock_store_relaxed(&chunks[k], (struct klock_task *)chunk); /* [T3] publishes it */
	return true;
}

/* A lock that its thread holds for reading, or held as it ended. */
static bool reads(const struct klock_task *task)
{
	for (int i = 0; i < KLOCK_READ_SLOTS; i++) {
		/* relaxed: it stays so, if its thread is gone */
		uintptr_t seen = klock_load_relaxed(&task->reading[i]);

		if (seen && !(seen & KLOCK_SLOT_GIVEN_UP))
			return true;
	}
	return false;
}

/*
 * Destructors of thread-specific data run in any order, and may use locks: a thread may do so
 * until it is gone. That of a registering thread has no task yet.
 */
static bool thread_is_gone(const struct klock_task *task, int32_t self)
{
	return !task->thread || task->thread == self || klock_thread_id_is_gone(task->thread);
}

/* The first on the list, if nothing refers to it any more; else that is the last. */
static struct klock_task *take_gone(struct klock_list *list, int32_t self)
{
	struct klock_task *task;

	if (klock_list_empty(list))
		return NULL;
	task = klock_list_entry(list->next, struct klock_task, node);
	klock_list_del(&task->node);
	/* [T5] acquire: pairs with [T14]; the last reference comes after all uses. */
	if (!klock_load_acquire(&task->refs) && !reads(task) && thread_is_gone(task, self))
		return task;
	klock_list_add_tail(list, &task->node);
	return NULL;
}

static struct klock_task *grow(void)
{
	/* relaxed: it grows under the lock only; other writes add zero */
	uint32_t index = klock_load_relaxed(&nr_tasks);
	struct klock_task *task;

	if (!grow_for(index))
		return NULL;
	task = task_at(index);
	task->index = index;
	/* [T3] release: pairs with [T4]; who sees the number finds the task. seq: [T10], [T13]. */
	klock_fetch_add_seq(&nr_tasks, 1);
	return task;
}

static uint32_t slot_of(const struct klock_task *task)
{
	return task->index < KLOCK_THREAD_SLOTS ? task->index : 0;
}

/*
 * A number that no thread has had in the last LIVES lives of this task, or of all tasks without
 * a slot: the lock that a thread leaves held as it ends is not that of the thread which gets
 * its task.
 */
#define LIVES ((KLOCK_W_NOBODY >> KLOCK_W_SHIFT) / KLOCK_THREAD_SLOTS)

static uint32_t new_word(struct klock_task *task)
{
	uint32_t slot = slot_of(task), *lives = slot ? &task->lives : &lives_without_slot, word;

	do {
		if (!slot || task->word)
			*lives = (*lives + 1) % LIVES;
		numbers_come_again |= !slot && !*lives;
		word = (*lives * KLOCK_THREAD_SLOTS + slot) << KLOCK_W_SHIFT | KLOCK_W_WRITER;
	} while (word >> KLOCK_W_SHIFT == 0 || (numbers_come_again && klock_task_by_word(word)));
	return word;
}

/*
 * Under table_lock, with the thread in it, so that the next caller does not find it gone. NULL
 * when there is no memory, or no number.
 */
static struct klock_task *make_task(int32_t self)
{
	struct klock_task *task = NULL;

	for (int i = 0; i < 2 && !task; i++)
		for (int tries = 0; tries < 2 && !task; tries++)
			task = take_gone(&ended[i], self);
	if (!task) /* one whose destructor was not called, or was set too late to be */
		task = take_gone(&running, self);
	if (!task)
		task = grow();
	if (!task)
		return NULL;
	task->thread = self;
	klock_store_relaxed(&task->word, new_word(task));
	klock_list_add_tail(&running, &task->node);
	return task;
}

/*
 * The round of destructors in which a thread's end is told: the last one. ThreadSanitizer's
 * runtime takes a thread's state down in that, and may not be called afterwards: so with it, the
 * one before.
 */
static unsigned int report_round(void)
{
	return PTHREAD_DESTRUCTOR_ITERATIONS - (klock_under_tsan() ? 1u : 0u);
}

void klock_task_end_slots(const struct klock_task *task)
{
	klock_read_slots = klock_no_slots;
	if (!reads(task))
		klock_slots_close(task->index);
}

/*
 * Reports what the thread still holds. It may use locks after that, and give up those that it
 * has: nothing of its identity ends here.
 */
static void thread_ends(void *arg)
{
	struct klock_task *task = arg;
	sigset_t old;

	if (++task->rounds < report_round() && !pthread_setspecific(exit_key, task))
		return;
	if (klock_task_exit_hook)
		klock_task_exit_hook(task);
	task->telling = false; /* where a callback ended the thread */
	klock_store_relaxed(&task->tid, 0); /* a report may still name it; nothing hangs on that */
	klock_task_end_slots(task);
	klock_block_signals(&old);
	klock_minilock_lock(&table_lock);
	klock_list_del(&task->node);
	klock_list_add_tail(&ended[!slot_of(task)], &task->node);
	klock_minilock_unlock(&table_lock);
	klock_restore_signals(&old);
}

static void make_lists(void)
{
	klock_list_init(&running);
	klock_list_init(&ended[0]);
	klock_list_init(&ended[1]);
}

/*
 * In the child of a fork() the thread that called it is the only one left. References that the
 * program has stay: nobody else is to get a task that it may still name. So does the task
 * of a thread that had a lock in a slot: the lock stays held.
 *
 * That thread is the child's first. If another one comes here before it, any of the tasks may be
 * the first thread's, and so each is kept as long as that thread is there.
 */
static void mend(void)
{
	int32_t first = klock_first_thread_id();
	bool is_first = klock_thread_id() == first;

	table_lock.state = 0;
	make_lists();
	for (uint32_t i = 1; i < nr_tasks; i++) {
		struct klock_task *task = task_at(i);

		task->index = i; /* the parent may have been about to make it */
		if (task->granted.next)
			klock_list_init(&task->granted); /* lost, with the locks */
		if (task == klock_self_task || !is_first) {
			task->tid = task->thread = first;
			klock_list_add_tail(&running, &task->node);
			continue;
		}
		task->telling = false;
		task->tid = task->thread = 0;
		task->held = task->held_before = NULL; /* not whole, perhaps */
		if (!reads(task))
			klock_slots_close(i);
		klock_list_add_tail(&ended[!slot_of(task)], &task->node);
	}
}

static void set_up(void)
{
	/* Without a key threads that end with locks are not reported. */
	if (pthread_key_create(&exit_key, thread_ends))
		exit_key = (pthread_key_t)-1;
	make_lists();
	klock_process_on_fork(mend);
	klock_cpu_init();
	klock_slots_prepare();
	klock_exempt(first_chunk, sizeof(first_chunk));
	klock_exempt(&exit_key, sizeof(exit_key)); /* Helgrind does not know pthread_once() */
	klock_exempt(chunks, sizeof(chunks));
	klock_exempt(&nr_tasks, sizeof(nr_tasks));
	klock_exempt(&running, sizeof(running));
	klock_exempt(ended, sizeof(ended));
	klock_exempt(&lives_without_slot, sizeof(lives_without_slot));
	klock_exempt(&numbers_come_again, sizeof(numbers_come_again));
	klock_exempt(&table_lock, sizeof(table_lock));
	klock_exempt(&kill_all_count, sizeof(kill_all_count));
	klock_exempt(&kill_all_cleared, sizeof(kill_all_cleared));
}

/* Under a klock_unkill_all() that runs meanwhile, the later of the two writes is the right one. */
static void forget_old_kills(struct klock_task *task)
{
	uint32_t cleared;

	do {
		cleared = klock_load_relaxed(&kill_all_cleared); /* read again below */
		/* [T11] pairs with [T12]: it writes after us, or we see what it has cleared. */
		klock_xchg_acq_rel(&task->kills_seen, cleared);
	} while (cleared != klock_load_relaxed(&kill_all_cleared));
}

struct klock_task *klock_task_register_blocked(void)
{
	static const struct klock_bug no_memory = {
		.what = "out of memory or numbers for the task of a thread",
		.advice = "free memory, or run fewer threads at once",
		.lock_type = "thread",
		.lock_name = "?",
	};
	int32_t self = klock_thread_id();
	struct klock_task *task;

	pthread_once(&set_up_once, set_up);
	klock_minilock_lock(&table_lock);
	task = make_task(self);
	klock_minilock_unlock(&table_lock);
	if (!task)
		klock_bug_fatal(&no_memory);
	task->many_cpus = klock_cpu_many();
	/* Eats what klock_kill_all() left there, and sees its mark: [T6]. */
	klock_xchg_acq_rel(&task->parker, PARKER_EMPTY);
	forget_old_kills(task);
	task->rounds = 0;
	if (task->held)
		task->held_before = task->held;
	task->held = NULL;
	klock_store_relaxed(&task->tid, self);
	klock_store_relaxed(&task->pending, klock_load_relaxed(&early_signal));
	if (exit_key != (pthread_key_t)-1)
		pthread_setspecific(exit_key, task);
	klock_self_task = task;
	klock_compiler_barrier(); /* a handler that comes from here on marks the task itself */
	/* One between the copy above and the barrier may have marked only the early word. */
	klock_fetch_or_relaxed(&task->pending, klock_load_relaxed(&early_signal));
	klock_store_relaxed(&early_signal, 0);
	return task;
}

struct klock_task *klock_task_register(void)
{
	struct klock_task *task;
	sigset_t old;

	klock_block_signals(&old);
	task = klock_task_register_blocked();
	klock_restore_signals(&old);
	return task;
}

struct klock_task *klock_current(void)
{
	return klock_task_self();
}

static struct klock_task *task_if_made(uint32_t index)
{
	/* [T4] acquire: pairs with [T3]. */
	return index < klock_load_acquire(&nr_tasks) ? task_at(index) : NULL;
}

struct klock_task *klock_task_by_word(uint32_t word)
{
	uint32_t number = word >> KLOCK_W_SHIFT, slot = number % KLOCK_THREAD_SLOTS;
	struct klock_task *task = NULL;

	if (!number)
		return NULL;
	/* relaxed: a name, which its thread has given to a lock after it got it */
	for (uint32_t i = slot ? slot : KLOCK_THREAD_SLOTS; (task = task_if_made(i)); i++)
		if (slot || klock_load_relaxed(&task->word) >> KLOCK_W_SHIFT == number)
			break;
	return task && klock_load_relaxed(&task->word) >> KLOCK_W_SHIFT == number ? task : NULL;
}

struct klock_task *klock_task_after(const struct klock_task *task)
{
	return task_if_made(task ? task->index + 1 : 1);
}

struct klock_task *klock_task_with_slots_after(const struct klock_task *task)
{
	/*
	 * [T4] as in task_if_made(). Sequentially consistent for [X8]: of a thread that is not
	 * seen yet, [X7] comes later.
	 */
	uint32_t end = klock_load_seq(&nr_tasks);
	uint32_t number = klock_slots_next(task ? task->index + 1 : 1, end);

	return number < end ? task_at(number) : NULL;
}

uint32_t klock_nr_tasks(void)
{
	return klock_load_relaxed(&nr_tasks) - 1;
}

struct klock_task *klock_get_task(struct klock_task *task)
{
	klock_fetch_add_relaxed(&task->refs, 1); /* the caller's own reference keeps it */
	return task;
}

void klock_put_task(struct klock_task *task)
{
	/* [T14] release: pairs with [T5]. */
	klock_fetch_add_acq_rel(&task->refs, (uint32_t)-1);
}

pid_t klock_task_tid(const struct klock_task *task)
{
	return klock_load_relaxed(&task->tid); /* a name, stale by the time it is used */
}

/*
 * The parker: a token. sleep: EMPTY -> ASLEEP, futex, -> EMPTY. wake: -> NOTIFIED.
 * A token left over makes the next sleep return at once, and its caller look again.
 */
bool klock_task_sleep(struct klock_task *task, int64_t deadline_ns)
{
	uint32_t expected = PARKER_EMPTY;
	bool late = false;

	if (klock_cas_relaxed(&task->parker, &expected, PARKER_ASLEEP)) /* passes nothing on */
		late = klock_futex_wait(&task->parker, PARKER_ASLEEP, deadline_ns);
	/* [T6] acquire: pairs with [T7]; who is woken sees why. */
	klock_xchg_acq_rel(&task->parker, PARKER_EMPTY);
	return late;
}

bool klock_task_is_notified(const struct klock_task *task)
{
	return klock_load_relaxed(&task->parker) == PARKER_NOTIFIED; /* [T6] takes the token */
}

void klock_task_wake(struct klock_task *task)
{
	/* [T7] release: pairs with [T6]. */
	if (klock_xchg_acq_rel(&task->parker, PARKER_NOTIFIED) == PARKER_ASLEEP)
		klock_futex_wake(&task->parker, 1);
}

static bool killed(const struct klock_task *task)
{
	/* [T8] pairs with [T9]: marked before the wake-up whose token the sleeper took. */
	return (klock_load_acquire(&task->pending) & KLOCK_KILL) ||
	       klock_load_seq(&kill_all_count) != klock_load_relaxed(&task->kills_seen);
}

bool klock_task_signalled(const struct klock_task *task, enum klock_wait_mode mode)
{
	if (mode == KLOCK_WAIT_PLAIN)
		return false;
	return killed(task) || (mode == KLOCK_WAIT_INTERRUPTIBLE &&
				(klock_load_acquire(&task->pending) & KLOCK_INTERRUPT)); /* [T8] */
}

void klock_task_take_signal(struct klock_task *task, enum klock_wait_mode mode)
{
	if (mode == KLOCK_WAIT_INTERRUPTIBLE && !killed(task))
		klock_fetch_and_seq(&task->pending, ~(uint32_t)KLOCK_INTERRUPT);
}

void klock_kill(struct klock_task *task)
{
	klock_fetch_or_seq(&task->pending, KLOCK_KILL); /* [T9] pairs with [T8] */
	klock_task_wake(task);
}

void klock_interrupt(struct klock_task *task)
{
	klock_fetch_or_seq(&task->pending, KLOCK_INTERRUPT); /* [T9] */
	klock_task_wake(task);
}

void klock_interrupt_self(void)
{
	if (klock_self_task)
		klock_interrupt(klock_self_task);
	else
		klock_fetch_or_relaxed(&early_signal, KLOCK_INTERRUPT); /* own thread's handler */
}

void klock_kill_all(void)
{
	uint32_t n;

	klock_fetch_add_seq(&kill_all_count, 1); /* [T9] for all at once */
	/*
	 * [T10] mark, then count the tasks: pairs with [T3], which counts itself,
	 * then looks for the mark before it sleeps. One of the two sees the other.
	 */
	n = klock_load_seq(&nr_tasks);
	for (uint32_t i = 1; i < n; i++)
		klock_task_wake(task_at(i));
}

/* Of two calls the one that has seen more kills counts. Writes always: [T12]. */
static void raise_to(uint32_t *seen, uint32_t kills)
{
	uint32_t old = klock_load_relaxed(seen), new; /* only a guess: the exchange decides */

	do
		new = (int32_t)(kills - old) > 0 ? kills : old;
	while (!klock_cas_acq_rel(seen, &old, new)); /* [T12] pairs with [T11] */
}

static void unkill(struct klock_task *task, uint32_t kills)
{
	klock_store_relaxed(&task->pending, 0); /* the caller orders it against its own kills */
	raise_to(&task->kills_seen, kills);
}

void klock_unkill(struct klock_task *task)
{
	unkill(task, klock_load_relaxed(&kill_all_count));
}

/* Counts once: a klock_kill_all() that comes meanwhile stays, for all threads alike. */
void klock_unkill_all(void)
{
	uint32_t kills = klock_load_relaxed(&kill_all_count), n; /* the caller orders it */

	raise_to(&kill_all_cleared, kills);
	/* [T13] pairs with [T3]: a task not counted yet sees what is cleared. */
	n = klock_fetch_add_seq(&nr_tasks, 0);
	for (uint32_t i = 1; i < n; i++)
		unkill(task_at(i), kills);
}

bool klock_fatal_signal_pending(void)
{
	return killed(klock_task_self());
}

bool klock_signal_pending(void)
{
	return klock_task_signalled(klock_task_self(), KLOCK_WAIT_INTERRUPTIBLE);
}

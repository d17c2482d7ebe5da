/* SPDX-License-Identifier: MIT */
/* Kills, interrupts, and signals that bring them or nothing. */
#include "torture.h"
#include <signal.h>

bool kill_one(uint32_t random)
{
	struct worker *w = any_worker(random);

	if (!w)
		return true;
	if (random >> 8 & 1)
		klock_kill(w->task);
	else
		klock_unkill(w->task);
	any_worker_end(w);
	return true;
}

bool kill_all(uint32_t random)
{
	if (random >> 8 & 1)
		klock_kill_all();
	else
		klock_unkill_all();
	return true;
}

bool interrupt_one(uint32_t random)
{
	struct worker *w = any_worker(random);

	if (w) {
		klock_interrupt(w->task);
		any_worker_end(w);
	}
	return true;
}

static void send(uint32_t random, int signo)
{
	struct worker *w = any_worker(random);

	if (w) {
		pthread_kill(w->thread, signo);
		any_worker_end(w);
	}
}

bool send_signal(uint32_t random)
{
	static bool caught; /* each step has one thread of its own */

	if (!caught && klock_catch_signal(SIGUSR1, KLOCK_INTERRUPT))
		return false;
	caught = true;
	send(random, SIGUSR1);
	return true;
}

/* Kills all of them from the handler. */
bool send_killing_signal(uint32_t random)
{
	static bool caught;

	if (!caught && klock_catch_signal(SIGUSR2, KLOCK_KILL))
		return false;
	caught = true;
	if (random >> 8 & 1)
		klock_unkill_all();
	else
		send(random, SIGUSR2);
	return true;
}

static void do_nothing(int signo)
{
	(void)signo;
}

/* Ends system calls early, and means nothing: no wait may end with it. */
bool send_deaf_signal(uint32_t random)
{
	static bool caught;
	struct sigaction action = { .sa_handler = do_nothing };

	if (!caught && sigaction(SIGURG, &action, NULL))
		return false;
	caught = true;
	send(random, SIGURG);
	return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * An event loop that serves reads of a file and never sleeps on a lock.
 *
 * A read holds invalidate_lock, as the page cache does, so that no block is taken away
 * beneath it; a thread that punches holes holds it for writing now and then. The loop tries
 * with IOCB_NOWAIT first. When it would have to wait, the request queues itself for the lock
 * with IOCB_WAITQ, and an eventfd that the loop polls says when it was granted.
 *
 * The usual way, for comparison, is to hand such a request to a worker thread, which may
 * sleep. "event_loop 2" runs either for 2 seconds and also prints how long requests took.
 *
 * Output:
 *	queued for the lock: all reads served, and none saw a hole
 *	punted to a worker: all reads served, and none saw a hole
 */
#include <klock/iocb.h>
#include <klock/rwsem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 4
#define BLOCK 512
#define BLOCKS 64
#define SAMPLES 400000
#define HOLD_NS 200000
#define REST_NS 1000000

/* What a client asks with, and what is answered. */
struct question {
	int block;
};

struct answer {
	int block;
	char data[BLOCK];
};

struct request {
	struct kiocb iocb;
	struct klock_waitq waitq;
	struct question question;
	int fd;
	int waits; /* for the lock */
	struct request *next; /* for the worker */
};

static DEFINE_RWSEM(invalidate_lock);
static FILE *file;
static bool punt;  /* to a worker, instead of IOCB_WAITQ */
static bool ending; /* the clients have left */
static int grants = -1, waited, wrong;
static int64_t run_ns, until_ns;
static int64_t samples[CLIENTS][SAMPLES];
static size_t nr_samples[CLIENTS];

static pthread_mutex_t worker_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t worker_wanted = PTHREAD_COND_INITIALIZER;
static struct request *worker_first, **worker_last = &worker_first;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void nap_ns(long ns)
{
	struct timespec ts = { .tv_nsec = ns };

	nanosleep(&ts, NULL);
}

static void must(bool right, const char *what)
{
	if (right)
		return;
	perror(what);
	exit(1);
}

/* ---- the file, whose blocks have their number in each byte, or are punched: zeros ---- */

static void write_block(int block, int c)
{
	char data[BLOCK];

	memset(data, c, BLOCK);
	must(pwrite(fileno(file), data, BLOCK, (off_t)block * BLOCK) == BLOCK, "pwrite");
}

/* Half of it is gone for a while: no read may see that. */
static void punch(int block)
{
	down_write(&invalidate_lock);
	write_block(block, 0);
	nap_ns(HOLD_NS);
	write_block(block, block + 1);
	up_write(&invalidate_lock);
}

static void *punch_holes(void *unused)
{
	(void)unused;
	for (int block = 0; !__atomic_load_n(&ending, __ATOMIC_ACQUIRE); block++) {
		punch(block % BLOCKS);
		nap_ns(REST_NS);
	}
	return NULL;
}

/* ---- serving ---- */

/* With the lock held for reading, which it gives up. */
static void serve(struct request *r)
{
	struct answer answer = { .block = r->question.block };
	ssize_t n = pread(fileno(file), answer.data, BLOCK, (off_t)answer.block * BLOCK);

	up_read(&invalidate_lock);
	must(n == BLOCK, "pread");
	must(send(r->fd, &answer, sizeof(answer), 0) == sizeof(answer), "send");
}

static void *work(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&worker_lock);
	for (;;) {
		struct request *r = worker_first;

		if (!r && __atomic_load_n(&ending, __ATOMIC_ACQUIRE))
			break;
		if (!r) {
			pthread_cond_wait(&worker_wanted, &worker_lock);
			continue;
		}
		worker_first = r->next;
		if (!worker_first)
			worker_last = &worker_first;
		pthread_mutex_unlock(&worker_lock);
		down_read(&invalidate_lock);
		serve(r);
		pthread_mutex_lock(&worker_lock);
	}
	pthread_mutex_unlock(&worker_lock);
	return NULL;
}

static void punt_to_worker(struct request *r)
{
	pthread_mutex_lock(&worker_lock);
	r->next = NULL;
	*worker_last = r;
	worker_last = &r->next;
	pthread_cond_signal(&worker_wanted);
	pthread_mutex_unlock(&worker_lock);
}

static void begin(struct request *r)
{
	int err;

	r->iocb.ki_flags = IOCB_NOWAIT;
	err = iocb_read_lock(&r->iocb, &invalidate_lock);
	if (err && punt) {
		waited++;
		punt_to_worker(r);
		return;
	}
	if (err) {
		waited++;
		r->iocb.ki_flags = IOCB_WAITQ;
		err = iocb_read_lock(&r->iocb, &invalidate_lock);
	}
	r->waits = err == -EIOCBQUEUED;
	if (!err)
		serve(r);
}

/* Any of them may have been granted: the eventfd says how many. */
static void go_on(struct request *requests)
{
	uint64_t n;

	must(read(grants, &n, sizeof(n)) == sizeof(n), "read");
	for (struct request *r = requests; r < requests + CLIENTS; r++) {
		if (!r->waits || klock_waitq_claim(&r->waitq))
			continue;
		r->waits = 0;
		serve(r);
	}
}

/* Until all clients have closed their ends. */
static void loop(int epoll, struct request *requests)
{
	struct epoll_event events[CLIENTS + 1];
	int clients = CLIENTS;

	while (clients) {
		int n = epoll_wait(epoll, events, CLIENTS + 1, -1);

		for (int i = 0; i < n; i++) {
			struct request *r = events[i].data.ptr;
			ssize_t size;

			if (!r) {
				go_on(requests);
				continue;
			}
			size = recv(r->fd, &r->question, sizeof(r->question), 0);
			if (size == sizeof(r->question)) {
				begin(r);
				continue;
			}
			epoll_ctl(epoll, EPOLL_CTL_DEL, r->fd, NULL);
			clients--;
		}
	}
}

/* ---- clients ---- */

static bool answer_is_right(const struct answer *answer, int block)
{
	if (answer->block != block)
		return false;
	for (int i = 0; i < BLOCK; i++)
		if (answer->data[i] != block + 1)
			return false;
	return true;
}

struct client {
	int number, fd;
};

static void *ask(void *arg)
{
	struct client *c = arg;
	struct question question;
	struct answer answer;

	for (unsigned int i = 0; now_ns() < until_ns; i++) {
		int64_t begun = now_ns();

		question.block = (int)(i * 7 + (unsigned int)c->number) % BLOCKS;
		must(send(c->fd, &question, sizeof(question), 0) == sizeof(question), "send");
		must(recv(c->fd, &answer, sizeof(answer), MSG_WAITALL) == sizeof(answer), "recv");
		if (!answer_is_right(&answer, question.block))
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
		if (nr_samples[c->number] < SAMPLES)
			samples[c->number][nr_samples[c->number]++] = now_ns() - begun;
		nap_ns(50000);
	}
	close(c->fd);
	return NULL;
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print_times(void)
{
	static int64_t all[CLIENTS * SAMPLES];
	size_t n = 0;

	for (int c = 0; c < CLIENTS; c++) {
		memcpy(all + n, samples[c], nr_samples[c] * sizeof(all[0]));
		n += nr_samples[c];
	}
	qsort(all, n, sizeof(all[0]), compare);
	printf("  %zu reads, %d had to wait; us: p50 %.1f, p99 %.1f, p99.9 %.1f, longest %.1f\n", n,
	       waited, (double)all[n / 2] / 1e3, (double)all[n * 99 / 100] / 1e3,
	       (double)all[n * 999 / 1000] / 1e3, (double)all[n - 1] / 1e3);
}

/* ---- one run ---- */

static void watch(int epoll, int fd, void *ptr)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = ptr } };

	must(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void run(void)
{
	static struct request requests[CLIENTS];
	struct client clients[CLIENTS];
	pthread_t threads[CLIENTS], puncher, worker;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	grants = eventfd(0, EFD_CLOEXEC);
	must(epoll >= 0 && grants >= 0, "epoll, eventfd");
	watch(epoll, grants, NULL);
	ending = false;
	waited = 0;
	until_ns = now_ns() + run_ns;
	for (int c = 0; c < CLIENTS; c++) {
		int ends[2];

		must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
		nr_samples[c] = 0;
		requests[c] = (struct request){ .fd = ends[0] };
		klock_waitq_init(&requests[c].waitq, NULL, grants);
		requests[c].iocb.ki_waitq = &requests[c].waitq;
		clients[c] = (struct client){ c, ends[1] };
		watch(epoll, ends[0], &requests[c]);
		must(!pthread_create(&threads[c], NULL, ask, &clients[c]), "pthread_create");
	}
	must(!pthread_create(&puncher, NULL, punch_holes, NULL), "pthread_create");
	must(!pthread_create(&worker, NULL, work, NULL), "pthread_create");
	loop(epoll, requests);
	pthread_mutex_lock(&worker_lock);
	__atomic_store_n(&ending, true, __ATOMIC_RELEASE);
	pthread_cond_signal(&worker_wanted);
	pthread_mutex_unlock(&worker_lock);
	pthread_join(puncher, NULL);
	pthread_join(worker, NULL);
	for (int c = 0; c < CLIENTS; c++) {
		pthread_join(threads[c], NULL);
		close(requests[c].fd);
	}
	close(grants);
	close(epoll);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0;

	run_ns = (int64_t)((seconds > 0 ? seconds : 0.3) * 1e9);
	file = tmpfile();
	must(file != NULL, "tmpfile");
	for (int block = 0; block < BLOCKS; block++)
		write_block(block, block + 1);
	if (seconds > 0)
		run(); /* not counted: the first one also brings all memory in */
	for (int way = 0; way < 2; way++) {
		punt = way;
		run();
		if (wrong || !waited) {
			printf("%d reads saw a hole, %d had to wait\n", wrong, waited);
			return 1;
		}
		printf("%s: all reads served, and none saw a hole\n",
		       punt ? "punted to a worker" : "queued for the lock");
		if (seconds > 0)
			print_times();
	}
	fclose(file);
	return 0;
}

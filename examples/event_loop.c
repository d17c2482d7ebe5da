/* SPDX-License-Identifier: MIT */
/*
 * An event loop that serves reads of files and never sleeps on a lock.
 *
 * A read holds its file's invalidate_lock, as the page cache does, so that no block is taken
 * away beneath it; threads that punch holes hold it for writing now and then, that of the first
 * file for long. The loop tries with IOCB_NOWAIT first. When it would have to wait, the
 * request queues itself for the lock with IOCB_WAITQ, and an eventfd that the loop polls says
 * when it was granted.
 *
 * The usual way, for comparison, is to hand such a request to a pool of worker threads, which
 * may sleep. "event_loop 2" runs each way for 2 seconds and prints how long requests took: for
 * the first file, and for the others, whose requests find the workers asleep on the first one's
 * lock unless there are as many workers as requests.
 *
 * Output:
 *	queued for the lock: all reads served, and none saw a hole
 *	punted to 4 workers: all reads served, and none saw a hole
 *	punted to 32 workers: all reads served, and none saw a hole
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

#define FILES 4
#define CLIENTS 32 /* as many for each file */
#define BLOCK 512
#define BLOCKS 64
#define SAMPLES 50000

/* What a client asks with, and what is answered. */
struct question {
	int block;
};

struct answer {
	int block;
	char data[BLOCK];
};

struct file {
	FILE *file;
	struct rw_semaphore invalidate_lock;
};

struct request {
	struct kiocb iocb;
	struct klock_waitq waitq;
	struct question question;
	struct file *file;
	int fd;
	int waits;            /* for the lock */
	struct request *next; /* for a worker */
};

/* Who punches holes into files, one after the other: their blocks are gone for that long. */
struct puncher {
	int first, files;
	long hold_ns, rest_ns;
};

static struct file files[FILES];
static int workers; /* that requests are punted to; 0: IOCB_WAITQ instead */
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

/* ---- files, whose blocks have their number in each byte, or are punched: zeros ---- */

static void write_block(struct file *f, int block, int c)
{
	char data[BLOCK];

	memset(data, c, BLOCK);
	must(pwrite(fileno(f->file), data, BLOCK, (off_t)block * BLOCK) == BLOCK, "pwrite");
}

static void open_file(struct file *f)
{
	f->file = tmpfile();
	must(f->file != NULL, "tmpfile");
	init_rwsem(&f->invalidate_lock);
	for (int block = 0; block < BLOCKS; block++)
		write_block(f, block, block + 1);
}

/* The block is gone for a while: no read may see that. */
static void punch(struct file *f, int block, long hold_ns)
{
	down_write(&f->invalidate_lock);
	write_block(f, block, 0);
	nap_ns(hold_ns);
	write_block(f, block, block + 1);
	up_write(&f->invalidate_lock);
}

static void *punch_holes(void *arg)
{
	struct puncher *p = arg;

	for (int i = 0; !__atomic_load_n(&ending, __ATOMIC_ACQUIRE); i++) {
		punch(&files[p->first + i % p->files], i % BLOCKS, p->hold_ns);
		nap_ns(p->rest_ns);
	}
	return NULL;
}

/* ---- serving ---- */

/* With the lock held for reading, which it gives up. */
static void serve(struct request *r)
{
	struct answer answer = { .block = r->question.block };
	ssize_t n = pread(fileno(r->file->file), answer.data, BLOCK, (off_t)answer.block * BLOCK);

	up_read(&r->file->invalidate_lock);
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
		down_read(&r->file->invalidate_lock);
		serve(r);
		pthread_mutex_lock(&worker_lock);
	}
	pthread_mutex_unlock(&worker_lock);
	return NULL;
}

static void punt(struct request *r)
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
	err = iocb_read_lock(&r->iocb, &r->file->invalidate_lock);
	waited += err == -EAGAIN;
	if (err && workers) {
		punt(r);
		return;
	}
	if (err) {
		r->iocb.ki_flags = IOCB_WAITQ;
		err = iocb_read_lock(&r->iocb, &r->file->invalidate_lock);
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
		nap_ns(500000);
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

/* Of the clients of the first file, or of the others. */
static void print_times(const char *which, bool first)
{
	static int64_t all[CLIENTS * SAMPLES];
	size_t n = 0;

	for (int c = 0; c < CLIENTS; c++) {
		if ((c % FILES == 0) != first)
			continue;
		memcpy(all + n, samples[c], nr_samples[c] * sizeof(all[0]));
		n += nr_samples[c];
	}
	qsort(all, n, sizeof(all[0]), compare);
	printf("  %s: %zu reads; us: p50 %.1f, p99 %.1f, p99.9 %.1f, longest %.1f\n", which, n,
	       (double)all[n / 2] / 1e3, (double)all[n * 99 / 100] / 1e3,
	       (double)all[n * 999 / 1000] / 1e3, (double)all[n - 1] / 1e3);
}

/* ---- one run ---- */

static void watch(int epoll, int fd, void *ptr)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = ptr } };

	must(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void start_client(int c, int epoll, struct request *r, struct client *client,
			 pthread_t *thread)
{
	int ends[2];

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
	nr_samples[c] = 0;
	*r = (struct request){ .fd = ends[0], .file = &files[c % FILES] };
	klock_waitq_init(&r->waitq, NULL, grants);
	r->iocb.ki_waitq = &r->waitq;
	*client = (struct client){ c, ends[1] };
	watch(epoll, ends[0], r);
	must(!pthread_create(thread, NULL, ask, client), "pthread_create");
}

static void end_workers(const pthread_t *pool)
{
	pthread_mutex_lock(&worker_lock);
	pthread_cond_broadcast(&worker_wanted);
	pthread_mutex_unlock(&worker_lock);
	for (int i = 0; i < workers; i++)
		pthread_join(pool[i], NULL);
}

static void run(void)
{
	static struct puncher punchers[] = { { 0, 1, 5000000, 5000000 },
					     { 1, FILES - 1, 200000, 500000 } };
	static struct request requests[CLIENTS];
	struct client clients[CLIENTS];
	pthread_t threads[CLIENTS], pool[CLIENTS], punching[2];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	grants = eventfd(0, EFD_CLOEXEC);
	must(epoll >= 0 && grants >= 0, "epoll, eventfd");
	watch(epoll, grants, NULL);
	__atomic_store_n(&ending, false, __ATOMIC_RELEASE);
	waited = 0;
	until_ns = now_ns() + run_ns;
	for (int c = 0; c < CLIENTS; c++)
		start_client(c, epoll, &requests[c], &clients[c], &threads[c]);
	for (int i = 0; i < 2; i++)
		must(!pthread_create(&punching[i], NULL, punch_holes, &punchers[i]),
		     "pthread_create");
	for (int i = 0; i < workers; i++)
		must(!pthread_create(&pool[i], NULL, work, NULL), "pthread_create");
	loop(epoll, requests);
	__atomic_store_n(&ending, true, __ATOMIC_RELEASE);
	end_workers(pool);
	for (int i = 0; i < 2; i++)
		pthread_join(punching[i], NULL);
	for (int c = 0; c < CLIENTS; c++) {
		pthread_join(threads[c], NULL);
		close(requests[c].fd);
	}
	close(grants);
	close(epoll);
}

static void report(bool times)
{
	if (workers)
		printf("punted to %d workers", workers);
	else
		printf("queued for the lock");
	printf(": all reads served, and none saw a hole\n");
	if (!times)
		return;
	printf("  %d had to wait\n", waited);
	print_times("file punched for 5 ms", true);
	print_times("other files, for 0.2 ms", false);
}

int main(int argc, char **argv)
{
	static const int ways[] = { 0, 4, CLIENTS };
	double seconds = argc > 1 ? atof(argv[1]) : 0;

	run_ns = (int64_t)((seconds > 0 ? seconds : 0.2) * 1e9);
	for (int i = 0; i < FILES; i++)
		open_file(&files[i]);
	if (seconds > 0)
		run(); /* not counted: the first one also brings all memory in */
	for (int i = 0; i < 3; i++) {
		workers = ways[i];
		run();
		if (wrong || !waited) {
			printf("%d reads saw a hole, %d had to wait\n", wrong, waited);
			return 1;
		}
		report(seconds > 0);
	}
	for (int i = 0; i < FILES; i++)
		fclose(files[i].file);
	return 0;
}

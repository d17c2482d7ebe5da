/* SPDX-License-Identifier: MIT */
/* Whole files in and out: put, get. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <klock/task.h>

#include "output.h"
#include "quote.h"

#define CHUNK (64 * 1024)

/*
 * Waits until `fd` can be read or written. False, with errno EINTR, when the process has been
 * told to end: also by a signal that comes between the question and the wait.
 */
static bool wait_for(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	sigset_t ending, before;
	bool killed;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ending, &before);
	while (!(killed = klock_fatal_signal_pending()) && ppoll(&pfd, 1, NULL, &before) < 0 &&
	       errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (killed)
		errno = EINTR;
	return !killed;
}

/* Reads until `len` bytes, the end, or an error (-1, errno set). */
static ssize_t read_full(int fd, char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = wait_for(fd, POLLIN) ? read(fd, buf + done, len - done) : -1;

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR && !klock_fatal_signal_pending())
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int write_full(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = wait_for(fd, POLLOUT) ? write(fd, buf, len) : -1;

		if (n < 0 && errno == EINTR && !klock_fatal_signal_pending())
			continue;
		if (n == 0)
			errno = EIO; /* one that takes nothing would do so for ever */
		if (n <= 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int stream_error(const struct command *command, const char *path, off_t offset)
{
	if (errno == EINTR)
		return cli_fail(command, EXIT_INTERRUPTED, "%s: ended by a signal at offset %lld",
				path, (long long)offset);
	return cli_fail(command, EXIT_FAILED, "%s: at offset %lld: %s", path, (long long)offset,
			strerror(errno));
}

/* An error of filemap_read() or filemap_write(), with the offset where it has none. */
static int data_error(const struct session *session, const char *name, int64_t pos, int err)
{
	switch (err) {
	case -EAGAIN:
	case -ENOMEM:
		return cli_fail(session->command, EXIT_FAILED, "%s: file %s, offset %lld: %s",
				session->image->path, quote_name(name), (long long)pos,
				cache_error());
	case -ENOSPC:
	case -EFBIG:
		return cli_fail(session->command, EXIT_FAILED, "%s, at offset %lld", cache_error(),
				(long long)pos);
	default:
		return cli_engine_error(session->command, err);
	}
}

int copy_in(struct session *session, const char *name, int64_t pos, const struct input *in,
	    int64_t *copied)
{
	static char buf[CHUNK];
	struct kiocb iocb;
	struct stat st;

	*copied = 0;
	if (!fstat(in->fd, &st) && session_is_image(session, &st))
		return cli_fail(session->command, EXIT_FAILED, "%s: is the image itself", in->path);
	for (;;) {
		ssize_t n = read_full(in->fd, buf, CHUNK), written = 0;

		if (n < 0)
			return stream_error(session->command, in->path, *copied);
		while (written < n) {
			ssize_t w;

			init_sync_kiocb(&iocb, &session->file, pos + *copied, IOCB_WRITE);
			w = filemap_write(&iocb, buf + written, (size_t)(n - written));
			if (w < 0)
				return data_error(session, name, pos + *copied, (int)w);
			written += w;
			*copied += w;
		}
		if (n < CHUNK)
			return EXIT_OK;
	}
}

int copy_out(struct session *session, const char *name, int64_t pos, int64_t len, int flags, int fd,
	     const char *path, int64_t *copied)
{
	static char buf[CHUNK];
	struct kiocb iocb;

	*copied = 0;
	while (*copied < len) {
		size_t want = len - *copied < CHUNK ? (size_t)(len - *copied) : CHUNK;
		ssize_t n;

		/* A hole, which nothing is waited for in, can be long. */
		if (klock_fatal_signal_pending())
			return cli_fail(session->command, EXIT_INTERRUPTED,
					"file %s: ended by a signal at offset %lld",
					quote_name(name), (long long)(pos + *copied));
		init_sync_kiocb(&iocb, &session->file, pos + *copied, flags);
		n = filemap_read(&iocb, buf, want);
		if (n < 0)
			return data_error(session, name, pos + *copied, (int)n);
		if (n == 0)
			break;
		if (fd >= 0 && write_full(fd, buf, (size_t)n))
			return stream_error(session->command, path, *copied);
		*copied += n;
	}
	return EXIT_OK;
}

int input_open(struct input *in, const struct command *command, const char *path)
{
	if (cli_is_standard(path)) {
		*in = (struct input){ STDIN_FILENO, "standard input" };
		return EXIT_OK;
	}
	*in = (struct input){ open(path, O_RDONLY | O_CLOEXEC), path };
	return in->fd >= 0 ? EXIT_OK : stream_error(command, path, 0);
}

void input_close(struct input *in)
{
	if (in->fd != STDIN_FILENO)
		close(in->fd);
}

/* The old file stays until all of the new one is in the image. */
static int put_file(struct session *session, const char *name, const struct input *in, bool keep)
{
	int64_t copied;
	int status, err;

	err = file_open_replacement(session->image, name, keep ? O_EXCL : 0, &session->file);
	if (err)
		return cli_engine_error(session->command, err);
	session->file_is_open = true;
	status = copy_in(session, name, 0, in, &copied);
	if (status)
		return status;
	err = file_replace(&session->file);
	return err ? cli_engine_error(session->command, err) : EXIT_OK;
}

static int run_put(const struct command *command, int argc, char **argv)
{
	bool keep = false;
	const struct option_spec options[] = {
		{ "no-clobber", OPT_FLAG, &keep, 0, 0, NULL,
		  "fail if the image has a file of that name" },
		{ 0 },
	};
	struct session session;
	struct input in;
	char **operands;
	unsigned int nr;
	int status = cli_parse(command, options, argc, argv, &operands, &nr);

	if (status >= 0)
		return status;
	/* "put - IMAGE NAME" too; an image that is called so is "./-". */
	if (nr == 3 && !strcmp(operands[0], "-"))
		operands++, nr--;
	status = input_open(&in, command, nr == 3 ? operands[2] : NULL);
	if (status)
		return status;
	status = session_open(&session, command, operands[0], 0, NULL, 0);
	if (status == EXIT_OK) {
		status = put_file(&session, operands[1], &in, keep);
		status = session_close(&session, status);
	}
	input_close(&in);
	return status;
}

const struct command cmd_put = {
	.name = "put",
	.operands = "IMAGE NAME [FILE]",
	.summary = "copy FILE, or standard input, into the image",
	.help = "FILE \"-\" is standard input, also as \"put - IMAGE NAME\". A file of that name\n"
		"that the image has already is replaced when all of the new one is there: there\n"
		"has to be room for both, and whatever goes wrong leaves the old one.",
	.min_operands = 2,
	.max_operands = 3,
	.run = run_put,
};

static int run_get(const struct command *command, int argc, char **argv)
{
	const struct option_spec options[] = { { 0 } };
	struct session session;
	char **operands;
	unsigned int nr;
	int status = cli_parse(command, options, argc, argv, &operands, &nr);
	struct output out;
	int64_t copied;

	if (status >= 0)
		return status;
	status = session_open(&session, command, operands[0], IMAGE_RDONLY, operands[1], 0);
	if (status)
		return status;
	status = output_open(&out, &session, nr == 3 ? operands[2] : NULL);
	if (status == EXIT_OK) {
		status = copy_out(&session, operands[1], 0, INODE_MAX_SIZE, 0, out.fd, out.path,
				  &copied);
		status = output_close(&out, status);
	}
	return session_close(&session, status);
}

const struct command cmd_get = {
	.name = "get",
	.operands = "IMAGE NAME [FILE]",
	.summary = "copy a file out, to FILE or standard output",
	.help = "Holes come out as zeroes. FILE \"-\" is standard output. A FILE that is there is\n"
		"replaced when the copy is complete; its mode and a link to it stay.",
	.min_operands = 2,
	.max_operands = 3,
	.run = run_get,
};

/* SPDX-License-Identifier: MIT */
/* The file that get writes. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int output_error(struct output *out)
{
	int status = errno == EINTR ? EXIT_INTERRUPTED : EXIT_FAILED;

	return cli_fail(out->session->command, status, "%s: %s", out->path, strerror(errno));
}

/* A descriptor by another name: what is written goes where it points, not to a new file. */
static bool is_descriptor(const char *path)
{
	return !strncmp(path, "/dev/fd/", 8) || !strncmp(path, "/dev/std", 8) ||
	       !strncmp(path, "/proc/", 6);
}

/* `st` is of the file that is there; NULL: there is none. */
static int open_target(struct output *out, const struct stat *st)
{
	struct stat link;

	if (st ? S_ISREG(st->st_mode) && !is_descriptor(out->path) : lstat(out->path, &link)) {
		if ((st && access(out->path, W_OK)) || beside_open(&out->new, out->path, st))
			return -1;
		out->replaces = true;
		out->fd = out->new.fd;
		return 0;
	}
	/* A device, a pipe, a link to a file that is not there yet: nothing to be kept. */
	out->fd = open(out->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return out->fd < 0 ? -1 : 0;
}

int output_open(struct output *out, const struct session *session, const char *path)
{
	struct stat st;
	bool there;

	*out = (struct output){ .session = session, .path = path };
	if (cli_is_standard(path)) {
		out->path = "standard output";
		out->fd = STDOUT_FILENO;
		return EXIT_OK;
	}
	there = !stat(path, &st);
	if (there && session_is_image(session, &st))
		return cli_fail(session->command, EXIT_FAILED, "%s: is the image itself", path);
	return open_target(out, there ? &st : NULL) ? output_error(out) : EXIT_OK;
}

int output_close(struct output *out, int status)
{
	if (out->replaces && status != EXIT_OK)
		beside_cancel(&out->new);
	else if (out->replaces && beside_commit(&out->new))
		status = output_error(out);
	else if (!out->replaces && out->fd != STDOUT_FILENO && close(out->fd) && !status)
		status = output_error(out);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* stat: the image, a file, and what the cache did while the file was read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <klock/task.h>

#include "cli.h"
#include "quote.h"

/* Of one run over the file. */
struct pass {
	int64_t bytes;
	uint64_t ns;
	uint64_t refused; /* pages that a nowait read got -EAGAIN for */
};

/* Where the file's blocks are: runs of neighbours, and pages without one. */
static void show_layout(struct file *file, int64_t size)
{
	uint64_t pages = ((uint64_t)size + PAGE_SIZE - 1) >> PAGE_SHIFT, blocks, runs;

	inode_layout(file->f_inode, &blocks, &runs);
	printf("  size        %lld bytes, %llu pages\n", (long long)size,
	       (unsigned long long)pages);
	printf("  blocks      %llu in %llu run%s\n", (unsigned long long)blocks,
	       (unsigned long long)runs, runs == 1 ? "" : "s");
	printf("  holes       %llu pages\n", (unsigned long long)(pages - blocks));
}

static int read_blocking(struct session *session, const char *name, struct pass *pass)
{
	return copy_out(session, name, 0, INODE_MAX_SIZE, 0, -1, NULL, &pass->bytes);
}

/* Page by page, without waiting: a page that is refused is skipped. */
static int read_nowait(struct session *session, int64_t size, struct pass *pass)
{
	static char buf[PAGE_SIZE];

	for (int64_t pos = 0; pos < size; pos += PAGE_SIZE) {
		struct kiocb iocb;
		ssize_t n;

		if (klock_fatal_signal_pending())
			return cli_fail(session->command, EXIT_INTERRUPTED,
					"ended by a signal at offset %lld", (long long)pos);
		init_sync_kiocb(&iocb, &session->file, pos, IOCB_NOWAIT);
		n = filemap_read(&iocb, buf, sizeof(buf));
		if (n == -EAGAIN)
			pass->refused++;
		else if (n < 0)
			return cli_engine_error(session->command, (int)n);
		else
			pass->bytes += n;
	}
	return EXIT_OK;
}

static void show_counters(struct image *image)
{
	struct cache_stats stats;

	cache_stats_get(image, &stats);
	printf("counters of these passes\n");
	for (int i = 0; i < CACHE_NR_COUNTERS; i++) {
		const char *name = cache_counter_name[i];
		size_t len = strlen(name);

		if (len > 3 && !strcmp(name + len - 3, "_ns"))
			printf("  %10s  %s\n", show_time(stats.count[i]), cache_counter_text[i]);
		else
			printf("  %10llu  %s\n", (unsigned long long)stats.count[i],
			       cache_counter_text[i]);
	}
}

static int run_stat(const struct command *command, int argc, char **argv)
{
	int64_t passes = 2, limit = IMAGE_DEFAULT_PAGES, readahead = 32, size;
	bool nowait = false;
	const struct option_spec options[] = {
		{ "passes", OPT_COUNT, &passes, 0, 1000, "N", "read the file so many times (2)" },
		{ "pages", OPT_COUNT, &limit, 8, 1 << 24, "N", "limit of the cache (1024)" },
		{ "readahead", OPT_COUNT, &readahead, 0, 1024, "N",
		  "limit of the readahead window, in pages (32)" },
		{ "nowait", OPT_FLAG, &nowait, 0, 0, NULL,
		  "read with IOCB_NOWAIT: what is not in the cache may be refused" },
		{ 0 },
	};
	uint32_t total, available;
	struct session session;
	char **operands, path[1024];
	unsigned int nr;
	int status = cli_parse(command, options, argc, argv, &operands, &nr);

	if (status >= 0)
		return status;
	status = session_open(&session, command, operands[0], IMAGE_RDONLY,
			      nr == 2 ? operands[1] : NULL, 0);
	if (status)
		return status;
	session.image->sw.max_pages = (unsigned int)limit;
	/* An open file's window has the limit that held when it was opened. */
	session.image->sw.ra_pages = (unsigned int)readahead;
	if (session.file_is_open)
		file_ra_state_init(&session.file.f_ra, (unsigned int)readahead);

	image_space(session.image, &total, &available);
	snprintf(path, sizeof(path), "%s", operands[0]);
	quote_message(path);
	printf("image %s\n", path);
	printf("  blocks      %u for files, %u free\n", total, available);
	if (nr == 1)
		return session_close(&session, EXIT_OK);

	size = i_size_read(session.file.f_inode);
	printf("file %s\n", quote_name(operands[1]));
	show_layout(&session.file, size);

	cache_stats_reset(session.image);
	for (int64_t i = 1; i <= passes && status == EXIT_OK; i++) {
		struct pass pass = { 0 };
		uint64_t start = cache_clock_ns();

		status = nowait ? read_nowait(&session, size, &pass)
				: read_blocking(&session, operands[1], &pass);
		pass.ns = cache_clock_ns() - start;
		printf("pass %lld: %lld bytes in %s", (long long)i, (long long)pass.bytes,
		       show_time(pass.ns));
		if (nowait)
			printf(", %llu pages refused with EAGAIN",
			       (unsigned long long)pass.refused);
		putchar('\n');
	}
	if (passes)
		show_counters(session.image);
	return session_close(&session, status);
}

const struct command cmd_stat = {
	.name = "stat",
	.operands = "IMAGE [NAME]",
	.summary = "show an image or file, and the cache at work on it",
	.help = "With NAME, the file is read from end to end through the cache, --passes times,\n"
		"and what the cache counted meanwhile is shown: hits, misses, evictions,\n"
		"EAGAINs, waits.",
	.min_operands = 1,
	.max_operands = 2,
	.run = run_stat,
};

/* SPDX-License-Identifier: MIT */
/*
 * What was measured, as a table to read, and as lines of fields separated by tabs:
 *   machine PROCESSOR CPUS KERNEL
 *   operation NAME NS
 *   lock LOCK NAME LIBRARY KIND: sleeps, spins, bound, again
 *   title KEY TEXT
 *   row KEY LOCK UNIT MEDIAN Q1 Q3 RATIO RATIO-Q1 RATIO-Q3 JAIN LONGEST(us)
 *   waits KEY LOCK NUMBER MEDIAN P99 P99.9 P99.99 LONGEST  (us)
 *   bin KEY LOCK FROM TO NUMBER                             (us)
 *   rounds KEY NUMBER REDONE DISTURBED
 *   checker WHAT OFF LOCKDEP RATIO LOCKSTAT                 (ns; to a pthread pair)
 * JAIN and LONGEST are "-" where a row does not ask.
 */
#include "bench.h"

void bench_put_lock(FILE *tsv, const struct bench_lock *lock)
{
	const char *kind = lock->kinds & BENCH_AGAIN    ? "again"
			   : lock->kinds & BENCH_SPIN   ? "spins"
			   : lock->kinds & BENCH_BOUNDS ? "bound"
							: "sleeps";

	fprintf(tsv, "lock\t%s\t%s\t%s\t%s\n", lock->id, lock->name, lock->from, kind);
}

/* Of the values of the rounds. */
struct spread {
	double q1, median, q3;
};

static struct spread spread(double *values, unsigned int n)
{
	return (struct spread){ bench_quantile(values, n, 0.25), bench_quantile(values, n, 0.5),
				bench_quantile(values, n, 0.75) };
}

static bool overlap(struct spread a, struct spread b)
{
	return a.q1 <= b.q3 && b.q1 <= a.q3;
}

/* With three digits that count, whatever its size. */
static void print_number(int width, double value)
{
	int digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;

	printf("%*.*f", width, digits, value);
}

static void print_optional(int width, double value)
{
	if (value > 0)
		print_number(width, value);
	else
		printf("%*s", width, "-");
}

static void print_waits(const struct bench_histogram *h)
{
	printf(" %9llu", (unsigned long long)h->n);
	print_number(10, bench_histogram_us(h, 0.5));
	print_number(10, bench_histogram_us(h, 0.99));
	print_number(10, bench_histogram_us(h, 0.999));
	print_number(10, bench_histogram_us(h, 0.9999));
}

static void print_head(const struct bench_row *row, const struct bench_rounds *rounds, bool waits)
{
	printf("\n%s (%s: %u rounds, %u redone, %u disturbed)\n%-28s %10s %8s %17s %5s %6s %11s",
	       row->title, row->key, rounds->n, rounds->redone, rounds->disturbed, "", row->unit,
	       "ratio", "quartiles", "", "Jain", "longest, us");
	if (waits)
		printf(" %9s %9s %9s %9s %9s", "waits", "median", "p99", "p99.9", "p99.99");
	printf("\n");
}

static void put_tsv(FILE *tsv, const struct bench_row *row, const struct bench_result *r,
		    struct spread value, struct spread ratio)
{
	const struct bench_histogram *h = r->waits;

	fprintf(tsv, "row\t%s\t%s\t%s\t%.4g\t%.4g\t%.4g\t%.4g\t%.4g\t%.4g\t", row->key, r->lock->id,
		row->unit, value.median, value.q1, value.q3, ratio.median, ratio.q1, ratio.q3);
	fprintf(tsv, r->jain > 0 ? "%.3f\t" : "-\t", r->jain);
	fprintf(tsv, r->longest > 0 ? "%.1f\n" : "-\n", r->longest);
	if (!h->n)
		return;
	fprintf(tsv, "waits\t%s\t%s\t%llu\t%.4g\t%.4g\t%.4g\t%.4g\t%.4g\n", row->key, r->lock->id,
		(unsigned long long)h->n, bench_histogram_us(h, 0.5), bench_histogram_us(h, 0.99),
		bench_histogram_us(h, 0.999), bench_histogram_us(h, 0.9999),
		(double)h->longest_ns / 1e3);
	for (size_t bin = 0; bin < BENCH_BINS; bin++)
		if (h->bins[bin])
			fprintf(tsv, "bin\t%s\t%s\t%.5g\t%.5g\t%u\n", row->key, r->lock->id,
				(double)bench_histogram_floor(bin) / 1e3,
				(double)bench_histogram_floor(bin + 1) / 1e3, h->bins[bin]);
}

void bench_report(const struct bench_row *row, const struct bench_result *results, unsigned int n,
		  unsigned int control, const struct bench_rounds *rounds, FILE *tsv)
{
	struct spread noise = { 1, 1, 1 };

	if (control < n)
		noise = spread(results[control].ratios, rounds->n);
	print_head(row, rounds, results[0].waits->n);
	if (tsv)
		fprintf(tsv, "title\t%s\t%s\nrounds\t%s\t%u\t%u\t%u\n", row->key, row->title,
			row->key, rounds->n, rounds->redone, rounds->disturbed);
	for (unsigned int i = 0; i < n; i++) {
		const struct bench_result *r = &results[i];
		struct spread value = spread(r->values, rounds->n),
			      ratio = spread(r->ratios, rounds->n);

		printf("%-28s", r->lock->name);
		print_number(11, value.median);
		print_number(9, ratio.median);
		print_number(9, ratio.q1);
		print_number(9, ratio.q3);
		printf(" %5s", !i || i == control ? "-" : overlap(ratio, noise) ? "~" : "clear");
		print_optional(7, r->jain);
		print_optional(12, r->longest);
		if (r->waits->n)
			print_waits(r->waits);
		printf("\n");
		if (tsv)
			put_tsv(tsv, row, r, value, ratio);
	}
	fflush(stdout);
}

/* SPDX-License-Identifier: MIT */
#include "bench.h"

int main(void)
{
	bench_lockdep(); /* first: its workers begin as processes that took no lock */
	bench_sizes();
	bench_pairs();
	bench_mix();
	bench_waits();
	return 0;
}

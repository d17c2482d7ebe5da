/* SPDX-License-Identifier: MIT */
#include "bench.h"

int main(void)
{
	bench_sizes();
	bench_pairs();
	bench_waits();
	return 0;
}

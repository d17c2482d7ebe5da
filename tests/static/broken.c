/* SPDX-License-Identifier: MIT */
/* What each tool of own.sh has to find something wrong with. */
#include <klock.h>

int *broken(int *p);

int *broken(int *p)
{
	static DEFINE_MUTEX(lock);

	mutex_lock(&lock);
	if (!p)
		*p = 1;
	return p;
}

/* SPDX-License-Identifier: MIT */
#include "base/exempt.h"
#include "config.h"

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/drd.h>
#include <valgrind/helgrind.h>

void klock_exempt(const void *addr, size_t size)
{
	VALGRIND_HG_DISABLE_CHECKING(addr, size);
	VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_START_SUPPRESSION, addr, size, 0, 0, 0);
}

void klock_exempt_end(const void *addr, size_t size)
{
	VALGRIND_HG_ENABLE_CHECKING(addr, size);
	VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_FINISH_SUPPRESSION, addr, size, 0, 0, 0);
}

#else

void klock_exempt(const void *addr, size_t size)
{
	(void)addr, (void)size;
}

void klock_exempt_end(const void *addr, size_t size)
{
	(void)addr, (void)size;
}

#endif

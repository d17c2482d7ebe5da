/* SPDX-License-Identifier: MIT */
/*
 * Function names of the dynamic symbol table come from dladdr(); all others,
 * and lines, from elfutils' libdw, which is looked for when the first report is
 * made: a program need not have it, and one that makes no report does not load
 * it.
 */
#include "base/symbols.h"
#include "config.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void klock_describe_site(const void *site, char *buf, size_t size)
{
	Dl_info info;

	if (!site || !dladdr(site, &info) || !info.dli_fname)
		snprintf(buf, size, "%p", site);
	else if (info.dli_sname)
		snprintf(buf, size, "%s(%s+0x%lx)", base_name(info.dli_fname), info.dli_sname,
			 (unsigned long)((const char *)site - (const char *)info.dli_saddr));
	else
		snprintf(buf, size, "%s(+0x%lx)", base_name(info.dli_fname),
			 (unsigned long)((const char *)site - (const char *)info.dli_fbase));
}

#ifdef HAVE_ELFUTILS_LIBDWFL_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* The functions that are used of libdw, by their names there. */
#define LIBDW(use)                                                                                 \
	use(dwfl_begin) use(dwfl_linux_proc_report) use(dwfl_report_begin_add)                     \
	use(dwfl_report_end) use(dwfl_addrmodule) use(dwfl_module_addrinfo)                        \
	use(dwfl_module_getsrc) use(dwfl_lineinfo) use(dwfl_linux_proc_find_elf)                   \
	use(dwfl_standard_find_debuginfo) use(dwfl_module_addrdie) use(dwarf_getscopes)            \
	use(dwarf_getscopes_die)                                                                   \
	use(dwarf_tag) use(dwarf_attr) use(dwarf_formudata) use(dwarf_getsrcfiles)                 \
	use(dwarf_filesrc)

#define MEMBER(name) __typeof__(&name) name;
static struct {
	LIBDW(MEMBER)
} dw;

/* One at a time: libdw does not promise more. Of a process: fork() may copy it locked. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static pid_t owner;
static Dwfl *dwfl;

/*
 * A malloc() of the program's own may be built on the very lock that a report
 * is about, and libdw would wait for it.
 */
static bool malloc_is_the_systems(void)
{
	Dl_info of_malloc, of_libc;

	return dladdr((void *)malloc, &of_malloc) && dladdr((void *)getenv, &of_libc) &&
	       of_malloc.dli_fbase == of_libc.dli_fbase;
}

static bool load_libdw(void)
{
	void *lib = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return false;
#define LOAD(name)                                                                                 \
	*(void **)&dw.name = dlsym(lib, #name);                                                    \
	if (!dw.name)                                                                              \
		return false;
	LIBDW(LOAD)
	return true;
}

static bool look_at_modules(void)
{
	bool seen = !dw.dwfl_linux_proc_report(dwfl, getpid());

	return !dw.dwfl_report_end(dwfl, NULL, NULL) && seen;
}

static bool open_process(void)
{
	static Dwfl_Callbacks callbacks;
	static char *no_path;

	callbacks = (Dwfl_Callbacks){
		.find_elf = dw.dwfl_linux_proc_find_elf,
		.find_debuginfo = dw.dwfl_standard_find_debuginfo,
		.debuginfo_path = &no_path,
	};
	dwfl = dw.dwfl_begin(&callbacks);
	return dwfl && look_at_modules();
}

/* libdw's own frames are large. */
#define STACK_NEEDED (256 * 1024)

static bool stack_is_large(void)
{
	pthread_attr_t attr;
	size_t size;
	void *end;
	bool large;

	if (pthread_getattr_np(pthread_self(), &attr))
		return false;
	large = !pthread_attr_getstack(&attr, &end, &size) &&
		(uintptr_t)&attr - (uintptr_t)end > STACK_NEEDED;
	pthread_attr_destroy(&attr);
	return large;
}

/* Tried once in a process, and again in its children. */
static bool ready(void)
{
	static bool usable;

	if (owner == getpid())
		return usable;
	owner = getpid();
	/* Valgrind would take seconds, and its own tools name what they report. */
	usable = !RUNNING_ON_VALGRIND && malloc_is_the_systems() && load_libdw() && open_process();
	return usable;
}

static Dwfl_Module *module_of(Dwarf_Addr at)
{
	Dwfl_Module *module = dw.dwfl_addrmodule(dwfl, at);

	if (module)
		return module;
	dw.dwfl_report_begin_add(dwfl); /* loaded since */
	return look_at_modules() ? dw.dwfl_addrmodule(dwfl, at) : NULL;
}

struct line {
	const char *file;
	int number;
};

static int attribute(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dw.dwarf_attr(die, name, &attr) || dw.dwarf_formudata(&attr, &value))
		return 0;
	return (int)value;
}

/* klock's own headers: the reader wants to know who called what stands there. */
static bool is_wrapper(const struct line *line)
{
	size_t len = strlen(line->file);

	return strstr(line->file, "/klock/") && len > 2 && !strcmp(line->file + len - 2, ".h");
}

/* From where the innermost inline function was called, and so on while that is a wrapper. */
static void leave_wrappers(Dwfl_Module *module, Dwarf_Addr at, struct line *line)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = dw.dwfl_module_addrdie(module, at, &bias), *at_die = NULL, *scopes = NULL;
	Dwarf_Files *files;
	int n = 0;

	if (!unit || dw.dwarf_getsrcfiles(unit, &files, NULL))
		return;
	/* The scopes of an address are those of an inline function's source, not of its callers. */
	if (dw.dwarf_getscopes(unit, at - bias, &at_die) > 0)
		n = dw.dwarf_getscopes_die(&at_die[0], &scopes);
	for (int i = 0; i < n && is_wrapper(line); i++) {
		const char *file;

		if (dw.dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			continue;
		file = dw.dwarf_filesrc(files, (size_t)attribute(&scopes[i], DW_AT_call_file),
					NULL, NULL);
		if (!file)
			break;
		*line = (struct line){ file, attribute(&scopes[i], DW_AT_call_line) };
	}
	free(scopes);
	free(at_die);
}

static bool find_line(Dwfl_Module *module, Dwarf_Addr at, struct line *line)
{
	Dwfl_Line *found = dw.dwfl_module_getsrc(module, at);

	if (!found)
		return false;
	line->file = dw.dwfl_lineinfo(found, NULL, &line->number, NULL, NULL, NULL);
	if (!line->file)
		return false;
	leave_wrappers(module, at, line);
	return true;
}

static bool describe(const void *site, char *buf, size_t size)
{
	Dwarf_Addr at = (Dwarf_Addr)(uintptr_t)site - 1; /* in the call, not behind it */
	Dwfl_Module *module = module_of(at);
	struct line line;
	const char *name;
	GElf_Off offset;
	GElf_Sym symbol;
	Dl_info info;
	int used;

	if (!module || !dladdr(site, &info) || !info.dli_fname)
		return false;
	name = dw.dwfl_module_addrinfo(module, at, &offset, &symbol, NULL, NULL, NULL);
	if (!name)
		return false;
	used = snprintf(buf, size, "%s(%s+0x%lx)", base_name(info.dli_fname), name,
			(unsigned long)offset + 1);
	if (used > 0 && (size_t)used < size && find_line(module, at, &line))
		snprintf(buf + used, size - (size_t)used, " %s:%d", base_name(line.file),
			 line.number);
	return true;
}

void klock_describe_call(const void *site, char *buf, size_t size)
{
	bool done = false;
	int cancel;

	if (owner && owner != getpid())
		one_at_a_time = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER; /* our parent's */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pthread_mutex_lock(&one_at_a_time);
	if (site && stack_is_large() && ready())
		done = describe(site, buf, size);
	pthread_mutex_unlock(&one_at_a_time);
	pthread_setcancelstate(cancel, NULL);
	if (!done)
		klock_describe_site(site, buf, size);
}

#else

void klock_describe_call(const void *site, char *buf, size_t size)
{
	klock_describe_site(site, buf, size);
}

#endif

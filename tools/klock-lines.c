/* SPDX-License-Identifier: MIT */
/*
 * usage: klock-lines FILE ADDRESS [FILE ADDRESS]...
 * Writes a line for each address, in hexadecimal, of an ELF file: "file.c:34", or nothing where
 * the file has no debug information. libklock runs it for its reports. Lines come from elfutils'
 * libdw, which is looked for now: klock can be built and used without it; then nothing is written.
 * It ends by itself: nobody waits for it for ever.
 */
#include "config.h"
#include <stdio.h>

#ifdef HAVE_ELFUTILS_LIBDWFL_H

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The functions that are used of libdw, by their names there. */
#define LIBDW(use)                                                                                 \
	use(dwfl_begin) use(dwfl_end) use(dwfl_report_begin) use(dwfl_report_elf)                  \
	use(dwfl_report_end) use(dwfl_module_getsrc) use(dwfl_lineinfo)                            \
	use(dwfl_standard_find_debuginfo) use(dwfl_module_addrdie) use(dwarf_getscopes)            \
	use(dwarf_getscopes_die) use(dwarf_tag) use(dwarf_attr) use(dwarf_formudata)               \
	use(dwarf_getsrcfiles) use(dwarf_filesrc)

#define MEMBER(name) __typeof__(&name) name;
static struct {
	LIBDW(MEMBER)
} dw;

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

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The file at the addresses that it was linked for. Most questions are about one file. */
static Dwfl_Module *open_file(const char *path)
{
	static Dwfl_Callbacks callbacks;
	static Dwfl_Module *module;
	static const char *opened;
	static char *no_path;
	static Dwfl *dwfl;

	if (opened && !strcmp(opened, path))
		return module;
	if (dwfl)
		dw.dwfl_end(dwfl);
	callbacks = (Dwfl_Callbacks){
		.find_debuginfo = dw.dwfl_standard_find_debuginfo,
		.debuginfo_path = &no_path,
	};
	opened = path;
	module = NULL;
	dwfl = dw.dwfl_begin(&callbacks);
	if (!dwfl)
		return NULL;
	dw.dwfl_report_begin(dwfl);
	module = dw.dwfl_report_elf(dwfl, base_name(path), path, -1, 0, true);
	if (dw.dwfl_report_end(dwfl, NULL, NULL))
		module = NULL;
	return module;
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

static void tell(const char *path, const char *address)
{
	Dwfl_Module *module = open_file(path);
	struct line line;

	if (module && find_line(module, strtoull(address, NULL, 16), &line))
		printf("%s:%d", base_name(line.file), line.number);
	printf("\n");
}

int main(int argc, char **argv)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGALRM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(10);
	if (!load_libdw())
		return 1;
	for (int i = 1; i + 1 < argc; i += 2)
		tell(argv[i], argv[i + 1]);
	return fflush(stdout) ? 1 : 0;
}

#else

int main(void)
{
	return 1;
}

#endif

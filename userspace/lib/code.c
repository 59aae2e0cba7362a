// SPDX-License-Identifier: GPL-2.0
/*
 * Files are known by their paths and read once, at the addresses that they were
 * linked for: processes that map one at different places share what was found. So
 * do equal instructions, for a search goes through all symbols of a file.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/code.h"
#include "lib/elf_file.h"

struct file {
	char *path;
	Dwfl *dwfl;
	Dwfl_Module *module;	/* NULL: it is no ELF file, or cannot be read */
	Elf *elf;
};

/* An instruction that was asked for. */
struct place {
	const struct file *file;
	uint64_t addr;		/* as linked */
	char *text;		/* NULL: no symbol covers it */
};

struct mml_code {
	uint64_t page_size;
	void *files;		/* of struct file, by tsearch(3) */
	void *places;		/* of struct place */
};

static char *no_path;	/* where the system keeps debug files */

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.debuginfo_path = &no_path,
};

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path,
		      ((const struct file *)b)->path);
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void free_file(void *node)
{
	struct file *file = node;

	if (file->dwfl)
		dwfl_end(file->dwfl);
	free(file->path);
	free(file);
}

static void free_place(void *node)
{
	struct place *place = node;

	free(place->text);
	free(place);
}

/**
 * mml_code_new() - begin to look up instructions
 * @page_size: bytes of a base page
 *
 * Return: to be given to mml_code_free(); NULL when there is no memory
 */
struct mml_code *mml_code_new(uint64_t page_size)
{
	struct mml_code *code = calloc(1, sizeof(*code));

	if (code)
		code->page_size = page_size;
	return code;
}

/**
 * mml_code_free() - forget them
 * @code: may be NULL
 */
void mml_code_free(struct mml_code *code)
{
	if (!code)
		return;
	tdestroy(code->places, free_place);
	tdestroy(code->files, free_file);
	free(code);
}

static void load(struct file *file, uint32_t pid, const struct mml_vma *vma)
{
	GElf_Addr bias;
	int fd;

	file->dwfl = dwfl_begin(&callbacks);
	if (!file->dwfl)
		return;
	fd = mml_elf_open(pid, vma);
	if (fd < 0)
		return;
	dwfl_report_begin(file->dwfl);
	/* takes the descriptor if it succeeds */
	file->module = dwfl_report_elf(file->dwfl, vma->path, vma->path, fd, 0,
				       true);
	dwfl_report_end(file->dwfl, NULL, NULL);
	if (file->module)
		file->elf = dwfl_module_getelf(file->module, &bias);
	else
		close(fd);
}

static struct file *find_file(struct mml_code *code, uint32_t pid,
			      const struct mml_vma *vma)
{
	struct file key = { .path = vma->path }, *file, **there;

	there = tfind(&key, &code->files, compare_files);
	if (there)
		return *there;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->path = strdup(vma->path);
	if (!file->path || !tsearch(file, &code->files, compare_files)) {
		free_file(file);
		return NULL;
	}
	load(file, pid, vma);
	return file;
}

/* The innermost function that was inlined at an address, or NULL */
static const char *find_inlined(Dwfl_Module *module, uint64_t addr)
{
	const char *name = NULL;
	Dwarf_Die *scopes, *unit;
	Dwarf_Addr bias;
	int n;

	unit = dwfl_module_addrdie(module, addr, &bias);
	if (!unit)
		return NULL;
	n = dwarf_getscopes(unit, addr - bias, &scopes);
	for (int i = 0; i < n && !name; i++)
		if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine)
			name = dwarf_diename(&scopes[i]);
	if (n > 0)
		free(scopes);
	return name;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* NULL when no symbol covers it. */
static char *describe(Dwfl_Module *module, uint64_t addr)
{
	const char *name, *inlined, *source = NULL;
	Dwfl_Line *line;
	GElf_Off offset;
	GElf_Sym sym;
	char *text;
	int number, ret;

	name = dwfl_module_addrinfo(module, addr, &offset, &sym, NULL, NULL, NULL);
	/* what is merely the last symbol before it says nothing */
	if (!name || offset >= sym.st_size ||
	    GELF_ST_TYPE(sym.st_info) == STT_OBJECT)
		return NULL;
	inlined = find_inlined(module, addr);
	line = dwfl_module_getsrc(module, addr);
	if (line)
		source = dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
	if (source)
		ret = asprintf(&text, "%s+%#llx (%s%s%s:%d)", name,
			       (unsigned long long)offset, inlined ? inlined : "",
			       inlined ? ", " : "", base_name(source), number);
	else
		ret = asprintf(&text, "%s+%#llx", name, (unsigned long long)offset);
	return ret < 0 ? NULL : text;
}

/**
 * mml_code_place() - where in a program an instruction is
 * @code: from mml_code_new()
 * @pid: the process
 * @vma: its area that holds the instruction
 * @ip: the instruction's address
 *
 * Return: function and offset, and the source line when it is known; NULL when
 * no symbol covers it. Lives as long as @code
 */
const char *mml_code_place(struct mml_code *code, uint32_t pid,
			   const struct mml_vma *vma, uint64_t ip)
{
	struct place key, *place, **there;
	struct file *file;
	uint64_t bias;

	if (!vma->path || vma->kind != MMLENS_VMA_KIND_FILE)
		return NULL;
	file = find_file(code, pid, vma);
	if (!file || !file->elf ||
	    !mml_elf_bias(file->elf, vma, code->page_size, &bias))
		return NULL;
	key = (struct place){ .file = file, .addr = ip - bias };
	there = tfind(&key, &code->places, compare_places);
	if (there)
		return (*there)->text;
	place = calloc(1, sizeof(*place));
	if (!place)
		return NULL;
	*place = key;
	place->text = describe(file->module, place->addr);
	if (!tsearch(place, &code->places, compare_places)) {
		free_place(place);
		return NULL;
	}
	return place->text;
}

// SPDX-License-Identifier: GPL-2.0
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/elf_file.h"
#include "lib/symbols.h"

/* The objects of one file, by address. */
struct module {
	const char *path;	/* the area's */
	struct mml_symbol *v;
	size_t n;
};

struct mml_symbols {
	uint32_t pid;
	uint64_t page_size;
	const struct mml_vmas *vmas;
	Dwfl *dwfl;
	struct module *modules;
	size_t nr_modules;
};

static char *no_path;	/* where the system keeps debug files */

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.debuginfo_path = &no_path,
};

/**
 * mml_symbols_new() - begin to look up symbols
 * @pid: the process
 * @vmas: its areas
 * @page_size: bytes of a base page
 *
 * Return: to be freed with mml_symbols_free(); NULL when there is no memory
 */
struct mml_symbols *mml_symbols_new(uint32_t pid, const struct mml_vmas *vmas,
				    uint64_t page_size)
{
	struct mml_symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->pid = pid;
	symbols->vmas = vmas;
	symbols->page_size = page_size;
	symbols->dwfl = dwfl_begin(&callbacks);
	/* at most one for each area */
	symbols->modules = calloc(vmas->n + 1, sizeof(*symbols->modules));
	if (symbols->dwfl && symbols->modules)
		return symbols;
	mml_symbols_free(symbols);
	return NULL;
}

/**
 * mml_symbols_free() - forget them
 * @symbols: may be NULL
 */
void mml_symbols_free(struct mml_symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->nr_modules; i++)
		free(symbols->modules[i].v);
	if (symbols->dwfl)
		dwfl_end(symbols->dwfl);
	free(symbols->modules);
	free(symbols);
}

/**
 * mml_symbols_file() - whose data an area holds
 * @vmas: all areas
 * @vma: one of them
 *
 * Return: the area of the file: @vma itself, or the mapping that it continues
 * as .bss; NULL if there is none
 */
const struct mml_vma *mml_symbols_file(const struct mml_vmas *vmas,
				       const struct mml_vma *vma)
{
	while (!vma->path) {
		if (vma->kind != MMLENS_VMA_KIND_ANON || vma == vmas->v ||
		    vma[-1].end != vma->start)
			return NULL;
		vma--;
	}
	return vma->kind == MMLENS_VMA_KIND_FILE ? vma : NULL;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct mml_symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void drop_aliases(struct module *module)
{
	size_t kept = 0;

	for (size_t i = 0; i < module->n; i++) {
		const struct mml_symbol *last = &module->v[kept ? kept - 1 : 0];

		if (!kept || last->start != module->v[i].start ||
		    last->end != module->v[i].end)
			module->v[kept++] = module->v[i];
	}
	module->n = kept;
}

static int read_symbols(Dwfl_Module *dwfl, struct module *module)
{
	int n = dwfl_module_getsymtab(dwfl);

	if (n <= 0)
		return 0;
	module->v = calloc(n, sizeof(*module->v));
	if (!module->v)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		GElf_Word shndx;
		GElf_Addr addr;
		GElf_Sym sym;
		const char *name = dwfl_module_getsym_info(dwfl, i, &sym, &addr,
							   &shndx, NULL, NULL);

		if (!name || !*name || !sym.st_size || shndx == SHN_UNDEF ||
		    GELF_ST_TYPE(sym.st_info) != STT_OBJECT)
			continue;
		module->v[module->n++] = (struct mml_symbol){
			addr, addr + sym.st_size, name,
		};
	}
	qsort(module->v, module->n, sizeof(*module->v), compare_symbols);
	drop_aliases(module);
	return 0;
}

static void load(struct mml_symbols *symbols, const struct mml_vma *vma,
		 struct module *module)
{
	int fd = mml_elf_open(symbols->pid, vma);
	Dwfl_Module *dwfl = NULL;
	uint64_t bias;
	Elf *elf;

	if (fd < 0)
		return;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && mml_elf_bias(elf, vma, symbols->page_size, &bias)) {
		dwfl_report_begin_add(symbols->dwfl);
		/* takes the descriptor if it succeeds */
		dwfl = dwfl_report_elf(symbols->dwfl, vma->path, vma->path, fd,
				       bias, true);
		dwfl_report_end(symbols->dwfl, NULL, NULL);
	}
	elf_end(elf);
	if (dwfl)
		read_symbols(dwfl, module);
	else
		close(fd);
}

static struct module *find_module(struct mml_symbols *symbols,
				  const struct mml_vma *vma)
{
	struct module *module;

	for (size_t i = 0; i < symbols->nr_modules; i++) {
		if (!strcmp(symbols->modules[i].path, vma->path))
			return &symbols->modules[i];
	}
	module = &symbols->modules[symbols->nr_modules++];
	module->path = vma->path;
	load(symbols, vma, module);
	return module;
}

/**
 * mml_symbols_find() - what lies at addresses
 * @symbols: from mml_symbols_new()
 * @vma: the area
 * @start: first address
 * @end: first address behind
 * @n: set to the number of objects
 *
 * Return: the first of them; NULL if there is none
 */
const struct mml_symbol *mml_symbols_find(struct mml_symbols *symbols,
					  const struct mml_vma *vma,
					  uint64_t start, uint64_t end, size_t *n)
{
	const struct mml_vma *file = mml_symbols_file(symbols->vmas, vma);
	struct module *module;
	size_t first = 0, last;

	*n = 0;
	if (!file)
		return NULL;
	module = find_module(symbols, file);
	while (first < module->n && module->v[first].end <= start)
		first++;
	for (last = first; last < module->n && module->v[last].start < end; last++)
		;
	*n = last - first;
	return *n ? &module->v[first] : NULL;
}

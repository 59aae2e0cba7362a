/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which data lies at an address: the objects of the symbol tables of binaries
 * and libraries, those of separate debug files too if they are installed.
 */
#ifndef MML_SYMBOLS_H
#define MML_SYMBOLS_H

#include "lib/mmlens.h"

struct mml_symbol {
	uint64_t start, end;	/* addresses in the process */
	const char *name;	/* lives as long as the struct mml_symbols */
};

struct mml_symbols;

/* NULL when there is no memory. @vmas must outlive it. */
struct mml_symbols *mml_symbols_new(uint32_t pid, const struct mml_vmas *vmas,
				    uint64_t page_size);
void mml_symbols_free(struct mml_symbols *symbols);

/*
 * The objects that meet [start, end), which lies in @vma: a mapping of a file,
 * or the .bss behind one. In the order of addresses; sets how many. NULL if
 * there are none, also when the file has no symbols or is none of ELF.
 */
const struct mml_symbol *mml_symbols_find(struct mml_symbols *symbols,
					  const struct mml_vma *vma,
					  uint64_t start, uint64_t end, size_t *n);

/* The file whose data lies in @vma, or NULL. */
const struct mml_vma *mml_symbols_file(const struct mml_vmas *vmas,
				       const struct mml_vma *vma);

#endif /* MML_SYMBOLS_H */

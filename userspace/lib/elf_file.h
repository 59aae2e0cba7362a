/* SPDX-License-Identifier: GPL-2.0 */
/* The file that an area maps, and what was added to its addresses. */
#ifndef MML_ELF_FILE_H
#define MML_ELF_FILE_H

#include <libelf.h>

#include "lib/mmlens.h"

/* Also if it was deleted, or lies in another mount namespace. -1: it cannot be. */
int mml_elf_open(uint32_t pid, const struct mml_vma *vma);

/* False when none of its segments is mapped there. */
bool mml_elf_bias(Elf *elf, const struct mml_vma *vma, uint64_t page_size,
		  uint64_t *bias);

#endif /* MML_ELF_FILE_H */

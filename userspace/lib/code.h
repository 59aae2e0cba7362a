/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where in a program an instruction is: function and offset by the symbol table,
 * source line, and the function that was inlined there, by debug information
 * where it is installed.
 */
#ifndef MML_CODE_H
#define MML_CODE_H

#include "lib/mmlens.h"

struct mml_code;

/* NULL when there is no memory. */
struct mml_code *mml_code_new(uint64_t page_size);
void mml_code_free(struct mml_code *code);

/*
 * "function+0x1c (file.c:42)" for an instruction in an area of a process that
 * maps a file; the text lives as long as @code. NULL when no symbol covers it.
 */
const char *mml_code_place(struct mml_code *code, uint32_t pid,
			   const struct mml_vma *vma, uint64_t ip);

#endif /* MML_CODE_H */

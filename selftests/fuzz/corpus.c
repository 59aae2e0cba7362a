// SPDX-License-Identifier: GPL-2.0
/*
 * NAME FILE...: each file once more to what libFuzzer had tried it on. Built by
 * any compiler; under valgrind, or with a sanitizer, it is seen who reads what
 * is not there.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

/* In memory of its own, exactly as large. */
static bool try_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!file)
		return false;
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, file) != (size_t)size)
		abort();
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return true;
}

int main(int argc, char **argv)
{
	int tried = 0;

	for (int i = 1; i < argc; i++)
		tried += try_file(argv[i]);
	return argc > 1 && tried == argc - 1 ? 0 : 1;
}

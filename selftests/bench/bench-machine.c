// SPDX-License-Identifier: GPL-2.0
/* bench-machine: what is measured on. */
#include <cpuid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/lib/bench.h"

static const char *cpu_model(void)
{
	static char model[128] = "unknown";
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	}
	if (f)
		fclose(f);
	return model;
}

static const char *accelerator(void)
{
	unsigned int a, b, c, d;
	char name[13] = "";

	/* the machine itself does not know */
	if (*(getenv("BENCH_ICOUNT") ?: ""))
		return "TCG (emulation), time counts instructions: 1 ns each";
	__cpuid(1, a, b, c, d);
	if (!(c & 1U << 31))
		return "none: bare metal";
	__cpuid(0x40000000, a, b, c, d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &c, 4);
	memcpy(name + 8, &d, 4);
	if (!strcmp(name, "TCGTCGTCGTCG"))
		return "TCG (emulation)";
	if (!strncmp(name, "KVMKVMKVM", 9))
		return "KVM";
	return "another hypervisor";
}

int main(int argc, char **argv)
{
	const char *path = getenv("BENCH_ROWS");
	struct utsname name;
	FILE *rows;
	long cpus;

	bench_begin(argc, argv);
	uname(&name);
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	printf("kernel %s, %ld x %s, accelerator %s\n"
	       "medians of %u rounds in turns, least - most; ratio: of ours to the peer's\n",
	       name.release, cpus, cpu_model(), accelerator(), bench.rounds);
	rows = path ? fopen(path, "ae") : NULL;
	if (rows) {
		fprintf(rows, "{\"kernel\": \"%s\", \"cpu\": \"%s\", \"cpus\": %ld, \"accelerator\": \"%s\", \"rounds\": %u}\n",
			name.release, cpu_model(), cpus, accelerator(), bench.rounds);
		fclose(rows);
	}
	return 0;
}

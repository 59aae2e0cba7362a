// SPDX-License-Identifier: GPL-2.0
/*
 * devices: what is mapped and is nobody's memory. The kernel's own vdso and vvar,
 * a PCI device's registers, a packet socket's ring, pages that not even the
 * kernel can read (memfd_secret).
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

#define PAGES 8

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* The area called @name in maps, or NULL. */
static char *find_area(const char *name)
{
	char line[512];
	char *start, *found = NULL;
	FILE *maps = fopen("/proc/self/maps", "re");
	static char buffer[4096];

	if (!maps)
		target_die("maps");
	setvbuf(maps, buffer, _IOFBF, sizeof(buffer));	/* not the heap's */
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, name) && sscanf(line, "%p", (void **)&start) == 1) {
			found = start;
			break;
		}
	}
	fclose(maps);
	return found;
}

static void kernels_own(void)
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR);
	struct timespec now;
	char *vvar;

	clock_gettime(CLOCK_MONOTONIC, &now);	/* by the vdso, which reads vvar */
	target_read(vdso, 0, 1, 1);
	target_state("VDSO", vdso, 0, 1, "state=present frame=some area=vdso bits=+exec,-write");
	vvar = find_area("[vvar]");
	if (!vvar)
		target_die("no vvar");
	/* 7.x: ordinary pages; before, bare frames */
	target_state("VVAR", vvar, 0, 1, "state=pfnmap|present frame=some area=vvar bits=-write");
}

/* Where /sys/.../resourceN begins in physical memory: line N of .../resource. */
static uint64_t region_start(const char *region)
{
	int length = strlen(region) - 1;
	unsigned int n = region[length] - '0';
	uint64_t start = 0;
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%.*s", length, region);
	file = fopen(path, "re");
	if (!file)
		target_die(path);
	for (unsigned int line = 0; line <= n; line++)
		if (fscanf(file, "%" SCNx64 " %*x %*x", &start) != 1)
			target_die(path);
	fclose(file);
	return start;
}

/* Of all regions of all PCI devices the first that nobody has claimed. */
static void registers(void)
{
	glob_t regions;

	if (glob("/sys/bus/pci/devices/*/resource[0-5]", 0, NULL, &regions))
		target_die("no PCI devices");
	for (size_t i = 0; i < regions.gl_pathc; i++) {
		int fd = open(regions.gl_pathv[i], O_RDWR | O_CLOEXEC);
		char *area;

		if (fd < 0)
			continue;
		area = mmap(NULL, target_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
		if (area == MAP_FAILED)
			continue;
		target_string("PCI_REGION", regions.gl_pathv[i]);
		target_state("PCI", area, 0, 1,
			     "state=pfnmap frame=%" PRIu64 " level=pte kind=null mapcount=null class=device bits=+special,+write",
			     region_start(regions.gl_pathv[i]) / target_page);
		globfree(&regions);
		return;
	}
	target_lacks("PCI", "mmap of a PCI device's region");
	globfree(&regions);
}

/* Pages that a driver puts into the area one by one: VM_MIXEDMAP. */
static void ring(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct tpacket_req req = {
		.tp_block_size = target_page, .tp_block_nr = PAGES,
		.tp_frame_size = target_page, .tp_frame_nr = PAGES,
	};
	char *area;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		target_die("packet socket");
	area = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		target_die("packet ring");
	target_state("RING", area, 0, PAGES, "state=present kind=driver frame=some mapcount=1 class=shared");
}

static void secret(void)
{
	int fd = syscall(SYS_memfd_secret, O_CLOEXEC);
	char *area = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, PAGES * target_page))
		area = mmap(NULL, 2 * PAGES * target_page, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);
	if (area == MAP_FAILED) {
		target_lacks("SECRET", "memfd_secret");
		return;
	}
	target_write(area, 0, PAGES, 1);
	target_drain();		/* unevictable: only once they are on a list */
	target_state("SECRET", area, 0, PAGES,
		     "state=present kind=secretmem frame=some class=shared page_flags=+unevictable");
	target_state("PAST_SECRET", area, PAGES, PAGES, "state=none class=beyond-file");
}

int main(void)
{
	target_begin();
	kernels_own();
	registers();
	ring();
	secret();
	target_end();
}

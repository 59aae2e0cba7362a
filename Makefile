# SPDX-License-Identifier: GPL-2.0
#
# What a person types; the kernel's build reads Kbuild instead. `make help` prints this:
#
#	make            the module, for the running kernel, and the tool
#	make load       put the module into the running kernel;  make unload
#	make demo       see it at work in a virtual machine
#	make check      every short test
#	make check-kernels   the same on all supported kernels;  make check-long  and longer
#	make check-builds    the module for all their flavours, without a word from compiler or sparse
#	make fuzz       every parser of the tool, by libFuzzer
#	make check-debug     on a kernel that watches itself;  DEBUG=--short or --long
#	make static     what reads the source: checkpatch, coccinelle, cppcheck, -fanalyzer
#	make bench      the measurements;  sudo make bench LIVE=1  on this machine, once loaded;
#	                make bench ICOUNT=1  in instructions: for a machine that is busy
#	make install    module, tool and man page;  make uninstall
#	make tool       the tool alone;  make clean
#
# KDIR=DIR   kernel build directory   PREFIX=/usr/local   DESTDIR=
# FUZZ_SECONDS=600 of each parser
# DEBUG="--short" of check-debug
# KERNEL=6.1 kernel of the virtual machine   KERNELS="5.10 6.12" of check-kernels

KDIR ?= /lib/modules/$(shell uname -r)/build
KERNEL ?= 6.1
KERNELS ?= all
FUZZ_SECONDS ?= 600
PREFIX ?= /usr/local
DESTDIR ?=
BUILD := $(CURDIR)/build
VERSION := $(shell sed -n 's/^.define MMLENS_VERSION "\(.*\)"/\1/p' module/version.h)
export PREFIX DESTDIR VERSION

# sudo only where it is needed, and only for what needs it
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)

userspace = $(MAKE) -C userspace BUILD=$(BUILD)
selftests = $(MAKE) -C selftests BUILD=$(BUILD)
fuzzing = $(MAKE) -C selftests/fuzz BUILD=$(BUILD)
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR)

.PHONY: all help module tool headers load unload demo check check-kernels check-builds check-long \
	bench style fuzz static install uninstall tests deps-build deps-vm deps-check deps-fuzz \
	deps-static deps-debug deps-long check-debug clean

all: module tool

help:
	@sed -n '/^#\tmake/,/^$$/s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

module: headers
	+$(kbuild) modules

headers:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR): on Debian, apt install linux-headers-$$(uname -r)," >&2; \
		echo "or name another build directory with KDIR=DIR. To try mmlens without them: make demo" >&2; \
		exit 1; }

tool:
	+@$(userspace) all

load: module
	$(SUDO) insmod mmlens.ko

unload:
	$(SUDO) rmmod mmlens

# In a virtual machine, so that nothing is loaded into the machine you work on.
demo: deps-vm
	+@$(userspace) -s all
	+@scripts/vm run --kernel $(KERNEL) -v -- mmlens demo

tests: tool
	+@$(userspace) -s tests
	+@$(selftests) -s all
	+@$(fuzzing) -s corpus

# Tests: on this machine and on one kernel; on all, and of building for all their
# flavours; and with more patience.
check: deps-check
	+@$(MAKE) -s tests
	+@scripts/check $(KERNEL)

check-kernels: deps-check
	+@$(MAKE) -s tests
	+@scripts/check $(KERNELS)

check-builds: deps-check
	+@$(MAKE) -s tests
	@scripts/run-tests --timeout 3600 selftests/build/*.t

check-long: deps-long
	+@$(MAKE) -s tests
	+@$(selftests) -s page-types
	+@scripts/check --long --build $(KERNELS)

# On a kernel of our own, which is compiled first, once.
check-debug: deps-debug
	+@$(MAKE) -s tests
	+@scripts/check-debug $(DEBUG)

# Longer than a test has time for.
fuzz: deps-fuzz
	+@$(MAKE) -s tests
	+@$(fuzzing) -s fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/run-tests --timeout 36000 selftests/fuzz/fuzz.t

# What reads the source, beside the compilers of check-builds.
static: deps-static
	@scripts/run-tests --timeout 3600 selftests/static/static.t

# On this machine, with the module loaded: sudo make bench LIVE=1
bench: $(if $(LIVE),,deps-long)
	+@$(MAKE) -s tests
	+@$(if $(wildcard /usr/src/linux-source-6.1.tar.xz),$(selftests) -s page-types)
	+@scripts/bench $(if $(LIVE),--live,--kernel $(KERNEL) $(if $(ICOUNT),--icount))

style:
	+@selftests/host/style.t

install: module
	$(kbuild) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(if $(DESTDIR),,depmod -a)
	+$(userspace) install

uninstall:
	rm -f $(DESTDIR)/lib/modules/*/extra/mmlens.ko* $(DESTDIR)/lib/modules/*/updates/mmlens.ko*
	$(if $(DESTDIR),,depmod -a)
	+$(userspace) uninstall

deps-build deps-vm deps-check deps-fuzz deps-static deps-debug deps-long:
	@scripts/deps $(@:deps-%=%)

clean:
	+$(if $(wildcard $(KDIR)/Makefile),$(kbuild) clean)
	rm -rf $(BUILD)

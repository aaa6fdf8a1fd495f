# SPDX-License-Identifier: GPL-2.0
#
# The targets a developer uses; `make help` lists them. Kbuild is the module's
# own makefile, selftests/rig holds what these targets run.

KDIR ?= $(lastword $(shell ls -d /usr/src/linux-headers-*-amd64 2>/dev/null | sort -V))
RIG := selftests/rig
ifneq ($(filter run run-guest,$(MAKECMDGOALS)),)
RUN_DIR := $(shell mktemp -d)
endif

all: modules tools  ## the module and the tools (KDIR=/path/to/headers: other than the newest)

modules:  ## the module alone: pvhv.ko
	@[ -d "$(KDIR)" ] || { \
		echo "no kernel headers in /usr/src: apt-get install linux-headers-amd64, or make KDIR=PATH" >&2; \
		exit 1; }
	@[ -f Kbuild ] || { echo "Kbuild is missing: the tree is incomplete" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools:  ## libpvhv and pvhv, the user's tool
	@[ -f userspace/Makefile ] || { \
		echo "userspace/Makefile is missing: the tree is incomplete" >&2; exit 1; }
	$(MAKE) -C userspace

run: run-guest  ## a Debian guest's login on a taken core; CMD='...' runs that in the guest instead
	@$(if $(file <$(RUN_DIR)/status),$(eval load \
		$(RUN_DIR)/exitstatus.so(exitstatus_setup))$(exit-with \
		$(file <$(RUN_DIR)/status)$(shell rm -rf $(RUN_DIR))))

# Where the command of CMD has failed, leaves its status for the target run.
run-guest:
	@$(RIG)/run $(if $(RIG_CMD),"$$RIG_CMD") || { \
		status=$$?; \
		$(CC) -w -shared -fPIC -o $(RUN_DIR)/exitstatus.so $(RIG)/exitstatus.c && \
		echo $$status >$(RUN_DIR)/status || exit $$status; }
	@[ -f $(RUN_DIR)/status ] || rm -rf $(RUN_DIR)

test:  ## all tests; TEST='core_* mm_*' some; HOST=6.12 or debug on that kernel
	@$(RIG)/test

check:  ## what needs no boot: style, sparse, link gate, headers, ABI sizes
	@$(RIG)/check

bench:  ## figures, natively and in the guest; BENCH_JSON=FILE writes them too
	@[ -x $(RIG)/bench ] || { echo "$(RIG)/bench is missing: the tree is incomplete" >&2; exit 1; }
	@$(RIG)/bench

bench-100:  ## a hundred guests on two cores: start rate, memory of each, shares, errors; GUESTS=N fewer
	@$(RIG)/bench-100

host:  ## a shell in the test host (CMD='...' a command), with all of this at /pvhv
	@$(RIG)/host $(if $(RIG_CMD),--cmd "$$RIG_CMD")

guest-kernel:  ## builds the guest's kernel and prints where it lies
	@guest-patches/build

clean:  ## removes what make built in this tree (caches stay: see docs/testing.md)
	@if [ -d "$(KDIR)" ] && [ -f Kbuild ]; then $(MAKE) -C $(KDIR) M=$(CURDIR) clean; fi
	@if [ -f userspace/Makefile ]; then $(MAKE) -C userspace clean; fi
	@$(MAKE) -s -C selftests KSELFTEST=/ clean

help:  ## this list
	@echo "Targets:"
	@sed -n 's/^\([a-z0-9-]*\):[^#]*##  *\(.*\)/  make \1\t\2/p' Makefile | expand -t 22

# The command goes to the shell as it was typed: its $ are not make's.
RIG_CMD := $(value CMD)
unexport CMD
export RIG_CMD HOST TEST BENCH_JSON

export GUESTS MEMORY WORK SHARE PARALLEL

.PHONY: all modules tools run run-guest test check bench bench-100 host guest-kernel clean help

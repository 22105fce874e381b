# SPDX-License-Identifier: GPL-2.0-only
#
# make bench: costs in Dom0, exact, beside the real Xen's and bare Linux's.
BENCH_OUT := $(O)/tests/bench
BENCH_OBJ := $(patsubst %,$(BENCH_OUT)/%.o,main cpu process memory xen)
BENCH_PROGRAMS := $(addprefix $(BENCH_OUT)/,bench null tsc-now)

$(BENCH_OUT)/%.o: tests/bench/%.c tests/bench/bench.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g $(WARN) -Ihypercalls/include -c -o $@ $<

$(BENCH_OUT)/bench: $(BENCH_OBJ)
	$(CC) -static -o $@ $^ -lpthread

$(BENCH_OUT)/tsc-now: $(BENCH_OUT)/tsc_now.o
	$(CC) -static -o $@ $^

$(BENCH_OUT)/null: $(BENCH_OUT)/null.o
	$(CC) -nostdlib -static -Wl,--build-id=none -o $@ $^

$(IMAGES)/bench.cpio: $(BENCH_PROGRAMS) tests/bench/tasks/bench
	$(MKINITRAMFS) -o $@ --init tests/images/dom0-init \
		--kernel $(IMAGES)/debian-6.1 $(DOM0_MODULES:%=--module %) \
		$(BENCH_PROGRAMS:%=--program %) --task tests/bench/tasks/bench

bench: $(HYPERVISOR_RELEASE) $(PEER) $(IMAGES)/linux-6.1 $(IMAGES)/linux-6.1.lz4 \
		$(IMAGES)/bench.cpio ## costs beside the real Xen's
	tests/bench/bench.py pavo=$(HYPERVISOR_RELEASE) xen=$(PEER) native=

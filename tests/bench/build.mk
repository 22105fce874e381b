# SPDX-License-Identifier: GPL-2.0-only
#
# make bench: costs in Dom0, of the tools, and in a DomU, all exact, beside the
# real Xen's with Debian's tools and bare Linux's.
BENCH_OUT := $(O)/tests/bench
BENCH_PROGRAMS := $(addprefix $(BENCH_OUT)/,bench null tsc-now)
BENCH_TOOLS_PROGRAMS := $(addprefix $(BENCH_OUT)/,cost store)

$(BENCH_OUT)/%.o: tests/bench/%.c tests/bench/bench.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) -Ihypercalls/include -c -o $@ $<

$(BENCH_OUT)/bench: $(patsubst %,$(BENCH_OUT)/%.o,main measure cpu process memory xen)
$(BENCH_OUT)/store: $(patsubst %,$(BENCH_OUT)/%.o,store measure)
$(BENCH_OUT)/cost: $(patsubst %,$(BENCH_OUT)/%.o,cost measure)
$(BENCH_OUT)/blkload: $(patsubst %,$(BENCH_OUT)/%.o,blkload measure)
$(BENCH_OUT)/tsc-now: $(BENCH_OUT)/tsc_now.o
$(BENCH_OUT)/net-cost: $(patsubst %,$(BENCH_OUT)/%.o,net measure)
$(addprefix $(BENCH_OUT)/,bench store cost blkload tsc-now net-cost):
	$(CC) -static -o $@ $^ -lpthread

$(BENCH_OUT)/null: $(BENCH_OUT)/null.o
	$(CC) -nostdlib -static -Wl,--build-id=none -o $@ $^

# For profile.py: where the instructions of a row go.
$(BENCH_OUT)/profile.so: tests/bench/profile.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 $(WARN) -fPIC -shared -o $@ $<

.PHONY: bench-profile
bench-profile: $(O)/pavo $(BENCH_OUT)/profile.so $(addprefix $(IMAGES)/, \
		linux-6.1.lz4 linux-6.1.elf bench.cpio) ## ROW=fault_anon_page OPS=2048: by function
	tests/bench/profile.py $(ROW) $(OPS)

# In a DomU, too.
$(BENCH_OUT)/bench-domu.cpio.gz: $(BENCH_PROGRAMS) tests/bench/tasks/bench \
		tests/images/domu-init tests/images/mkinitramfs.py
	tests/images/mkinitramfs.py -o $(@:.gz=) --init tests/images/domu-init \
		$(BENCH_PROGRAMS:%=--program %) --task tests/bench/tasks/bench
	gzip -9nf $(@:.gz=)

# Guests with an interface, on either backend.
$(BENCH_OUT)/domu-net.cpio.gz: $(IMAGES)/debian-6.1/.unpacked $(MKINITRAMFS_SRC) \
		tests/images/domu-init $(BENCH_OUT)/net-cost tests/bench/tasks/net-guest
	$(MKINITRAMFS) -o $(@:.gz=) --init tests/images/domu-init \
		--kernel $(IMAGES)/debian-6.1 --module xen-netfront \
		--program $(BENCH_OUT)/net-cost --task tests/bench/tasks/net-guest
	gzip -9nf $(@:.gz=)

$(IMAGES)/bench-net.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(BENCH_OUT)/domu-net.cpio.gz $(BENCH_OUT)/net-cost \
		$(O)/split-drivers/netbackd tests/bench/tasks/bench-net
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio \
		$(BENCH_OUT)/domu-net.cpio.gz:guests/net.cpio.gz \
		$(BENCH_OUT)/net-cost:usr/bin/net-cost \
		$(O)/split-drivers/netbackd:usr/bin/netbackd \
		tests/bench/tasks/bench-net:tasks/bench-net \
		tests/bench/tasks/bench-net:tasks/bench-netbackd

.PHONY: bench
bench: $(O)/pavo $(O)/pavo.gz $(BENCH_OUT)/profile.so $(addprefix $(IMAGES)/, \
		xen xen.gz linux-6.1 linux-6.1.lz4 linux-6.1.elf bench.cpio \
		bench-block.cpio bench-net.cpio bench-tools.cpio \
		bench-xl.cpio) ## costs beside the real Xen's
	rc=0; tests/bench/bench.py $(BENCH_OPTIONS) || rc=1; \
	tests/bench/block.py || rc=1; exit $$rc

# SPDX-License-Identifier: GPL-2.0-only
DOMAIN_TEST := $(O)/tests/unit/domain
# The allocators of heap.c that a test can make fail are the machine's.
DOMAIN_TEST_HV := $(wildcard hypervisor/domain/*.c hypervisor/evtchn/*.c \
	hypervisor/gnttab/*.c hypervisor/control/domctl*.c \
	hypervisor/control/sysctl*.c) \
	$(addprefix hypervisor/control/,guest_bitmap.c cpu_policy_op.c \
	version.c console_io.c trace.c perf.c) \
	$(addprefix hypervisor/mm/,page_type.c page_table.c guest_walk.c \
	domain_pages.c) \
	$(addprefix hypervisor/lib/,spinlock.c bitmap.c rangeset.c) \
	hypervisor/x86/cpuid_limit.c
DOMAIN_TEST_SRC := $(DOMAIN_TEST_HV) tests/unit/unit_test.c \
	tests/unit/domain/machine.c $(wildcard tests/unit/domain/*_test.c)
DOMAIN_TEST_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include -Ihypercalls \
	-fsanitize=address,undefined -fno-sanitize-recover=all

$(DOMAIN_TEST)/heap.o: hypervisor/mm/heap.c
	@mkdir -p $(@D)
	$(HOSTCC) $(DOMAIN_TEST_FLAGS) -c -o $@.whole $<
	objcopy -W hv_pages_alloc -W hv_pages_free $@.whole $@

$(DOMAIN_TEST)/domain: $(DOMAIN_TEST_SRC) $(DOMAIN_TEST)/heap.o \
		$(wildcard tests/unit/*.h tests/unit/domain/*.h \
		hypervisor/include/hv/*.h hypervisor/include/hv/x86/*.h \
		hypercalls/*.def)
	$(HOSTCC) $(DOMAIN_TEST_FLAGS) -o $@ $(DOMAIN_TEST_SRC) \
		$(DOMAIN_TEST)/heap.o

.PHONY: check-domain
check-domain: $(DOMAIN_TEST)/domain ## domains, domctl, sysctl
	@mkdir -p $(O)/results
	ASAN_OPTIONS=detect_leaks=0 $(DOMAIN_TEST)/domain \
		>$(O)/results/domain.txt; rc=$$?; \
	cat $(O)/results/domain.txt; exit $$rc

check-unit: check-domain

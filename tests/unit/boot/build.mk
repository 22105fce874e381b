# SPDX-License-Identifier: GPL-2.0-only
BOOT_TEST := $(O)/tests/unit/boot
BOOT_TEST_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include -Itests/unit/boot
BOOT_TEST_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
BOOT_TEST_LIBS := -Wl,-Bstatic -llzma -lzstd -lz -llz4 -Wl,-Bdynamic
BOOT_TEST_DEPS := $(wildcard tests/unit/*.h tests/unit/boot/*.h \
	hypervisor/include/hv/*.h hypervisor/include/hv/x86/*.h \
	hypervisor/boot/*.h hypervisor/mm/*.h hypercalls/include/abi/*.h)

UNPACK_TEST_SRC := tests/unit/boot/unpack_test.c tests/unit/unit_test.c \
	hypervisor/boot/unpack.c

# The builder with the real heap, domain pages and page types.
DOM0_SRC := $(addprefix hypervisor/,boot/dom0_build.c boot/dom0_layout.c \
	boot/dom0_memory.c boot/dom0_tables.c boot/elf.c boot/bzimage.c \
	boot/unpack.c x86/hypercall_page.c mm/heap.c mm/pool.c \
	mm/domain_pages.c mm/page_type.c mm/page_table.c lib/rangeset.c \
	lib/bitmap.c lib/spinlock.c) tests/unit/boot/machine.c tests/unit/boot/dom0_check.c
DOM0_TEST_SRC := $(DOM0_SRC) tests/unit/boot/dom0_test.c tests/unit/unit_test.c
DOM0_KERNELS_SRC := $(DOM0_SRC) tests/unit/boot/dom0_kernels.c

$(BOOT_TEST)/unpack: $(UNPACK_TEST_SRC) $(BOOT_TEST_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(BOOT_TEST_FLAGS) $(BOOT_TEST_SANITIZE) -pthread -o $@ \
		$(UNPACK_TEST_SRC) $(BOOT_TEST_LIBS)

$(BOOT_TEST)/dom0: $(DOM0_TEST_SRC) $(BOOT_TEST_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(BOOT_TEST_FLAGS) $(BOOT_TEST_SANITIZE) -o $@ \
		$(DOM0_TEST_SRC) $(BOOT_TEST_LIBS)

$(BOOT_TEST)/dom0_kernels: $(DOM0_KERNELS_SRC) $(BOOT_TEST_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(BOOT_TEST_FLAGS) -O2 -o $@ $(DOM0_KERNELS_SRC) \
		$(BOOT_TEST_LIBS)

.PHONY: check-boot-unit check-dom0-kernels
check-boot-unit: $(BOOT_TEST)/unpack $(BOOT_TEST)/dom0 ## Dom0 builder
	@mkdir -p $(O)/results
	ASAN_OPTIONS=detect_leaks=0 $(BOOT_TEST)/unpack >$(O)/results/unpack.txt; \
	rc=$$?; tail -n 1 $(O)/results/unpack.txt; exit $$rc
	ASAN_OPTIONS=detect_leaks=0 $(BOOT_TEST)/dom0 \
		>$(O)/results/dom0_build.txt; \
	rc=$$?; cat $(O)/results/dom0_build.txt; exit $$rc

check-dom0-kernels: $(BOOT_TEST)/dom0_kernels $(IMAGES)/linux-6.1 \
		$(IMAGES)/linux-6.12 $(IMAGES)/linux-6.1.lz4 ## with Debian's
	@mkdir -p $(O)/results
	$(BOOT_TEST)/dom0_kernels $(filter $(IMAGES)/%,$^) \
		>$(O)/results/dom0_kernels.txt; \
	rc=$$?; cat $(O)/results/dom0_kernels.txt; exit $$rc

check-unit: check-boot-unit
check: check-dom0-kernels

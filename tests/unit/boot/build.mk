# SPDX-License-Identifier: GPL-2.0-only
BOOT_TEST := $(O)/tests/unit/boot
BOOT_TEST_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include
BOOT_TEST_DEPS := $(wildcard tests/unit/*.h hypervisor/include/hv/*.h \
	hypervisor/boot/*.h)
UNPACK_TEST_SRC := tests/unit/boot/unpack_test.c tests/unit/unit_test.c \
	hypervisor/boot/unpack.c

$(BOOT_TEST)/unpack: $(UNPACK_TEST_SRC) $(BOOT_TEST_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(BOOT_TEST_FLAGS) -fsanitize=address,undefined \
		-fno-sanitize-recover=all -pthread -o $@ $(UNPACK_TEST_SRC) \
		-Wl,-Bstatic -llzma -lzstd -lz -llz4 -Wl,-Bdynamic

.PHONY: check-boot-unit
check-boot-unit: $(BOOT_TEST)/unpack ## decompression
	@mkdir -p $(O)/results
	ASAN_OPTIONS=detect_leaks=0 $(BOOT_TEST)/unpack >$(O)/results/unpack.txt; \
	rc=$$?; tail -n 1 $(O)/results/unpack.txt; exit $$rc

check-unit: check-boot-unit

# SPDX-License-Identifier: GPL-2.0-only
PLATFORM_TEST := $(O)/tests/unit/platform
PLATFORM_TEST_SRC := $(addprefix hypervisor/x86/,acpi.c clock_scale.c \
	iomem.c irq_guest.c irq_storm.c pirq.c rtc_date.c vector.c) $(addprefix hypervisor/lib/,rangeset.c spinlock.c) \
	tests/unit/unit_test.c $(wildcard tests/unit/platform/*.c)
PLATFORM_TEST_FLAGS := -std=gnu11 -g -O1 $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include -fsanitize=address,undefined \
	-fno-sanitize-recover=all

$(PLATFORM_TEST)/platform: $(PLATFORM_TEST_SRC) $(wildcard tests/unit/*.h \
		tests/unit/platform/*.h hypervisor/include/hv/*.h \
		hypervisor/include/hv/x86/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) $(PLATFORM_TEST_FLAGS) -o $@ $(PLATFORM_TEST_SRC)

.PHONY: check-platform
check-platform: $(PLATFORM_TEST)/platform ## ACPI, clocks, interrupt rules
	@mkdir -p $(O)/results
	$< >$(O)/results/platform.txt; rc=$$?; \
	cat $(O)/results/platform.txt; exit $$rc

check-unit: check-platform

# SPDX-License-Identifier: GPL-2.0-only
# WORLD_* and sum_up are those of tests/unit/evtchn.
GNTTAB_TEST := $(O)/tests/unit/gnttab
GNTTAB_TEST_SRC = $(WORLD_SRC) hypervisor/lib/spinlock.c \
	$(wildcard tests/unit/gnttab/*_test.c)

GNTTAB_MODEL_SRC = $(WORLD_SRC) tests/unit/host/explore.c \
	$(wildcard tests/unit/gnttab/model/*.c)
GNTTAB_DEPS := $(wildcard tests/unit/gnttab/*.[ch] tests/unit/gnttab/model/* \
	tests/unit/host/* tests/unit/*.[ch] hypervisor/evtchn/* \
	hypervisor/gnttab/* hypervisor/include/hv/*.h \
	hypercalls/include/abi/*.h hypercalls/*.def)

$(GNTTAB_TEST)/gnttab: $(GNTTAB_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(WORLD_FLAGS) $(WORLD_SANITIZE) -o $@ $(GNTTAB_TEST_SRC)

$(GNTTAB_TEST)/grant_model: $(GNTTAB_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(WORLD_FLAGS) -O2 \
		-include tests/unit/host/atomics.h \
		-o $@ $(GNTTAB_MODEL_SRC)

.PHONY: check-gnttab
check-gnttab: $(GNTTAB_TEST)/gnttab $(GNTTAB_TEST)/grant_model ## grant tables
	$(call sum_up,gnttab,$^)

check-unit: check-gnttab

# SPDX-License-Identifier: GPL-2.0-only
# WORLD_* and sum_up are those of tests/unit/evtchn.
GNTTAB_TEST := $(O)/tests/unit/gnttab
GNTTAB_TEST_SRC = $(WORLD_SRC) hypervisor/lib/spinlock.c \
	$(wildcard tests/unit/gnttab/*_test.c)

$(GNTTAB_TEST)/gnttab: $(wildcard tests/unit/gnttab/*.[ch] \
		tests/unit/host/* tests/unit/*.[ch] hypervisor/*/*.[ch] \
		hypervisor/include/hv/*.h hypercalls/include/abi/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) $(WORLD_FLAGS) $(WORLD_SANITIZE) -pthread -o $@ \
		$(GNTTAB_TEST_SRC)

.PHONY: check-gnttab
check-gnttab: $(GNTTAB_TEST)/gnttab ## grant tables
	$(call sum_up,gnttab,$^)

check-unit: check-gnttab

# SPDX-License-Identifier: GPL-2.0-only
EVTCHN_TEST := $(O)/tests/unit/evtchn
# A domain has both, so its end in the tests needs both.
WORLD_SRC := $(wildcard hypervisor/evtchn/*.c hypervisor/gnttab/*.c) \
	hypervisor/lib/spinlock.c tests/unit/unit_test.c \
	tests/unit/host/world.c
WORLD_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include -fsanitize=address,undefined \
	-fno-sanitize-recover=all
WORLD_DEPS := $(wildcard tests/unit/*.h tests/unit/host/*.h \
	tests/unit/evtchn/*.h tests/unit/evtchn/*/*/*.h \
	hypervisor/include/hv/*.h hypervisor/evtchn/*.h hypervisor/gnttab/*.h \
	hypercalls/include/abi/*.h hypercalls/*.def)

EVTCHN_TEST_SRC := $(WORLD_SRC) $(wildcard tests/unit/evtchn/*_test.c)

$(EVTCHN_TEST)/evtchn: $(EVTCHN_TEST_SRC) $(WORLD_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(WORLD_FLAGS) -o $@ $(EVTCHN_TEST_SRC)

.PHONY: check-evtchn
check-evtchn: $(EVTCHN_TEST)/evtchn ## event channels
	@mkdir -p $(O)/results
	ASAN_OPTIONS=detect_leaks=0 $(EVTCHN_TEST)/evtchn \
		>$(O)/results/evtchn.txt; rc=$$?; \
	cat $(O)/results/evtchn.txt; exit $$rc

check-unit: check-evtchn

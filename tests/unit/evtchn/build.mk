# SPDX-License-Identifier: GPL-2.0-only
EVTCHN_TEST := $(O)/tests/unit/evtchn
# A domain has both, so its end in the tests needs both.
WORLD_SRC := $(wildcard hypervisor/evtchn/*.c hypervisor/gnttab/*.c) \
	tests/unit/unit_test.c tests/unit/host/world.c
WORLD_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include -Ihypercalls
WORLD_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
WORLD_DEPS := $(wildcard tests/unit/*.h tests/unit/host/*.h \
	tests/unit/evtchn/*.h tests/unit/evtchn/*/*.h \
	tests/unit/evtchn/*/*/*.h hypervisor/include/hv/*.h \
	hypervisor/evtchn/*.h hypervisor/gnttab/*.h \
	hypercalls/include/abi/*.h hypercalls/*.def)

EVTCHN_TEST_SRC := $(WORLD_SRC) hypervisor/lib/spinlock.c \
	$(wildcard tests/unit/evtchn/*_test.c)
# Coroutines and the address sanitizer do not mix.
EVTCHN_MODEL_SRC := $(WORLD_SRC) tests/unit/host/explore.c

$(EVTCHN_TEST)/evtchn: $(EVTCHN_TEST_SRC) $(WORLD_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(WORLD_FLAGS) $(WORLD_SANITIZE) -o $@ $(EVTCHN_TEST_SRC)

$(EVTCHN_TEST)/fifo_model: $(EVTCHN_MODEL_SRC) $(WORLD_DEPS) \
		tests/unit/evtchn/model/fifo_model.c
	@mkdir -p $(@D)
	$(HOSTCC) -Itests/unit/evtchn/model $(WORLD_FLAGS) -O2 -o $@ \
		$(filter %.c,$^)

$(EVTCHN_TEST)/port_model: $(EVTCHN_MODEL_SRC) $(WORLD_DEPS) \
		tests/unit/evtchn/model/port_model.c
	@mkdir -p $(@D)
	$(HOSTCC) $(WORLD_FLAGS) -O2 -include tests/unit/host/atomics.h \
		-o $@ $(filter %.c,$^)

# Run programs of tests and make one result of theirs: $(call sum_up,NAME,PROGS)
sum_up = @mkdir -p $(O)/results; for t in $(2); do \
	ASAN_OPTIONS=detect_leaks=0 $$t; done | awk ' \
	/ passed, / { n++; p += $$1; f += $$3 } \
	END { print p + 0 " passed, " f + 0 " failed"; \
	      exit f > 0 || n != $(words $(2)) }' >$(O)/results/$(1).txt; \
	rc=$$?; cat $(O)/results/$(1).txt; exit $$rc

.PHONY: check-evtchn
check-evtchn: $(addprefix $(EVTCHN_TEST)/,evtchn fifo_model port_model) ## event channels
	$(call sum_up,evtchn,$^)

check-unit: check-evtchn

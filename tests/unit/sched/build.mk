# SPDX-License-Identifier: GPL-2.0-only
SCHED_TEST := $(O)/tests/unit/sched
SCHED_SRC := $(wildcard hypervisor/sched/*.c) hypervisor/lib/spinlock.c
SCHED_TEST_SRC := $(SCHED_SRC) tests/unit/unit_test.c \
	tests/unit/sched/machine.c $(wildcard tests/unit/sched/*_test.c)
SCHED_RACE_SRC := $(SCHED_SRC) tests/unit/sched/race.c
SCHED_TEST_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include -Ihypercalls -fsanitize=address,undefined \
	-fno-sanitize-recover=all
SCHED_TEST_DEPS := $(wildcard tests/unit/*.h tests/unit/sched/*.h \
	hypervisor/include/hv/*.h hypervisor/sched/*.h)

$(SCHED_TEST)/sched: $(SCHED_TEST_SRC) $(SCHED_TEST_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(SCHED_TEST_FLAGS) -o $@ $(SCHED_TEST_SRC)

SCHED_SIM_SRC := $(SCHED_SRC) $(addprefix tests/unit/sched/,machine.c sim.c fair.c)
$(SCHED_TEST)/sim: $(SCHED_SIM_SRC) $(SCHED_TEST_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(SCHED_TEST_FLAGS) -o $@ $(SCHED_SIM_SRC)

$(SCHED_TEST)/race: $(SCHED_RACE_SRC) $(SCHED_TEST_DEPS)
	@mkdir -p $(@D)
	$(HOSTCC) $(SCHED_TEST_FLAGS) -pthread -o $@ $(SCHED_RACE_SRC)

.PHONY: check-sched
check-sched: $(addprefix $(SCHED_TEST)/,sched race sim) ## scheduler and timers
	@mkdir -p $(O)/results
	$(SCHED_TEST)/race credit2 200000
	$(SCHED_TEST)/race null 20000
	ASAN_OPTIONS=detect_leaks=0 $(SCHED_TEST)/sim $(wildcard tests/unit/sched/traces/*)
	ASAN_OPTIONS=detect_leaks=0 $(SCHED_TEST)/sim --random 200 0 0 3
	ASAN_OPTIONS=detect_leaks=0 $(SCHED_TEST)/sched >$(O)/results/sched.txt; \
	rc=$$?; cat $(O)/results/sched.txt; exit $$rc

check-unit: check-sched

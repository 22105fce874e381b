# SPDX-License-Identifier: GPL-2.0-only
# The pool; and the page-type machine, searched through on tiny machines
# (complete for two frames), and walked at random on a larger one.
MM_TEST := $(O)/tests/unit/mm
MM_SRC := tests/unit/mm/explore.c hypervisor/mm/page_type.c \
	hypervisor/mm/page_table.c
MM_DEPS := $(MM_SRC) $(wildcard hypervisor/mm/*.h hypervisor/include/hv/*.h)
MM_CC = @mkdir -p $(@D) && $(HOSTCC) -std=gnu11 -g $(WARN) -DDEBUG \
	-Ihypervisor/include -Ihypercalls/include -Ihypercalls -o $@ $(MM_SRC)

$(MM_TEST)/explore-2x1: $(MM_DEPS)
	$(MM_CC) -O2 -DFRAMES=2 -DPTES_PER_TABLE=1 -DMAX_STATES=100000
$(MM_TEST)/explore-2x2: $(MM_DEPS)
	$(MM_CC) -O2 -DFRAMES=2 -DPTES_PER_TABLE=2 -DMAX_STATES=1000000
$(MM_TEST)/explore-3x1: $(MM_DEPS)
	$(MM_CC) -O2 -DFRAMES=3 -DPTES_PER_TABLE=1 -DMAX_STATES=300000
$(MM_TEST)/walk-7x3: $(MM_DEPS)
	$(MM_CC) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
		-DFRAMES=7 -DPTES_PER_TABLE=3 -DMAX_STATES=1
# tables of more than one stride of the loops over them
$(MM_TEST)/walk-7x5: $(MM_DEPS)
	$(MM_CC) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
		-DFRAMES=7 -DPTES_PER_TABLE=5 -DMAX_STATES=1

# the pool of small objects
$(MM_TEST)/pool: tests/unit/mm/pool_test.c hypervisor/mm/pool.c \
		tests/unit/unit_test.c $(wildcard hypervisor/include/hv/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) -std=gnu11 -g -O1 $(WARN) -DDEBUG -Ihypervisor/include \
		-Ihypercalls/include -fsanitize=address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)

MM_EXPLORE := $(addprefix $(MM_TEST)/,pool explore-2x1 explore-2x2 explore-3x1)

.PHONY: check-mm soak-mm
check-mm: $(MM_EXPLORE) $(MM_TEST)/walk-7x3 $(MM_TEST)/walk-7x5 ## explore the page-type machine
	@mkdir -p $(O)/results
	@for e in $(MM_EXPLORE) "$(MM_TEST)/walk-7x3 3000000 1" \
		"$(MM_TEST)/walk-7x5 3000000 1"; do \
		$$e || echo "0 passed, 1 failed"; \
	done >$(O)/results/mm.parts; grep -v passed $(O)/results/mm.parts; \
	awk '/passed/ { p += $$1; f += $$3 } \
	END { print p+0 " passed, " f+0 " failed"; exit !p || f }' \
	$(O)/results/mm.parts

check-unit: check-mm

# New seeds each time, for as long as SOAK_STEPS says.
SOAK_STEPS ?= 300000000
soak-mm: $(MM_TEST)/walk-7x3
	$(MM_TEST)/walk-7x3 $(SOAK_STEPS) $$(date +%s)
soak: soak-mm

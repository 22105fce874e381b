# SPDX-License-Identifier: GPL-2.0-only
TOOLS_TEST := $(O)/tests/unit/tools
TOOLS_TEST_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 -pthread $(WARN) \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Ihypercalls/include -Itests/unit -Itests/unit/tools \
	-Idom0-tools/lib -Idom0-tools/builder -Idom0-tools/pavo \
	-Idom0-tools/consoled -isystem /usr/include/libxml2

# All of the tools but main and what talks to the real /dev/xen.
TOOLS_TEST_SRC := $(wildcard tests/unit/tools/*.c) tests/unit/unit_test.c \
	$(filter-out dom0-tools/lib/hv.c dom0-tools/lib/fmem.c,$(TOOLS_LIB_SRC)) \
	$(TOOLS_BUILDER_SRC) $(TOOLS_PAVO_SRC) \
	dom0-tools/pavo/helpers/xmlconv.c
TOOLS_TEST_OBJ := $(patsubst %.c,$(TOOLS_TEST)/%.o,$(TOOLS_TEST_SRC))

$(TOOLS_TEST)/dom0-tools/pavo/main.o: TOOLS_TEST_FLAGS += \
	-Dmain=unused_main -Wno-missing-prototypes

$(TOOLS_TEST)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TEST_FLAGS) -MMD -MP -c -o $@ $<

$(TOOLS_TEST)/tools: $(TOOLS_TEST_OBJ) $(O)/dom0-tools/pavo/helpers/schema.o
	$(HOSTCC) $(TOOLS_TEST_FLAGS) -o $@ $^ -ljson-c -llzma -lzstd -lz \
		-llz4 -lxml2

-include $(TOOLS_TEST_OBJ:.o=.d)

.PHONY: check-tools
check-tools: $(TOOLS_TEST)/tools ## library, builder and command of Dom0
	@mkdir -p $(O)/results
	$(TOOLS_TEST)/tools >$(O)/results/tools.txt; \
	rc=$$?; tail -n 1 $(O)/results/tools.txt; exit $$rc

check-unit: check-tools

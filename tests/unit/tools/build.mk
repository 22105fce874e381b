# SPDX-License-Identifier: GPL-2.0-only
TOOLS_TEST := $(O)/tests/unit/tools
TOOLS_TEST_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 -pthread $(WARN) \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Ihypercalls/include -Itests/unit -Itests/unit/tools \
	-Idom0-tools/lib -Idom0-tools/builder -Idom0-tools/pavo \
	-Idom0-tools/consoled -isystem /usr/include/libxml2

# All of the tools but main and what talks to the real /dev/xen.
TOOLS_TEST_SRC := $(filter-out %/kernels_check.c,\
	$(wildcard tests/unit/tools/*.c)) tests/unit/unit_test.c \
	$(filter-out dom0-tools/lib/hv.c dom0-tools/lib/fmem.c,$(TOOLS_LIB_SRC)) \
	$(TOOLS_BUILDER_SRC) $(TOOLS_PAVO_SRC) \
	$(addprefix dom0-tools/pavo/helpers/,xmlconv.c xmldev.c) \
	dom0-tools/consoled/console_client.c
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

.PHONY: check-docs
check-docs: tools ## manual pages and completion of the tools
	tests/unit/tools/docs_check.sh $(O)

check-unit: check-docs

# The builder with whole kernels of Debian's.
TOOLS_KERNELS_OBJ := $(patsubst %.c,$(TOOLS_TEST)/%.o,\
	$(addprefix tests/unit/tools/,kernels_check.c build_scene.c fake_hv.c) \
	$(filter-out dom0-tools/lib/hv.c dom0-tools/lib/fmem.c,\
	$(TOOLS_LIB_SRC)) $(TOOLS_BUILDER_SRC))

$(TOOLS_TEST)/kernels_check: $(TOOLS_KERNELS_OBJ)
	$(HOSTCC) $(TOOLS_TEST_FLAGS) -o $@ $^ -ljson-c -llzma -lzstd -lz -llz4

-include $(TOOLS_TEST)/tests/unit/tools/kernels_check.d

.PHONY: check-tools-kernels
check-tools-kernels: $(TOOLS_TEST)/kernels_check $(IMAGES)/linux-6.1 \
		$(IMAGES)/linux-6.12 $(IMAGES)/linux-6.1.lz4 \
		$(IMAGES)/linux-6.1.gzip $(IMAGES)/linux-6.1.elf ## DomU builder, Debian's kernels
	@mkdir -p $(O)/results
	$< $(filter $(IMAGES)/%,$^) >$(O)/results/tools_kernels.txt; \
	rc=$$?; cat $(O)/results/tools_kernels.txt; exit $$rc

check: check-tools-kernels

# The parsers, with clang's fuzzer.
FUZZ_SECONDS ?= 60
TOOLS_FUZZ := config kernel xml
TOOLS_FUZZ_SRC := $(filter-out dom0-tools/pavo/main.c \
	dom0-tools/lib/hv.c dom0-tools/lib/fmem.c,$(TOOLS_LIB_SRC) \
	$(TOOLS_BUILDER_SRC)) $(addprefix dom0-tools/pavo/,config.c domcfg.c \
	disk.c vif.c vdev.c devspec.c tool.c helpers/xmlconv.c \
	helpers/xmldev.c) tests/unit/tools/fake_hv.c

$(TOOLS_TEST)/fuzz_%: tests/unit/tools/fuzz/fuzz_%.c $(TOOLS_FUZZ_SRC) \
		$(O)/dom0-tools/pavo/helpers/schema.o
	@mkdir -p $(@D)
	clang-14 $(TOOLS_TEST_FLAGS) -fsanitize=fuzzer -o $@ $^ -ljson-c \
		-llzma -lzstd -lz -llz4 -lxml2

$(TOOLS_TEST)/make_seeds: tests/unit/tools/fuzz/make_seeds.c \
		tests/unit/tools/kernels.c dom0-tools/builder/unpack.c \
		dom0-tools/lib/req.c dom0-tools/lib/arena.c
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOLS_TEST_FLAGS) -o $@ $^ -llzma -lzstd -lz -llz4

.PHONY: fuzz-tools
fuzz-tools: $(TOOLS_FUZZ:%=$(TOOLS_TEST)/fuzz_%) $(TOOLS_TEST)/make_seeds ## the tools' parsers, with libFuzzer
	mkdir -p $(TOOLS_FUZZ:%=$(TOOLS_TEST)/corpus/%) $(TOOLS_TEST)/seeds
	$(TOOLS_TEST)/make_seeds $(TOOLS_TEST)/seeds
	for t in $(TOOLS_FUZZ); do \
		s=tests/unit/tools/fuzz/seeds/$$t; \
		[ -d $$s ] || s=$(TOOLS_TEST)/seeds; \
		$(TOOLS_TEST)/fuzz_$$t -verbosity=0 -timeout=20 \
			-max_total_time=$(FUZZ_SECONDS) -max_len=65536 \
			-artifact_prefix=$(TOOLS_TEST)/ -rss_limit_mb=4096 \
			$(TOOLS_TEST)/corpus/$$t $$s || exit 1; \
		echo "fuzz_$$t: no finding in $(FUZZ_SECONDS) s"; \
	done

soak: fuzz-tools

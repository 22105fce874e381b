# SPDX-License-Identifier: GPL-2.0-only
# The library of the tools, the domain builder, and pavo, which is static so
# that it starts fast and runs in a rescue system.

TOOLS_LIB_SRC     := $(wildcard dom0-tools/lib/*.c)
TOOLS_BUILDER_SRC := $(wildcard dom0-tools/builder/*.c)
TOOLS_PAVO_SRC    := $(wildcard dom0-tools/pavo/*.c)
TOOLS_CFLAGS      := -std=gnu11 -D_GNU_SOURCE -O2 -g -fno-pie $(WARN) \
	-Ihypercalls/include -Idom0-tools/lib -Idom0-tools/builder \
	-Idom0-tools/consoled

TOOLS_PAVO_OBJ := $(patsubst dom0-tools/%.c,$(O)/dom0-tools/%.o,\
	$(TOOLS_LIB_SRC) $(TOOLS_BUILDER_SRC) $(TOOLS_PAVO_SRC)) \
	$(O)/dom0-tools/pavo/console_client.o

$(O)/dom0-tools/lib/%.o: dom0-tools/lib/%.c
	@mkdir -p $(@D)
	$(CC) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/dom0-tools/builder/%.o: dom0-tools/builder/%.c
	@mkdir -p $(@D)
	$(CC) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/dom0-tools/pavo/%.o: dom0-tools/pavo/%.c
	@mkdir -p $(@D)
	$(CC) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/dom0-tools/pavo/console_client.o: dom0-tools/consoled/console_client.c
	@mkdir -p $(@D)
	$(CC) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/bin/pavo: $(TOOLS_PAVO_OBJ)
	@mkdir -p $(@D)
	$(CC) -static -no-pie -g -o $@ $^ -ljson-c -llzma -lzstd -lz -llz4

# Programs with large libraries of their own, run when they are needed.
TOOLS_HELPER_OBJ := $(patsubst %,$(O)/dom0-tools/pavo/helpers/%.o,\
	top xml xmlconv xmldev schema docs)

$(addprefix $(O)/dom0-tools/pavo/helpers/,xmlconv.o xmldev.o): TOOLS_CFLAGS += \
	-isystem /usr/include/libxml2

$(O)/dom0-tools/pavo/helpers/%.o: dom0-tools/pavo/helpers/%.S \
		dom0-tools/pavo/helpers/domain.rng
	@mkdir -p $(@D)
	$(CC) -Wa,-Idom0-tools/pavo/helpers -c -o $@ $<

$(O)/bin/pavo-top: $(O)/dom0-tools/pavo/helpers/top.o \
		$(addprefix $(O)/dom0-tools/pavo/,tool.o domains.o) \
		$(filter $(O)/dom0-tools/lib/%,$(TOOLS_PAVO_OBJ))
	@mkdir -p $(@D)
	$(CC) -no-pie -g -o $@ $^ -ljson-c -lncursesw -ltinfo

$(O)/bin/pavo-xml: $(addprefix $(O)/dom0-tools/pavo/,helpers/xml.o \
		helpers/xmlconv.o helpers/xmldev.o helpers/schema.o config.o domcfg.o tool.o disk.o vif.o vdev.o \
		devspec.o) \
		$(filter $(O)/dom0-tools/lib/%,$(TOOLS_PAVO_OBJ))
	@mkdir -p $(@D)
	$(CC) -no-pie -g -o $@ $^ -ljson-c -lxml2

# Manual pages and completion, with what the tables say.
$(O)/dom0-tools/pavo/docs: $(addprefix $(O)/dom0-tools/pavo/,helpers/docs.o \
		domcfg.o tool.o config.o disk.o vif.o vdev.o \
		devspec.o) \
		$(filter $(O)/dom0-tools/lib/%,$(TOOLS_PAVO_OBJ))
	$(CC) -no-pie -o $@ $^ -ljson-c

TOOLS_MAN_PARTS := $(addprefix $(O)/man/parts/,commands verbs keys refused)

$(TOOLS_MAN_PARTS): $(O)/man/parts/%: $(O)/dom0-tools/pavo/docs
	@mkdir -p $(@D)
	$< $* >$@

$(O)/man/pavo%: dom0-tools/man/pavo% $(TOOLS_MAN_PARTS)
	sed $(foreach p,$(TOOLS_MAN_PARTS),-e '/@$(notdir $p)@/r $p') \
		-e '/@[a-z]*@/d' $< >$@

$(O)/share/bash-completion/pavo: $(O)/dom0-tools/pavo/docs
	@mkdir -p $(@D)
	$< completion >$@

-include $(TOOLS_PAVO_OBJ:.o=.d) $(TOOLS_HELPER_OBJ:.o=.d)

.PHONY: tools
tools: $(addprefix $(O)/bin/,pavo pavo-top pavo-xml) \
	$(addprefix $(O)/man/,pavo.1 pavo.cfg.5) \
	$(O)/share/bash-completion/pavo ## the tools of Dom0
all: tools

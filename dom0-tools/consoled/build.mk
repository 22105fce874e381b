# SPDX-License-Identifier: GPL-2.0-only
#
# The console daemon and its client library.
CONSOLED := dom0-tools/consoled
CONSOLED_O := $(O)/$(CONSOLED)
CONSOLED_CFLAGS := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE \
	-Ihypercalls/include -fstack-protector-strong -MMD -MP

# Everything but the way to Xen and main: the tests link the same files.
CONSOLED_CORE := attach console console_log console_ring consoled discover \
	loop pty rate report scrollback store
CONSOLED_LIB := arena dom hv req

CONSOLED_OBJS := $(CONSOLED_CORE:%=$(CONSOLED_O)/%.o) \
	$(CONSOLED_O)/main.o $(CONSOLED_O)/xen_host.o \
	$(CONSOLED_LIB:%=$(CONSOLED_O)/lib/%.o)

all: $(CONSOLED_O)/consoled

$(CONSOLED_O)/consoled: $(CONSOLED_OBJS)
	$(CC) -o $@ $^

$(CONSOLED_O)/%.o: $(CONSOLED)/%.c
	@mkdir -p $(@D)
	$(CC) $(CONSOLED_CFLAGS) -c -o $@ $<

$(CONSOLED_O)/lib/%.o: dom0-tools/lib/%.c
	@mkdir -p $(@D)
	$(CC) $(CONSOLED_CFLAGS) -c -o $@ $<

-include $(CONSOLED_OBJS:.o=.d)

# The console daemon, its client library, and their host tests.
CONSOLED := dom0-tools/consoled
CONSOLED_O := $(O)/$(CONSOLED)
CONSOLED_T := tests/unit/consoled
CONSOLED_TO := $(O)/$(CONSOLED_T)
CONSOLED_CFLAGS := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE \
	-Ihypercalls/include -fstack-protector-strong -MMD -MP
CONSOLED_SAN := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

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

$(CONSOLED_TO)/session_tool: $(CONSOLED_T)/session_tool.c \
		$(CONSOLED)/console_client.c
	@mkdir -p $(@D)
	$(CC) $(CONSOLED_CFLAGS) -I$(CONSOLED) -o $@ $(filter %.c,$^)

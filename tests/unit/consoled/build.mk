# SPDX-License-Identifier: GPL-2.0-only
CONSOLED_T := tests/unit/consoled
CONSOLED_TO := $(O)/$(CONSOLED_T)
CONSOLED_T_SRC := $(CONSOLED_CORE:%=$(CONSOLED)/%.c) \
	$(CONSOLED)/console_client.c tests/unit/unit_test.c \
	$(CONSOLED_T)/fake_xen.c $(CONSOLED_T)/fake_store.c \
	$(CONSOLED_T)/fixture.c $(wildcard $(CONSOLED_T)/*_test.c)
CONSOLED_T_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) \
	-Ihypercalls/include -I$(CONSOLED) -Itests/unit \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wl,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=loop_now_ns,--wrap=loop_wall_ms

$(CONSOLED_TO)/consoled: $(CONSOLED_T_SRC) $(wildcard $(CONSOLED)/*.h \
		$(CONSOLED_T)/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) $(CONSOLED_T_FLAGS) -o $@ $(CONSOLED_T_SRC)

$(CONSOLED_TO)/session_tool: $(CONSOLED_T)/session_tool.c \
		$(CONSOLED)/console_client.c $(CONSOLED)/console_client.h
	@mkdir -p $(@D)
	$(CC) $(CONSOLED_CFLAGS) -I$(CONSOLED) -o $@ $(filter %.c,$^)

# Scratch files lie in the current directory of the tests.
.PHONY: check-consoled
check-consoled: $(CONSOLED_TO)/consoled ## console daemon on the host
	@mkdir -p $(O)/results $(CONSOLED_TO)/scratch
	cd $(CONSOLED_TO)/scratch && ../consoled >../result; rc=$$?; \
	cd - >/dev/null && rm -rf $(CONSOLED_TO)/scratch && \
	cp $(CONSOLED_TO)/result $(O)/results/consoled.txt && \
	cat $(O)/results/consoled.txt && exit $$rc

check-unit: check-consoled

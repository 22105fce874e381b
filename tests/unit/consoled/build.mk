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

# libFuzzer targets; FUZZ_SECONDS each, starting from the seeds kept here.
FUZZ_SECONDS ?= 60
CONSOLED_FUZZ := daemon store state
CONSOLED_FUZZ_CC := clang-14 -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) \
	-Ihypercalls/include -I$(CONSOLED) -Itests/unit -I$(CONSOLED_T) \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
CONSOLED_FUZZ_DEPS := $(wildcard $(CONSOLED)/*.[ch] $(CONSOLED_T)/*.[ch])

$(CONSOLED_TO)/fuzz_daemon: $(CONSOLED_T)/fuzz/fuzz_daemon.c \
		$(CONSOLED_FUZZ_DEPS)
	@mkdir -p $(@D)
	$(CONSOLED_FUZZ_CC) -Wl,--wrap=calloc,--wrap=realloc \
		-Wl,--wrap=loop_now_ns,--wrap=loop_wall_ms -o $@ $< \
		$(CONSOLED_CORE:%=$(CONSOLED)/%.c) \
		$(CONSOLED_T)/fake_xen.c $(CONSOLED_T)/fake_store.c \
		$(CONSOLED_T)/fixture.c

$(CONSOLED_TO)/fuzz_store: $(CONSOLED_T)/fuzz/fuzz_store.c \
		$(CONSOLED_FUZZ_DEPS)
	@mkdir -p $(@D)
	$(CONSOLED_FUZZ_CC) -o $@ $< $(CONSOLED)/store.c $(CONSOLED)/loop.c

$(CONSOLED_TO)/fuzz_state: $(CONSOLED_T)/fuzz/fuzz_state.c \
		$(CONSOLED_FUZZ_DEPS)
	@mkdir -p $(@D)
	$(CONSOLED_FUZZ_CC) -o $@ $< $(CONSOLED)/scrollback.c

.PHONY: fuzz-consoled
fuzz-consoled: $(CONSOLED_FUZZ:%=$(CONSOLED_TO)/fuzz_%) ## fuzz the console daemon
	for t in $(CONSOLED_FUZZ); do \
		mkdir -p $(CONSOLED_TO)/corpus/$$t $(CONSOLED_TO)/scratch-$$t; \
		(cd $(CONSOLED_TO)/scratch-$$t && ../fuzz_$$t -verbosity=0 \
			-max_total_time=$(FUZZ_SECONDS) -timeout=20 \
			-max_len=4096 -artifact_prefix=$(CURDIR)/$(CONSOLED_TO)/ \
			../corpus/$$t \
			$(CURDIR)/$(CONSOLED_T)/fuzz/seeds/$$t) || exit 1; \
		rm -rf $(CONSOLED_TO)/scratch-$$t; \
		echo "fuzz_$$t: no finding in $(FUZZ_SECONDS) s"; \
	done

soak: fuzz-consoled

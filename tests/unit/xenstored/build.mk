# SPDX-License-Identifier: GPL-2.0-only
#
# xenstored's tests: its core on a pretended hypervisor, and the daemon itself
# on its sockets.
XS_TEST     := tests/unit/xenstored
XS_TEST_O   := $(O)/$(XS_TEST)
XS_TEST_SRC := $(XS_CORE:%=$(XS_DIR)/%.c) $(XS_DIR)/tdb_static.c \
	tests/unit/unit_test.c $(wildcard $(XS_TEST)/*.c)
XS_TEST_OBJ := $(XS_TEST_SRC:%.c=$(XS_TEST_O)/%.o)
XS_WRAPPED  := journal_put journal_del journal_commit ring_publish conn_sent \
	pwrite64 pwrite write ftruncate64 ftruncate
XS_SAN      := -fsanitize=address,undefined -fno-sanitize-recover=all
XS_TEST_FLAGS := $(XS_FLAGS) -I$(XS_DIR) -O1 -g $(XS_SAN)

$(XS_TEST_OBJ): $(XS_TEST_O)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(XS_TEST_FLAGS) -MMD -MP -c -o $@ $<

$(XS_TEST_O)/xenstored_test: $(XS_TEST_OBJ)
	$(HOSTCC) $(XS_SAN) $(XS_WRAPPED:%=-Wl,--wrap=%) -o $@ $^ \
		-l:libtdb.a

-include $(XS_TEST_OBJ:.o=.d)

.PHONY: check-xenstored
check-xenstored: $(XS_TEST_O)/xenstored_test $(O)/dom0-tools/xenstored ## xenstored
	@mkdir -p $(O)/results
	XENSTORED=$(O)/dom0-tools/xenstored $< >$(O)/results/xenstored.txt; \
	rc=$$?; cat $(O)/results/xenstored.txt; exit $$rc

check-unit: check-xenstored

# clang's fuzzer on the same interpreter; FUZZ_RUNS=-1 for ever.
FUZZ_RUNS ?= 20000
XS_FUZZ_SRC := $(XS_CORE:%=$(XS_DIR)/%.c) $(XS_DIR)/tdb_static.c \
	$(addprefix $(XS_TEST)/,world.c fuzz_wire.c fuzz/main.c fuzz/fail.c)

$(XS_TEST_O)/fuzz_xenstored: $(XS_FUZZ_SRC) $(wildcard $(XS_DIR)/*.h)
	@mkdir -p $(@D)
	clang $(XS_FLAGS) -I$(XS_DIR) -O1 -g \
		-fsanitize=fuzzer,address,undefined -o $@ $(XS_FUZZ_SRC) -ltdb

.PHONY: fuzz-xenstored
fuzz-xenstored: $(XS_TEST_O)/fuzz_xenstored ## xenstored's wire, with libFuzzer
	@mkdir -p $(XS_TEST_O)/corpus
	$< -runs=$(FUZZ_RUNS) -max_len=4096 $(XS_TEST_O)/corpus \
		$(XS_TEST)/fuzz/seeds 2>$(XS_TEST_O)/fuzz.log || \
		{ tail -50 $(XS_TEST_O)/fuzz.log; exit 1; }
	@tail -1 $(XS_TEST_O)/fuzz.log

# SPDX-License-Identifier: GPL-2.0-only
#
# The split drivers on the host: both ends in one process, on a pretended Xen.
comma := ,
SPLIT_T := tests/unit/split-drivers
SPLIT_TO := $(O)/$(SPLIT_T)
SPLIT_SRC := split-drivers/xenbus/xenbus.c \
	$(BLKBACK_CORE:%=split-drivers/block/backend/%.c) \
	$(addprefix split-drivers/block/frontend/,blkfront_bus.c blkfront_ring.c) \
	$(NETBACK_CORE) $(NETFRONT) split-drivers/console/frontend/confront.c
SPLIT_T_SRC := $(SPLIT_SRC) dom0-tools/consoled/console_ring.c \
	$(addprefix split-drivers/block/backend/,confine.c disk_uring.c) \
	tests/unit/unit_test.c \
	$(filter-out $(SPLIT_T)/fuzz/% $(SPLIT_T)/cost/% $(SPLIT_T)/nbd/%,\
	$(wildcard $(SPLIT_T)/*.c $(SPLIT_T)/*/*.c))
SPLIT_T_OBJ := $(SPLIT_T_SRC:%.c=$(SPLIT_TO)/obj/%.o)
SPLIT_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
SPLIT_T_LIBS := -l:liburing.a -l:libseccomp.a
SPLIT_T_FLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARN) \
	-Ihypercalls/include -Itests/unit $(SPLIT_SAN)

$(SPLIT_T_OBJ): $(SPLIT_TO)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(SPLIT_T_FLAGS) -MMD -MP -c -o $@ $<

# The code under test calls the sanitizer before each store, and so us.
SPLIT_CALLS := --param asan-instrumentation-with-call-threshold=0
SPLIT_WRAPPED := $(patsubst %,-Wl$(comma)--wrap=__asan_store%,1 2 4 8 16 N)
$(SPLIT_SRC:%.c=$(SPLIT_TO)/obj/%.o): SPLIT_T_FLAGS += $(SPLIT_CALLS)

$(SPLIT_TO)/split_drivers: $(SPLIT_T_OBJ)
	$(HOSTCC) $(SPLIT_SAN) $(SPLIT_WRAPPED) -o $@ $^ $(SPLIT_T_LIBS) -lpthread

-include $(SPLIT_T_OBJ:.o=.d)

.PHONY: check-split-drivers
check-split-drivers: $(SPLIT_TO)/split_drivers ## both ends of the split drivers
	@mkdir -p $(O)/results
	$< >$(O)/results/split-drivers.txt; rc=$$?; \
	cat $(O)/results/split-drivers.txt; exit $$rc

check-unit: check-split-drivers

# Another disk than the other tests', so a program of its own.
$(SPLIT_TO)/nbd: $(patsubst %,split-drivers/block/backend/%.c,disk_nbd server) \
		split-drivers/keeper/owner.c tests/unit/unit_test.c $(SPLIT_T)/nbd/nbd_test.c \
		$(patsubst %,split-drivers/block/backend/%.h,disk server)
	@mkdir -p $(@D)
	$(HOSTCC) $(SPLIT_T_FLAGS) -o $@ $(filter %.c,$^) -lnbd

.PHONY: check-nbd
check-nbd: $(SPLIT_TO)/nbd ## the block backend's disks at NBD servers
	@mkdir -p $(O)/results
	$< >$(O)/results/nbd.txt; rc=$$?; cat $(O)/results/nbd.txt; exit $$rc

check-unit: check-nbd

# libFuzzer targets, FUZZ_SECONDS each.
SPLIT_FUZZ_SRC := $(SPLIT_SRC) $(SPLIT_T)/fake_xen.c $(SPLIT_T)/fake_bus.c \
	$(SPLIT_T)/block/fake_disk.c $(SPLIT_T)/block/fixture.c \
	$(SPLIT_T)/net/net_pair.c
SPLIT_FUZZ := back front netback netfront confront

$(SPLIT_TO)/fuzz_%: $(SPLIT_T)/fuzz/fuzz_%.c $(SPLIT_FUZZ_SRC) \
		$(wildcard split-drivers/*/*.h split-drivers/*/*/*.h $(SPLIT_T)/*.h $(SPLIT_T)/*/*.h)
	@mkdir -p $(@D)
	clang-14 $(filter-out $(SPLIT_SAN),$(SPLIT_T_FLAGS)) \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $< $(SPLIT_FUZZ_SRC)

.PHONY: fuzz-split-drivers
fuzz-split-drivers: $(SPLIT_FUZZ:%=$(SPLIT_TO)/fuzz_%) ## fuzz both ends of the split drivers
	for t in $(SPLIT_FUZZ); do \
		mkdir -p $(SPLIT_TO)/corpus/$$t; \
		$(SPLIT_TO)/fuzz_$$t -verbosity=0 -timeout=20 -max_len=4096 -len_control=0 \
			-max_total_time=$(FUZZ_SECONDS) \
			-artifact_prefix=$(SPLIT_TO)/ \
			$(SPLIT_TO)/corpus/$$t || exit 1; \
		echo "fuzz_$$t: no finding in $(FUZZ_SECONDS) s"; \
	done

soak: fuzz-split-drivers

# The backends as they are built for use, in a section by itself.
SPLIT_COST_OBJ := $(patsubst %,$(SPLIT_TO)/cost-obj/block/%.o,$(BLKBACK_CORE)) \
	$(patsubst $(NET_DIR)/backend/%.c,$(SPLIT_TO)/cost-obj/net/%.o,$(NETBACK_CORE))
SPLIT_COST_SRC := $(SPLIT_T)/cost/steps.c $(filter-out \
	$(BLKBACK_CORE:%=split-drivers/block/backend/%.c) $(NETBACK_CORE),$(SPLIT_FUZZ_SRC))

$(SPLIT_TO)/cost-obj/block/%.o: $(SPLIT_O)/obj/$(SPLIT)/block/backend/%.o
	@mkdir -p $(@D)
	objcopy --rename-section .text=measured_text $< $@

$(SPLIT_TO)/cost-obj/net/%.o: $(O)/split-drivers/net/obj/$(NET_DIR)/backend/%.o
	@mkdir -p $(@D)
	objcopy --rename-section .text=measured_text $< $@

$(SPLIT_TO)/%_cost: $(SPLIT_T)/cost/%_cost.c $(SPLIT_COST_OBJ) $(SPLIT_COST_SRC)
	$(HOSTCC) $(filter-out $(SPLIT_SAN),$(SPLIT_T_FLAGS)) -O2 -o $@ \
		$< $(SPLIT_COST_OBJ) $(SPLIT_COST_SRC)

.PHONY: cost-split-drivers
cost-split-drivers: $(SPLIT_TO)/block_cost $(SPLIT_TO)/net_cost ## instructions of the backends for a request or packet
	$(SPLIT_TO)/block_cost
	$(SPLIT_TO)/net_cost

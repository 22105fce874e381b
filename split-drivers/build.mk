# SPDX-License-Identifier: GPL-2.0-only
#
# The backends of the split drivers; the frontends are built into what they
# are part of.
SPLIT   := split-drivers
SPLIT_O := $(O)/$(SPLIT)
SPLIT_CFLAGS := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -Ihypercalls/include \
	-fstack-protector-strong -MMD -MP

# Everything but the way to Xen, the disk and the store: the tests link this.
BLKBACK_CORE := blkback blkback_bus bounce grants journal queue request
BLKBACK_WORKER := $(patsubst %,$(SPLIT)/block/backend/%.c,$(BLKBACK_CORE) \
	confine worker) $(patsubst %,$(SPLIT)/%.c,keeper/owner seam/back_linux xenbus/xenbus)
BLKBACKD_SRC := $(BLKBACK_WORKER) $(SPLIT)/seam/bus_xs.c \
	$(SPLIT)/keeper/keeper.c \
	$(patsubst %,$(SPLIT)/block/backend/%.c,device disk_uring main server spawn) \
	$(patsubst %,dom0-tools/lib/%.c,arena req xs xs_conn)
BLKBACKD_NBD_SRC := $(BLKBACK_WORKER) \
	$(patsubst %,$(SPLIT)/block/backend/%.c,disk_nbd main_nbd)
BLKBACKD_OBJ := $(BLKBACKD_SRC:%.c=$(SPLIT_O)/obj/%.o)
BLKBACKD_NBD_OBJ := $(BLKBACKD_NBD_SRC:%.c=$(SPLIT_O)/obj/%.o)
BLKBACK_OBJ := $(sort $(BLKBACKD_OBJ) $(BLKBACKD_NBD_OBJ))
BLKBACKD := $(SPLIT_O)/blkbackd

all: $(BLKBACKD) $(BLKBACKD)-nbd

$(BLKBACKD): $(BLKBACKD_OBJ)
	$(CC) -o $@ $^ -static -l:liburing.a -l:libseccomp.a

$(BLKBACKD)-nbd: $(BLKBACKD_NBD_OBJ)
	$(CC) -o $@ $^ -lnbd -lseccomp

$(BLKBACK_OBJ): $(SPLIT_O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SPLIT_CFLAGS) -c -o $@ $<

-include $(BLKBACK_OBJ:.o=.d)

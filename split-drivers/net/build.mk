# SPDX-License-Identifier: GPL-2.0-only
#
# netbackd; the frontend is built into what it is part of.
NET_DIR   := split-drivers/net
NET_FLAGS := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -Ihypercalls/include \
	-fstack-protector-strong -MMD -MP

# Everything but the way to Xen, the tap and the store: the tests link this.
NETBACK_CORE := $(patsubst %,$(NET_DIR)/backend/%.c,netback netback_bus offload rx tx)
NETFRONT     := $(patsubst %,$(NET_DIR)/frontend/%.c,netfront_bus netfront_ring)
NETBACKD_SRC := $(NETBACK_CORE) \
	$(patsubst %,$(NET_DIR)/backend/%.c,confine netbackd spawn tap worker) \
	$(patsubst %,split-drivers/%.c,keeper/keeper keeper/owner seam/back_linux seam/bus_xs xenbus/xenbus) \
	$(patsubst %,dom0-tools/lib/%.c,arena req xs xs_conn)
NETBACKD_OBJ := $(NETBACKD_SRC:%.c=$(O)/split-drivers/net/obj/%.o)

all: $(O)/split-drivers/netbackd

$(O)/split-drivers/netbackd: $(NETBACKD_OBJ)
	$(CC) -static -o $@ $^ -lseccomp

$(NETBACKD_OBJ): $(O)/split-drivers/net/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(NET_FLAGS) -c -o $@ $<

-include $(NETBACKD_OBJ:.o=.d)

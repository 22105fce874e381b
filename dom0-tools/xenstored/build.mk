# SPDX-License-Identifier: GPL-2.0-only
#
# xenstored.  Static and not relocatable: it starts without a dynamic linker.
XS_DIR   := dom0-tools/xenstored
XS_CORE  := account conn control domain journal persist request ring server \
            socket store tree txn watch
XS_SRC   := $(XS_CORE:%=$(XS_DIR)/%.c) $(addprefix $(XS_DIR)/,loop.c main.c \
            tdb_static.c xen_linux.c)
XS_OBJ   := $(XS_SRC:%.c=$(O)/obj/%.o)
XS_FLAGS := -std=gnu11 -D_GNU_SOURCE $(WARN) -Ihypercalls/include -Idom0-tools

$(O)/dom0-tools/xenstored: $(XS_OBJ)
	@mkdir -p $(@D)
	$(CC) -static -o $@ $^ -ltdb

$(XS_OBJ): $(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(XS_FLAGS) -O2 -g -fno-pie -MMD -MP -c -o $@ $<

-include $(XS_OBJ:.o=.d)

all: $(O)/dom0-tools/xenstored

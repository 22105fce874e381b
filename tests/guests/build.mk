# SPDX-License-Identifier: GPL-2.0-only
# Tiny PV kernels, one folder a question, booted as Dom0; each prints its own
# verdict.  HYPERVISOR chooses who is asked (the real Xen must agree).
# DOMU_NAMES are no questions but guests for the tools' tests.
DOMU_NAMES := tiny hog hostile blkmix netmix waker
DOMU_GUESTS := $(DOMU_NAMES:%=$(O)/tests/guests/%)
GUEST_NAMES := $(filter-out $(DOMU_NAMES),\
	$(patsubst tests/guests/%/main.c,%,$(wildcard tests/guests/*/main.c)))
GUESTS := $(GUEST_NAMES:%=$(O)/tests/guests/%)
GUEST_CFLAGS := -std=gnu11 -O1 -g -ffreestanding -fno-pic -fno-pie -mcmodel=kernel \
	-mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables $(WARN) -Ihypercalls/include -Ihypercalls
GUEST_LIB := $(addprefix tests/guests/lib/,entry.S guest.c domu.c) \
	split-drivers/console/frontend/confront.c

# Guests with a portable frontend.
FRONT_SRC := tests/guests/lib/front.c split-drivers/xenbus/xenbus.c
GUEST_SRC_blkmix := $(FRONT_SRC) \
	$(addprefix split-drivers/block/frontend/,blkfront_bus.c blkfront_ring.c)
$(O)/tests/guests/blkmix: $(GUEST_SRC_blkmix) tests/guests/lib/front.h \
	tests/domains/guest/mix.h $(wildcard split-drivers/*/*.h \
	split-drivers/block/*/*.h)
GUEST_SRC_netmix := $(FRONT_SRC) $(NETFRONT) tests/guests/netmix/packets.c
$(O)/tests/guests/netmix: $(GUEST_SRC_netmix) tests/guests/lib/front.h \
	$(wildcard tests/guests/netmix/*.h tests/domains/guest/*.h \
	split-drivers/*/*.h split-drivers/net/*/*.h)

$(O)/tests/guests/%: tests/guests/%/main.c $(GUEST_LIB) \
		$(addprefix tests/guests/lib/,guest.h domu.h guest.lds)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -nostdlib -static -Wl,-T,tests/guests/lib/guest.lds \
		-Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack \
		-Wl,--no-warn-rwx-segments -o $@ $(GUEST_LIB) \
		$(GUEST_SRC_$*) $<

.PHONY: guests check-guests
guests: $(GUESTS) $(DOMU_GUESTS)
check-guests: $(GUESTS) $(HYPERVISOR) ## tiny PV kernels under QEMU
	tests/guests/run.py --hv $(HYPERVISOR) --logs $(O)/logs $(GUESTS)

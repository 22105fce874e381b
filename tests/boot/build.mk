# SPDX-License-Identifier: GPL-2.0-only
#
# Boot tests: hypervisor + Dom0 under QEMU, read over the serial console.
# HYPERVISOR is what to test (HYPERVISOR.gz for GRUB), by default the image with
# assertions; TESTS picks tests by name.
HYPERVISOR ?= $(O)/debug/pavo
TESTS      ?=
JOBS       ?= $(shell nproc)
PEER       := $(IMAGES)/xen

BOOT_IMAGES := $(foreach k,$(KERNELS),$(IMAGES)/linux-$k $(IMAGES)/linux-$k.lz4) \
	$(addprefix $(IMAGES)/linux-,6.12.zstd 6.1.gzip 6.1.elf) $(BAD_KERNELS) \
	$(IMAGES)/dom0.cpio $(PEER) $(PEER).gz

.PHONY: check-boot
check-boot: $(BOOT_IMAGES) $(HYPERVISOR) $(HYPERVISOR).gz ## boot tests under QEMU
	tests/boot/run.py --hv $(HYPERVISOR) --jobs $(JOBS) \
		$(TESTS)

.PHONY: usual-complaints
usual-complaints: $(BOOT_IMAGES)
	tests/boot/run.py --learn 5

# The same driver over another table: long runs inside Dom0.
.PHONY: check-system
check-system: $(BOOT_IMAGES) $(IMAGES)/stress.cpio $(HYPERVISOR) $(HYPERVISOR).gz ## long runs inside Dom0
	tests/boot/run.py --table tests/system/cases.py \
		--hv $(HYPERVISOR) $(TESTS)

# run-built takes for granted what run sees to.
.PHONY: run-built
run: ## boot Dom0 on this terminal (a short tour if there is none)
	@tests/packages.sh build run
	@$(MAKE) --no-print-directory run-built

run-built: all $(O)/pavo.gz $(IMAGES)/linux-6.1.lz4 $(IMAGES)/dom0.cpio
	@tests/boot/play.py --hv $(O)/pavo

.PHONY: soak-boot
soak: soak-boot ## the long tests: hours
soak-boot: $(BOOT_IMAGES) $(IMAGES)/stress.cpio $(HYPERVISOR) $(HYPERVISOR).gz ## every combination, stress
	tests/boot/run.py --table tests/system/soak.py --hv $(HYPERVISOR) \
		--jobs $(JOBS) $(TESTS)

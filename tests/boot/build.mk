# SPDX-License-Identifier: GPL-2.0-only
#
# Boot tests: hypervisor + Dom0 under QEMU, read over the serial console.
# HYPERVISOR is what to test, by default the image with assertions; GRUB loads
# HYPERVISOR_RELEASE (.gz), by default what we ship.  TESTS picks tests by name.
HYPERVISOR ?= $(O)/debug/pavo
HYPERVISOR_RELEASE ?= $(if $(filter $(O)/debug/pavo,$(HYPERVISOR)),$(O)/pavo,$(HYPERVISOR))
TESTS      ?=
JOBS       ?= $(shell nproc)
PEER       := $(IMAGES)/xen

BOOT_IMAGES := $(foreach k,$(KERNELS),$(IMAGES)/linux-$k $(IMAGES)/linux-$k.lz4) \
	$(addprefix $(IMAGES)/linux-,6.12.zstd 6.1.gzip 6.1.elf) $(BAD_KERNELS) \
	$(IMAGES)/dom0.cpio $(IMAGES)/stress.cpio $(PEER) $(PEER).gz \
	$(HYPERVISOR) $(HYPERVISOR_RELEASE).gz
RUN_CASES = tests/boot/run.py --jobs $(JOBS) --hv $(HYPERVISOR) \
	--grub-hv $(HYPERVISOR_RELEASE)

.PHONY: check-boot check-system soak-boot usual-complaints
check-boot: $(BOOT_IMAGES) ## boot tests under QEMU
	$(RUN_CASES) $(TESTS)

# The same driver over other tables.
check-system: $(BOOT_IMAGES) machine-images ## long runs inside Dom0
	$(RUN_CASES) --table tests/system/cases.py \
		--table tests/machine/cases.py $(TESTS)

soak: soak-boot ## the long tests: hours
soak-boot: $(BOOT_IMAGES) $(IMAGES)/qemu-10/.unpacked ## every combination, hours of stress
	$(RUN_CASES) --table tests/system/soak.py $(TESTS)

# make run as it is without a terminal.
check-tour: run-built-images ## the tour of make run
	@mkdir -p $(O)/logs; tests/boot/play.py --hv $(HYPERVISOR_RELEASE) \
		</dev/null >$(O)/logs/tour.out && echo "1 passed, 0 failed" || \
		{ tail -n 30 $(O)/logs/tour.out; \
		echo "0 passed, 1 failed"; exit 1; }

# What Dom0 complains of on the real Xen, too, from five boots of each machine.
usual-complaints: $(BOOT_IMAGES)
	$(RUN_CASES) --learn 5

# run-built takes for granted what run sees to.
.PHONY: run-built run-built-images check-tour
run: ## boot Dom0 on this terminal (a short tour if there is none)
	@tests/packages.sh build run
	@$(MAKE) --no-print-directory run-built

run-built-images: all $(HYPERVISOR_RELEASE).gz $(IMAGES)/linux-6.1.lz4 \
	$(IMAGES)/run.cpio $(IMAGES)/debian-root.img

run-built: run-built-images
	@tests/boot/play.py --hv $(HYPERVISOR_RELEASE)

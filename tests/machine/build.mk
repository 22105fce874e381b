# SPDX-License-Identifier: GPL-2.0-only
#
# Machine tests: a whole Debian 12 on a disk, whose GRUB starts us with it as
# Dom0.  The disk is made once; what is ours is put onto a copy of it.
MACHINE     := $(O)/tests/machine
MACHINE_ETC := $(shell find tests/machine/etc -type f)
MACHINE_TREE = $(MACHINE)/.installed $(MACHINE)/.tasks

$(O)/cache/machine.tar: tests/machine/debian-tar.sh \
		tests/images/mirror.sh tests/machine/tasks/packages.sh $(MACHINE_ETC) \
		$(KERNELS:%=$(IMAGES)/debian-%/.unpacked)
	tests/machine/debian-tar.sh $@ $(O)/cache/linux-image-6.*.deb

# The tree that goes onto the disks: as a user would, by make install.
$(MACHINE)/.installed: $(O)/pavo.gz $(O)/bin/pavo $(O)/dom0-tools/xenstored \
		$(O)/dom0-tools/consoled/consoled tests/machine/build.mk \
		$(wildcard dom0-tools/grub/* dom0-tools/systemd/*)
	rm -rf $(MACHINE)
	$(MAKE) -s install DESTDIR=$(abspath $(MACHINE))/root prefix=/usr
	touch $@

$(MACHINE)/.tasks: $(MACHINE)/.installed $(wildcard tests/machine/tasks/*)
	install -D -t $(MACHINE)/root/root/tasks tests/machine/tasks/*
	touch $@

$(O)/cache/machine.img: $(O)/cache/machine.tar $(IMAGES)/xen.gz \
		tests/machine/disk.sh tests/machine/set-up \
		$(wildcard dom0-tools/grub/* dom0-tools/systemd/*) \
		| $(MACHINE)/.installed
	tests/machine/disk.sh $@ $< $(MACHINE)/root $(IMAGES)/xen.gz

$(IMAGES)/machine.img: $(O)/cache/machine.img $(MACHINE_TREE) \
		tests/machine/overlay.sh
	tests/machine/overlay.sh $@ $< $(MACHINE)/root

# For make check: a guest's Debian, a repacked kernel, no GRUB.
$(IMAGES)/machine-small.img: $(O)/cache/debian-root.tar $(MACHINE_TREE) \
		tests/machine/small-disk.sh $(MACHINE_ETC)
	tests/machine/small-disk.sh $@ $< $(MACHINE)/root

$(IMAGES)/disk.cpio: $(IMAGES)/debian-6.1/.unpacked $(MKINITRAMFS_SRC) \
		tests/machine/disk-init
	$(MKINITRAMFS) -o $@ --init tests/machine/disk-init \
		--kernel $(IMAGES)/debian-6.1 $(DOM0_MODULES:%=--module %) \
		$(addprefix --module ,autofs4 crc32c_generic ext4 sd_mod ahci e1000e)

# check-system runs it beside its own.
.PHONY: machine-images check-machine
machine-images: $(IMAGES)/machine-small.img $(IMAGES)/disk.cpio

check-machine: $(BOOT_IMAGES) machine-images ## a Debian on a disk as Dom0
	$(RUN_CASES) --table tests/machine/cases.py $(TESTS)

.PHONY: soak-machine
soak: soak-machine
soak-machine: $(IMAGES)/machine.img $(PEER) ## a whole Debian as Dom0
	$(RUN_CASES) --table tests/machine/soak.py $(TESTS)

# SPDX-License-Identifier: GPL-2.0-only
#
# What the boot tests boot: Debian kernels as they are and repacked, the real
# Xen for comparison, the Dom0 initramfs.  Packages are kept in build/cache.
KERNEL_PACKAGE_6.1  := linux-image-amd64
KERNEL_PACKAGE_6.12 := linux-image-6.12-amd64
XEN_PACKAGE         := xen-hypervisor-4.17-amd64

REPACK_SRC := $(addprefix tests/images/,bzimage.py repack.py break.py)
DOM0_SRC   := $(addprefix tests/images/,cpio.py modules.py mkdom0.py dom0-init)

.PHONY: images
images: $(foreach k,$(KERNELS),$(IMAGES)/linux-$k $(IMAGES)/linux-$k.lz4) \
	$(IMAGES)/xen.gz $(IMAGES)/dom0.cpio ## kernels and the Dom0 image

define kernel_rules
$(IMAGES)/debian-$1/.unpacked: tests/images/fetch.sh
	tests/images/fetch.sh $(O)/cache $$(@D) $(KERNEL_PACKAGE_$1)
	touch $$@

$(IMAGES)/linux-$1: $(IMAGES)/debian-$1/.unpacked
	cp $$(<D)/boot/vmlinuz-* $$@

$(IMAGES)/linux-$1.lz4 $(IMAGES)/linux-$1.zstd $(IMAGES)/linux-$1.gzip \
$(IMAGES)/linux-$1.elf: $(IMAGES)/linux-$1 $(REPACK_SRC)
	tests/images/repack.py $$(subst .,,$$(suffix $$@)) $$< $$@
endef
$(foreach k,$(KERNELS),$(eval $(call kernel_rules,$k)))

$(IMAGES)/debian-xen/.unpacked: tests/images/fetch.sh
	tests/images/fetch.sh $(O)/cache $(@D) $(XEN_PACKAGE)
	touch $@

$(IMAGES)/xen.gz: $(IMAGES)/debian-xen/.unpacked
	cp $(<D)/boot/xen-*.gz $@

# QEMU's -kernel does not unpack.
$(IMAGES)/xen: $(IMAGES)/xen.gz
	gzip -dc $< >$@

# Programs become /usr/bin/NAME and tasks /tasks/NAME of the image.
MKDOM0 = tests/images/mkdom0.py -o $@ \
	$(foreach k,$(KERNELS),--kernel $(IMAGES)/debian-$k) \
	$(DOM0_PROGRAMS:%=--program %) $(DOM0_TASKS:%=--task %)
DOM0_DEPS := $(foreach k,$(KERNELS),$(IMAGES)/debian-$k/.unpacked) \
	$(DOM0_SRC)
DOM0_PROGRAMS := $(addprefix $(O)/tests/system/,selfcheck selfcheck32)
DOM0_TASKS := $(wildcard tests/system/tasks/*)

$(IMAGES)/dom0.cpio: $(DOM0_DEPS) $(DOM0_PROGRAMS) $(DOM0_TASKS)
	$(MKDOM0)

# The same with stress-ng and its libraries, which make it four times as big.
$(IMAGES)/stress.cpio: $(DOM0_DEPS) $(DOM0_PROGRAMS) $(DOM0_TASKS)
	$(MKDOM0) --program /usr/bin/stress-ng

# Kernels that must be refused (BAD_KERNELS), made by damage to good ones.
$(IMAGES)/bad-%.xz: $(IMAGES)/linux-6.1 $(REPACK_SRC)
	tests/images/break.py $* $< $@
$(IMAGES)/bad-%.zstd: $(IMAGES)/linux-6.12.zstd $(REPACK_SRC)
	tests/images/break.py $* $< $@
$(IMAGES)/bad-%.gzip: $(IMAGES)/linux-6.1.gzip $(REPACK_SRC)
	tests/images/break.py $* $< $@
$(IMAGES)/bad-%.lz4: $(IMAGES)/linux-6.1.lz4 $(REPACK_SRC)
	tests/images/break.py $* $< $@
$(IMAGES)/bad-elf-cut: $(IMAGES)/linux-6.1.elf $(REPACK_SRC)
	tests/images/break.py elf-cut $< $@
$(IMAGES)/bad-%: $(IMAGES)/linux-6.1 $(REPACK_SRC)
	tests/images/break.py $* $< $@

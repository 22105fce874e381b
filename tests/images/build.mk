# SPDX-License-Identifier: GPL-2.0-only
#
# What the boot tests boot: Debian kernels as they are and repacked, the real
# Xen for comparison, the Dom0 initramfs.  Packages are kept in build/cache.
IMAGES  := $(O)/images
KERNELS := 6.1 6.12

KERNEL_PACKAGE_6.1  := linux-image-amd64
KERNEL_PACKAGE_6.12 := linux-image-6.12-amd64
XEN_PACKAGE         := xen-hypervisor-4.17-amd64

IMAGE_LIB := $(wildcard tests/images/*.py)

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
$(IMAGES)/linux-$1.elf: $(IMAGES)/linux-$1 $(IMAGE_LIB)
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

DOM0_DEPS := $(foreach k,$(KERNELS),$(IMAGES)/debian-$k/.unpacked) \
	tests/images/dom0-init $(IMAGE_LIB)
MKDOM0 = tests/images/mkdom0.py -o $@ \
	$(foreach k,$(KERNELS),--kernel $(IMAGES)/debian-$k)

$(IMAGES)/dom0.cpio: $(DOM0_DEPS)
	$(MKDOM0)

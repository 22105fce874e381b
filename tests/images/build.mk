# SPDX-License-Identifier: GPL-2.0-only
#
# What the boot tests boot: Debian kernels as they are and repacked, the real
# Xen for comparison, the Dom0 initramfs.  Packages are kept in build/cache.
KERNEL_PACKAGE_6.1  := linux-image-amd64
KERNEL_PACKAGE_6.12 := linux-image-6.12-amd64
XEN_PACKAGE         := xen-hypervisor-4.17-amd64

REPACK_SRC := $(addprefix tests/images/,bzimage.py repack.py break.py)

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

# Its CPUs have x2APIC mode, which Debian 12's own QEMU can not emulate.
QEMU_PACKAGES := qemu-system-x86 qemu-system-common qemu-system-data seabios
$(IMAGES)/qemu-10/.unpacked: $(addprefix tests/images/,backports.sh fetch.sh)
	tests/images/backports.sh $(O)/cache $(@D) $(QEMU_PACKAGES)
	touch $@

# Programs become /usr/bin/NAME and tasks /tasks/NAME of an image.
MKINITRAMFS     := tests/images/mkinitramfs.py
MKINITRAMFS_SRC := $(addprefix tests/images/,cpio.py modules.py mkinitramfs.py)
DOM0_MODULES    := xenfs xen-privcmd xen-evtchn xen-gntdev xen-gntalloc efivarfs
# For guests' devices, on Linux's own backends.
BACKEND_MODULES := xen-blkback xen-netback loop bridge tun
NAT_MODULES     := crc32c_generic nf_tables nft_chain_nat nft_masq
HOTPLUG_SCRIPTS := $(addprefix dom0-tools/hotplug/,block vif-bridge vif-route \
	vif-nat hotplug-common.sh vif-common.sh)

MKDOM0 = $(MKINITRAMFS) -o $@ --init tests/images/dom0-init \
	$(foreach k,$(KERNELS),--kernel $(IMAGES)/debian-$k) \
	$(DOM0_MODULES:%=--module %) $(DOM0_PROGRAMS:%=--program %) \
	$(DOM0_TASKS:%=--task %)
DOM0_DEPS := $(foreach k,$(KERNELS),$(IMAGES)/debian-$k/.unpacked) \
	$(MKINITRAMFS_SRC) tests/images/dom0-init
DOM0_PROGRAMS := $(addprefix $(O)/tests/system/,selfcheck selfcheck32)
DOM0_TASKS := $(wildcard tests/system/tasks/*)

$(IMAGES)/dom0.cpio: $(DOM0_DEPS) $(DOM0_PROGRAMS) $(DOM0_TASKS)
	$(MKDOM0)

# The same with stress-ng and its libraries, which make it four times as big.
$(IMAGES)/stress.cpio: $(DOM0_DEPS) $(DOM0_PROGRAMS) $(DOM0_TASKS)
	$(MKDOM0) --program /usr/bin/stress-ng

# A guest's: busybox and an init.
$(IMAGES)/domu.cpio: $(MKINITRAMFS_SRC) tests/images/domu-init
	$(MKINITRAMFS) -o $@ --init tests/images/domu-init \
		--program tests/images/domu-end:sbin/poweroff \
		--program tests/images/domu-end:sbin/reboot

$(IMAGES)/domu.cpio.gz: $(IMAGES)/domu.cpio
	gzip -9n <$< >$@

# The same with the frontends of disks and interfaces.
DOMU_MODULES := xen-blkfront xen-netfront
DOMU_DEVICES := tests/domains/guest/devices

$(IMAGES)/domu-devices.cpio.gz: $(IMAGES)/debian-6.1/.unpacked \
		$(MKINITRAMFS_SRC) tests/images/domu-init $(DOMU_DEVICES)
	$(MKINITRAMFS) -o $(@:.gz=) --init tests/images/domu-init \
		--program tests/images/domu-end:sbin/poweroff \
		--program tests/images/domu-end:sbin/reboot \
		--kernel $(IMAGES)/debian-6.1 $(DOMU_MODULES:%=--module %) \
		$(DOMU_DEVICES:%=--task %)
	gzip -9nf $(@:.gz=)

# And with the backends.
$(IMAGES)/domu-driver.cpio.gz: $(IMAGES)/debian-6.1/.unpacked \
		$(MKINITRAMFS_SRC) tests/images/domu-init $(O)/bin/pavo \
		tests/domains/guest/driver $(HOTPLUG_SCRIPTS)
	$(MKINITRAMFS) -o $(@:.gz=) --init tests/images/domu-init \
		--program $(O)/bin/pavo --kernel $(IMAGES)/debian-6.1 \
		$(foreach m,$(DOMU_MODULES) $(BACKEND_MODULES),--module $m) \
		--task tests/domains/guest/driver \
		$(foreach s,$(HOTPLUG_SCRIPTS),--file $s:etc/pavo/scripts/$(notdir $s))
	gzip -9nf $(@:.gz=)

# With the tools and their daemons, and guests in /guests.
TOOLS_PROGRAMS := $(addprefix $(O)/bin/,pavo pavo-top pavo-xml) \
	$(O)/dom0-tools/xenstored $(O)/dom0-tools/consoled/consoled \
	$(addprefix $(O)/tests/domains/,await census) $(O)/tests/bench/cost
TOOLS_FILES := $(foreach k,$(KERNELS),$(IMAGES)/linux-$k:guests/linux-$k) \
	$(IMAGES)/domu.cpio.gz:guests/domu.cpio.gz \
	tests/images/small.cfg:guests/small.cfg \
	$(foreach s,$(HOTPLUG_SCRIPTS),$s:etc/pavo/scripts/$(notdir $s)) \
	$(foreach g,$(DOMU_GUESTS),$g:guests/$(notdir $g))
TOOLS_TASKS := $(wildcard tests/domains/tasks/*)

$(IMAGES)/tools.cpio: $(DOM0_DEPS) $(DOM0_PROGRAMS) $(TOOLS_PROGRAMS) \
		$(KERNELS:%=$(IMAGES)/linux-%) $(IMAGES)/domu.cpio.gz \
		$(addprefix tests/images/,small.cfg start-tools) \
		$(DOMU_GUESTS) $(TOOLS_TASKS) $(HOTPLUG_SCRIPTS)
	$(MKDOM0) $(BACKEND_MODULES:%=--module %) $(TOOLS_PROGRAMS:%=--program %) \
		--program tests/images/start-tools:etc/start.d/tools \
		$(TOOLS_FILES:%=--file %) $(TOOLS_TASKS:%=--task %)

# With Debian's tools and daemons in place of ours.  No program names libgcc_s:
# it is loaded when a thread is cancelled.
XL_PACKAGES := xen-utils-4.17 xen-utils-common xenstore-utils libxenmisc4.17 \
	libxenstore4 libxentoollog1 libxentoolcore1 libxencall1 libxenevtchn1 \
	libxengnttab1 libxenforeignmemory1 libxendevicemodel1 libxenhypfs1 \
	libyajl2 libfdt1 libnl-3-200 libnl-route-3-200
XL_DIR      := $(IMAGES)/debian-xl
XL_BIN      := usr/lib/xen-4.17/bin
XL_NAMES    := xl xenstored xenconsoled xenconsole xen-init-dom0 \
	libxl-save-helper
XL_HELPERS  := $(addprefix $(O)/tests/domains/,await on-tty)
XL_TASKS    := $(addprefix tests/domains/tasks/,lib.sh tour)
XL_FILES    := $(XL_DIR)/etc/xen/xl.conf:etc/xen/xl.conf \
	$(IMAGES)/linux-6.1.lz4:guests/linux-6.1 \
	$(IMAGES)/domu.cpio.gz:guests/domu.cpio.gz

$(XL_DIR)/.unpacked: tests/images/fetch.sh
	tests/images/fetch.sh $(O)/cache $(@D) $(XL_PACKAGES)
	touch $@

$(IMAGES)/xl.cpio: $(DOM0_DEPS) $(DOM0_PROGRAMS) $(XL_DIR)/.unpacked \
		$(IMAGES)/linux-6.1.lz4 $(IMAGES)/domu.cpio.gz \
		$(XL_HELPERS) tests/images/start-xl $(XL_TASKS)
	$(MKDOM0) --packages $(XL_DIR) \
		$(foreach p,$(XL_NAMES),--program $(XL_DIR)/$(XL_BIN)/$p:$(XL_BIN)/$p) \
		--program $(XL_DIR)/usr/bin/xenstore:usr/bin/xenstore \
		--program $(shell $(CC) -print-file-name=libgcc_s.so.1):usr/lib/x86_64-linux-gnu/libgcc_s.so.1 \
		$(XL_HELPERS:%=--program %) \
		--program tests/images/start-xl:etc/start.d/tools \
		$(XL_FILES:%=--file %) $(XL_TASKS:%=--task %)

# For make bench: the micro benchmarks; the tools with what they are to build.
MKBENCH = $(MKINITRAMFS) -o $@ --init tests/images/dom0-init \
	--kernel $(IMAGES)/debian-6.1 $(DOM0_MODULES:%=--module %)
BENCH_DEPS := $(IMAGES)/debian-6.1/.unpacked $(MKINITRAMFS_SRC) tests/images/dom0-init

BENCH_DOM0_TASKS := $(addprefix tests/bench/tasks/,bench kallsyms)

$(IMAGES)/bench.cpio: $(BENCH_DEPS) $(BENCH_PROGRAMS) $(BENCH_DOM0_TASKS)
	$(MKBENCH) $(BENCH_PROGRAMS:%=--program %) $(BENCH_DOM0_TASKS:%=--task %)

BENCH_GUESTS := $(IMAGES)/linux-6.1:linux-6.1 $(IMAGES)/domu.cpio.gz:domu.cpio.gz \
	$(O)/tests/guests/tiny:tiny $(BENCH_OUT)/bench-domu.cpio.gz:bench.cpio.gz
BENCH_TASKS  := tests/bench/tasks/bench-tools tests/bench/tasks/bench-domu
BENCH_START  := tests/images/start-tools

$(IMAGES)/bench-tools.cpio: $(BENCH_DEPS) $(BENCH_TOOLS_PROGRAMS) $(TOOLS_PROGRAMS) \
		$(foreach g,$(BENCH_GUESTS),$(firstword $(subst :, ,$g))) \
		$(BENCH_START) $(BENCH_TASKS)
	$(MKBENCH) $(BENCH_TOOLS_PROGRAMS:%=--program %) \
		$(TOOLS_PROGRAMS:%=--program %) \
		--program $(BENCH_START):etc/start.d/tools \
		$(foreach g,$(BENCH_GUESTS),--file $(subst :,:guests/,$g)) \
		$(BENCH_TASKS:%=--task %)

# A disk in memory, and a guest that uses it through both backends.
$(BENCH_OUT)/bench-block.cpio.gz: $(IMAGES)/debian-6.1/.unpacked \
		$(MKINITRAMFS_SRC) tests/images/domu-init $(BENCH_OUT)/blkload \
		tests/bench/tasks/block
	$(MKINITRAMFS) -o $(@:.gz=) --init tests/images/domu-init \
		--kernel $(IMAGES)/debian-6.1 --module xen-blkfront \
		--program $(BENCH_OUT)/blkload --task tests/bench/tasks/block
	gzip -9nf $(@:.gz=)

BENCH_BLOCK_FILES := $(IMAGES)/linux-6.1:guests/linux-6.1 \
	$(BENCH_OUT)/bench-block.cpio.gz:guests/bench-block.cpio.gz \
	$(foreach s,$(HOTPLUG_SCRIPTS),$s:etc/pavo/scripts/$(notdir $s))

$(IMAGES)/bench-block.cpio: $(BENCH_DEPS) $(TOOLS_PROGRAMS) $(BLKBACKD) \
		$(foreach f,$(BENCH_BLOCK_FILES),$(firstword $(subst :, ,$f))) \
		$(BENCH_OUT)/blkload $(BENCH_START) tests/bench/tasks/bench-block
	$(MKBENCH) $(foreach m,brd crc32c_generic ext4 loop xen-blkback,--module $m) \
		$(TOOLS_PROGRAMS:%=--program %) --program $(BLKBACKD) \
		--program $(BENCH_OUT)/blkload \
		--program $(BENCH_START):etc/start.d/tools \
		$(BENCH_BLOCK_FILES:%=--file %) \
		--task tests/bench/tasks/bench-block

# The same with Debian's tools; its kernel is a bzImage with xz, too.
$(IMAGES)/bench-xl.cpio: $(IMAGES)/xl.cpio $(BENCH_TOOLS_PROGRAMS) \
		$(foreach g,$(BENCH_GUESTS),$(firstword $(subst :, ,$g))) \
		$(BENCH_TASKS) tests/images/addfiles.py
	tests/images/addfiles.py $@ $< \
		$(foreach p,$(BENCH_TOOLS_PROGRAMS),$p:usr/bin/$(notdir $p)) \
		$(foreach g,$(BENCH_GUESTS),$(subst :,:guests/,$g)) \
		$(foreach t,$(BENCH_TASKS),$t:tasks/$(notdir $t))

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

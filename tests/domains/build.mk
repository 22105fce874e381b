# SPDX-License-Identifier: GPL-2.0-only
#
# Domain tests: Dom0 with the tools, and guests.
DOMAINS_OUT := $(O)/tests/domains

$(DOMAINS_OUT)/await: tests/domains/await.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) -static -o $@ $<

# It asks as the tools do.
$(DOMAINS_OUT)/census: tests/domains/census.c \
		$(filter $(O)/dom0-tools/lib/%,$(TOOLS_PAVO_OBJ)) \
		$(O)/dom0-tools/pavo/console_client.o
	@mkdir -p $(@D)
	$(CC) $(TOOLS_CFLAGS) -static -no-pie -o $@ $^ -ljson-c

# What works in guests: task=NAME on their command line.
SYS_TASKS := $(addprefix tests/system/tasks/,selfcheck cpu-state)
GUEST_TASKS := $(addprefix $(DOMAINS_OUT)/guest/,hotplug memload clockwatch)

$(DOMAINS_OUT)/guest/%: tests/domains/guest/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -static -s -o $@ $< \
		-pthread

$(IMAGES)/domu-tasks.cpio: tests/images/addfiles.py $(IMAGES)/domu.cpio \
		$(GUEST_TASKS) $(DOM0_PROGRAMS) $(SYS_TASKS)
	tests/images/addfiles.py $@ $(IMAGES)/domu.cpio \
		$(foreach t,$(GUEST_TASKS) $(SYS_TASKS),$t:tasks/$(notdir $t)) \
		$(foreach p,$(DOM0_PROGRAMS),$p:usr/bin/$(notdir $p))

$(IMAGES)/hotplug.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-tasks.cpio
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-tasks.cpio:guests/domu-tasks.cpio \
		$(DOMAINS_OUT)/guest/clockwatch:usr/bin/clockwatch

$(IMAGES)/devices.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-devices.cpio.gz
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-devices.cpio.gz:guests/domu-devices.cpio.gz

# With a guest that has backends, too.
$(IMAGES)/driver.cpio: tests/images/addfiles.py $(IMAGES)/devices.cpio \
		$(IMAGES)/domu-driver.cpio.gz
	tests/images/addfiles.py $@ $(IMAGES)/devices.cpio \
		$(IMAGES)/domu-driver.cpio.gz:guests/domu-driver.cpio.gz

# For guests that are not in a bridge.
$(IMAGES)/routes.cpio: $(DOM0_DEPS) $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-devices.cpio.gz
	$(MKDOM0) $(foreach m,$(BACKEND_MODULES) $(NAT_MODULES),--module $m) \
		$(TOOLS_PROGRAMS:%=--program %) --program /usr/sbin/nft \
		--program tests/images/start-tools:etc/start.d/tools \
		$(TOOLS_FILES:%=--file %) --file \
		$(IMAGES)/domu-devices.cpio.gz:guests/domu-devices.cpio.gz \
		$(TOOLS_TASKS:%=--task %)

# The same guests on our own backend, and both ends of a stream of datagrams.
$(DOMAINS_OUT)/netmix: tests/domains/netmix.c \
		$(addprefix tests/domains/guest/,netmix.h mix.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -static -s -o $@ $<

$(DOMAINS_OUT)/domu-netmix.cpio.gz: $(IMAGES)/debian-6.1/.unpacked $(MKINITRAMFS_SRC) \
		tests/images/domu-init $(DOMAINS_OUT)/netmix \
		tests/domains/guest/netmix
	$(MKINITRAMFS) -o $(@:.gz=) --init tests/images/domu-init \
		--kernel $(IMAGES)/debian-6.1 --module xen-netfront \
		--program $(DOMAINS_OUT)/netmix --task tests/domains/guest/netmix
	gzip -9nf $(@:.gz=)

$(IMAGES)/net.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-devices.cpio.gz $(DOMAINS_OUT)/domu-netmix.cpio.gz \
		$(O)/split-drivers/netbackd $(DOMAINS_OUT)/netmix
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-devices.cpio.gz:guests/domu-devices.cpio.gz \
		$(DOMAINS_OUT)/domu-netmix.cpio.gz:guests/domu-netmix.cpio.gz \
		$(O)/split-drivers/netbackd:usr/bin/netbackd \
		$(DOMAINS_OUT)/netmix:usr/bin/netmix

# The same Debian on a disk, and Dom0 with what make run's guest needs.
$(IMAGES)/debian-root.img: tests/images/disk-image.sh $(O)/cache/debian-root.tar
	$< $(O)/cache/debian-root.tar 700M $@

$(IMAGES)/domu-root.cpio.gz: $(IMAGES)/debian-6.1/.unpacked \
		$(MKINITRAMFS_SRC) tests/images/domu-disk-init
	$(MKINITRAMFS) -o $(@:.gz=) --init tests/images/domu-disk-init \
		--kernel $(IMAGES)/debian-6.1 $(DOMU_MODULES:%=--module %) \
		--module ext4 --module crc32c_generic
	gzip -9nf $(@:.gz=)

RUN_FILES := $(IMAGES)/domu-root.cpio.gz:guests/domu-root.cpio.gz \
	$(O)/cache/demo-key:root/.ssh/id_ed25519 \
	tests/images/ssh-config:root/.ssh/config \
	tests/images/demo.cfg:guests/demo.cfg tests/images/motd:etc/motd

$(IMAGES)/run.cpio: $(DOM0_DEPS) $(DOM0_PROGRAMS) $(IMAGES)/tools.cpio \
		$(foreach f,$(RUN_FILES),$(firstword $(subst :, ,$f))) \
		tests/images/start-network
	$(MKDOM0) $(BACKEND_MODULES:%=--module %) --module virtio_blk \
		--module virtio_pci $(TOOLS_PROGRAMS:%=--program %) \
		--program tests/images/start-tools:etc/start.d/tools \
		--program tests/images/start-network:etc/start.d/network \
		--program /usr/bin/ssh \
		$(TOOLS_FILES:%=--file %) $(RUN_FILES:%=--file %)

# Files that the tools must refuse, and what they are to say.
BAD_FILES := $(foreach k,$(BAD_KERNELS),$k:bad/$(patsubst bad-%,%,$(notdir $k))) \
	tests/domains/bad-input.table:bad/table

$(IMAGES)/bad-input.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(BAD_KERNELS) tests/domains/bad-input.table
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio $(BAD_FILES)

# What the commands' output is looked at with.
COMMANDS_PROGRAMS := $(addprefix $(DOMAINS_OUT)/,on-tty json-get core-check)
COMMANDS_FILES := $(foreach p,$(COMMANDS_PROGRAMS),$p:usr/bin/$(notdir $p)) \
	/lib/terminfo/l/linux:lib/terminfo/l/linux

$(DOMAINS_OUT)/on-tty $(DOMAINS_OUT)/json-get $(DOMAINS_OUT)/core-check: \
$(DOMAINS_OUT)/%:
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) -Ihypercalls/include \
		-static -o $@ $< -ljson-c

$(DOMAINS_OUT)/on-tty: tests/domains/on_tty.c
$(DOMAINS_OUT)/json-get: tests/domains/json_get.c
$(DOMAINS_OUT)/core-check: tests/domains/core_check.c

$(IMAGES)/commands.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(COMMANDS_PROGRAMS)
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio $(COMMANDS_FILES)

# A whole Debian, made once, as a guest's root.
$(O)/cache/demo-key:
	@mkdir -p $(@D)
	ssh-keygen -q -t ed25519 -N '' -C pavo -f $@

$(O)/cache/debian-root.tar: tests/images/debian-root.sh $(O)/cache/demo-key
	@mkdir -p $(@D)
	$< $@ $(O)/cache/demo-key.pub

$(IMAGES)/debian-root.cpio.lz4: $(O)/cache/debian-root.tar \
		$(addprefix tests/images/,tar2cpio.py cpio.py)
	tests/images/tar2cpio.py $< $(@:.lz4=)
	lz4 -l -9 -q -f $(@:.lz4=) $@
	rm $(@:.lz4=)

$(IMAGES)/debian.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(IMAGES)/debian-root.cpio.lz4
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio \
		$(IMAGES)/debian-root.cpio.lz4:guests/debian.cpio.lz4

# A guest that beats, and what kills the daemons around it.
$(DOMAINS_OUT)/kill-at: tests/domains/kill_at.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) -static -o $@ $<

$(IMAGES)/beat.cpio: tests/images/addfiles.py $(IMAGES)/domu.cpio \
		$(O)/bin/pavo tests/domains/guest/beat
	tests/images/addfiles.py $@ $(IMAGES)/domu.cpio \
		$(O)/bin/pavo:usr/bin/pavo tests/domains/guest/beat:tasks/beat

$(IMAGES)/beat.cpio.gz: $(IMAGES)/beat.cpio
	gzip -9n <$< >$@

$(IMAGES)/killing.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(IMAGES)/beat.cpio.gz $(DOMAINS_OUT)/kill-at \
		$(O)/tests/guests/tiny
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio \
		$(IMAGES)/beat.cpio.gz:guests/beat.cpio.gz \
		$(O)/tests/guests/tiny:guests/tiny \
		$(DOMAINS_OUT)/kill-at:usr/bin/kill-at

# Guests with a disk, and what serves it.
$(DOMAINS_OUT)/guest/diskmix: tests/domains/guest/diskmix.c \
		tests/domains/guest/mix.h

$(IMAGES)/domu-disk.cpio: $(MKINITRAMFS_SRC) tests/images/domu-init \
		$(foreach k,$(KERNELS),$(IMAGES)/debian-$k/.unpacked) \
		$(DOMAINS_OUT)/guest/diskmix tests/domains/guest/disk
	$(MKINITRAMFS) -o $@ --init tests/images/domu-init \
		$(foreach k,$(KERNELS),--kernel $(IMAGES)/debian-$k) \
		--module xen-blkfront --program $(DOMAINS_OUT)/guest/diskmix \
		--task tests/domains/guest/disk

$(IMAGES)/domu-disk.cpio.gz: $(IMAGES)/domu-disk.cpio
	gzip -9n <$< >$@

BLKBACK_PROGRAMS := $(BLKBACKD) $(BLKBACKD)-nbd $(DOMAINS_OUT)/guest/diskmix \
	/usr/bin/qemu-img /usr/bin/qemu-nbd
BLKBACK_FILES := $(IMAGES)/domu-disk.cpio.gz $(O)/tests/guests/blkmix

$(IMAGES)/blkback.cpio: $(DOM0_DEPS) $(IMAGES)/tools.cpio $(BLKBACK_PROGRAMS) \
		$(BLKBACK_FILES)
	$(MKDOM0) $(BACKEND_MODULES:%=--module %) \
		$(foreach p,$(TOOLS_PROGRAMS) $(BLKBACK_PROGRAMS),--program $p) \
		--program tests/images/start-tools:etc/start.d/tools \
		$(TOOLS_FILES:%=--file %) \
		$(foreach f,$(BLKBACK_FILES),--file $f:guests/$(notdir $f)) \
		$(TOOLS_TASKS:%=--task %)

# A guest with file systems, and with fio.
$(DOMAINS_OUT)/guest/plug: tests/domains/guest/plug.c tests/domains/guest/mix.h
DURABLE_PROGRAMS := $(DOMAINS_OUT)/guest/plug:usr/bin/plug /usr/bin/fio:usr/bin/fio \
	/sbin/mke2fs:sbin/mke2fs /sbin/e2fsck:sbin/e2fsck
DURABLE_TASKS := $(addprefix tests/domains/guest/,durable fio)

/usr/bin/fio:
	tests/packages.sh soak

$(IMAGES)/domu-durable.cpio.gz: $(MKINITRAMFS_SRC) tests/images/domu-init /usr/bin/fio \
		$(IMAGES)/debian-6.1/.unpacked $(DOMAINS_OUT)/guest/plug \
		$(DURABLE_TASKS)
	$(MKINITRAMFS) -o $(@:.gz=) --init tests/images/domu-init \
		--kernel $(IMAGES)/debian-6.1 --module xen-blkfront --module ext4 \
		--module crc32c_generic \
		$(DURABLE_PROGRAMS:%=--program %) $(DURABLE_TASKS:%=--task %)
	gzip -9nf $(@:.gz=)

$(IMAGES)/durable.cpio: tests/images/addfiles.py $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-durable.cpio.gz $(BLKBACKD)
	tests/images/addfiles.py $@ $(IMAGES)/tools.cpio \
		$(IMAGES)/domu-durable.cpio.gz:guests/domu-durable.cpio.gz \
		$(BLKBACKD):usr/bin/blkbackd

# The Debian on a disk, and fio in it.
$(O)/cache/debian-fio.tar: tests/images/debian-root.sh $(O)/cache/demo-key
	@mkdir -p $(@D)
	$< $@ $(O)/cache/demo-key.pub fio

$(IMAGES)/debian-fio.img: tests/images/disk-image.sh $(O)/cache/debian-fio.tar
	$< $(O)/cache/debian-fio.tar 1G $@

$(IMAGES)/debian-fio.cpio: tests/images/addfiles.py $(IMAGES)/run.cpio \
		$(BLKBACKD) tests/domains/tasks/lib.sh \
		tests/domains/tasks/debian-fio
	tests/images/addfiles.py $@ $(IMAGES)/run.cpio \
		$(BLKBACKD):usr/bin/blkbackd \
		tests/domains/tasks/lib.sh:tasks/lib.sh \
		tests/domains/tasks/debian-fio:tasks/debian-fio

.PHONY: check-domains
check-domains: $(BOOT_IMAGES) $(addprefix $(IMAGES)/,tools.cpio bad-input.cpio \
	blkback.cpio commands.cpio devices.cpio hotplug.cpio killing.cpio \
	net.cpio xl.cpio) ## domains, made by the tools
	$(RUN_CASES) --table tests/domains/cases.py $(TESTS)

.PHONY: soak-domains
soak: soak-domains
soak-domains: $(BOOT_IMAGES) $(addprefix $(IMAGES)/,blkback.cpio debian.cpio \
	debian-fio.cpio debian-fio.img devices.cpio driver.cpio durable.cpio \
	hotplug.cpio killing.cpio net.cpio routes.cpio tools.cpio) ## hours of deaths of daemons, CPUs, clocks, devices, shares
	$(RUN_CASES) --table tests/domains/soak.py $(TESTS)

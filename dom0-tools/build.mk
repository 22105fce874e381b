# SPDX-License-Identifier: GPL-2.0-only
#
# make install: the hypervisor, the tools, their daemons and what starts them.
prefix     := /usr/local
sysconfdir := /etc
bindir      = $(prefix)/sbin
libdir      = $(prefix)/lib/pavo
unitdir     = $(prefix)/lib/systemd/system
mandir      = $(prefix)/share/man
completions = $(prefix)/share/bash-completion/completions

INSTALL_UNITS := proc-xen.mount pavo-xenstored.service \
	pavo-consoled.service pavo-monitor.service pavo-blkbackd.service \
	pavo-netbackd.service
TO = $(DESTDIR)

.PHONY: install
install: hypervisor tools $(O)/dom0-tools/xenstored \
		$(O)/dom0-tools/consoled/consoled \
		$(addprefix $(O)/split-drivers/,blkbackd blkbackd-nbd netbackd) ## to DESTDIR, prefix=/usr/local
	install -d $(TO)/boot $(TO)$(bindir) $(TO)$(libdir) $(TO)$(unitdir) \
		$(TO)$(mandir)/man1 $(TO)$(mandir)/man5 $(TO)$(mandir)/man8 \
		$(TO)$(completions) $(TO)$(sysconfdir)/grub.d \
		$(TO)$(sysconfdir)/pavo/scripts
	install -m 644 $(O)/pavo.gz $(TO)/boot
	install $(addprefix $(O)/bin/,pavo pavo-top pavo-xml) $(TO)$(bindir)
	install $(O)/dom0-tools/xenstored \
		$(O)/dom0-tools/consoled/consoled \
		$(O)/split-drivers/blkbackd \
		$(O)/split-drivers/blkbackd-nbd \
		$(O)/split-drivers/netbackd $(TO)$(libdir)
	install -m 644 $(O)/man/pavo.1 $(TO)$(mandir)/man1
	install -m 644 $(O)/man/pavo.cfg.5 $(TO)$(mandir)/man5
	install -m 644 dom0-tools/xenstored/xenstored.8 \
		dom0-tools/consoled/consoled.8 \
		split-drivers/block/blkbackd.8 \
		split-drivers/net/netbackd.8 $(TO)$(mandir)/man8
	install -m 644 $(O)/share/bash-completion/pavo $(TO)$(completions)
	install $(wildcard dom0-tools/hotplug/*) \
		$(TO)$(sysconfdir)/pavo/scripts
	install dom0-tools/grub/20_linux_pavo $(TO)$(sysconfdir)/grub.d
	for unit in $(INSTALL_UNITS); do \
		sed -e 's|@bindir@|$(bindir)|' -e 's|@libdir@|$(libdir)|' \
			dom0-tools/systemd/$$unit >$(TO)$(unitdir)/$$unit && \
		chmod 644 $(TO)$(unitdir)/$$unit || exit 1; \
	done

# SPDX-License-Identifier: GPL-2.0-only
#
# What make install installs.
.PHONY: check-install
check-install: ## make install, units and boot entries
	rm -rf $(O)/tests/install
	@mkdir -p $(O)/tests $(O)/results
	$(MAKE) -s install DESTDIR=$(abspath $(O))/tests/install prefix=/usr \
		>$(O)/results/install.txt
	@tests/unit/install/install_check.sh $(O)/tests/install

check-unit: check-install

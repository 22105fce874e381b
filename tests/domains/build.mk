# SPDX-License-Identifier: GPL-2.0-only
#
# Domain tests: Dom0 with the tools, and guests.
DOMAINS_OUT := $(O)/tests/domains

$(DOMAINS_OUT)/await: tests/domains/await.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) -static -o $@ $<

.PHONY: check-domains
check-domains: $(BOOT_IMAGES) $(IMAGES)/tools.cpio ## domains, made by the tools
	$(RUN_CASES) --table tests/domains/cases.py $(TESTS)

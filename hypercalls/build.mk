# SPDX-License-Identifier: GPL-2.0-only
#
# make doc: the reference page of the hypercalls, from the tables.

hypercalls_defs := $(wildcard hypercalls/*.def)
hypercalls_hdrs := $(wildcard hypercalls/include/abi/*.h)

$(O)/hypercalls/refpage: hypercalls/refpage.c $(hypercalls_defs) \
		$(hypercalls_hdrs)
	@mkdir -p $(@D)
	$(HOSTCC) -std=gnu11 -O1 $(WARN) -Ihypercalls/include -o $@ $<

$(O)/hypercalls.md: $(O)/hypercalls/refpage
	$< > $@

.PHONY: doc
doc: $(O)/hypercalls.md ## build/hypercalls.md, the hypercall reference

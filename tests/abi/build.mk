# SPDX-License-Identifier: GPL-2.0-only
#
# make check-abi: our ABI headers against libxen-dev's, each header on its own,
# and the .def tables against the headers.

abi_src  := tests/abi
abi_out  := $(O)/tests/abi
abi_defs := $(wildcard hypercalls/*.def)
abi_hdrs := $(wildcard hypercalls/include/abi/*.h hypercalls/include/abi/io/*.h)
# guest.h and names.h define functions, layout.h only what the others use.
abi_list := $(filter-out %/guest.h %/names.h %/layout.h,$(abi_hdrs))
abi_cc    = $(CC) -std=gnu11 -O1 -g $(WARN) -Ihypercalls/include -I$(abi_out)

$(abi_out)/list.h: $(abi_src)/list.awk $(abi_src)/ours-only.list $(abi_list)
	@mkdir -p $(@D)
	awk -f $^ > $@

$(abi_out)/errno-list.h: $(abi_out)/list.h
	grep '^ERRNO' $< > $@

$(abi_out)/ours.o: $(abi_src)/ours.c $(abi_src)/compare.inc \
		$(abi_src)/compare.h $(abi_out)/list.h $(abi_hdrs)
	$(abi_cc) -ffreestanding -c -o $@ $<

# The peer's headers are not held to our warnings.
$(abi_out)/theirs.o: $(abi_src)/theirs.c $(abi_src)/compare.inc \
		$(abi_src)/compare.h $(abi_out)/list.h
	@test -e /usr/include/xen/xen.h || { \
		echo "check-abi: needs Debian's headers: apt-get install" \
			"libxen-dev" >&2; exit 1; }
	$(CC) -std=gnu11 -O1 -g -Wall -Werror -Wno-format-zero-length \
		-I$(abi_out) -c -o $@ $<

$(abi_out)/compare.o: $(abi_src)/compare.c $(abi_src)/compare.h \
		$(abi_out)/errno-list.h
	$(abi_cc) -c -o $@ $<

$(abi_out)/compare: $(addprefix $(abi_out)/,compare.o ours.o theirs.o)
	$(CC) -o $@ $^

$(abi_out)/defs: $(abi_src)/defs.c $(abi_defs) $(abi_hdrs)
	@mkdir -p $(@D)
	$(abi_cc) -Ihypercalls -o $@ $<

# Every header compiles on its own and names each hole (-Wpadded).
$(abi_out)/headers.stamp: $(abi_hdrs) $(abi_defs)
	@mkdir -p $(@D)
	for h in $(abi_hdrs:hypercalls/include/%=%); do \
		echo "#include <$$h>" | $(abi_cc) -Wpadded -ffreestanding \
			-fsyntax-only -x c - || exit 1; \
	done
	touch $@

.PHONY: check-abi
check-abi: $(abi_out)/headers.stamp $(abi_out)/compare $(abi_out)/defs ## ABI headers against libxen-dev's
	$(abi_out)/compare
	$(abi_out)/defs

check-unit: check-abi

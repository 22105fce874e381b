# SPDX-License-Identifier: GPL-2.0-only
# Rules a reader relies on: the format, headers that stand alone and have no
# cycles, licences, sizes; and what clang finds: the hypervisor builds without
# a warning with it, too, and clang-tidy has nothing to say.
.PHONY: check-style check-headers check-clang check-format check-files check-tidy

OUR_C = $(shell git ls-files 'hypervisor/*.[ch]' 'hypercalls/*.[ch]' \
	'dom0-tools/*.[ch]' 'split-drivers/*.[ch]' 'tests/*.[ch]')

check-headers: ## headers compile alone, no include cycles
	tests/style/headers.py $(CC) $(filter-out -flto%,$(HV_CFLAGS)) -Wno-unused-macros -- \
		hypervisor/include hypercalls/include split-drivers

check-clang: ## the hypervisor with clang 14, warnings are errors
	@if $(MAKE) --no-print-directory CC=clang-14 O=$(O)/clang hypervisor >$(O)/clang.log 2>&1; \
	then echo "1 passed, 0 failed"; \
	else grep -E 'error|warning' $(O)/clang.log; echo "0 passed, 1 failed"; exit 1; fi

check-format: ## the code is as clang-format 14 writes it
	@if clang-format-14 --dry-run -Werror $(OUR_C) 2>$(O)/format.log; \
	then echo "1 passed, 0 failed"; \
	else grep -o '^[^:]*:.*error:' $(O)/format.log | cut -d: -f1 | sort | uniq -c | \
		sed 's/ *\([0-9]*\) \(.*\)/\2: \1 places; clang-format-14 -i \2/'; \
	echo "0 passed, 1 failed"; exit 1; fi

check-files: ## licences, blanks at the end, sizes
	@tests/style/files.py $$(git ls-files)

# Only what has changed since: a file is checked again with its headers.
TIDY := $(patsubst hypervisor/%.c,$(O)/tidy/%.ok,$(HV_SRC))
TIDY_FLAGS := -std=gnu11 -ffreestanding $(HV_HIDDEN) $(HV_INC) -DDEBUG \
	-DPAVO_VERSION=\"$(PAVO_VERSION)\" -Wno-missing-field-initializers
$(TIDY): $(O)/tidy/%.ok: hypervisor/%.c .clang-tidy \
		$(shell find hypervisor hypercalls -name '*.h' -o -name '*.def')
	@mkdir -p $(@D)
	@clang-tidy-14 --quiet $< -- $(TIDY_FLAGS) >$@.log 2>/dev/null || \
		{ cat $@.log; exit 1; }
	@touch $@

check-tidy: ## clang-tidy has nothing to say about the hypervisor
	@if $(MAKE) --no-print-directory -k -j2 $(TIDY) >$(O)/tidy.log 2>/dev/null; \
	then echo "1 passed, 0 failed"; \
	else grep -E '(warning|error): .*\[' $(O)/tidy.log | sort -u; \
	echo "0 passed, 1 failed"; exit 1; fi

check-style: check-headers check-clang check-format check-files check-tidy

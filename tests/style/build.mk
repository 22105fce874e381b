# SPDX-License-Identifier: GPL-2.0-only
# Rules a reader relies on: headers stand alone and have no cycles; the
# hypervisor builds without a warning with the other compiler, too.
.PHONY: check-style check-headers check-clang
check-headers: ## headers compile alone, no include cycles
	tests/style/headers.py $(CC) $(filter-out -flto%,$(HV_CFLAGS)) -Wno-unused-macros -- \
		hypervisor/include hypercalls/include

check-clang: ## the hypervisor with clang 14, warnings are errors
	@if $(MAKE) --no-print-directory CC=clang-14 O=$(O)/clang hypervisor >$(O)/clang.log 2>&1; \
	then echo "1 passed, 0 failed"; \
	else grep -E 'error|warning' $(O)/clang.log; echo "0 passed, 1 failed"; exit 1; fi

check-style: check-headers check-clang

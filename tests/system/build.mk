# SPDX-License-Identifier: GPL-2.0-only
#
# The self-check that runs in Dom0's user space.
SYS_OUT := $(O)/tests/system
SYS_SRC := $(wildcard tests/system/*.c)

SELFCHECK_OBJ := $(patsubst tests/system/%.c,$(SYS_OUT)/%.o,\
	$(filter-out %/selfcheck32.c,$(SYS_SRC)))

$(SYS_OUT)/%.o: tests/system/%.c $(wildcard tests/system/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g $(WARN) -Ihypercalls/include -c -o $@ $<

$(SYS_OUT)/selfcheck: $(SELFCHECK_OBJ)
	$(CC) -static -o $@ $^ -lm -lpthread

# Freestanding: Debian's compiler has no 32-bit C library.
$(SYS_OUT)/selfcheck32: tests/system/selfcheck32.c
	@mkdir -p $(@D)
	$(CC) -m32 -std=gnu11 -O2 $(WARN) -ffreestanding -fno-pic -no-pie \
		-fno-stack-protector -mno-sse -nostdlib -static \
		-Wl,--build-id=none -o $@ $<

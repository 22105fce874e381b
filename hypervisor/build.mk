# SPDX-License-Identifier: GPL-2.0-only
# The hypervisor: build/pavo, an ELF64 that multiboot 1 and 2 load, packed as
# build/pavo.gz; and build/debug/pavo, the same with assertions and lock-rank
# checks, which the tests run.
HV_SRC  := $(wildcard $(addprefix hypervisor/,boot/*.c x86/*.c mm/*.c domain/*.c \
             evtchn/*.c gnttab/*.c sched/*.c control/*.c lib/*.c))
HV_SRC  := $(filter-out hypervisor/x86/asm_offsets.c,$(HV_SRC))
HV_ASM  := hypervisor/boot/head.S hypervisor/x86/entry.S \
             hypervisor/x86/efi_call.S hypervisor/x86/trampoline.S
PAVO_VERSION := 0.1
HV_HIDDEN := -include hypervisor/include/hv/hidden.h
HV_INC  := -Ihypervisor/include -Ihypercalls/include -Ihypercalls
HV_WARN := $(WARN) -Wno-missing-field-initializers
ifneq ($(findstring clang,$(CC)),)
HV_THUNK := -mretpoline-external-thunk
else
HV_THUNK := -mindirect-branch=thunk-extern -mindirect-branch-register -fno-jump-tables
HV_LTO   := -flto=auto
endif
HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fPIE -mcmodel=small -fvisibility=hidden \
             -mgeneral-regs-only -mno-red-zone -fno-stack-protector \
             -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
             -fno-common -ffunction-sections $(HV_HIDDEN) $(HV_THUNK) $(HV_WARN) \
             -DPAVO_VERSION=\"$(PAVO_VERSION)\" $(HV_INC)
# Debian's static decompressors, used at boot only (boot/unpack.c)
HV_LIBS := $(addprefix -l:,liblzma.a libzstd.a libz.a liblz4.a)
# --no-relax: the libraries' GOT loads can not become 32-bit immediates here
HV_LINK := $(CC) -nostdlib -static -Wl,--gc-sections -Wl,--build-id=none \
           -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
           -Wl,--no-relax

# $1: objects' folder, $2: the image, $3: more flags.  Linked twice: the second
# time with the symbols of the first.
define hv_rules
$1/asm_offsets.h: hypervisor/x86/asm_offsets.c hypervisor/build.mk
	@mkdir -p $$(@D)
	$$(CC) $$(filter-out -g -flto%,$$(HV_CFLAGS) $3) -MMD -MT $$@ -MF $$@.d -S -o $$@.s $$<
	sed -n 's/.*"->\([A-Z_0-9]*\) \([0-9-]*\)".*/#define \1 \2/p' $$@.s >$$@

$1/%.o: hypervisor/%.c hypervisor/build.mk
	@mkdir -p $$(@D)
	@echo "  CC $$@"; $$(CC) $$(HV_CFLAGS) $3 -MMD -c -o $$@ $$<

$1/%.o: hypervisor/%.S $1/asm_offsets.h
	@mkdir -p $$(@D)
	@echo "  AS $$@"; $$(CC) -D__ASSEMBLER__ $$(HV_INC) -I$1 -MMD -c -o $$@ $$<

$1/hypervisor.lds: hypervisor/hypervisor.lds.S
	@mkdir -p $$(@D)
	$$(CC) -E -P -D__ASSEMBLER__ $$(HV_INC) -o $$@ $$<

$1/symbols0.S: hypervisor/symbols.sh
	@mkdir -p $$(@D)
	hypervisor/symbols.sh </dev/null >$$@

$1/pass1.elf: $(patsubst hypervisor/%.S,$1/%.o,$(HV_ASM)) \
		$(patsubst hypervisor/%.c,$1/%.o,$(HV_SRC)) $1/symbols0.S $1/hypervisor.lds
	@echo "  LD $$@"; $$(HV_LINK) $$(filter -O% -f% -m%,$$(HV_CFLAGS)) $3 \
		-Wl,-T,$1/hypervisor.lds -o $$@ $$(filter %.o %.S,$$^) $$(HV_LIBS)

$1/symbols.S: $1/pass1.elf
	nm -n $$< | hypervisor/symbols.sh >$$@

$2: $1/symbols.S
	@mkdir -p $$(@D)
	@echo "  LD $$@"; $$(HV_LINK) $$(filter -O% -f% -m%,$$(HV_CFLAGS)) $3 \
		-Wl,-T,$1/hypervisor.lds -o $1/pavo.debug \
		$(patsubst hypervisor/%.S,$1/%.o,$(HV_ASM)) \
		$(patsubst hypervisor/%.c,$1/%.o,$(HV_SRC)) $1/symbols.S $$(HV_LIBS)
	objcopy --strip-all $1/pavo.debug $$@

$2.gz: $2
	gzip -9nc $$< >$$@

-include $(patsubst hypervisor/%.c,$1/%.d,$(HV_SRC)) $1/asm_offsets.h.d
endef
$(eval $(call hv_rules,$(O)/hypervisor,$(O)/pavo,$(HV_LTO)))
$(eval $(call hv_rules,$(O)/debug/hypervisor,$(O)/debug/pavo,-DDEBUG))

# A header that is gone: what included it is made again.
hypervisor/%.h: ;

.PHONY: hypervisor
hypervisor: $(O)/pavo $(O)/pavo.gz ## build the hypervisor
hypervisor-debug: $(O)/debug/pavo $(O)/debug/pavo.gz ## the same with assertions
all: hypervisor

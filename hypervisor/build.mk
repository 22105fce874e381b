# The hypervisor: build/pavo, an ELF64 that multiboot 1 and 2 load, and
# build/pavo.gz.  DEBUG=1 turns assertions and lock-rank checks on.
HV      := $(O)/hypervisor
HV_SRC  := $(wildcard $(addprefix hypervisor/,boot/*.c x86/*.c mm/*.c domain/*.c \
             evtchn/*.c gnttab/*.c sched/*.c control/*.c lib/*.c))
HV_SRC  := $(filter-out hypervisor/x86/asm_offsets.c,$(HV_SRC))
HV_ASM  := hypervisor/boot/head.S hypervisor/x86/entry.S $(wildcard hypervisor/x86/trampoline.S)
HV_OBJ  := $(patsubst hypervisor/%.S,$(HV)/%.o,$(HV_ASM)) \
           $(patsubst hypervisor/%.c,$(HV)/%.o,$(HV_SRC))
HV_HIDDEN := -include hypervisor/include/hv/hidden.h
HV_INC  := -Ihypervisor/include -Ihypercalls/include -Ihypercalls -I$(HV)
HV_WARN := $(WARN) -Wno-missing-field-initializers
DEBUG   ?= 1
HV_OPT-1 := -DDEBUG
PAVO_VERSION := 0.1
HV_OPT  := -DPAVO_VERSION=\"$(PAVO_VERSION)\" -O2 -g $(HV_OPT-$(DEBUG))
ifneq ($(findstring clang,$(CC)),)
HV_THUNK := -mretpoline-external-thunk
else
HV_THUNK := -mindirect-branch=thunk-extern -mindirect-branch-register -fno-jump-tables
endif
HV_CFLAGS := -std=gnu11 -ffreestanding -fPIE -mcmodel=small -fvisibility=hidden \
             -mgeneral-regs-only -mno-red-zone -fno-stack-protector \
             -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
             -fno-common -ffunction-sections $(HV_HIDDEN) $(HV_THUNK) $(HV_OPT) $(HV_WARN) $(HV_INC)
# Debian's static decompressors, used at boot only (boot/unpack.c)
HV_LIBS := $(addprefix -l:,liblzma.a libzstd.a libz.a liblz4.a)

$(HV)/asm_offsets.h: hypervisor/x86/asm_offsets.c
	@mkdir -p $(@D)
	@echo "  CC $@"; $(CC) $(filter-out -g,$(HV_CFLAGS)) -MMD -MT $@ -MF $@.d -S -o $@.s $<
	sed -n 's/.*"->\([A-Z_0-9]*\) \([0-9-]*\)".*/#define \1 \2/p' $@.s >$@

$(HV)/%.o: hypervisor/%.c hypervisor/build.mk
	@mkdir -p $(@D)
	@echo "  CC $@"; $(CC) $(HV_CFLAGS) -MMD -c -o $@ $<

$(HV)/%.o: hypervisor/%.S $(HV)/asm_offsets.h
	@mkdir -p $(@D)
	@echo "  CC $@"; $(CC) -D__ASSEMBLY__ -D__ASSEMBLER__ $(HV_INC) -MMD -c -o $@ $<

$(HV)/hypervisor.lds: hypervisor/hypervisor.lds.S
	@mkdir -p $(@D)
	@echo "  CC $@"; $(CC) -E -P -D__ASSEMBLER__ $(HV_INC) -o $@ $<

# Linked twice: the second time with the symbols of the first.
HV_LINK = $(CC) -nostdlib -static -Wl,-T,$(HV)/hypervisor.lds -Wl,--gc-sections \
          -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
          -Wl,--no-relax # the libraries' GOT loads can not become 32-bit immediates here

$(HV)/symbols0.S:
	@mkdir -p $(@D)
	hypervisor/symbols.sh </dev/null >$@

$(HV)/symbols.S: $(HV)/pass1.elf
	nm -n $< | hypervisor/symbols.sh >$@

$(HV)/pass1.elf: $(HV_OBJ) $(HV)/symbols0.S $(HV)/hypervisor.lds
	@echo "  LD $@"; $(HV_LINK) -o $@ $(HV_OBJ) $(HV)/symbols0.S $(HV_LIBS)

$(O)/pavo: $(HV)/pass1.elf $(HV)/symbols.S
	@echo "  LD $@"; $(HV_LINK) -o $(HV)/pavo.debug $(HV_OBJ) $(HV)/symbols.S $(HV_LIBS)
	objcopy --strip-all $(HV)/pavo.debug $@

$(O)/pavo.gz: $(O)/pavo
	gzip -9nc $< >$@

.PHONY: hypervisor
hypervisor: $(O)/pavo $(O)/pavo.gz ## build the hypervisor
all: hypervisor

-include $(HV_OBJ:.o=.d) $(HV)/asm_offsets.h.d

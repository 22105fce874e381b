/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pcpu's descriptor tables, stacks and control registers.  Every pcpu has a
 * window of addresses (layout.h) in which page 14 of its GDT is ours and the
 * first 14 are the running guest's.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>

struct cpu_features cpu_features;
uint64_t hv_cr4;

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3], reserved1, ist[7], reserved2;
	uint16_t reserved3, io_bitmap;
} __attribute__((packed));

struct idt_entry {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_mid;
	uint32_t offset_high, reserved;
};

struct table_ptr {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct idt_entry idt[256];
static struct tss tss[NR_CPUS];
static struct cpu_info *infos[NR_CPUS];

extern const char vector_stubs[], syscall_entry[], syscall32_entry[],
	sysenter_entry[];
extern char boot_stack[];

#define CR4_TSD 0x4
#define CR4_DE 0x8
#define CR4_PAE 0x20
#define CR4_MCE 0x40
#define CR4_PGE 0x80
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define CR4_UMIP 0x800
#define CR4_FSGSBASE 0x10000
#define CR4_PCIDE 0x20000
#define CR4_OSXSAVE 0x40000
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000

/* PAT as every PV guest is told it is (Xen ABI): WB WT UC- UC WC WP UC UC. */
#define PAT_VALUE 0x0000050100070406ULL

void cpu_features_init(void)
{
	struct cpu_features *f = &cpu_features;
	struct cpuid_regs l0 = cpuid(0, 0), l1 = cpuid(1, 0), l7 = {0};
	uint32_t max_ext = cpuid(0x80000000, 0).a;
	struct cpuid_regs e1 = cpuid(0x80000001, 0);

	if (l0.a >= 7)
		l7 = cpuid(7, 0);
	f->is_intel = l0.b == 0x756e6547;
	f->is_amd = l0.b == 0x68747541;
	f->nx = e1.d & (1u << 20);
	f->rdtscp = e1.d & (1u << 27);
	f->smep = l7.b & (1u << 7);
	f->smap = l7.b & (1u << 20);
	f->fsgsbase = l7.b & 1;
	f->umip = l7.c & (1u << 2);
	/* without INVPCID the other one could not be flushed */
	f->use_pcid = (l1.c & (1u << 17)) && (l7.b & (1u << 10));
	f->tsc_deadline = l1.c & (1u << 24);
	f->xsave = l1.c & (1u << 26);
	f->phys_bits = 36;
	if (max_ext >= 0x80000007)
		f->tsc_invariant = cpuid(0x80000007, 0).d & (1u << 8);
	if (max_ext >= 0x80000008)
		f->phys_bits = (uint8_t)cpuid(0x80000008, 0).a;
	hv_cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (f->smep)
		hv_cr4 |= CR4_SMEP;
	if (f->smap)
		hv_cr4 |= CR4_SMAP;
	if (f->umip)
		hv_cr4 |= CR4_UMIP;
	if (f->xsave)
		hv_cr4 |= CR4_OSXSAVE;
	if (f->use_pcid)
		hv_cr4 |= CR4_PCIDE;
	fast_strings_init();
}

/* With SMAP, the 3-byte NOPs around guest accesses become STAC and CLAC. */
static void patch_smap_sites(void)
{
	extern struct {
		uint64_t where;
		uint8_t insn;
	} __attribute__((aligned(8))) _smap_sites[], _smap_sites_end[];

	for (size_t i = 0; &_smap_sites[i] < _smap_sites_end; i++) {
		uint8_t *p = image_alias((const void *)_smap_sites[i].where);

		p[0] = 0x0f;
		p[1] = 0x01;
		p[2] = _smap_sites[i].insn;
	}
}

static void build_idt(void)
{
	if (cpu_features.smap)
		patch_smap_sites();
	for (unsigned int v = 0; v < 256; v++) {
		uint64_t addr = (uint64_t)vector_stubs + v * 16;
		/* INT3, INTO and INT 0x80 are for guests to use directly */
		unsigned int dpl = v == 3 || v == 4 || v == 0x80 ? 3 : 0;

		idt[v] = (struct idt_entry){
			.offset_low = (uint16_t)addr,
			.offset_mid = (uint16_t)(addr >> 16),
			.offset_high = (uint32_t)(addr >> 32),
			.selector = HV_CS,
			.type = (uint8_t)(0x8e | dpl << 5),
		};
	}
	idt[2].ist = 1;
	idt[18].ist = 2;
	idt[8].ist = 3;
	idt[1].ist = 4;
}

static uint64_t *gdts[NR_CPUS]; /* the page that is ours */

struct cpu_info *cpu_prepare(unsigned int cpu)
{
	struct cpu_info *ci = infos[cpu];
	char *stack;

	if (ci) /* it has been up before */
		return ci;
	stack = cpu ? hv_pages_alloc(STACK_ORDER) : boot_stack;
	if (!gdts[cpu])
		gdts[cpu] = hv_pages_alloc(0);
	if (!stack || !gdts[cpu] || !window_prepare(cpu)) {
		if (stack && cpu)
			hv_pages_free(stack, STACK_ORDER);
		return NULL;
	}
	ci = (struct cpu_info *)(void *)(stack + STACK_SIZE) - 1;
	ci->cpu = cpu;
	infos[cpu] = ci;
	return ci;
}

struct cpu_info *cpu_info_of(unsigned int cpu)
{
	return cpu < NR_CPUS ? infos[cpu] : NULL;
}

unsigned int smp_processor_id(void)
{
	return cpu_info()->cpu;
}

struct vcpu *current_vcpu(void)
{
	return cpu_info()->vcpu;
}

static void put_bytes(uint8_t **p, const void *b, size_t n)
{
	memcpy(*p, b, n);
	*p += n;
}

/*
 * SYSCALL gives no stack and GS is the guest's, so each pcpu has its own few
 * instructions that know where its stack is.
 */
static void write_stub(uint8_t *stub, const struct cpu_info *ci,
		       const char *target)
{
	/* written through the direct map: the image's text is read-only */
	uint8_t *p = image_alias(stub);
	uint64_t rax_slot = (uint64_t)&ci->regs.rax;
	uint64_t top = (uint64_t)&ci->regs + sizeof(ci->regs);
	int32_t rel = (int32_t)(target - (const char *)stub - 28);

	put_bytes(&p, "\x48\xa3", 2); /* mov %rax, rax_slot */
	put_bytes(&p, &rax_slot, 8);
	put_bytes(&p, "\x48\x89\xe0\x48\xbc", 5); /* mov %rsp, %rax; */
	put_bytes(&p, &top, 8);			  /* mov $top, %rsp */
	put_bytes(&p, "\xe9", 1);		  /* jmp target */
	put_bytes(&p, &rel, 4);
}

static uint8_t stubs[NR_CPUS][2][64]
	__attribute__((aligned(64), section(".stubs")));

static void setup_syscall(unsigned int cpu, struct cpu_info *ci)
{
	write_stub(stubs[cpu][0], ci, syscall_entry);
	write_stub(stubs[cpu][1], ci, syscall32_entry);
	wrmsr(MSR_STAR, (uint64_t)SEL_CS32 << 48 | (uint64_t)HV_CS << 32);
	wrmsr(MSR_LSTAR, (uint64_t)stubs[cpu][0]);
	wrmsr(MSR_CSTAR, (uint64_t)stubs[cpu][1]);
	/* IF, TF, DF, IOPL, NT, RF, VM, AC */
	wrmsr(MSR_FMASK, 0x77700);
	if (cpu_features.is_intel || (cpuid(1, 0).d & (1u << 11))) {
		wrmsr(MSR_SYSENTER_CS, HV_CS);
		wrmsr(MSR_SYSENTER_ESP, (uint64_t)&ci->regs + sizeof(ci->regs));
		wrmsr(MSR_SYSENTER_EIP, (uint64_t)sysenter_entry);
	}
}

static void setup_gdt(unsigned int cpu, struct cpu_info *ci)
{
	uint64_t zero = window_zero_page();
	uint64_t *gdt = gdts[cpu];
	uint64_t t = (uint64_t)&tss[cpu];
	char *stack = (char *)ci + sizeof(*ci) - STACK_SIZE;
	struct table_ptr gdtr = {0xffff, WINDOW_START + cpu * WINDOW_SIZE};
	struct table_ptr idtr = {sizeof(idt) - 1, (uint64_t)idt};

	gdt[1] = 0x00af9b000000ffff; /* HV_CS */
	gdt[2] = 0x00cf93000000ffff; /* HV_DS */
	gdt[4] = 0x00cffb000000ffff; /* SEL_CS32 */
	gdt[5] = 0x00cff3000000ffff; /* SEL_DS */
	gdt[6] = 0x00affb000000ffff; /* SEL_CS64 */
	gdt[8] = (sizeof(struct tss) - 1) | (t & 0xffffff) << 16 |
		 0x89ULL << 40 | (t >> 24 & 0xff) << 56;
	gdt[9] = t >> 32;
	for (unsigned int i = 0; i < HV_GDT_PAGE; i++)
		window_map(cpu, i, zero);
	window_map(cpu, HV_GDT_PAGE, virt_to_maddr(gdt));
	window_map(cpu, HV_GDT_PAGE + 1, zero);

	tss[cpu].rsp[0] = (uint64_t)&ci->regs + sizeof(ci->regs);
	for (unsigned int i = 0; i < 4; i++)
		tss[cpu].ist[i] = (uint64_t)stack + (i + 1) * IST_STACK_SIZE;
	tss[cpu].io_bitmap = sizeof(struct tss);

	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	__asm__ volatile("lidt %0" : : "m"(idtr));
	__asm__ volatile("pushq %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:"
			 :
			 : "i"(HV_CS)
			 : "rax", "memory");
	__asm__ volatile("mov %0, %%ss" : : "r"(HV_DS));
	__asm__ volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0));
	__asm__ volatile("lldt %w0" : : "r"(0));
	__asm__ volatile("ltr %w0" : : "r"(HV_TSS));
}

static uint64_t find_xcr0_max(void)
{
	struct cpuid_regs r = cpuid(0xd, 0);

	/* x87, SSE, AVX, AVX-512: no MPX, PKU or AMX for PV guests */
	return r.a & 0xe7;
}

static void set_xcr0(uint64_t v)
{
	__asm__ volatile("xsetbv"
			 :
			 : "c"(0), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}

void cpu_setup(unsigned int cpu, struct cpu_info *ci)
{
	if (cpu == 0)
		build_idt();
	setup_gdt(cpu, ci);
	setup_syscall(cpu, ci);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1 | (cpu_features.nx ? 0x800 : 0));
	wrmsr(MSR_PAT, PAT_VALUE);
	write_cr4(hv_cr4);
	write_cr0(read_cr0() & ~0x60000000ULL); /* caches on */
	if (cpu_features.xsave) {
		if (cpu == 0)
			cpu_features.xcr0_max = find_xcr0_max();
		set_xcr0(cpu_features.xcr0_max);
		if (cpu == 0)
			cpu_features.xsave_size = cpuid(0xd, 0).b;
	}
	ci->softirq_pending = 0;
}

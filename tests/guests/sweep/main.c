/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every hypercall number and sub-operation, with pointers and numbers no guest
 * should pass: the hypervisor must stay up and answer each with an error or a
 * result, never with something that is neither.  What would legitimately end
 * or cripple this guest is left out (see left_out).
 */
#include "../lib/guest.h"

#include <abi/domctl.h>
#include <abi/errno.h>
#include <abi/memory.h>
#include <abi/platform.h>
#include <abi/sysctl.h>

static int64_t call(uint64_t nr, const uint64_t *a)
{
	register uint64_t r10 __asm__("r10") = a[3];
	register uint64_t r8 __asm__("r8") = a[4];
	uint64_t rdi = a[0], rsi = a[1], rdx = a[2];
	int64_t rc = (int64_t)nr;

	__asm__ volatile("syscall"
			 : "+a"(rc), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10),
			   "+r"(r8)
			 :
			 : "rcx", "r11", "r9", "memory", "cc");
	return rc;
}

static char noise[2 * PAGE_SIZE] __attribute__((aligned(4096)));
static char *read_only;

/* Addresses a careless hypervisor would follow. */
static uint64_t wild[24];
static unsigned int nr_wild;

static void collect_wild_addresses(void)
{
	const uint64_t fixed[] = {
		0,
		1,
		0xfff,
		0x7ffffffff000,
		0x7fffffffffff,
		0x800000000000,
		0x8000000000000000,
		0xffff7fffffffffff,
		0xffff800000000000,
		0xffff803ffffff000,
		0xffff820000000000,
		0xffff82d040000000,
		0xffff82e000000000,
		0xffff830000000000,
		0xffff8300000b8000,
		0xffff87fffffffff8,
		0xffff87ffffffffff,
		0xffff888000000000,
		0xfffffffffffffff0,
		~0ULL,
	};

	for (unsigned int i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		wild[nr_wild++] = fixed[i];
	read_only = (char *)start_info->pt_base; /* a page table */
	wild[nr_wild++] = (uint64_t)read_only;
	/* crosses from a mapped page into nothing */
	wild[nr_wild++] = 0xffffffff80000000 + 0x400000 - 4;
}

static bool left_out(uint64_t nr, uint64_t cmd)
{
	switch (nr) {
	case __HYPERVISOR_iret:
		return true;	     /* tests/guests/traps */
	case __HYPERVISOR_multicall: /* zeros are set_trap_table(NULL) */
	case __HYPERVISOR_set_trap_table:
	case __HYPERVISOR_set_callbacks:
	case __HYPERVISOR_set_debugreg:
	case __HYPERVISOR_stack_switch:
		return true; /* state of ours; wild values below */
	case __HYPERVISOR_sched_op:
		return cmd <= 4 || cmd == 6; /* block, shutdown, watchdog */
	case __HYPERVISOR_vcpu_op:
		return cmd == 2; /* down: our only vcpu */
	case __HYPERVISOR_sched_op_compat:
		return true; /* Xen has it: 1 would block */
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_domctl:
		return false;
	case __HYPERVISOR_kexec_op:
		return true; /* Xen has it, and may end the machine */
	default:
		return false;
	}
}

static unsigned long calls, odd;

static void judge(uint64_t nr, uint64_t cmd, int64_t rc)
{
	calls++;
	/* a result or an errno; a restart is never shown */
	if (rc == -ERESTART ||
	    (rc < -4095 && nr != __HYPERVISOR_get_debugreg)) {
		odd++;
		say("FAIL hypercall %ld/%ld: %ld\n", nr, cmd, rc);
	}
}

static uint64_t any_value(void)
{
	uint64_t r = random64();

	switch (r % 8) {
	case 0:
		return r >> 32;
	case 1:
		return 1ULL << (r >> 8 & 63);
	case 2:
		return (r >> 16) % 64;
	case 3:
		return ~0ULL << (r >> 8 & 63);
	default:
		return wild[(r >> 8) % nr_wild];
	}
}

/* But no place of ours where a good answer would overwrite this test. */
static uint64_t pick(void)
{
	uint64_t v;

	do
		v = any_value();
	while (v >= VIRT_BASE && v < VIRT_BASE + 0x400000 - PAGE_SIZE &&
	       v != (uint64_t)read_only);
	return v;
}

/* The first argument is a command, or a pointer: try it as both. */
static void sweep_numbers(void)
{
	for (uint64_t nr = 0; nr < 72; nr++) {
		say("hypercall %ld\n", nr);
		for (uint64_t cmd = 0; cmd < 70; cmd++) {
			uint64_t c =
				cmd < 64 ? cmd
					 : (uint64_t[]){
						   64,	       127,
						   255,	       0x7fffffff,
						   0x80000000, ~0ULL}[cmd - 64];

			if (left_out(nr, c))
				continue;
			for (unsigned int i = 0; i < nr_wild; i++) {
				uint64_t a[5] = {c, wild[i], pick(), pick(),
						 pick()};

				if (nr == __HYPERVISOR_console_io) {
					a[1] = 64;
					a[2] = wild[i];
				}
				judge(nr, c, call(nr, a));
			}
		}
		for (unsigned int i = 0; i < nr_wild && !left_out(nr, 64);
		     i++) {
			uint64_t a[5] = {wild[i], pick(), wild[i], pick(),
					 pick()};

			judge(nr, wild[i], call(nr, a));
		}
	}
}

/* What has to be left out above, with addresses that can not be read. */
static void sweep_unreadable(void)
{
	for (unsigned int i = 0; i < nr_wild; i++) {
		struct multicall_entry e = {.op = __HYPERVISOR_multicall};

		if (wild[i] >= 0xffffffff80000000 && wild[i] < ~0xfffUL)
			continue;
		EXPECT_EQ(HYPERVISOR_multicall((void *)wild[i], 3), -EFAULT);
		if (wild[i])
			EXPECT_EQ(HYPERVISOR_set_trap_table((void *)wild[i]),
				  -EFAULT);
		EXPECT_EQ(HYPERVISOR_multicall(&e, 1), 0);
		EXPECT((int64_t)e.result < 0); /* not one inside another */
	}
	EXPECT(HYPERVISOR_stack_switch(0, 0xffff830000000000) < 0);
	EXPECT(HYPERVISOR_set_callbacks(0xffff830000000000, 0, 0) < 0);
	EXPECT(HYPERVISOR_set_callbacks(0, 0x8000000000000000, 0) < 0);
	EXPECT(HYPERVISOR_set_debugreg(0, 0xffff830000000000) < 0);
	EXPECT(HYPERVISOR_set_debugreg(9, 0) < 0);
}

/* Arguments that are readable, and nonsense. */
static void sweep_contents(void)
{
	for (uint64_t nr = 0; nr < 64; nr++) {
		say("contents %ld\n", nr);
		if (nr == __HYPERVISOR_console_io ||
		    nr == __HYPERVISOR_multicall ||
		    nr == __HYPERVISOR_mmu_update ||
		    nr == __HYPERVISOR_mmuext_op ||
		    nr == __HYPERVISOR_callback_op ||
		    nr == __HYPERVISOR_nmi_op || nr == __HYPERVISOR_set_gdt ||
		    nr == __HYPERVISOR_domctl || nr == __HYPERVISOR_sysctl ||
		    nr == __HYPERVISOR_platform_op)
			continue; /* below, or state of ours */
		for (uint64_t cmd = 0; cmd < 64; cmd++) {
			if (left_out(nr, cmd) ||
			    (nr == __HYPERVISOR_grant_table_op && cmd == 5))
				continue; /* copy: could copy over us */
			for (unsigned int round = 0; round < 8; round++) {
				uint64_t a[5] = {cmd, (uint64_t)noise, 3,
						 (uint64_t)noise, 2};

				for (unsigned int k = 0; k < sizeof(noise);
				     k += 8)
					*(uint64_t *)(noise + k) = pick();
				judge(nr, cmd, call(nr, a));
			}
		}
	}
}

/* Frames that are not ours, in page-table and other memory requests. */
static void sweep_frames(void)
{
	const uint64_t *p2m = (const uint64_t *)start_info->mfn_list;
	uint64_t frames[] = {
		0,	    1,		0x9f,	     0xa0,	     0xb8,
		0x200,	    0x201,	0xfee00,     0xfec00,	     0xfed00,
		1ULL << 28, 1ULL << 40, ~0ULL >> 12, p2m[1] ^ 0x8000};

	for (unsigned int i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		for (uint64_t low = 0; low < 8; low++) {
			struct mmu_update u = {frames[i] << 12 | low,
					       frames[i] << 12 | 7};
			int64_t rc =
				HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);

			EXPECT(rc < 0);
		}
		for (uint32_t op = 0; op < 24; op++) {
			if (op >= 6 && op <= 13)
				continue; /* flushes and LDT take no frame */
			if (op == 18 || (op == 15 && !frames[i]))
				continue;
			EXPECT(mmuext(op, frames[i], frames[i]) < 0);
		}
		EXPECT(HYPERVISOR_update_descriptor(frames[i] << 12, 0) < 0);
		EXPECT(HYPERVISOR_set_gdt(&frames[i], 16) < 0);
	}
	EXPECT(HYPERVISOR_set_gdt(frames, 7169) < 0);
	EXPECT(mmuext(MMUEXT_SET_LDT, 0xffff830000000000, 16) < 0);
	EXPECT(mmuext(MMUEXT_SET_LDT, 0xffffffff80000000, 8193) < 0);
}

/* A frame of the hypervisor can be had in no way. */
static void sweep_mappings(void)
{
	char *page = fresh_page();
	uint64_t hv[] = {0x200, 0x240, 0x2ff};

	for (unsigned int i = 0; i < sizeof(hv) / sizeof(hv[0]); i++)
		for (uint64_t flags = 1; flags < 8; flags += 2)
			EXPECT(HYPERVISOR_update_va_mapping((uint64_t)page,
							    hv[i] << 12 | flags,
							    UVMF_INVLPG) < 0);
	for (unsigned int i = 0; i < nr_wild; i++)
		if (wild[i] != (uint64_t)read_only &&
		    wild[i] < 0xffffffff80000000)
			EXPECT(HYPERVISOR_update_va_mapping(wild[i], 0, 0) < 0);
}

/* Control operations: the right version, the rest nonsense. */
static void sweep_control(void)
{
	static union {
		struct xen_domctl d;
		struct xen_sysctl s;
		struct xen_platform_op p;
		uint64_t w[32];
	} op;

	for (uint32_t cmd = 0; cmd < 100; cmd++) {
		for (unsigned int round = 0; round < 6; round++) {
			for (unsigned int k = 0; k < 32; k++)
				op.w[k] = pick();
			op.d.cmd = cmd;
			op.d.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
			op.d.domain = (uint16_t[]){0,	      1,
						   77,	      DOMID_SELF,
						   DOMID_XEN, DOMID_IO}[round];
			/* no new domains: they would stay */
			if (cmd != XEN_DOMCTL_createdomain)
				judge(__HYPERVISOR_domctl, cmd,
				      HYPERVISOR_domctl(&op.d));
			op.s.cmd = cmd;
			op.s.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
			if (cmd != XEN_SYSCTL_debug_keys)
				judge(__HYPERVISOR_sysctl, cmd,
				      HYPERVISOR_sysctl(&op.s));
			op.p.cmd = cmd;
			op.p.interface_version = XENPF_INTERFACE_VERSION;
			if (cmd != XENPF_enter_acpi_sleep)
				judge(__HYPERVISOR_platform_op, cmd,
				      HYPERVISOR_platform_op(&op.p));
		}
	}
	op.d.cmd = XEN_DOMCTL_getdomaininfo;
	op.d.interface_version = XEN_DOMCTL_INTERFACE_VERSION - 1;
	EXPECT_EQ(HYPERVISOR_domctl(&op.d), -EACCES);
}

static void still_alive(void)
{
	static domid_t self = DOMID_SELF;

	EXPECT(HYPERVISOR_memory_op(XENMEM_current_reservation, &self) > 0);
	EXPECT_EQ(HYPERVISOR_xen_version(0, NULL), 4 << 16 | 17);
	EXPECT_EQ(odd, 0);
}

void guest_main(void)
{
	collect_wild_addresses();
	sweep_frames();
	sweep_mappings();
	sweep_numbers();
	sweep_unreadable();
	sweep_contents();
	sweep_control();
	still_alive();
	say("%ld calls\n", (int64_t)calls);
}

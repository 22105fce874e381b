/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mca: what Dom0's error logger asks: what the CPUs are, and the machine
 * checks that were recorded (x86/mce.c), oldest first.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercalls.h>
#include <hv/string.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/io.h>
#include <hv/x86/nmi.h>
#include <hv/x86/platform.h>
#include <abi/errno.h>
#include <abi/mca.h>

#define VENDOR_INTEL 0
#define VENDOR_AMD 2
#define VENDOR_UNKNOWN 0xff
#define MSR_MCG_CAP 0x179

/* CPUID, "Processor Brand String" */
static void put_brand(char *brand)
{
	for (uint32_t i = 0; i < 3; i++) {
		struct cpuid_regs r = cpuid(0x80000002 + i, 0);

		memcpy(brand + 16 * i, &r, 16);
	}
}

/* All CPUs are of one kind; what differs is in their APIC ids. */
static void describe(unsigned int cpu, struct mcinfo_logical_cpu *c)
{
	struct cpuid_regs id = cpuid(0, 0), l1 = cpuid(1, 0);
	struct cpuid_regs e1 = cpuid(0x80000001, 0);
	uint32_t family = l1.a >> 8 & 15;

	memset(c, 0, sizeof(*c));
	c->mc_cpunr = cpu;
	c->mc_apicid = cpu_apic_id(cpu);
	c->mc_chipid = cpu; /* topology is not looked into */
	c->mc_ncores = c->mc_ncores_active = c->mc_nthreads = 1;
	c->mc_cpuid_level = (int32_t)id.a;
	c->mc_family = family == 15 ? family + (l1.a >> 20 & 0xff) : family;
	c->mc_model = (l1.a >> 4 & 15) | (l1.a >> 12 & 0xf0);
	c->mc_step = l1.a & 15;
	c->mc_vendor = cpu_features.is_intel ? VENDOR_INTEL
		       : cpu_features.is_amd ? VENDOR_AMD
					     : VENDOR_UNKNOWN;
	memcpy(c->mc_vendorid, &id.b, 4);
	memcpy(c->mc_vendorid + 4, &id.d, 4);
	memcpy(c->mc_vendorid + 8, &id.c, 4);
	put_brand(c->mc_brandid);
	c->mc_cpu_caps[MC_CAPS_STD_EDX] = l1.d;
	c->mc_cpu_caps[MC_CAPS_STD_ECX] = l1.c;
	c->mc_cpu_caps[MC_CAPS_AMD_EDX] = e1.d;
	c->mc_cpu_caps[MC_CAPS_AMD_ECX] = e1.c;
	c->mc_cache_alignment = (l1.b >> 8 & 0xff) * 8;
	c->mc_nmsrvals = 1;
	c->mc_msrvalues[0].reg = MSR_MCG_CAP;
	if (rdmsr_safe(MSR_MCG_CAP, &c->mc_msrvalues[0].value))
		c->mc_nmsrvals = 0;
}

static int physcpuinfo(struct xen_mc_physcpuinfo *op)
{
	struct mcinfo_logical_cpu c;
	unsigned int cpu, n = 0;

	if (op->info && op->ncpus < cpumask_weight(cpu_online_map))
		return -EFAULT; /* as Xen says it */
	for_each_cpu (cpu, cpu_online_map) {
		guest_ptr_t to = guest_ptr(op->info + n * sizeof(c));

		describe(cpu, &c);
		if (op->info && copy_to_guest(to, &c, sizeof(c)))
			return -EFAULT;
		n++;
	}
	op->ncpus = n;
	return 0;
}

/* One record as a fetch gives it: the CPU's part and the bank's. */
struct report {
	uint32_t nr_entries, flags;
	struct mcinfo_global global;
	struct mcinfo_bank bank;
};
_Static_assert(offsetof(struct report, global) ==
		       offsetof(struct mc_info, mi_data),
	       "a report begins as mc_info does");

static void write_report(const struct mce_record *rec, struct report *rep)
{
	bool uncorrected = rec->status & 1ULL << 61;

	*rep = (struct report){
		.nr_entries = 2,
		.global =
			{
				.common = {MC_TYPE_GLOBAL, sizeof(rep->global)},
				.mc_domid = rec->domid,
				.mc_vcpuid = rec->vcpu,
				.mc_socketid =
					rec->cpu, /* as describe() has it */
				.mc_apicid = cpu_apic_id(rec->cpu),
				.mc_flags =
					(uncorrected ? MC_FLAG_UNCORRECTABLE
						     : MC_FLAG_CORRECTABLE) |
					(rec->polled ? MC_FLAG_POLLED
						     : MC_FLAG_MCE),
				.mc_gstatus = rec->global_status,
			},
		.bank =
			{
				.common = {MC_TYPE_BANK, sizeof(rep->bank)},
				.mc_bank = (uint16_t)rec->bank,
				.mc_domid = rec->domid,
				.mc_status = rec->status,
				.mc_addr = rec->addr,
				.mc_misc = rec->misc,
				.mc_tsc = rec->tsc,
			},
	};
}

static int fetch(struct xen_mc_fetch *op)
{
	struct mce_record rec;
	struct report rep;

	if (op->flags & XEN_MC_ACK) {
		mce_drop(op->fetch_id);
		op->flags = XEN_MC_OK;
		return 0;
	}
	op->flags = XEN_MC_NODATA;
	op->fetch_id = 0;
	if (!mce_oldest(&rec, &op->fetch_id))
		return 0;
	write_report(&rec, &rep);
	op->flags = XEN_MC_OK;
	return copy_to_guest(guest_ptr(op->data), &rep, sizeof(rep));
}

long hc_mca(guest_ptr_t arg)
{
	struct xen_mc op;
	int rc;

	if (!current->domain->is_privileged)
		return -EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -EACCES;
	switch (op.cmd) {
	case XEN_MC_fetch:
		rc = fetch(&op.u.mc_fetch);
		break;
	case XEN_MC_physcpuinfo:
		rc = physcpuinfo(&op.u.mc_physcpuinfo);
		break;
	default:
		return -ENOSYS;
	}
	if (!rc && copy_to_guest(arg, &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}

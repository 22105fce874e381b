/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op: the machine as Dom0 manages it.  Power management of running
 * CPUs is not ours yet and is refused; EFI's services are in efi_op.c.
 */
#include <hv/domain.h>
#include <hv/efi.h>
#include <hv/platform_op.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/symbols.h>
#include <hv/time.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>
#include <hv/x86/platform.h>
#include <abi/errno.h>

/* --- time --- */

int platform_settime64(struct domain *d, struct xenpf_settime64 *op)
{
	(void)d;
	if (op->mbz || op->nsecs >= NS_PER_SEC)
		return -EINVAL;
	time_set_wallclock(op->secs, op->nsecs, op->system_time);
	return 0;
}

int platform_settime32(struct domain *d, struct xenpf_settime32 *op)
{
	(void)d;
	if (op->nsecs >= NS_PER_SEC)
		return -EINVAL;
	time_set_wallclock(op->secs, op->nsecs, op->system_time);
	return 0;
}

/* --- CPUs --- */

static bool is_online(uint32_t cpu)
{
	return cpu < NR_CPUS && (cpu_online_map & cpumask_of(cpu));
}

/* All CPUs of a machine we run on are alike: this one's answer is theirs. */
int platform_get_cpu_version(struct domain *d, struct xenpf_pcpu_version *op)
{
	struct cpuid_regs id = cpuid(0, 0), sig = cpuid(1, 0);
	uint32_t cpu = op->xen_cpuid, family = sig.a >> 8 & 15;

	(void)d;
	memset(op, 0, sizeof(*op));
	op->xen_cpuid = cpu;
	op->max_present = nr_present_cpus() - 1;
	if (!is_online(cpu))
		return 0;
	memcpy(op->vendor_id, &id.b, 4);
	memcpy(op->vendor_id + 4, &id.d, 4);
	memcpy(op->vendor_id + 8, &id.c, 4);
	op->family = family == 15 ? family + (sig.a >> 20 & 0xff) : family;
	op->model = sig.a >> 4 & 15;
	if (family == 6 || family == 15)
		op->model |= (sig.a >> 16 & 15) << 4;
	op->stepping = sig.a & 15;
	return 0;
}

int platform_get_cpuinfo(struct domain *d, struct xenpf_pcpuinfo *op)
{
	(void)d;
	op->max_present = nr_present_cpus() - 1;
	if (op->xen_cpuid > op->max_present) {
		op->flags = XEN_PCPU_FLAGS_INVALID;
		return 0;
	}
	op->flags = is_online(op->xen_cpuid) ? XEN_PCPU_FLAGS_ONLINE : 0;
	op->apic_id = cpu_apic_id(op->xen_cpuid);
	op->acpi_id = cpu_acpi_id(op->xen_cpuid);
	return 0;
}

int platform_cpu_online(struct domain *d, struct xenpf_cpu_ol *op)
{
	(void)d;
	return is_online(op->cpuid) ? 0 : cpu_bring_up(op->cpuid);
}

int platform_cpu_offline(struct domain *d, struct xenpf_cpu_ol *op)
{
	(void)d;
	if (op->cpuid == 0)
		return -EOPNOTSUPP;
	if (op->cpuid < nr_present_cpus() && !is_online(op->cpuid))
		return 0;
	return cpu_take_down(op->cpuid);
}

/* Of each CPU in the map; those that are not up are taken out of it. */
int platform_getidletime(struct domain *d, struct xenpf_getidletime *op)
{
	unsigned int nr = min(op->cpumap_nr_cpus, (uint32_t)NR_CPUS);
	cpumask_t map = 0;
	unsigned int cpu;

	(void)d;
	if (copy_from_guest(&map, guest_ptr(op->cpumap_bitmap), (nr + 7) / 8))
		return -EFAULT;
	if (nr < NR_CPUS)
		map &= (1ULL << nr) - 1;
	map &= cpu_online_map;
	for_each_cpu (cpu, map) {
		uint64_t ns = sched_idle_ns(cpu);

		if (copy_to_guest(guest_ptr(op->idletime + cpu * 8), &ns, 8))
			return -EFAULT;
	}
	op->now = now_ns();
	return copy_to_guest(guest_ptr(op->cpumap_bitmap), &map, (nr + 7) / 8);
}

int platform_set_processor_pminfo(struct domain *d,
				  struct xenpf_set_processor_pminfo *op)
{
	(void)d;
	/*
	 * _PDC: Dom0 asks which of the power features it is about to tell the
	 * firmware of are unwanted.  None is: we drive no C, P or T states,
	 * and take no tables for them either.
	 */
	return op->type == XEN_PM_PDC ? 0 : -ENOSYS;
}

/* --- firmware --- */

static int efi_vendor(union xenpf_efi_info *info)
{
	uint32_t size = min(info->vendor.bufsz, (uint32_t)sizeof(efi.vendor));

	info->vendor.revision = efi.fw_revision;
	return copy_to_guest(guest_ptr(info->vendor.name), efi.vendor, size);
}

static int efi_mem_info(union xenpf_efi_info *info)
{
	const struct efi_range *r = efi_find_range(info->mem.addr);
	uint64_t left;

	if (!r)
		return -ESRCH;
	left = r->start + r->size - info->mem.addr;
	info->mem.size = min(info->mem.size, left);
	info->mem.attr = r->attr;
	info->mem.type = r->type;
	return 0;
}

static int efi_answer(uint32_t index, union xenpf_efi_info *info)
{
	switch (index) {
	case XEN_FW_EFI_VERSION:
	case XEN_FW_EFI_RT_VERSION:
		info->version = efi.revision;
		return 0;
	case XEN_FW_EFI_CONFIG_TABLE:
		info->cfg.addr = efi.config_table;
		info->cfg.nent = efi.nr_config_entries;
		return 0;
	case XEN_FW_EFI_VENDOR:
		return efi_vendor(info);
	case XEN_FW_EFI_MEM_INFO:
		return efi_mem_info(info);
	case XEN_FW_EFI_PCI_ROM: /* found before boot services end, or not */
		return -ESRCH;
	case XEN_FW_EFI_APPLE_PROPERTIES:
		return -ENODATA;
	default:
		return -EINVAL;
	}
}

int platform_firmware_info(struct domain *d, struct xenpf_firmware_info *op)
{
	(void)d;
	switch (op->type) {
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (op->index)
			return -ESRCH;
		/* BIOS data area, 0x417 */
		op->u.kbd_shift_flags = *(const uint8_t *)maddr_to_virt(0x417);
		return 0;
	case XEN_FW_DISK_INFO: /* no such number: the loader told of none */
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		return efi.present ? efi_answer(op->index, &op->u.efi_info)
				   : -ENOSYS;
	default:
		return -EINVAL;
	}
}

int platform_enter_acpi_sleep(struct domain *d,
			      struct xenpf_enter_acpi_sleep *op)
{
	(void)d;
	if (op->flags & ~(uint32_t)XENPF_ACPI_SLEEP_EXTENDED ||
	    op->sleep_state < 1 || op->sleep_state > 5)
		return -EINVAL;
	return acpi_enter_sleep(op->sleep_state, op->val_a, op->val_b);
}

/* --- symbols --- */

int platform_get_symbol(struct domain *d, struct xenpf_symdata *op)
{
	uint32_t room = op->namelen;
	const char *name = symbol_nth(op->symnum, &op->address);

	(void)d;
	op->namelen = 0;
	if (!name)
		return 0; /* symnum is what it was: that was the last */
	op->symnum++;
	op->type = 't';
	op->namelen = (uint32_t)strlen(name) + 1;
	if (copy_to_guest(guest_ptr(op->name), name, min(room, op->namelen)))
		return -EFAULT;
	return 0;
}

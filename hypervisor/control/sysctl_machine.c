/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as the tools see it: processors, memory, nodes.  To us it is one
 * node of single-threaded cores in one socket.
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/sysctl.h>
#include <hv/time.h>
#include <hv/x86/platform.h>

#include <abi/errno.h>

#define LOCAL_DISTANCE 10

static uint64_t ram_pages(void)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < boot_info.nr_e820; i++)
		if (boot_info.e820[i].type == E820_RAM)
			bytes += boot_info.e820[i].size;
	return bytes >> PAGE_SHIFT;
}

long sysctl_physinfo(struct xen_sysctl_physinfo *op)
{
	op->threads_per_core = 1;
	op->cores_per_socket = cpumask_weight(cpu_online_map);
	op->nr_cpus = cpumask_weight(cpu_online_map);
	op->max_cpu_id = nr_present_cpus() - 1;
	op->nr_nodes = 1;
	op->max_node_id = 0;
	op->cpu_khz = tsc_khz;
	op->capabilities = XEN_SYSCTL_PHYSCAP_pv |
			   XEN_SYSCTL_PHYSCAP_gnttab_v1 |
			   XEN_SYSCTL_PHYSCAP_gnttab_v2;
	op->total_pages = ram_pages();
	op->free_pages = heap_unused_pages();
	op->outstanding_pages = heap_claimed_pages();
	op->max_mfn = max_page - 1;
	for (unsigned int i = 0; i < ARRAY_SIZE(op->hw_cap); i++)
		op->hw_cap[i] = cpu_feature_word(NULL, i);
	return 0;
}

long sysctl_getcpuinfo(struct xen_sysctl_getcpuinfo *op)
{
	uint32_t nr = min(op->max_cpus, nr_present_cpus());

	for (uint32_t cpu = 0; cpu < nr; cpu++) {
		struct xen_sysctl_cpuinfo info = {
			.idletime = sched_idle_ns(cpu),
		};

		if (copy_to_guest(guest_ptr(op->info + cpu * sizeof(info)),
				  &info, sizeof(info)))
			return -EFAULT;
	}
	op->nr_cpus = nr;
	return 0;
}

long sysctl_cputopoinfo(struct xen_sysctl_cputopoinfo *op)
{
	uint32_t nr = nr_present_cpus();

	if (!op->cputopo) {
		op->num_cpus = nr;
		return 0;
	}
	nr = min(nr, op->num_cpus);
	for (uint32_t cpu = 0; cpu < nr; cpu++) {
		bool online = cpu_online_map & cpumask_of(cpu);
		struct xen_sysctl_cputopo topo = {
			.core = online ? cpu : XEN_INVALID_CORE_ID,
			.socket = online ? 0 : XEN_INVALID_SOCKET_ID,
			.node = online ? 0 : XEN_INVALID_NODE_ID,
		};

		if (copy_to_guest(guest_ptr(op->cputopo + cpu * sizeof(topo)),
				  &topo, sizeof(topo)))
			return -EFAULT;
	}
	op->num_cpus = nr;
	return 0;
}

long sysctl_numainfo(struct xen_sysctl_numainfo *op)
{
	struct xen_sysctl_meminfo mem = {
		.memsize = ram_pages() << PAGE_SHIFT,
		.memfree = heap_unused_pages() << PAGE_SHIFT,
	};
	uint32_t distance = LOCAL_DISTANCE;
	uint32_t room = op->num_nodes;
	bool asks = !op->meminfo && !op->distance;

	op->num_nodes = 1;
	if (asks)
		return 0;
	op->num_nodes = min(room, 1u);
	if (!room)
		return 0;
	if (op->meminfo &&
	    copy_to_guest(guest_ptr(op->meminfo), &mem, sizeof(mem)))
		return -EFAULT;
	if (op->distance &&
	    copy_to_guest(guest_ptr(op->distance), &distance, sizeof(distance)))
		return -EFAULT;
	return 0;
}

#define MAX_PCI_DEVICES 0x10000 /* of a segment */

/* No device is nearer to one node than to another. */
long sysctl_pcitopoinfo(struct xen_sysctl_pcitopoinfo *op)
{
	const uint32_t node = XEN_INVALID_NODE_ID;

	if (!op->devs || !op->nodes)
		return -EINVAL;
	if (op->num_devs > MAX_PCI_DEVICES)
		return -E2BIG;
	for (uint32_t i = 0; i < op->num_devs; i++)
		if (copy_to_guest(guest_ptr(op->nodes + i * sizeof(node)),
				  &node, sizeof(node)))
			return -EFAULT;
	return 0;
}

/* The heap is not counted by address width. */
long sysctl_availheap(struct xen_sysctl_availheap *op)
{
	if (op->min_bitwidth > PAGE_SHIFT || op->max_bitwidth)
		return -EOPNOTSUPP;
	if (op->node > 0 || op->node < -1)
		return -EINVAL;
	op->avail_bytes = heap_unused_pages() << PAGE_SHIFT;
	return 0;
}

/* There are no siblings to bring and take. */
long sysctl_cpu_hotplug(struct xen_sysctl_cpu_hotplug *op)
{
	switch (op->op) {
	case XEN_SYSCTL_CPU_HOTPLUG_ONLINE:
		return cpu_bring_up(op->cpu);
	case XEN_SYSCTL_CPU_HOTPLUG_OFFLINE:
		return cpu_take_down(op->cpu);
	default:
		return -EOPNOTSUPP;
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* sysctl and xen_version: the machine as the tools and guests see it. */
#include <string.h>

#include <hv/control.h>
#include <hv/page_alloc.h>
#include <hv/perf.h>
#include <hv/printk.h>
#include <hv/trace.h>

#include <abi/errno.h>
#include <abi/features.h>

#include "machine.h"

#define PTR(p) ((uintptr_t)(p))

UNIT_TEST(physinfo_has_the_machine)
{
	const struct xen_sysctl_physinfo *p = &sysctl.u.physinfo;

	machine_start();
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_physinfo), 0);
	EXPECT_EQ(p->nr_cpus, 2);
	EXPECT_EQ(p->max_cpu_id, 1);
	EXPECT_EQ(p->nr_nodes, 1);
	EXPECT_EQ(p->cpu_khz, 2000000);
	EXPECT_EQ(p->total_pages, MACHINE_FRAMES);
	EXPECT_EQ(p->free_pages, heap_unused_pages());
	EXPECT(p->capabilities & XEN_SYSCTL_PHYSCAP_pv);
	EXPECT(!(p->capabilities & XEN_SYSCTL_PHYSCAP_hvm));
}

UNIT_TEST(arrays_are_cut_to_the_room_there_is)
{
	struct xen_sysctl_cputopo topo[3] = {{9, 9, 9}, {9, 9, 9}, {9, 9, 9}};
	struct xen_sysctl_cpuinfo info[1];
	struct xen_sysctl_meminfo mem;
	uint32_t distance = 0;

	machine_start();
	sysctl.u.cputopoinfo = (struct xen_sysctl_cputopoinfo){0};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_cputopoinfo), 0);
	EXPECT_EQ(sysctl.u.cputopoinfo.num_cpus, 2);
	sysctl.u.cputopoinfo = (struct xen_sysctl_cputopoinfo){3, 0, PTR(topo)};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_cputopoinfo), 0);
	EXPECT_EQ(sysctl.u.cputopoinfo.num_cpus, 2);
	EXPECT_EQ(topo[1].core, 1);
	EXPECT_EQ(topo[1].socket, 0);
	EXPECT_EQ(topo[2].core, 9);
	sysctl.u.getcpuinfo = (struct xen_sysctl_getcpuinfo){.max_cpus = 1,
							     .info = PTR(info)};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_getcpuinfo), 0);
	EXPECT_EQ(sysctl.u.getcpuinfo.nr_cpus, 1);
	EXPECT_EQ(info[0].idletime, 5000);
	sysctl.u.numainfo =
		(struct xen_sysctl_numainfo){64, 0, PTR(&mem), PTR(&distance)};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_numainfo), 0);
	EXPECT_EQ(sysctl.u.numainfo.num_nodes, 1);
	EXPECT_EQ(mem.memsize, (uint64_t)MACHINE_FRAMES << PAGE_SHIFT);
	EXPECT_EQ(distance, 10);
}

UNIT_TEST(there_is_one_cpupool)
{
	struct xen_sysctl_cpupool_op *op = &sysctl.u.cpupool_op;
	uint8_t map[2];

	machine_start();
	*op = (struct xen_sysctl_cpupool_op){
		.op = XEN_SYSCTL_CPUPOOL_OP_INFO,
		.cpumap = {PTR(map), 16, 0},
	};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_cpupool_op), 0);
	EXPECT_EQ(op->cpupool_id, 0);
	EXPECT_EQ(op->sched_id, XEN_SCHEDULER_CREDIT2);
	EXPECT_EQ(op->n_dom, 1);
	EXPECT_EQ(map[0], 3);
	op->cpupool_id = 1;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_cpupool_op), -ENOENT);
	op->op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_cpupool_op), 0);
	EXPECT_EQ(map[0], 0);
	op->op = XEN_SYSCTL_CPUPOOL_OP_CREATE;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_cpupool_op), -EOPNOTSUPP);
}

UNIT_TEST(the_log_is_read_in_pieces_of_any_size)
{
	struct xen_sysctl_readconsole *op = &sysctl.u.readconsole;
	char buf[2000] = "";
	uint32_t at = 0;

	machine_start();
	for (unsigned int i = 0; i < 100; i++)
		log_info("line %u\n", i);
	for (;;) {
		*op = (struct xen_sysctl_readconsole){
			.incremental = 1,
			.index = at,
			.buffer = PTR(buf + at),
			.count = 7,
		};
		EXPECT_EQ(do_sysctl(XEN_SYSCTL_readconsole), 0);
		EXPECT_EQ(op->index, at + op->count);
		if (!op->count)
			break;
		at = op->index;
	}
	EXPECT(!strcmp(buf, machine_log));
	memset(buf, 0, sizeof(buf));
	*op = (struct xen_sysctl_readconsole){
		.clear = 1, .buffer = PTR(buf), .count = sizeof(buf)};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_readconsole), 0);
	EXPECT_EQ(op->count, at);
	EXPECT_EQ(machine_log[0], 0);
	op->clear = 0;
	op->buffer = 8;
	op->count = 10;
	log_info("more\n");
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_readconsole), -EFAULT);
}

UNIT_TEST(the_feature_set_has_every_word)
{
	struct xen_sysctl_cpu_featureset *op = &sysctl.u.cpu_featureset;
	uint32_t words[20];

	machine_start();
	*op = (struct xen_sysctl_cpu_featureset){.index = 2};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_get_cpu_featureset), 0);
	EXPECT_EQ(op->nr_features, 19);
	op->features = PTR(words);
	op->nr_features = 4;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_get_cpu_featureset), -ENOBUFS);
	EXPECT_EQ(op->nr_features, 4);
	op->nr_features = 20;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_get_cpu_featureset), 0);
	EXPECT_EQ(words[0], ~0u);
	EXPECT_EQ(words[10], 0); /* a subleaf there is not */
	op->index = 6;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_get_cpu_featureset), -EINVAL);
}

UNIT_TEST(the_rate_limit_has_bounds)
{
	struct xen_sysctl_scheduler_op *op = &sysctl.u.scheduler_op;

	machine_start();
	*op = (struct xen_sysctl_scheduler_op){
		.sched_id = XEN_SCHEDULER_CREDIT2,
		.cmd = XEN_SYSCTL_SCHEDOP_putinfo,
		.u.sched_credit2 = {99},
	};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_scheduler_op), -EINVAL);
	op->u.sched_credit2.ratelimit_us = 500001;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_scheduler_op), -EINVAL);
	op->u.sched_credit2.ratelimit_us = 0;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_scheduler_op), 0);
	op->u.sched_credit2.ratelimit_us = 2000;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_scheduler_op), 0);
	op->cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	op->u.sched_credit2.ratelimit_us = 0;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_scheduler_op), 0);
	EXPECT_EQ(op->u.sched_credit2.ratelimit_us, 2000);
}

UNIT_TEST(the_null_scheduler_has_its_name_and_no_parameters)
{
	struct xen_sysctl_scheduler_op *op = &sysctl.u.scheduler_op;

	machine_start();
	machine_sched_policy = XEN_SCHEDULER_NULL;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_sched_id), 0);
	EXPECT_EQ(sysctl.u.sched_id.sched_id, XEN_SCHEDULER_NULL);
	sysctl.u.cpupool_op = (struct xen_sysctl_cpupool_op){
		.op = XEN_SYSCTL_CPUPOOL_OP_INFO,
	};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_cpupool_op), 0);
	EXPECT_EQ(sysctl.u.cpupool_op.sched_id, XEN_SCHEDULER_NULL);
	*op = (struct xen_sysctl_scheduler_op){
		.sched_id = XEN_SCHEDULER_CREDIT2,
		.cmd = XEN_SYSCTL_SCHEDOP_getinfo,
	};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_scheduler_op), -EINVAL);
	op->sched_id = XEN_SCHEDULER_NULL;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_scheduler_op), 0);
}

UNIT_TEST(we_say_who_we_are)
{
	xen_capabilities_info_t caps = {0};
	xen_commandline_t cmdline = {0};
	struct xen_feature_info f = {0};
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	EXPECT_EQ(version_version(d), 4 << 16 | 17);
	EXPECT_EQ(version_capabilities(d, &caps), 0);
	EXPECT(!strcmp(caps, "xen-3.0-x86_64 "));
	EXPECT_EQ(version_commandline(dom0, &cmdline), 0);
	EXPECT(!strcmp(cmdline, "loglvl=all"));
	EXPECT_EQ(version_get_features(d, &f), 0);
	EXPECT(!(f.submap >> XENFEAT_dom0 & 1));
	EXPECT(!(f.submap >> XENFEAT_writable_page_tables & 1));
	EXPECT(f.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1);
	EXPECT_EQ(version_get_features(dom0, &f), 0);
	EXPECT(f.submap >> XENFEAT_dom0 & 1);
	f.submap_idx = 1;
	EXPECT_EQ(version_get_features(dom0, &f), -EINVAL);
	EXPECT_EQ(version_pagesize(d), 4096);
}

UNIT_TEST(counters_add_up_over_processors)
{
	struct xen_sysctl_perfc_op *op = &sysctl.u.perfc_op;
	struct xen_sysctl_perfc_desc desc[8];
	uint32_t val[128];

	machine_start();
	*op = (struct xen_sysctl_perfc_op){.cmd = XEN_SYSCTL_PERFCOP_query};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_perfc_op), 0);
	EXPECT_EQ(op->nr_counters, 4);
	EXPECT_EQ(op->nr_vals, 64 + 32 + 2 + 2);
	trace_init_cpu(0);
	(void)trace_hypercall(trace_ring(), current, 29,
			      (const uint64_t[3]){0});
	trace_trap(current, 14, 0, 0);
	trace_event_upcall(current, 0);
	perf_counters[1].hypercalls[29] = 4;
	perf_counters[1].upcalls[0] = 7;
	op->desc = PTR(desc);
	op->val = PTR(val);
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_perfc_op), 0);
	EXPECT(!strcmp(desc[0].name, "hypercalls") && desc[0].nr_vals == 64);
	EXPECT(!strcmp(desc[2].name, "event upcalls") && desc[2].nr_vals == 2);
	EXPECT_EQ(val[29], 5);
	EXPECT_EQ(val[64 + 14], 1);
	EXPECT_EQ(val[96], 1);
	EXPECT_EQ(val[97], 7);
	op->cmd = XEN_SYSCTL_PERFCOP_reset;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_perfc_op), 0);
	EXPECT_EQ(val[29], 0);
	op->cmd = 3;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_perfc_op), -EINVAL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The order in which locks nest: a CPU takes them in rising rank only. */
#ifndef HV_LOCK_RANK_H
#define HV_LOCK_RANK_H

enum lock_rank {
	RANK_NONE,
	RANK_DOMCTL,   /* one domain's slow control operations          */
	RANK_DOMLIST,  /* the table of domains                          */
	RANK_DOMAIN,   /* domain: state, vcpu array, permissions, pirqs */
	RANK_GRANT,    /* one domain's grant table                      */
	RANK_MAPTRACK, /* one domain's grant mappings                   */
	RANK_EVTCHN,   /* one domain's port table: bind, close          */
	RANK_PIRQ,     /* one domain's pirq table                       */
	RANK_PCI,      /* the list of PCI devices and their MSIs        */
	RANK_IRQ,      /* one irq descriptor                            */
	RANK_VIRQ,     /* who handles each global virq                  */
	RANK_PORT,     /* one event channel: send                       */
	RANK_FIFO,     /* one FIFO event queue                          */
	RANK_PAGELIST, /* one domain's totals, regions of frames        */
	RANK_HEAP,     /* the page heap                                 */
	RANK_POOL,     /* small-object allocator                        */
	RANK_RUNQUEUE, /* one pcpu's run queue                          */
	RANK_OWNERS,   /* which vcpu each pcpu is given to              */
	RANK_TIMER,    /* one pcpu's timer heap                         */
	RANK_EFI,      /* EFI run time services                         */
	RANK_CHIPSET,  /* index and data registers, vectors, wall clock */
	RANK_CONSOLE,  /* console ring and devices; innermost           */
};

#endif

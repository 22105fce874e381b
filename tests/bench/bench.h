/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Micro benchmarks: tables of operations to be timed.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define BATCHES 5 /* and one before them that only warms up */

struct bench {
	const char *name;
	unsigned int ops;	       /* operations in one batch */
	void (*run)(unsigned int ops); /* one batch */
	void (*setup)(void); /* before all; may be NULL, as teardown */
	void (*teardown)(void);
};

/* Tables end with an entry without a name. */
extern const struct bench cpu_benches[];
extern const struct bench process_benches[];
extern const struct bench memory_benches[];
extern const struct bench xen_benches[];

/* Time all of a table; each row's name gets @suffix. */
void measure_all(const struct bench *b, const char *suffix);

/* Print "@bench hypervisor_memory_kib KIB". */
void print_hypervisor_memory(void);

/* Print what failed, with errno, and exit. */
_Noreturn void bench_fail(const char *what);

/* Linux, include/uapi/xen/privcmd.h, which needs Xen's own headers. */
struct privcmd_call {
	uint64_t op;
	uint64_t arg[5];
};
#define PRIVCMD_CALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))

#define MUST(cond) ((cond) ? (void)0 : bench_fail(#cond))

#endif

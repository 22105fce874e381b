/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Provoke a fault and look at the signal that it becomes.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdint.h>

/* Bits of a page fault's error code as in REG_ERR. */
#define PF_PRESENT 1
#define PF_WRITE 2
#define PF_USER 4
#define PF_FETCH 16

enum vector {
	VECTOR_DE = 0,
	VECTOR_DB = 1,
	VECTOR_BP = 3,
	VECTOR_UD = 6,
	VECTOR_GP = 13,
	VECTOR_PF = 14,
	VECTOR_MF = 16,
};

struct fault {
	int signo;	/* 0: no signal came */
	int code;	/* si_code */
	uintptr_t addr; /* si_addr */
	uintptr_t rip;
	long vector; /* REG_TRAPNO */
	long error;  /* REG_ERR */
};

/* Run fn(arg) and return the first synchronous signal it causes. */
struct fault fault_of(void (*fn)(void *), void *arg);

#endif

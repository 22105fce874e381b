/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting instructions of a backend's own code: each is stepped through, and
 * counted if it lies in the section the backend was put in.
 */
#ifndef STEPS_H
#define STEPS_H

/* The trap flag; the stack is left alone behind the red zone. */
#define STEPS_FLAGS(op)                                                        \
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"                          \
			 "pushfq\n\t" op " (%%rsp)\n\t"                        \
			 "popfq\n\t"                                           \
			 "lea 128(%%rsp), %%rsp"                               \
			 :                                                     \
			 :                                                     \
			 : "memory", "cc")
#define STEPS_BEGIN() STEPS_FLAGS("orq $0x100,")
#define STEPS_END() STEPS_FLAGS("andq $~0x100,")

void steps_start(void); /* once */
extern volatile unsigned long steps_counted;

/* A row of the report; fails if @n is more than @limit. */
void steps_report(const char *name, unsigned long n, unsigned long limit);
/* The last line; the exit code. */
int steps_finish(void);

#endif

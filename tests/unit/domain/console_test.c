/* SPDX-License-Identifier: GPL-2.0-only */
/* console_io and the trace buffer. */
#include <string.h>

#include <hv/control.h>
#include <hv/time.h>
#include <hv/trace.h>

#include <abi/errno.h>

#include "machine.h"

static long say(struct domain *d, const char *s, size_t n)
{
	return console_write(d, guest_ptr((uintptr_t)s), (uint32_t)n);
}

UNIT_TEST(a_guest_prints_whole_plain_lines)
{
	static const char text[] = "one \033[2Jline\r\nand \a half";
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	EXPECT_EQ(say(d, text, strlen(text)), 0);
	EXPECT(!strcmp(machine_console, "one [2Jline\n"));
	EXPECT_EQ(say(d, "\n", 1), 0);
	EXPECT(!strcmp(machine_console, "one [2Jline\nand  half\n"));
	EXPECT_EQ(say(d, "unfinished", 10), 0);
	machine_kill(d);
	EXPECT(strstr(machine_console, "half\nunfinished\n") != NULL);
	EXPECT_EQ(console_write(dom0, guest_ptr(16), 5), -EFAULT);
	EXPECT_EQ(say(dom0, "\033[1mraw", 7), 0);
	EXPECT(strstr(machine_console, "\033[1mraw") != NULL);
}

UNIT_TEST(a_long_line_is_broken)
{
	char text[1000];
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	memset(text, 'x', sizeof(text));
	EXPECT_EQ(say(d, text, sizeof(text)), 0);
	EXPECT_EQ(strcspn(machine_console, "\n"), 200);
	EXPECT_EQ(strlen(machine_console), 5 * 201);
}

UNIT_TEST(a_flood_is_cut_and_said_so)
{
	char text[101];
	struct domain *d;
	size_t shown;

	machine_start();
	d = machine_domain(1, 1);
	memset(text, 'y', 100);
	text[100] = '\n';
	for (unsigned int i = 0; i < 1000; i++)
		EXPECT_EQ(say(d, text, sizeof(text)), 0);
	shown = strlen(machine_console);
	EXPECT(shown > 16000 && shown <= 16384);
	EXPECT(strstr(machine_log, "not shown") == NULL);
	machine_now_ns += NS_PER_SEC;
	EXPECT_EQ(say(d, text, sizeof(text)), 0);
	EXPECT_EQ(strlen(machine_console), shown + 101);
	EXPECT(strstr(machine_log, "bytes not shown") != NULL);
}

UNIT_TEST(a_long_write_goes_on_after_preemption)
{
	char text[4000];

	machine_start();
	memset(text, 'z', sizeof(text));
	machine_preempt_every = 1;
	EXPECT_EQ(say(dom0, text, sizeof(text)), -ERESTART);
	EXPECT_EQ(strlen(machine_console), 1024);
}

UNIT_TEST(input_is_read_up_to_the_room)
{
	char buf[40] = "";

	machine_start();
	EXPECT_EQ(console_read(dom0, guest_ptr((uintptr_t)buf), 5), 5);
	EXPECT_EQ(console_read(dom0, guest_ptr((uintptr_t)(buf + 5)), 35), 12);
	EXPECT(!strcmp(buf, "typed by somebody"));
	EXPECT_EQ(console_read(dom0, guest_ptr((uintptr_t)buf), 5), 0);
}

/* The rest of a line after its number and time. */
static const char *record(unsigned int n)
{
	const char *s = machine_log;

	while (n--)
		s = strchr(s, '\n') + 1;
	s = strchr(s, ' ') + 1;
	return strchr(s, ' ') + 1;
}

#define ARGS(a, b, c) ((const uint64_t[]){a, b, c})

UNIT_TEST(a_trace_reads_like_one_of_the_real_thing)
{
	struct record *multicall, *call;
	struct vcpu *v;

	machine_start();
	v = dom0->vcpu[0];
	trace_init_cpu(0);
	multicall = trace_hypercall(trace_ring(), v, 13, ARGS(0x1000, 2, 0));
	call = trace_hypercall(trace_ring(), v, 26,
			       ARGS(0xffffffff82a03e10, 1, 0));
	trace_subop(3);
	trace_hypercall_return(call, 26, 0);
	call = trace_hypercall(trace_ring(), v, 29, ARGS(1, 0, 0));
	trace_hypercall_return(call, 29, (uint64_t)-11LL);
	trace_hypercall_return(multicall, 13, 0);
	trace_trap(v, 14, 2, 0x1234);
	trace_event_upcall(v, 0x5678);
	(void)trace_hypercall(trace_ring(), v, 50,
			      ARGS(7, 8, 9)); /* there is none, still running */
	trace_dump();
	EXPECT(!strncmp(record(0), "d0v0 multicall rdi=1000 rsi=2 rdx=0 => 0\n",
			41));
	EXPECT(!strncmp(record(1),
			"d0v0 mmuext_op/3 rdi=ffffffff82a03e10 rsi=1 rdx=0 => "
			"0  MMUEXT_PIN_L4_TABLE\n",
			76));
	EXPECT(!strncmp(
		record(2),
		"d0v0 sched_op/1 rdi=1 rsi=0 rdx=0 => -11  SCHEDOP_block\n",
		56));
	EXPECT(!strncmp(record(3), "d0v0 #PF (14) error=2 rip=1234\n", 31));
	EXPECT(!strncmp(record(4), "d0v0 event upcall rip=5678\n", 27));
	EXPECT(!strncmp(record(5), "d0v0 unknown/50 rdi=7 rsi=8 rdx=9 => ?\n",
			39));
}

UNIT_TEST(a_multicall_may_be_longer_than_the_ring)
{
	struct record *multicall;
	struct vcpu *v;

	machine_start();
	v = dom0->vcpu[0];
	trace_init_cpu(0);
	multicall = trace_hypercall(trace_ring(), v, 13, ARGS(0x1000, 1024, 0));
	for (unsigned int i = 0; i < 1024; i++)
		trace_hypercall_return(
			trace_hypercall(trace_ring(), v, 17, ARGS(i, 0, 0)), 17,
			5);
	trace_hypercall_return(multicall, 13, 0);
	machine_log[0] = '\0';
	trace_dump();
	EXPECT(strstr(machine_log, "rdi=3ff rsi=0 rdx=0 => 5") != NULL);
	EXPECT(strstr(machine_log, "=> 0") == NULL);
}

UNIT_TEST(a_full_ring_keeps_the_newest)
{
	struct vcpu *v;

	machine_start();
	v = dom0->vcpu[0];
	trace_init_cpu(0);
	for (unsigned int i = 0; i < 1500; i++) {
		trace_event_upcall(v, i);
		if (i % 3 == 0)
			machine_now_ns++;
	}
	machine_log[0] = '\0';
	trace_dump();
	EXPECT(!strncmp(record(0), "d0v0 event upcall rip=1dc\n",
			26));				  /* 476 */
	EXPECT(strstr(machine_log, "rip=5db\n") != NULL); /* 1499 */
}

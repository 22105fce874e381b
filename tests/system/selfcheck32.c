/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 32-bit part of the self-check: no C library, so that it builds without
 * one.  Exits with 0, or with the number of the step that failed.
 */
typedef unsigned int u32;

enum {
	NR_exit = 1,
	NR_fork = 2,
	NR_waitpid = 7,
	NR_getpid = 20,
	NR_mprotect = 125,
	NR_rt_sigaction = 174,
	NR_mmap2 = 192,
	NR_set_thread_area = 243,
};

enum { AT_SYSINFO = 32, SIGSEGV = 11, SIGFPE = 8 };

static u32 vsyscall; /* the vdso's entry: sysenter or syscall */

static int by_int80(u32 nr, u32 a, u32 b, u32 c)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return result;
}

static int by_vdso(u32 nr, u32 a, u32 b, u32 c)
{
	int result;

	__asm__ volatile("call *%1"
			 : "=a"(result)
			 : "m"(vsyscall), "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return result;
}

static void require(int is_true, u32 step)
{
	if (!is_true)
		by_int80(NR_exit, step, 0, 0);
}

static char *map_page(void)
{
	struct {
		u32 addr, len, prot, flags, fd, offset;
	} m = {0, 4096, 3, 0x22, (u32)-1, 0};
	u32 p;

	__asm__ volatile("push %%ebp\n\t"
			 "mov $0, %%ebp\n\t"
			 "int $0x80\n\t"
			 "pop %%ebp"
			 : "=a"(p)
			 : "a"(NR_mmap2), "b"(m.addr), "c"(m.len), "d"(m.prot),
			   "S"(m.flags), "D"(m.fd)
			 : "memory");
	return (char *)p;
}

static volatile int hits;
static char *volatile page;

static void on_segv(int signo)
{
	hits += signo == SIGSEGV;
	by_int80(NR_mprotect, (u32)page, 4096, 3);
}

static void handle_segv(void)
{
	struct {
		void (*handler)(int);
		u32 flags;
		void (*restorer)(void);
		u32 mask[2];
	} action = {on_segv, 0, 0, {0, 0}};

	int result;

	/* no restorer: the kernel returns through its vdso */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(NR_rt_sigaction), "b"(SIGSEGV), "c"(&action),
			   "d"(0), "S"(sizeof(action.mask))
			 : "memory");
	require(result == 0, 50);
}

static u32 load_through_gs(u32 selector)
{
	u32 value;

	__asm__ volatile("mov %w1, %%gs\n\tmovl %%gs:0, %0"
			 : "=r"(value)
			 : "r"(selector));
	return value;
}

static void check_calls(void)
{
	int pid = by_int80(NR_getpid, 0, 0, 0), i;

	require(pid > 0, 1);
	if (!vsyscall)
		return;
	for (i = 0; i < 1000; i++)
		require(by_vdso(NR_getpid, 0, 0, 0) == pid, 2);
}

static void check_memory(void)
{
	page = map_page();
	require((u32)page < 0xfffff000u, 10);
	page[5] = 1;
	handle_segv();
	require(by_int80(NR_mprotect, (u32)page, 4096, 1) == 0, 11);
	page[5] = 2; /* faults; the handler makes it writable */
	require(hits == 1 && page[5] == 2, 12);
}

static void check_segments(void)
{
	struct {
		u32 entry, base, limit, flags;
	} desc = {(u32)-1, (u32)page, 0xfff, 0x51};
	u32 cs;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	require((cs & 3) == 3, 20);
	*(volatile u32 *)(void *)page = 0xabcd;
	require(by_int80(NR_set_thread_area, (u32)&desc, 0, 0) == 0, 21);
	require(load_through_gs(desc.entry << 3 | 3) == 0xabcd, 22);
}

static void check_fpu(void)
{
	volatile double x = 2.0;
	double root;
	int i;

	for (i = 0; i < 100; i++) {
		__asm__ volatile("fldl %1\n\tfsqrt" : "=t"(root) : "m"(x));
		require(root > 1.41421356 && root < 1.41421357, 30);
	}
}

static void check_fork(void)
{
	int status = -1, pid = by_int80(NR_fork, 0, 0, 0);

	if (pid == 0)
		by_int80(NR_exit, 9, 0, 0);
	require(pid > 0, 40);
	require(by_int80(NR_waitpid, (u32)pid, (u32)&status, 0) == pid, 41);
	require(status == 9 << 8, 42);
}

__attribute__((used)) static void start(u32 *stack)
{
	u32 argc = stack[0], *aux = stack + argc + 2;

	while (*aux++) /* the environment */
		;
	for (; aux[0]; aux += 2)
		if (aux[0] == AT_SYSINFO)
			vsyscall = aux[1];
	check_calls();
	check_memory();
	check_segments();
	check_fpu();
	check_fork();
	if (vsyscall)
		by_vdso(NR_exit, 0, 0, 0);
	by_int80(NR_exit, 0, 0, 0);
}

__asm__(".globl _start\n"
	"_start:\n\t"
	"mov %esp, %eax\n\t"
	"and $-16, %esp\n\t"
	"push %eax\n\t"
	"call start\n\t"
	"hlt\n");

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console: what the hypervisor logs and Dom0 prints goes to COM1 and, until
 * Dom0 starts, the screen; the log is kept in a ring.  Input from COM1 goes to
 * Dom0, or, after three Ctrl-A, to the debug keys.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/format.h>
#include <hv/irq.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/x86/screen.h>
#include <hv/x86/serial.h>

#define RING_SIZE 131072 /* power of two */
#define RX_SIZE 1024
#define SWITCH_CHAR 0x01 /* Ctrl-A */

static spinlock_t lock = SPINLOCK_INIT(RANK_CONSOLE);
static char ring[RING_SIZE];
static uint32_t ring_produced, ring_consumed; /* free running */
static bool at_line_start = true;
static int std_level = LOG_INFO, guest_level = LOG_WARNING;
static bool panicking;
static bool devices_ready; /* until then the ring keeps what is logged */

static char rx[RX_SIZE];
static uint32_t rx_produced, rx_consumed;
static bool input_to_hv;
static unsigned int switch_count;
static bool ring_grew; /* Dom0 has not been told, atomic */
static char pending_keys[16];
static uint32_t nr_pending_keys;

static void device_write(const char *s, size_t n)
{
	if (!devices_ready)
		return;
	if (opt.console_com1)
		serial_write(s, n);
	if (opt.console_vga)
		screen_write(s, n);
}

static void ring_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[ring_produced++ % RING_SIZE] = s[i];
	if (ring_produced - ring_consumed > RING_SIZE)
		ring_consumed = ring_produced - RING_SIZE;
	/* the locks of an event rank below this one: later */
	if (dom0 && !__atomic_exchange_n(&ring_grew, true, __ATOMIC_SEQ_CST))
		softirq_raise(SOFTIRQ_KEY);
}

static void emit(const char *s, size_t n, bool to_devices)
{
	ring_write(s, n);
	if (to_devices)
		device_write(s, n);
}

/* A formatted message, each of its lines behind the prefix. */
static void write_log(const char *s, bool to_devices)
{
	while (*s) {
		const char *nl = strchr(s, '\n');
		size_t n = nl ? (size_t)(nl - s) + 1 : strlen(s);

		if (at_line_start)
			emit("(PAVO) ", 7, to_devices);
		emit(s, n, to_devices);
		at_line_start = nl != NULL;
		s += n;
	}
}

static void vlog(enum loglevel lvl, int threshold, const char *prefix,
		 const char *fmt, va_list ap)
{
	char buf[1024];
	int n = snprintf(buf, sizeof(buf), "%s", prefix);

	vsnprintf(buf + n, sizeof(buf) - (size_t)n, fmt, ap);
	if (!panicking)
		spin_lock(&lock);
	write_log(buf, (int)lvl <= threshold || panicking);
	if (!panicking)
		spin_unlock(&lock);
}

void printk(enum loglevel lvl, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(lvl, std_level, "", fmt, ap);
	va_end(ap);
}

/* At most 20 guest-caused lines a second reach the log. */
static bool guest_rate_ok(void)
{
	static uint64_t window_ns;
	static unsigned int nr, dropped;
	uint64_t now = now_ns();

	if (now - window_ns > NS_PER_SEC) {
		window_ns = now;
		nr = 0;
		if (dropped)
			log_warn("%u guest messages not shown\n", dropped);
		dropped = 0;
	}
	if (nr < 20) {
		nr++;
		return true;
	}
	dropped++;
	return false;
}

void guest_log(const struct domain *d, enum loglevel lvl, const char *fmt, ...)
{
	char prefix[16];
	va_list ap;

	if ((int)lvl > guest_level || !guest_rate_ok())
		return;
	snprintf(prefix, sizeof(prefix), "d%u: ", d->domid);
	va_start(ap, fmt);
	vlog(lvl, guest_level, prefix, fmt, ap);
	va_end(ap);
}

void console_set_loglevels(int std, int guest)
{
	if (std >= 0)
		std_level = std;
	if (guest >= 0)
		guest_level = guest;
}

void console_start_panic(void)
{
	panicking = true;
	screen_reclaim();
	if (!at_line_start)
		emit("\n", 1, true);
	at_line_start = true;
}

void console_guest_write(struct domain *d, const char *s, size_t n)
{
	spin_lock(&lock);
	if (!d->is_privileged) {
		char tag[16];
		int len = snprintf(tag, sizeof(tag), "(d%u) ", d->domid);

		if (at_line_start)
			emit(tag, (size_t)len, true);
		emit(s, n, true);
	} else {
		device_write(s, n);
	}
	if (n)
		at_line_start = s[n - 1] == '\n';
	spin_unlock(&lock);
}

void console_leave_screen(void)
{
	if (!opt.vga_keep)
		screen_release();
}

size_t console_guest_read(char *buf, size_t n)
{
	size_t done = 0;

	spin_lock(&lock);
	while (done < n && rx_consumed != rx_produced)
		buf[done++] = rx[rx_consumed++ % RX_SIZE];
	spin_unlock(&lock);
	return done;
}

size_t conring_read(uint32_t *index, char *buf, size_t n)
{
	size_t done = 0;

	spin_lock(&lock);
	if (ring_produced - *index > ring_produced - ring_consumed)
		*index = ring_consumed;
	while (done < n && *index != ring_produced)
		buf[done++] = ring[(*index)++ % RING_SIZE];
	spin_unlock(&lock);
	return done;
}

uint32_t conring_end(void)
{
	return READ_ONCE(ring_produced);
}

void conring_clear(void)
{
	spin_lock(&lock);
	ring_consumed = ring_produced;
	spin_unlock(&lock);
}

static void run_keys(void)
{
	if (__atomic_exchange_n(&ring_grew, false, __ATOMIC_SEQ_CST))
		send_global_virq(VIRQ_CON_RING);
	for (;;) {
		char key;

		spin_lock(&lock);
		if (!nr_pending_keys) {
			spin_unlock(&lock);
			return;
		}
		key = pending_keys[0];
		nr_pending_keys--;
		memmove(pending_keys, pending_keys + 1, nr_pending_keys);
		spin_unlock(&lock);
		keyhandler_run(key);
	}
}

/* One character from the serial line; true: Dom0 has something to read. */
static bool receive(char c, bool *announce)
{
	if (c == SWITCH_CHAR) {
		if (++switch_count == 3) {
			switch_count = 0;
			input_to_hv = !input_to_hv;
			*announce = true;
		}
		return false;
	}
	switch_count = 0;
	if (input_to_hv) {
		if (nr_pending_keys < sizeof(pending_keys))
			pending_keys[nr_pending_keys++] = c;
		softirq_raise(SOFTIRQ_KEY);
		return false;
	}
	if (rx_produced - rx_consumed == RX_SIZE)
		return false;
	rx[rx_produced++ % RX_SIZE] = c;
	return true;
}

static void serial_interrupt(void *data)
{
	bool for_dom0 = false, announce = false;
	int c;

	(void)data;
	spin_lock(&lock);
	while ((c = serial_getc()) >= 0)
		for_dom0 |= receive((char)c, &announce);
	spin_unlock(&lock);
	if (announce)
		log_err("*** Serial input to %s (type 'CTRL-a' three times to "
			"switch input)\n",
			input_to_hv ? "PAVO: h for help" : "DOM0");
	if (for_dom0)
		send_global_virq(VIRQ_CONSOLE);
}

void console_init(void)
{
	if (opt.console_com1 && !serial_init(opt.com1_baud))
		opt.console_com1 = false;
	if (opt.console_vga)
		opt.console_vga = screen_init();
	devices_ready = true;
	device_write(ring, min(ring_produced, (uint32_t)RING_SIZE));
}

void console_init_irq(void)
{
	softirq_register(SOFTIRQ_KEY, run_keys);
	if (!opt.console_com1)
		return;
	irq_register_gsi(SERIAL_GSI, serial_interrupt, NULL);
	serial_enable_interrupt();
	log_err("*** Serial input to DOM0 (type 'CTRL-a' three times to switch "
		"input)\n");
}

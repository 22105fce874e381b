/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's command line: one table of options.  What is not in it, or
 * has a value that makes no sense, is named in a warning and ignored.
 */
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/string.h>

struct boot_options opt = {
	.console_com1 = true,
	.console_vga = true,
	.x2apic = true,
	.irq_ratelimit = 2000,
	.watchdog_timeout_s = 5,
};

/* Each parser gets the text behind '=' ("" if none) and says if it is good. */
struct option {
	const char *name;
	bool (*parse)(const char *val);
	const char *expects;
};

static bool token_is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && !strncmp(s, word, n);
}

/* Call @fn for each comma-separated word of @val; all must be good. */
static bool for_each_word(const char *val, bool (*fn)(const char *, size_t))
{
	do {
		const char *comma = strchr(val, ',');
		size_t n = comma ? (size_t)(comma - val) : strlen(val);

		if (!fn(val, n))
			return false;
		val = comma ? comma + 1 : NULL;
	} while (val);
	return true;
}

static bool parse_uint(const char *s, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	if (!n)
		return false;
	for (; n; n--, s++) {
		if (*s < '0' || *s > '9' || v > ~0ULL / 10 - 1)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return true;
}

/* A size with K, M, G or T behind it; a bare number is KiB, as with Xen. */
static bool parse_size(const char *s, size_t n, uint64_t *bytes)
{
	unsigned int shift = 10;
	uint64_t v;

	if (n) {
		switch (s[n - 1]) {
		case 'b':
		case 'B':
			shift = 0;
			n--;
			break;
		case 'k':
		case 'K':
			shift = 10;
			n--;
			break;
		case 'm':
		case 'M':
			shift = 20;
			n--;
			break;
		case 'g':
		case 'G':
			shift = 30;
			n--;
			break;
		case 't':
		case 'T':
			shift = 40;
			n--;
			break;
		default:
			break;
		}
	}
	if (!parse_uint(s, n, &v) || v > (~0ULL >> shift))
		return false;
	*bytes = v << shift;
	return true;
}

static bool console_word(const char *s, size_t n)
{
	if (token_is(s, n, "com1"))
		opt.console_com1 = true;
	else if (token_is(s, n, "vga"))
		opt.console_vga = true;
	else
		return token_is(s, n, "none");
	return true;
}

static bool opt_console(const char *val)
{
	opt.console_com1 = opt.console_vga = false;
	return for_each_word(val, console_word);
}

/* com1=<baud>[,8n1]; "auto" leaves the speed the firmware set. */
static bool opt_com1(const char *val)
{
	const char *comma = strchr(val, ',');
	size_t n = comma ? (size_t)(comma - val) : strlen(val);
	uint64_t baud = 0;

	if (!token_is(val, n, "auto") &&
	    (!parse_uint(val, n, &baud) || baud < 50 || baud > 115200))
		return false;
	if (comma && strncmp(comma + 1, "8n1", 3))
		return false;
	opt.com1_baud = (uint32_t)baud;
	return true;
}

static bool dom0_mem_word(const char *s, size_t n)
{
	uint64_t *where = &opt.dom0_mem_bytes;
	bool negative;

	if (n > 4 && !strncmp(s, "min:", 4))
		where = &opt.dom0_mem_min_bytes;
	else if (n > 4 && !strncmp(s, "max:", 4))
		where = &opt.dom0_mem_max_bytes;
	if (where != &opt.dom0_mem_bytes) {
		s += 4;
		n -= 4;
	}
	negative = n && *s == '-';
	if (!parse_size(s + negative, n - negative, where) || !*where)
		return false;
	if (negative && where != &opt.dom0_mem_bytes)
		return false;
	if (where == &opt.dom0_mem_bytes)
		opt.dom0_mem_negative = negative;
	return true;
}

static bool opt_dom0_mem(const char *val)
{
	struct boot_options saved = opt;

	if (for_each_word(val, dom0_mem_word))
		return true;
	opt = saved;
	return false;
}

static bool small_number(const char *val, uint32_t *out)
{
	uint64_t v;

	if (!parse_uint(val, strlen(val), &v) || !v || v > 8192)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool opt_dom0_max_vcpus(const char *val)
{
	return small_number(val, &opt.dom0_max_vcpus);
}

static bool opt_maxcpus(const char *val)
{
	return small_number(val, &opt.maxcpus);
}

static bool opt_clocksource(const char *val)
{
	static const char *const names[] = {"hpet", "acpi", "pit"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(val, names[i]))
			continue;
		opt.clocksource = names[i];
		return true;
	}
	return false;
}

/* Xen's names; level/level (rate limit) is accepted, the first one counts. */
static int level_of(const char *val)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {
		{"none", LOG_ERR},	  {"error", LOG_ERR},
		{"warning", LOG_WARNING}, {"info", LOG_INFO},
		{"debug", LOG_DEBUG},	  {"all", LOG_DEBUG},
	};
	const char *slash = strchr(val, '/');
	size_t n = slash ? (size_t)(slash - val) : strlen(val);

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (token_is(val, n, levels[i].name))
			return levels[i].level;
	return -1;
}

static bool opt_loglvl(const char *val)
{
	int l = level_of(val);

	console_set_loglevels(l, -1);
	return l >= 0;
}

static bool opt_guest_loglvl(const char *val)
{
	int l = level_of(val);

	console_set_loglevels(-1, l);
	return l >= 0;
}

static bool opt_irq_ratelimit(const char *val)
{
	uint64_t v;

	if (!parse_uint(val, strlen(val), &v) || v > ~0u)
		return false;
	opt.irq_ratelimit = (uint32_t)v;
	return true;
}

static bool flag(const char *val, bool *out)
{
	*out = true;
	if (!strcmp(val, "no") || !strcmp(val, "off") || !strcmp(val, "0") ||
	    !strcmp(val, "false"))
		*out = false;
	else if (*val && strcmp(val, "yes") && strcmp(val, "on") &&
		 strcmp(val, "1") && strcmp(val, "true"))
		return false;
	return true;
}

static bool opt_noreboot(const char *val)
{
	return flag(val, &opt.noreboot);
}

static bool opt_x2apic(const char *val)
{
	return flag(val, &opt.x2apic);
}

static bool opt_watchdog(const char *val)
{
	return flag(val, &opt.watchdog);
}

static bool opt_watchdog_timeout(const char *val)
{
	return small_number(val, &opt.watchdog_timeout_s);
}

/* Xen's words or their first letters. */
static bool opt_reboot(const char *val)
{
	static const char *const words[] = {"acpi", "pci", "kbd", "triple"};

	if (!strcmp(val, "no") || !strcmp(val, "n")) {
		opt.noreboot = true;
		return true;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(val, words[i]) && (val[0] != words[i][0] || val[1]))
			continue;
		opt.reboot_first = val[0];
		return true;
	}
	return false;
}

/* The boot loader chooses the mode. */
static bool vga_word(const char *s, size_t n)
{
	if (token_is(s, n, "keep"))
		opt.vga_keep = true;
	else
		return token_is(s, n, "text-80x25") ||
		       token_is(s, n, "current");
	return true;
}

static bool opt_vga(const char *val)
{
	return for_each_word(val, vga_word);
}

static const struct option options[] = {
	{"console", opt_console, "com1, vga or none, separated by commas"},
	{"com1", opt_com1, "a speed of 50 to 115200 or auto, then ,8n1"},
	{"vga", opt_vga, "text-80x25, current or keep"},
	{"dom0_mem", opt_dom0_mem,
	 "SIZE, min:SIZE, max:SIZE with K, M or G, separated by commas"},
	{"dom0_max_vcpus", opt_dom0_max_vcpus, "a number from 1"},
	{"maxcpus", opt_maxcpus, "a number from 1"},
	{"clocksource", opt_clocksource, "hpet, acpi or pit"},
	{"irq_ratelimit", opt_irq_ratelimit, "a number, 0 for no limit"},
	{"loglvl", opt_loglvl, "none, error, warning, info, debug or all"},
	{"guest_loglvl", opt_guest_loglvl,
	 "none, error, warning, info, debug or all"},
	{"sched", sched_choose_policy, "credit2 or null"},
	{"noreboot", opt_noreboot, "nothing, yes or no"},
	{"reboot", opt_reboot, "acpi, pci, kbd, triple or no"},
	{"watchdog", opt_watchdog, "nothing, yes or no"},
	{"watchdog_timeout", opt_watchdog_timeout,
	 "a number of seconds from 1"},
	{"x2apic", opt_x2apic, "nothing, yes or no"},
};

static void parse_one(char *word)
{
	char *eq = strchr(word, '=');
	const char *val = "";

	if (eq) {
		*eq = '\0';
		val = eq + 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(word, options[i].name))
			continue;
		if (!options[i].parse(val))
			log_warn("option %s=%s: bad value, ignored; expected "
				 "%s\n",
				 word, val, options[i].expects);
		return;
	}
	log_warn("unknown option '%s' ignored\n", word);
}

void cmdline_parse(const char *cmdline)
{
	char word[256];

	while (*cmdline) {
		size_t n = 0;

		while (*cmdline == ' ')
			cmdline++;
		for (; *cmdline && *cmdline != ' '; cmdline++)
			if (n < sizeof(word) - 1)
				word[n++] = *cmdline;
		word[n] = '\0';
		if (n)
			parse_one(word);
	}
}

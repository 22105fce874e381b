/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the firmware's ACPI tables.  Nothing in them is believed before its
 * length is: every field is taken from a table only when the table's own
 * length, already bounded, covers it.  Offsets: ACPI Specification 6.4,
 * "ACPI Data Tables".
 */
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/x86/acpi.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/mapping.h>
#include <abi/errno.h>

#define HEADER_LEN 36
#define MAX_TABLE (16UL << 20)
#define MAX_ROOT 4096 /* of the table of tables: a thousand entries */

struct acpi_info acpi;

/* A table, mapped as far as its length says. */
struct table {
	const uint8_t *p;
	uint32_t len;
};

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* The field of @bytes at @off, 0 where the table is too short for it. */
static uint64_t field(const struct table *t, uint32_t off, unsigned int bytes)
{
	return off + bytes <= t->len ? get(t->p + off, bytes) : 0;
}

static bool sums_to_zero(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *p++);
	return sum == 0;
}

/* An address the CPU does not have would be a fault, not an absent table. */
static bool is_physical(uint64_t maddr, size_t len)
{
	uint64_t limit = 1ULL << cpu_features.phys_bits;

	return maddr < limit && len <= limit - maddr;
}

static const uint8_t *map(uint64_t maddr, size_t len)
{
	return is_physical(maddr, len) ? map_firmware(maddr, len) : NULL;
}

static bool table_open(uint64_t maddr, struct table *t)
{
	if (!maddr)
		return false;
	t->p = map(maddr, HEADER_LEN);
	if (!t->p)
		return false;
	t->len = (uint32_t)get(t->p + 4, 4);
	if (t->len < HEADER_LEN || t->len > MAX_TABLE) {
		log_warn("ACPI: table at 0x%lx has a length of %u, ignored\n",
			 maddr, t->len);
		return false;
	}
	t->p = map(maddr, t->len);
	if (!t->p)
		return false;
	if (!sums_to_zero(t->p, t->len))
		log_warn("ACPI: %c%c%c%c has a wrong checksum, used anyway\n",
			 t->p[0], t->p[1], t->p[2], t->p[3]);
	return true;
}

/* --- MADT --- */

static void add_cpu(uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
	if (!(flags & 1)) /* not enabled; 8-bit 255 and 32-bit ~0: no CPU */
		return;
	if (acpi.nr_cpus == NR_CPUS) {
		acpi.nr_cpus_ignored++;
		return;
	}
	acpi.cpu[acpi.nr_cpus].apic_id = apic_id;
	acpi.cpu[acpi.nr_cpus++].acpi_id = acpi_id;
}

static void add_ioapic(const uint8_t *e)
{
	struct acpi_ioapic *io = &acpi.ioapic[acpi.nr_ioapics];

	if (acpi.nr_ioapics == MAX_IOAPICS) {
		log_warn("ACPI: more than %d IO-APICs, one ignored\n",
			 MAX_IOAPICS);
		return;
	}
	io->id = e[2];
	io->maddr = (uint32_t)get(e + 4, 4);
	io->gsi_base = (uint32_t)get(e + 8, 4);
	acpi.nr_ioapics++;
}

static void add_override(const uint8_t *e)
{
	struct acpi_override *o = &acpi.override[acpi.nr_overrides];
	uint16_t flags = (uint16_t)get(e + 8, 2);

	if (acpi.nr_overrides == MAX_OVERRIDES || e[3] > 15)
		return;
	o->source = e[3];
	o->gsi = (uint32_t)get(e + 4, 4);
	/* 0: as the ISA bus has it, edge and active high */
	o->active_low = (flags & 3) == 3;
	o->level = (flags >> 2 & 3) == 3;
	acpi.nr_overrides++;
}

static void read_madt(const struct table *t)
{
	/* the least length of each entry we read, by type */
	static const uint8_t min_len[] = {
		[0] = 8, [1] = 12, [2] = 10, [5] = 12, [9] = 16};
	uint32_t off = 44, len;

	acpi.lapic_maddr = field(t, 36, 4);
	for (; off + 2 <= t->len; off += len) {
		const uint8_t *e = t->p + off;

		len = e[1];
		if (len < 2 || off + len > t->len) {
			log_warn("ACPI: MADT ends in a broken entry\n");
			return;
		}
		if (e[0] >= sizeof(min_len) || !min_len[e[0]] ||
		    len < min_len[e[0]])
			continue;
		if (e[0] == 0 && e[3] != 0xff)
			add_cpu(e[3], e[2], (uint32_t)get(e + 4, 4));
		else if (e[0] == 1)
			add_ioapic(e);
		else if (e[0] == 2)
			add_override(e);
		else if (e[0] == 5)
			acpi.lapic_maddr = get(e + 4, 8);
		else if (e[0] == 9)
			add_cpu((uint32_t)get(e + 4, 4),
				(uint32_t)get(e + 12, 4),
				(uint32_t)get(e + 8, 4));
	}
}

/* --- \_S5_ --- */

/* One small integer constant of AML at @*off; false: something else. */
static bool aml_integer(const struct table *t, uint32_t *off, uint8_t *v)
{
	uint8_t op = (uint8_t)field(t, *off, 1);
	uint32_t value_len = op == 0x0a	  ? 1
			     : op == 0x0b ? 2
			     : op == 0x0c ? 4
					  : 0;

	if (*off + 1 + value_len > t->len)
		return false;
	if (op == 0x00 || op == 0x01)
		*v = op;
	else if (value_len)
		*v = t->p[*off + 1];
	else
		return false;
	*off += 1 + value_len;
	return true;
}

/* ACPI, "AML Grammar": NameOp "_S5_" PackageOp PkgLength NumElements ... */
static bool parse_s5(const struct table *t, uint32_t off)
{
	if (off + 7 > t->len || memcmp(t->p + off, "_S5_", 4) != 0)
		return false;
	if (t->p[off - 1] != 0x08 &&
	    !(t->p[off - 1] == '\\' && t->p[off - 2] == 0x08))
		return false;
	off += 4;
	if (t->p[off++] != 0x12)
		return false;
	off += 1 + (uint32_t)(t->p[off] >> 6); /* PkgLength */
	if (field(t, off++, 1) < 2)
		return false;
	return aml_integer(t, &off, &acpi.s5_a) &&
	       aml_integer(t, &off, &acpi.s5_b);
}

static void read_dsdt(const struct table *t)
{
	for (uint32_t off = HEADER_LEN + 2; off + 7 <= t->len; off++) {
		acpi.has_s5 = parse_s5(t, off);
		if (acpi.has_s5)
			return;
	}
}

/* --- FADT --- */

#define FADT_TMR_VAL_EXT (1u << 8)
#define FADT_RESET_REG_SUP (1u << 10)

static struct acpi_gas gas(const struct table *t, uint32_t off)
{
	struct acpi_gas g = {
		.space = (uint8_t)field(t, off, 1),
		.bit_width = (uint8_t)field(t, off + 1, 1),
		.bit_offset = (uint8_t)field(t, off + 2, 1),
		.access_size = (uint8_t)field(t, off + 3, 1),
		.address = field(t, off + 4, 8),
	};

	if (g.space == ACPI_MEMORY ? !is_physical(g.address, PAGE_SIZE)
				   : g.address > 0xffff)
		g.address = 0;
	return g;
}

/* A register block: the extended field where there is one, or the port. */
static struct acpi_gas block(const struct table *t, uint32_t ext, uint32_t old,
			     uint8_t bytes)
{
	struct acpi_gas g = gas(t, ext);

	if (!g.address) {
		g.space = ACPI_IO;
		g.address = field(t, old, 4) & 0xffff;
		g.bit_width = (uint8_t)(bytes * 8);
	}
	return g;
}

static void read_fadt(const struct table *t)
{
	uint32_t flags = (uint32_t)field(t, 112, 4);
	uint64_t dsdt_maddr;
	struct table dsdt;

	acpi.sci_irq = (uint32_t)field(t, 46, 2);
	acpi.pm1a_event = block(t, 148, 56, 4);
	acpi.pm1b_event = block(t, 160, 60, 4);
	acpi.pm1a_control = block(t, 172, 64, 2);
	acpi.pm1b_control = block(t, 184, 68, 2);
	acpi.pm_timer = block(t, 208, 76, 4);
	acpi.pm_timer_is_32bit = flags & FADT_TMR_VAL_EXT;
	acpi.sleep_control = gas(t, 244);
	acpi.reset = gas(t, 116);
	acpi.reset_value = (uint8_t)field(t, 128, 1);
	acpi.can_reset = (flags & FADT_RESET_REG_SUP) && acpi.reset.address;
	dsdt_maddr = field(t, 140, 8);
	if (!dsdt_maddr)
		dsdt_maddr = field(t, 40, 4);
	if (table_open(dsdt_maddr, &dsdt))
		read_dsdt(&dsdt);
}

static void read_hpet(const struct table *t)
{
	struct acpi_gas g = gas(t, 40);

	if (g.space == ACPI_MEMORY && !acpi.hpet_maddr)
		acpi.hpet_maddr = g.address;
}

static void read_mcfg(const struct table *t)
{
	for (uint32_t off = 44; off + 16 <= t->len; off += 16) {
		if (acpi.nr_mcfg == MAX_MCFG)
			return;
		acpi.mcfg[acpi.nr_mcfg++] = (struct acpi_mcfg){
			.base = field(t, off, 8),
			.segment = (uint16_t)field(t, off + 8, 2),
			.first_bus = (uint8_t)field(t, off + 10, 1),
			.last_bus = (uint8_t)field(t, off + 11, 1),
		};
	}
}

static const struct {
	char signature[5];
	void (*read)(const struct table *t);
} readers[] = {
	{"APIC", read_madt},
	{"FACP", read_fadt},
	{"HPET", read_hpet},
	{"MCFG", read_mcfg},
};

static void read_table(uint64_t maddr)
{
	struct table t;

	if (!table_open(maddr, &t))
		return;
	log_info("ACPI: %c%c%c%c 0x%lx, %u bytes\n", t.p[0], t.p[1], t.p[2],
		 t.p[3], maddr, t.len);
	for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++)
		if (!memcmp(t.p, readers[i].signature, 4))
			readers[i].read(&t);
}

/* --- the root --- */

static bool is_rsdp(const uint8_t *p)
{
	return !memcmp(p, "RSD PTR ", 8) && sums_to_zero(p, 20);
}

static uint64_t scan(uint64_t maddr, size_t len)
{
	const uint8_t *p = map(maddr, len);

	for (size_t off = 0; p && off + 36 <= len; off += 16)
		if (is_rsdp(p + off))
			return maddr + off;
	return 0;
}

/* The BIOS's places: the first KiB of the EBDA, then 0xe0000 to 0xfffff. */
static uint64_t find_rsdp(void)
{
	const uint8_t *bda = map(0x400, 0x100);
	uint64_t ebda = bda ? get(bda + 0x0e, 2) << 4 : 0, found = 0;

	if (ebda >= 0x400 && ebda <= 0xa0000 - 0x400)
		found = scan(ebda, 0x400);
	return found ? found : scan(0xe0000, 0x20000);
}

int acpi_init(uint64_t rsdp_maddr)
{
	const uint8_t *rsdp;
	struct table root;
	unsigned int size = 4;
	uint64_t maddr;

	memset(&acpi, 0, sizeof(acpi));
	if (!rsdp_maddr)
		rsdp_maddr = find_rsdp();
	rsdp = rsdp_maddr ? map(rsdp_maddr, 36) : NULL;
	if (!rsdp || !is_rsdp(rsdp)) {
		log_err("ACPI: no root pointer\n");
		return -ENOENT;
	}
	maddr = get(rsdp + 16, 4);
	if (rsdp[15] >= 2 && get(rsdp + 24, 8)) {
		maddr = get(rsdp + 24, 8);
		size = 8;
	}
	if (!table_open(maddr, &root))
		return -ENOENT;
	root.len = min(root.len, (uint32_t)MAX_ROOT);
	acpi.present = true;
	for (uint32_t off = HEADER_LEN; off + size <= root.len; off += size)
		read_table(get(root.p + off, size));
	if (acpi.nr_cpus_ignored)
		log_warn("ACPI: %u CPUs beyond the first %d are not used\n",
			 acpi.nr_cpus_ignored, NR_CPUS);
	return acpi.nr_cpus ? 0 : -ENOENT;
}

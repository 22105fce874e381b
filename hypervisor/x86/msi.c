/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSI and MSI-X: the hypervisor writes where a device sends its messages; the
 * owner of the device switches the capability on and off.  "PCI Local Bus
 * Specification 3.0", 6.8; message format: SDM vol. 3, "Message Signalled
 * Interrupts".
 */
#include <hv/list.h>
#include <hv/spinlock.h>
#include <hv/xalloc.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/mapping.h>
#include <hv/x86/msi.h>
#include <abi/errno.h>

#define MSI_CONTROL 2
#define MSI_CONTROL_64BIT 0x80
#define MSI_CONTROL_MASKABLE 0x100
#define MSI_CONTROL_NR 0x70 /* log2 of the vectors enabled */
#define MSI_ADDRESS 4
#define MSIX_TABLE 4
#define MSIX_ENTRY_SIZE 16
#define MSG_ADDRESS(apic_id) (0xfee00000u | (apic_id) << 12)

/* A page of some device's table, mapped once and kept. */
struct msix_page {
	struct list list;
	uint64_t maddr;
	char *va;
	unsigned int users; /* entries we programmed */
	bool is_reserved;   /* prepare_msix */
};

struct msi_desc {
	struct list list;
	pci_sbdf_t dev;
	bool is_msix, is_64bit, is_maskable;
	uint8_t cap;
	uint16_t entry;
	uint32_t irq;
	uint32_t address, data;	  /* last written */
	volatile uint32_t *table; /* our entry, if MSI-X */
	struct msix_page *page;
};

static spinlock_t lock = SPINLOCK_INIT(RANK_PCI); /* both lists */
static struct list msis = LIST_INIT(msis);
static struct list pages = LIST_INIT(pages);

/* --- registers --- */

static unsigned int msi_data_reg(const struct msi_desc *m)
{
	return m->cap + (m->is_64bit ? 12 : 8);
}

static unsigned int msi_mask_reg(const struct msi_desc *m)
{
	return m->cap + (m->is_64bit ? 16 : 12);
}

void msi_mask(const struct msi_desc *m, bool masked)
{
	if (m->is_msix) {
		m->table[3] = masked;
		(void)m->table[3]; /* reaches the device before we go on */
	} else if (m->is_maskable) {
		pci_cfg_write(m->dev, msi_mask_reg(m), 4, masked);
	}
}

static void write_message(const struct msi_desc *m)
{
	if (m->is_msix) {
		m->table[0] = m->address;
		m->table[1] = 0;
		m->table[2] = m->data;
		(void)m->table[2];
		return;
	}
	pci_cfg_write(m->dev, m->cap + MSI_ADDRESS, 4, m->address);
	if (m->is_64bit)
		pci_cfg_write(m->dev, m->cap + 8, 4, 0);
	pci_cfg_write(m->dev, msi_data_reg(m), 2, m->data);
}

/*
 * A device may send while this changes: after the first time only the low
 * address word, which names the CPU, does.  A table entry in use must be
 * masked around the change.
 */
void msi_write_message(struct msi_desc *m, unsigned int vector,
		       uint32_t apic_id)
{
	uint32_t was_masked = m->is_msix ? m->table[3] & 1 : 0;

	m->address = MSG_ADDRESS(apic_id);
	m->data = vector;
	if (m->is_msix)
		msi_mask(m, true);
	write_message(m);
	if (m->is_msix)
		msi_mask(m, was_masked);
}

/* --- MSI-X tables --- */

static uint64_t read_bar(pci_sbdf_t dev, unsigned int bir)
{
	uint32_t low;
	uint64_t high = 0;

	if (bir > 5)
		return 0;
	low = pci_cfg_read(dev, PCI_BAR0 + 4 * bir, 4);
	if (low & 1)
		return 0;
	if ((low & 6) == 4 && bir < 5)
		high = pci_cfg_read(dev, PCI_BAR0 + 4 * bir + 4, 4);
	return high << 32 | (low & ~0xfu);
}

/* @bar_hint is for virtual functions, whose own BARs read as 0. */
static uint64_t table_maddr(pci_sbdf_t dev, unsigned int cap, uint64_t bar_hint)
{
	uint32_t where = pci_cfg_read(dev, cap + MSIX_TABLE, 4);
	uint64_t bar = read_bar(dev, where & 7);

	if (!bar)
		bar = bar_hint & ~0xfULL;
	return bar ? bar + (where & ~7u) : 0;
}

static struct msix_page *find_page(uint64_t maddr)
{
	struct msix_page *p;

	list_for_each (p, &pages, list)
		if (p->maddr == (maddr & PAGE_MASK))
			return p;
	return NULL;
}

static struct msix_page *make_page(uint64_t maddr)
{
	struct msix_page *p = find_page(maddr);

	if (p)
		return p;
	p = xzalloc(struct msix_page);
	if (!p)
		return NULL;
	p->maddr = maddr & PAGE_MASK;
	p->va = ioremap_hv(p->maddr, PAGE_SIZE);
	if (!p->va) {
		xfree(p);
		return NULL;
	}
	list_add_tail(&p->list, &pages);
	return p;
}

bool msix_owns_mfn(mfn_t m)
{
	const struct msix_page *p;
	bool is_ours;

	spin_lock(&lock);
	p = find_page(m.v << PAGE_SHIFT);
	is_ours = p && (p->users || p->is_reserved);
	spin_unlock(&lock);
	return is_ours;
}

static int setup_msix(struct msi_desc *m, uint64_t bar_hint)
{
	uint64_t maddr;

	m->cap = (uint8_t)pci_find_cap(m->dev, PCI_CAP_MSIX);
	if (!m->cap)
		return -ENODEV;
	if (m->entry > (pci_cfg_read(m->dev, m->cap + MSI_CONTROL, 2) & 0x7ff))
		return -EINVAL;
	maddr = table_maddr(m->dev, m->cap, bar_hint);
	if (!maddr)
		return -ENXIO;
	maddr += (uint64_t)m->entry * MSIX_ENTRY_SIZE;
	m->page = make_page(maddr);
	if (!m->page)
		return -ENOMEM;
	m->page->users++;
	m->table = (volatile uint32_t *)(void *)(m->page->va +
						 (maddr & ~PAGE_MASK));
	return 0;
}

static int setup_msi(struct msi_desc *m)
{
	uint32_t control;

	m->cap = (uint8_t)pci_find_cap(m->dev, PCI_CAP_MSI);
	if (!m->cap)
		return -ENODEV;
	control = pci_cfg_read(m->dev, m->cap + MSI_CONTROL, 2);
	m->is_64bit = control & MSI_CONTROL_64BIT;
	m->is_maskable = control & MSI_CONTROL_MASKABLE;
	pci_cfg_write(m->dev, m->cap + MSI_CONTROL, 2,
		      control & ~(uint32_t)MSI_CONTROL_NR);
	return 0;
}

/* --- life of a message --- */

static struct msi_desc *find(pci_sbdf_t dev, bool is_msix, unsigned int entry)
{
	struct msi_desc *m;

	list_for_each (m, &msis, list)
		if (pci_sbdf_eq(m->dev, dev) && m->is_msix == is_msix &&
		    m->entry == entry)
			return m;
	return NULL;
}

static int enable_locked(struct msi_desc *m, uint64_t bar_hint)
{
	int rc;

	if (find(m->dev, m->is_msix, m->entry))
		return -EEXIST;
	rc = m->is_msix ? setup_msix(m, bar_hint) : setup_msi(m);
	if (rc)
		return rc;
	if (m->is_msix)
		msi_mask(m, true);
	rc = irq_alloc_msi(m);
	if (rc < 0)
		goto put_page;
	msi_mask(m, true);
	m->irq = (uint32_t)rc;
	list_add_tail(&m->list, &msis);
	return rc;

put_page:
	if (m->page)
		m->page->users--;
	return rc;
}

int msi_enable(pci_sbdf_t dev, bool is_msix, unsigned int entry,
	       uint64_t bar_hint)
{
	struct msi_desc *m = xzalloc(struct msi_desc);
	int rc;

	if (!m)
		return -ENOMEM;
	m->dev = dev;
	m->is_msix = is_msix;
	m->entry = (uint16_t)entry;
	spin_lock(&lock);
	rc = enable_locked(m, bar_hint);
	spin_unlock(&lock);
	if (rc < 0)
		xfree(m);
	return rc;
}

void msi_disable(uint32_t irq)
{
	struct msi_desc *m = irq_desc[irq].msi;

	spin_lock(&lock);
	if (pci_is_present(m->dev))
		msi_mask(m, true);
	irq_free_msi(irq);
	list_del(&m->list);
	if (m->page)
		m->page->users--;
	spin_unlock(&lock);
	xfree(m);
}

int msi_restore(pci_sbdf_t dev)
{
	struct msi_desc *m;

	if (!pci_is_present(dev))
		return -ENODEV;
	spin_lock(&lock);
	list_for_each (m, &msis, list) {
		struct irq_desc *desc = &irq_desc[m->irq];

		if (!pci_sbdf_eq(m->dev, dev))
			continue;
		spin_lock(&desc->lock);
		write_message(m);
		msi_mask(m, desc->is_masked);
		spin_unlock(&desc->lock);
	}
	spin_unlock(&lock);
	return 0;
}

static int reserve_table(pci_sbdf_t dev, bool reserve)
{
	unsigned int cap = pci_find_cap(dev, PCI_CAP_MSIX);
	struct msix_page *p;
	uint64_t maddr;
	int rc = 0;

	if (!cap)
		return -ENODEV;
	spin_lock(&lock);
	maddr = table_maddr(dev, cap, 0);
	p = maddr ? make_page(maddr) : NULL;
	if (p)
		p->is_reserved = reserve;
	else
		rc = maddr ? -ENOMEM : -ENXIO;
	spin_unlock(&lock);
	return rc;
}

int msix_prepare(pci_sbdf_t dev)
{
	return reserve_table(dev, true);
}

int msix_release(pci_sbdf_t dev)
{
	return reserve_table(dev, false);
}

/* Address, data and mask bits; enabling is the owner's business. */
bool msi_owns_register(pci_sbdf_t dev, unsigned int reg, unsigned int bytes)
{
	const struct msi_desc *m;
	bool found = false;

	spin_lock(&lock);
	list_for_each (m, &msis, list) {
		unsigned int first = m->cap + MSI_ADDRESS;
		unsigned int last = m->is_maskable ? msi_mask_reg(m) + 3
						   : msi_data_reg(m) + 1;

		if (!m->is_msix && pci_sbdf_eq(m->dev, dev) && reg <= last &&
		    reg + bytes > first)
			found = true;
	}
	spin_unlock(&lock);
	return found;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds Dom0 from the boot loader's modules: the first is the kernel, the
 * second an initrd.  The kernel is unpacked into memory of the heap, loaded
 * where its ELF headers and notes say, and given the start of day that PV
 * kernels expect (Xen ABI, public/xen.h, "start_info").
 *
 * Everything that can be wrong with the input ends in one line of text that
 * names the module and the reason; the caller decides what becomes of that.
 */
#include <abi/errno.h>
#include <abi/xen.h>
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/efi.h>
#include <hv/format.h>
#include <hv/irq.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/x86/apic.h>
#include <hv/x86/hypercall_page.h>
#include <hv/x86/platform.h>
#include <hv/x86/pv_state.h>

#include "dom0_layout.h"
#include "dom0_memory.h"
#include "kernel_image.h"
#include "unpack.h"

#define KERNEL_MODULE 0
#define INITRD_MODULE 1

#define NR_MSI_PIRQS 256	    /* numbers for them, besides the GSIs' */
#define LAST_MFN ((1ULL << 40) - 1) /* 52-bit addresses */
#define MIB_PAGES (1UL << (20 - PAGE_SHIFT))

struct build {
	struct kernel_image kernel;
	struct page
		*unpacked; /* the kernel, if it was packed; 2^order frames */
	unsigned int order;
	struct dom0_layout layout;
	struct dom0_memory memory;
	struct domain *d;
};

/* The one line; what the caller gets points here. */
static char reason[256];

static int fail(int rc, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static int fail(int rc, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return rc;
}

static struct boot_module *module(unsigned int i)
{
	return i < boot_info.nr_modules ? &boot_info.module[i] : NULL;
}

static const void *module_virt(const struct boot_module *m)
{
	return mfn_to_virt(MFN(m->maddr >> PAGE_SHIFT));
}

/* --- the kernel ---------------------------------------------------------- */

static int unpack_kernel(struct build *b, const uint8_t *payload, size_t len,
			 size_t size)
{
	const char *why, *format = unpack_format(payload, len);
	size_t out;
	int rc;

	while ((PAGE_SIZE << b->order) < size)
		b->order++;
	b->unpacked = heap_alloc(b->order, ANY_ADDRESS);
	if (!b->unpacked)
		return fail(-ENOMEM,
			    "no %lu MiB of memory in one piece to "
			    "unpack the kernel (%lu MiB are free)",
			    (PAGE_SIZE << b->order) >> 20,
			    heap_free_pages() / MIB_PAGES);
	log_info("Dom0 kernel: unpacking %zu KiB of %s to %zu KiB\n", len >> 10,
		 format, size >> 10);
	rc = unpack(payload, len, page_to_virt(b->unpacked), size, &out, &why);
	if (rc)
		return fail(rc, "the first module (kernel): its %s payload %s",
			    format, why);
	/* lz4's legacy form has no check of its own, and a limit for a size. */
	if (out < size && payload != module_virt(module(KERNEL_MODULE)))
		return fail(-EINVAL,
			    "the first module (kernel): its %s payload holds "
			    "less than it says",
			    format);
	rc = elf_parse(page_to_virt(b->unpacked), out, &b->kernel, &why);
	if (rc)
		return fail(rc, "the first module (kernel): its %s payload %s",
			    format, why);
	return 0;
}

static int read_kernel(struct build *b)
{
	const struct boot_module *m = module(KERNEL_MODULE);
	const uint8_t *payload, *src;
	const char *why;
	size_t len, size;
	int rc;

	if (!m)
		return fail(-ENOENT, "the boot loader passed no module: the "
				     "first must be the kernel, the second "
				     "may be an initrd");
	src = module_virt(m);
	rc = kernel_payload(src, m->size, &payload, &len, &why);
	if (!rc)
		rc = kernel_unpacked_size(src, payload, len, &size, &why);
	if (!rc && size)
		return unpack_kernel(b, payload, len, size);
	if (!rc)
		rc = elf_parse(payload, len, &b->kernel, &why);
	if (rc)
		return fail(rc, "the first module (kernel) %s", why);
	return 0;
}

static void write_piece(void *data, uint64_t paddr, const void *src, size_t n)
{
	dom0_write(data, paddr, src, n);
}

/* Load it, and let go of what it was loaded from. */
static void load_kernel(struct build *b)
{
	const struct kernel_image *k = &b->kernel;

	elf_for_each_piece(k, write_piece, &b->memory);
	if (k->hypercall_page)
		hypercall_page_fill(dom0_virt(
			&b->memory,
			(k->hypercall_page - k->virt_base) >> PAGE_SHIFT));
	if (b->unpacked)
		heap_free(b->unpacked, b->order);
	b->unpacked = NULL;
	boot_module_free(module(KERNEL_MODULE));
}

/* --- memory ----------------------------------------------------------------
 */

static uint64_t module_pages(const struct boot_module *m)
{
	return m ? (m->size + PAGE_SIZE - 1) >> PAGE_SHIFT : 0;
}

/* What is free, and will be once the modules and the unpacked kernel go. */
static uint64_t free_pages(const struct build *b)
{
	return heap_free_pages() + (b->unpacked ? 1UL << b->order : 0) +
	       module_pages(module(KERNEL_MODULE)) +
	       module_pages(module(INITRD_MODULE));
}

static int plan(struct build *b)
{
	const struct boot_module *initrd = module(INITRD_MODULE);
	struct dom0_layout *l = &b->layout;
	uint64_t nr_free = free_pages(b), nr, hole;
	const char *note, *why;
	int rc;

	nr = dom0_nr_pages(&opt, nr_free, &note);
	rc = dom0_layout_make(&b->kernel, nr, initrd ? initrd->size : 0, l,
			      &why);
	if (rc == -ENOMEM)
		return fail(rc,
			    "too little memory for Dom0: its kernel and "
			    "initrd need %lu MiB, it would get %lu MiB "
			    "(%lu MiB are free)",
			    l->nr_needed / MIB_PAGES + 1, nr / MIB_PAGES,
			    nr_free / MIB_PAGES);
	if (rc)
		return fail(rc, "the first module (kernel) %s", why);
	if (note)
		log_warn("%s: Dom0 gets %lu MiB of %lu MiB\n", note,
			 nr / MIB_PAGES, nr_free / MIB_PAGES);

	hole = dom0_first_hole(&boot_info, l->kernel_pfn, l->stack_pfn + 1);
	if (hole <= l->stack_pfn)
		return fail(-EINVAL,
			    "the kernel must lie at 0x%lx to 0x%lx, but "
			    "0x%lx is no RAM in this machine's memory "
			    "map",
			    l->kernel_pfn << PAGE_SHIFT,
			    (l->stack_pfn + 1) << PAGE_SHIFT,
			    hole << PAGE_SHIFT);
	return 0;
}

static int fill_memory(struct build *b)
{
	struct boot_module *initrd = module(INITRD_MODULE);
	const struct dom0_layout *l = &b->layout;
	struct dom0_memory *m = &b->memory;
	int rc = dom0_memory_init(m, b->d);

	if (!rc)
		rc = dom0_memory_grow(m, l->nr_mapped);
	if (rc)
		return rc;
	load_kernel(b);
	if (initrd) {
		rc = dom0_memory_grow(
			m, max(m->nr_pages, l->initrd_pfn + l->nr_initrd));
		if (rc)
			return rc;
		dom0_write(m, l->initrd_pfn << PAGE_SHIFT, module_virt(initrd),
			   initrd->size);
	}
	return 0;
}

/* --- the start of day ------------------------------------------------------
 */

static uint64_t mapped_va(const struct build *b, uint64_t pfn)
{
	return b->kernel.virt_base + (pfn << PAGE_SHIFT);
}

/* The kernel's part of the module's text: not a file name that comes first. */
static const char *kernel_cmdline(void)
{
	const char *text = module(KERNEL_MODULE)->cmdline, *space;
	const char *grub = strstr(boot_info.loader, "GRUB ");

	if (grub && grub[5] != '0')
		return text; /* GRUB 2 leaves it out, all others pass it */
	space = strchr(text, ' ');
	return space ? space + 1 : "";
}

static void write_cmdline(char *dst, size_t size)
{
	const char *text = kernel_cmdline();
	int n = snprintf(dst, size, "%s%s%s", text,
			 opt.dom0_extra[0] ? " " : "", opt.dom0_extra);

	if (n >= (int)size)
		log_warn("Dom0's command line is longer than %zu characters: "
			 "the rest is lost\n",
			 size - 1);
}

static void write_framebuffer(struct dom0_vga_console_info *vga)
{
	const struct boot_screen *s = &boot_info.screen;

	vga->video_type =
		efi.present ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
	vga->u.vesa_lfb.width = (uint16_t)s->width;
	vga->u.vesa_lfb.height = (uint16_t)s->height;
	vga->u.vesa_lfb.bytes_per_line = (uint16_t)s->pitch;
	vga->u.vesa_lfb.bits_per_pixel = s->bits_per_pixel;
	vga->u.vesa_lfb.lfb_base = (uint32_t)s->maddr;
	vga->u.vesa_lfb.ext_lfb_base = (uint32_t)(s->maddr >> 32);
	vga->u.vesa_lfb.lfb_size = div_round_up(s->pitch * s->height, 0x10000u);
	vga->u.vesa_lfb.red_pos = s->red.position;
	vga->u.vesa_lfb.red_size = s->red.size;
	vga->u.vesa_lfb.green_pos = s->green.position;
	vga->u.vesa_lfb.green_size = s->green.size;
	vga->u.vesa_lfb.blue_pos = s->blue.position;
	vga->u.vesa_lfb.blue_size = s->blue.size;
}

/* The screen as the firmware left it; with none Linux makes no console. */
static void write_screen(struct start_info *si)
{
	struct dom0_vga_console_info *vga = (void *)(si + 1);

	if (boot_info.screen.kind == SCREEN_NONE)
		return;
	si->console.dom0.info_off = sizeof(*si);
	si->console.dom0.info_size = sizeof(*vga);
	if (boot_info.screen.kind == SCREEN_PIXELS) {
		write_framebuffer(vga);
		return;
	}
	vga->video_type = XEN_VGATYPE_TEXT_MODE_3;
	vga->u.text_mode_3.font_height = 16;
	vga->u.text_mode_3.rows = 25;
	vga->u.text_mode_3.columns = 80;
}

static void write_start_info(const struct build *b)
{
	const struct boot_module *initrd = module(INITRD_MODULE);
	const struct dom0_layout *l = &b->layout;
	struct start_info *si = dom0_virt(&b->memory, l->start_info_pfn);

	memset(si, 0, PAGE_SIZE);
	memcpy(si->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
	si->nr_pages = l->nr_pages;
	si->shared_info = virt_to_mfn(b->d->shared_info).v << PAGE_SHIFT;
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = mapped_va(b, l->tables_pfn);
	si->nr_pt_frames = l->nr_tables;
	si->mfn_list = l->p2m_va;
	if (l->nr_p2m_tables) {
		si->first_p2m_pfn = l->p2m_pfn;
		si->nr_p2m_frames = l->nr_p2m + l->nr_p2m_tables;
	}
	if (initrd) {
		si->mod_len = initrd->size;
		si->mod_start = mapped_va(b, l->initrd_pfn);
		if (b->kernel.initrd_by_pfn) {
			si->mod_start = l->initrd_pfn;
			si->flags |= SIF_MOD_START_PFN;
		}
	}
	write_screen(si);
	write_cmdline(si->cmd_line, sizeof(si->cmd_line));
}

static void describe(const struct build *b)
{
	const struct kernel_image *k = &b->kernel;
	const struct dom0_layout *l = &b->layout;

	log_info("Dom0: %lu MiB, %u vcpus, %u pieces of machine memory\n",
		 l->nr_pages / MIB_PAGES, b->d->max_vcpus,
		 b->memory.nr_extents);
	log_info(" kernel      %016lx to %016lx, entry %016lx\n",
		 mapped_va(b, l->kernel_pfn), mapped_va(b, l->kernel_end_pfn),
		 k->entry);
	if (l->nr_initrd)
		log_info(" initrd      pfn 0x%lx to 0x%lx\n", l->initrd_pfn,
			 l->initrd_pfn + l->nr_initrd);
	log_info(" p2m         %016lx, pfn 0x%lx to 0x%lx\n", l->p2m_va,
		 l->p2m_pfn, l->p2m_pfn + l->nr_p2m + l->nr_p2m_tables);
	log_info(" start info  %016lx\n", mapped_va(b, l->start_info_pfn));
	log_info(" page tables %016lx to %016lx\n", mapped_va(b, l->tables_pfn),
		 mapped_va(b, l->stack_pfn));
	log_info(" boot stack  %016lx to %016lx\n", mapped_va(b, l->stack_pfn),
		 mapped_va(b, l->stack_pfn + 1));
	log_info(" mapped      %016lx to %016lx\n", mapped_va(b, 0),
		 mapped_va(b, l->nr_mapped));
}

/* --- the domain ------------------------------------------------------------
 */

static int make_domain(struct build *b)
{
	struct domain_config config = {
		.max_vcpus = opt.dom0_max_vcpus
				     ? opt.dom0_max_vcpus
				     : cpumask_weight(cpu_online_map),
		.max_evtchn_port = ~0u,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.max_grant_version = 2,
		.nr_pirqs = ioapic_nr_gsis() + NR_MSI_PIRQS,
		.is_privileged = true,
		.is_xs_domain = true,
	};
	int rc;

	if (config.max_vcpus > MAX_VCPUS) {
		log_warn("dom0_max_vcpus=%u: Dom0 gets %u vcpus, the most a "
			 "domain can have\n",
			 config.max_vcpus, MAX_VCPUS);
		config.max_vcpus = MAX_VCPUS;
	}
	rc = domain_create(0, &config, &b->d);
	if (rc)
		return rc;
	b->d->max_pages = dom0_max_pages(&opt, b->layout.nr_pages);
	for (uint32_t i = 0; i < config.max_vcpus; i++)
		if (!vcpu_create(b->d, i))
			return -ENOMEM;
	return 0;
}

/* Dom0 owns the hardware, except what the hypervisor uses itself. */
static int grant_hardware(struct domain *d)
{
	uint16_t first, last;
	int rc = rangeset_add(&d->iomem, 0, LAST_MFN);

	if (!rc)
		rc = rangeset_add(&d->irqs, 0, nr_pirqs(d) - 1);
	if (!rc)
		rc = rangeset_add(&d->ioport, 0, 0xffff);
	for (unsigned int i = 0; !rc && ioport_dom0_denied(i, &first, &last);
	     i++)
		rc = rangeset_remove(&d->ioport, first, last);
	return rc;
}

/* Have the tables checked and pinned, and give the first vcpu its start. */
static int start_vcpu(struct build *b)
{
	const struct dom0_layout *l = &b->layout;
	mfn_t l4 = dom0_mfn(&b->memory, l->tables_pfn);
	struct vcpu *v = b->d->vcpu[0];
	unsigned int order = 1; /* too large for a stack */
	struct vcpu_guest_context *c = hv_pages_alloc(order);
	int rc;

	_Static_assert(sizeof(*c) <= 2 * PAGE_SIZE, "order");
	if (!c)
		return -ENOMEM;
	c->flags = VGCF_IN_KERNEL;
	c->user_regs.rip = b->kernel.entry;
	c->user_regs.rsp = mapped_va(b, l->stack_pfn + 1);
	c->user_regs.rsi = mapped_va(b, l->start_info_pfn);
	c->user_regs.rflags = 0x200;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->ctrlreg[3] = xen_pfn_to_cr3(l4.v);
	c->debugreg[6] = 0xffff0ff0;
	c->debugreg[7] = 0x400;
	rc = page_pin(mfn_to_page(l4), b->d, PT_L4, false);
	if (!rc)
		rc = pv_set_context(v, c);
	if (!rc)
		v->is_down = false;
	hv_pages_free(c, order);
	return rc;
}

static int build(struct build *b)
{
	const struct dom0_layout *l = &b->layout;
	int rc;

	rc = read_kernel(b);
	if (!rc)
		rc = plan(b);
	if (rc)
		return rc;

	rc = make_domain(b);
	if (!rc)
		rc = grant_hardware(b->d);
	if (!rc)
		rc = fill_memory(b);
	if (rc)
		return fail(rc,
			    "making the domain failed with error %d "
			    "(%lu MiB are free)",
			    -rc, heap_free_pages() / MIB_PAGES);
	write_start_info(b); /* looks at the initrd's module */
	if (module(INITRD_MODULE))
		boot_module_free(module(INITRD_MODULE));
	rc = dom0_memory_grow(&b->memory, l->nr_pages);
	if (rc)
		return fail(rc, "memory ran out after %lu of %lu MiB",
			    b->memory.nr_pages / MIB_PAGES,
			    l->nr_pages / MIB_PAGES);
	dom0_write_p2m(&b->memory, l);
	dom0_write_tables(&b->memory, &b->kernel, l);
	describe(b);
	rc = start_vcpu(b);
	if (rc)
		return fail(rc, "its first page tables are refused (error %d)",
			    -rc);
	return 0;
}

struct domain *dom0_build(const char **why)
{
	static struct build b;
	int rc;

	if (boot_info.nr_modules > 2)
		log_warn("only the first two modules are used, of %u\n",
			 boot_info.nr_modules);
	rc = build(&b);
	if (b.unpacked)
		heap_free(b.unpacked, b.order);
	dom0_memory_done(&b.memory);
	if (rc) {
		*why = reason;
		return NULL;
	}
	return b.d;
}

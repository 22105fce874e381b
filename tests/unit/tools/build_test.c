// SPDX-License-Identifier: GPL-2.0-only
/*
 * The builder on a machine of our own: what a kernel would find at its first
 * instruction, found the way it would: through the page tables.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build_scene.h"
#include "fixture.h"
#include "kernels.h"

static void check_image(const struct scene *s, uint64_t base,
			const struct kernel_options *o)
{
	uint64_t bytes = KERNEL_TEXT_PAGES * 4096 + KERNEL_DATA_BYTES;

	for (uint64_t i = 0; i < bytes; i += 61)
		EXPECT_EQ(*(uint8_t *)scene_at(s, base + KERNEL_PADDR + i),
			  kernel_byte(KERNEL_PADDR + i));
	for (uint64_t i = 0; i < o->bss_bytes; i += 61)
		EXPECT_EQ(*(uint8_t *)scene_at(s,
					       base + KERNEL_PADDR + bytes + i),
			  0);
}

/* Build with these options and look at everything. */
static void build_and_check(const struct kernel_options *o, unsigned int mib,
			    size_t initrd_bytes)
{
	struct scene s = {0};
	uint64_t base = o->virt_base ? o->virt_base : KERNEL_VIRT_BASE;
	size_t len;
	uint8_t *elf = kernel_elf(o, &len), *initrd;

	initrd = malloc(initrd_bytes + 1);
	for (size_t i = 0; i < initrd_bytes; i++)
		initrd[i] = (uint8_t)(i * 31 + (i >> 12));
	s.p.initrd = initrd_bytes > 0 ? initrd : NULL;
	s.p.initrd_bytes = initrd_bytes;
	EXPECT_EQ(scene_kernel(&s, elf, len), 0);
	scene_domain(&s, mib);
	EXPECT_EQ(scene_build(&s), 0);
	scene_check(&s);
	check_image(&s, base, o);
	EXPECT_EQ(s.d->hypercall_page != 0, o->hypercall_page);
	if (o->hypercall_page)
		EXPECT_EQ(s.d->hypercall_page, scene_p2m(&s, 0x102));
	free(elf);
	free(initrd);
	scene_end(&s);
}

UNIT_TEST(a_linux_like_kernel_finds_what_it_needs)
{
	struct kernel_options o = {.bss_bytes = 300000};

	fake_reset(128);
	build_and_check(&o, 32, 100000);
}

UNIT_TEST(an_initrd_of_whole_pages_or_none)
{
	struct kernel_options o = {0};

	fake_reset(128);
	build_and_check(&o, 16, 3 << 20);
	build_and_check(&o, 16, 0);
	build_and_check(&o, 16, 1);
	build_and_check(&o, 16, 4096);
}

UNIT_TEST(a_kernel_that_wants_p2m_and_initrd_mapped_gets_them_so)
{
	struct kernel_options o = {.no_init_p2m = true,
				   .no_mod_start_pfn = true};

	fake_reset(128);
	build_and_check(&o, 16, 123456);
	o.no_init_p2m = false;
	build_and_check(&o, 16, 123456);
}

UNIT_TEST(a_kernel_at_a_low_address_of_odd_size)
{
	struct kernel_options o = {.virt_base = 0x400000000000ull,
				   .bss_bytes = 12345678};

	fake_reset(128);
	build_and_check(&o, 33, 5000);
}

UNIT_TEST(a_kernel_whose_p2m_shares_its_upper_tables)
{
	struct kernel_options o = {.virt_base =
					   KERNEL_INIT_P2M + (64ull << 20)};

	fake_reset(128);
	build_and_check(&o, 16, 5000);
	o.virt_base = KERNEL_INIT_P2M - (512ull << 20);
	build_and_check(&o, 16, 5000);
}

UNIT_TEST(a_hypercall_page_is_filled_where_it_is_asked_for)
{
	struct kernel_options o = {.hypercall_page = true};

	fake_reset(64);
	build_and_check(&o, 16, 0);
}

UNIT_TEST(hypervisors_without_extras_are_good_enough)
{
	struct kernel_options o = {.bss_bytes = 300000};

	fake_reset(128);
	fake.no_write = fake.no_clear = fake.no_resource = true;
	build_and_check(&o, 16, 100000);
	fake.no_big = true;
	build_and_check(&o, 17, 100000);
}

UNIT_TEST(memory_that_is_clear_is_not_cleared)
{
	struct kernel_options o = {.bss_bytes = 300000};

	fake_reset(128);
	fake.is_pavo = true;
	build_and_check(&o, 16, 100000);
}

UNIT_TEST(every_failing_call_fails_the_build_and_leaves_no_mapping)
{
	struct kernel_options o = {.hypercall_page = true};
	unsigned int n;
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	for (n = 1;; n++) {
		struct scene s = {0};
		int rc;

		fake_reset(64);
		EXPECT_EQ(scene_kernel(&s, elf, len), 0);
		scene_domain(&s, 8);
		s.p.initrd = elf;
		s.p.initrd_bytes = len;
		fake.no_resource = n % 2;
		fake.nr_calls = 0;
		fake.fail_at = n;
		fake.fail_rc = -EINVAL;
		rc = scene_build(&s);
		kimage_unmap(&s.kernel);
		hv_close(&s.hv);
		if (rc == 0 && fake.nr_calls < n) {
			req_free(&s.r);
			break;
		}
		EXPECT_EQ(rc, -EINVAL);
		EXPECT(s.r.what != NULL);
		EXPECT_EQ(fake.nr_mapped, 0);
		req_free(&s.r);
	}
	EXPECT(n > 10);
	free(elf);
}

UNIT_TEST(too_little_memory_is_refused_with_what_it_takes)
{
	struct kernel_options o = {.bss_bytes = 20 << 20};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(64);
	EXPECT_EQ(scene_kernel(&s, elf, len), 0);
	scene_domain(&s, 16);
	EXPECT_EQ(scene_build(&s), -ENOMEM);
	EXPECT(strstr(s.r.what, "16 MiB of memory are too small") != NULL);
	EXPECT(strstr(s.r.what, "at least 25 MiB") != NULL);
	EXPECT(strstr(s.r.hint, "set memory to 25") != NULL);
	EXPECT_EQ(s.d->info.tot_pages, 0);
	free(elf);
	scene_end(&s);
}

UNIT_TEST(a_host_that_runs_out_says_how_far_it_came)
{
	struct kernel_options o = {0};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(10);
	EXPECT_EQ(scene_kernel(&s, elf, len), 0);
	scene_domain(&s, 16);
	EXPECT_EQ(scene_build(&s), -ENOMEM);
	EXPECT(strstr(s.r.what, "after 10 of 16 MiB") != NULL);
	free(elf);
	scene_end(&s);
}

UNIT_TEST(a_command_line_that_does_not_fit_is_refused)
{
	static char line[1100];
	struct kernel_options o = {0};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(32);
	memset(line, 'x', sizeof(line) - 1);
	EXPECT_EQ(scene_kernel(&s, elf, len), 0);
	scene_domain(&s, 16);
	s.p.cmdline = line;
	EXPECT_EQ(scene_build(&s), -E2BIG);
	line[1023] = '\0';
	EXPECT_EQ(scene_build(&s), 0);
	free(elf);
	scene_end(&s);
}

UNIT_TEST(a_kernel_without_room_for_its_p2m_is_refused)
{
	struct kernel_options o = {.virt_base = KERNEL_INIT_P2M};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(32);
	EXPECT_EQ(scene_kernel(&s, elf, len), 0);
	scene_domain(&s, 16);
	EXPECT_EQ(scene_build(&s), -ENOEXEC);
	free(elf);
	scene_end(&s);
}

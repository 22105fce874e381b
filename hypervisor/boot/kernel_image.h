/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel images as a boot loader hands them over: what is inside a module, and
 * what a PV kernel says about itself in its ELF notes.
 */
#ifndef BOOT_KERNEL_IMAGE_H
#define BOOT_KERNEL_IMAGE_H

#include <hv/types.h>

/* An ELF kernel that can be started as a PV guest; it keeps no copy. */
struct kernel_image {
	const uint8_t *elf;
	size_t len;

	uint64_t entry;	    /* virtual addresses                           */
	uint64_t virt_base; /* of guest-physical address 0                 */
	uint64_t p2m_base;  /* of the p2m, if has_p2m_base                 */
	uint64_t hypercall_page; /* 0: it needs none                       */
	uint64_t paddr_offset;	 /* p_paddr of guest-physical address 0    */
	/* Guest-physical: segments lie within [first, end). */
	uint64_t first_paddr, end_paddr;
	bool has_p2m_base;  /* the p2m is outside the kernel's mapping     */
	bool initrd_by_pfn; /* it finds an initrd that is not mapped       */
};

/*
 * The ELF file or archive inside @src: @src itself, or the payload of a
 * bzImage.  What is not one or the other is described in @why: -EINVAL.
 */
int kernel_payload(const uint8_t *src, size_t len, const uint8_t **payload,
		   size_t *payload_len, const char **why);

/*
 * The memory that @payload takes when unpacked; 0 if it is not packed.
 * -EINVAL, with the reason in @why.
 */
int kernel_unpacked_size(const uint8_t *src, const uint8_t *payload,
			 size_t payload_len, size_t *size, const char **why);

/* Check the headers and read the notes.  -EINVAL, with the reason in @why. */
int elf_parse(const uint8_t *elf, size_t len, struct kernel_image *k,
	      const char **why);

/*
 * Hand out each piece of the image and its guest-physical address; @src is NULL
 * for one that is all zero.
 */
void elf_for_each_piece(const struct kernel_image *k,
			void (*fn)(void *data, uint64_t paddr, const void *src,
				   size_t n),
			void *data);

#endif

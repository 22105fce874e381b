/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI run time services for Dom0: arguments are copied in, the service sees
 * only our copies, results are copied out.  Errors of the call are returned;
 * the service's own answer is in op->status.
 */
#include <hv/domain.h>
#include <hv/efi.h>
#include <hv/page_alloc.h>
#include <hv/platform_op.h>
#include <hv/string.h>
#include <hv/x86/efi_runtime.h>
#include <abi/errno.h>

#define EFI_2_0 (2u << 16)
#define NAME_ORDER 0 /* a page of UTF-16; Linux sends 1 KiB at most */
#define DATA_ORDER 6
#define MAX_NAME (PAGE_SIZE << NAME_ORDER)
#define MAX_DATA (PAGE_SIZE << DATA_ORDER)

/* The same in EFI's header and in the ABI. */
typedef struct xenpf_efi_time efi_time;

struct time_capabilities {
	uint32_t resolution, accuracy;
	uint8_t sets_to_zero;
};

static uint64_t call(enum efi_service s, const void *a, const void *b,
		     const void *c, uint64_t d, uint64_t e)
{
	return efi_runtime_call(s, (uint64_t)a, (uint64_t)b, (uint64_t)c, d, e);
}

/* --- time --------------------------------------------------------------- */

static int get_time(struct xenpf_efi_runtime_call *op)
{
	struct time_capabilities caps = {0};
	efi_time time = {0};

	if (op->misc)
		return -EINVAL;
	op->status = call(EFI_GET_TIME, &time, &caps, NULL, 0, 0);
	if (op->status != EFI_SUCCESS)
		return 0;
	op->u.get_time.time = time;
	op->u.get_time.resolution = caps.resolution;
	op->u.get_time.accuracy = caps.accuracy;
	if (caps.sets_to_zero)
		op->misc |= XEN_EFI_GET_TIME_SET_CLEARS_NS;
	return 0;
}

static int set_time(struct xenpf_efi_runtime_call *op)
{
	efi_time time = op->u.set_time;

	if (op->misc)
		return -EINVAL;
	op->status = call(EFI_SET_TIME, &time, NULL, NULL, 0, 0);
	return 0;
}

static int get_wakeup_time(struct xenpf_efi_runtime_call *op)
{
	uint8_t enabled = 0, pending = 0;
	efi_time time = {0};

	if (op->misc)
		return -EINVAL;
	op->status = call(EFI_GET_WAKEUP_TIME, &enabled, &pending, &time, 0, 0);
	if (op->status != EFI_SUCCESS)
		return 0;
	op->u.get_wakeup_time = time;
	op->misc = (enabled ? XEN_EFI_GET_WAKEUP_TIME_ENABLED : 0) |
		   (pending ? XEN_EFI_GET_WAKEUP_TIME_PENDING : 0);
	return 0;
}

static int set_wakeup_time(struct xenpf_efi_runtime_call *op)
{
	const uint32_t known = XEN_EFI_SET_WAKEUP_TIME_ENABLE |
			       XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY;
	bool enable = op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE;
	bool only = op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY;
	efi_time time = op->u.set_wakeup_time;

	if ((op->misc & ~known) || (only && !enable))
		return -EINVAL;
	op->status = efi_runtime_call(EFI_SET_WAKEUP_TIME, enable,
				      enable && !only ? (uint64_t)&time : 0, 0,
				      0, 0);
	return 0;
}

/* --- variables ---------------------------------------------------------- */

static int get_count(struct xenpf_efi_runtime_call *op)
{
	uint32_t count = 0;

	if (op->misc)
		return -EINVAL;
	op->status = call(EFI_GET_NEXT_HIGH_MONOTONIC_COUNT, &count, NULL, NULL,
			  0, 0);
	op->misc = count;
	return 0;
}

/* A name up to its 0, of at most MAX_NAME bytes. */
static int copy_name(uint16_t *name, uint64_t from)
{
	for (uint64_t i = 0; i < MAX_NAME / 2; i++) {
		if (copy_from_guest(&name[i], guest_ptr(from + 2 * i), 2))
			return -EFAULT;
		if (!name[i])
			return 0;
	}
	return -E2BIG;
}

struct buffers {
	uint16_t *name;
	void *data;
};

static void free_buffers(struct buffers *b)
{
	if (b->name)
		hv_pages_free(b->name, NAME_ORDER);
	if (b->data)
		hv_pages_free(b->data, DATA_ORDER);
}

static int alloc_buffers(struct buffers *b)
{
	b->name = hv_pages_alloc(NAME_ORDER);
	b->data = hv_pages_alloc(DATA_ORDER);
	if (b->name && b->data)
		return 0;
	free_buffers(b);
	return -ENOMEM;
}

static int get_variable(struct xenpf_efi_runtime_call *op,
			const struct buffers *b)
{
	struct xenpf_efi_guid guid = op->u.get_variable.vendor_guid;
	uint64_t size = min(op->u.get_variable.size, (uint64_t)MAX_DATA);
	uint32_t attr = 0;
	int rc;

	if (op->misc)
		return -EINVAL;
	rc = copy_name(b->name, op->u.get_variable.name);
	if (rc)
		return rc;
	op->status = call(EFI_GET_VARIABLE, b->name, &guid, &attr,
			  (uint64_t)&size, size ? (uint64_t)b->data : 0);
	if (op->status == EFI_SUCCESS) {
		op->misc = attr;
		if (copy_to_guest(guest_ptr(op->u.get_variable.data), b->data,
				  min(size, (uint64_t)MAX_DATA)))
			return -EFAULT;
	}
	if (op->status == EFI_SUCCESS || op->status == EFI_BUFFER_TOO_SMALL)
		op->u.get_variable.size = size;
	return 0;
}

static int set_variable(struct xenpf_efi_runtime_call *op,
			const struct buffers *b)
{
	struct xenpf_efi_guid guid = op->u.set_variable.vendor_guid;
	uint64_t size = op->u.set_variable.size;
	int rc;

	if (size > MAX_DATA)
		return -E2BIG;
	rc = copy_name(b->name, op->u.set_variable.name);
	if (rc)
		return rc;
	if (copy_from_guest(b->data, guest_ptr(op->u.set_variable.data), size))
		return -EFAULT;
	op->status = efi_runtime_call(EFI_SET_VARIABLE, (uint64_t)b->name,
				      (uint64_t)&guid, op->misc, size,
				      (uint64_t)b->data);
	return 0;
}

static int get_next_name(struct xenpf_efi_runtime_call *op,
			 const struct buffers *b)
{
	struct xenpf_efi_guid guid = op->u.get_next_variable_name.vendor_guid;
	uint64_t size =
		min(op->u.get_next_variable_name.size, (uint64_t)MAX_NAME);
	guest_ptr_t name = guest_ptr(op->u.get_next_variable_name.name);
	int rc;

	if (op->misc)
		return -EINVAL;
	rc = copy_name(b->name, name.va);
	if (rc)
		return rc;
	op->status =
		call(EFI_GET_NEXT_VARIABLE_NAME, &size, b->name, &guid, 0, 0);
	if (op->status == EFI_SUCCESS &&
	    copy_to_guest(name, b->name, min(size, (uint64_t)MAX_NAME)))
		return -EFAULT;
	op->u.get_next_variable_name.size = size;
	op->u.get_next_variable_name.vendor_guid = guid;
	return 0;
}

static int query_info(struct xenpf_efi_runtime_call *op)
{
	uint64_t size[3] = {0};

	/* boot services are over: a snapshot of theirs is what is now */
	if (op->misc & ~(uint32_t)XEN_EFI_VARINFO_BOOT_SNAPSHOT)
		return -EINVAL;
	if (efi.revision < EFI_2_0)
		return -EOPNOTSUPP;
	op->status = efi_runtime_call(
		EFI_QUERY_VARIABLE_INFO, op->u.query_variable_info.attr,
		(uint64_t)&size[0], (uint64_t)&size[1], (uint64_t)&size[2], 0);
	op->u.query_variable_info.max_store_size = size[0];
	op->u.query_variable_info.remain_store_size = size[1];
	op->u.query_variable_info.max_size = size[2];
	return 0;
}

static int variable_op(struct xenpf_efi_runtime_call *op)
{
	struct buffers b;
	int rc = alloc_buffers(&b);

	if (rc)
		return rc;
	if (op->function == XEN_EFI_get_variable)
		rc = get_variable(op, &b);
	else if (op->function == XEN_EFI_set_variable)
		rc = set_variable(op, &b);
	else
		rc = get_next_name(op, &b);
	free_buffers(&b);
	return rc;
}

int platform_efi_runtime_call(struct domain *d,
			      struct xenpf_efi_runtime_call *op)
{
	(void)d;
	if (!efi.present)
		return -ENOSYS;
	if (!efi_runtime_usable())
		return -EOPNOTSUPP;
	switch (op->function) {
	case XEN_EFI_get_time:
		return get_time(op);
	case XEN_EFI_set_time:
		return set_time(op);
	case XEN_EFI_get_wakeup_time:
		return get_wakeup_time(op);
	case XEN_EFI_set_wakeup_time:
		return set_wakeup_time(op);
	case XEN_EFI_get_next_high_monotonic_count:
		return get_count(op);
	case XEN_EFI_get_variable:
	case XEN_EFI_set_variable:
	case XEN_EFI_get_next_variable_name:
		return variable_op(op);
	case XEN_EFI_query_variable_info:
		return query_info(op);
	default: /* capsules: their lists name machine addresses */
		return -ENOSYS;
	}
}

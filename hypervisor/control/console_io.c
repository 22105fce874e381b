/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console_io.  Dom0 writes to the console as it likes.  What a DomU writes
 * reaches it as whole lines of plain text, each said to be its, and not more
 * of it than a person or a log can stand.
 */
#include <hv/assert.h>
#include <hv/console.h>
#include <hv/control.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/format.h>
#include <hv/hypercall.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#define CHUNK 128
#define CHUNKS_PER_CHECK 8
#define LINE 200 /* longer ones are broken */

/* A DomU may burst this much and then go on at this rate. */
#define BUCKET_BYTES 16384
#define BYTES_PER_S 4096

struct guest_console {
	char line[LINE + 1];
	uint32_t len;
	uint32_t bucket;    /* bytes it may still print                  */
	uint64_t filled_ns; /* when bucket was right                     */
	uint64_t dropped;   /* bytes not shown since the last that were  */
};

static void refill(struct guest_console *c)
{
	uint64_t now = now_ns(), ns = min(now - c->filled_ns, 10 * NS_PER_SEC);
	uint64_t bytes = ns * BYTES_PER_S / NS_PER_SEC;

	if (!bytes)
		return;
	c->bucket = (uint32_t)min(c->bucket + bytes, (uint64_t)BUCKET_BYTES);
	c->filled_ns = now;
}

static void flush_line(struct domain *d, struct guest_console *c)
{
	uint32_t len = c->len;

	c->len = 0;
	refill(c);
	if (len > c->bucket) {
		c->dropped += len;
		return;
	}
	c->bucket -= len;
	if (c->dropped) {
		log_warn("d%u wrote too much too fast: %llu bytes not shown\n",
			 d->domid, (unsigned long long)c->dropped);
		c->dropped = 0;
	}
	console_guest_write(d, c->line, len);
}

/* Terminals obey control characters: a guest's do not get there. */
static void put_char(struct domain *d, struct guest_console *c, char ch)
{
	bool is_text = (ch >= ' ' && ch < 0x7f) || ch == '\t' || ch & 0x80;

	if (is_text)
		c->line[c->len++] = ch;
	if (ch == '\n' || c->len == LINE) {
		c->line[c->len++] = '\n';
		flush_line(d, c);
	}
}

/* Under @d's lock; it has a guest_console. */
static void write_guest(struct domain *d, const char *s, size_t n)
{
	ASSERT(spin_is_held(&d->lock));
	for (size_t i = 0; i < n; i++)
		put_char(d, d->console, s[i]);
}

static int make_guest_console(struct domain *d)
{
	struct guest_console *c;

	if (d->is_privileged || READ_ONCE(d->console))
		return 0;
	c = xzalloc(struct guest_console);
	if (!c)
		return -ENOMEM;
	c->bucket = BUCKET_BYTES;
	c->filled_ns = now_ns();
	spin_lock(&d->lock);
	if (!d->console) {
		d->console = c;
		c = NULL;
	}
	spin_unlock(&d->lock);
	xfree(c); /* another vcpu was faster */
	return 0;
}

static long write_chunk(struct domain *d, guest_ptr_t from, size_t n)
{
	char buf[CHUNK];

	if (copy_from_guest(buf, from, n))
		return -EFAULT;
	if (d->is_privileged) {
		console_guest_write(d, buf, n);
		return 0;
	}
	spin_lock(&d->lock);
	write_guest(d, buf, n);
	spin_unlock(&d->lock);
	return 0;
}

long console_write(struct domain *d, guest_ptr_t buffer, uint32_t count)
{
	uint32_t done = 0;
	long rc = make_guest_console(d);

	for (unsigned int i = 1; !rc && done < count; i++) {
		uint32_t n = min(count - done, (uint32_t)CHUNK);

		rc = write_chunk(d, guest_ptr_add(buffer, done), n);
		done += n;
		if (!rc && done < count && i % CHUNKS_PER_CHECK == 0 &&
		    preempt_check()) {
			hypercall_args()->a[1] = count - done;
			hypercall_args()->a[2] = buffer.va + done;
			return -ERESTART;
		}
	}
	return rc;
}

long console_read(struct domain *d, guest_ptr_t buffer, uint32_t count)
{
	char buf[CHUNK];
	uint32_t done = 0;
	size_t n;

	(void)d;
	count = min(count, (uint32_t)INT32_MAX);
	do {
		n = console_guest_read(buf, min(count - done, (uint32_t)CHUNK));
		if (n && copy_to_guest(guest_ptr_add(buffer, done), buf, n))
			return -EFAULT;
		done += (uint32_t)n;
	} while (n && done < count);
	return done;
}

void console_io_free(struct domain *d)
{
	struct guest_console *c = d->console;

	if (!c)
		return;
	if (c->len) {
		c->line[c->len++] = '\n';
		flush_line(d, c);
	}
	d->console = NULL;
	xfree(c);
}

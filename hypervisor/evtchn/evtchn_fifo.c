/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO ABI: each vcpu has 16 queues, linked through event words in pages
 * the guest gave us (Xen ABI, public/event_channel.h; Linux, events_fifo.c).
 *
 * An event word is PENDING, MASKED, LINKED (on a queue, its low bits the next
 * port there) and BUSY (we are about to write the link: the guest must not
 * unmask now).  Who does what:
 *
 *   raise    set PENDING; if neither MASKED nor LINKED, put it on a queue
 *   queue    set LINKED; write our port into the tail's link if the tail is
 *            still LINKED, else into the queue's head; then set the queue's
 *            ready bit and the upcall flag if it was an empty queue
 *   consume  (guest) take the head, clear LINKED and the link in one step,
 *            then handle it if PENDING and not MASKED; a zero link ends
 *   unmask   clear MASKED; if PENDING and not LINKED, put it on a queue
 *
 * Nothing is lost: whoever finds LINKED set leaves the work to the consumer,
 * which looks at PENDING only after it has cleared LINKED; whoever finds
 * MASKED set leaves it to unmask, which looks at PENDING after clearing MASKED.
 *
 * An event stays on the queue it was linked to when its vcpu or priority
 * changes, and goes to the new one at its next link.  evtchn.last names the
 * queue of the last link: that queue's tail may be this port, and must be
 * forgotten when the port is linked elsewhere, or the next event put behind it
 * would land on the wrong queue.  So both queues are locked for a link.
 *
 * The guest may write anything at any time.  It can then lose its own events;
 * all we follow are ports we linked ourselves, and every loop is bounded.
 */
#include <hv/event_word.h>
#include <hv/evtchn.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/printk.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "port.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

/* Tries against a guest that keeps changing a word, or moving an event. */
#define MAX_TRIES 4

_Static_assert(MAX_VCPUS *EVTCHN_FIFO_MAX_QUEUES <= 1 << 16,
	       "evtchn.last holds any queue");

struct evtchn_fifo {
	uint32_t nr_words; /* only grows while a port is in use */
	event_word_t *page[MAX_PAGES];
};

static event_word_t *word_of(const struct domain *d, uint32_t port)
{
	const struct evtchn_fifo *f = d->evtchn->fifo;

	/* pairs with the release in evtchn_expand_array() */
	if (unlikely(port >= __atomic_load_n(&f->nr_words, __ATOMIC_ACQUIRE)))
		return NULL;
	return &f->page[port / WORDS_PER_PAGE][port % WORDS_PER_PAGE];
}

/* -------- putting an event on a queue -------- */

/* Returns 1: linked, 0: the tail was not LINKED, -EAGAIN: the word changed. */
static int try_link(event_word_t *w, uint32_t *old, uint32_t port)
{
	if (!(*old & WORD_LINKED))
		return 0;
	if (word_cmpxchg(w, old, (*old & ~(WORD_BUSY | WORD_LINK)) | port))
		return 1;
	return -EAGAIN;
}

/*
 * Put @port behind the tail whose word is @w.  false: the tail has left the
 * queue, which is thus empty.
 */
static bool link_behind(const struct domain *d, event_word_t *w, uint32_t port)
{
	uint32_t old = word_read(w);
	int rc = try_link(w, &old, port);

	if (rc >= 0)
		return rc;
	/* BUSY keeps a good guest from unmasking; consuming takes one step. */
	old = word_set(w, WORD_BUSY) | WORD_BUSY;
	for (int i = 0; i < MAX_TRIES; i++) {
		rc = try_link(w, &old, port);
		if (rc > 0)
			return true;
		if (rc == 0)
			break;
	}
	word_clear(w, WORD_BUSY);
	if (rc == 0)
		return false;
	guest_log(d, LOG_WARNING, "event %u lost: its queue keeps changing\n",
		  port);
	return true;
}

/*
 * Lock the queues of the last and the next link of @chn; the vcpu of the last.
 * NULL: the guest moves the event too fast.
 */
static struct evtchn_vcpu *lock_queues(const struct domain *d,
				       const struct evtchn *chn,
				       struct evtchn_vcpu *next)
{
	for (int i = 0; i < MAX_TRIES; i++) {
		uint16_t last = READ_ONCE(chn->last);
		struct evtchn_vcpu *ev =
			d->vcpu[last / EVTCHN_FIFO_MAX_QUEUES]->evtchn;

		spin_lock_pair(&ev->fifo_lock, &next->fifo_lock);
		if (likely(READ_ONCE(chn->last) == last))
			return ev;
		spin_unlock_pair(&ev->fifo_lock, &next->fifo_lock);
	}
	guest_log(d, LOG_WARNING, "event %u lost: it keeps changing vcpus\n",
		  chn->port);
	return NULL;
}

/* The event is PENDING and was neither LINKED nor MASKED a moment ago. */
static void enqueue(struct domain *d, struct vcpu *v, struct evtchn *chn,
		    event_word_t *w)
{
	struct evtchn_vcpu *next = v->evtchn, *prev;
	uint32_t prio = READ_ONCE(chn->priority);
	struct evtchn_fifo_control_block *control;
	bool was_empty = false;
	uint32_t *prev_tail;

	prev = lock_queues(d, chn, next);
	if (!prev)
		return;
	control = next->control;
	/* No queues yet: a guest unmasks only after it has set them up. */
	if (!control || (word_set(w, WORD_LINKED) & WORD_LINKED))
		goto unlock;
	prev_tail = &prev->tail[chn->last % EVTCHN_FIFO_MAX_QUEUES];
	if (*prev_tail == chn->port)
		*prev_tail = 0; /* it was the last one: that queue is empty */
	WRITE_ONCE(chn->last,
		   (uint16_t)(v->id * EVTCHN_FIFO_MAX_QUEUES + prio));
	was_empty = !next->tail[prio] ||
		    !link_behind(d, word_of(d, next->tail[prio]), chn->port);
	if (was_empty)
		word_write(&control->head[prio], chn->port);
	next->tail[prio] = chn->port;
unlock:
	spin_unlock_pair(&prev->fifo_lock, &next->fifo_lock);
	/* A queue that was not empty is ready, or being consumed. */
	if (was_empty && !(word_set(&control->ready, 1U << prio) >> prio & 1))
		vcpu_mark_events_pending(v);
}

void fifo_set_pending(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
	event_word_t *w = word_of(d, chn->port);
	uint32_t old;

	if (!w) {
		/*
		 * Full barrier: partner of raise_waiting(), which runs after
		 * the word came to be.  One of the two sees the other's write.
		 */
		__atomic_exchange_n(&chn->waiting, 1, __ATOMIC_SEQ_CST);
		w = word_of(d, chn->port);
		if (!w)
			return;
	}
	old = word_set(w, WORD_PENDING);
	if (!(old & (WORD_MASKED | WORD_LINKED)) && likely(v))
		enqueue(d, v, chn, w);
	if (!(old & WORD_PENDING))
		wake_pollers(d);
}

void fifo_unmask(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
	event_word_t *w = word_of(d, chn->port);
	uint32_t old;

	if (!w)
		return;
	old = word_clear(w, WORD_MASKED);
	if ((old & (WORD_PENDING | WORD_LINKED)) == WORD_PENDING)
		enqueue(d, v, chn, w);
}

/* Only PENDING: the guest takes it off its queue, and then finds nothing. */
void fifo_clear_pending(const struct domain *d, uint32_t port)
{
	event_word_t *w = word_of(d, port);

	if (w)
		word_clear(w, WORD_PENDING);
}

static bool word_has(const struct domain *d, uint32_t port, uint32_t bit)
{
	event_word_t *w = word_of(d, port);

	return w && (word_read(w) & bit);
}

bool fifo_is_pending(const struct domain *d, uint32_t port)
{
	return word_has(d, port, WORD_PENDING);
}

bool fifo_is_masked(const struct domain *d, uint32_t port)
{
	return word_has(d, port, WORD_MASKED);
}

bool fifo_is_linked(const struct domain *d, uint32_t port)
{
	return word_has(d, port, WORD_LINKED);
}

/* -------- setting up and taking down -------- */

/* Hold frame @gfn (a machine frame, for a PV guest) as one that we write to. */
static int hold_frame(struct domain *d, uint64_t gfn, void **va)
{
	struct page *pg;
	int rc = page_get_for_access(MFN(gfn), d, true, &pg);

	if (!rc)
		*va = page_to_virt(pg);
	return rc;
}

static void drop_frame(const void *va)
{
	page_put_for_access(mfn_to_page(virt_to_mfn(va)), true);
}

/* What is pending in the old ABI waits for its event word. */
static void collect_twolevel(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	uint64_t *bits = d->shared_info->evtchn_pending;

	for (uint32_t i = 0; i < EVTCHN_2L_NR_CHANNELS / 64; i++) {
		uint64_t pending =
			__atomic_exchange_n(&bits[i], 0, __ATOMIC_SEQ_CST);

		for (; pending; pending &= pending - 1) {
			uint32_t port =
				i * 64 + (uint32_t)__builtin_ctzll(pending);

			if (port < ed->nr_ports &&
			    port_in_use(port_at(ed, port)))
				port_at(ed, port)->waiting = 1;
		}
	}
}

static int switch_to_fifo(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	struct evtchn_fifo *f = xzalloc(struct evtchn_fifo);

	if (!f)
		return -ENOMEM;
	/* partner: port_set_pending() */
	__atomic_store_n(&ed->fifo, f, __ATOMIC_SEQ_CST);
	collect_twolevel(d);
	return 0;
}

static int set_control_block(struct domain *d, struct vcpu *v, void *control)
{
	struct evtchn_vcpu *ev = v->evtchn;
	int rc;

	if (READ_ONCE(d->is_dying) || ev->control)
		return -EINVAL;
	if (!d->evtchn->fifo) {
		rc = switch_to_fifo(d);
		if (rc)
			return rc;
	}
	spin_lock(&ev->fifo_lock);
	ev->control = control;
	spin_unlock(&ev->fifo_lock);
	return 0;
}

int evtchn_init_control(struct domain *d, struct evtchn_init_control *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	void *frame;
	int rc;

	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	if (!v)
		return -ENOENT;
	if (op->offset % 8 ||
	    op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block))
		return -EINVAL;
	rc = hold_frame(d, op->control_gfn, &frame);
	if (rc)
		return rc;
	spin_lock(&d->evtchn->lock);
	rc = set_control_block(d, v, (char *)frame + op->offset);
	spin_unlock(&d->evtchn->lock);
	if (rc)
		drop_frame(frame);
	return rc;
}

/* Ports from @first on that were raised before they had a word. */
static void raise_waiting(struct domain *d, uint32_t first, uint32_t end)
{
	struct evtchn_domain *ed = d->evtchn;

	for (uint32_t port = first; port < end && port < ed->nr_ports; port++) {
		struct evtchn *chn = port_at(ed, port);

		/* partner: fifo_set_pending() */
		if (port_in_use(chn) &&
		    __atomic_exchange_n(&chn->waiting, 0, __ATOMIC_SEQ_CST))
			fifo_set_pending(d, d->vcpu[chn->notify_vcpu], chn);
	}
}

static int add_array_page(struct domain *d, event_word_t *page)
{
	struct evtchn_fifo *f = d->evtchn->fifo;
	uint32_t first;

	if (READ_ONCE(d->is_dying))
		return -EINVAL;
	if (!f)
		return -EOPNOTSUPP;
	first = f->nr_words;
	if (first == EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	f->page[first / WORDS_PER_PAGE] = page;
	/* Full barrier, and pairs with the acquire in word_of() */
	__atomic_store_n(&f->nr_words, first + WORDS_PER_PAGE,
			 __ATOMIC_SEQ_CST);
	raise_waiting(d, first, first + WORDS_PER_PAGE);
	return 0;
}

int evtchn_expand_array(struct domain *d, struct evtchn_expand_array *op)
{
	void *page;
	int rc;

	if (!READ_ONCE(d->evtchn->fifo))
		return -EOPNOTSUPP;
	rc = hold_frame(d, op->array_gfn, &page);
	if (rc)
		return rc;
	spin_lock(&d->evtchn->lock);
	rc = add_array_page(d, page);
	spin_unlock(&d->evtchn->lock);
	if (rc)
		drop_frame(page);
	return rc;
}

int evtchn_set_priority(struct domain *d, struct evtchn_set_priority *op)
{
	struct evtchn *chn = port_lookup(d, op->port);
	int rc = 0;

	if (!READ_ONCE(d->evtchn->fifo))
		return -ENOSYS;
	if (!chn || op->priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	spin_lock(&d->evtchn->lock);
	if (port_in_use(chn))
		WRITE_ONCE(chn->priority, (uint8_t)op->priority);
	else
		rc = -EINVAL;
	spin_unlock(&d->evtchn->lock);
	return rc;
}

void fifo_teardown(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;
	struct evtchn_fifo *f = ed->fifo;
	struct vcpu *v;

	ASSERT(spin_is_held(&ed->lock) && ed->nr_used == 0);
	for_each_vcpu (d, v) {
		struct evtchn_vcpu *ev = v->evtchn;

		if (!ev->control)
			continue;
		drop_frame(ev->control);
		ev->control = NULL;
		for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
			ev->tail[i] = 0;
	}
	for (uint32_t i = 0; i < f->nr_words / WORDS_PER_PAGE; i++)
		drop_frame(f->page[i]);
	ed->fifo = NULL;
	xfree(f);
}

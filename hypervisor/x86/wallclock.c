/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What time it is: the moment of system time 0, first from the battery clock,
 * then as Dom0 says; written to every domain's shared page.
 */
#include <hv/domain.h>
#include <hv/spinlock.h>
#include <hv/time.h>
#include <hv/x86/platform.h>

static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET); /* both below */
static uint64_t zero_s;
static uint32_t zero_ns;

void wallclock_init(void)
{
	uint64_t now = now_ns(), ns = rtc_read() * NS_PER_SEC;

	ns = ns > now ? ns - now : 0;
	zero_s = ns / NS_PER_SEC;
	zero_ns = (uint32_t)(ns % NS_PER_SEC);
}

void wallclock_at_zero(uint64_t *secs, uint32_t *nsecs)
{
	spin_lock(&lock);
	*secs = zero_s;
	*nsecs = zero_ns;
	spin_unlock(&lock);
}

/* The fences pair with the guest's, which retries on an odd version. */
static void write_record(struct shared_info *s, uint64_t secs)
{
	uint32_t version = READ_ONCE(s->wc_version) & ~1u;

	WRITE_ONCE(s->wc_version, version + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(s->wc_sec, (uint32_t)secs);
	WRITE_ONCE(s->wc_sec_hi, (uint32_t)(secs >> 32));
	WRITE_ONCE(s->wc_nsec, zero_ns);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(s->wc_version, version + 2);
}

void time_update_wallclock(struct domain *d)
{
	if (!d->shared_info)
		return;
	spin_lock(&lock);
	write_record(d->shared_info, zero_s + (uint64_t)d->time_offset_s);
	spin_unlock(&lock);
}

void time_set_wallclock(uint64_t secs, uint32_t nsecs, uint64_t system_time_ns)
{
	uint64_t s = system_time_ns / NS_PER_SEC;
	uint32_t ns = (uint32_t)(system_time_ns % NS_PER_SEC);
	struct domain *d;

	if (nsecs < ns) {
		nsecs += (uint32_t)NS_PER_SEC;
		s++;
	}
	spin_lock(&lock);
	zero_s = secs - s;
	zero_ns = nsecs - ns;
	spin_unlock(&lock);
	for_each_domain (d)
		time_update_wallclock(d);
}

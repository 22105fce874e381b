/* SPDX-License-Identifier: GPL-2.0-only */
/* Weighted max-min shares, by progressive filling: see fair.h. */
#include <stdbool.h>
#include <stdlib.h>

#include "fair.h"

#define NEARLY 1e-9

struct filling {
	struct fair_vcpu *v;
	unsigned int nr;
	bool held[FAIR_VCPUS];
	double level; /* rate / weight of those that still rise */
};

/* Those of @members, and how far they may rise together: to @limit in all. */
static double level_at(const struct filling *f, const bool *members,
		       double limit)
{
	double weight = 0;

	for (unsigned int i = 0; i < f->nr; i++) {
		if (!members[i])
			continue;
		if (f->held[i])
			limit -= f->v[i].rate;
		else
			weight += f->v[i].weight;
	}
	return weight > 0 ? limit / weight : 1e30;
}

/* The lowest level at which something holds, and whom. */
struct bound {
	double level;
	bool members[FAIR_VCPUS];
};

static void consider(const struct filling *f, struct bound *b,
		     const bool *members, double limit)
{
	double level = level_at(f, members, limit);

	if (level > b->level + NEARLY)
		return;
	if (level < b->level - NEARLY)
		for (unsigned int i = 0; i < f->nr; i++)
			b->members[i] = false;
	b->level = level < b->level ? level : b->level;
	for (unsigned int i = 0; i < f->nr; i++)
		b->members[i] |= members[i];
}

static void consider_all(const struct filling *f, struct bound *b,
			 const double *caps, unsigned int nr_domains,
			 uint64_t cpus)
{
	bool members[FAIR_VCPUS];

	for (unsigned int n = 0; n < f->nr; n++) {
		for (unsigned int i = 0; i < f->nr; i++)
			members[i] = i == n;
		consider(f, b, members, f->v[n].demand);
	}
	for (unsigned int d = 0; d < nr_domains; d++) {
		for (unsigned int i = 0; i < f->nr; i++)
			members[i] = f->v[i].domain == d;
		if (caps[d] > 0)
			consider(f, b, members, caps[d]);
	}
	for (uint64_t set = 1; set <= cpus; set++) {
		if (set & ~cpus)
			continue;
		for (unsigned int i = 0; i < f->nr; i++)
			members[i] = !(f->v[i].may_use & cpus & ~set);
		consider(f, b, members, __builtin_popcountll(set));
	}
}

void fair_shares(struct fair_vcpu *v, unsigned int nr, const double *caps,
		 unsigned int nr_domains, uint64_t cpus)
{
	struct filling f = {.v = v, .nr = nr};
	unsigned int nr_held = 0;

	if (nr > FAIR_VCPUS || cpus >> 10)
		abort();
	while (nr_held < nr) {
		struct bound b = {.level = 1e29};

		consider_all(&f, &b, caps, nr_domains, cpus);
		for (unsigned int i = 0; i < nr; i++) {
			if (f.held[i] || !b.members[i])
				continue;
			f.held[i] = true;
			nr_held++;
			v[i].rate = v[i].weight * b.level;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorted, disjoint, non-adjacent ranges in one array. */
#include <hv/rangeset.h>
#include <hv/string.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

/* Index of the first range that ends at or after @x. */
static unsigned int find(const struct rangeset *rs, uint64_t x)
{
	unsigned int lo = 0, hi = rs->nr;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (rs->r[mid].last < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int grow(struct rangeset *rs)
{
	unsigned int newmax = rs->max ? rs->max * 2 : 8;
	struct range *r;

	if (rs->nr < rs->max)
		return 0;
	r = xzalloc_array(struct range, newmax);
	if (!r)
		return -ENOMEM;
	if (rs->nr)
		memcpy(r, rs->r, rs->nr * sizeof(*r));
	xfree(rs->r);
	rs->r = r;
	rs->max = newmax;
	return 0;
}

static void insert_at(struct rangeset *rs, unsigned int i, struct range nr)
{
	memmove(&rs->r[i + 1], &rs->r[i], (rs->nr - i) * sizeof(nr));
	rs->r[i] = nr;
	rs->nr++;
}

static void erase(struct rangeset *rs, unsigned int from, unsigned int to)
{
	memmove(&rs->r[from], &rs->r[to], (rs->nr - to) * sizeof(*rs->r));
	rs->nr -= to - from;
}

int rangeset_add(struct rangeset *rs, uint64_t first, uint64_t last)
{
	unsigned int i, j;
	int rc;

	if (first > last)
		return -EINVAL;
	rc = grow(rs);
	if (rc)
		return rc;
	/* touching ranges are merged, hence the neighbours' -1 and +1 */
	i = find(rs, first ? first - 1 : 0);
	for (j = i; j < rs->nr; j++) {
		if (last != ~0ULL && rs->r[j].first > last + 1)
			break;
		first = min(first, rs->r[j].first);
		last = max(last, rs->r[j].last);
	}
	if (j > i) {
		rs->r[i] = (struct range){first, last};
		erase(rs, i + 1, j);
	} else {
		insert_at(rs, i, (struct range){first, last});
	}
	return 0;
}

int rangeset_remove(struct rangeset *rs, uint64_t first, uint64_t last)
{
	unsigned int i, j;
	int rc;

	if (first > last)
		return -EINVAL;
	rc = grow(rs); /* a hole in the middle makes one more */
	if (rc)
		return rc;
	i = find(rs, first);
	if (i < rs->nr && rs->r[i].first < first) {
		if (rs->r[i].last > last) {
			struct range tail = {last + 1, rs->r[i].last};

			rs->r[i].last = first - 1;
			insert_at(rs, i + 1, tail);
			return 0;
		}
		rs->r[i].last = first - 1;
		i++;
	}
	for (j = i; j < rs->nr && rs->r[j].last <= last; j++)
		;
	if (j < rs->nr && rs->r[j].first <= last)
		rs->r[j].first = last + 1;
	erase(rs, i, j);
	return 0;
}

bool rangeset_contains(const struct rangeset *rs, uint64_t first, uint64_t last)
{
	unsigned int i = find(rs, first);

	return i < rs->nr && rs->r[i].first <= first && last <= rs->r[i].last;
}

void rangeset_free(struct rangeset *rs)
{
	xfree(rs->r);
	*rs = (struct rangeset){0};
}

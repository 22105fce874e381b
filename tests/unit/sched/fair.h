/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is fair: weighted max-min shares.  All vcpus' rates rise together, in
 * proportion to their weights, until something holds some of them: a vcpu can
 * use one pcpu at most, and what it demands; a domain has its cap; and those
 * that are confined to a set of pcpus have no more than that set.  The others
 * go on rising.
 */
#ifndef FAIR_H
#define FAIR_H

#include <stdint.h>

#define FAIR_VCPUS 64

struct fair_vcpu {
	unsigned int domain;
	double weight;
	double demand;	  /* of a pcpu, 0 to 1          */
	uint64_t may_use; /* pcpus                      */
	double rate;	  /* the answer: of a pcpu      */
};

/* @caps: of a pcpu, by domain; 0: none.  @cpus: those there are, 10 at most. */
void fair_shares(struct fair_vcpu *v, unsigned int nr, const double *caps,
		 unsigned int nr_domains, uint64_t cpus);

#endif

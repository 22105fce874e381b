/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema of XML configurations, inside pavo-xml, so that it cannot get
 * lost or out of step.
 */
	.section .rodata
	.globl domain_schema, domain_schema_end
domain_schema:
	.incbin "domain.rng"
domain_schema_end:
	.byte 0
	.section .note.GNU-stack, "", @progbits

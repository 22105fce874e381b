/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QEMU plugin that counts how often each instruction of a machine is executed
 * between two addresses, for profile.py.  Arguments: start=HEX, stop=HEX,
 * out=FILE; each time stop is reached a "W" line is written, and one line
 * "ADDRESS COUNT" for each instruction that ran since start was.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What we use of QEMU's plugin interface, version 1 (QEMU, "TCG Plugins");
 * Debian has no package with its header.
 */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
typedef void (*insn_fn)(unsigned int cpu, void *data);
enum { NO_REGISTERS };
enum { ADD_U64 };

extern int qemu_plugin_version;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*fn)(plugin_id,
						      struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    insn_fn fn, int registers,
					    void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						int op, void *counter,
						uint64_t by);

#define BUCKETS (1u << 18)

struct count {
	uint64_t address, n, n_at_start;
	struct count *next;
};

int qemu_plugin_version = 1;

static struct count *table[BUCKETS];
static uint64_t start, stop;
static FILE *out;

static struct count *count_of(uint64_t address)
{
	struct count **head =
		&table[address * 0x9e3779b97f4a7c15 >> 40 & (BUCKETS - 1)];
	struct count *c;

	for (c = *head; c; c = c->next)
		if (c->address == address)
			return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->address = address;
	c->next = *head;
	*head = c;
	return c;
}

static void on_start(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (struct count *c = table[i]; c; c = c->next)
			c->n_at_start = c->n;
}

static void on_stop(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	fprintf(out, "W\n");
	for (unsigned int i = 0; i < BUCKETS; i++)
		for (struct count *c = table[i]; c; c = c->next)
			if (c->n != c->n_at_start)
				fprintf(out, "%lx %lu\n", c->address,
					c->n - c->n_at_start);
	fflush(out);
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (address == start)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_start, NO_REGISTERS, NULL);
		if (address == stop)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_stop, NO_REGISTERS, NULL);
		qemu_plugin_register_vcpu_insn_exec_inline(
			insn, ADD_U64, &count_of(address)->n, 1);
	}
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		const char *value = strchr(argv[i], '=');

		if (!value)
			return 1;
		value++;
		if (!strncmp(argv[i], "start=", 6))
			start = strtoull(value, NULL, 16);
		else if (!strncmp(argv[i], "stop=", 5))
			stop = strtoull(value, NULL, 16);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(value, "w");
	}
	if (!start || !stop || !out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}

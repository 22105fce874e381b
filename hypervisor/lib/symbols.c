/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The symbol table the build appends to the image: addresses in rising order,
 * names in one string block.  The first link has an empty one.
 */
#include <hv/symbols.h>

struct symbol {
	uint32_t offset; /* from _start */
	uint32_t name;	 /* offset into symbol_names */
};

extern const char _start[], _text_end[];
extern const uint32_t symbol_count;
extern const struct symbol symbol_table[];
extern const char symbol_names[];

const char *symbol_nth(uint32_t i, uint64_t *addr)
{
	if (i >= symbol_count)
		return NULL;
	*addr = (uint64_t)_start + symbol_table[i].offset;
	return symbol_names + symbol_table[i].name;
}

const char *symbol_lookup(uint64_t addr, uint64_t *offset)
{
	uint64_t rel = addr - (uint64_t)_start;
	uint32_t lo = 0, hi = symbol_count;

	if (addr < (uint64_t)_start || addr >= (uint64_t)_text_end || !hi)
		return NULL;
	while (hi - lo > 1) {
		uint32_t mid = (lo + hi) / 2;

		if (symbol_table[mid].offset <= rel)
			lo = mid;
		else
			hi = mid;
	}
	if (symbol_table[lo].offset > rel)
		return NULL;
	*offset = rel - symbol_table[lo].offset;
	return symbol_names + symbol_table[lo].name;
}

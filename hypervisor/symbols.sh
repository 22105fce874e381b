#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# nm -n output on standard input -> the symbol table in assembly (lib/symbols.c).
awk '
BEGIN { n = 0; off = 0 }
$2 ~ /^[tT]$/ && $3 !~ /^\./ { addr[n] = $1; name[n++] = $3 }
$3 == "_start" { start = $1 }
END {
	print "\t.section .symbols, \"a\"\n\t.balign 8"
	print "\t.globl symbol_count, symbol_table, symbol_names"
	print "symbol_count: .long " n ", 0"
	print "symbol_table:"
	for (i = 0; i < n; i++) {
		print "\t.long 0x" addr[i] " - 0x" start ", " off
		off += length(name[i]) + 1
	}
	print "symbol_names:"
	for (i = 0; i < n; i++)
		print "\t.asciz \"" name[i] "\""
}'

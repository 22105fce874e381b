# SPDX-License-Identifier: GPL-2.0-only
#
# Lists everything the ABI headers define, as lines that compare.h expands:
# SIZE, FIELD, FLEX, BITS, TYPE, CONST, STRING and ERRNO.  So no structure and
# no constant can be forgotten.  Anything it can not read is an error.
#
# usage: awk -f list.awk ours-only.list header...

function fail(what)
{
	printf "list.awk: %s: %s\n", file, what > "/dev/stderr"
	failed = 1
	exit 1
}

# One line of the list, unless the name is ours alone.
function put(kind, name, rest)
{
	if (name in ours) {
		used[name] = 1
		return
	}
	print kind "(" name rest ")"
}

function strip_comments(s,    a, b, out)
{
	out = ""
	while ((a = index(s, "/*")) > 0) {
		out = out substr(s, 1, a - 1) " "
		s = substr(s, a + 2)
		if (!(b = index(s, "*/")))
			fail("comment does not end")
		s = substr(s, b + 2)
	}
	return out s
}

# A macro: the guard and the list's own helpers are skipped.
function define(line,    name, value)
{
	sub(/^#[ \t]*define[ \t]+/, "", line)
	match(line, /^[A-Za-z0-9_]+/)
	name = substr(line, 1, RLENGTH)
	value = substr(line, RLENGTH + 1)
	if (name ~ /^ABI_/)
		return
	if (file ~ /errno\.h$/)
		put("ERRNO", name, "")
	else if (value ~ /^\([a-z0-9]+\)/)
		put("CONST", name, name in ours ? "" : "(0x123456789ull)")
	else if (value ~ /"/)
		put("STRING", name, "")
	else if (value ~ /[^ \t]/)
		put("CONST", name, "")
	else
		fail("#define " name " has no value")
}

function tokenise(s)
{
	ntok = 0
	while (match(s, /[A-Za-z0-9_]+|[^ \t\n]/)) {
		tok[++ntok] = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
	}
	tok[ntok + 1] = ""
}

function expect(i, what)
{
	if (tok[i] != what)
		fail("expected " what ", found " tok[i - 1] " " tok[i])
	return i + 1
}

# Index of the brace that closes the one at i.
function closing(i,    depth)
{
	for (; i <= ntok; i++) {
		if (tok[i] == "{")
			depth++
		else if (tok[i] == "}" && --depth == 0)
			return i
	}
	fail("brace does not close")
}

# Declarators from i up to and with ";".  Fills dname, dkind, ndecl.
function declarators(i)
{
	ndecl = 0
	while (tok[i] != ";") {
		if (tok[i] !~ /^[A-Za-z_]/)
			fail("expected a member name, found " tok[i])
		dname[++ndecl] = tok[i++]
		dkind[ndecl] = "FIELD"
		if (tok[i] == "[") {
			if (tok[i + 1] == "]")
				dkind[ndecl] = "FLEX"
			while (tok[i] != "]" && i <= ntok)
				i++
			i++
		} else if (tok[i] == ":") {
			dkind[ndecl] = "BITS"
			i += 2
		}
		if (tok[i] == ",")
			i++
	}
	return i + 1
}

# Members of type, tokens i to last; path is "" or "outer.".
function members(type, path, i, last,    first, end, n, k, names)
{
	while (i < last) {
		first = i
		if (tok[i] ~ /^(struct|union)$/ &&
		    (tok[i + 1] == "{" || tok[i + 2] == "{")) {
			while (tok[i] != "{")
				i++
			first = i + 1
			end = closing(i)
			i = declarators(end + 1)
			n = ndecl
			for (k = 1; k <= n; k++)
				names[k] = dname[k]
			for (k = 1; k <= n; k++) {
				put("FIELD", type, ", " path names[k])
				members(type, path names[k] ".", first, end)
			}
			if (n == 0)
				members(type, path, first, end)
			continue
		}
		i += tok[i] ~ /^(struct|union|enum|unsigned)$/ ? 2 : 1
		i = declarators(i)
		for (k = 1; k <= ndecl; k++)
			if (dname[k] !~ /^_pad[0-9]*$/)
				put(dkind[k], type, ", " path dname[k])
	}
}

function enumerators(i, last)
{
	while (i < last) {
		put("CONST", tok[i], "")
		while (i < last && tok[i] != ",")
			i++
		i++
	}
}

function declarations(    i, end)
{
	i = 1
	while (i <= ntok) {
		if (tok[i] ~ /^(struct|union|enum)$/ && tok[i + 2] == "{") {
			end = closing(i + 2)
			if (tok[i] == "enum") {
				enumerators(i + 3, end)
			} else {
				put("SIZE", tok[i] " " tok[i + 1], "")
				members(tok[i] " " tok[i + 1], "", i + 3, end)
			}
			i = expect(end + 1, ";")
		} else if (tok[i] == "typedef") {
			i = declarators(i + 2)
			put("TYPE", dname[1], "")
		} else if (tok[i] ~ /^ABI_(SIZE|OFFSET)$/) {
			while (i <= ntok && tok[i] != ";")
				i++
			i++
		} else {
			fail("can not read: " tok[i] " " tok[i + 1] " " tok[i + 2])
		}
	}
}

function header(    n, i, line, code)
{
	n = split(strip_comments(text), line, "\n")
	code = ""
	for (i = 1; i <= n; i++) {
		if (line[i] ~ /^#[ \t]*define/ && line[i] !~ /_H[ \t]*$/)
			define(line[i])
		else if (line[i] !~ /^#/)
			code = code line[i] "\n"
	}
	tokenise(code)
	declarations()
}

FNR == 1 {
	if (text != "")
		header()
	text = ""
	file = FILENAME
}
NR == FNR {
	sub(/#.*/, "")
	gsub(/[ \t]+$/, "")
	if ($0 != "")
		ours[$0]
	next
}
{
	continued = sub(/\\$/, "")
	text = text $0 (continued ? " " : "\n")
}
END {
	if (failed)
		exit 1
	header()
	for (name in ours) {
		if (!(name in used))
			fail("ours-only.list names " name ", which is not defined")
	}
}

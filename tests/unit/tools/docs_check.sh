#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The manual pages have no mistakes and name all there is; bash completes.
#
#   docs_check.sh BUILD
set -u
build=$1
passed=0 failed=0

# result NAME PROBLEM: no problem is good
result()
{
	if [ -z "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s: %s\n' "$1" "$2"
	fi
}

# Compressed or not, plain text without the line breaks
page()
{
	MANWIDTH=200 man -l -P cat "$1" 2>/dev/null | col -b
}

for page in "$build"/man/pavo.1 "$build"/man/pavo.cfg.5 \
	split-drivers/block/blkbackd.8 dom0-tools/consoled/consoled.8; do
	result "${page##*/}" \
		"$(MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null)"
	result "${page##*/} is filled in" "$(grep '@[a-z]*@' "$page")"
done

# Every command and every option of the table is in the manual.
commands=$(page "$build/man/pavo.1")
while read -r name; do
	grep -q "^ *$name\b" <<<"$commands" || result "pavo.1" "no $name"
done < <(sed -n 's/^CMD("\([a-z0-9-]*\)".*/\1/p' dom0-tools/pavo/commands.def)
result 'pavo.1 has the commands' ''
keys=$(page "$build/man/pavo.cfg.5")
while read -r name; do
	grep -q "^ *$name\b" <<<"$keys" || result "pavo.cfg.5" "no $name"
done < <(sed -nE 's/^CFG_[A-Z]+\(([a-z0-9_]+)[,)].*/\1/p' \
	dom0-tools/pavo/domcfg.def)
result 'pavo.cfg.5 has the keys' ''

# Completion, as bash calls it; pavo itself is a stand-in.
bin=$(mktemp -d)
trap 'rm -r "$bin"' EXIT
cat >"$bin/pavo" <<-'END'
	#!/bin/sh
	[ "$1" = list ] || exit 1
	printf 'Name ID\nDomain-0 0\nweb 1\nworker 2\n'
END
chmod +x "$bin/pavo"
ln -s pavo "$bin/xl"
touch "$bin/web.cfg" "$bin/other file.cfg"

# complete WANTED WORD...: the last word is being typed
complete_is()
{
	local wanted=$1 found
	shift
	found=$(cd "$bin" && PATH=$bin:$PATH bash -c '
		complete() { function=$2; }
		. "$0"
		COMP_WORDS=("$@")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		$function
		echo ${COMPREPLY[*]}' "$completion" "$@" 2>&1)
	[ "$found" = "$wanted" ] && found=
	result "completion of '$*'" "${found:+\"$found\" is not \"$wanted\"}"
}

completion=$PWD/$build/share/bash-completion/pavo
[ "${build#/}" = "$build" ] || completion=$build/share/bash-completion/pavo
complete_is 'create' pavo cre
complete_is 'vcpu-list vcpu-pin vcpu-set' pavo vcpu
complete_is 'dmesg' pavo -v --json dm
complete_is 'web worker' pavo pause w
complete_is 'web worker' xl console w
complete_is '--json' pavo --js
complete_is '--long' pavo list --l
complete_is '--wait' pavo shutdown web --w
complete_is 'web.cfg' pavo create we
complete_is 'memory=' pavo create web.cfg memo
complete_is 'vcpus=' pavo config-update web web.cfg vcpus
complete_is 'worker' pavo destroy web wo
complete_is 'nmi' pavo trigger web n
complete_is 'read rm' pavo xenstore r
complete_is 'to-cfg to-xml' pavo xml to
complete_is 'rename' pavo help ren
complete_is '' pavo nonsense w

# It is what bash runs for both names.
result 'completion is for pavo and xl' "$(bash -c '. "$0"
	[ "$(complete -p pavo)" = "complete -F _pavo pavo" ] &&
	[ "$(complete -p xl)" = "complete -F _pavo xl" ] || complete -p' \
	"$completion" 2>&1)"
echo "$passed passed, $failed failed"
[ $failed = 0 ]

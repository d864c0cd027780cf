#!/bin/sh
# Runs gates by id over a plane.
set -u
me=cp-gate
case $0 in */*) PATH=${0%/*}:$PATH ;; esac
command -v cp-options >/dev/null || {
	echo "$me: unable to run cp-options: not found" >&2
	exit 4
}
facts=$(cp-options -- "$@" <<'FACTS'
{"kind":"program","name":"cp-gate","summary":"run gates over a plane, by id or all of them","role":"source","reads":[],"writes":["finding","verdict","program"],"flags":["root","gate"],"args":"","operands_max":0}
{"kind":"option","name":"all","summary":"run every gate that judges a plane"}
{"kind":"option","name":"gate","value":"ID,...","summary":"run these, in that order"}
{"kind":"option","name":"plane","value":"NAME","summary":"the plane below planes/ (the root itself)"}
{"kind":"option","name":"enforce","summary":"print findings alone unless all have passed"}
{"kind":"option","name":"list","summary":"say which gates there are"}
{"kind":"option","name":"print","summary":"show the pipeline instead of running it"}
FACTS
) || exit
opt_all='' opt_gate='' opt_plane='' opt_enforce='' opt_list='' opt_print=''
opt_root='' opt_fail_on='' opt_allow_empty='' opt_quiet=''
eval "$facts"

# A gate is a program beside this one: cp-gate-g0b is G0B, and cp-gate-integrity G-INTEGRITY.
folder=$(command -v cp-options)
folder=${folder%/*}
# shellcheck source=filters/flow/flow.inc
. "$folder/../share/cp-filters/flow.inc" || exit 4

# id_of NAME: what cp-gate-NAME is called; program_of ID: the other way, nothing where that is no id of a gate.
id_of() {
	case $1 in g[0-9]*) ;; *) set -- "g-$1" ;; esac
	printf %s "$1" | tr '[:lower:]' '[:upper:]'
}
program_of() {
	case $1 in
	*[!A-Z0-9-]*) return ;;
	G[0-9]*) set -- "$1" ;;
	G-[!0-9]*) set -- "${1#G-}" ;;
	*) return ;;
	esac
	printf 'cp-gate-%s' "$1" | tr '[:upper:]' '[:lower:]'
}

# gates: the ids of those that judge a plane, as they say themselves.
gates() {
	for program in "$folder"/cp-gate-*; do
		[ -x "$program" ] || continue
		"$program" --describe 2>/dev/null | grep -q '"kind":"program".*"reads":\[[^]]*"file"' || continue
		id_of "${program##*/cp-gate-}"
		echo
	done
}

if [ -n "$opt_list" ]; then
	n=0
	for gate in $(gates); do
		"$folder/$(program_of "$gate")" --describe | head -n 1
		n=$((n + 1))
	done
	printf '{"kind":"end","count":%d,"status":0,"by":"%s"}\n' "$n" "$me"
	exit
fi
[ -n "$opt_root" ] || fail 2 'unable to tell the plane: name its root by --root or CONTROL_PLANE_ROOT'
case $opt_plane in
'') ;;
*[!a-z0-9_-]*) fail 2 "unable to use --plane $opt_plane: a name of a-z, 0-9, _ and - is wanted" ;;
*) opt_root=$opt_root/planes/$opt_plane ;;
esac
[ -d "$opt_root" ] || fail 4 "unable to judge $opt_root: it is no directory"
if [ -n "$opt_all" ]; then
	[ -z "$opt_gate" ] || fail 2 'unable to use --all and --gate together'
	opt_gate=$(gates | paste -s -d , -)
fi
[ -n "$opt_gate" ] || fail 2 'unable to choose a gate: name them by --gate, or say --all'

root=$(quote "$opt_root")
line="cp-walk --root$root | cp-hash --root$root"
rest=$opt_gate,
while [ -n "$rest" ]; do
	gate=${rest%%,*}
	rest=${rest#*,}
	program=$(program_of "$gate")
	[ -n "$program" ] || fail 2 "unable to run the gate $gate: that is no id of a gate"
	[ -x "$folder/$program" ] || fail 2 "unable to run the gate $gate: there is no $program"
	line="$line | $program --root$root"
	[ -z "$opt_fail_on" ] || line="$line --fail-on$(quote "$opt_fail_on")"
	[ -z "$opt_allow_empty" ] || line="$line --allow-empty"
	[ -z "$opt_quiet" ] || line="$line --quiet"
done
[ -z "$opt_enforce" ] || line="$line | cp-enforce --require$(quote "$opt_gate")"
line="$line | cp-select --kind finding --kind verdict"
if [ -n "$opt_print" ]; then
	printf '%s\n' "$line"
	exit
fi
exec sh -c "$line"

#!/bin/sh
# The integrity sweep: every plane under the root walked, hashed, compared with its registry, and reported.
set -u
me=cp-sweep
# A timer's PATH need not know our programs: they are beside this one.
case $0 in */*) PATH=${0%/*}:$PATH ;; esac
command -v cp-options >/dev/null || {
	echo "$me: unable to run cp-options: not found" >&2
	exit 4
}
facts=$(cp-options -- "$@" <<'FACTS'
{"kind":"program","name":"cp-sweep","summary":"sweep a plane: walk, hash, compare with the registry, report","role":"source","reads":[],"writes":["finding","verdict"],"flags":["root","text","gate"],"args":"[REGISTRY]","operands_max":1}
{"kind":"option","name":"print","summary":"show the pipelines instead of running them"}
{"kind":"option","name":"progress","summary":"draw a bar on stderr when it is a terminal"}
{"kind":"option","name":"summary","summary":"say one line also when everything is clean"}
{"kind":"option","name":"format","value":"table|tree|csv|markdown|tap|junit|sarif|records","summary":"how to show it"}
{"kind":"option","name":"prometheus","value":"FILE","summary":"write metrics for a textfile collector"}
{"kind":"option","name":"since","value":"FILE","summary":"reuse the hashes of a former run for files that did not change"}
{"kind":"option","name":"save","value":"FILE","summary":"keep this run's hashed records for a later --since"}
{"kind":"option","name":"jobs","value":"N","summary":"threads that hash (2)"}
{"kind":"option","name":"nice","value":"N","summary":"how far to step back for other work, 0 to 19 (10)"}
FACTS
) || exit
opt_print='' opt_progress='' opt_summary='' opt_format='' opt_prometheus='' opt_since='' opt_save=''
opt_jobs='' opt_nice='' opt_root='' opt_fail_on='' opt_allow_empty='' opt_quiet=''
eval "$facts"

folder=$(command -v cp-options)
folder=${folder%/*}
# shellcheck source=filters/flow/flow.inc
. "$folder/../share/cp-filters/flow.inc" || exit 4

# make_beside FILE: $beside becomes a directory of ours beside FILE, where nobody can have laid a link or a fifo for us.
make_beside() {
	[ ! -d "$1" ] || fail 4 "unable to write $1: it is a directory"
	beside=$(mktemp -d -- "$1.XXXXXX" 2>/dev/null) || fail 4 "unable to write beside $1"
}

drop_beside() {
	[ -z "$beside" ] || rm -rf -- "$beside"
	beside=''
}

# settle FILE: what was written to $beside/new takes the place of FILE, whatever that is.
settle() {
	mv -fT -- "$beside/new" "$1" 2>/dev/null && drop_beside
}

# stages ROOT [REGISTRY]: the pipeline of one plane, as shell text. It is what runs and what --print shows.
stages() {
	root=$(quote --root "$1")
	shift
	# Only a run that another one compares with needs to know more of each file than cp-hash sees by itself.
	lazy=' --lazy'
	[ -z "$opt_since$opt_save" ] || lazy=
	printf '%s' "cp-walk$root$lazy | cp-hash$root"
	[ -z "$opt_jobs" ] || quote --jobs "$opt_jobs"
	[ ! -e "$opt_since" ] || quote --since "$opt_since"
	[ -z "$opt_progress" ] || printf ' --progress'
	[ -z "$opt_save" ] || printf ' | tee%s' "$(quote "$saving")"
	printf '%s' " | cp-own-diff$root"
	[ -z "$opt_fail_on" ] || quote --fail-on "$opt_fail_on"
	[ -z "$opt_allow_empty" ] || printf ' --allow-empty'
	[ -z "$opt_quiet" ] || printf ' --quiet'
	[ $# -eq 0 ] || quote -- "$@"
	printf '\n'
}

# governed PLANE: has it anything that a registry must own? A plane that cannot be walked is swept, and fails there.
governed() {
	[ -d "$1" ] && [ ! -L "$1" ] || return 1
	[ ! -e "$1/registries/file_ownership.csv" ] || return 0
	things=$(cp-walk --root "$1" 2>/dev/null) || return 0
	printf '%s\n' "$things" | grep -qE '^\{"kind":"(file|special)"|"reason":"unexpected"'
}

# metrics COMPLETE: rewrites the metrics file whole. The time of the last complete run outlives the runs that are not.
metrics() {
	[ -n "$opt_prometheus" ] || return 0
	last=''
	[ ! -f "$opt_prometheus" ] ||
		last=$(sed -n 's/^cp_sweep_last_complete_time_seconds \([0-9]*\)$/\1/p' "$opt_prometheus" 2>/dev/null)
	[ "$1" = 0 ] || last=$(date +%s)
	{
		[ "$1" = 0 ] || cat "$work/metrics"
		cat <<METRICS
# HELP cp_sweep_complete 1 when the last sweep saw everything it was asked to see.
# TYPE cp_sweep_complete gauge
cp_sweep_complete $1
# HELP cp_sweep_start_time_seconds When the last sweep began.
# TYPE cp_sweep_start_time_seconds gauge
cp_sweep_start_time_seconds $began
# HELP cp_sweep_last_complete_time_seconds When a sweep was last complete.
# TYPE cp_sweep_last_complete_time_seconds gauge
cp_sweep_last_complete_time_seconds ${last:-0}
METRICS
	} >"$work/text" || fail 4 "unable to write the metrics to $work"
	make_beside "$opt_prometheus"
	cp "$work/text" "$beside/new" 2>/dev/null || fail 4 "unable to write the metrics $opt_prometheus"
	settle "$opt_prometheus" || fail 4 "unable to write the metrics $opt_prometheus"
}

# say LINE: on stdout. That its reader went away is no news.
say() {
	why=$(trap '' PIPE && LC_ALL=C env printf '%s\n' "$1" 2>&1 >&3) && return
	case $why in
	*'Broken pipe') return 4 ;;
	*) fail 4 'unable to write standard output' ;;
	esac
} 3>&1

# show FILE NAME: what the sweep of that plane found, for a person or a program. Who has nothing to say says one line.
show() {
	case $opt_format in
	records) cat "$1" ;;
	table | tree)
		if [ "$got" -eq 0 ] && ! grep -q '^{"kind":"finding"' "$1"; then
			cp-show <"$1" >"$work/shown" && say "${2:+$2: }$(tail -n 1 "$work/shown")"
		else
			[ -z "$2" ] || say "$2:" || return
			cp-show --format "$opt_format" --width "$width" <"$1"
		fi
		;;
	*) cp-show --format "$opt_format" <"$1" ;;
	esac
}

# keep: the hashed records of this run take the former ones' place, if they are whole.
keep() {
	tail -n 1 "$saving" 2>/dev/null | grep -q '^{"kind":"end",' ||
		fail 4 "unable to keep the records in $opt_save: they are cut"
	settle "$opt_save" || fail 4 "unable to keep the records in $opt_save"
}

# sweep PLANE [REGISTRY]: runs one plane's pipeline, shows what is not clean, raises the status.
sweep() {
	count=$((count + 1))
	records=$work/$count.jsonl
	[ -z "$opt_save" ] || make_beside "$opt_save"
	saving=$beside/new
	sh -c "$(stages "$@")" >"$records"
	got=$?
	[ -z "$opt_save" ] || [ "$got" -gt 1 ] || keep
	drop_beside
	[ "$got" -le "$status" ] || status=$got
	if [ "$got" -ne 0 ] || [ -n "$opt_summary" ]; then
		name=''
		[ "$1" = "$opt_root" ] || name=$(plain "${1#"$opt_root"/}")
		shown=0
		show "$records" "$name" || shown=$?
		# Status 4 is cp-show's own: it has said why, or its reader went away and nobody asks.
		[ "$shown" -ne 4 ] || exit 4
		[ "$shown" -le "$got" ] || fail 4 "unable to show what was found"
	fi
}

# one PLANE [REGISTRY]: sweeps it, or says how.
one() {
	if [ -n "$opt_print" ]; then
		saving=$opt_save.new
		stages "$@"
	else
		sweep "$@"
	fi
}

# every [REGISTRY]: the root, then each plane beneath it.
every() {
	one "$opt_root" "$@"
	base=$opt_save former=$opt_since
	for plane in "$opt_root"/planes/*/; do
		plane=${plane%/}
		governed "$plane" || continue
		opt_save=${base:+$base.${plane##*/}}
		opt_since=${former:+$former.${plane##*/}}
		one "$plane"
	done
}

# number NAME VALUE MOST
number() {
	case $2 in
	'' | *[!0-9]* | ????*) ;;
	*) [ "$2" -gt "$3" ] || return 0 ;;
	esac
	fail 2 "unable to use --$1 $2: a number from 0 to $3 is wanted"
}

[ -n "$opt_root" ] || fail 2 'unable to tell the plane: name its root by --root or CONTROL_PLANE_ROOT'
[ -d "$opt_root" ] || fail 4 "unable to sweep $opt_root: it is no directory"
case $opt_save in -*) opt_save=./$opt_save ;; esac
number nice "${opt_nice:=10}" 19
[ -z "$opt_jobs" ] || number jobs "$opt_jobs" 64
if [ -n "$opt_print" ]; then
	every "$@"
	exit
fi

: "${opt_format:=table}"
width=0 # mail has no edge: nothing is shortened there
[ ! -t 1 ] || width=$(stty size <&1 2>/dev/null | cut -d' ' -f2)
: "${width:=80}"
began=$(date +%s)
exec 9<"$opt_root" || exit 4
flock -n 9 || fail 4 "unable to sweep $opt_root: another sweep of it is running"
work=$(mktemp -d) || exit 4
beside='' saving=''
trap 'rm -rf "$work"; drop_beside' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
renice -n "$opt_nice" -p $$ >/dev/null 2>&1
ionice -c 3 -p $$ 2>/dev/null
status=0 count=0
metrics 0
every "$@"
if [ -n "$opt_prometheus" ] && [ "$status" -le 1 ]; then
	cp-merge "$work"/*.jsonl | cp-show --format prometheus >"$work/metrics"
	[ $? -le 1 ] || fail 4 "unable to make the metrics $opt_prometheus"
	metrics 1
fi
exit "$status"

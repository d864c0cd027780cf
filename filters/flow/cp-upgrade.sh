#!/bin/sh
# A later version takes the place of an installed one.
set -u
me=cp-upgrade
case $0 in */*) PATH=${0%/*}:$PATH ;; esac
command -v cp-options >/dev/null || {
	echo "$me: unable to run cp-options: not found" >&2
	exit 4
}
facts=$(cp-options -- "$@" <<'FACTS'
{"kind":"program","name":"cp-upgrade","summary":"put a later version in the place of an installed one","role":"effect","reads":[],"writes":["ack","finding"],"flags":["root","text","dry-run"],"args":"ARCHIVE","operands_min":1,"operands_max":1}
{"kind":"option","name":"work-order","value":"WO","summary":"the work order that allows it"}
{"kind":"option","name":"keyring","value":"FILE","summary":"the keys that are believed ($HOME/.control_plane/trusted_keys.json)"}
{"kind":"option","name":"force","summary":"files that nobody owns give way, into quarantine"}
{"kind":"option","name":"json","summary":"write records instead of showing them to a person"}
{"kind":"option","name":"print","summary":"show the pipelines instead of running them"}
FACTS
) || exit
opt_work_order='' opt_keyring='' opt_force='' opt_json='' opt_print='' opt_root='' opt_dry_run=''
eval "$facts"
folder=$(command -v cp-options)
folder=${folder%/*}
# shellcheck source=filters/flow/flow.inc
. "$folder/../share/cp-filters/flow.inc" || exit 4

need_root
[ -n "$opt_print" ] || readable "$1"
scratch
change "$1" "cp-plan --upgrade${opt_force:+ --force}" "$(judged "$1")"

#!/bin/sh
# What a package owns goes.
set -u
me=cp-uninstall
case $0 in */*) PATH=${0%/*}:$PATH ;; esac
command -v cp-options >/dev/null || {
	echo "$me: unable to run cp-options: not found" >&2
	exit 4
}
facts=$(cp-options -- "$@" <<'FACTS'
{"kind":"program","name":"cp-uninstall","summary":"remove an installed package","role":"effect","reads":[],"writes":["ack","finding"],"flags":["root","text","dry-run"],"args":"PACKAGE_ID","operands_min":1,"operands_max":1}
{"kind":"option","name":"work-order","value":"WO","summary":"the work order that allows it"}
{"kind":"option","name":"keyring","value":"FILE","summary":"the keys that are believed ($HOME/.control_plane/trusted_keys.json)"}
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

case $1 in
PKG- | PKG-*[!A-Z0-9-]*) known= ;;
PKG-*) known=yes ;;
*) known= ;;
esac
[ -n "$known" ] || fail 2 "unable to plan the removal: $1 is no id of a package"
need_root
scratch
change "$1" "cp-plan --remove$(quote "$1")"

#!/bin/sh
# What an install would ask of a package, asked beforehand: nothing changes.
set -u
me=cp-preflight
case $0 in */*) PATH=${0%/*}:$PATH ;; esac
command -v cp-options >/dev/null || {
	echo "$me: unable to run cp-options: not found" >&2
	exit 4
}
facts=$(cp-options -- "$@" <<'FACTS'
{"kind":"program","name":"cp-preflight","summary":"judge a package as an install will","role":"source","reads":[],"writes":["finding","verdict"],"flags":["root","text"],"args":"ARCHIVE|DIR","operands_min":1,"operands_max":1}
{"kind":"option","name":"keyring","value":"FILE","summary":"the keys that are believed ($HOME/.control_plane/trusted_keys.json)"}
{"kind":"option","name":"json","summary":"write records instead of showing them to a person"}
{"kind":"option","name":"print","summary":"show the pipelines instead of running them"}
FACTS
) || exit
opt_keyring='' opt_json='' opt_print='' opt_root=''
eval "$facts"
folder=$(command -v cp-options)
folder=${folder%/*}
# shellcheck source=filters/flow/flow.inc
. "$folder/../share/cp-filters/flow.inc" || exit 4

need_root
scratch
archive=$1
line=
if [ -d "$1" ]; then
	# Pasted, it packs to a name that is free; run, to one that goes with us.
	if [ -n "$opt_print" ]; then archive=$(mktemp -u).tar.gz; else archive=$work/package.tar.gz; fi
	line="cp-pack --out$(quote "$archive" -- "$1") >/dev/null && "
elif [ -z "$opt_print" ]; then
	readable "$1"
fi
finish "$line$(judged "$archive")"

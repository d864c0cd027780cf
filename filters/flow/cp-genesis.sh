#!/bin/sh
# A plane begins: its ledgers, its law about who may do what, and the suite as the first package that it owns.
set -u
me=cp-genesis
case $0 in */*) PATH=${0%/*}:$PATH ;; esac
command -v cp-options >/dev/null || {
	echo "$me: unable to run cp-options: not found" >&2
	exit 4
}
facts=$(cp-options -- "$@" <<'FACTS'
{"kind":"program","name":"cp-genesis","summary":"begin a plane","role":"effect","reads":[],"writes":["ack","finding"],"flags":["text","dry-run"],"args":"","operands_max":0}
{"kind":"option","name":"root","value":"DIR","summary":"the plane's root, absent or empty (CONTROL_PLANE_ROOT)"}
{"kind":"option","name":"dev","summary":"a plane to try things out in, with a key of its own, for ever marked so"}
{"kind":"option","name":"package","value":"FILE","summary":"the archive of PKG-PM-CORE-001, signed"}
{"kind":"option","name":"keyring","value":"FILE","summary":"the keys that are believed, outside the plane"}
{"kind":"option","name":"plane-uid","value":"UID","summary":"what the plane is called, for ever (at random)"}
{"kind":"option","name":"admin","value":"USER","summary":"who is the first admin"}
{"kind":"option","name":"provider","value":"NAME","summary":"the provider that says who somebody is (hmac)"}
{"kind":"option","name":"outlet","value":"DIR","summary":"where packages may deliver files outside of the plane"}
{"kind":"option","name":"json","summary":"write records instead of showing them to a person"}
FACTS
) || exit
opt_dev='' opt_package='' opt_keyring='' opt_plane_uid='' opt_admin='' opt_provider='' opt_outlet='' opt_json=''
opt_root='' opt_dry_run=''
eval "$facts"
folder=$(command -v cp-options)
folder=${folder%/*}
share=$folder/../share/cp-filters
# shellcheck source=filters/flow/flow.inc
. "$share/flow.inc" || exit 4

core=PKG-PM-CORE-001
nl='
'

# text FILE [TEXT]: that line, else standard input, which is a file, becomes the file, whole or not at all. Nothing
# comes in by a pipe, of which nobody would know that it was cut.
text() {
	new=${1%/*}/.${1##*/}.new
	if ! { mkdir -p -- "${1%/*}" &&
		if [ $# -gt 1 ]; then printf '%s\n' "$2"; else cat; fi >"$new" &&
		sync -- "$new" && mv -f -- "$new" "$1" && sync -- "${1%/*}"; }; then
		fail 4 "unable to write $1"
	fi
}

# told: what was found, where it is whole.
told() {
	! tail -n 1 "$work/records" | grep -q '^{"kind":"end",' || cp-show <"$work/records" >&2
}

# did COMMAND...: it answers, or all ends.
did() {
	"$@" >"$work/records" || {
		got=$?
		told
		fail "$got" "unable to go on: $1 has failed; the same command goes on from here"
	}
}

# says FILE TEXT: does it? That it could not be asked is no answer.
says() {
	got=0
	grep -qsF -e "$2" -- "$1" || got=$?
	[ "$got" -le 1 ] || [ ! -e "$1" ] || fail 4 "unable to read $1"
	[ "$got" -eq 0 ]
}

# fresh: is there nothing but what an interrupted beginning leaves before it has a journal?
fresh() {
	[ ! -e "$opt_root" ] && [ ! -L "$opt_root" ] && return
	[ -d "$opt_root" ] || return
	there=$(find "$opt_root" -mindepth 1 ! -path "$opt_root/.cp" \
		! -path "$opt_root/.cp/.journal.new" -print -quit) ||
		fail 4 "unable to look into $opt_root"
	[ -z "$there" ]
}

# begin: the journal says what this plane is to be; a run that goes on must not want another.
begin() {
	want="{\"development\":${opt_dev:+true}"
	[ -n "$opt_dev" ] || want="${want}false"
	if [ -e "$journal" ]; then
		uid=$(sed -n 's/.*"plane_uid":"\([^"\\]*\)".*/\1/p' "$journal") || fail 4 "unable to read $journal"
		if ! says "$journal" "$want," || [ -z "$uid" ] || [ "${opt_plane_uid:-$uid}" != "$uid" ]; then
			fail 1 "unable to go on: $opt_root was begun otherwise"
		fi
		return
	fi
	fresh || fail 1 "unable to begin a plane in $opt_root: it is not empty"
	uid=$opt_plane_uid
	[ -n "$uid" ] || {
		random=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
		[ "${#random}" -eq 32 ] || fail 4 'unable to get random bytes'
		uid=${opt_dev:+dev-}$random
	}
	[ -n "$opt_dry_run" ] || {
		(umask 022 && mkdir -p -- "$opt_root" && umask 077 && mkdir -p -- "$opt_root/.cp") ||
			fail 4 "unable to make $opt_root"
		text "$journal" "$want,\"plane_uid\":\"$uid\"}"
	}
}

# own_key: the key and the keyring of a plane for development. A key without its keyring vouches for nothing yet.
own_key() {
	state=${XDG_STATE_HOME:-${HOME:-}/.local/state}
	own=$state/cp-filters/dev/$uid
	opt_keyring=$own/trusted_keys.json
	[ ! -e "$opt_keyring" ] || return 0
	(umask 077 && mkdir -p -- "$own") || fail 4 "unable to make $own"
	rm -f -- "$own/key.pem"
	cp-keygen --key-id "$uid" --owner dev --role package_signer --role root --out "$own/key.pem" >"$work/key" ||
		fail 4 'unable to make a key'
	cp-keyring --keyring "$opt_keyring" add <"$work/key" >"$work/records" || fail 4 'unable to make a keyring'
}

# own_package: the suite itself, as it lies here: what it accepts, how it is put together, and what it runs.
own_package() {
	opt_package=$own/$core.tar.gz
	[ ! -e "$opt_package" ] || return 0
	dir=$work/core
	if ! { mkdir -p "$dir/schemas" "$dir/flow" && cp -- "$share"/schemas/*.json "$dir/schemas/"; }; then
		fail 4 'unable to copy the schemas'
	fi
	for program in "$folder"/cp-*; do
		if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
		sum=$(sha256sum <"$program") || fail 4 "unable to read $program"
		printf '{"name":"%s","sha256":"%s"}\n' "${program##*/}" "${sum%% *}" >>"$dir/programs.jsonl"
		case $(head -c 2 "$program" | tr -d '\0') in '#!') cp -- "$program" "$dir/flow/" ;; esac
	done
	version=$(cp-pack --version)
	assets=$(cd "$dir" && find . -type f | sed 's|^\./||' | LC_ALL=C sort |
		sed 's/.*/{"source":"&"}/' | paste -sd, -)
	printf '{"schema_version":"1.1","package_id":"%s","version":"%s","type":"library","assets":[%s]}\n' "$core" \
		"${version##* }" "$assets" >"$dir/package.manifest.yaml"
	did cp-manifest-make --force --out "$dir/package.manifest.yaml" --key "$own/key.pem" --key-id "$uid" "$dir"
	rm -f -- "$opt_package.sha256"
	did cp-pack --out "$opt_package" --key "$own/key.pem" --key-id "$uid" "$dir"
}

# validate: what is given is the suite, and whoever signed it is believed, before anything is made.
validate() {
	mkdir -- "$work/none" || fail 4 "unable to make $work/none"
	gates=$(judged "$opt_package" "$work/none")
	readable "$opt_package"
	readable "$opt_keyring"
	got=0
	CONTROL_PLANE_ALLOW_UNSIGNED='' CONTROL_PLANE_ROOT=$work/none sh -c "$gates" >"$work/records" \
		2>"$work/said" || got=$?
	heard
	[ "$got" -eq 0 ] || {
		told
		fail "$got" "unable to begin a plane with $opt_package: it does not pass what every package must pass"
	}
	cp-select --kind asset package_id=$core <"$work/records" | grep -q '^{"kind":"asset",' ||
		fail 1 "unable to begin a plane with $opt_package: it is not $core"
	# The manifest is canonical: its version comes last.
	grep -q '^{"kind":"package",.*,"type":"library",\("upgrade_policy":{[^{}]*},\)\?"version":"[^"]*"}}$' \
		"$work/records" ||
		fail 1 "unable to begin a plane with $opt_package: it is no library"
}

# ledgers: each where it is not there yet. One whose parent was not told is nobody's, and is begun anew.
ledgers() {
	ring=$(sha256sum <"$opt_keyring") || fail 4 "unable to read $opt_keyring"
	number=$(sed -n 's/.*"version" *: *\([0-9]*\).*/\1/p' "$opt_keyring") || fail 4 "unable to read $opt_keyring"
	number=${number%%"$nl"*}
	mkdir -p -- "$opt_root/ledger" "$opt_root/planes/ho2/ledger" || fail 4 'unable to make the ledgers'
	# Whoever names the next keyring shows his authority by this one.
	kept=$opt_root/ledger/blobs/${ring%% *}
	if [ -z "$opt_dev" ] && [ ! -e "$kept" ]; then
		text "$kept" <"$opt_keyring"
	fi
	orders=$opt_root/planes/ho2/ledger/workorder.jsonl
	for ledger in "$opt_root/ledger/governance.jsonl" "$opt_root/ledger/packages.jsonl" "$orders"; do
		[ ! -e "$ledger.poisoned" ] || did cp-ledger-recover "$ledger"
	done
	[ -e "$opt_root/ledger/governance.jsonl" ] ||
		did cp-ledger-init --ledger "$uid/ho3/governance" --type L-INTENT --tier ho3 --plane-uid "$uid" \
			"$opt_root/ledger/governance.jsonl"
	[ -e "$opt_root/ledger/packages.jsonl" ] ||
		did cp-ledger-init --ledger "$uid/ho3/packages" --type L-PACKAGE --tier ho3 \
			--plane-uid "$uid" ${opt_dev:+--development} \
			--keyring-hash "sha256:${ring%% *}" ${number:+--keyring-version "$number"} \
			--provider "${opt_provider:-hmac}" ${opt_dev:+--provider passthrough} \
			"$opt_root/ledger/packages.jsonl"
	says "$opt_root/ledger/governance.jsonl" "\"ledger\":\"$uid/ho2/workorder\"" || {
		rm -f -- "$orders" "$orders".*
		did cp-ledger-init --ledger "$uid/ho2/workorder" --type L-WORKORDER --tier ho2 \
			--parent "$opt_root/ledger/governance.jsonl" "$orders"
	}
}

# settings: who may do what, and what is governed.
settings() {
	version='{"schema_version":"1.0"'
	who="\"${opt_admin:-dev}\""
	roots='"frameworks","specs","libs","agents","prompts","gates","config","tests","packages","modules"'
	[ -e "$opt_root/config/roles.json" ] ||
		text "$opt_root/config/roles.json" \
			"$version,\"users\":{$who:[\"admin\"]},\"origins\":{$who:\"BUILDER\"}}"
	[ -e "$opt_root/config/governed_roots.json" ] ||
		text "$opt_root/config/governed_roots.json" \
			"$version,\"plane_id\":\"ho3\",\"governed_roots\":[$roots]}"
	[ -z "$opt_outlet" ] || [ -e "$opt_root/config/outputs.json" ] ||
		text "$opt_root/config/outputs.json" "$version,\"directories\":[\"$opt_outlet\"]}"
}

# adopt: the settings have an owner, so that a change of them is one.
adopt() {
	if says "$opt_root/ledger/packages.jsonl" '"event_type":"ADOPTED"'; then
		return
	fi
	registry=$opt_root/registries/file_ownership.csv
	root=$(quote --root "$opt_root")
	did sh -c "cp-walk$root | cp-hash$root | cp-baseline$root --force --owner PKG-BASELINE-HO3-000"
	sum=$(sha256sum <"$registry") || fail 4 "unable to read $registry"
	printf '{"kind":"event","event_type":"ADOPTED","owner":"PKG-BASELINE-HO3-000","plane":"ho3","files":%d,%s}\n' \
		$(($(wc -l <"$registry") - 1)) \
		"\"path\":\"registries/file_ownership.csv\",\"registry_hash\":\"sha256:${sum%% *}\"" \
		>"$work/event"
	did cp-ledger-append "$opt_root/ledger/packages.jsonl" <"$work/event"
}

# install: the suite comes in as every package does.
install() {
	settled
	[ ! -e "$opt_root/installed/$core/receipt.json" ] || return 0
	root=$(quote --root "$opt_root")
	change="cp-stage$root$(quote -- "$opt_package") | cp-plan$root | cp-apply$root$(quote --keyring "$opt_keyring")"
	did sh -c "$(judged "$opt_package") | $change"
}

# over: it is complete.
over() {
	rm -f -- "$journal" || exit 4
	printf '{"kind":"end","count":0,"status":0,"by":"%s"}\n' "$me" >"$work/records"
	[ -z "$opt_json" ] || cat "$work/records" || exit 4
	exit 0
}

# Nobody else writes to a plane or to its keys, whatever the caller lets others do with his files.
umask go-w
# The root need not be there yet.
: "${opt_root:=${CONTROL_PLANE_ROOT:-}}"
[ -n "$opt_root" ] || fail 2 'unable to tell the plane: name its root by --root or CONTROL_PLANE_ROOT'
case $opt_root in
*'
') fail 2 'unable to use a root whose name ends in a line feed' ;;
esac
opt_root=$(realpath -m -- "$opt_root") || fail 4 "unable to find $opt_root"
export CONTROL_PLANE_ROOT="$opt_root"
case $opt_plane_uid$opt_admin$(printf %s. "$opt_outlet" | tr -d /) in
*[!A-Za-z0-9_.@-]*) fail 2 'unable to use that name: letters, digits and _.@- are wanted' ;;
esac
case $opt_outlet in
'' | /*) ;;
*) fail 2 "unable to use --outlet $opt_outlet: an absolute path is wanted" ;;
esac
if [ -z "$opt_dev" ]; then
	if [ -z "$opt_package" ] || [ -z "$opt_keyring" ] || [ -z "$opt_admin" ]; then
		fail 2 'unable to begin a plane without --package, --keyring and --admin (--dev makes what it needs)'
	fi
else
	[ -z "$opt_package$opt_keyring" ] || fail 2 'unable to use --dev with a package or a keyring: it makes its own'
	[ -n "${XDG_STATE_HOME:-}${HOME:-}" ] || fail 2 'unable to keep a key: set XDG_STATE_HOME or HOME'
fi
scratch
journal=$opt_root/.cp/journal
if [ -e "$opt_root/.genesis_complete" ]; then
	# Who was stopped between his last two steps has done all.
	if [ ! -e "$journal" ] || [ -n "$opt_dry_run" ]; then
		fail 1 "unable to begin a plane in $opt_root: genesis is complete"
	fi
	over
fi
[ -z "$opt_package" ] || validate
begin
if [ -n "$opt_dry_run" ]; then
	exit
fi
exec 9<"$opt_root/.cp" || exit 4
flock -n 9 || fail 4 "unable to begin a plane in $opt_root: somebody else is at it"
if [ -n "$opt_dev" ]; then
	own_key
	own_package
fi
ledgers
settings
adopt
install
did cp-project --root "$opt_root"
development=false
[ -z "$opt_dev" ] || development=true
text "$opt_root/.genesis_complete" \
	"{\"schema_version\":\"1.0\",\"plane_uid\":\"$uid\",\"development\":$development}"
over

# shellcheck shell=bash
# Planes to install on, and packages to install, for the tests of plan and apply. Needs t/helper.bash.

# new_plane ROOT: a plane before its genesis, made for development, that owns nothing yet.
new_plane() {
	mkdir -p "$1/ledger" "$1/registries" "$1/config" "$1/packages_store" "$1/planes/ho1" "$1/planes/ho2"
	cp-ledger-init --ledger test/packages --type L-PACKAGE --tier ho3 --plane-uid test --development \
		"$1/ledger/packages.jsonl" >/dev/null
	cp-ledger-init --ledger test/intent --type L-INTENT --tier ho3 "$1/ledger/governance.jsonl" >/dev/null
	cp-project --root "$1" >/dev/null
}

# asset_lines DIR: what a manifest says of the files in it: those beneath ho2/ and ho1/ go to these planes.
asset_lines() {
	(cd "$1" && find . -type f ! -name package.manifest.yaml -printf '%P\n' | LC_ALL=C sort) | while read -r path; do
		plane=ho3
		case $path in ho[12]/*) plane=${path%%/*} ;; esac
		printf '  - {source: %s, plane: %s, type: library}\n' "$path" "$plane"
	done
}

# package DIR ID VERSION [LINE...]: gives the directory a manifest, with further lines of it.
package() {
	local dir=$1 id=$2 version=$3
	shift 3
	rm -f "$dir/package.manifest.yaml"
	{
		printf 'schema_version: "1.1"\npackage_id: %s\nversion: %s\ntype: library\n' "$id" "$version"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf 'assets:\n'
		asset_lines "$dir"
	} >"$dir/package.manifest.yaml"
	cp-manifest-make "$dir" --force --out "$dir/package.manifest.yaml" >/dev/null
}

# store ROOT DIR ID VERSION [LINE...]: packs it into the plane's packages_store; $archive is where.
store() {
	local root=$1 dir=$2
	shift
	package "$@"
	archive=$root/packages_store/$2_$3.tar.gz
	cp-pack "$dir" --force --out "$archive" >/dev/null
}

# plan ROOT ARCHIVE [OPTION...]: the plan of installing it.
plan() {
	local root=$1 archive=$2
	shift 2
	cp-package-read "$archive" | cp-plan --root "$root" "$@"
}

# image ROOT: everything that is on the plane but ledgers, locks and what says how far these had come, and what it is; for comparisons.
image() {
	(cd "$1" && find . \( -path ./ledger -o -path ./.cp/lock -o -path ./.cp/quarantine -o -path ./registries/compiled \) -prune -o \
		-printf '%P %y %m %s ' \( -type f -exec sha256sum {} \; -o -printf '\n' \)) | LC_ALL=C sort
}

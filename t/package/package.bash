# shellcheck shell=bash
# Packages and planes for them. Needs t/helper.bash.

# package ID VERSION DIR [FILE TEXT]...: makes a directory of a library, with its manifest.
package() {
	local id=$1 version=$2 dir=$3 manifest
	shift 3
	[ $# -gt 0 ] || set -- a hello
	rm -rf "$dir"
	mkdir -p "$dir"
	while [ $# -gt 0 ]; do
		mkdir -p "$(dirname "$dir/$1")"
		printf '%s\n' "$2" >"$dir/$1"
		shift 2
	done
	manifest=$(cd "$dir" && find . -type f | sed 's|^\./||' | sort | jq -Rn --arg id "$id" --arg version "$version" \
		'{schema_version: "1.1", package_id: $id, version: $version, type: "library", assets: [inputs | {source: .}]}')
	printf '%s\n' "$manifest" >"$dir/package.manifest.yaml"
	cp-manifest-make --force --out "$dir/package.manifest.yaml" "$dir" >/dev/null
}

# packed ID VERSION ARCHIVE [FILE TEXT]...: the same as an archive.
packed() {
	package "$1" "$2" "$3.dir" "${@:4}" && cp-pack --force --out "$3" "$3.dir" >/dev/null
}

# bare_plane DIR: an empty one before its genesis, with its two ledgers.
bare_plane() {
	mkdir -p "$1/ledger"
	cp-ledger-init "$1/ledger/packages.jsonl" --ledger plane/packages --type L-PACKAGE --tier ho3 --author test >/dev/null
	cp-ledger-init "$1/ledger/governance.jsonl" --ledger plane/governance --type L-INTENT --tier ho3 --author test >/dev/null
}

# image DIR: everything about all that is in it, but for the lock.
image() {
	(cd "$1" && find . -mindepth 1 -not -path './.cp*' -printf '%p %y %m %s %T@ %C@ %l\n' | sort &&
		find . -type f -not -path "./.cp*" -exec sha256sum {} + | sort -k2)
}

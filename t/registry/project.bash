# shellcheck shell=bash
# A plane with ledgers and manifests, for the tests of what is projected from them.

# law: makes an empty one here, with its two ledgers.
law() {
	mkdir -p ledger
	cp-ledger-init ledger/packages.jsonl --ledger plane/packages --type L-PACKAGE --tier ho3 --author test >/dev/null
	cp-ledger-init ledger/governance.jsonl --ledger plane/governance --type L-INTENT --tier ho3 --author test >/dev/null
	export CONTROL_PLANE_ROOT=$PWD
}

# hash TEXT: its hash.
hash() {
	printf 'sha256:%s' "$(printf %s "$1" | sha256sum | cut -d' ' -f1)"
}

# manifest ID VERSION JQ: a manifest of two assets, changed by the jq expression, where it belongs.
manifest() {
	local dir=manifests/$1/$2
	mkdir -p "$dir"
	jq -n --arg id "$1" --arg version "$2" --arg a "$(hash "$1 $2 a")" --arg b "$(hash "$1 $2 b")" '{schema_version: "1.1",
		package_id: $id, version: $version, type: "library", assets: [
		{source: "a.py", hash: $a, plane: "ho3", type: "library", spec_owner: null},
		{source: "sub/b.py", hash: $b, plane: "ho3", type: "library", spec_owner: null}],
		integrity: {alg: "ed25519", manifest_hash: "x", signature: "base64:AA==", signed_by: "k"}} | '"${3:-.}" \
		>"$dir/package.manifest.json"
}

# document_hash ID VERSION, manifest_hash ID VERSION: by other means than ours.
document_hash() {
	printf 'sha256:%s' "$(jq -cSj 'del(.integrity)' "manifests/$1/$2/package.manifest.json" | sha256sum | cut -d' ' -f1)"
}

manifest_hash() {
	printf 'sha256:%s' "$(jq -r '.assets[] | .hash // .sha256' "manifests/$1/$2/package.manifest.json" | LC_ALL=C sort |
		sha256sum | cut -d' ' -f1)"
}

# event LEDGER TYPE JQ: appends an event whose other members the jq expression adds.
event() {
	jq -nc --arg type "$2" '{kind: "event", event_type: $type} + '"$3" |
		cp-ledger-append "ledger/$1.jsonl" --author test >/dev/null
}

# about TYPE ID VERSION [JQ]: an event of packages with the hashes of that manifest.
about() {
	event packages "$1" "{package_id: \"$2\", version: \"$3\", document_hash: \"$(document_hash "$2" "$3")\",
		manifest_hash: \"$(manifest_hash "$2" "$3")\"} + ${4:-{\}}"
}

# installed ID VERSION [JQ]: a manifest and its INSTALLED.
installed() {
	manifest "$@"
	about INSTALLED "$1" "$2"
}

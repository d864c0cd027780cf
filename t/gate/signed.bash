# shellcheck shell=bash
# Signed packages, keyrings and entries with authority for tests. Signatures are made by openssl, not by us.

# key ID [OPTION...]: a key of a package_signer, ID.pem, which the keyring R (or $ring) has; the id is ID@example.
key() {
	cp-keygen --key-id "$1@example" --role "${role:-package_signer}" --out "$1.pem" "${@:2}" |
		cp-keyring --keyring "${ring:-R}" add >/dev/null
}

# signature KEY: of stdin, as a manifest has it.
signature() {
	cat >.message
	printf 'base64:%s' "$(openssl pkeyutl -sign -rawin -inkey "$1.pem" -in .message | base64 -w0)"
}

sum() {
	printf 'sha256:%s' "$(sha256sum | cut -c1-64)"
}

# draft DIR [JQ]: a package that nobody has signed; JQ changes its manifest.
draft() {
	mkdir -p "$1/lib"
	echo alpha >"$1/lib/a"
	echo beta >"$1/lib/b"
	jq -n --arg a "$(sum <"$1/lib/a")" --arg b "$(sum <"$1/lib/b")" '{schema_version: "1.1", package_id: "PKG-SIGNED-001",
		version: "1.0.0", type: "library", assets: [
			{source: "lib/a", hash: $a, plane: "ho3", type: "library", spec_owner: null},
			{source: "lib/b", hash: $b, plane: "ho3", type: "library", spec_owner: null}]}' |
		jq "${2-.}" >"$1/package.manifest.yaml"
	changed "$1" ".integrity = {manifest_hash: \"$(manifest_hash "$1")\", document_hash: \"$(document_hash "$1")\"}"
}

manifest_hash() {
	jq -r '.assets[].hash' "$1/package.manifest.yaml" | LC_ALL=C sort | sum
}

document_hash() {
	jq -cjS 'del(.integrity)' "$1/package.manifest.yaml" | sum
}

# changed DIR JQ: the manifest is another now.
changed() {
	jq "$2" "$1/package.manifest.yaml" >.manifest
	cp .manifest "$1/package.manifest.yaml"
}

# binding KEY MANIFEST_HASH DOCUMENT_HASH
binding() {
	printf 'cp-sig/1\nmanifest\n*\n%s\ned25519\n%s@example\n' "$(printf '%s\n%s\n' "$2" "$3" | sum)" "$1" | signature "$1"
}

# signed DIR KEY: the hashes are made anew, and both signatures.
signed() {
	local m d
	m=$(manifest_hash "$1") d=$(document_hash "$1")
	jq --arg m "$m" --arg d "$d" --arg id "$2@example" \
		--arg s "$(printf %s "$m" | signature "$2")" --arg b "$(binding "$2" "$m" "$d")" \
		'.integrity = {alg: "ed25519", manifest_hash: $m, document_hash: $d, signature: $s, binding: $b, signed_by: $id}' \
		"$1/package.manifest.yaml" >.manifest
	cp .manifest "$1/package.manifest.yaml"
}

# packed DIR: DIR.tar.gz, whatever there is to find in it, and DIR.stream, its records.
packed() {
	tar -C "$1" --sort=name -czf "$1.tar.gz" lib package.manifest.yaml
	cp-package-read "$1.tar.gz" >"$1.stream"
}

# genesis DIR [OPTION...]: a plane whose ledger of packages has just begun.
genesis() {
	mkdir -p "$1/ledger"
	cp-ledger-init --ledger test/packages --type L-PACKAGE --tier ho3 --plane-uid test-plane "${@:2}" \
		"$1/ledger/packages.jsonl" >/dev/null
}

# authorised KEY LEDGER [PLANE_UID]: the event on stdin, signed by KEY.
authorised() {
	local event
	event=$(jq -cS .)
	jq -cjS --arg l "$2" '. + {ledger: $l}' <<<"$event" >.event
	printf 'cp-sig/1\nrecord\n%s\n%s\ned25519\n%s@example\n' "${3-test-plane}" "$(sum <.event)" "$1" | signature "$1" >.signature
	jq -c --rawfile s .signature --arg id "$1@example" '. + {signature: $s, signed_by: $id}' <<<"$event"
}

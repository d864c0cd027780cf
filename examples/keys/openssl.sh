#!/bin/sh
# Verifies what cp-sign and cp-keyring signed with nothing but openssl, jq and sha256sum.
# Run it in an empty directory outside every plane.
set -eu

say() {
	printf '\n# %s\n' "$1"
}

# public KEY_ID: its public key as a PEM, from the keyring. Before 32 bytes of Ed25519 goes what RFC 8410 has there.
public() {
	jq -r --arg id "$1" '.keys[] | select(.key_id == $id).public_key' ring.json | sed 's/^base64://' |
		base64 -d >raw
	{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat raw; } |
		openssl pkey -pubin -inform DER -out "$2"
}

# verify PURPOSE HASH KEY_ID SIGNATURE: what is signed is five terms, a line each (cp-signature(5)).
verify() {
	public "$3" public.pem
	printf 'cp-sig/1\n%s\n*\n%s\ned25519\n%s\n' "$1" "$2" "$3" >message
	printf %s "$4" | sed 's/^base64://' | base64 -d >signature
	openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile signature
}

cp-keygen --key-id root@example --role root --out root.pem | cp-keyring --keyring ring.json add >log
cp-keygen --key-id me@example --out me.pem |
	cp-keyring --keyring ring.json --key root.pem --key-id root@example add >>log
printf '{"kind":"note","text":"any record"}\n' | cp-end | cp-sign --key me.pem --key-id me@example >signed

say 'The record: its hash is that of its canonical form, which jq -cS writes for texts and whole numbers.'
hash=sha256:$(jq -jcS 'select(.kind == "note")' signed | sha256sum | cut -c1-64)
verify record "$hash" me@example "$(jq -r 'select(.kind == "signature").signature' signed)"

say 'The keyring: the same of it without its signature.'
hash=sha256:$(jq -jcS 'del(.signature)' ring.json | sha256sum | cut -c1-64)
verify keyring "$hash" "$(jq -r .signature.signed_by ring.json)" "$(jq -r .signature.signature ring.json)"

say 'Another text:'
sed 's/any/bny/' signed >other
hash=sha256:$(jq -jcS 'select(.kind == "note")' other | sha256sum | cut -c1-64)
verify record "$hash" me@example "$(jq -r 'select(.kind == "signature").signature' other)" ||
	echo 'it is not what was signed'

#!/bin/sh
# Signs with a key that lies on an HSM and never leaves it: here a token in software (softhsm2); any other PKCS #11
# module may take its place. The root key of the keyring lies there too.
# Run it in an empty directory outside every plane. Needs softhsm2 and opensc.
set -eu
module=${PKCS11_MODULE:-$(find /usr/lib -name libsofthsm2.so | head -n 1)}

say() {
	printf '\n# %s\n' "$1"
}

say 'A token, its PIN in a file that nobody else reads, and two keys made on it.'
mkdir tokens
echo "directories.tokendir = $PWD/tokens" >softhsm2.conf
export SOFTHSM2_CONF="$PWD/softhsm2.conf"
(umask 77 && echo 1234 >pin)
softhsm2-util --init-token --free --label t --pin 1234 --so-pin 5678 >log
for key in root me; do
	pkcs11-tool --module "$module" --token-label t --login --pin 1234 --keypairgen --key-type EC:edwards25519 \
		--label $key --id "$(printf %s $key | od -An -tx1 | tr -d ' \n')" >>log 2>&1
done

# on KEY: the words that cp-signer-pkcs11 is given.
on() {
	echo "--module $module --token t --object $1 --pin-file pin --setting SOFTHSM2_CONF=$SOFTHSM2_CONF"
}

# public KEY ROLE: the record that a keyring takes.
public() {
	# shellcheck disable=SC2046 # several words
	echo "{\"kind\":\"key_request\",\"key_id\":\"$1@hsm\"}" | cp-signer-pkcs11 $(on "$1") |
		jq -c --arg role "$2" '. + {valid_from: "2026-01-01T00:00:00Z", valid_until: "2036-01-01T00:00:00Z",
			status: "active", roles: [$role]}'
}

say 'The root key begins the keyring, and signs its next version.'
public root root | cp-keyring --keyring ring.json add | jq -c 'select(.version) | {version, keys}'
# shellcheck disable=SC2046
public me package_signer |
	cp-keyring --keyring ring.json --signer pkcs11 --key-id root@hsm add -- $(on root) |
	jq -c 'select(.version) | {version, keys}'

say 'The other key signs a record.'
# shellcheck disable=SC2046
printf '{"kind":"note","text":"any record"}\n' | cp-end |
	cp-sign --signer pkcs11 --key-id me@hsm -- $(on me) |
	cp-verify --keyring ring.json --role package_signer | jq -c 'select(.gate) | {gate, pass}'

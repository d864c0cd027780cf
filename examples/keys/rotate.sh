#!/bin/sh
# Rotates the key that releases are signed with: the new one comes in, both are good for a while, the old one retires.
# What it signed counts where a ledger shows that it is older than that, and nowhere else.
# Run it in an empty directory outside every plane.
set -eu

say() {
	printf '\n# %s\n' "$1"
}

# judged LEDGER-OPTION... <STREAM: does what is signed count?
judged() {
	if cp-verify --keyring ring.json "$@" >judged; then echo 'it counts'; else echo 'it does not count'; fi
	jq -r 'select(.kind == "finding") | "  " + .detail' judged
}

say 'A root key signs the keyring; two releases are signed with the key of 2026.'
cp-keygen --key-id root@example --role root --out root.pem | cp-keyring --keyring ring.json add >log
root='--keyring ring.json --key root.pem --key-id root@example'
cp-keygen --key-id me@example-2026 --out 2026.pem >2026.json
# shellcheck disable=SC2086 # several words
cp-keyring $root add <2026.json >>log
for release in one two; do
	printf '{"kind":"note","text":"release %s"}\n' $release | cp-end >plain
	cp-sign --key 2026.pem --key-id me@example-2026 <plain >$release.signed
done
judged <one.signed

say 'The first of them is recorded in a ledger.'
cp-ledger-init ledger.jsonl --ledger example/evidence --type L-EVIDENCE --tier ho1 >>log
jq -c 'select(.kind == "signature") | {kind: "event", event_type: "EVIDENCE_ATTACHED", work_order_id: "WO-20260101-001",
	artifact_id: "release-one", evidence_type: "other", path: "one.signed", hash, signature}' one.signed |
	cp-ledger-append ledger.jsonl >>log

say 'The key of 2027 comes in and signs; then the key of 2026 retires.'
# shellcheck disable=SC2086
cp-keygen --key-id me@example-2027 --out 2027.pem | cp-keyring $root add >>log
cp-sign --key 2027.pem --key-id me@example-2027 <plain >new.signed
sleep 1
cp ring.json before.json
# shellcheck disable=SC2086
cp-keyring $root retire me@example-2026 >>log
cp-keyring --keyring ring.json --previous before.json check >>log
cp-keyring --keyring ring.json list | jq -r 'select(.kind == "key") | .key_id + " " + .status'

say 'What the new key signed:'
judged <new.signed
say 'What the old key signed, and the ledger shows to be older than its end:'
judged --ledger ledger.jsonl <one.signed
say 'What the old key signed, and nothing dates:'
judged --ledger ledger.jsonl <two.signed

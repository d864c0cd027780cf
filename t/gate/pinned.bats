# The keyring that a plane pins, and how it becomes another.
load ../helper
load signed

setup() {
	need jq openssl
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$PWD/home XDG_STATE_HOME=$PWD/state
	mkdir home state
	role=root key root
	by=root
	role=wo_approver grown bob
	grown me
	draft p
	signed p me
	packed p
	genesis plane --keyring-hash "$(sum <R)" --keyring-version "$(jq .version R)"
	cp-ledger-init --ledger test/governance --type L-INTENT --tier ho3 plane/ledger/governance.jsonl >log
	mkdir plane/ledger/blobs
	keep R
	cp R R.first
}

# grown ID [OPTION...]: R with a key more, signed by the key $by.
grown() {
	cp-keygen --key-id "$1@example" --role "${role:-package_signer}" --out "$1.pem" "${@:2}" |
		cp-keyring --keyring R --key "$by.pem" --key-id "$by@example" add >log
}

keep() {
	cp "$1" "plane/ledger/blobs/$(sha256sum <"$1" | cut -c1-64)"
}

# pin KEY NONCE [JQ] [PLANE_UID]: R is pinned, says KEY.
pin() {
	jq -nc --arg h "$(sum <R)" --argjson v "$(jq .version R)" --arg n "$2" '{kind: "event", event_type: "POLICY_CHANGE",
		description: "another keyring", keyring_hash: $h, keyring_version: $v, nonce: $n}' | jq -c "${3:-.}" |
		authorised "$1" test/governance "${4:-test-plane}" | cp-ledger-append plane/ledger/governance.jsonl >log
}

# judge STATUS [KEYRING]
judge() {
	run_sh "$1" "cp-gate-g5 --root plane --keyring ${2:-R} <p.stream"
	[ "$1" -eq 0 ] || hasnt '"kind":"verdict"'
}

# unjudged PIPELINE: the stream, or the system, is at fault.
unjudged() {
	run_sh 3 "$1" || [ "$status" -eq 4 ] || return
	hasnt '"kind":"verdict"'
}

# other: R is another one, by its own rules.
other() {
	grown "other$((n += 1))"
	judge 3
	err 'it is not the one that the plane pins'
}

@test "who has the role root in the keyring that is pinned says which comes next; the one before counts no longer" {
	judge 0
	other
	pin root 1
	judge 0
	judge 3 R.first
	err 'it is not the one that the plane pins'
	# Work orders are judged by that one, too.
	keep R
	cp R R.second
	cp-keyring --keyring R --key root.pem --key-id root@example revoke me@example >log
	pin root 2
	run_sh 1 "cp-gate-g5 --root plane --keyring R <p.stream"
	has 'me@example: it is revoked'
	judge 3 R.second
}

@test "an event without authority pins nothing: another role, another plane, a nonce twice, no later version, no hash" {
	other
	pin bob 1
	judge 3
	pin me 2
	judge 3
	pin root 3 . another-plane
	judge 3
	pin root 3
	judge 3
	pin root 4 "del(.keyring_version)"
	judge 3
	pin root 5 ".keyring_version = $(jq .version R.first)"
	judge 3
	pin root 6 '.keyring_hash = null'
	judge 3
	pin root 7 'del(.keyring_hash)'
	judge 3
	jq -nc '{kind: "event", event_type: "POLICY_CHANGE", description: "x", nonce: "8", signed_by: "root@example",
		signature: "base64:'"$(head -c 64 /dev/zero | base64 -w0)"'", keyring_hash: "'"$(sum <R)"'", keyring_version: 99}' |
		cp-ledger-append plane/ledger/governance.jsonl >log
	judge 3
	run_sh 0 'cp-gate-g5 --root plane --keyring R.first <p.stream'
	pin root 9
	judge 0
}

@test "a root key that came with the next keyring has no say in it; the one that went has none in the one after it" {
	role=root grown mallory
	pin mallory 1
	judge 3
	pin root 2
	judge 0
	keep R
	by=mallory
	cp-keyring --keyring R --key mallory.pem --key-id mallory@example retire root@example >log
	pin root 3
	judge 0
	keep R
	other
	pin root 4
	judge 3
	pin mallory 5
	judge 0
}

@test "the keyrings before it are kept, and are what their names say" {
	other
	pin root 1
	kept=plane/ledger/blobs/$(sha256sum <R.first | cut -c1-64)
	for way in 'rm $kept' 'jq -c . R.first >$kept' 'cp R $kept' ': >$kept' 'ln -sf $PWD/R.first $kept' 'mkfifo $kept' \
		'rm -r plane/ledger/blobs'; do
		rm -rf "$kept" && mkdir -p plane/ledger/blobs && cp R.first "$kept"
		[ "$way" != 'mkfifo $kept' ] || rm "$kept"
		eval "$way"
		unjudged 'timeout 10 cp-gate-g5 --root plane --keyring R <p.stream'
		err ledger/blobs
	done
	mkdir -p plane/ledger/blobs && rm -f "$kept" && cp R.first "$kept"
	judge 0
}

@test "a ledger that lost the change does not bring the keyring before it back" {
	cp -a plane before
	other
	pin root 1
	judge 0
	cp-chain-check plane/ledger/governance.jsonl >log
	cp before/ledger/governance.jsonl* plane/ledger/
	unjudged 'cp-gate-g5 --root plane --keyring R.first <p.stream'
}

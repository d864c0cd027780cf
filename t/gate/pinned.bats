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

# pin KEY NONCE [JQ] [PLANE_UID]: R is pinned in the place of $was (R.first), says KEY.
pin() {
	jq -nc --arg h "$(sum <R)" --argjson v "$(jq .version R)" --arg n "$2" --arg b "$(sum <"${was:-R.first}")" '{kind: "event",
		event_type: "POLICY_CHANGE", description: "another keyring", before_hash: $b, after_hash: $h, keyring_hash: $h,
		keyring_version: $v, nonce: $n}' | jq -c "${3:-.}" |
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
	was=R.second pin root 2
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
	pin root 71 '.after_hash = .before_hash'
	judge 3
	pin root 72 'del(.before_hash)'
	judge 3
	was=R pin root 73
	judge 3
	jq -nc '{kind: "event", event_type: "POLICY_CHANGE", description: "x", nonce: "8", signed_by: "root@example",
		signature: "base64:'"$(head -c 64 /dev/zero | base64 -w0)"'", keyring_hash: "'"$(sum <R)"'",
		before_hash: "'"$(sum <R.first)"'",
		after_hash: "'"$(sum <R)"'", keyring_version: 99}' |
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
	cp R R.second
	by=mallory
	cp-keyring --keyring R --key mallory.pem --key-id mallory@example retire root@example >log
	was=R.second pin root 3
	judge 0
	keep R
	cp R R.third
	other
	was=R.third pin root 4
	judge 3
	was=R.third pin mallory 5
	judge 0
}

@test "an event that was signed and kept back counts no more when another came first; a version that lies does no harm" {
	cp R R.common
	other
	cp R R.draft
	pin root 1 . test-plane
	mv plane/ledger/governance.jsonl drafted
	grep POLICY_CHANGE drafted | jq -c '{kind: "event", event_type, description, before_hash, after_hash, keyring_hash,
		keyring_version, nonce, signature, signed_by}' >shelved
	rm plane/ledger/governance.jsonl* && rm -r state && mkdir state
	cp-ledger-init --ledger test/governance --type L-INTENT --tier ho3 plane/ledger/governance.jsonl >log
	cp R.common R && other
	pin root 2 '.keyring_version = 9007199254740991'
	keep R
	judge 0
	cp R R.second
	cp-ledger-append plane/ledger/governance.jsonl <shelved >log
	judge 3 R.draft
	judge 0
	other
	was=R.second pin root 3
	judge 0
}

@test "a plane without the ledger that says so, or with another in its place, does not bring a keyring back" {
	other
	pin root 1
	judge 0
	mv plane/ledger/governance.jsonl kept
	judge 3 R.first
	judge 3
	err 'there is no ledger/governance.jsonl'
	ln -s nowhere plane/ledger/governance.jsonl
	judge 3 R.first
	rm plane/ledger/governance.jsonl*
	cp-ledger-init --ledger test/governance --type L-INTENT --tier ho3 plane/ledger/governance.jsonl >log
	judge 3 R.first
	err 'a later version of it was seen here'
}

@test "the keyrings before it are kept, and are what their names say; what pins nothing needs none of them" {
	other
	mv plane/ledger/blobs blobs
	jq -nc '{kind: "event", event_type: "POLICY_CHANGE", description: "x", nonce: "0", signed_by: "root@example",
		signature: "base64:'"$(head -c 64 /dev/zero | base64 -w0)"'"}' | cp-ledger-append plane/ledger/governance.jsonl >log
	run_sh 0 'cp-gate-g5 --root plane --keyring R.first <p.stream'
	pin bob 1
	run_sh 0 'cp-gate-g5 --root plane --keyring R.first <p.stream'
	mv blobs plane/ledger/blobs
	pin root 2
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
	cp before/ledger/governance.jsonl* plane/ledger/
	unjudged 'cp-gate-g5 --root plane --keyring R.first <p.stream'
}

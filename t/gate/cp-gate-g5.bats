load ../helper
load signed

setup() {
	need jq openssl
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$PWD/home
	mkdir home
	key me
	draft p
	signed p me
	packed p
	genesis plane
}

# judge STATUS [OPTION...]: the gate over the package p, in the plane.
judge() {
	run_sh "$1" "cp-gate-g5 --root plane --keyring R ${*:2} <p.stream"
}

@test "a package that is signed and bound passes, byte for byte; its verdict is about the archive" {
	judge 0
	silent
	diff <(sed '$d' p.stream) <(grep -v '"kind":"\(verdict\|end\)"' <<<"$output")
	has "\"gate\":\"G5\",\"pass\":true,\"checked\":1,\"findings\":0,\"subject\":\"$(sum <p.tar.gz)\""
	run_sh 0 "cp-gate-g5 --root plane --keyring R <p.stream | cp-enforce --require G5"
	cp-schema-check <<<"$output" >checked
}

@test "it needs no plane, and finds the keyring at home" {
	mkdir -m 700 home/.control_plane
	cp R home/.control_plane/trusted_keys.json
	run_sh 0 "cd home && cp-gate-g5 <../p.stream"
	rm home/.control_plane/trusted_keys.json
	run_sh 4 "cd home && cp-gate-g5 <../p.stream"
}

@test "nobody has signed it: only a plane made for development lets that pass, when it is told to, and says so" {
	draft p
	packed p
	judge 1
	findings_are 'UNSIGNED -'
	export CONTROL_PLANE_ALLOW_UNSIGNED=1
	judge 1
	findings_are 'UNSIGNED -'
	has 'only a plane made for development'
	run_sh 1 "cd home && cp-gate-g5 --keyring ../R <../p.stream"
	genesis dev --development
	run_sh 0 "cp-gate-g5 --root dev <p.stream"
	findings_are 'UNSIGNED -'
	has '"severity":"warning"'
	run_sh 1 "cp-gate-g5 --root dev --fail-on warning <p.stream"
	CONTROL_PLANE_ALLOW_UNSIGNED=yes run_sh 1 "cp-gate-g5 --root dev <p.stream"
	unset CONTROL_PLANE_ALLOW_UNSIGNED
	run_sh 1 "cp-gate-g5 --root dev <p.stream"
}

@test "the flag does not excuse a signature that is there and false" {
	export CONTROL_PLANE_ALLOW_UNSIGNED=1
	genesis dev --development
	changed p '.integrity.signature = null'
	packed p
	run_sh 1 "cp-gate-g5 --root dev --keyring R <p.stream"
	has 'a binding, and no signature'
	key other
	changed p '.integrity.signature = "'"$(manifest_hash p | tr -d '\n' | signature other)"'"'
	packed p
	run_sh 1 "cp-gate-g5 --root dev --keyring R <p.stream"
	findings_are 'SIGNATURE -'
}

@test "a key that is not in the keyring, has another role, or does not count any more" {
	ring=S key other
	judge 1 --keyring S
	findings_are 'UNKNOWN_KEY -'
	role=root key chief
	signed p chief
	packed p
	judge 1
	findings_are 'UNTRUSTED -'
	has 'package_signer'
}

@test "a revoked key never counts; an expired or retired one for what a ledger shows to be older" {
	judge 1 --at 2036-01-01T00:00:00Z
	findings_are 'UNTRUSTED -'
	has 'not valid any more'
	judge 1 --at 2020-01-01T00:00:00Z
	has 'not valid yet'
	jq -c '{kind: "event", event_type: "PACKED", package_id, version, archive_hash: $hash, manifest_hash: .integrity.manifest_hash,
		signature: .integrity.signature, signed_by: .integrity.signed_by}' --arg hash "$(sum <p.tar.gz)" p/package.manifest.yaml |
		cp-ledger-append plane/ledger/packages.jsonl >/dev/null
	sleep 1
	judge 0 --at 2036-01-01T00:00:00Z
	cp-keyring --keyring R retire me@example >/dev/null
	judge 0
	run_sh 1 "cd home && cp-gate-g5 --keyring ../R <../p.stream"
	findings_are 'UNTRUSTED -'
	cp-keyring --keyring R revoke me@example >/dev/null
	judge 1
	findings_are 'UNTRUSTED -'
	has 'is revoked'
}

@test "without a binding the signature covers no name: UNBOUND, but for a waiver" {
	role=wo_approver key bob --owner bob
	changed p 'del(.integrity.binding)'
	packed p
	judge 1
	findings_are 'UNBOUND -'
	has 'there is none'
	cp-ledger-init --ledger test/governance --type L-INTENT --tier ho3 plane/ledger/governance.jsonl >/dev/null
	waive() { # ARCHIVE DOCUMENT UNTIL NONCE KEY
		jq -nc --arg a "$1" --arg d "$2" --arg t "$3" --arg n "$4" '{kind: "event", event_type: "WAIVER", archive_hash: $a,
			document_hash: $d, reason: "old", expires_at: $t, approver: "bob", nonce: $n}' | authorised "$5" test/governance |
			cp-ledger-append plane/ledger/governance.jsonl >/dev/null
	}
	waive "$(sum <R)" "$(document_hash p)" 2036-01-01T00:00:00Z 1 bob
	judge 1
	has 'there is none'
	waive "$(sum <p.tar.gz)" "$(document_hash p)" 2020-01-01T00:00:00Z 2 bob
	judge 1
	has 'it has expired'
	waive "$(sum <p.tar.gz)" "$(document_hash p)" 2036-01-01T00:00:00Z 3 me
	judge 1
	has 'has not the role'
	waive "$(sum <p.tar.gz)" "$(document_hash p)" 2036-01-01T00:00:00Z 3 bob
	judge 1
	has 'its nonce was there before'
	role=wo_approver key both --role package_signer --owner both
	draft q && signed q both && changed q 'del(.integrity.binding)' && packed q
	waive "$(sum <q.tar.gz)" "$(document_hash q)" 2036-01-01T00:00:00Z own both
	run_sh 1 "cp-gate-g5 --root plane --keyring R <q.stream"
	has 'of the key that signed the package'
	waive "$(sum <q.tar.gz)" "$(document_hash q)" 2036-01-01T00:00:00Z other bob
	run_sh 0 "cp-gate-g5 --root plane --keyring R <q.stream"
	waive "$(sum <p.tar.gz)" "$(document_hash p)" 2036-01-01T00:00:00Z 4 bob
	judge 0
	findings_are 'UNBOUND -'
	has '"severity":"warning"'
	sed -i 's/"reason":"old"/"reason":"odd"/' plane/ledger/governance.jsonl
	judge 3
}

@test "a plane takes the keyring that it pins, and no other" {
	genesis pinned --keyring-hash "$(sum <R)"
	cp-ledger-init --ledger test/governance --type L-INTENT --tier ho3 pinned/ledger/governance.jsonl >log
	run_sh 0 "cp-gate-g5 --root pinned --keyring R <p.stream"
	key other
	run_sh 3 "cp-gate-g5 --root pinned --keyring R <p.stream"
	err 'it is not the one that the plane pins'
	hasnt '"kind":"verdict"'
}

@test "what is no signature, and a package without hashes, cannot be judged" {
	changed p '.integrity.signature = "base64:AAAA"'
	packed p
	judge 3
	sed 's/"document_hash":"sha256:[0-9a-f]*",//' p.stream >q.stream
	run_sh 3 "cp-gate-g5 --root plane --keyring R <q.stream"
	run_sh 3 "{ sed '\$d' p.stream; sed '\$d' p.stream; } | cp-end | cp-gate-g5 --root plane --keyring R"
	run_sh 3 "sed '\$d' p.stream | cp-gate-g5 --root plane --keyring R"
	hasnt '"kind":"verdict"'
	run_sh 1 "cp-end </dev/null | cp-gate-g5 --root plane --keyring R"
	run_sh 3 "cp-gate-g5 --root plane --keyring R <p.stream | cp-gate-g5 --root plane --keyring R"
	run_sh 2 "cp-gate-g5 --at noon <p.stream"
}

load ../helper
load ../fault/sweep

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
}

member() {
	jq -r "select(.kind == \"key\").$1" <<<"$output"
}

@test "an Ed25519 key: the private one 0600 and readable by openssl, the public one a record" {
	run_status 0 cp-keygen --key-id me@example-2026 --out K.pem --at 2026-11-26T00:00:00Z --owner ann --role root --role package_signer
	silent
	[ "$(stat -c '%a %h %F' K.pem)" = '600 1 regular file' ]
	[ "$(member public_key)" = "base64:$(openssl pkey -in K.pem -pubout -outform DER | tail -c 32 | base64 -w 0)" ]
	[ "$(jq -c 'del(.public_key)' <<<"${lines[0]}")" = '{"kind":"key","key_id":"me@example-2026","algorithm":"ed25519",'\
'"valid_from":"2026-11-26T00:00:00Z","valid_until":"2027-11-26T00:00:00Z","status":"active",'\
'"roles":["root","package_signer"],"owner":"ann"}' ]
	cp-schema-check --quiet <<<"$output" >/dev/null
	[ "$(ls -A)" = K.pem ]
}

@test "an RSA key has 4096 bits and the exponent 65537" {
	run_status 0 cp-keygen --key-id r --algorithm rsa4096 --out K.pem
	openssl rsa -in K.pem -noout -text | grep -q 'Private-Key: (4096 bit'
	openssl rsa -in K.pem -noout -text | grep -q 'publicExponent: 65537'
	[ "$(member public_key)" = "base64:$(openssl pkey -in K.pem -pubout -outform DER | base64 -w 0)" ]
}

@test "the umask does not matter" {
	(umask 0 && cp-keygen --key-id a --out a >/dev/null)
	(umask 277 && cp-keygen --key-id a --out b >/dev/null)
	[ "$(stat -c %a a b | sort -u)" = 600 ]
}

@test "no two keys are alike" {
	cp-keygen --key-id a --out a >/dev/null
	cp-keygen --key-id a --out b >/dev/null
	[ -s a ]
	run_status 1 cmp -s a b
}

@test "what has the name is left alone, links and devices too" {
	echo mine >file
	ln -s nowhere link
	mkfifo fifo
	for f in file fifo; do
		run_status 1 cp-keygen --key-id a --out "$f"
		err 'there is something of that name'
		hasnt '"kind":"key"'
	done
	run_status 4 cp-keygen --key-id a --out link
	[ ! -e nowhere ] && [ "$(cat file)" = mine ]
}

@test "never inside a plane, by whatever way" {
	mkdir -p plane/config/deep elsewhere
	touch plane/.genesis_complete
	ln -s ../plane/config elsewhere/link
	for f in plane/K plane/config/deep/K elsewhere/link/K elsewhere/../plane/K; do
		run_status 2 cp-keygen --key-id a --out "$f"
		err 'it lies inside a plane'
	done
	run_status 2 cp-keygen --root elsewhere --key-id a --out elsewhere/K
	err 'it lies inside the plane'
	[ -z "$(find . -name K)" ]
}

@test "nor where others may write" {
	mkdir open
	chmod 777 open
	run_status 2 cp-keygen --key-id a --out open/K
	err 'others may write to a directory above it'
	chmod 755 open
	mkdir theirs
	[ "$(id -u)" -ne 0 ] || {
		chown 12345 theirs
		run_status 2 cp-keygen --key-id a --out theirs/K
		err 'belongs to somebody else'
	}
	[ -z "$(find . -name K)" ]
}

@test "bad names and times are status 2, and nothing is made" {
	for bad in '' 'a b' $'a\nb' 'a+b' $'\e[0m' "$(printf 'a%.0s' {1..256})"; do
		run_status 2 cp-keygen --key-id "$bad" --out K
		run_status 2 cp-keygen --key-id a --owner "$bad" --out K
		run_status 2 cp-keygen --key-id a --role "$bad" --out K
	done
	run_status 2 cp-keygen --key-id a --out K --valid-from yesterday
	run_status 2 cp-keygen --key-id a --out K --valid-from 2026-01-01T00:00:00Z --valid-until 2025-01-01T00:00:00Z
	run_status 2 cp-keygen --key-id a --out K --algorithm ed448
	run_status 2 cp-keygen --out K
	run_status 2 cp-keygen --key-id a
	[ -z "$(ls -A)" ]
}

@test "--dry-run makes nothing" {
	run_status 0 cp-keygen --key-id a --out K --dry-run
	has '"dry_run":true'
	[ -z "$(ls -A)" ]
}

@test "no secret is in the record, on stderr or in a core" {
	run_status 0 cp-keygen --key-id a --out K
	secret=$(sed 1d K | head -n 1 | tail -c 45)
	hasnt "$secret" && err_not "$secret"
}

# After whatever happened: the key is there and whole, with nothing beside it, or it is not there and the next one makes it.
# Where it has its name from the first ($halves), its beginning may be what a kill left, which nobody takes for a key.
whole_or_none() {
	case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
	if [ ! -e K ]; then
		grep -q '"kind":"key"' "$BATS_TEST_TMPDIR/fault.out" && return 1
		[ "$status" -ne 0 ] && [ -z "$(ls -A)" ] && cp-keygen --key-id a --out K >/dev/null
		return
	fi
	[ "$(stat -c '%a %h' K)" = '600 1' ] && [ "$(ls -A)" = K ] || return
	openssl pkey -in K -noout 2>/dev/null || { [ -n "$halves" ] && [ "$status" -eq 137 ]; } || return
	(run_status 1 cp-keygen --key-id a --out K)
}

@test "killed, or with a failing or full disk, at each call: a whole key or none" {
	halves=
	for what in kill EIO ENOSPC short; do
		fault_sweep -d "$what" 'rm -f K' 'cp-keygen --key-id a --out K' whole_or_none
	done
	# It has no name before it is whole and synced.
	fault_sweep -m '^linkat' 'rm -f K' 'cp-keygen --key-id a --out K' '[ ! -e "$BATS_TEST_TMPDIR/fault.hit" ] || [ ! -e K ]'
}

@test "the same where a file system has no nameless files, or where /proc is not there" {
	halves=1
	for FAULT_NEVER in '^openat \.$' '^linkat'; do
		export FAULT_NEVER
		for what in kill EIO ENOSPC; do
			fault_sweep -d "$what" 'rm -f K' 'cp-keygen --key-id a --out K' whole_or_none
		done
	done
}

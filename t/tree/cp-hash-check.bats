load ../helper

setup() {
	plane bare
	ln -s a lib/link
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/before"
}

verify() { # STATUS
	run_sh "$1" 'cp-hash-check <"$BATS_TEST_TMPDIR/before"'
}

@test "as it was" {
	verify 0
	[ "$(jq -c 'select(.kind == "verdict") | [.gate, .pass, .checked, .findings]' <<<"$output")" = \
		'["VERIFY",true,4,0]' ]
	findings_are
	[ "$(jq -r 'select(.kind == "verdict") | .subject' <<<"$output")" = \
		"sha256:$(head -n -1 "$BATS_TEST_TMPDIR/before" | sha256sum | cut -c1-64)" ]
}

@test "each difference, once" {
	printf X >>lib/a
	chmod 600 lib/b
	rm docs/readme
	ln -sf b lib/link
	verify 1
	findings_are 'MODIFIED lib/a' 'MODE lib/b' 'MISSING docs/readme' 'MODIFIED lib/link'
	[ "$(jq -c 'select(.kind == "verdict") | [.pass, .checked, .findings]' <<<"$output")" = '[false,4,4]' ]
}

@test "touching and copying change nothing" {
	touch lib/a
	cp -a . "$BATS_TEST_TMPDIR/copy"
	verify 0
	run_sh 0 'grep -v "\"plane\"\|\"end\"" "$BATS_TEST_TMPDIR/before" |
		cp-hash-check --open --root "$BATS_TEST_TMPDIR/copy"'
	has '"pass":true'
}

@test "other types, and links on the way" {
	rm lib/a lib/link
	ln -s b lib/a
	touch lib/link
	mv docs "$BATS_TEST_TMPDIR/docs"
	ln -s "$BATS_TEST_TMPDIR/docs" docs
	rm lib/b
	mkdir lib/b
	verify 1
	findings_are 'TYPE docs/readme' 'TYPE lib/a' 'TYPE lib/b' 'TYPE lib/link'
}

@test "unreadable" {
	[ "$(id -u)" -eq 0 ] || skip 'root can make a file that another may not read'
	chmod 600 lib/a
	run_status 1 as_user sh -c 'cp-hash-check' <"$BATS_TEST_TMPDIR/before"
	findings_are 'UNREADABLE lib/a'
}

@test "a record with an error has nothing to compare with" {
	run_sh 1 'jq -c "if .path == \"lib/a\" then del(.hash) | .error = \"CHANGING\" else . end" \
		"$BATS_TEST_TMPDIR/before" | cp-hash-check'
	findings_are 'CHANGING lib/a'
}

@test "records without a hash, a cut stream, an empty one" {
	run_sh 3 'cp-walk | cp-hash-check'
	hasnt verdict
	err 'has no hash'
	run_sh 3 'head -n 4 "$BATS_TEST_TMPDIR/before" | cp-hash-check'
	hasnt verdict
	hasnt finding
	mkdir "$BATS_TEST_TMPDIR/empty"
	export CONTROL_PLANE_ROOT=$BATS_TEST_TMPDIR/empty
	run_sh 1 'cp-walk | cp-hash | cp-hash-check'
	run_sh 0 'cp-walk | cp-hash | cp-hash-check --allow-empty'
}

@test "a name that is not UTF-8 is a finding" {
	touch lib/$'\xff'
	run_sh 1 'cp-walk | cp-hash | cp-hash-check'
	[ "$(jq -r 'select(.kind == "finding") | .code' <<<"$output")" = NAME ]
}

@test "--pass keeps the records, and other kinds always pass" {
	run_sh 0 '{ head -n -1 "$BATS_TEST_TMPDIR/before"; echo "{\"kind\":\"note\",\"x\":1}"; } | cp-hash-check --open'
	has '{"kind":"note","x":1}'
	hasnt '"file"'
	run_sh 0 'cp-hash-check --pass --jobs 1 <"$BATS_TEST_TMPDIR/before"'
	[ "$(grep -c '"kind":"file"' <<<"$output")" -eq 3 ]
}

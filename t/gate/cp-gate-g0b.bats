load ../helper

setup() {
	plane
}

@test "a tree in order passes, and all that came in goes on" {
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/tree"
	run_sh 0 "cp-gate-g0b <'$BATS_TEST_TMPDIR/tree'"
	silent
	findings_are
	has '"gate":"G0B","pass":true,"checked":3,"findings":0'
	diff <(sed '$d' "$BATS_TEST_TMPDIR/tree") <(sed '$d' <<<"$output" | grep -v '"kind":"verdict"')
}

@test "what is wrong is found as cp-own-diff finds it, under the gate's own name" {
	printf Alpha >lib/a
	rm lib/b
	: >lib/new
	run_sh 1 'cp-walk | cp-hash | cp-gate-g0b'
	findings_are 'MODIFIED lib/a' 'MISSING lib/b' 'ORPHAN lib/new'
	has '"by":"cp-gate-g0b"'
	has '"gate":"G0B","pass":false,"checked":4,"findings":3'
}

@test "a verdict of its own on its input is somebody else's" {
	run_sh 3 'cp-walk | cp-hash | cp-gate-g0b | cp-gate-g0b'
	err 'it has a verdict of G0B already'
	hasnt '"gate":"G0B","pass":true'"$(printf '\n')"'{"kind":"end"'
	[ -z "$(tail -n 1 <<<"$output" | grep '"kind":"end"')" ]
}

@test "findings and verdicts of a gate before it are no part of its subject" {
	run_sh 0 'cp-walk | cp-hash | cp-own-diff --pass | cp-gate-g0b | jq -r "select(.kind == \"verdict\").subject"'
	[ "$(sort -u <<<"$output" | wc -l)" -eq 1 ]
	[ "$(wc -l <<<"$output")" -eq 2 ]
}

@test "nothing judged is no pass, a cut stream no answer" {
	rm -r lib docs
	cp registries/file_ownership.csv "$BATS_TEST_TMPDIR/full"
	head -n 1 "$BATS_TEST_TMPDIR/full" >registries/file_ownership.csv
	run_sh 3 'cp-walk | cp-hash | cp-gate-g0b'
	hasnt '"pass":true'
	cp "$BATS_TEST_TMPDIR/full" registries/file_ownership.csv
	run_sh 3 "cp-walk | cp-hash | sed '\$d' | cp-gate-g0b"
	hasnt '"kind":"verdict"'
}

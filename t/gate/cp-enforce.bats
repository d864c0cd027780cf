load ../helper

setup() {
	plane
	good=$BATS_TEST_TMPDIR/good
	cp-walk | cp-hash | cp-gate-g0b | sed '$d' >"$good"
	subject=$(jq -r 'select(.kind == "verdict").subject' "$good")
}

# closed FILE [STATUS]: the records of FILE behind which a source wrote the end.
closed() {
	cat "$1"
	printf '{"kind":"end","count":%d,"status":%d,"by":"test"}\n' "$(wc -l <"$1")" "${2-0}"
}

# enforced STATUS ARG...: cp-enforce over the good stream and what $extra adds to it.
enforced() {
	local want=$1
	shift
	cat "$good" >"$BATS_TEST_TMPDIR/in"
	[ -z "${extra-}" ] || printf '%s\n' "$extra" >>"$BATS_TEST_TMPDIR/in"
	closed "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/stream"
	run_sh "$want" "cp-enforce $* <'$BATS_TEST_TMPDIR/stream'"
}

# denied WHY ARG...: nothing but findings comes out.
denied() {
	local why=$1
	shift
	enforced 1 "$@"
	has "$why"
	[ -z "$(jq -c 'select(.kind != "finding" and .kind != "end")' <<<"$output")" ]
}

@test "a stream whose gates have passed goes on, byte for byte" {
	enforced 0 --require G0B
	has '"gate":"G0B","pass":true'
	diff "$good" <(sed '$d' <<<"$output")
	silent
	run_sh 0 'cp-walk | cp-hash | cp-gate-g0b | cp-enforce --require G0B'
}

@test "an absent gate is a gate that has not passed" {
	denied 'G5 has not judged this stream' --require G5
	denied 'G5 has not judged this stream' --require G0B,G5
	denied 'G5 has not judged this stream' --require G0B --require G5
	findings_are 'GATE -'
}

@test "a gate that said no, twice, or of something else has not passed" {
	extra='{"kind":"verdict","gate":"G5","pass":false,"checked":1,"findings":1,"subject":"'$subject'"}'
	denied 'G5 has not passed' --require G5
	extra='{"kind":"verdict","gate":"G0B","pass":true,"checked":1,"findings":0,"subject":"'$subject'"}'
	denied 'G0B has more than one verdict' --require G0B
	extra='{"kind":"verdict","gate":"G5","pass":true,"checked":1,"findings":0,"subject":"sha256:'$(printf %064d 0)'"}'
	denied 'G5 has passed something else' --require G5
	extra='{"kind":"verdict","gate":"G5","pass":true,"checked":1,"findings":0}'
	denied 'G5 has passed something else' --require G5
	extra='{"kind":"verdict","gate":"G5","pass":"true","checked":1,"findings":0,"subject":"'$subject'"}'
	denied 'G5 has not passed' --require G5
	extra='{"kind":"verdict","gate":"G5","pass":true,"checked":1,"findings":0,"subject":"'$subject'"}'
	enforced 0 --require G0B,G5
}

@test "a line added, changed, dropped or moved behind the gate is something else than it passed" {
	extra='{"kind":"file","path":"lib/z","hash":"'$subject'"}'
	denied 'G0B has passed something else' --require G0B
	extra=
	sed -i '/"path":"lib\/a"/d' "$good"
	denied 'G0B has passed something else' --require G0B
	cp-walk | cp-hash | cp-gate-g0b | sed '$d' | sed 's/"size":6/"size":7/' >"$good"
	denied 'G0B has passed something else' --require G0B
	cp-walk | cp-hash | cp-gate-g0b | sed '$d' | sort -r >"$good"
	denied 'G0B has passed something else' --require G0B
}

@test "an error on the stream denies, whatever the end says; a note does not" {
	extra='{"kind":"finding","code":"ORPHAN","severity":"error","by":"x"}'
	denied ORPHAN --require G0B
	extra='{"kind":"finding","code":"ORPHAN","severity":"grave","by":"x"}'
	denied ORPHAN --require G0B
	extra='{"kind":"finding","code":"CASE","severity":"note","by":"x"}'
	enforced 0 --require G0B
	has '"severity":"note"'
}

@test "a gate upstream that found something: its findings alone, status 1" {
	printf Alpha >lib/a
	run_sh 1 'cp-walk | cp-hash | cp-gate-g0b | cp-enforce --require G0B'
	findings_are 'GATE -' 'MODIFIED lib/a'
	hasnt '"kind":"file"'
}

@test "a stream that was closed by hand is not trusted" {
	by_hand="cp-walk | cp-hash | sed '\$d' | cp-end | cp-gate-g0b"
	run_sh 3 "$by_hand | cp-enforce --require G0B"
	err 'closed by hand'
	hasnt '"kind":"file"'
	run_sh 0 "$by_hand | cp-enforce --open --require G0B"
}

@test "called wrongly" {
	for bad in '' ',' 'G0B,' 'g0b' 'G0B,G0B' 'G 5' "$(printf 'G%.0s' $(seq 65))"; do
		enforced 2 --require "'$bad'"
	done
	enforced 2
	run_sh 2 "cp-enforce --require $(seq -s, -f G%g 65) <'$good'"
}

@test "a stream of a million bytes is spooled, and comes back as it was" {
	seq 20000 | sed 's/.*/{"kind":"x-test","n":&}/' >"$BATS_TEST_TMPDIR/big"
	closed "$BATS_TEST_TMPDIR/big" >"$BATS_TEST_TMPDIR/stream"
	sum=$(sha256sum <"$BATS_TEST_TMPDIR/big" | cut -c1-64)
	printf '{"kind":"verdict","gate":"G9","pass":true,"checked":1,"findings":0,"subject":"sha256:%s"}\n' "$sum" \
		>>"$BATS_TEST_TMPDIR/big"
	closed "$BATS_TEST_TMPDIR/big" >"$BATS_TEST_TMPDIR/stream"
	cp-enforce --require G9 <"$BATS_TEST_TMPDIR/stream" >"$BATS_TEST_TMPDIR/out"
	cmp <(sed '$d' "$BATS_TEST_TMPDIR/out") "$BATS_TEST_TMPDIR/big"
	mkdir "$BATS_TEST_TMPDIR/none"
	chmod 500 "$BATS_TEST_TMPDIR/none"
	run_sh 4 "TMPDIR=/nonexistent cp-enforce --require G9 <'$BATS_TEST_TMPDIR/stream'"
}

@test "a framework's required gates" {
	mkdir frameworks
	printf '%s\n' '# FMWK-9: A' '' '## Required Gates' '- G0B' >frameworks/FMWK-9_a.md
	enforced 0 --framework FMWK-9
	diff "$good" <(sed '$d' <<<"$output")
	enforced 0 --framework FMWK-9 --require G0B
	echo '- G5' >>frameworks/FMWK-9_a.md
	denied 'G5 has not judged this stream' --framework FMWK-9
	echo '- anything' >>frameworks/FMWK-9_a.md
	denied 'FMWK-9 requires anything, which is no gate' --framework FMWK-9
	sed -i '/^- /d' frameworks/FMWK-9_a.md
	denied 'the framework FMWK-9 requires no gate' --framework FMWK-9
	denied 'there is no framework FMWK-8 that would require gates' --framework FMWK-8 --require G0B
	: >frameworks/FMWK-9_a.md
	enforced 3 --framework FMWK-9
	run_status 2 cp-enforce
	run_status 2 cp-enforce --framework FMWK_9
}

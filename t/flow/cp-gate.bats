load ../helper

setup() {
	plane
}

@test "a gate by its id: findings, a verdict, and its status" {
	run_status 0 cp-gate --gate G0B
	silent
	findings_are
	has '"gate":"G0B","pass":true'
	hasnt '"kind":"file"'
	printf X >>lib/a
	run_status 1 cp-gate --gate G0B
	findings_are 'MODIFIED lib/a'
	run_status 1 cp-gate --gate G0B --enforce
	findings_are 'GATE -' 'MODIFIED lib/a'
	hasnt '"kind":"verdict"'
}

@test "its gates are the programs beside it" {
	run_status 0 cp-gate --list
	jq -es 'map(select(.kind == "program").name) | index("cp-gate-g0b") != null' <<<"$output" >/dev/null
	jq -es '.[-1].kind == "end" and .[-1].count == length - 1' <<<"$output" >/dev/null
	ln -s "$CP_BUILD"/bin "$BATS_TEST_TMPDIR/bin"
	run_status 0 env PATH=/usr/bin:/bin "$BATS_TEST_TMPDIR/bin/cp-gate" --gate G0B
	run_status 2 cp-gate --gate G99
	err 'unable to run the gate G99: there is no cp-gate-g99'
	run_status 0 cp-gate --all --print
	has 'cp-gate-integrity'
	run_status 0 cp-gate --gate G-INTEGRITY --enforce --print
	has '| cp-gate-integrity '
	has 'cp-enforce --require G-INTEGRITY'
}

@test "--print shows what runs" {
	run_status 0 cp-gate --gate G0B --enforce --print
	line=$output
	run_status 0 cp-gate --gate G0B --enforce
	diff <(jq -c 'del(.subject)' <<<"$output") <(sh -c "$line" | jq -c 'del(.subject)')
	mkdir -p "../a b'c"
	run_status 0 cp-gate --gate G0B --print --root "../a b'c"
	has "b'\\''c'"
}

@test "a plane below the root" {
	make_plane planes/ho2
	printf X >>planes/ho2/lib/a
	run_status 0 cp-gate --gate G0B
	run_status 1 cp-gate --gate G0B --plane ho2
	findings_are 'MODIFIED lib/a'
	run_status 4 cp-gate --gate G0B --plane ho1
	run_status 2 cp-gate --gate G0B --plane ../ho2
}

@test "called wrongly" {
	for bad in '' '--gate G0B --all' '--gate g0b' '--gate G0B,' \
		"--gate 'G0B;id'" '--gate INTEGRITY' '--gate G-' '--gate G-0B' '--gate GX' "--gate '\$(id)'" '--no-such'; do
		run_sh 2 "cp-gate $bad"
		[ -z "$output" ]
	done
	run_sh 2 'env -u CONTROL_PLANE_ROOT cp-gate --gate G0B'
}

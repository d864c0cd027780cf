load ../helper

@test "members are added at the end of each record, the rest stays" {
	run_sh 0 'printf "%s\n" "{ \"kind\" : \"a\", \"x\":1.50 }" "{\"kind\":\"b\"}" | cp-tag host=alpha rack_2=7'
	is '{ "kind" : "a", "x":1.50 ,"host":"alpha","rack_2":"7"}
{"kind":"b","host":"alpha","rack_2":"7"}'
	silent
}

@test "the end is not tagged; status and by come through" {
	run_sh 1 'printf "%s\n" "{\"kind\":\"a\"}" "{\"kind\":\"end\",\"count\":1,\"status\":1,\"by\":\"cp-x\"}" |
		cp-tag host=h'
	is '{"kind":"a","host":"h"}
{"kind":"end","count":1,"status":1,"by":"cp-x"}'
}

@test "values are quoted as JSON strings" {
	run_sh 0 "echo '{\"kind\":\"a\"}' | cp-tag \"host=q\\\"b\\\\s
n=é\" empty="
	is '{"kind":"a","host":"q\"b\\s\nn=é","empty":""}'
	run_sh 0 "echo '{\"kind\":\"a\"}' | cp-tag 'host=\",\"kind\":\"end' | jq -c '[.kind, .host]'"
	is '["a","\",\"kind\":\"end"]'
}

@test "members that a schema of the suite defines are refused" {
	local key
	for key in kind path path_b64 size mode hash code severity detail by gate pass checked \
		findings subject count status by_hand root; do
		run_sh 2 "echo '{\"kind\":\"a\"}' | cp-tag $key=x"
		is ''
		err "unable to add $key: a schema of the suite defines it"
	done
	# Each member at the top of each schema, whatever comes to be defined.
	jq -r '.properties // {} | keys[]' "$CP_TOP"/schemas/*.json | grep -x '[a-z][a-z0-9_]*' | sort -u \
		>"$BATS_TEST_TMPDIR/keys"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/keys")" -gt 15 ]
	while read -r key; do
		run_status 2 cp-tag "free_key=1" "$key=x" </dev/null
	done <"$BATS_TEST_TMPDIR/keys"
}

@test "a member the record has already is refused, however it is spelled" {
	run_sh 3 "printf '%s\n' '{\"kind\":\"a\"}' '{\"kind\":\"b\",\"host\":1}' | cp-tag host=h"
	is '{"kind":"a","host":"h"}'
	err 'stdin:2: unable to add host: the record has it already'
	run_sh 3 "echo '{\"kind\":\"b\",\"h\\u006fst\":1}' | cp-tag host=h"
	is ''
}

@test "wrong calls" {
	local arg
	for arg in '' host =x Host=x 1a=x _a=x a-b=x 'a b=x' 'é=x' 'a"=x' $'host=\xff'; do
		run_status 2 cp-tag "$arg" </dev/null
		is ''
	done
	run_status 2 cp-tag </dev/null
	run_status 2 cp-tag host=a host=b </dev/null
}

@test "a record that would become too long is refused" {
	run_sh 3 '(printf "{\"kind\":\"a\",\"x\":\""; head -c 1048557 /dev/zero | tr "\0" x; printf "\"}\n") |
		cp-tag host=h'
	is ''
	err 'longer than 1 MiB'
}

@test "an open stream stays open, a cut one is 3" {
	run_sh 0 "echo '{\"kind\":\"a\"}' | cp-tag host=h"
	hasnt '"end"'
	run_sh 3 "printf '{\"kind\":\"a\"}\n{' | cp-tag host=h"
	is '{"kind":"a","host":"h"}'
}

@test "without schemas nothing is added" {
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/share/cp-filters/schemas"
	cp "$CP_BUILD/bin/cp-tag" "$BATS_TEST_TMPDIR/bin"
	run_sh 4 "echo '{\"kind\":\"a\"}' | $BATS_TEST_TMPDIR/bin/cp-tag host=h"
	is ''
	echo '{"properties":{"kind":{"const":"x"}},"allOf":[{"properties":{"host":{}}}]}' \
		>"$BATS_TEST_TMPDIR/share/cp-filters/schemas/x.json"
	run_sh 2 "echo '{\"kind\":\"a\"}' | $BATS_TEST_TMPDIR/bin/cp-tag host=h"
	run_sh 0 "echo '{\"kind\":\"a\"}' | $BATS_TEST_TMPDIR/bin/cp-tag rack=h"
	echo '{' >"$BATS_TEST_TMPDIR/share/cp-filters/schemas/y.json"
	run_sh 4 "echo '{\"kind\":\"a\"}' | $BATS_TEST_TMPDIR/bin/cp-tag rack=h"
	is ''
	err 'unable to read the schema y.json'
}

@test "hosts are merged, and told apart" {
	cd "$BATS_TEST_TMPDIR"
	for h in one two; do
		cp-end echo '{"kind":"file","path":"a"}' | cp-tag host=$h >$h
	done
	run_status 0 cp-merge one two
	is '{"kind":"file","path":"a","host":"one"}
{"kind":"file","path":"a","host":"two"}
{"kind":"end","count":2,"status":0,"by":"cp-merge"}'
}

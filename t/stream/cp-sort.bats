load ../helper

file() { # PATH...
	printf '{"kind":"file","path":"%s"}\n' "$@"
}

@test "by the bytes of the path, a directory right before what is in it" {
	run_sh 0 'cp-end printf "{\"kind\":\"%s\",\"path\":\"%s\"}\n" file b file a/b file a0 file a.c dir a file é \
		file B file a/b/c | cp-sort'
	is '{"kind":"file","path":"B"}
{"kind":"file","path":"a.c"}
{"kind":"dir","path":"a"}
{"kind":"file","path":"a/b"}
{"kind":"file","path":"a/b/c"}
{"kind":"file","path":"a0"}
{"kind":"file","path":"b"}
{"kind":"file","path":"é"}
{"kind":"end","count":8,"status":0,"by":"cp-sort"}'
}

@test "equal paths keep their order; a plane's member comes first" {
	run_sh 0 'cp-end printf "%s\n" "{\"kind\":\"file\",\"path\":\"a\",\"n\":2}" \
		"{\"kind\":\"file\",\"path\":\"a\",\"n\":1}" \
		"{\"kind\":\"file\",\"path\":\"0\",\"plane\":\"ho3\"}" \
		"{\"kind\":\"file\",\"path\":\"z\",\"plane\":null}" | cp-sort'
	is '{"kind":"file","path":"a","n":2}
{"kind":"file","path":"a","n":1}
{"kind":"file","path":"z","plane":null}
{"kind":"file","path":"0","plane":"ho3"}
{"kind":"end","count":4,"status":0,"by":"cp-sort"}'
}

@test "the head keeps its place, other pathless records go behind" {
	run_sh 0 'cp-end printf "%s\n" "{\"kind\":\"plane\"}" "{\"kind\":\"x\"}" \
		"{\"kind\":\"f\",\"path\":\"b\"}" "{\"kind\":\"y\"}" \
		"{\"kind\":\"f\",\"path\":\"a\"}" "{\"kind\":\"z\"}" | cp-sort'
	is '{"kind":"plane"}
{"kind":"x"}
{"kind":"f","path":"a"}
{"kind":"f","path":"b"}
{"kind":"y"}
{"kind":"z"}
{"kind":"end","count":6,"status":0,"by":"cp-sort"}'
}

@test "hostile names: escaped, not UTF-8, with control characters" {
	run_sh 0 'cp-end printf "%s\n" "{\"kind\":\"f\",\"path_b64\":\"/w==\"}" \
		"{\"kind\":\"f\",\"path\":\"\\u0062\"}" \
		"{\"kind\":\"f\",\"path\":\"a\\nb\"}" "{\"kind\":\"f\",\"path\":\"a\"}" \
		"{\"kind\":\"f\",\"path\":\"c\\\\\\\"\\u001b\"}" | cp-sort'
	is '{"kind":"f","path":"a"}
{"kind":"f","path":"a\nb"}
{"kind":"f","path":"\u0062"}
{"kind":"f","path":"c\\\"\u001b"}
{"kind":"f","path_b64":"/w=="}
{"kind":"end","count":5,"status":0,"by":"cp-sort"}'
}

@test "a stream that is not complete is not sorted" {
	run_sh 3 'printf "{\"kind\":\"f\",\"path\":\"b\"}\n{\"kind\":\"f\",\"path\":\"a\"}\n" | cp-sort'
	is ''
	err 'no end record'
	run_sh 3 'printf "{\"kind\":\"f\",\"path\":\"b\"}\n{\"kind\":\"f\"" | cp-sort'
	is ''
	run_sh 3 'printf "{\"kind\":\"f\",\"path\":\"b\"}\n{\"kind\":\"end\",\"count\":2,\"status\":0,\"by\":\"x\"}\n" |
		cp-sort'
	is ''
	run_sh 3 'cp-sort </dev/null'
	is ''
	run_sh 0 'printf "{\"kind\":\"f\",\"path\":\"b\"}\n{\"kind\":\"f\",\"path\":\"a\"}\n" | cp-sort --open'
	has '"count":2,"status":0,"by":"cp-sort","by_hand":true'
}

@test "status and by come through" {
	run_sh 1 'printf "{\"kind\":\"f\",\"path\":\"b\"}\n{\"kind\":\"end\",\"count\":1,\"status\":1,\"by\":\"x\"}\n" |
		cp-sort'
	is '{"kind":"f","path":"b"}
{"kind":"end","count":1,"status":1,"by":"x"}'
}

@test "a bad path is 3" {
	local p
	for p in '"/a"' '"../a"' '"a//b"' '""' 7 null; do
		run_sh 3 "cp-end echo '{\"kind\":\"f\",\"path\":$p}' | cp-sort"
		is ''
	done
	run_sh 3 "cp-end echo '{\"kind\":\"f\",\"path\":\"a\",\"path_b64\":\"/w==\"}' | cp-sort"
	run_sh 3 "cp-end echo '{\"kind\":\"f\",\"path\":\"a\",\"plane\":7}' | cp-sort"
	is ''
}

@test "by another member: null, false, true, integers, strings" {
	run_sh 0 'cp-end printf "{\"kind\":\"f\",\"n\":%s}\n" 10 "\"b\"" -3 9 \
		true "\"a\"" null 0 9007199254740991 -9007199254740991 false | cp-sort --by n'
	[ "$(jq -r 'select(.kind == "f") | .n | tojson' <<<"$output" | tr '\n' ' ')" = \
		'null false true -9007199254740991 -3 0 9 10 9007199254740991 "a" "b" ' ]
	run_sh 3 'cp-end printf "{\"kind\":\"f\",\"n\":%s}\n" 1.5 | cp-sort --by n'
	run_sh 3 'cp-end printf "{\"kind\":\"f\",\"n\":%s}\n" "[1]" | cp-sort --by n'
	run_sh 0 'cp-end printf "{\"kind\":\"f\",%s}\n" "\"x\":1" "\"n\":2" "\"y\":3" "\"n\":1" | cp-sort --by n'
	is '{"kind":"f","x":1}
{"kind":"f","n":1}
{"kind":"f","n":2}
{"kind":"f","y":3}
{"kind":"end","count":4,"status":0,"by":"cp-sort"}'
}

@test "200,000 records, more than memory may hold" {
	cd "$BATS_TEST_TMPDIR"
	cp-end jq -nc 'range(200000) | {kind: "file", path: "d\(. * 7919 % 1009)/f\(. * 104729 % 1000003)",
		pad: ("x" * 400)}' >big
	[ "$(wc -c <big)" -gt 70000000 ]
	grep '"file"' big | jq -r .path | LC_ALL=C sort >want
	[[ $CP_BUILD == *asan* ]] || ulimit -Sd 64000
	mkdir tmp
	TMPDIR=$PWD/tmp run_sh 0 'cp-sort <big >sorted && tail -n 1 sorted'
	is '{"kind":"end","count":200000,"status":0,"by":"cp-sort"}'
	ulimit -Sd unlimited
	jq -r 'select(.kind == "file") | .path' sorted | cmp - want
	[ -z "$(ls -A tmp)" ]
	# Nowhere to put it: 4, and nothing that looks like an answer.
	TMPDIR=/nonexistent run_sh 4 'cp-sort <big'
	is ''
	err 'temporary file'
}

@test "wrong calls" {
	run_status 2 cp-sort operand
	run_status 2 cp-sort --by
	is ''
}

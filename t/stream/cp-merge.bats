load ../helper

file() { # PATH...
	printf '{"kind":"file","path":"%s"}\n' "$@"
}

end() { # COUNT [STATUS [BY]]
	printf '{"kind":"end","count":%d,"status":%d,"by":"%s"}\n' "$1" "${2-0}" "${3-x}"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	{ file b d; end 2; } >one
	{ file a c; end 2; } >two
}

@test "streams one after another, one end" {
	run_status 0 cp-merge one two
	is "$(file b d a c)
{\"kind\":\"end\",\"count\":4,\"status\":0,\"by\":\"cp-merge\"}"
	silent
	run_sh 0 'cp-merge two - <one'
	is "$(file a c b d)
{\"kind\":\"end\",\"count\":4,\"status\":0,\"by\":\"cp-merge\"}"
	run_status 0 cp-merge one
	has '"count":2'
	end 0 >empty
	run_status 0 cp-merge empty empty
	is '{"kind":"end","count":0,"status":0,"by":"cp-merge"}'
}

@test "the gravest status and who raised it" {
	{ file x; end 1 1 cp-one; } >s1
	{ file y; end 1 4 cp-four; } >s4
	{ file z; end 1 1 cp-other; } >s1b
	run_status 1 cp-merge one s1 two s1b
	has '{"kind":"end","count":6,"status":1,"by":"cp-one"}'
	run_status 4 cp-merge s1 s4 s1b
	has '{"kind":"end","count":3,"status":4,"by":"cp-four"}'
	run_status 4 cp-merge --sorted s1 s4 s1b
	has '{"kind":"end","count":3,"status":4,"by":"cp-four"}'
	echo '{"kind":"end","count":0,"status":0,"by":"x","by_hand":true}' >hand
	run_status 0 cp-merge one hand two
	has '{"kind":"end","count":4,"status":0,"by":"cp-merge","by_hand":true}'
}

@test "a stream without an end, cut or wrong: 3, no end, the others are handed on" {
	file x >open
	head -c 40 "one" >"cut"
	{ file x; end 2; } >count
	{ file x; end 1; file y; } >behind
	{ file x; end 1; end 2; } >twice
	{ file x; echo garbage; end 2; } >garbage
	: >nothing
	local s
	for s in open cut count behind twice garbage nothing; do
		run_status 3 cp-merge one $s two
		hasnt '"end"'
		has '"path":"d"'
		has '"path":"c"'
		err "$s"
		run_status 3 cp-merge --sorted one $s two
		hasnt '"end"'
		has '"path":"d"'
		err "$s"
	done
	run_status 3 cp-merge open
	run_status 0 cp-merge --open one open
	has '"by_hand":true'
	run_status 3 cp-merge --open one cut
	hasnt '"end"'
}

@test "a file that is not there, a directory: never a clean result" {
	run_status 4 cp-merge one absent two
	hasnt '"end"'
	has '"path":"c"'
	err 'unable to open absent: No such file or directory'
	run_status 4 cp-merge --sorted absent two
	hasnt '"end"'
	run_status 3 cp-merge one .
	hasnt '"end"'
	run_status 2 cp-merge
	run_status 2 cp-merge - - <one
	is ''
}

@test "sorted: by path, a directory right before what is in it" {
	{ echo '{"kind":"plane","root":"/p"}'; file a.c; echo '{"kind":"dir","path":"a"}'; file a/c z; end 5; } >one
	{ echo '{"kind":"plane","root":"/p"}'; file a/b a0; end 3; } >two
	run_status 0 cp-merge --sorted one two
	is '{"kind":"plane","root":"/p"}
{"kind":"plane","root":"/p"}
{"kind":"file","path":"a.c"}
{"kind":"dir","path":"a"}
{"kind":"file","path":"a/b"}
{"kind":"file","path":"a/c"}
{"kind":"file","path":"a0"}
{"kind":"file","path":"z"}
{"kind":"end","count":8,"status":0,"by":"cp-merge"}'
}

@test "sorted: equal paths keep the order of the operands, pathless ones go behind" {
	{ file a; echo '{"kind":"verdict","gate":"A","pass":true}'; end 2; } >one
	{ echo '{"kind":"file","path":"a","n":2}'; echo '{"kind":"file","path":"a","n":3}'; file b
		echo '{"kind":"note"}'; end 4; } >two
	run_status 0 cp-merge --sorted one two
	is '{"kind":"file","path":"a"}
{"kind":"file","path":"a","n":2}
{"kind":"file","path":"a","n":3}
{"kind":"file","path":"b"}
{"kind":"verdict","gate":"A","pass":true}
{"kind":"note"}
{"kind":"end","count":6,"status":0,"by":"cp-merge"}'
	run_status 0 cp-merge --sorted two one
	has '"n":2}
{"kind":"file","path":"a","n":3}
{"kind":"file","path":"a"}'
}

@test "sorted: an unsorted stream is 3" {
	{ file b a; end 2; } >unsorted
	run_status 3 cp-merge --sorted one unsorted
	hasnt '"end"'
	err 'unsorted:2: unable to merge by path: the stream is not sorted'
	{ file a; echo '{"kind":"note"}'; file 0; end 3; } >unsorted
	run_status 3 cp-merge --sorted unsorted
	hasnt '"end"'
	{ file a/b; echo '{"kind":"dir","path":"a"}'; end 2; } >unsorted
	run_status 3 cp-merge --sorted unsorted
	{ file ../a; end 1; } >bad
	run_status 3 cp-merge --sorted bad
	hasnt '"end"'
	run_status 0 cp-merge unsorted
}

@test "sorted: names that are not UTF-8, a finding about a directory" {
	{ file a; echo '{"kind":"file","path_b64":"/w=="}'; end 2; } >one
	{ file é; end 1; } >two
	run_status 0 cp-merge --sorted one two
	is "$(file a é)
{\"kind\":\"file\",\"path_b64\":\"/w==\"}
{\"kind\":\"end\",\"count\":3,\"status\":0,\"by\":\"cp-merge\"}"
	{ file a.c; echo '{"kind":"finding","code":"TYPE","severity":"error","path":"a"}'; file a/b; end 3 1; } >one
	run_status 1 cp-merge --sorted one two
	has '"count":4,"status":1'
}

@test "merged after sorting is sorted after merging" {
	local i
	for i in 1 2 3; do
		cp-end jq -nc "range(500) | {kind: \"file\", path: \"d\(. * 7919 * $i % 31)/f\(. * 104729 % 97)\",
			n: ., s: $i}" >s$i
		cp-sort <s$i >t$i
	done
	cp-merge t1 t2 t3 | cp-sort | grep -v '"end"' >want
	[ "$(wc -l <want)" -eq 1500 ]
	run_status 0 cp-merge --sorted t1 t2 t3
	[ "$(grep -v '"end"' <<<"$output")" = "$(cat want)" ]
}

@test "from pipes, and while they are written" {
	run_status 0 cp-merge <(cp-end jq -nc 'range(50000) | {kind: "n", n: .}') <(sleep 0.2; cat one)
	has '{"kind":"end","count":50002,"status":0,"by":"cp-merge"}'
	run_status 3 cp-merge one <(cp-end sh -c 'cat one; kill -9 $$' 2>/dev/null)
	hasnt '"end"'
}

@test "many streams at once" {
	local i
	for i in $(seq 300); do
		{ file "f$i"; end 1; } >"s$i"
	done
	run_sh 0 'ulimit -Sn 64; cp-merge --sorted s? s?? s???'
	has '"count":300'
	[ "$(grep '"file"' <<<"$output")" = "$(grep '"file"' <<<"$output" | LC_ALL=C sort)" ]
}

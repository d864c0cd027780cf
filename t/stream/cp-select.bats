load ../helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cat >s <<-'EOF'
	{"kind":"plane","root":"/p"}
	{"kind":"dir","path":"lib"}
	{"kind":"file","path":"lib/a","size":5,"ok":true}
	{"kind":"file","path":"lib/sub/b.c","size":10,"spec":null}
	{"kind":"file","path":"library","size":0}
	{"kind":"file","path_b64":"bGliL/8="}
	{"kind":"finding","code":"ORPHAN","severity":"error","path":"lib/a"}
	{"kind":"finding","code":"MODE","severity":"error","path":"x"}
	{"kind":"verdict","gate":"G1","pass":false}
	{"kind":"end","count":9,"status":1,"by":"cp-x"}
	EOF
}

# Line numbers of s that come out, the end aside; the status is 1 as it came in.
picked() { # WANT OPTION...
	local want=$1 got n
	shift
	run_status 1 cp-select "$@" <s || return
	got=$(head -n -1 <<<"$output" | grep -nxFf - s | cut -d: -f1 | tr '\n' ' ')
	n=$(head -n -1 <<<"$output" | grep -c .)
	[ "$got" = "$want " ] && has "{\"kind\":\"end\",\"count\":$n,\"status\":1,\"by\":\"cp-x\"}" && return
	echo "lines $got, not $want"
	return 1
}

@test "by kind and code" {
	picked '3 4 5 6' --kind file
	picked '2 3 4 5 6' --kind file --kind dir
	picked '1 2' --kind plane --kind dir
	picked '1 7' --code ORPHAN
	picked '1 7 8' --code ORPHAN --code MODE
	picked '7' --kind finding --code ORPHAN
	picked '1' --code NOTHING
}

@test "by path" {
	picked '1 2 3 4 6 7' --under lib
	picked '1 2 3 4 6 7' --under lib/
	picked '1 4' --under lib/sub --under nothing
	picked '1 2 3 4 5 6 7 8' --under .
	picked '1 3 6 7' --path 'lib/*'
	picked '1 4' --path '**/*.c'
	picked '1 4 8' --path '**/*.c' --path x
	picked '4' --under lib --path '**/*.c' --kind file
}

@test "by members" {
	picked '1 3' size=5
	picked '1 4' size=1e1
	picked '1 3' ok=true
	picked '1 4' spec=null
	picked '1 9' pass=false
	picked '1 9' gate=G1
	picked '1 3 7' path=lib/a
	picked '1 3' path=lib/a size=5
	picked '1' 'size='
	picked '1' size=05
	picked '1 6' path=$'lib/\xff'
}

@test "the other way round" {
	picked '1 2 7 8 9' --not --kind file
	picked '2 3 4 5 6 7 8 9' --not --kind plane
	picked '1 5 8 9' --not --under lib
	picked '1 2 4 5 6 7 8 9' --not size=5
}

@test "what passes is not changed by a byte" {
	printf '{ "x":1.50,\t"kind" : "a" , "path":"\\u0061" }\n' >t
	run_sh 0 'cp-select path=a <t'
	is "$(cat t)"
}

@test "a stream stays what it was: open, cut, wrong" {
	run_sh 0 'head -n 3 s | cp-select --kind dir'
	is '{"kind":"dir","path":"lib"}'
	run_sh 3 'head -c 50 s | cp-select --kind plane'
	is '{"kind":"plane","root":"/p"}'
	run_sh 3 'sed s/count\":9/count\":8/ s | cp-select --kind dir'
	hasnt '"end"'
	run_sh 3 'head -n 3 s | cp-select --kind dir | cp-sort'
	run_sh 3 'echo "{\"kind\":\"file\",\"path\":\"../a\"}" | cp-select --under lib'
	run_sh 0 'echo "{\"kind\":\"end\",\"count\":0,\"status\":0,\"by\":\"x\",\"by_hand\":true}" |
		cp-select --kind file'
	is '{"kind":"end","count":0,"status":0,"by":"cp-select","by_hand":true}'
}

@test "wrong calls" {
	run_status 2 cp-select
	err 'nothing says what'
	run_status 2 cp-select file
	run_status 2 cp-select =x
	run_status 2 cp-select --under ../x
	run_status 2 cp-select --under /x
	run_status 2 cp-select --under ''
	run_status 2 cp-select --path '[a'
	run_status 2 cp-select --kind
	is ''
}

@test "200,000 records" {
	cp-end jq -nc 'range(200000) | {kind: "file", path: "d\(. % 10)/f\(.)", size: .}' >big
	run_sh 0 'cp-select --under d3 <big | tail -n 1'
	is '{"kind":"end","count":20000,"status":0,"by":"cp-select"}'
}

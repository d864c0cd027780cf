load ../helper

# No process `sleep $1` runs (any more); nobody else sleeps so long.
no_sleep() {
	local f words
	for f in /proc/[0-9]*/cmdline; do
		mapfile -d '' words <"$f" 2>/dev/null || continue
		[ "${words[*]-}" != "sleep $1" ] || return 1
	done
}

@test "a pipe is closed by hand, and the end says so" {
	run_sh 0 'printf "%s\n" "{\"kind\":\"a\"}" "{\"kind\":\"b\",\"x\": 1.50}" | cp-end'
	is '{"kind":"a"}
{"kind":"b","x": 1.50}
{"kind":"end","count":2,"status":0,"by":"cp-end","by_hand":true}'
	silent
}

@test "nothing at all is closed by hand as nothing" {
	run_sh 0 'cp-end </dev/null'
	is '{"kind":"end","count":0,"status":0,"by":"cp-end","by_hand":true}'
}

@test "a stream that is closed already is refused" {
	run_sh 3 'printf "%s\n" "{\"kind\":\"a\"}" "{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"x\"}" | cp-end'
	is '{"kind":"a"}'
	err 'stdin:2: unable to close the stream: it is closed already'
}

@test "a stream with a wrong end is refused" {
	run_sh 3 'printf "%s\n" "{\"kind\":\"a\"}" "{\"kind\":\"end\",\"count\":7,\"status\":0,\"by\":\"x\"}" | cp-end'
	is '{"kind":"a"}'
	run_sh 3 'printf "%s\n" "{\"kind\":\"end\"}" | cp-end'
	is ''
}

@test "a verdict is not closed by hand" {
	run_sh 3 'echo "{\"kind\":\"verdict\",\"gate\":\"G1\",\"pass\":true}" | cp-end'
	is ''
	err 'verdict'
}

@test "by hand: no record, a cut line, a NUL, a line too long" {
	run_sh 3 'printf "{\"kind\":\"a\"}\nnonsense\n" | cp-end'
	is '{"kind":"a"}'
	err 'stdin:2'
	run_sh 3 'printf "{\"kind\":\"a\"}\n{\"kind\":\"b\"}" | cp-end'
	is '{"kind":"a"}'
	err 'cut'
	run_sh 3 'printf "{\"kind\":\"a\0\"}\n" | cp-end'
	is ''
	run_sh 3 '(printf "{\"kind\":\"a\",\"x\":\""; head -c 1048576 /dev/zero | tr "\0" x; printf "\"}\n") | cp-end'
	is ''
	err 'longer than 1 MiB'
	run_sh 3 'echo "[1]" | cp-end'
	run_sh 3 'echo "{\"path\":\"a\"}" | cp-end'
	err 'no kind'
}

@test "a finding raises the status" {
	run_sh 1 'echo "{\"kind\":\"finding\",\"code\":\"X\",\"severity\":\"error\"}" | cp-end'
	has '"count":1,"status":1,"by":"cp-end","by_hand":true'
	run_sh 0 'echo "{\"kind\":\"finding\",\"code\":\"X\",\"severity\":\"warning\"}" | cp-end'
	run_status 1 cp-end echo '{"kind":"finding","code":"X"}'
	has '"count":1,"status":1,"by":"cp-end"}'
}

@test "a command that succeeds is closed, not by hand" {
	run_status 0 cp-end printf '{"kind":"a","n":%s}\n' 1 2 3
	is '{"kind":"a","n":1}
{"kind":"a","n":2}
{"kind":"a","n":3}
{"kind":"end","count":3,"status":0,"by":"cp-end"}'
	run_status 0 cp-end true
	is '{"kind":"end","count":0,"status":0,"by":"cp-end"}'
}

@test "a command that fails leaves the stream open, status 4" {
	run_status 4 cp-end sh -c 'echo "{\"kind\":\"a\"}"; exit 1'
	is '{"kind":"a"}'
	err 'unable to close the stream: sh exited with status 1'
	run_status 4 cp-end sh -c 'exit 255'
	is ''
	run_status 4 cp-end sh -c 'echo "{\"kind\":\"finding\",\"severity\":\"error\"}"; exit 3'
	is '{"kind":"finding","severity":"error"}'
}

@test "a command killed by signal n is 128+n" {
	local n
	for n in 9 15 11 13; do
		run_status $((128 + n)) cp-end sh -c "echo '{\"kind\":\"a\"}'; kill -$n \$\$"
		is '{"kind":"a"}'
		err "killed by signal $n"
	done
	# Also in the middle of a line.
	run_status 137 cp-end sh -c "printf '{\"kind\":\"a\"}\n{\"ki'; kill -9 \$\$"
	is '{"kind":"a"}'
}

@test "a command that cannot be run is status 4" {
	run_status 4 cp-end no-such-command
	is ''
	err 'unable to run no-such-command'
	run_status 4 cp-end /etc/passwd
	is ''
	run_status 4 cp-end /
	is ''
}

@test "a command's garbage is status 3 and no end, and the command does not live on" {
	run_status 3 cp-end sh -c 'echo "{\"kind\":\"a\"}"; echo garbage; exec sleep 300.125'
	is '{"kind":"a"}'
	err 'sh:2: unable to trust the command'
	no_sleep 300.125
	run_status 3 cp-end sh -c 'trap "" TERM; echo garbage; exec sleep 301.125'
	is ''
	no_sleep 301.125
	run_status 3 cp-end printf '{"kind":"a"}'
	is ''
	err 'cut'
	run_status 3 cp-end sh -c 'printf "{\"kind\":\"a\",\"x\":\""; head -c 1048577 /dev/zero | tr "\0" x'
	is ''
	err 'longer than 1 MiB'
	run_status 3 cp-end printf '\xef\xbb\xbf{"kind":"a"}\n'
	run_status 3 cp-end printf '{"kind":"a","x":"\xff"}\n'
	run_status 3 cp-end printf '{"kind":"a","x":1,"x":2}\n'
	is ''
}

@test "a command writes no control record" {
	run_status 3 cp-end printf '{"kind":"a"}\n{"kind":"end","count":1,"status":0,"by":"x"}\n'
	is '{"kind":"a"}'
	err 'unable to take a record of kind end'
	run_status 3 cp-end echo '{"gate":"G1","pass":true,"kind":"verdict"}'
	is ''
	run_status 3 cp-end echo '{"kin\u0064":"end","count":0,"status":0,"by":"x"}'
	is ''
	run_status 3 cp-end echo '{"kind":"\u0065nd","count":0,"status":0,"by":"x"}'
	is ''
}

@test "a command reads /dev/null, unless told otherwise" {
	run_sh 0 'echo "{\"kind\":\"a\"}" | cp-end cat'
	is '{"kind":"end","count":0,"status":0,"by":"cp-end"}'
	run_sh 0 'echo "{\"kind\":\"a\"}" | cp-end --stdin cat'
	is '{"kind":"a"}
{"kind":"end","count":1,"status":0,"by":"cp-end","by_hand":true}'
	echo '{"kind":"a"}' >"$BATS_TEST_TMPDIR/f"
	run_sh 0 "cp-end --stdin cat <'$BATS_TEST_TMPDIR/f'"
	is '{"kind":"a"}
{"kind":"end","count":1,"status":0,"by":"cp-end"}'
	run_status 2 cp-end --stdin
	is ''
}

@test "options behind the command are the command's" {
	run_status 0 cp-end printf '{"kind":"%s"}\n' --help
	has '{"kind":"--help"}'
	run_status 0 cp-end -- printf '{"kind":"%s"}\n' --stdin
	has '{"kind":"--stdin"}'
	run_status 2 cp-end --no-such-option true
	is ''
}

@test "records come out as soon as they are there" {
	local line
	mkfifo "$BATS_TEST_TMPDIR/p"
	cp-end sh -c 'echo "{\"kind\":\"a\"}"; exec sleep 4' >"$BATS_TEST_TMPDIR/p" 3>&- &
	read -r -t 3 line <"$BATS_TEST_TMPDIR/p"
	[ "$line" = '{"kind":"a"}' ]
}

@test "a reader that went away is status 4 without a word, and the command goes too" {
	run_sh 0 '{ cp-end yes "{\"kind\":\"a\"}"; echo $? >'"$BATS_TEST_TMPDIR"'/status; } | head -n 1'
	is '{"kind":"a"}'
	[ "$(cat "$BATS_TEST_TMPDIR/status")" -eq 4 ]
	silent
}

@test "closed descriptors" {
	run_sh 4 'cp-end echo "{\"kind\":\"a\"}" >&-'
	run_sh 0 'cp-end echo "{\"kind\":\"a\"}" <&-'
	has '{"kind":"a"}'
	run_sh 4 'cp-end <&-'
	is ''
	run_sh 4 'cp-end echo "{\"kind\":\"a\"}" >/dev/full'
	err 'No space'
}

@test "200,000 lines of a command" {
	run_sh 0 'cp-end jq -nc "range(200000) | {kind: \"n\", n: .}" | tail -n 2'
	is '{"kind":"n","n":199999}
{"kind":"end","count":200000,"status":0,"by":"cp-end"}'
}

@test "the result is a stream others trust" {
	run_sh 0 'cp-end printf "{\"kind\":\"file\",\"path\":\"%s\"}\n" b a | cp-sort | cp-merge -'
	is '{"kind":"file","path":"a"}
{"kind":"file","path":"b"}
{"kind":"end","count":2,"status":0,"by":"cp-merge"}'
	run_sh 3 'cp-end sh -c "echo {\\\"kind\\\":\\\"a\\\"}; kill -9 \$\$" 2>/dev/null | cp-sort'
	hasnt '"end"'
	run_sh 0 'echo "{\"kind\":\"a\"}" | cp-end | cp-sort | cp-merge -'
	has '"by_hand":true'
}

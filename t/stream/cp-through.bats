load ../helper

file() { # PATH SIZE
	printf '{"kind":"file","path":"%s","size":%d}\n' "$1" "$2"
}

# A stream of three records in $s, its end carrying status 0.
setup() {
	s=$BATS_TEST_TMPDIR/s
	{ file a 0; file b 5; file c 7; echo '{"kind":"end","count":3,"status":0,"by":"x"}'; } >"$s"
	export s
}

no_sleep() {
	local f words
	for f in /proc/[0-9]*/cmdline; do
		mapfile -d '' words <"$f" 2>/dev/null || continue
		[ "${words[*]-}" != "sleep $1" ] || return 1
	done
}

@test "a filter sees the records, not the end, and the stream is closed again" {
	run_sh 0 'cp-through jq -c "select(.size > 0)" <"$s"'
	is '{"kind":"file","path":"b","size":5}
{"kind":"file","path":"c","size":7}
{"kind":"end","count":2,"status":0,"by":"cp-through"}'
	silent
	run_sh 0 'cp-through sh -c "cat >\"$s.seen\"" <"$s"'
	is '{"kind":"end","count":0,"status":0,"by":"cp-through"}'
	[ "$(cat "$s.seen")" = "$(head -n 3 "$s")" ]
}

@test "bytes are untouched by cat" {
	{ printf '{ "kind" : "a",\t"x":1e2,"y":"\\u00e9\\n" }\n{"path_b64":"/w==","kind":"file"}\n'
	  echo '{"kind":"end","count":2,"status":0,"by":"x"}'; } >"$s"
	run_sh 0 'cp-through cat <"$s"'
	is "$(head -n 2 "$s")
{\"kind\":\"end\",\"count\":2,\"status\":0,\"by\":\"cp-through\"}"
}

@test "a stream without an end stays open, status 0" {
	run_sh 0 'head -n 2 "$s" | cp-through cat'
	is '{"kind":"file","path":"a","size":0}
{"kind":"file","path":"b","size":5}'
	run_sh 3 'head -n 2 "$s" | cp-through cat | cp-sort'
}

@test "a cut or wrong input is status 3 without an end" {
	run_sh 3 'head -c 60 "$s" | cp-through cat'
	is '{"kind":"file","path":"a","size":0}'
	err 'cut'
	run_sh 3 'sed "s/count\":3/count\":4/" "$s" | cp-through cat'
	[ "${#lines[@]}" -eq 3 ]
	hasnt '"end"'
	run_sh 3 '(cat "$s"; echo "{\"kind\":\"file\",\"path\":\"d\"}") | cp-through cat'
	hasnt '"end"'
	run_sh 3 '(cat "$s"; tail -n 1 "$s") | cp-through cat'
	hasnt '"end"'
	run_sh 3 '(head -n 1 "$s"; echo garbage) | cp-through cat'
	is '{"kind":"file","path":"a","size":0}'
	run_sh 3 'cp-through cat </'
	is ''
	run_sh 4 'cp-through cat <&-'
	is ''
}

@test "status and by come through, the gravest wins" {
	run_sh 1 'sed "s/status\":0,\"by\":\"x\"/status\":1,\"by\":\"cp-x\"/" "$s" | cp-through cat'
	has '{"kind":"end","count":3,"status":1,"by":"cp-x"}'
	run_sh 4 'sed "s/status\":0,\"by\":\"x\"/status\":4,\"by\":\"cp-x\"/" "$s" | cp-through true'
	is '{"kind":"end","count":0,"status":4,"by":"cp-x"}'
	run_sh 1 'cp-through jq -c "{kind:\"finding\",code:\"X\",severity:\"error\",path}" <"$s"'
	has '{"kind":"end","count":3,"status":1,"by":"cp-through"}'
	run_sh 0 'cp-through jq -c "{kind:\"finding\",code:\"X\",severity:\"note\",path}" <"$s"'
	run_sh 0 'sed "s/\"by\":\"x\"/\"by\":\"x\",\"by_hand\":true/" "$s" | cp-through cat'
	has '"by":"cp-through","by_hand":true'
}

@test "a command that fails leaves the stream open" {
	run_sh 4 'cp-through sh -c "cat; exit 5" <"$s"'
	[ "${#lines[@]}" -eq 3 ]
	hasnt '"end"'
	err 'unable to close the stream: sh exited with status 5'
	run_sh 4 'cp-through false <"$s"'
	is ''
	run_sh 4 'cp-through grep nothing <"$s"'
	is ''
	run_sh 0 "cp-through sh -c 'grep nothing || test \$? = 1' <\"\$s\""
	run_sh 4 'cp-through no-such-command <"$s"'
	is ''
	err 'unable to run no-such-command'
	run_sh 4 'cp-through sh -c "exit 255" <"$s"'
}

@test "a command killed by signal n is 128+n, at any time" {
	local n
	for n in 9 15 11; do
		run_sh $((128 + n)) "cp-through sh -c 'read -r l; echo \"\$l\"; kill -$n \$\$' <\"\$s\""
		is '{"kind":"file","path":"a","size":0}'
		err "killed by signal $n"
	done
	# Its input never ends: it is not waited for.
	mkfifo "$BATS_TEST_TMPDIR/p"
	sleep 20 >"$BATS_TEST_TMPDIR/p" 3>&- &
	run_sh 137 'timeout 10 cp-through sh -c "kill -9 \$\$" <"$BATS_TEST_TMPDIR/p"'
	kill $!
}

@test "a command need not read everything" {
	run_sh 0 'cp-through head -n 1 <"$s"'
	is '{"kind":"file","path":"a","size":0}
{"kind":"end","count":1,"status":0,"by":"cp-through"}'
	run_sh 0 'cp-through true <"$s"'
	run_sh 0 'cp-through sh -c "exec <&-; sleep 0.1; echo {\\\"kind\\\":\\\"a\\\"}" <"$s"'
	has '"count":1'
	# Also when there is far more than a pipe holds, and the end is still looked for.
	run_sh 0 'cp-end jq -nc "range(50000) | {kind: \"n\", n: .}" | cp-through head -n 1'
	has '{"kind":"end","count":1,"status":0,"by":"cp-through"}'
	run_sh 0 'cp-end jq -nc "range(50000) | {kind: \"n\", n: .}" | head -n 50000 | cp-through head -n 1'
	is '{"kind":"n","n":0}'
	run_sh 1 'jq -nc "range(50000) | {kind: \"n\", n: .},
		(select(. == 49999) | {kind:\"end\",count:50000,status:1,by:\"y\"})" |
		cp-through head -n 1'
	has '"status":1,"by":"y"'
}

@test "a command that is done leaves no zombie while the input goes on" {
	local pid
	mkfifo "$BATS_TEST_TMPDIR/p"
	cp-through true <"$BATS_TEST_TMPDIR/p" >"$s.out" 3>&- &
	pid=$!
	exec 7>"$BATS_TEST_TMPDIR/p"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.1
		[ -n "$(cat /proc/$pid/task/$pid/children)" ] || break
	done
	[ -d /proc/$pid ]
	[ -z "$(cat /proc/$pid/task/$pid/children)" ]
	end='{"kind":"end","count":0,"status":1,"by":"y"}'
	echo "$end" >&7
	exec 7>&-
	status=0
	wait $pid || status=$?
	[ "$status" -eq 1 ]
	[ "$(cat "$s.out")" = "$end" ]
}

@test "a command that closes its output early is still fed" {
	run_sh 0 'cp-end jq -nc "range(50000) | {kind: \"n\", n: .}" | cp-through sh -c "exec >&-; cat >\"$s.seen\""'
	is '{"kind":"end","count":0,"status":0,"by":"cp-through"}'
	[ "$(wc -l <"$s.seen")" -eq 50000 ]
}

@test "no deadlock: a command that answers more than it reads, or first reads all" {
	run_sh 0 'cp-end jq -nc "range(20000) | {kind: \"n\", n: .}" |
		timeout 60 cp-through jq -c "range(5) as \$i | {kind, n, i: \$i, pad: (\"x\" * 100)}" | tail -n 1'
	is '{"kind":"end","count":100000,"status":0,"by":"cp-through"}'
	run_sh 0 'cp-end jq -nc "range(100000) | {kind: \"n\", n: .}" | timeout 60 cp-through tac | tail -n 2'
	is '{"kind":"n","n":0}
{"kind":"end","count":100000,"status":0,"by":"cp-through"}'
}

@test "200,000 records through cat in little memory" {
	cp-end jq -nc 'range(200000) | {kind: "file", path: "dir/\(.)", size: ., pad: ("x" * 100)}' \
		>"$BATS_TEST_TMPDIR/big"
	export big=$BATS_TEST_TMPDIR/big
	run_sh 0 'cp-through cat <"$big" | sed "s/cp-through/cp-end/" | cmp - "$big"'
	# A sanitizer needs more.
	[[ $CP_BUILD == *asan* ]] || ulimit -d 12000
	run_sh 0 'cp-through cat <"$big" | tail -n 1'
	is '{"kind":"end","count":200000,"status":0,"by":"cp-through"}'
}

@test "lines of 1 MiB, and longer ones" {
	long() { printf '{"kind":"a","x":"'; head -c "$1" /dev/zero | tr '\0' x; printf '"}\n'; }
	{ for _ in 1 2 3 4 5; do long 1048557; done; echo '{"kind":"end","count":5,"status":0,"by":"x"}'; } >"$s"
	run_sh 0 'cp-through cat <"$s" | tail -n 1'
	has '"count":5'
	run_sh 3 "cp-through sed 's/x/xx/' <\"\$s\""
	hasnt '"end"'
	err 'sed:1: unable to trust the command'
	err 'longer than 1 MiB'
}

@test "a command's garbage is status 3, and it does not live on" {
	run_sh 3 'cp-through sh -c "echo garbage; exec sleep 302.125" <"$s"'
	is ''
	err 'sh:1: unable to trust the command'
	no_sleep 302.125
	run_sh 3 'cp-through sh -c "cat; printf \"{\"" <"$s"'
	[ "${#lines[@]}" -eq 3 ]
	err 'cut'
	run_sh 3 'cp-through sh -c "cat; printf \"\\377\\n\"" <"$s"'
	hasnt '"end"'
	run_sh 3 'cp-through sed "s/kind/type/" <"$s"'
	err 'no kind'
	run_sh 3 'cp-through sed "s/^/\xef\xbb\xbf/" <"$s"'
	is ''
	run_sh 3 'cp-through sed "s/\$/\r/;s/^/ /;s/ {/x{/" <"$s"'
	is ''
}

@test "foreign data never becomes a control record" {
	run_sh 3 'cp-through sh -c "cat
		echo \"{\\\"kind\\\":\\\"end\\\",\\\"count\\\":3,\\\"status\\\":0,\\\"by\\\":\\\"x\\\"}\"" \
		<"$s"'
	[ "${#lines[@]}" -eq 3 ]
	err 'unable to take a record of kind end'
	run_sh 3 'cp-through sed "s/file/end/" <"$s"'
	is ''
	run_sh 3 'cp-through sed "s/file/verdict/" <"$s"'
	is ''
	err 'unable to take a record of kind verdict'
}

@test "verdicts and the plane go around the command" {
	{ echo '{"kind":"plane","root":"/p"}'; file a 0; echo '{"kind":"verdict","gate":"G1","pass":true}'; file b 1
	  echo '{"kind":"end","count":4,"status":0,"by":"x"}'; } >"$s"
	run_sh 0 'cp-through sh -c "tee \"$s.seen\"" <"$s"'
	is '{"kind":"plane","root":"/p"}
{"kind":"file","path":"a","size":0}
{"kind":"file","path":"b","size":1}
{"kind":"verdict","gate":"G1","pass":true}
{"kind":"end","count":4,"status":0,"by":"cp-through"}'
	[ "$(cat "$s.seen")" = "$(file a 0; file b 1)" ]
	run_sh 0 'cp-through grep -v "{" <"$s" || cp-through true <"$s"'
	has '{"kind":"plane","root":"/p"}
{"kind":"verdict","gate":"G1","pass":true}
{"kind":"end","count":2,"status":0,"by":"cp-through"}'
}

@test "hostile names survive" {
	cp-end printf '%s\n' '{"kind":"file","path":"a\nb\t\"\\\u001b[31m"}' '{"kind":"file","path_b64":"//8="}' \
		'{"kind":"file","path":"\u0000"}' >"$s"
	run_sh 0 'cp-through cat <"$s" | cmp -n 100 - "$s" && cp-through cat <"$s"'
	has '"a\nb\t\"\\\u001b[31m"'
	has '"path_b64":"//8="'
}

@test "as a coprocess it answers at once" {
	coproc T { cp-through sed -u 's/a/b/' 3>&-; }
	local pid=$T_PID line
	echo '{"kind":"a"}' >&"${T[1]}"
	read -r -t 5 line <&"${T[0]}"
	[ "$line" = '{"kind":"b"}' ]
	eval "exec ${T[1]}>&-"
	wait "$pid"
}

@test "a gate: the stream goes on, findings and one verdict are added" {
	run_sh 1 'cp-through --gate SIZE jq -c "select(.size > 6) |
		{kind: \"finding\", code: \"LARGE\", severity: \"error\", path}" <"$s"'
	[ "$(head -n 3 "$s")" = "$(grep '"file"' <<<"$output")" ]
	findings_are 'LARGE c'
	has '"path":"c","detail":"found by gate SIZE","by":"cp-through"}'
	has '{"kind":"verdict","gate":"SIZE","pass":false,"checked":3,"findings":1,"subject":"sha256:'
	has '{"kind":"end","count":5,"status":1,"by":"cp-through"}'
	subject=$(head -n 3 "$s" | sha256sum | cut -d' ' -f1)
	has "\"subject\":\"sha256:$subject\""
	# What comes out keeps the schemas.
	run_sh 1 'cp-end printf "{\"kind\":\"note\",\"n\":%d}\n" 1 2 | cp-through --gate TWO jq -c "select(.n == 2) |
		{kind: \"finding\", code: \"LARGE\", severity: \"error\"}" | cp-schema-check'
	has '"gate":"SCHEMA","pass":true'
	run_sh 0 'cp-through --gate SIZE jq -c "select(.size > 70)" <"$s"'
	has '"pass":true,"checked":3,"findings":0'
	# What it prints beside findings is dropped, warnings do not fail, a by of its own stays.
	run_sh 0 'cp-through --gate=SIZE jq -c ".,
		{kind: \"finding\", code: \"A-1\", severity: \"warning\", path, by: \"me\"}" <"$s"'
	has '{"kind":"end","count":7,"status":0,"by":"cp-through"}'
	has '"path":"a","by":"me","detail":"found by gate SIZE"}'
	run_sh 1 'cp-through --gate SIZE --fail-on warning jq -c ".,
		{kind: \"finding\", code: \"A-1\", severity: \"warning\", path}" <"$s"'
	has '"findings":3'
}

@test "what it passed is what cp-enforce asks about: a plane's files, an archive" {
	cd "$BATS_TEST_TMPDIR"
	make_plane p
	run_sh 0 'cp-walk --root p | cp-through --gate SIZE jq -c "select(.size > 70)" | cp-enforce --require SIZE'
	has '"path":"lib/a"'
	echo a >a
	cp-pack --package-id PKG-A --package-version 1.0.0 --type library --out a.tar.gz a >log
	run_sh 0 'cp-package-read a.tar.gz | cp-gate-g0a | cp-through --gate SIZE jq -c "select(.size > 7000)" |
		cp-enforce --require G0A,SIZE'
	has "\"gate\":\"SIZE\",\"pass\":true,\"checked\":4,\"findings\":0,\"subject\":\"sha256:$(sha256sum <a.tar.gz | cut -c1-64)\""
	run_sh 1 'cp-package-read a.tar.gz | cp-through --gate SIZE jq -c "select(.size > 1) |
		{kind: \"finding\", code: \"LARGE\", severity: \"error\", path}" | cp-enforce --require SIZE'
	hasnt '"kind":"package"'
}

@test "a gate does not see what others found, and takes no verdict of its own name" {
	{ echo '{"kind":"plane","root":"/p"}'; file a 0
	  echo '{"kind":"finding","code":"X","severity":"error","path":"a"}'
	  echo '{"kind":"verdict","gate":"G1","pass":false}'
	  echo '{"kind":"end","count":4,"status":1,"by":"x"}'; } >"$s"
	run_sh 1 'cp-through --gate MINE cat <"$s"'
	has '"gate":"MINE","pass":true,"checked":1,"findings":0'
	has '{"kind":"end","count":5,"status":1,"by":"x"}'
	run_sh 3 'sed "s/G1/MINE/" "$s" | cp-through --gate MINE cat'
	hasnt '"pass":true'
	err 'it has a verdict of MINE already'
}

@test "a gate that judged nothing, saw a part or failed gives no yes" {
	run_sh 1 'echo "{\"kind\":\"end\",\"count\":0,\"status\":0,\"by\":\"x\"}" | cp-through --gate MINE cat'
	has '"pass":false,"checked":0'
	run_sh 0 'echo "{\"kind\":\"end\",\"count\":0,\"status\":0,\"by\":\"x\"}" |
		cp-through --gate MINE --allow-empty cat'
	run_sh 3 'head -n 2 "$s" | cp-through --gate MINE cat'
	hasnt verdict
	run_sh 0 'head -n 2 "$s" | cp-through --gate MINE --open cat'
	has '"by_hand":true'
	run_sh 4 'cp-through --gate MINE true <"$s"'
	hasnt verdict
	err 'true did not read all records'
	run_sh 4 'cp-through --gate MINE dd bs=10 count=1 of=/dev/null status=none <"$s"'
	hasnt verdict
	run_sh 4 'cp-through --gate MINE sh -c "exec <&-; sleep 0.2" <"$s"'
	hasnt verdict
	cp-end jq -nc 'range(50000) | {kind: "n", n: .}' >"$s.big"
	run_sh 4 'cp-through --gate MINE head -n 1 <"$s.big"'
	hasnt verdict
	run_sh 0 'cp-through --gate MINE sh -c "sleep 0.3; cat" <"$s"'
	has '"pass":true'
	run_sh 4 'cp-through --gate MINE sh -c "cat; exit 1" <"$s"'
	hasnt verdict
	run_sh 137 'cp-through --gate MINE sh -c "cat >/dev/null; kill -9 \$\$" <"$s"'
	hasnt verdict
	hasnt '"end"'
}

@test "a gate's findings are checked, and it gives no verdict itself" {
	run_sh 3 'cp-through --gate MINE jq -c "{kind: \"finding\", code: \"bad code\", severity: \"error\"}" <"$s"'
	run_sh 3 'cp-through --gate MINE jq -c "{kind: \"finding\", severity: \"error\"}" <"$s"'
	run_sh 3 'cp-through --gate MINE jq -c "{kind: \"finding\", code: \"X\", severity: \"fatal\"}" <"$s"'
	run_sh 3 'cp-through --gate MINE jq -c "{kind: \"finding\", code: \"X\", severity: \"error\",
		path: \"../x\"}" <"$s"'
	hasnt verdict
	run_sh 3 'cp-through --gate MINE jq -c "{kind: \"verdict\", gate: \"MINE\", pass: true}" <"$s"'
	hasnt verdict
	run_sh 3 'cp-through --gate MINE echo garbage <"$s"'
	hasnt verdict
}

@test "names of gates: reserved ones and nonsense are refused" {
	local id
	for id in G0A G0B G0K G0-PACKAGE G0-SPEC G1 G2 G3 G4 G5 G6 G-INTEGRITY G-FIREWALL G-EVIDENCE \
		G-FEEDBACK-COMPLETE G-FEEDBACK-TRACE OWN-DIFF VERIFY SCHEMA \
		'' lower 'A B' -A 1A 'A"' "$(printf 'A\nB')"; do
		run_status 2 cp-through --gate "$id" cat </dev/null
		is ''
	done
}

@test "usage, and options behind the command" {
	run_status 2 cp-through
	run_status 2 cp-through --no-such-option cat
	run_sh 0 'cp-through jq --compact-output . <"$s"'
	has '"count":3'
	run_sh 0 'cp-through -- head --lines=1 <"$s"'
	has '"count":1'
}

@test "stdout full, closed or gone" {
	run_sh 4 'cp-through cat <"$s" >/dev/full'
	run_sh 4 'cp-through cat <"$s" >&-'
	run_sh 0 'yes "{\"kind\":\"a\"}" | { cp-through cat; echo $? >"$s.status"; } | head -n 1'
	[ "$(cat "$s.status")" -eq 4 ]
	silent
}

@test "the acceptance pipeline" {
	plane bare
	: >lib/empty
	run_sh 0 "cp-walk | cp-through jq -c 'select(.size > 0)' | cp-hash | cp-schema-check"
	has '"gate":"SCHEMA","pass":true'
	run_sh 0 "cp-walk | cp-through jq -c 'select(.size > 0)' | cp-hash"
	has '"path":"lib/a"'
	hasnt '"path":"lib/empty"'
	has '"hash":"sha256:'
	has '"kind":"end"'
	run_sh 0 "cp-walk --root lib |
		(cd / && unset CONTROL_PLANE_ROOT && cp-through jq -c 'select(.size > 0)' | cp-hash)"
	has '"path":"a"'
	has '"hash":"sha256:'
}

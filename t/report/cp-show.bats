load ../helper

golden=$CP_TOP/t/report/golden

# The table of codes grows and the version changes; neither is what a golden file is about.
stable_sarif() {
	jq 'del(.runs[0].tool.driver.rules, .runs[0].tool.driver.version, .runs[0].results[].ruleIndex)'
}

shown() { # CASE FORMAT
	cp-show --width 80 --format "$2" --at 2026-01-31T01:19:18Z <"$golden/$1/in.jsonl" 2>/dev/null |
		if [ "$2" = sarif ]; then stable_sarif; else cat; fi
}

same() { # CASE
	local format bad=0
	for format in table tree csv markdown tap junit sarif prometheus; do
		[ "$format" != sarif ] || command -v jq >/dev/null || continue
		diff -u --label "$1/$format" --label shown "$golden/$1/$format" <(shown "$1" "$format") || bad=1
	done
	return "$bad"
}

@test "findings in every format" { same findings; }
@test "a clean stream in every format" { same clean; }
@test "files in every format" { same files; }
@test "an empty stream in every format" { same empty; }
@test "a cut stream in every format" { same cut; }
@test "hostile strings in every format" { same hostile; }

finding() { # PATH DETAIL
	printf '{"kind":"finding","code":"ORPHAN","severity":"error","path":"%s","detail":"%s"}\n' "$1" "$2"
}

end() { # COUNT
	printf '{"kind":"end","count":%d,"status":1,"by":"x"}\n' "$1"
}

formats='table tree csv markdown tap junit sarif prometheus'

@test "the status is the stream's, in every format" {
	for f in $formats; do
		run_sh 1 "cp-show --format $f <$golden/findings/in.jsonl"
		silent
		run_sh 0 "cp-show --format $f <$golden/clean/in.jsonl"
		silent
	done
}

@test "a cut stream is 3, in every format, and the text says so" {
	for f in $formats; do
		run_sh 3 "cp-show --format $f <$golden/cut/in.jsonl"
		err 'it has no end record'
		case $f in
		prometheus) has 'cp_complete 0' && has 'cp_status 3' && hasnt 'cp_pass{gate="G0B"} 1' ;;
		tap) has 'Bail out! the stream has no end' && hasnt '1..' ;;
		*) has 'cut: the stream has no end' ;;
		esac
		run_sh 3 "head -c 200 $golden/findings/in.jsonl | cp-show --format $f"
		err 'the last line is cut'
	done
}

@test "a count that is wrong and a line that is no record are 3, and what was seen is shown" {
	run_sh 3 "{ sed 1d $golden/findings/in.jsonl; } | cp-show"
	has 'MODIFIED  lib/a'
	has '(cut: the stream has no end)'
	err 'counts other lines'
	run_sh 3 "{ head -n 3 $golden/findings/in.jsonl; echo nonsense; } | cp-show --format junit"
	has '</testsuites>'
}

@test "--open accepts a bare stream and says that nobody vouches for it" {
	run_sh 0 "grep -v '\"end\"' $golden/findings/in.jsonl | cp-show --open"
	has '(closed by hand)'
	hasnt cut
}

@test "a passing gate that was cut off later has not passed" {
	run_sh 3 "head -n 1 $golden/clean/in.jsonl | cp-show --format prometheus"
	has 'cp_pass{gate="G0B"} 0'
	run_sh 0 "cp-show --format prometheus <$golden/clean/in.jsonl"
	has 'cp_pass{gate="G0B"} 1'
}

@test "a stream in which nobody judged anything passes no test runner" {
	run_sh 0 "cp-show --format tap <$golden/files/in.jsonl"
	has 'not ok 1 - nothing was judged'
	run_sh 0 "cp-show --format junit <$golden/files/in.jsonl"
	has '<error type="stream" message="nothing was judged"/>'
	run_sh 1 'printf %s\\n "{\"kind\":\"end\",\"count\":0,\"status\":1,\"by\":\"x\"}" | cp-show --format tap'
	has "not ok 1 - the stream's status is 1"
}

@test "no format hands a terminal anything it obeys" {
	for f in $formats; do
		run_sh 0 "cp-show --format $f <$golden/hostile/in.jsonl | grep -c ."
		run_sh 1 "cp-show --format $f <$golden/hostile/in.jsonl | LC_ALL=C tr -d '\11\12\15\40-\176' |
			LC_ALL=C.UTF-8 grep -cP '[\x{0}-\x{1f}\x{7f}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]'"
	done
}

@test "the line ends hold: a newline in a name starts no line of a table" {
	run_sh 1 "cp-show <$golden/hostile/in.jsonl"
	has 'lib/new\nline\ttab\x0dreturn'
	run grep -c '^line' <<<"$output"
	[ "$output" = 0 ]
}

@test "tables fit the width, whatever is in them" {
	for w in 20 40 80 200; do
		run_sh 1 "cp-show --width $w --only finding <$golden/hostile/in.jsonl"
		[ "$(sed '/^$/,$d' <<<"$output" | wc -L)" -le "$w" ]
		[ "$(sed '/^$/,$d' <<<"$output" | wc -l)" -eq 16 ]
	done
	COLUMNS=30 run_sh 1 "cp-show --only finding <$golden/findings/in.jsonl"
	has …
	run_sh 1 "cp-show --width 0 <$golden/hostile/in.jsonl"
	hasnt …
}

@test "a path is shortened at its start, other text at its end" {
	finding a/very/long/path/to/the/name.c 'on disk, but nobody owns it' >"$BATS_TEST_TMPDIR/in"
	end 1 >>"$BATS_TEST_TMPDIR/in"
	run_sh 1 "cp-show --width 40 <$BATS_TEST_TMPDIR/in"
	grep -q '…[^ ]*name.c' <<<"$output"
	grep -q 'on d[^ ]*.*…$' <<<"$output"
}

@test "--columns and --only choose, and are refused where a part would be taken for the whole" {
	run_sh 0 "cp-show --columns path,size --only file <$golden/files/in.jsonl"
	is 'path                      size
docs/readme                  8
lib/a                   123456
lib/secret                   1
lib/sub/very/deep/name       7
z                            0

9 records'
	run_sh 0 "cp-show --format csv --only file --columns path,none <$golden/files/in.jsonl"
	has 'path,none'
	has 'docs/readme,'
	hasnt plane
	for f in tap junit sarif prometheus; do
		run_sh 2 "cp-show --format $f --only file <$golden/files/in.jsonl"
		err 'unable to show a part'
		run_sh 2 "cp-show --format $f --columns path <$golden/files/in.jsonl"
	done
}

@test "called wrongly" {
	run_status 2 cp-show --format pdf
	run_status 2 cp-show --columns a,,b
	err 'a name is empty'
	run_status 2 cp-show --columns ''
	run_status 2 cp-show --width 19
	run_status 2 cp-show --width 10001
	run_status 2 cp-show --at yesterday
	run_status 2 cp-show operand
}

@test "colour only where it is wanted" {
	run_sh 1 "cp-show <$golden/findings/in.jsonl"
	hasnt $'\033'
	run_sh 1 "cp-show --color always <$golden/findings/in.jsonl"
	has $'\033[31merror'
	has $'\033[33mwarning'
	need_tty
	on_tty="script -qec 'cp-show <$golden/findings/in.jsonl' /dev/null </dev/null | grep -c '\[31m'"
	run_sh 0 "TERM=xterm $on_tty"
	run_sh 1 "TERM=xterm NO_COLOR=1 $on_tty"
	run_sh 1 "TERM=dumb $on_tty"
}

@test "a detail of nearly 1 MiB, ten times" {
	cd "$BATS_TEST_TMPDIR"
	detail=$(head -c 1000000 /dev/zero | tr '\0' 'x')
	for i in 1 2 3 4 5 6 7 8 9 10; do
		finding "p$i" "$detail"
	done >in
	end 10 >>in
	for f in $formats; do
		status=0
		cp-show --format "$f" --width 80 <in >"out.$f" || status=$?
		[ "$status" -eq 1 ]
	done
	[ "$(wc -c <out.table)" -lt 2000 ]
	[ "$(wc -c <out.tree)" -lt 2000 ]
	grep -qx 'cp_findings{code="ORPHAN",severity="error"} 10' out.prometheus
	[ "$(grep -c '^not ok' out.tap)" -eq 10 ]
}

many() { # N
	local line
	line=$(finding 'dir/%09d' x)
	awk -v n="$1" -v line="${line//\"/\\\"}" 'BEGIN { for (i = 0; i < n; i++) printf line "\n", i }'
	end "$1"
}

@test "memory does not grow with the stream" {
	! nm -D "$(command -v cp-show)" | grep -q asan || skip 'a sanitizer takes more'
	many 100000 >"$BATS_TEST_TMPDIR/in"
	for f in table tree csv markdown tap sarif prometheus; do
		(ulimit -v 12000; cp-show --format "$f" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out") || [ $? -eq 1 ]
		[ -s "$BATS_TEST_TMPDIR/out" ]
	done
}

@test "a JUnit suite lists no more than fits, and says how many it left out" {
	many 200000 >"$BATS_TEST_TMPDIR/in"
	cp-show --format junit <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/xml" || [ $? -eq 1 ]
	left=$(sed -n 's/.*message="\([0-9]*\) more findings are not listed here".*/\1/p' "$BATS_TEST_TMPDIR/xml")
	listed=$(grep -c 'testcase classname="ORPHAN"' "$BATS_TEST_TMPDIR/xml")
	[ $((left + listed)) -eq 200000 ]
	[ "$left" -gt 0 ]
}

@test "JUnit is XML" {
	need xmllint
	cd "$BATS_TEST_TMPDIR"
	for c in findings clean files empty cut hostile; do
		cp-show --format junit <"$golden/$c/in.jsonl" >out 2>/dev/null || :
		xmllint --noout out
	done
	[ "$(xmllint --xpath 'count(//failure)' <(cp-show --format junit <"$golden/findings/in.jsonl"))" = 4 ]
}

@test "SARIF is JSON of the right shape" {
	need jq
	cd "$BATS_TEST_TMPDIR"
	for c in findings clean files empty cut hostile; do
		cp-show --format sarif <"$golden/$c/in.jsonl" >out 2>/dev/null || :
		[ -s out ]
		jq -e '.version == "2.1.0" and (.runs | length) == 1 and (.runs[0].results | type) == "array" and
			(.runs[0] as $r | all($r.results[]; .level as $l |
				(["error", "warning", "note"] | index($l)) and
				(.ruleIndex == null or $r.tool.driver.rules[.ruleIndex].id == .ruleId)))' out
	done
	jq -e '[.runs[0].results[].locations[0].physicalLocation.artifactLocation.uri // "-" |
		test("^([A-Za-z0-9._~/-]|%[0-9A-F]{2})*$")] | all' <(cp-show --format sarif <"$golden/hostile/in.jsonl")
	jq -e '.runs[0].invocations[0].executionSuccessful == false' <(cp-show --format sarif <"$golden/cut/in.jsonl")
	jq -e '.runs[0].invocations[0] == {"executionSuccessful": true, "exitCode": 1}' \
		<(cp-show --format sarif <"$golden/findings/in.jsonl")
}

@test "CSV is read back by another reader, as wide as its header, without a formula" {
	need python3
	cd "$BATS_TEST_TMPDIR"
	for c in findings clean files cut hostile; do
		cp-show --format csv <"$golden/$c/in.jsonl" >out 2>/dev/null || :
		python3 - out <<-'X'
			import csv, sys
			rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))
			assert rows and all(len(r) == len(rows[0]) for r in rows), rows
			for r in rows:
			    for cell in r:
			        number = cell.lstrip("-").isdigit()
			        assert number or cell.lstrip(" ")[:1] not in list("=+-@\t\r\n＝＋－＠"), cell
		X
	done
}

@test "TAP is understood by a test runner" {
	need prove
	cd "$BATS_TEST_TMPDIR"
	cp-show --format tap <"$golden/hostile/in.jsonl" >out || :
	run_sh 1 "prove -e cat out"
	has 'Failed 16/16 subtests'
	cp-show --format tap <"$golden/clean/in.jsonl" >out
	run_sh 0 "prove -e cat out"
}

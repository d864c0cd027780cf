#!/usr/bin/env bats
# cp-sweep where others may write beside what it writes, and with names made for a shell.
load ../helper

setup() {
	plane
	out=$BATS_TEST_TMPDIR/shared
	mkdir "$out"
	echo precious >"$BATS_TEST_TMPDIR/precious"
}

untouched() {
	[ "$(cat "$BATS_TEST_TMPDIR/precious")" = precious ]
}

# Puts a link to the precious file wherever FILE's temporary could be looked for.
trap_links() { # FILE
	ln -sfn "$BATS_TEST_TMPDIR/precious" "$1"
	ln -sfn "$BATS_TEST_TMPDIR/precious" "$1.new"
	ln -sfn "$BATS_TEST_TMPDIR/precious" "$(dirname "$1")/.$(basename "$1").new"
}

@test "links that lie where metrics and records go are replaced, not followed" {
	trap_links "$out/m.prom"
	trap_links "$out/run"
	run_sh 0 "cp-sweep --prometheus '$out/m.prom' --save '$out/run'"
	untouched
	[ -f "$out/m.prom" ] && [ ! -L "$out/m.prom" ]
	[ -f "$out/run" ] && [ ! -L "$out/run" ]
	grep -q '^cp_sweep_complete 1$' "$out/m.prom"
	tail -n 1 "$out/run" | grep -q '"kind":"end"'
	[ "$(stat -c %a "$out/m.prom")" = 644 ]
	rm -f "$out"/*.new "$out"/.*.new
	[ "$(cd "$out" && ls -A | LC_ALL=C sort | tr '\n' ' ')" = 'm.prom run ' ]
}

@test "fifos that lie where metrics and records go block nobody" {
	mkfifo "$out/m.prom" "$out/m.prom.new" "$out/run" "$out/run.new"
	run_sh 0 "timeout 30 cp-sweep --prometheus '$out/m.prom' --save '$out/run'"
	[ -f "$out/m.prom" ]
	[ -f "$out/run" ]
}

@test "a directory in the place of the metrics or the records is refused and stays as it was" {
	mkdir "$out/m.prom" "$out/run"
	run_sh 4 "cp-sweep --prometheus '$out/m.prom'"
	run_sh 4 "cp-sweep --save '$out/run'"
	[ -z "$(ls -A "$out/m.prom" "$out/run" | grep -v :)" ]
}

@test "metrics that could not be made are never called complete" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 4\n' >"$BATS_TEST_TMPDIR/bin/cp-merge"
	chmod +x "$BATS_TEST_TMPDIR/bin/cp-merge"
	for program in "$CP_BUILD"/bin/*; do
		[ -e "$BATS_TEST_TMPDIR/bin/${program##*/}" ] || ln -s "$program" "$BATS_TEST_TMPDIR/bin/"
	done
	rm "$BATS_TEST_TMPDIR/bin/cp-sweep"
	cp "$CP_BUILD/bin/cp-sweep" "$BATS_TEST_TMPDIR/bin/"
	ln -s "$CP_BUILD/share" "$BATS_TEST_TMPDIR/share"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run_sh 4 "cp-sweep --prometheus '$out/m.prom'"
	grep -q '^cp_sweep_complete 0$' "$out/m.prom"
}

@test "roots and planes named for a shell, a terminal or a glob" {
	for name in $'new\nline' "quo'te\"s" '$(touch PWNED)' '`touch PWNED`' ';touch PWNED;' '*' '-dash' $'\e[2J' $'\xff' '\\' ' '; do
		root=$BATS_TEST_TMPDIR/roots/$name
		make_plane "$root"
		(cd "$BATS_TEST_TMPDIR/roots" && cp-sweep --root "./$name")
		mkdir -p "$root/planes/$name/lib"
		echo evil >"$root/planes/$name/lib/evil"
		printf X >>"$root/lib/a"
		run_status 4 cp-sweep --root "$root" --format records
		has MODIFIED
		has UNEXPECTED
		! grep -qv '^{' <<<"$output"
		run_status 0 cp-sweep --root "$root" --print
	done
	[ -z "$(find "$BATS_TEST_TMPDIR" -name PWNED)" ]
}

@test "a plane's name reaches no terminal as it is" {
	mkdir -p planes/$'\e[2J'/lib
	echo evil >planes/$'\e[2J'/lib/evil
	run_sh 4 'cp-sweep'
	hasnt $'\e'
	err_not $'\e'
	run_sh 4 'cp-sweep --root "$(printf "/\\033[2J")"'
	err_not $'\e'
}

@test "a plane that only holds what should not be there is swept" {
	mkdir -p planes/ho2
	ln -s /etc planes/ho2/ledger
	run_sh 4 cp-sweep
	err planes/ho2
}

#!/usr/bin/env bats
# Standard descriptors that are closed, in every combination, and limits on what may be written.
load ../helper

setup() {
	plane
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/former"
}

@test "closed stdout is status 4 whatever else is closed, and loses nothing silently" {
	for closed in '>&-' '>&- 2>&-' '<&- >&-' '<&- >&- 2>&-'; do
		run_sh 4 "cp-walk $closed"
		run_sh 4 "cp-walk --help $closed"
		run_sh 4 "cp-merge '$BATS_TEST_TMPDIR/former' $closed"
	done
}

@test "closed stdin is unreadable: no file that is opened takes its place" {
	for closed in '<&-' '<&- 2>&-'; do
		run_sh 4 "cp-hash --since '$BATS_TEST_TMPDIR/former' $closed"
		run_sh 4 "cp-merge '$BATS_TEST_TMPDIR/former' - $closed"
		run_sh 4 "cp-through cat $closed"
		run_sh 4 "cp-own-diff registries/file_ownership.csv $closed"
	done
	run_sh 0 'cp-walk <&-'
	has '"kind":"end"'
}

@test "diagnostics never go into a file when stderr is closed" {
	run_sh 4 "cp-baseline --owner PKG-X <&- 2>&-"
	[ ! -s .cp/lock ]
	run_sh 0 "cp-baseline --owner PKG-BASELINE-HO3-000 --force <'$BATS_TEST_TMPDIR/former' 2>&-"
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
}

@test "a limit on the file size is a failed write, not a death by signal" {
	run_sh 4 "ulimit -f 0; cp-walk >'$BATS_TEST_TMPDIR/small'"
	run_sh 4 "ulimit -f 0; cp-baseline --owner PKG-X --force <'$BATS_TEST_TMPDIR/former' >/dev/null"
	[ ! -e registries/.file_ownership.csv.new ]
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
}

@test "descriptors that run out are our failure, never a finding about a file" {
	need prlimit
	mkdir -p lib/x/y/z
	echo deep >lib/x/y/z/f
	cp-walk >"$BATS_TEST_TMPDIR/walk"
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/former"
	grep -q '"path":"lib/x/y/z/f".*"hash"' "$BATS_TEST_TMPDIR/former"
	for n in 4 5 6 7 8 9 10 11 12; do
		for stage in 'cp-walk' "cp-hash <'$BATS_TEST_TMPDIR/walk'" "cp-hash-check <'$BATS_TEST_TMPDIR/former'"; do
			run_sh 0 "prlimit --nofile=$n $stage; case \$? in 0 | 4 | 127) ;; *) false ;; esac"
			hasnt '"error"'
			hasnt '"finding"'
		done
	done
}

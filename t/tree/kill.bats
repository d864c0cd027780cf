load ../helper

# kill -9 of any stage of the sweep, at any time, in plain sh: the last status is never 0, and nothing is found
# that was not seen. The tree is clean, so each finding would be an invented one.

setup_file() {
	export CONTROL_PLANE_ROOT=$BATS_FILE_TMPDIR/plane
	mkdir -p "$CONTROL_PLANE_ROOT"
	cd "$CONTROL_PLANE_ROOT"
	for d in a b c; do
		mkdir $d
		(cd $d && seq 700 | xargs touch && echo x >500)
	done
	cp-walk | cp-hash | cp-baseline --owner PKG-BASELINE-HO3-000 >/dev/null
}

setup() {
	export CONTROL_PLANE_ROOT=$BATS_FILE_TMPDIR/plane PIDFILE=$BATS_TEST_TMPDIR/pid
}

sweep() {
	status=0
	sh -c 'cp-walk | cp-hash | cp-own-diff' >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
}

# killed_at PROGRAM N: the N-th call of that stage is its last. False when it made fewer.
killed_at() {
	local hit=$BATS_TEST_TMPDIR/hit
	rm -f "$hit"
	status=0
	FAULT_PROGRAM=$1 FAULT_AT=$2 FAULT_DO=kill FAULT_ALL=1 FAULT_HIT=$hit LD_PRELOAD=$CP_BUILD/shim.so \
		ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 sh -c 'cp-walk | cp-hash | cp-own-diff' \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	[ -e "$hit" ]
}

# A stage that was killed between its last write and its exit has said all that it had to say: then, and only then, the
# answer stands.
no_lie() {
	if [ "$status" -eq 0 ] && ! grep -q '"pass":true,"checked":2100' "$BATS_TEST_TMPDIR/out" ||
		grep -q '"kind":"finding"' "$BATS_TEST_TMPDIR/out"; then
		echo "$*: status $status"
		head -n 3 "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
		return 1
	fi
}

@test "untouched, the sweep is clean" {
	sweep
	[ "$status" -eq 0 ]
	grep -q '"pass":true,"checked":2100' "$BATS_TEST_TMPDIR/out"
}

@test "killed at a call of its own choosing, by stage" {
	tried=0
	for p in cp-walk cp-hash cp-own-diff; do
		for n in $(seq 1 12) 14 17 20 25 30 40 60 100 200 400 800 1600 3200 6400 12800; do
			killed_at $p $n || break
			no_lie "$p killed at call $n"
			tried=$((tried + 1))
		done
	done
	[ "$tried" -gt 40 ]
}

@test "killed at a time that nobody chose, by stage" {
	sweep
	grep -q '"pass":true,"checked":2100' "$BATS_TEST_TMPDIR/out"
	for p in cp-walk cp-hash cp-own-diff; do
		for delay in 0.001 0.002 0.004 0.006 0.008 0.010 0.012 0.015 0.020; do
			status=0
			# The stage looks at itself from outside: its pid is the only one of that name under this shell.
			KILL=$p DELAY=$delay sh -c '
				stage() {
					if [ "$1" = "$KILL" ]; then
						(sleep "$DELAY"; kill -9 "$(cat "$PIDFILE")" 2>/dev/null) &
						sh -c "echo \$\$ >\"\$PIDFILE\"; exec $1"
						s=$?
						[ $s -ne 137 ] || : >"$PIDFILE.hit"
						return $s
					else
						$1
					fi
				}
				stage cp-walk | stage cp-hash | stage cp-own-diff
			' >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
			if [ -e "$PIDFILE.hit" ]; then
				no_lie "$p killed after $delay s"
			fi
			rm -f "$PIDFILE" "$PIDFILE.hit"
		done
	done
}


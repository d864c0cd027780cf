load ../helper
# shellcheck source=t/fault/sweep.bash
. "$CP_TOP/t/fault/sweep.bash"

# kill -9 of any stage of the sweep, at any time, in plain sh, which has no pipefail: the last status is never a yes
# unless the last stage did see everything, and nothing is found that an undisturbed run does not find.

sweep='cp-walk | cp-hash | cp-own-diff'

# tree FILES: an adopted plane of so many files, in directories of a hundred.
tree() {
	local i
	make_plane plane bare
	cd plane || return
	export CONTROL_PLANE_ROOT=$PWD
	for ((i = 0; i < $1; i++)); do
		((i % 100)) || mkdir -p "lib/d$((i / 100))"
		printf '%d\n' "$i" >"lib/d$((i / 100))/f$i"
	done
	adopt .
}

# Something of each kind, at the beginning, in the middle and at the end of the stream.
tamper() {
	local last
	last=$(ls -d lib/d* | tail -n 1)
	echo x >>docs/readme
	rm lib/a lib/d0/f1
	chmod 600 lib/d0/f2
	echo new >lib/d0/f3.new
	ln -sf b "$last/link"
	rm "$last"/f*0
	echo new >zz
}

# found FILE: its findings as "CODE path", also where the output was cut in a line.
found() {
	jq -rR 'fromjson? | select(.kind == "finding") | "\(.code) \(.path)"' "$1" | LC_ALL=C sort
}

# expect STATUS: what an undisturbed run says.
expect() {
	local status=0
	sh -c "$sweep" >"$BATS_TEST_TMPDIR/want.out" 2>/dev/null || status=$?
	[ "$status" -eq "$1" ] || return
	found "$BATS_TEST_TMPDIR/want.out" >"$BATS_TEST_TMPDIR/want"
	want_checked=$(jq 'select(.kind == "verdict") | .checked' "$BATS_TEST_TMPDIR/want.out")
	[ "$want_checked" -gt 0 ]
}

# honest OUT STATUS: nothing invented, and a yes or a no only from a whole stream.
honest() {
	found "$1" >"$BATS_TEST_TMPDIR/got"
	[ -z "$(comm -23 "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/want")" ] || {
		echo 'invented:'
		comm -23 "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/want"
		return 1
	}
	case $2 in
	0 | 1)
		[ "$(jq 'select(.kind == "verdict") | .checked' "$1")" = "$want_checked" ] &&
			tail -n 1 "$1" | grep -q '"kind":"end"' &&
			cmp -s "$BATS_TEST_TMPDIR/got" "$BATS_TEST_TMPDIR/want"
		;;
	3 | 4 | 137) ! grep -q '"kind":"end"' "$1" || [ "$2" -eq 137 ] ;;
	*) false ;;
	esac
}

# The stage dies before its N-th call, for each N.
each_call() { # EXPECTED STATUS
	local stage
	expect "$1"
	for stage in cp-walk cp-hash cp-own-diff; do
		# Behind its last write only the close of stdout is left: then everything was said.
		fault_sweep -a -p $stage -m '^(read|pread|write|open)' true "sh -c '$sweep'" \
			'killed_honest "$BATS_TEST_TMPDIR/fault.out" $status' || { echo "stage $stage"; return 1; }
	done
}

killed_honest() {
	honest "$1" "$2" || return
	[ ! -e "$BATS_TEST_TMPDIR/fault.hit" ] || [ "$2" -gt 1 ] || { echo 'killed, and yet an answer'; return 1; }
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "killed before each of its calls, no stage leaves a clean answer behind" {
	tree 4
	each_call 0
}

@test "killed before each of its calls, no stage makes others find what is not so" {
	tree 4
	tamper
	each_call 1
	[ "$(wc -l <"$BATS_TEST_TMPDIR/want")" -ge 7 ]
}

# at_many_times STATUS: each stage is killed after t microseconds, spread over the time the pipeline takes.
at_many_times() {
	local stage t took cut status killed=0
	expect "$1"
	took=$EPOCHREALTIME
	sh -c "$sweep" >/dev/null 2>&1 || true
	took=$((${EPOCHREALTIME/[.,]/} - ${took/[.,]/}))
	for stage in cp-walk cp-hash cp-own-diff; do
		for t in $(seq 0 10); do
			t=$(printf '0.%06d' $((took * (2 * t + 1) / 20)))
			cut=${sweep/$stage/timeout -s KILL $t $stage}
			status=0
			sh -c "$cut" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
			honest "$BATS_TEST_TMPDIR/out" $status || {
				echo "status $status of: $cut"
				cat "$BATS_TEST_TMPDIR/err"
				return 1
			}
			[ "$status" -le 1 ] || killed=$((killed + 1))
		done
	done
	# Otherwise the times were no good.
	[ "$killed" -ge 10 ] || { echo "only $killed runs were hit"; return 1; }
}

@test "killed at many times, a clean plane is not called clean by those who did not see it all" {
	tree 1500
	at_many_times 0
}

@test "killed at many times, findings are never invented" {
	tree 1500
	tamper
	at_many_times 1
}

@test "a stage that is not there at all" {
	tree 3
	run_sh 3 'true | cp-hash | cp-own-diff'
	is ''
	run_sh 3 'cp-walk | true | cp-own-diff'
	is ''
	run_sh 3 'cp-walk | cp-hash | head -n 1 | cp-own-diff'
	is ''
	run_sh 3 'cp-walk | head -n -1 | cp-hash | cp-own-diff'
	is ''
	run_sh 3 'cp-walk | cp-hash | sed 2d | cp-own-diff'
	is ''
	run_sh 0 "$sweep"
	has '"pass":true'
}

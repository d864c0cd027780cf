# shellcheck shell=bash
# Advances a fault through a command, call by call, until it runs without meeting one. Needs t/helper.bash.

# fault_sweep [-d WHAT] [-m REGEX] [-p PROGRAM] [-a] [-k] [-t] SETUP COMMAND CHECK
# For N = 1, 2, ...: runs SETUP, then COMMAND with WHAT (default kill) at its N-th call that changes something, then CHECK
# with $status and $fault_at set; ends after the first run in which nothing was injected. CHECK must succeed each time.
# All three are shell code run in the current directory. Sets $fault_points to how many calls it went through.
# FAULT_STEP=S tries only every S-th call: what `make check` has time for. `make check-long` tries them all. FAULT_FROM=F
# begins at the F-th. With -t the calls of all processes count together. With -k it goes on behind a CHECK that fails,
# $fault_bad is how many have, and $fault_points how many calls were tried.
fault_sweep() {
	local what=kill regex='' program='' every='' keep='' together='' n=0 hit=$BATS_TEST_TMPDIR/fault.hit opt
	local OPTIND=1 step=${FAULT_STEP:-1}
	while getopts d:m:p:akt opt; do
		case $opt in
		d) what=$OPTARG ;;
		m) regex=$OPTARG ;;
		p) program=$OPTARG ;;
		a) every=1 ;;
		k) keep=1 ;;
		t) together=$BATS_TEST_TMPDIR/fault.count ;;
		*) return 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	local setup=$1 command=$2 check=$3
	[ -e "$CP_BUILD/shim.so" ] || { echo "no $CP_BUILD/shim.so: make units"; return 1; }
	fault_points=0 fault_bad=0
	while :; do
		n=$((n ? n + step : ${FAULT_FROM:-$step}))
		[ "$n" -le "${FAULT_MAX:-5000}" ] || { echo "still failing at call $n"; return 1; }
		rm -f "$hit"
		eval "$setup" || { echo "fault_sweep: no setup for call $n"; return 1; }
		status=0
		[ -z "$together" ] || printf '\0\0\0\0\0\0\0\0' >"$together"
		(
			export FAULT_AT=$n FAULT_DO=$what FAULT_HIT=$hit
			[ -z "$regex" ] || export FAULT_MATCH=$regex
			[ -z "$program" ] || export FAULT_PROGRAM=$program
			[ -z "$together" ] || export FAULT_COUNT=$together
			[ -z "$every" ] || export FAULT_ALL=1
			export LD_PRELOAD=$CP_BUILD/shim.so ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
			eval "$command"
		) >"$BATS_TEST_TMPDIR/fault.out" 2>"$BATS_TEST_TMPDIR/fault.err" || status=$?
		export fault_at=$n status
		eval "$check" || {
			echo "after $what at call $n of: $command (status $status)"
			cat "$BATS_TEST_TMPDIR/fault.err"
			[ -n "$keep" ] || return 1
			fault_bad=$((fault_bad + 1))
		}
		[ -e "$hit" ] || break
		fault_points=$((fault_points + 1))
	done
	# Else how far it went.
	[ -n "$keep" ] || fault_points=$((n - 1))
	[ "$fault_points" -gt 0 ] || { echo "fault_sweep: $command made no call that counts"; return 1; }
	# A run that met no fault must have gone well.
	[ "$status" -le 1 ] || { echo "without a fault the status is $status"; cat "$BATS_TEST_TMPDIR/fault.err"; return 1; }
}

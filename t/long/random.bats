#!/usr/bin/env bats
# Installs of 5,000 files, stopped at random times.
load ../helper
load ../package/plane
load ../fault/whole
load long

setup() {
	ready 5000
	plan P "$first" >plan
	both "$order <plan"
	rm -rf P && cp -a base P
	whole_ms=$(took "$order <plan")
	RANDOM=${SEED:-1}
}

# stopped SIGNAL: cp-apply gets it at a random time of its life. Sets $status. How long that is follows from what was
# seen so far: a machine is slower at one time than at another.
stopped() {
	restore
	$order <plan >log 2>&1 &
	local pid=$! ms
	ms=$(random_below "$whole_ms")
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	kill "-$1" "$pid" 2>/dev/null || :
	status=0
	wait "$pid" || status=$?
	whole_ms=$((whole_ms * (status ? 105 : 85) / 100 + 1))
}

# tally SIGNAL TIMES: stops it so often; what is there then is recovered. All must not have ended alike.
tally() {
	local i old=0 new=0
	for ((i = 0; i < $2; i++)); do
		stopped "$1"
		whole || { echo "run $i of $1, status $status"; return 1; }
		if cmp -s now old.forms; then old=$((old + 1)); else new=$((new + 1)); fi
	done
	echo "# $1 at $2 random times of $whole_ms ms: $old as before, $new as after" >&3
	[ "$old" -gt 0 ] && [ "$new" -gt 0 ]
}

@test "kill -9 at 200 random times: the plane before or after, each time" {
	tally KILL "${TIMES:-200}"
}

@test "SIGINT and SIGTERM at random times: before the commit nothing is changed, behind it all is done" {
	tally INT "${TIMES:-40}"
	tally TERM "${TIMES:-40}"
}

@test "an interrupt leaves nothing to recover" {
	local i
	for ((i = 0; i < ${TIMES:-20}; i++)); do
		stopped INT
		[ "$status" -eq 0 ] || [ "$status" -eq 4 ] || [ "$status" -eq 130 ]
		# Blocked signals come late: the process has cleaned up by then.
		[ "$status" -eq 130 ] || [ -z "$(ls -A P/.cp/txn 2>/dev/null)" ]
		whole : || { echo "run $i, status $status"; return 1; }
	done
}

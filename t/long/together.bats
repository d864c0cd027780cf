#!/usr/bin/env bats
# More than one at a time on a plane.
load ../helper
load ../package/plane
load ../fault/whole
load long

# installed ID: and nothing of it is missing.
installed() {
	[ -e "P/installed/$1/receipt.json" ]
}

# race A B: both at once; their statuses are in $a and $b.
race() {
	restore
	eval "$1" >one.log 2>&1 &
	local pid=$!
	b=0 a=0
	eval "$2" >two.log 2>&1 || b=$?
	wait "$pid" || a=$?
}

@test "two installs at once: one says no, or waits; both that say yes are there, whole" {
	ready 500
	second
	restore
	plan P "$first" >plan.a
	plan P "$second" >plan.b
	local i busy=0 both=0
	for ((i = 0; i < ${TIMES:-40}; i++)); do
		race "$order <plan.a" "$order <plan.b"
		cp-recover --root P >log
		clean || { echo "run $i: $a $b"; return 1; }
		# The loser was too late for the lock (4), or its plan is for a plane that is no more (1).
		case $a$b in
		00) both=$((both + 1)) ;;
		04 | 40 | 01 | 10) busy=$((busy + 1)) ;;
		*) echo "run $i: $a $b"; cat one.log two.log; return 1 ;;
		esac
		[ "$a" -ne 0 ] || installed PKG-A-001
		[ "$b" -ne 0 ] || installed PKG-B-001
		[ "$a" -eq 0 ] || [ ! -e P/libs/PKG-A-001 ]
		[ "$b" -eq 0 ] || [ ! -e P/libs/PKG-B-001 ]
	done
	echo "# $busy of $i times one of two said no, $both times none" >&3
	[ $((busy + both)) -eq "$i" ]
	[ "$busy" -gt 0 ]
}

@test "the same install twice at once, waiting: it is there once" {
	ready 500
	restore
	plan P "$first" >plan
	local i
	for ((i = 0; i < ${TIMES:-20}; i++)); do
		race "$order --wait <plan" "$order --wait <plan"
		# Who comes second finds the plane changed since its plan was made.
		case $a$b in
		00 | 01 | 10) ;;
		*) echo "run $i: $a $b"; cat one.log two.log; return 1 ;;
		esac
		clean
		[ "$(cp-ledger-read P/ledger/packages.jsonl | jq -r 'select(.entry.event_type == "INSTALLED").kind' | wc -l)" -eq 1 ]
	done
}

@test "an install during a sweep: either state, or that it cannot tell, never a finding that is none" {
	need flock
	ready 2000
	second
	restore
	# A plane that owns nothing is none to be swept.
	plan P "$second" >plan.in
	$order <plan.in >log
	rm -rf base && cp -a P base
	plan P "$first" >plan.in
	$order <plan.in >log
	cp-plan --remove PKG-A-001 >plan.out
	$order <plan.out >log
	local i yes=0 unable=0
	for ((i = 0; i < ${TIMES:-40}; i++)); do
		restore
		(
			sleep "0.$((i % 10))"
			$order <plan.in >log 2>&1
			cp-plan --remove PKG-A-001 >plan.out 2>log && $order <plan.out >log 2>&1
		) &
		a=0
		cp-sweep >swept 2>sweep.err || a=$?
		wait
		case $a in
		0) yes=$((yes + 1)) ;;
		3 | 4) unable=$((unable + 1)) ;;
		*) echo "run $i: $a"; cat swept sweep.err; return 1 ;;
		esac
		clean
	done
	echo "# $yes of $i sweeps saw one state, $unable could not tell" >&3
	[ "$yes" -gt 0 ]
}

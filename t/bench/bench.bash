# shellcheck shell=bash
# What benchmarks share: contestants run in turn, in one run; medians, and ratios that are medians of each round's. The
# benchmark has RUNS, and contest NAME SET, which runs one; where it has prepare NAME SET that goes before, untimed.
results=$(mktemp)
trap 'rm -f "$results"' EXIT
unset CONTROL_PLANE_ROOT
TIMEFORMAT='%R %U %S'

note() {
	printf '%s\n' "$*" >&2
}

have() {
	command -v "$1" >/dev/null || { note "skipped: no $1 here"; return 1; }
}

# One line of results: round set name wall user system.
measure() { # ROUND SET NAME
	local took
	! declare -F prepare >/dev/null || prepare "$3" "$2"
	took=$({ time contest "$3" "$2" >/dev/null 2>&1; } 2>&1) || { note "$3 on $2 failed"; return 1; }
	echo "$1 $2 $3 $took" >>"$results"
}

# table SET NAME...: contestants in the order given; the first is what the others are compared with.
table() { # SET NAME...
	printf '\n%-4s %-14s %9s %9s %11s %11s\n' set program 'wall s' 'CPU s' 'wall ratio' 'CPU ratio'
	awk -v set="$1" -v names="${*:2}" '
		function median(list, n, v, i, k, x) {
			n = split(list, v, " ")
			for (i = 2; i <= n; i++) {
				x = v[i] + 0
				for (k = i - 1; k > 0 && v[k] + 0 > x; k--) v[k + 1] = v[k]
				v[k + 1] = x
			}
			return v[int((n + 1) / 2)] }
		$2 == set { wall[$1, $3] = $4; cpu[$1, $3] = $5 + $6; if ($1 > rounds) rounds = $1 }
		END { n = split(names, name, " ")
			for (i = 1; i <= n; i++) { w = c = rw = rc = ""
				for (r = 1; r <= rounds; r++) if ((r, name[i]) in wall) {
					w = w " " wall[r, name[i]]; c = c " " cpu[r, name[i]]
					rw = rw " " wall[r, name[i]] / wall[r, name[1]]
					rc = rc " " cpu[r, name[i]] / cpu[r, name[1]] }
				printf "%-4s %-14s %9.3f %9.3f %11.2f %11.2f\n", set, name[i], median(w), median(c),
					median(rw), median(rc) } }
	' "$results"
}

# in_turn SET NAME...: warms them up, then lets them run in turn, RUNS times, and shows the table.
in_turn() { # SET NAME...
	local round name set=$1
	shift
	for name; do
		! declare -F prepare >/dev/null || prepare "$name" "$set"
		contest "$name" "$set" >/dev/null 2>&1 || :
	done
	for ((round = 1; round <= RUNS; round++)); do
		for name; do measure "$round" "$set" "$name"; done
	done
	table "$set" "$@"
}

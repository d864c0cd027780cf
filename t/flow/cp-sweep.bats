load ../helper

setup() {
	plane
}

@test "silent and 0 when clean; a table and 1 when not" {
	run_status 0 cp-sweep
	[ -z "$output" ]
	silent
	printf X >>lib/a
	rm lib/b
	: >lib/new
	run_status 1 cp-sweep
	has 'MODIFIED'
	has 'lib/a'
	has 'MISSING'
	has 'ORPHAN'
	silent
}

@test "--summary says one line also when clean" {
	run_status 0 cp-sweep --summary
	is 'no findings, 3 checked: yes'
	make_plane planes/ho2
	run_status 0 cp-sweep --summary
	is "$(printf '%s\n' 'no findings, 3 checked: yes' 'planes/ho2: no findings, 3 checked: yes')"
	run_sh 4 'cp-sweep --summary >/dev/full'
	err 'cp-sweep: unable to write standard output'
	run_sh 0 '{ sleep 0.3; cp-sweep --summary; echo $? >../status; } | :; sleep 1'
	[ "$(cat ../status)" = 4 ]
	silent
	# What is said is said whole, a warning too.
	ln lib/a ../link
	run_status 0 cp-sweep --summary
	has LINKS
}

@test "its programs are those beside it, with and without a PATH that knows them" {
	run_status 0 env PATH=/usr/bin:/bin "$(command -v cp-sweep)" --summary
	has '3 checked: yes'
	silent
	cp "$(command -v cp-sweep)" ../alone
	run_status 4 env PATH=/usr/bin:/bin ../alone
	err 'cp-sweep: unable to run cp-options: not found'
}

@test "--print shows a pipeline that does the same, and runs nothing" {
	rm lib/b
	run_status 0 cp-sweep --print
	is "cp-walk --root $PWD --lazy | cp-hash --root $PWD | cp-own-diff --root $PWD"
	run_sh 1 "$output"
	findings_are 'MISSING lib/b'
}

@test "a root with blanks and quotes in its name works, printed and run" {
	d="$BATS_TEST_TMPDIR/it's a \"plane\" \$HOME"
	make_plane "$d"
	run_status 0 cp-sweep --root "$d"
	run_sh 0 "$(cp-sweep --root "$d" --print)"
	has '"pass":true'
}

@test "--format records gives the findings as they are" {
	rm lib/b
	run_status 1 cp-sweep --format records
	findings_are 'MISSING lib/b'
	has '"kind":"end"'
}

@test "no root, a root that is a file, is absent, or has no registry: never clean" {
	(unset CONTROL_PLANE_ROOT; run_status 2 cp-sweep)
	run_status 4 cp-sweep --root /nowhere
	run_status 4 cp-sweep --root lib/a
	mkdir ../bare
	run_status 4 cp-sweep --root ../bare
	: >registries/file_ownership.csv
	run_status 3 cp-sweep
	err 'empty'
}

@test "planes beneath the root are swept too, each with its own registry" {
	make_plane planes/ho2
	run_status 0 cp-sweep
	echo more >>planes/ho2/lib/a
	run_status 1 cp-sweep
	has 'planes/ho2'
	has 'MODIFIED'
	mkdir -p planes/ho1/lib && echo x >planes/ho1/lib/x
	run_status 4 cp-sweep
	mkdir -p planes/ho1/ledger && rm -r planes/ho1/lib
	run_status 1 cp-sweep
}

@test "two sweeps of one root do not run together: the second is loud, status 4" {
	exec 8<.
	flock 8
	run_status 4 cp-sweep
	err 'another sweep'
	exec 8<&-
	run_status 0 cp-sweep
}

@test "metrics: complete only when everything was seen, and the last complete time stays when it was not" {
	m=$BATS_TEST_TMPDIR/m.prom
	run_status 0 cp-sweep --prometheus "$m"
	grep -qx 'cp_sweep_complete 1' "$m"
	last=$(sed -n 's/^cp_sweep_last_complete_time_seconds //p' "$m")
	[ "$last" -gt 1700000000 ]
	rm lib/b
	run_status 1 cp-sweep --prometheus "$m"
	grep -qx 'cp_sweep_complete 1' "$m"
	grep -q 'MISSING' "$m"
	! grep -q 'lib/b' "$m"
	sed -i 's/^cp_sweep_last_complete_time_seconds .*/cp_sweep_last_complete_time_seconds 1234/' "$m"
	: >registries/file_ownership.csv
	run_status 3 cp-sweep --prometheus "$m"
	grep -qx 'cp_sweep_complete 0' "$m"
	grep -qx 'cp_sweep_last_complete_time_seconds 1234' "$m"
	run_status 4 cp-sweep --prometheus /nowhere/m.prom
}

@test "--save and --since: a second run takes hashes over and says so" {
	s=$BATS_TEST_TMPDIR/hashes.jsonl
	sleep 2.1 # what is younger than two seconds is not taken over
	run_status 0 cp-sweep --since "$s" --save "$s"
	[ -s "$s" ]
	run_status 0 cp-sweep --since "$s" --save "$s" --format records --summary
	has '"reused":3'
	echo more >>lib/a
	run_status 1 cp-sweep --since "$s" --save "$s" --format records
	has '"reused":2'
	findings_are 'MODIFIED lib/a'
}

@test "a temporary directory is left by nobody, also when it is interrupted" {
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	run_status 0 cp-sweep
	[ -z "$(ls "$TMPDIR")" ]
	run_status 2 cp-sweep --jobs many
	run_status 2 cp-sweep --nice 20
	[ -z "$(ls "$TMPDIR")" ]
}

@test "the shipped examples are good" {
	need systemd-analyze
	mkdir -p "$BATS_TEST_TMPDIR/units"
	cd "$BATS_TEST_TMPDIR/units"
	cp "$CP_TOP"/examples/systemd/* .
	sed -i "s|/usr/local/bin/cp-sweep|$(command -v cp-sweep)|; /^Documentation/d" cp-sweep.service cp-sweep.timer
	run_sh 0 'systemd-analyze verify ./cp-sweep.service ./cp-sweep.timer'
	silent
	# What the crontab runs, runs.
	jobs=$(sed -n 's/^[0-9]* [0-9*]* \* \* \* *//p' "$CP_TOP/examples/crontab" | sed "s|/var/lib/[a-z_-]*|$PWD|g")
	[ "$(grep -c '^cp-sweep ' <<<"$jobs")" -eq 2 ]
	run_sh 0 "set -e; $jobs"
	[ "$(find . -name hashes.jsonl -size +0 -o -name cp_sweep.prom -size +0 | wc -l)" -eq 2 ]
}

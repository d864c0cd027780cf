#!/usr/bin/env bats
# What somebody may lay in the way of a registry that is being written.
load ../helper

setup() {
	plane
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/hashed"
	out=$BATS_TEST_TMPDIR/outside
	mkdir "$out"
	echo precious >"$out/precious"
	temp=registries/.file_ownership.csv.new
}

again() { # STATUS
	run_sh "$1" "timeout 20 cp-baseline --owner PKG-X --force <'$BATS_TEST_TMPDIR/hashed'"
	[ "$(cat "$out/precious")" = precious ]
	[ "$(ls -A "$out")" = precious ]
}

@test "a link, hard link, fifo, directory or foreign file in the place of the temporary is refused" {
	cp registries/file_ownership.csv "$BATS_TEST_TMPDIR/before"
	for way in "ln -s '$out/precious'" "ln '$out/precious'" mkfifo mkdir; do
		eval "$way $temp"
		again 4
		rm -r "$temp"
		cmp registries/file_ownership.csv "$BATS_TEST_TMPDIR/before"
	done
	if [ "$(id -u)" -eq 0 ]; then
		touch "$temp"
		chown 65534 "$temp"
		again 4
		rm "$temp"
	fi
	echo stale >"$temp"
	again 0
	[ "$(ls -A registries)" = file_ownership.csv ]
}

@test "a link or a directory on the way is not followed" {
	for way in registries .cp; do
		mv "$way" aside
		ln -s "$out" "$way"
		again 4
		rm "$way"
		mv aside "$way"
	done
	ln -sf "$out/lock" .cp/lock
	again 4
	rm .cp/lock registries/file_ownership.csv
	mkdir registries/file_ownership.csv
	again 4
	rmdir registries/file_ownership.csv
	ln -s "$out/precious" registries/file_ownership.csv
	again 0
	[ ! -L registries/file_ownership.csv ]
}

@test "--force on a named FILE replaces a regular file and nothing else" {
	ln -s precious "$out/link"
	mkfifo "$out/fifo"
	mkdir "$out/dir"
	for name in link fifo dir; do
		kind=$(stat -c %F "$out/$name")
		run_sh 1 "timeout 20 cp-baseline --owner PKG-X --force '$out/$name' <'$BATS_TEST_TMPDIR/hashed'"
		err 'not a regular file'
		[ "$(stat -c %F "$out/$name")" = "$kind" ]
	done
	run_sh 0 "cp-baseline --owner PKG-X --force '$out/precious' <'$BATS_TEST_TMPDIR/hashed'"
	grep -q PKG-X "$out/precious"
}

@test "cp-files-json FILE replaces a regular file and nothing else" {
	ln -s precious "$out/link"
	mkfifo "$out/fifo"
	mkdir "$out/dir"
	for name in link fifo dir; do
		kind=$(stat -c %F "$out/$name")
		run_sh 4 "timeout 20 cp-files-json '$out/$name' <'$BATS_TEST_TMPDIR/hashed'"
		[ "$(stat -c %F "$out/$name")" = "$kind" ]
	done
	[ "$(cat "$out/precious")" = precious ]
}

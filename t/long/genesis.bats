#!/usr/bin/env bats
# The beginning of a plane, cut short at every call of every program in it.
load ../helper
load ../package/package
load ../flow/flow
load ../fault/sweep

setup() {
	need jq flock setsid
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state HOME=$BATS_TEST_TMPDIR/home T=$BATS_TEST_TMPDIR/p
	# Who is killed leaves its temporary directory.
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir -p "$XDG_STATE_HOME" "$HOME" "$TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return
	cp-keygen --key-id me --owner me --role package_signer --role root --out k.pem | cp-keyring --keyring ring add >log
	package PKG-PM-CORE-001 1.0.0 core
	cp-pack --out core.tar.gz --key k.pem --key-id me core >log
	genesis="cp-genesis --root p --keyring $PWD/ring --package core.tar.gz --admin ann"
}

# finished: the same command goes on from there, unless it was over; then all is there.
finished() {
	{ [ -e p/.genesis_complete ] && [ ! -e p/.cp/journal ]; } || $genesis >again 2>&1 || { cat again; return 1; }
	complete || { echo 'it is not complete'; ls -A p p/.cp; return 1; }
}

swept() { # WHAT
	fault_sweep -t -d "$1" -m '^([^c]|c[^l])' 'rm -rf p "$XDG_STATE_HOME"; mkdir "$XDG_STATE_HOME"' "setsid -w $genesis" finished
	[ "$fault_points" -gt 100 ]
}

@test "genesis killed whole at any call of any of its programs: the same command finishes it" {
	swept group
}

@test "one of the programs of genesis killed at any of its calls: the same command finishes it" {
	swept kill
}

@test "any call of any program of genesis fails: the same command finishes it" {
	swept EIO
	swept ENOSPC
}

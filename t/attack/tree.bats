#!/usr/bin/env bats
# A tree whose owner works against the walk: swaps, hiding places, things that vanish between two looks.
load ../helper

setup() {
	plane
}

judge() { # STATUS
	run_sh "$1" 'cp-walk | cp-hash | cp-own-diff'
}

# A library to preload in which readlinkat finds nothing any more.
preload_vanishing() {
	need gcc
	cat >"$BATS_TEST_TMPDIR/gone.c" <<'C'
#include <errno.h>
#include <unistd.h>
ssize_t readlinkat(int dir, const char *path, char *p, size_t n)
{
	(void)dir, (void)path, (void)p, (void)n;
	errno = ENOENT;
	return -1;
}
C
	gcc -shared -fPIC -o "$BATS_TEST_TMPDIR/gone.so" "$BATS_TEST_TMPDIR/gone.c"
}

@test "a symlink that vanishes before it is read is gone, and stops nobody's judgement" {
	preload_vanishing
	ln -s a lib/link
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	printf X >>lib/b
	run_sh 1 "LD_PRELOAD='$BATS_TEST_TMPDIR/gone.so' cp-walk | cp-hash | cp-own-diff"
	findings_are 'MODIFIED lib/b'
	cp-walk | cp-hash | cp-baseline --owner PKG-BASELINE-HO3-000 --force >"$BATS_TEST_TMPDIR/log"
	run_sh 1 "LD_PRELOAD='$BATS_TEST_TMPDIR/gone.so' cp-walk | cp-hash | cp-own-diff"
	findings_are 'MISSING lib/link'
}

@test "what a kill leaves of a save is a file: a directory of that name hides nothing" {
	for hidden in planes/.ho2.new installed/.PKG-A.new ledger/.blobs.new .cp/.journal.new \
		MANIFEST.json .tier.json.new registries/.file_ownership.csv.new registries/packages_registry.csv; do
		mkdir -p "$hidden"
		echo evil >"$hidden/evil"
		judge 1
		rm -r "$hidden"
		judge 0
	done
}

@test "a fifo or a link in the place of what is exempt is found" {
	for name in tier.json MANIFEST.json .genesis_complete registries/packages_registry.csv ledger planes; do
		mkfifo "$name"
		judge 1
		rm "$name"
		ln -s /etc/passwd "$name"
		judge 1
		rm "$name"
	done
}

@test "a fifo swapped in for a file between walk and hash blocks nobody" {
	cp-walk >"$BATS_TEST_TMPDIR/walk"
	for kind in fifo socket device link dir; do
		rm -rf lib/a
		case $kind in
		fifo) mkfifo lib/a ;;
		socket) need python3; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("lib/a")' ;;
		device) mknod lib/a c 5 0 || continue ;;
		link) ln -s /etc/passwd lib/a ;;
		dir) mkdir lib/a ;;
		esac
		run_sh 1 "timeout 20 cp-hash <'$BATS_TEST_TMPDIR/walk' | cp-own-diff"
		findings_are 'CHANGING lib/a'
	done
}

@test "a directory swapped for a link in a loop: nothing outside the root is ever read" {
	need gcc
	cat >"$BATS_TEST_TMPDIR/swap.c" <<'C'
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	time_t end = time(NULL) + 60;

	while (argc == 3 && time(NULL) < end)
		syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE);
	return 0;
}
C
	gcc -o "$BATS_TEST_TMPDIR/swap" "$BATS_TEST_TMPDIR/swap.c"
	mkdir -p d/e "$BATS_TEST_TMPDIR/outside/e"
	for i in {1..99}; do
		echo in | tee "d/f$i" >"d/e/f$i"
		echo secret | tee "$BATS_TEST_TMPDIR/outside/f$i" >"$BATS_TEST_TMPDIR/outside/e/f$i"
	done
	ln -s "$BATS_TEST_TMPDIR/outside" link
	seq 99 | sed 's|.*|{"kind":"file","path":"d/f&"}\n{"kind":"file","path":"d/e/f&"}|' >"$BATS_TEST_TMPDIR/in"
	secret=$(echo secret | sha256sum | cut -c 1-64)
	inside=$(echo in | sha256sum | cut -c 1-64)
	"$BATS_TEST_TMPDIR/swap" d link 3>&- &
	swap=$!
	for i in {1..20}; do
		cp-hash <"$BATS_TEST_TMPDIR/in" >>"$BATS_TEST_TMPDIR/hashed"
		cp-walk | cp-hash >>"$BATS_TEST_TMPDIR/hashed"
	done
	kill "$swap"
	grep -q "$inside" "$BATS_TEST_TMPDIR/hashed"
	grep -q '"error"' "$BATS_TEST_TMPDIR/hashed"
	! grep -q "$secret" "$BATS_TEST_TMPDIR/hashed"
}

@test "trees deeper than any path are found unreadable, not followed" {
	need python3
	python3 -c '
import os
for i in range(300):
	os.mkdir("n" * 255)
	os.chdir("n" * 255)
open("leaf", "w").close()'
	judge 1
	[ "$(findings | cut -c 1-15)" = 'UNREADABLE nnnn' ]
	rm -r nnn*
}

@test "a registry behind a link gives no verdict" {
	mv registries/file_ownership.csv r.csv
	ln -s ../r.csv registries/file_ownership.csv
	judge 3
	hasnt '"verdict"'
	rm registries/file_ownership.csv
	mv r.csv registries/file_ownership.csv
	mv registries elsewhere
	ln -s elsewhere registries
	judge 3
	hasnt '"verdict"'
}

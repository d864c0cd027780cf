load ../helper

# What `make crashproof` shows whole, thinly: what a power cut may leave, and that without its barriers it would.

crashproof() {
	need jq
	export TMPDIR=$BATS_TEST_TMPDIR ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	"$CP_TOP/t/fault/crashproof" --jobs 1 "$@" "$CP_BUILD" | grep -v '^skipped'
}

@test "what no barrier made last is lost: the plane before or after" {
	run_status 0 crashproof --only 5 --step "$((8 * ${FAULT_STEP:-1}))"
	has 'lost      install '
	has 'lost      upgrade '
	has 'lost      uninstall '
}

@test "a trace that is cut, or has what nobody understands, is no proof" {
	cd "$BATS_TEST_TMPDIR"
	mkdir base
	echo a >base/a
	printf 'open 420 0 /p/b\t\nwrite 0 2 /p/b\t\nb\nfsync 0 0 /p/b\t\n' >trace
	run_status 0 "$CP_BUILD/replay" base /p trace states
	# What is written may be lost, or half of it, until it is synced; its name still then.
	is '0 -
1 -
2 -
3 0
3 -
2 1h'
	"$CP_BUILD/replay" base /p trace make out '3 -'
	[ "$(cat out/a out/b)" = "$(printf 'a\nb')" ]
	run_status 0 "$CP_BUILD/replay" base /p trace states 2
	is '3 0,1
3 1
3 1h'
	head -c 40 trace >cut
	run_status 4 "$CP_BUILD/replay" base /p cut states
	printf 'mknod 0 0 /p/x\t\n' >>trace
	run_status 4 "$CP_BUILD/replay" base /p trace states
	err 'unable to replay mknod'
	run_status 4 "$CP_BUILD/replay" base /p nothing states
}

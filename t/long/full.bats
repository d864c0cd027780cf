#!/usr/bin/env bats
# Planes on a file system without room.
load ../helper
load ../package/plane
load ../fault/whole
load long

teardown() {
	! mountpoint -q "$BATS_TEST_TMPDIR/P" || umount "$BATS_TEST_TMPDIR/P"
}

# small KILOBYTES: P is a copy of the plane before, on a file system with that much room beyond it.
small() {
	local used
	! mountpoint -q P || umount P
	rm -rf P state && mkdir P state && export XDG_STATE_HOME=$PWD/state
	used=$(du -sk base | cut -f1)
	mount -t tmpfs -o "mode=755,size=$((used + 64 + $1))k" tmpfs P 2>/dev/null || skip 'no file system may be mounted here'
	cp -a base/. P/
}

# fits KILOBYTES: the install is done, or it is refused and all is as before, also for whoever recovers.
fits() {
	small "$1"
	status=0
	$order <plan >log 2>&1 || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ] || { echo "status $status"; cat log; return 1; }
	# Room for the recovery, where it must go forward.
	mount -o remount,size=64m P
	whole
}

@test "an install without room: the plane before, and nothing lies about; with more room at last the plane after" {
	ready 400
	plan P "$first" >plan
	both "$order <plan"
	local room no=0
	for ((room = 0; room < 8000; room += ${ROOM_STEP:-100})); do
		fits "$room" || { echo "with $room KiB"; return 1; }
		[ "$status" -ne 0 ] || break
		no=$((no + 1))
	done
	echo "# refused $no times, done with $room KiB" >&3
	[ "$status" -eq 0 ] && [ "$no" -gt 3 ]
}

@test "an uninstall without room: before or after" {
	ready 400
	plan P "$first" >plan
	$order <plan >log
	rm -rf base && cp -a P base
	cp-plan --remove PKG-A-001 >plan
	both "$order <plan"
	local room
	for ((room = 0; room < 3000; room += ${ROOM_STEP:-100})); do
		fits "$room" || { echo "with $room KiB"; return 1; }
		[ "$status" -ne 0 ] || break
	done
	[ "$status" -eq 0 ]
}

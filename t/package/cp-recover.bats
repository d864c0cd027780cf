load ../helper
load ../fault/sweep
load plane

# What cp-apply itself leaves is in cp-apply.bats; here it is what others make of it.

setup() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
	export CONTROL_PLANE_ALLOW_UNSIGNED=1 CONTROL_PLANE_ROOT=$PWD/P
	new_plane P
	mkdir one
	echo a >one/a
	echo b >one/b
	store P one PKG-A-001 1.0.0
	plan P "$archive" >plan
	image P >old
}

# stop REGEX: cp-apply is killed at its first call of that form.
stop() {
	local status=0
	(
		export FAULT_AT=1 FAULT_DO=kill FAULT_MATCH=$1 FAULT_PROGRAM=cp-apply LD_PRELOAD=$CP_BUILD/shim.so
		export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
		cp-apply --work-order WO-20261126-001 <plan
	) >log 2>&1 || status=$?
	[ "$status" -eq 137 ]
}

outcome() {
	jq -r 'select(.kind == "recovery").outcome' <<<"$output"
}

@test "what had not begun is dropped, what had is finished, and nothing is left" {
	stop '^syncfs'
	run_status 0 cp-recover
	[ "$(outcome)" = dropped ]
	image P | sed '/^\.cp/d' | cmp - <(sed '/^\.cp/d' old)
	stop '^renameat2 .*0'
	[ -n "$(ls P/.cp/txn)" ]
	run_status 0 cp-recover --dry-run
	[ "$(jq -r 'select(.kind == "recovery").dry_run' <<<"$output")" = true ]
	[ -n "$(ls P/.cp/txn)" ]
	run_status 0 cp-recover
	[ "$(outcome)" = finished ]
	cp-schema-check <<<"$output" >checked
	[ -z "$(ls P/.cp/txn)" ]
	cp-receipts >receipts
	run_status 0 cp-recover
	[ -z "$(outcome)" ]
}

@test "every effect has it done first; readers say no until then" {
	stop '^renameat2 .*0'
	run_status 3 cp-walk
	err 'cp-recover finishes it'
	run_status 0 cp-project
	[ -z "$(ls P/.cp/txn)" ]
	cp-walk | cp-hash | cp-own-diff >diff
}

@test "a file that was staged and is no longer what the plan says is taken from the archive again" {
	stop '^renameat2 .*0'
	printf x >"$(echo P/.cp/txn/TXN-*/new/1)"
	run_status 0 cp-recover
	[ "$(outcome)" = finished ]
	cp-receipts >receipts
	[ "$(cat P/libs/PKG-A-001/b)" = b ]
}

@test "without its archive, or with another plan, it is not finished" {
	stop '^renameat2 .*0'
	cp -a P kept
	rm "$archive"
	run_status 0 cp-recover
	[ "$(outcome)" = undone ]
	[ ! -e P/libs/PKG-A-001 ]
	[ ! -e P/manifests/PKG-A-001 ]
	[ "$(cp-ledger-read P/ledger/packages.jsonl | jq -r 'select(.entry).entry.event_type' | tail -n 1)" = INSTALL_ABORTED ]
	rm -rf P && cp -a kept P
	sed -i 's/"size":2/"size":3/' P/.cp/txn/TXN-*/plan
	run_status 3 cp-recover
	err 'not the one that was begun'
	rm -rf P && cp -a kept P
	rm P/.cp/txn/TXN-*/plan
	run_status 3 cp-recover
}

@test "what is nobody's transaction is not touched" {
	mkdir -p P/.cp/txn
	chmod 700 P/.cp
	ln -s /etc P/.cp/txn/TXN-1
	run_status 3 cp-recover
	rm P/.cp/txn/TXN-1
	mkdir -m 777 P/.cp/txn/TXN-2
	run_status 3 cp-recover
	rmdir P/.cp/txn/TXN-2
	mkdir -m 700 P/.cp/txn/other
	run_status 3 cp-recover
	[ -d P/.cp/txn/other ]
}

@test "a ledger that does not hold recovers nothing" {
	stop '^renameat2 .*0'
	sed -i '1s/test/best/' P/ledger/packages.jsonl
	run_status 3 cp-recover
	[ -n "$(ls P/.cp/txn)" ]
}

edit() {
	edited=
	for f in a b; do
		[ "$(cat "P/libs/PKG-A-001/$f" 2>/dev/null)" != "$f" ] || { echo mine >>"P/libs/PKG-A-001/$f" && edited+=$f; }
	done
	cp-recover >again 2>again.err || [ $? -eq 1 ] || { cat again again.err; return 1; }
	[ -z "$(ls P/.cp/txn)" ] || return
	seen+=$edited
	for f in a b; do
		case $edited in *"$f"*) [ "$(cat "P/libs/PKG-A-001/$f")" = "$f"$'\n'mine ] || return ;; esac
	done
	# One that was not edited has come, or is again, as it was.
	case $edited in
	a) [ "$(cat P/libs/PKG-A-001/b)" = b ] ;;
	b) [ "$(cat P/libs/PKG-A-001/a)" = a ] ;;
	esac
}

@test "what somebody edits between the plan and its end stays his, and the rest is undone" {
	local FAULT_STEP=1 seen=
	cp-apply --work-order WO-20261126-001 <plan >log
	echo A >one/a
	rm one/b
	store P one PKG-A-001 1.1.0 "upgrade_policy: {allow_asset_removal: true}"
	plan P "$archive" --upgrade >plan
	cp -a P base
	fault_sweep -m '^renameat2' -p cp-apply 'rm -rf P; cp -a base P; export XDG_STATE_HOME=$PWD/s.$n' \
		'cp-apply --work-order WO-20261126-001 <plan' edit
	[[ $seen == *ab*b* ]]
}

finished() {
	cp-recover >again 2>again.err || { cat again again.err; return 1; }
	cp-receipts --allow-empty >receipts || { cat receipts; return 1; }
	[ -z "$(ls P/.cp/txn)" ]
	# A disk that fails has it undone; a kill does not.
	[ -e P/libs/PKG-A-001/b ] || [ "$what" = EIO ]
}

@test "where a sync of the ledger has failed it is read again first, and what does not hold stays stopped" {
	cp -a P kept
	for n in 1 2; do
		rm -rf P && cp -a kept P
		run_status 4 env FAULT_AT="$n" FAULT_DO=EIO FAULT_MATCH=^fdatasync FAULT_PROGRAM=cp-apply LD_PRELOAD="$CP_BUILD/shim.so" \
			ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" cp-apply --work-order WO-20261126-001 <plan
		[ -e P/ledger/packages.jsonl.poisoned ]
		cp -a P poisoned
		run_status 0 cp-recover
		err 'it was read again, and holds'
		[ ! -e P/ledger/packages.jsonl.poisoned ]
		cp-receipts >receipts
		cp-chain-check --no-seen P/ledger/packages.jsonl >log
		rm -rf P && mv poisoned P
		sed -i '1s/test/best/' P/ledger/packages.jsonl
		run_status 3 cp-recover
		[ -e P/ledger/packages.jsonl.poisoned ]
	done
	rm -rf P && cp -a kept P
	echo then >P/ledger/packages.jsonl.poisoned
	run_status 0 cp-recover
	[ ! -e P/ledger/packages.jsonl.poisoned ]
	cp-project --check >log
}

@test "killed itself at any call, it is run again" {
	stop '^renameat2 .*0'
	cp -a P kept
	for what in kill EIO; do
		fault_sweep -d "$what" -p cp-recover 'rm -rf P; cp -a kept P; export XDG_STATE_HOME=$PWD/s.$what.$n' cp-recover finished
		[ "$fault_points" -gt 15 ]
	done
}

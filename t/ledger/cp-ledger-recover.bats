load ../helper
load ledger

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
	ledger l.jsonl
	fill l.jsonl 3
}

# says LEDGER POISONED REPAIRED: $output is the record of a ledger that now stands as it does.
says() {
	is "$(tail -n 1 "$1" | jq -c --argjson poisoned "$2" --argjson repaired "$3" '{kind: "recovered", ledger: "example/ho1/l",
		size: (.seq + 1), head_hash: .entry_hash, poisoned: $poisoned, repaired: $repaired}')
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-ledger-recover\"}"
}

@test "a ledger that is whole is looked at, and nothing changes" {
	refused 0 cp-ledger-recover l.jsonl
	silent
	says l.jsonl false false
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 1 4
	refused 0 cp-ledger-recover l.jsonl
	says l.jsonl false false
	[ "$(jq -r 'select(.size).size' <<<"$output")" -eq 7 ]
}

@test "a ledger whose sync failed is read again, synced and released" {
	run_status 4 faulted EIO '^fdatasync ' cp-ledger-append l.jsonl <<<"$(event)"
	[ -e l.jsonl.poisoned ]
	FAULT_LOG=$BATS_TEST_TMPDIR/log fault_call=0 run_status 0 faulted none . cp-ledger-recover l.jsonl
	silent
	says l.jsonl true false
	[ ! -e l.jsonl.poisoned ]
	grep -q 'fdatasync .*/l.jsonl$' "$BATS_TEST_TMPDIR/log"
	[ "$(jq .offset l.jsonl.durable)" -eq "$(stat -c %s l.jsonl)" ]
	fill l.jsonl 1
	whole l.jsonl
}

@test "when the sync fails again, it stays poisoned" {
	echo 'a sync failed' >l.jsonl.poisoned
	run_status 4 faulted EIO '^fdatasync ' cp-ledger-recover l.jsonl
	err 'unable to sync l.jsonl'
	[ -e l.jsonl.poisoned ]
	hasnt recovered
	run_status 4 faulted EIO '^unlinkat .*poisoned' cp-ledger-recover l.jsonl
	err 'unable to remove l.jsonl.poisoned'
	[ -e l.jsonl.poisoned ]
	refused 4 cp-ledger-append l.jsonl <<<"$(event)"
	run_status 0 cp-ledger-recover l.jsonl
	says l.jsonl true false
}

@test "a torn end is cut off, kept and told, by whom --author says" {
	printf '{"author":"te' >>l.jsonl
	run_status 0 cp-ledger-recover l.jsonl --author ann
	silent
	says l.jsonl false true
	[ "$(tail -n 1 l.jsonl | jq -r '"\(.seq) \(.event_type) \(.author) \(.file) \(.size) \(.hash)"')" = \
		"4 TAIL_REPAIRED ann l.jsonl.torn-4 13 sha256:$(printf '{"author":"te' | sha256sum | cut -c1-64)" ]
	[ "$(cat l.jsonl.torn-4)" = '{"author":"te' ]
	chain_holds l.jsonl
	whole l.jsonl
	refused 0 cp-ledger-recover l.jsonl
	says l.jsonl false false
	printf 'more' >>l.jsonl
	run_status 0 cp-ledger-recover l.jsonl
	[ "$(tail -n 1 l.jsonl | jq -r .author)" = "uid:$(id -u)" ]
	refused 2 cp-ledger-recover l.jsonl --author ''
}

@test "a batch whose writer died is taken back" {
	start=$(stat -c %s l.jsonl)
	cp l.jsonl.durable old
	fill l.jsonl 5 10
	end=$(stat -c %s l.jsonl)
	cp old l.jsonl.durable
	truncate -s -50 l.jsonl
	announce l.jsonl "$start" "$end"
	touch l.jsonl.poisoned
	run_status 0 cp-ledger-recover l.jsonl
	says l.jsonl true true
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3' ]
	[ "$(stat -c %s l.jsonl.torn-4)" -eq $((end - start - 50)) ]
	[ ! -s l.jsonl.lock ]
	whole l.jsonl
}

@test "a rotation that was killed is finished, and sealed parts are read-only again" {
	run_status 137 faulted kill '^renameat2' cp-ledger-rotate l.jsonl
	run_status 0 cp-ledger-recover l.jsonl
	says l.jsonl false false
	[ "$(types l.jsonl)" = 'GENESIS TASK_START TASK_START TASK_START SEGMENT_SEALED SEGMENT_START' ]
	[ -z "$(find . -name '.*.new')" ]
	[ "$(stat -c %a l.d/*)" = 444 ]
	chmod 644 l.d/*
	run_status 0 cp-ledger-recover l.jsonl
	[ "$(stat -c %a l.d/*)" = 444 ]
	whole l.jsonl
}

@test "what does not hold is status 3, stays poisoned, and is not touched" {
	touch l.jsonl.poisoned
	cp l.jsonl good
	sed '2s/T-1/T-9/' good >l.jsonl
	refused 3 cp-ledger-recover l.jsonl
	err 'l.jsonl: unable to recover what does not hold: line 2: ALTERED'
	sed '2d' good >l.jsonl
	synced l.jsonl
	refused 3 cp-ledger-recover l.jsonl
	sed '$s/T-3/T-9/' good >l.jsonl
	refused 3 cp-ledger-recover l.jsonl
	head -n 3 good >l.jsonl
	synced l.jsonl "$(stat -c %s good)" "$(tail -n 1 good | jq -r .entry_hash)"
	refused 3 cp-ledger-recover l.jsonl
	err 'it is shorter than what was synced of it'
	cp good l.jsonl
	run_status 0 cp-ledger-recover l.jsonl
}

@test "what does not hold is not cut at its torn end either" {
	sed -i '2s/T-1/T-9/' l.jsonl
	printf 'torn' >>l.jsonl
	refused 3 cp-ledger-recover l.jsonl
	err 'unable to recover what does not hold: line 2: ALTERED'
}

@test "--dry-run says what it found, and writes nothing" {
	rm l.jsonl.lock
	frozen 0 cp-ledger-recover l.jsonl --dry-run
	[ "$(jq -c 'select(.size) | [.size, .poisoned, .repaired, .dry_run]' <<<"$output")" = '[4,false,false,true]' ]
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
	touch l.jsonl.poisoned
	printf 'torn' >>l.jsonl
	frozen 0 cp-ledger-recover l.jsonl --dry-run
	[ "$(jq -c 'select(.size) | [.size, .poisoned, .dry_run]' <<<"$output")" = '[4,true,true]' ]
	err '4 bytes at the end of l.jsonl would be cut off first'
	sed -i '2s/T-1/T-9/' l.jsonl
	frozen 3 cp-ledger-recover l.jsonl --dry-run
}

@test "while somebody syncs it is status 4" {
	need strace
	strace -qq -o /dev/null -e trace=fdatasync true 2>/dev/null || skip 'no right to trace here'
	event >"$BATS_TEST_TMPDIR/in"
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o trace -e trace=fdatasync \
		-e inject=fdatasync:delay_enter=2000000 cp-ledger-append l.jsonl <"$BATS_TEST_TMPDIR/in" >ack &
	for ((i = 0; i < 200 && $(wc -l <l.jsonl) < 5; i++)); do
		sleep 0.02
	done
	sleep 0.2
	run_status 4 cp-ledger-recover l.jsonl
	err 'unable to recover l.jsonl: somebody is writing it'
	[ ! -s ack ]
	wait $!
	acked l.jsonl ack
	run_status 0 cp-ledger-recover l.jsonl
}

@test "what is no ledger of ours, has a second name, or may not be written is refused" {
	refused 2 cp-ledger-recover
	refused 2 cp-ledger-recover l.jsonl l.jsonl
	refused 4 cp-ledger-recover missing
	refused 4 cp-ledger-recover .
	: >empty
	refused 3 cp-ledger-recover empty
	cp "$(shared real/ledger/kernel.jsonl)" legacy
	refused 3 cp-ledger-recover legacy
	ln l.jsonl second
	refused 3 cp-ledger-recover l.jsonl
	err 'it has another name'
	rm second
	[ "$(id -u)" -eq 0 ] || chmod 444 l.jsonl
	refused 4 as_user cp-ledger-recover l.jsonl
	err 'Permission denied'
}

@test "messages speak of what was asked for" {
	sed -i '$s/T-3/T-9/' l.jsonl
	run_status 3 cp-ledger-recover l.jsonl
	err_not 'unable to append'
}

@test "a record that nobody takes is status 4, and the ledger is recovered" {
	touch l.jsonl.poisoned
	run_sh 4 'cp-ledger-recover l.jsonl >/dev/full'
	err 'unable to write standard output'
	[ ! -e l.jsonl.poisoned ]
}

@test "a full disk is status 4, and nothing is cut before it is kept" {
	printf 'torn' >>l.jsonl
	cp l.jsonl good
	refused 4 limited 0 cp-ledger-recover l.jsonl
	cmp good l.jsonl
	for at in '^openat .*torn-4.new' '^write .*torn' '^fsync .*torn' '^renameat2'; do
		refused 4 faulted ENOSPC "$at" cp-ledger-recover l.jsonl
		err 'unable to keep the torn end of l.jsonl: No space left on device'
	done
	run_status 0 cp-ledger-recover l.jsonl
	whole l.jsonl
}

load ../helper
load ledger

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
	ledger l.jsonl
}

# frontier FILE: the roots of the complete subtrees that its lines are made of, the largest first.
frontier() {
	local n size=1 at=1
	n=$(wc -l <"$1")
	while [ $((size * 2)) -le "$n" ]; do
		size=$((size * 2))
	done
	for (( ; size > 0; size /= 2)); do
		if [ $((n & size)) -ne 0 ]; then
			sed -n "$at,$((at + size - 1))p" "$1" | root_of_lines
			at=$((at + size))
		fi
	done
}

@test "what is there is sealed, and the next file begins with all that it comes to" {
	fill l.jsonl 4
	cp l.jsonl before
	inode=$(stat -c %i l.jsonl)
	run_status 0 cp-ledger-rotate l.jsonl --author ann
	silent
	seg=l.d/000000000000-000000000005.jsonl
	[ "$(stat -c '%a %h %i' $seg)" = "444 1 $inode" ]
	cmp before <(head -n 5 $seg)
	# The sealing entry speaks of those before it; the record and the next file of all.
	tail -n 1 $seg >sealed
	cmp <(jq 'del(.entry_hash, .entry_id, .timestamp)' sealed) <(jq -n --argjson uid "$(id -u)" \
		--arg prev "$(tail -n 1 before | jq -r .entry_hash)" --arg root "$(root_of_lines <before)" '{author: "ann",
		event_type: "SEGMENT_SEALED", first_seq: 0, last_seq: 5, prev_hash: $prev, root_hash: $root, seq: 5, tree_size: 5,
		uid: $uid}')
	root=$(root_of_lines <$seg)
	head=$(jq -r .entry_hash sealed)
	cmp "$BATS_TEST_TMPDIR/.out" <(jq -nc --arg file $seg --arg root "$root" --arg head "$head" '{kind: "segment",
		ledger: "example/ho1/l", file: $file, first_seq: 0, last_seq: 5, root_hash: $root, tree_size: 6, head_hash: $head},
		{kind: "end", count: 1, status: 0, by: "cp-ledger-rotate"}')
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
	cmp <(jq 'del(.entry_hash, .entry_id, .timestamp)' l.jsonl) <(jq -n --argjson uid "$(id -u)" --arg prev "$head" \
		--arg root "$root" --arg genesis "$(head -n 1 before | jq -r .entry_hash)" \
		--argjson frontier "$(frontier $seg | jq -R . | jq -s .)" '{author: "ann", event_type: "SEGMENT_START", first_seq: 6,
		frontier: $frontier, genesis_hash: $genesis, ledger: "example/ho1/l", ledger_type: "L-EXEC", prev_hash: $prev,
		root_hash: $root, seq: 6, tier: "ho1", tree_size: 6, uid: $uid}')
	[ "$(jq -r '"\(.first_seq) \(.head_hash) \(.offset)"' l.jsonl.durable)" = \
		"6 $(jq -r .entry_hash l.jsonl) $(stat -c %s l.jsonl)" ]
	[ "$(ls -A | paste -sd' ')" = 'before l.d l.jsonl l.jsonl.durable l.jsonl.lock sealed' ]
	[ "$(ls -A l.d)" = 000000000000-000000000005.jsonl ]
	chain_holds l.jsonl
	whole l.jsonl
}

@test "three times in a row: numbers, links and root go on over all parts" {
	for n in 1 2 3; do
		fill l.jsonl $((2 * n)) $((10 * n))
		run_status 0 cp-ledger-rotate l.jsonl
		stored l.jsonl | sed '$d' >before
		[ "$(jq -r 'select(.kind == "segment") | .root_hash' <<<"$output")" = "$(root_of_lines <before)" ]
		[ "$(jq -r '.frontier[]' l.jsonl)" = "$(frontier before)" ]
	done
	fill l.jsonl 1 99
	[ "$(ls -A l.d | paste -sd' ')" = \
		'000000000000-000000000003.jsonl 000000000004-000000000009.jsonl 000000000010-000000000017.jsonl' ]
	[ "$(tasks l.jsonl)" = 'T-10 T-11 T-20 T-21 T-22 T-23 T-30 T-31 T-32 T-33 T-34 T-35 T-99' ]
	chain_holds l.jsonl
	whole l.jsonl
	run_status 0 cp-chain-check --no-seen l.jsonl
	[ "$(report_of root_hash)" = "$(stored l.jsonl | root_of_lines)" ]
	[ "$(report_of segments)" -eq 3 ]
}

@test "a ledger with nothing in it but its first entry, again and again" {
	for n in 1 2 3; do
		run_status 0 cp-ledger-rotate l.jsonl
	done
	[ "$(types l.jsonl)" = 'GENESIS SEGMENT_SEALED SEGMENT_START SEGMENT_SEALED SEGMENT_START SEGMENT_SEALED SEGMENT_START' ]
	chain_holds l.jsonl
	whole l.jsonl
}

@test "--key: a checkpoint of the sealed segment, signed with that key" {
	key k.pem
	fill l.jsonl 2
	run_status 0 cp-ledger-rotate l.jsonl --key k.pem
	note=l.d/000000000000-000000000003.checkpoint
	root=$(root_of_lines <l.d/000000000000-000000000003.jsonl)
	cmp <(head -n 4 $note) <(printf 'example/ho1/l\n4\n%s\n\n' "$(xxd -r -p <<<"${root#sha256:}" | base64)")
	[ "$(wc -l <$note)" -eq 5 ]
	[[ $(sed -n 5p $note) == "— example/ho1/l "* ]]
	head -n 3 $note >text
	sed -n '5s/.* //p' $note | base64 -d | tail -c +5 >sig
	openssl pkeyutl -verify -inkey k.pem -rawin -in text -sigfile sig >/dev/null
	whole l.jsonl
	run_status 0 cp-ledger-rotate l.jsonl
	[ "$(find l.d -name '*.checkpoint' | wc -l)" -eq 1 ]
}

@test "a key that will not do is refused, and nothing is sealed" {
	refused 4 cp-ledger-rotate l.jsonl --key missing.pem
	err 'unable to read the key missing.pem: No such file or directory'
	echo garbage >garbage.pem
	chmod 600 garbage.pem
	refused 3 cp-ledger-rotate l.jsonl --key garbage.pem
	err 'it is no PEM private key'
	openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec.pem 2>/dev/null
	chmod 600 ec.pem
	refused 3 cp-ledger-rotate l.jsonl --key ec.pem
	err 'it is neither an Ed25519 key nor one of RSA'
	key open.pem
	chmod 644 open.pem
	refused 3 cp-ledger-rotate l.jsonl --key open.pem
	err 'others may read it'
}

@test "called wrongly is status 2" {
	refused 2 cp-ledger-rotate
	refused 2 cp-ledger-rotate l.jsonl l.jsonl
	refused 2 cp-ledger-rotate l.jsonl --keep 1
	refused 2 cp-ledger-rotate l.jsonl --author ''
	err 'unable to use --author'
}

@test "--dry-run says what would be sealed, and writes nothing" {
	fill l.jsonl 2
	rm l.jsonl.lock
	root=$(root_of_lines <l.jsonl)
	frozen 0 cp-ledger-rotate l.jsonl --dry-run
	[ "$(jq -c 'select(.kind == "segment") | [.file, .first_seq, .last_seq, .root_hash, .tree_size, .dry_run]' <<<"$output")" = \
		"[\"l.d/000000000000-000000000003.jsonl\",0,3,\"$root\",3,true]" ]
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
	key k.pem
	frozen 0 cp-ledger-rotate l.jsonl --dry-run --key k.pem
	sed -i '2s/T-1/T-9/' l.jsonl
	frozen 3 cp-ledger-rotate l.jsonl --dry-run
}

@test "the file keeps its mode, a link to it stays a link, the record names the part from where the ledger lies" {
	mkdir -p sub
	cp-ledger-init sub/m --ledger m --type L-OBSERVE --tier ho2 >/dev/null
	chmod 640 sub/m
	ln -s sub/m link
	run_status 0 cp-ledger-rotate link
	[ "$(jq -r 'select(.kind == "segment").file' <<<"$output")" = m.d/000000000000-000000000001.jsonl ]
	[ -L link ]
	[ "$(stat -c %a sub/m)" = 640 ]
	[ "$(jq -r '"\(.ledger) \(.ledger_type) \(.tier)"' sub/m)" = 'm L-OBSERVE ho2' ]
	[ -f sub/m.d/000000000000-000000000001.jsonl ]
	whole link
}

@test "the next file belongs to whom the ledger belongs" {
	[ "$(id -u)" -eq 0 ] || skip 'no right to give files away'
	fill l.jsonl 1
	chown 65534:65534 l.jsonl l.jsonl.durable l.jsonl.lock
	chmod 640 l.jsonl
	run_status 0 cp-ledger-rotate l.jsonl
	[ "$(jq -r .event_type l.jsonl)" = SEGMENT_START ]
	[ "$(stat -c '%u:%g %a' l.jsonl)" = '65534:65534 640' ]
	run_status 0 as_user cp-ledger-append l.jsonl <<<"$(event)"
}

@test "ledgers whose names differ only in the ending keep their parts apart, or the second is not begun" {
	fill l.jsonl 2
	if cp-ledger-init l --ledger other --type L-EXEC --tier ho1 >/dev/null; then
		fill l 3
		run_status 0 cp-ledger-rotate l
		fill l 1 8
		whole l
	fi
	run_status 0 cp-ledger-rotate l.jsonl
	[ "$(jq -r .event_type l.jsonl)" = SEGMENT_START ]
	fill l.jsonl 1 9
	whole l.jsonl
}

@test "a name that is not UTF-8, or needs escapes, makes a record as any other" {
	for name in $'a\n"\\\x01\x7f.jsonl' $'\xff.jsonl'; do
		cp-ledger-init "$name" --ledger x --type L-EXEC --tier ho1 >/dev/null
		run_status 0 cp-ledger-rotate "$name"
		cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
		whole "$name"
	done
}

@test "a torn end is repaired first, and what was cut off is told in the sealed part" {
	fill l.jsonl 1
	printf 'torn' >>l.jsonl
	run_status 0 cp-ledger-rotate l.jsonl
	[ "$(types l.jsonl)" = 'GENESIS TASK_START TAIL_REPAIRED SEGMENT_SEALED SEGMENT_START' ]
	whole l.jsonl
}

# --- refusals ---

@test "what does not hold is not sealed" {
	fill l.jsonl 4
	cp l.jsonl good
	sed '3s/T-2/T-9/' good >l.jsonl
	refused 3 cp-ledger-rotate l.jsonl
	err 'l.jsonl: unable to seal what does not hold: line 3: ALTERED'
	sed '3d' good >l.jsonl
	synced l.jsonl
	refused 3 cp-ledger-rotate l.jsonl
	err 'unable to seal what does not hold: line 3: '
	sed '1s/ho1/ho2/' good >l.jsonl
	synced l.jsonl
	refused 3 cp-ledger-rotate l.jsonl
	cp good l.jsonl
	synced l.jsonl
	run_status 0 cp-ledger-rotate l.jsonl
	# Nor what begins as nothing that was sealed ended.
	fill l.jsonl 1
	cp l.jsonl good
	sed '1s/"tree_size":6/"tree_size":7/' good | rehash >l.jsonl
	synced l.jsonl "" "" 6
	refused 3 cp-ledger-rotate l.jsonl
}

@test "a poisoned ledger, one with a second name, and what is no ledger of ours" {
	touch l.jsonl.poisoned
	refused 4 cp-ledger-rotate l.jsonl
	err 'a sync of it has failed'
	rm l.jsonl.poisoned
	ln l.jsonl second
	refused 3 cp-ledger-rotate l.jsonl
	err 'it has another name'
	rm second
	refused 4 cp-ledger-rotate missing
	: >empty
	refused 3 cp-ledger-rotate empty
	err 'it is empty'
	cp "$(shared real/ledger/kernel.jsonl)" legacy
	refused 3 cp-ledger-rotate legacy
	err 'cp-ledger-adopt seals an older one'
	mkfifo fifo
	refused 4 timeout 10 cp-ledger-rotate fifo
}

@test "a sealed part is not sealed again" {
	fill l.jsonl 1
	cp-ledger-rotate l.jsonl >/dev/null
	seg=l.d/000000000000-000000000002.jsonl
	for program in rotate recover; do
		status=0
		cp-ledger-$program $seg >out 2>err || status=$?
		rm -f $seg.lock out err
		[ "$status" -ge 3 ]
		[ "$(find l.d -type f)" = $seg ]
		whole l.jsonl
	done
}

@test "where there is no place for the sealed part, nothing is sealed, and the ledger is gone on with" {
	fill l.jsonl 1
	echo mine >l.d
	refused 4 cp-ledger-rotate l.jsonl
	fill l.jsonl 1
	rm l.d
	mkdir elsewhere
	ln -s elsewhere l.d
	refused 4 cp-ledger-rotate l.jsonl
	fill l.jsonl 1
	rm l.d
	whole l.jsonl
}

@test "where the name of the sealed part is taken, nothing is sealed, and the ledger is gone on with" {
	fill l.jsonl 1
	mkdir l.d
	echo mine >l.d/000000000000-000000000002.jsonl
	refused 4 cp-ledger-rotate l.jsonl
	fill l.jsonl 1
	[ "$(cat l.d/000000000000-000000000002.jsonl)" = mine ]
}

@test "who may write the ledger, but nothing beside it, seals nothing" {
	fill l.jsonl 1
	[ "$(id -u)" -ne 0 ] || chown 65534 l.jsonl l.jsonl.*
	[ "$(id -u)" -eq 0 ] || chmod 555 .
	run_status 0 as_user cp-ledger-append l.jsonl <<<"$(event)"
	refused 4 as_user cp-ledger-rotate l.jsonl
	run_status 0 as_user cp-ledger-append l.jsonl <<<"$(event)"
	chmod 755 .
}

# --- killed ---

# Killed at one of its calls, as a regular expression has it, behind two entries.
killed_at() {
	rm -rf ./*
	ledger l.jsonl
	fill l.jsonl 2
	run_status 137 faulted kill "$1" cp-ledger-rotate l.jsonl
}

@test "a rotation that was killed: readers see it whole, and whoever writes next finishes it, once" {
	for at in '^openat .*l.jsonl.new' '^write .*l.jsonl.new' '^linkat' '^renameat2' '^fchmodat |^fchmod .*/l.jsonl( |$)' \
		'^pwrite .*durable' '^mkdirat'; do
		for next in append rotate recover; do
			killed_at "$at"
			whole l.jsonl
			run_status 0 cp-ledger-read l.jsonl
			[ "$(jq -r 'select(.entry).seq' <<<"$output" | uniq -d)" = '' ]
			case $next in
			append) fill l.jsonl 1 3 ;;
			rotate) run_status 0 cp-ledger-rotate l.jsonl ;;
			recover) run_status 0 cp-ledger-recover l.jsonl ;;
			esac
			seals=$(types l.jsonl | tr ' ' '\n' | grep -c SEALED || :)
			[ "$seals" -le 1 ] || [ "$next:$seals" = rotate:2 ]
			[ -z "$(find . -name '.*.new')" ]
			chain_holds l.jsonl
			whole l.jsonl
		done
		[ -z "$(find l.d -name '*.jsonl' -perm /222 2>/dev/null)" ]
	done
}

@test "while it is sealed and not yet replaced, a dry run says so and writes nothing" {
	killed_at '^linkat'
	frozen 3 cp-ledger-rotate l.jsonl --dry-run
	err 'it is being rotated'
	frozen 3 cp-ledger-append l.jsonl --dry-run <<<"$(event)"
}

@test "a full disk and a failing one: status 4, no entry is lost, and the next one goes on" {
	fill l.jsonl 3
	refused 4 limited $(($(stat -c %s l.jsonl) / 1024)) cp-ledger-rotate l.jsonl
	has 'unable to append to l.jsonl: File too large'
	for what in ENOSPC EIO; do
		for at in '^mkdirat' '^openat .*new' '^write .*new' '^fsync .*new' '^linkat' '^renameat2'; do
			rm -rf ./*
			ledger l.jsonl
			fill l.jsonl 3
			run_status 4 faulted $what "$at" cp-ledger-rotate l.jsonl
			err 'unable to '
			hasnt '"kind":"segment"'
			whole l.jsonl
			fill l.jsonl 1 4
			[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3 T-4' ]
			[ "$(types l.jsonl | tr ' ' '\n' | grep -c SEALED)" -le 1 ]
			[ -z "$(find . -name '.*.new')" ]
			whole l.jsonl
		done
	done
}

@test "a record that nobody takes is status 4, and the ledger is rotated" {
	run_sh 4 'cp-ledger-rotate l.jsonl >/dev/full'
	err 'unable to write standard output'
	[ "$(types l.jsonl)" = 'GENESIS SEGMENT_SEALED SEGMENT_START' ]
	whole l.jsonl
}

@test "a checkpoint that a killed rotation left half written goes when it is finished" {
	fill l.jsonl 3
	key k.pem
	run_status 137 faulted kill '^renameat.*checkpoint' cp-ledger-rotate l.jsonl --key k.pem
	[ -n "$(find . -name '.*.new')" ]
	cp-ledger-recover l.jsonl >/dev/null
	[ -z "$(find . -name '.*.new')" ]
	[ "$(ls l.d)" = 000000000000-000000000004.jsonl ]
	whole l.jsonl
}

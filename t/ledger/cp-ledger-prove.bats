load ../helper
load ledger
load forge

# A ledger of twenty entries, seq 0 to 19, its checkpoint, and the key that checks it.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	key k
	ledger l.jsonl
	fill l.jsonl 19
	cp-ledger-checkpoint l.jsonl --key k >/dev/null
	cp l.jsonl.checkpoint c
	vkey=$(vkey_of example/ho1/l 01 k)
}

prove() { # STATUS [OPTION]...
	run_status "$1" cp-ledger-prove --checkpoint c "${@:2}" l.jsonl
}

# refused STATUS TEXT [OPTION]...: no proof, and the message says why.
refused() {
	prove "$1" "${@:3}"
	[ -z "$output" ]
	err "$2"
}

@test "the known answers: an entry, and a checkpoint of one entry" {
	v=$(shared vectors/cp-ledger-v1)
	cp-ledger-prove --checkpoint "$v/checkpoint" --seq 1 "$v/packages.jsonl" | cmp - "$v/pkg-installed.tlog-proof"
	sed "2s/3/1/;3s|.*|$(base64_of "$(jq -r '.roots[0]' "$v/expect.json")")|" "$v/checkpoint" >old
	cp-ledger-prove --checkpoint "$v/checkpoint" --old old "$v/packages.jsonl" |
		cmp - <(echo 'old 1'; jq -r '.consistency_1_3[]' "$v/expect.json"; echo; cat "$v/checkpoint")
	run_status 0 cp-ledger-prove --checkpoint "$v/checkpoint" --seq 0 "$v/packages.jsonl"
	silent
}

@test "each entry of a ledger is proved, and no other by its proof" {
	for seq in {0..19}; do
		prove 0 --seq "$seq"
		silent
		[ "${lines[0]} ${lines[1]}" = "c2sp.org/tlog-proof@v1 index $seq" ]
		cp .out p
		line l.jsonl $((seq + 1)) >e
		run_status 0 cp-proof-check --vkey "$vkey" --entry e p
		has "\"seq\":$seq,\"size\":20"
		has '"holds":true'
		line l.jsonl $(((seq + 1) % 20 + 1)) >e
		run_status 1 cp-proof-check --vkey "$vkey" --entry e p
		has '"code":"PROOF"'
	done
	# Twenty leaves: 16 and 4.
	[ "$(cp-ledger-prove --checkpoint c --seq 0 l.jsonl | sed -n '3,/^$/p' | grep -c .)" -eq 5 ]
	[ "$(cp-ledger-prove --checkpoint c --seq 19 l.jsonl | sed -n '3,/^$/p' | grep -c .)" -eq 3 ]
}

@test "each checkpoint of a ledger is proved to be a part of each later one" {
	for size in {1..20}; do
		head -n "$size" l.jsonl >"l$size"
		cp-ledger-checkpoint "l$size" --key k --out "c$size" >/dev/null
	done
	for size in {1..20}; do
		for ((old = 1; old <= size; old++)); do
			cp-ledger-prove --checkpoint "c$size" --old "c$old" l.jsonl >p
			output=$(cp-proof-check --vkey "$vkey" --old "c$old" p)
			[[ $output == *'"proves":"consistency",'*"\"old_size\":$old,\"size\":$size,"*'"holds":true'* ]] ||
				{ show_run; return 1; }
		done
		[ "$size" -eq 1 ] || run_status 1 cp-proof-check --vkey "$vkey" --old "c$((size - 1))" p
		run_status 1 cp-ledger-prove --checkpoint c1 --old "c$((size % 19 + 2))" l.jsonl
		[ -z "$output" ]
	done
	[ "$size $old" = '20 21' ]
}

@test "what the checkpoint does not reach is status 1" {
	fill l.jsonl 5 20
	for seq in 20 24 1000000 9007199254740991; do
		refused 1 'the checkpoint, of 20 entries, does not reach so far' --seq $seq
	done
	prove 0 --seq 19
	cp-ledger-checkpoint l.jsonl --key k --out later >/dev/null
	refused 1 'does not reach so far' --old later
	run_status 0 cp-ledger-prove --checkpoint later --old c l.jsonl
	run_status 0 cp-ledger-prove --checkpoint later --seq 24 l.jsonl
	sign_note example/ho1/l k "example/ho1/l
0
$(base64_of "$(printf '' | sha256sum | cut -c 1-64)")" >zero
	refused 1 'does not reach so far' --old zero
}

@test "a ledger that is not the one of the checkpoint proves nothing" {
	cp l.jsonl all
	for how in '5s/T-4/T-X/' '20s/T-19/T-X/' 1d '5{h;d};6{G}'; do
		sed "$how" all >l.jsonl
		if [ "$how" = 1d ]; then
			prove 3 --seq 3
		else
			prove 1 --seq 3
			err 'the ledger l.jsonl is not the one of the checkpoint'
		fi
		[ -z "$output" ]
	done
	forge_on l.jsonl 5 's/T-4/T-X/'
	refused 1 'is not the one of the checkpoint' --seq 3
	refused 1 'is not the one of the checkpoint' --old c
	head -n 19 all >l.jsonl
	refused 3 'it holds 19 entries, 20 were vouched for' --seq 3
	head -c -1 all >l.jsonl
	refused 3 'it holds 19 entries, 20 were vouched for' --seq 3
	ledger m.jsonl
	fill m.jsonl 30
	run_status 1 cp-ledger-prove --checkpoint c --seq 3 m.jsonl
	[ -z "$output" ]
	cp all l.jsonl
	printf 'torn' >>l.jsonl
	prove 0 --seq 3
}

@test "an older checkpoint of another ledger is status 3" {
	v=$(shared vectors/cp-ledger-v1)
	refused 3 'the two checkpoints are of different ledgers' --old "$v/checkpoint"
	run_status 1 cp-ledger-prove --checkpoint "$v/checkpoint" --seq 0 l.jsonl
	[ -z "$output" ]
}

@test "an older checkpoint that the ledger never had gives a proof that does not hold" {
	head -n 9 l.jsonl >other
	forge_on other 5 's/T-4/T-X/'
	cp-ledger-checkpoint other --key k --out old >/dev/null
	prove 0 --old old
	cp .out p
	run_status 1 cp-proof-check --vkey "$vkey" --old old p
	has '"code":"PROOF"'
}

@test "flipped bytes of proof, entry and checkpoint are refused" {
	prove 0 --seq 7
	cp .out p
	line l.jsonl 8 >e
	for ((i = 0; i < $(stat -c %s p); i += 3)); do
		was=$(xxd -s "$i" -l 1 -p p)
		{ head -c "$i" p; xxd -r -p <<<"$(printf %02x $((0x$was ^ 4)))"; tail -c +$((i + 2)) p; } >q
		status=0
		output=$(cp-proof-check --vkey "$vkey" --entry e q 2>/dev/null) || status=$?
		[[ $status = 1 && $output == *'"holds":false'* || $status = 3 && -z $output ]] || {
			echo "byte $i: status $status: $output"
			return 1
		}
	done
	[ "$i" -gt 300 ]
}

@test "segments and archives prove as one ledger; a missing one is status 3" {
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 5 20
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 5 25
	prove 0 --seq 7
	cp .out p
	line l.d/000000000000-000000000020.jsonl 8 >e
	run_status 0 cp-proof-check --vkey "$vkey" --entry e p
	cp-ledger-checkpoint l.jsonl --key k --out later >/dev/null
	cp-ledger-archive --keep 1 l.jsonl >/dev/null
	for seq in 0 19 20 21 26 27 28 33; do
		cp-ledger-prove --checkpoint later --seq $seq l.jsonl >p
		cp-ledger-read --from $seq --to $seq l.jsonl | sed -n '1{s/^.*,"entry"://;s/}$//p}' >e
		run_status 0 cp-proof-check --vkey "$vkey" --entry e p
		has "\"seq\":$seq,\"size\":34"
	done
	run_status 0 cp-ledger-prove --checkpoint later --old c l.jsonl
	cp .out p
	run_status 0 cp-proof-check --vkey "$vkey" --old c p
	has '"old_size":20,"size":34'
	rm -f l.d/000000000000-*
	refused 3 'the entries 0 to 20 before it are missing' --seq 7
}

@test "what cannot be read is status 3 or 4, what was asked wrongly 2" {
	refused 2 '--seq and --old stand alone' --seq 1 --old c
	refused 2 'unable to use --seq' --seq -1
	refused 2 'unable to use --seq' --seq 1x
	run_status 2 cp-ledger-prove --seq 1 l.jsonl
	err 'unable to go on without --checkpoint'
	run_status 4 cp-ledger-prove --checkpoint c --seq 1 absent
	run_status 4 cp-ledger-prove --checkpoint c --seq 1 .
	mkfifo fifo
	run_status 4 timeout 10 cp-ledger-prove --checkpoint c --seq 1 fifo
	: >empty
	run_status 3 cp-ledger-prove --checkpoint c --seq 1 empty
	run_status 4 cp-ledger-prove --checkpoint absent --seq 1 l.jsonl
	run_status 3 cp-ledger-prove --checkpoint empty --seq 1 l.jsonl
	err 'empty: unable to read the signed checkpoint'
	run_status 3 cp-ledger-prove --checkpoint l.jsonl --seq 1 l.jsonl
	head -n 4 c >cut
	run_status 3 cp-ledger-prove --checkpoint cut --seq 1 l.jsonl
	run_status 3 cp-ledger-prove --checkpoint c --old cut l.jsonl
	[ -z "$output" ]
}

@test "without --seq the last entry that the checkpoint covers is proved" {
	fill l.jsonl 3 20
	run_status 0 cp-ledger-prove --checkpoint c l.jsonl
	has 'index 19'
	cp .out p
	line l.jsonl 20 >e
	run_status 0 cp-proof-check --vkey "$vkey" --entry e p
	has '"seq":19,"size":20'
}

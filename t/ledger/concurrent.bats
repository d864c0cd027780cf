load ../helper
load ledger

# Many writers, a rotator, an archiver and readers at once. A hundred entries a writer; a thousand where every call of a
# fault_sweep is tried (make check-long).

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
	each=100
	[ "${FAULT_STEP:-7}" -ne 1 ] || each=1000
	ledger l.jsonl
	mkdir ../run
	run=$BATS_TEST_TMPDIR/run
}

teardown() {
	touch "$run/stop"
	wait
}

# one_by_one WRITER, by_tens WRITER, streaming WRITER BATCH: append $each entries, the tasks WRITER * 10000 + 1 and on.
one_by_one() {
	local i
	for ((i = 1; i <= each; i++)); do
		events 1 $(($1 * 10000 + i)) | cp-ledger-append l.jsonl --author "w$1" || return
	done
}

by_tens() {
	local i
	for ((i = 1; i <= each; i += 10)); do
		batch 10 $(($1 * 10000 + i)) | cp-ledger-append l.jsonl --author "w$1" || return
	done
}

streaming() {
	batch "$each" $(($1 * 10000 + 1)) | cp-ledger-append l.jsonl --author "w$1" --stream --batch "$2"
}

# begin NAME CMD...: in the background; what it says goes to NAME.out, its status to NAME.status.
begin() {
	local name=$1
	shift
	{
		local status=0
		"$@" >"$run/$name.out" 2>"$run/$name.err" || status=$?
		echo $status >"$run/$name.status"
	} 3>&- &
}

# until_stopped SECONDS CMD...: again and again, until it fails or is no longer wanted.
until_stopped() {
	while [ ! -e "$run/stop" ]; do
		"${@:2}" || return
		sleep "$1"
	done
}

# went_well NAME...: each ended with status 0, without a word on stderr.
went_well() {
	local name
	for name; do
		[ "$(cat "$run/$name.status")" = 0 ] && [ ! -s "$run/$name.err" ] && continue
		echo "$name: status $(cat "$run/$name.status")"
		head -n 5 "$run/$name.err"
		grep '"kind":"finding"' "$run/$name.out" || tail -n 2 "$run/$name.out"
		return 1
	done
}

# ended NAME...: waits for them.
ended() {
	local name i
	for name; do
		for ((i = 0; i < 4000; i++)); do
			[ ! -s "$run/$name.status" ] || break
			sleep 0.05
		done
	done
}

@test "eight writers, a rotator and an archiver: one chain, nothing lost, nothing twice; readers see each entry once" {
	last=$((8 * each))
	# Readers begin before the first writer; one goes away from the stream and comes back later.
	begin all cp-ledger-read l.jsonl --follow --to $last
	begin tail cp-ledger-read l.jsonl --follow --from $((each * 3)) --to $last
	begin tasks cp-ledger-read l.jsonl --follow --event TASK_START --to $last
	begin rotate until_stopped 0.05 cp-ledger-rotate l.jsonl
	begin archive until_stopped 0.1 cp-ledger-archive l.jsonl --keep 1
	begin read until_stopped 0.2 cp-ledger-read l.jsonl
	begin check until_stopped 0.2 cp-chain-check --no-seen l.jsonl
	begin w0 one_by_one 0
	begin w1 one_by_one 1
	begin w2 by_tens 2
	begin w3 by_tens 3
	begin w4 streaming 4 1
	begin w5 streaming 5 7
	begin w6 streaming 6 64
	begin w7 streaming 7 10000
	ended w0 w1 w2 w3 w4 w5 w6 w7 all tail tasks
	touch "$run/stop"
	wait
	went_well w0 w1 w2 w3 w4 w5 w6 w7 all tail tasks rotate archive read check
	whole l.jsonl
	run_status 0 cp-chain-check --no-seen l.jsonl
	[ "$(report_of segments)" -ge 3 ]
	[ "$(report_of archived)" -ge 1 ]
	# Nothing lost, nothing twice; each writer's own in its order.
	stored l.jsonl >"$run/stored"
	[ "$(jq -r '.task_id // empty' "$run/stored" | sort -u | wc -l)" -eq $((8 * each)) ]
	[ "$(jq -r '.task_id // empty' "$run/stored" | wc -l)" -eq $((8 * each)) ]
	for w in 0 1 2 3 4 5 6 7; do
		cmp <(jq -r --arg w "w$w" 'select(.author == $w) | .task_id' "$run/stored") \
			<(seq $((w * 10000 + 1)) $((w * 10000 + each)) | sed 's/^/T-/')
		# Every ack is of what is stored, in that order.
		cmp <(jq -c 'select(.kind == "ack") | [.seq, .entry_id, .entry_hash]' "$run/w$w.out") \
			<(jq -c --arg w "w$w" 'select(.author == $w) | [.seq, .entry_id, .entry_hash]' "$run/stored")
	done
	# Every reader saw what is stored, each once, in order.
	cmp <(jq -c 'select(.entry).entry' "$run/all.out") <(head -n $((last + 1)) "$run/stored" | jq -c .)
	cmp <(jq -c 'select(.entry).entry' "$run/tail.out") \
		<(jq -c --argjson from $((each * 3)) --argjson to $last 'select(.seq >= $from and .seq <= $to)' "$run/stored")
	cmp <(jq -c 'select(.entry).entry' "$run/tasks.out") \
		<(jq -c --argjson to $last 'select(.seq <= $to and .event_type == "TASK_START")' "$run/stored")
	for r in all tail tasks; do
		[ "$(tail -n 1 "$run/$r.out")" = "{\"kind\":\"end\",\"count\":$(grep -c '"entry":' "$run/$r.out"),$(
			)\"status\":0,\"by\":\"cp-ledger-read\"}" ]
	done
	[ -z "$(find . -name '.*.new' -o -name '*.torn-*' -o -name '*.poisoned')" ]
	cp-ledger-recover l.jsonl >/dev/null
	[ "$(stat -c %a l.d/* | sort -u)" = 444 ]
}

@test "eight writers with the same dedupe keys, in other orders: each entry is there once, and all are told so" {
	keyed() {
		seq 1 40 | if [ $(($1 % 2)) -eq 0 ]; then tac; else cat; fi |
			sed "s|.*|$(event '"dedupe_key":"k&"' | sed 's|T-0|T-\&|')|" |
			case $1 in
			[0-3]) closed | cp-ledger-append l.jsonl --author same --stream --batch $(($1 * 5 + 1)) ;;
			[4-6]) closed | cp-ledger-append l.jsonl --author same ;;
			*) while read -r line; do cp-ledger-append l.jsonl --author same <<<"$line" || exit; done ;;
			esac
	}
	begin rotate until_stopped 0.02 cp-ledger-rotate l.jsonl
	begin archive until_stopped 0.05 cp-ledger-archive l.jsonl
	for w in 0 1 2 3 4 5 6 7; do
		begin w$w keyed $w
	done
	ended w0 w1 w2 w3 w4 w5 w6 w7
	touch "$run/stop"
	wait
	went_well w0 w1 w2 w3 w4 w5 w6 w7 rotate archive
	whole l.jsonl
	grep -q '"kind":"segment"' "$run/rotate.out"
	grep -q '"kind":"archived"' "$run/archive.out"
	[ "$(stored l.jsonl | jq -r '.dedupe_key // empty' | sort)" = "$(seq 1 40 | sed 's/^/k/' | sort)" ]
	for w in 0 1 2 3 4 5 6 7; do
		[ "$(grep -c '"kind":"ack"' "$run/w$w.out")" -eq 40 ]
		acked l.jsonl "$run/w$w.out"
	done
	# Of all that were told, just one was the first to say it.
	[ "$(cat "$run"/w?.out | jq -r 'select(.kind == "ack" and (.again | not)).seq' | sort -n | uniq | wc -l)" -eq 40 ]
	[ "$(cat "$run"/w?.out | jq -r 'select(.kind == "ack" and (.again | not)).seq' | wc -l)" -eq 40 ]
}

@test "ledgers are begun below one that is being written and rotated, and are bound to a state that it had" {
	children() {
		local i
		for ((i = 1; i <= each / 4; i++)); do
			cp-ledger-init "c$1-$i.jsonl" --ledger "c$1-$i" --type L-EXEC --tier ho1 --parent l.jsonl || return
		done
	}
	begin rotate until_stopped 0.1 cp-ledger-rotate l.jsonl
	begin w1 streaming 1 1
	begin w2 one_by_one 2
	begin c1 children 1
	begin c2 children 2
	ended w1 w2 c1 c2
	touch "$run/stop"
	wait
	went_well w1 w2 c1 c2 rotate
	grep -q '"kind":"segment"' "$run/rotate.out"
	whole l.jsonl
	stored l.jsonl >"$run/stored"
	[ "$(jq -r 'select(.event_type == "CHILD_OPENED").genesis_hash' "$run/stored" | sort)" = \
		"$(cat c*.jsonl | jq -r .entry_hash | sort)" ]
	[ "$(grep -c '"task_id"' "$run/stored")" -eq $((2 * each)) ]
	# Each is bound to an entry of the parent, by its number and its hash.
	cat c*.jsonl | jq -r '.parent | "\(.size - 1) \(.head_hash)"' | sort -u >"$run/bound"
	[ -z "$(comm -23 "$run/bound" <(jq -r '"\(.seq) \(.entry_hash)"' "$run/stored" | sort))" ]
	whole "c1-$((each / 4)).jsonl" --parent l.jsonl
}

@test "writers that are killed at any time harm nobody: what they were told is there, their batches are whole or not at all" {
	# A batch of forty, more than a MiB, so that it is written in pieces; killed somewhere on its way.
	many 40 "\"note\":\"$(printf '%030000d' 0)\"" >"$run/forty"
	doomed() {
		local i
		for ((i = 0; i < each / 10; i++)); do
			sed "s/\"T-/\"T-$1$((1000 + i))00/" "$run/forty" >"$run/in.$1"
			timeout -s KILL "0.0$((RANDOM % 4 + 1))$((RANDOM % 10))" cp-ledger-append l.jsonl --author "d$1" <"$run/in.$1" || :
		done
	}
	begin rotate until_stopped 0.3 cp-ledger-rotate l.jsonl
	begin read until_stopped 0.3 cp-ledger-read l.jsonl
	for w in 1 2 3; do
		begin d$w doomed $w
	done
	begin w4 one_by_one 4
	begin w5 by_tens 5
	begin w6 streaming 6 3
	ended d1 d2 d3 w4 w5 w6
	touch "$run/stop"
	wait
	went_well w4 w5 w6 rotate
	[ "$(cat "$run/read.status")" = 0 ]
	grep -q '"kind":"segment"' "$run/rotate.out"
	grep -q '"kind":"entry"' "$run/read.out"
	fill l.jsonl 1 1
	whole l.jsonl
	stored l.jsonl | jq -r '[.seq, .entry_id, .entry_hash, .author, .task_id // ""] | @tsv' >"$run/stored"
	[ "$(cut -f5 "$run/stored" | grep . | sort | uniq -d | wc -l)" -eq 0 ]
	for w in 4 5 6; do
		[ "$(awk -F'\t' -v w=w$w '$4 == w && $5 != ""' "$run/stored" | wc -l)" -eq "$each" ]
	done
	for w in 1 2 3 4 5 6; do
		f=$run/d$w.out
		[ -e "$f" ] || f=$run/w$w.out
		jq -rR 'fromjson? | select(.kind == "ack") | [.seq, .entry_id, .entry_hash] | @tsv' "$f" | sort >"$run/acks"
		[ -z "$(comm -23 "$run/acks" <(cut -f1-3 "$run/stored" | sort))" ]
	done
	# Forty of each batch, or none: the task is T-WRITER NUMBER 00 LINE.
	awk -F'\t' '$4 ~ /^d/ && $5 != "" { n[substr($5, 1, 7)]++ }
		END { for (b in n) if (n[b] != 40) { print "batch " b ": " n[b]; bad = 1 }; exit bad }' "$run/stored"
}

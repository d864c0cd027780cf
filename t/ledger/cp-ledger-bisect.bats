load ../helper
load ledger
load forge

# A ledger of twenty-one entries, seq 0 to 20.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ledger l.jsonl
	fill l.jsonl 20
}

bisect() { # STATUS LEDGER COMMAND [ARG]...
	run_status "$1" cp-ledger-bisect -- "${@:2}"
}

# found SEQ: just that entry, as cp-ledger-read has it, and the end.
found() {
	is "$(cp-ledger-read --from "$1" --to "$1" l.jsonl | head -n 1)
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-ledger-bisect\"}"
	silent
}

# script NAME TEXT: a filter that says yes or no.
script() {
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

@test "it finds each entry that a filter can find" {
	for seq in {0..20}; do
		script no "! grep -q '\"seq\":$seq,'"
		bisect 0 l.jsonl ./no
		found "$seq"
	done
}

@test "it finds where a count goes over, and where nothing is ever right" {
	script few '[ "$(grep -c "\"kind\":\"entry\"")" -lt 13 ]'
	bisect 0 l.jsonl ./few
	found 12
	bisect 0 l.jsonl false
	found 0
	script no 'cat >/dev/null; exit 1'
	bisect 0 l.jsonl ./no
	found 0
}

@test "a command with arguments and options of its own, as they stand" {
	bisect 0 l.jsonl sh -c '! grep -q T-7\"'
	found 7
	bisect 0 l.jsonl sh -c '! grep -q "$1"' --help 'T-9"'
	found 9
	bisect 0 l.jsonl sh -c '! grep -q "$1"' --version 'T-11"'
	found 11
	script echo 'echo "$@" >>args; cat >/dev/null; exit 1'
	bisect 0 l.jsonl ./echo --quiet --version -- 'a b' ''
	[ "$(sort -u args)" = '--quiet --version -- a b ' ]
}

@test "the filter gets a whole stream: entries, and an end that counts them" {
	script keep 'cat >in.$$; cp-schema-check --known <in.$$ >/dev/null || exit 3; [ "$(grep -c seq in.$$)" -lt 4 ]'
	bisect 0 l.jsonl ./keep
	found 3
	for f in in.*; do
		n=$(($(wc -l <"$f") - 1))
		cp-ledger-read l.jsonl | head -n $n | cmp - <(head -n $n "$f")
		[ "$(tail -n 1 "$f")" = "{\"kind\":\"end\",\"count\":$n,\"status\":0,\"by\":\"cp-ledger-bisect\"}" ]
	done
	# One of all, then each half.
	[ "$(cat in.* | grep -c '"kind":"end"')" -le 6 ]
}

@test "it does not take a thousand questions" {
	fill l.jsonl 1000 21
	script ask 'echo >>asked; ! grep -q T-777\"'
	bisect 0 l.jsonl ./ask
	found 777
	[ "$(wc -l <asked)" -le 11 ]
}

@test "cp-chain-check finds the entry that was tampered with" {
	rm l.jsonl.durable
	cp l.jsonl all
	for n in 2 8 21; do
		cp all l.jsonl
		edit l.jsonl $n 's/T-/T-X/'
		bisect 0 l.jsonl cp-chain-check --no-seen
		found $((n - 1))
	done
	sed 8d all >l.jsonl
	bisect 0 l.jsonl cp-chain-check --no-seen
	has '"line":8,"entry":'
	cp all l.jsonl && forge l.jsonl 8 's/T-7/T-X/'
	bisect 0 l.jsonl cp-chain-check --no-seen
	found 8
	cp all l.jsonl
	bisect 1 l.jsonl cp-chain-check --no-seen
	[ "$output" = '{"kind":"end","count":0,"status":1,"by":"cp-ledger-bisect"}' ]
}

@test "options of the command need no --" {
	edit l.jsonl 8 's/T-/T-X/'
	run_status 0 cp-ledger-bisect l.jsonl cp-chain-check --no-seen
	found 7
	run_status 0 cp-ledger-bisect l.jsonl sh -c '! grep -q T-9\"'
}

@test "where the filter says yes to all there is nothing to be found: status 1" {
	bisect 1 l.jsonl true
	err 'unable to find an entry: true says yes to all 21'
	is '{"kind":"end","count":0,"status":1,"by":"cp-ledger-bisect"}'
	bisect 1 l.jsonl sh -c 'cat >/dev/null'
	hasnt '"kind":"entry"'
}

@test "a filter that answers neither yes nor no ends the search" {
	bisect 3 l.jsonl sh -c 'cat >/dev/null; exit 3'
	err 'unable to go on: with the first 21 entries sh ended with status 3'
	bisect 4 l.jsonl sh -c 'exit 4'
	bisect 4 l.jsonl sh -c 'exit 2'
	err 'ended with status 2'
	bisect 4 l.jsonl sh -c 'exit 126'
	[ -z "$output" ]
	# In the middle of it.
	bisect 3 l.jsonl sh -c 'n=$(grep -c entry_id); [ "$n" -le 20 ] && [ "$n" -ne 10 ] || exit $((n == 10 ? 3 : 1))'
	err 'with the first 10 entries sh ended with status 3'
	[ -z "$output" ]
	bisect 4 l.jsonl absent
	err 'unable to run absent:'
	[ -z "$output" ]
}

@test "a filter that is killed ends the search with its signal" {
	bisect 143 l.jsonl sh -c 'kill -TERM $$'
	[ -z "$output" ]
	bisect 137 l.jsonl sh -c 'cat >/dev/null; kill -KILL $$'
	err 'ended with status 137'
	[ -z "$output" ]
}

@test "a filter that reads nothing, or little, is heard all the same" {
	fill l.jsonl 3000 21
	bisect 0 l.jsonl false
	found 0
	script little 'head -n 1 >/dev/null; exit 1'
	bisect 0 l.jsonl ./little
	found 0
	bisect 1 l.jsonl true
	bisect 1 l.jsonl sh -c 'exec <&-; exit 0'
	hasnt '"kind":"entry"'
}

@test "what the filter prints goes nowhere, what it complains is seen" {
	bisect 0 l.jsonl sh -c 'cat; echo oops >&2; exit 1'
	err oops
	[ "${#lines[@]}" -eq 2 ]
	hasnt T-1
}

@test "segments, archives and ledgers of an earlier format" {
	cp-ledger-rotate l.jsonl --author t >/dev/null
	fill l.jsonl 5 21
	cp-ledger-rotate l.jsonl --author t >/dev/null
	fill l.jsonl 5 26
	for n in 3 21 22 24; do
		seq=$((n > 25 ? n + 4 : n > 20 ? n + 2 : n))
		bisect 0 l.jsonl sh -c "! grep -q 'T-$n\"'"
		found $seq
	done
	cp-ledger-archive l.jsonl >/dev/null
	bisect 0 l.jsonl sh -c '! grep -q "T-28\""'
	found 32
	bisect 0 l.jsonl sh -c '! grep -q "T-3\""'
	found 3
	t=$(shared real/ledger/tampered-19.jsonl)
	bisect 0 "$t" cp-chain-check
	has '"line":15,'
	hasnt '"line":16,'
	bisect 1 "$(shared real/ledger/clean-210.jsonl)" cp-chain-check --no-seen
	bisect 0 "$(shared real/ledger/legacy-lines-269.jsonl)" cp-chain-check
	has '"line":211,'
}

@test "the entry is the record that cp-ledger-read has of it, wherever the ledger has gaps, and of an earlier format" {
	rm l.jsonl.durable
	sed -i 8d l.jsonl
	bisect 0 l.jsonl sh -c '! grep -q "T-12\""'
	found 12
	t=$(shared real/ledger/tampered-19.jsonl)
	bisect 0 "$t" cp-chain-check
	[ "${lines[0]}" = "$(cp-ledger-read "$t" | sed -n 15p)" ]
}

@test "a ledger that cannot be read is status 3 or 4, an empty one 3" {
	bisect 4 absent false
	err 'unable to open the ledger absent'
	: >empty
	bisect 3 empty false
	err 'empty: unable to search the ledger: it is empty'
	bisect 4 . false
	mkfifo fifo
	run_status 4 timeout 10 cp-ledger-bisect fifo false
	bisect 2 l.jsonl
	bisect 2
	[ -z "$output" ]
}

@test "a torn tail is no entry" {
	printf '{"author' >>l.jsonl
	bisect 0 l.jsonl sh -c '! grep -q "T-20\""'
	has '"seq":20,"line":21,'
	bisect 1 l.jsonl true
}

@test "a line that is no record at all is status 3, wherever it stands" {
	edit l.jsonl 8 's/^/[/'
	bisect 3 l.jsonl cp-chain-check --no-seen
	[ -z "$output" ]
	bisect 3 l.jsonl sh -c '! grep -q "T-5\""'
	err 'l.jsonl:8: unable to trust the ledger: the line is no entry'
}

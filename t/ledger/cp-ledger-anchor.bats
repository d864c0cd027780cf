load ../helper
load ledger
load forge

# The ledger above, p, of four entries and CHILD_OPENED; c beneath it, of six.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ledger p.jsonl
	fill p.jsonl 3
	cp p.jsonl p.before
	ledger c.jsonl --parent p.jsonl
	fill c.jsonl 5
}

anchor() { # STATUS [OPTION]...
	run_status "$1" cp-ledger-anchor --parent p.jsonl --author test "${@:2}" c.jsonl
}

# level: what a check by the ledger above says.
level() {
	cp-chain-check --no-seen --parent p.jsonl c.jsonl | jq -r 'select(.kind == "report").level'
}

# root_of FILE
root_of() {
	leaf_hashes <"$1" | root
}

# refused STATUS [OPTION]...: the ledger above is as it was, and nothing was acknowledged.
refused() {
	cp p.jsonl p.was
	anchor "$@"
	hasnt '"kind":"ack"'
	cmp p.was p.jsonl
}

forget() {
	rm -f ./*.durable
}

@test "it records how far the ledger beneath has come, and the ledger above holds" {
	[ "$(level)" = unchecked ]
	anchor 0
	silent
	[ "${#lines[@]}" -eq 2 ]
	[ "$(jq -c 'del(.entry_id)' <<<"${lines[0]}")" = \
		"{\"kind\":\"ack\",\"ledger\":\"example/ho1/p\",\"seq\":5,\"entry_hash\":\"$(hash_of "$(line p.jsonl 6)")\"}" ]
	[ "${lines[1]}" = '{"kind":"end","count":1,"status":0,"by":"cp-ledger-anchor"}' ]
	[ "$(wc -l <p.jsonl)" -eq 6 ]
	[ "$(line p.jsonl 6 | jq -c '[.event_type, .ledger, .size, .checkpoint, .author]')" = \
		'["CHILD_CHECKPOINT","example/ho1/c",6,null,"test"]' ]
	[ "$(line p.jsonl 6 | jq -r '.head_hash, .root_hash')" = "$(hash_of "$(line c.jsonl 6)")
sha256:$(root_of c.jsonl)" ]
	run_status 0 cp-chain-check --no-seen p.jsonl
	report_has entries 6 faults 0
	[ "$(level)" = anchored ]
	run_sh 0 'cp-ledger-anchor --parent p.jsonl c.jsonl --author test | cp-schema-check --known'
	has '"pass":true'
}

@test "the signed checkpoint goes along where it is of just this position" {
	key k
	cp-ledger-checkpoint c.jsonl --key k >/dev/null
	anchor 0
	[ "$(line p.jsonl 6 | jq -r .size)" = 6 ]
	line p.jsonl 6 | jq -j .checkpoint | cmp - c.jsonl.checkpoint
	fill c.jsonl 1 6
	anchor 0
	[ "$(line p.jsonl 7 | jq -c '[.size, .checkpoint]')" = '[7,null]' ]
	echo junk >c.jsonl.checkpoint
	fill c.jsonl 1 7
	refused 3
	err 'c.jsonl.checkpoint: unable to read the signed checkpoint'
}

@test "the same position again is acknowledged again, and not recorded twice" {
	anchor 0
	cp p.jsonl was
	first=$(jq -r 'select(.seq).entry_hash' <<<"$output")
	anchor 0
	has '"seq":5'
	has "\"entry_hash\":\"$first\",\"again\":true"
	cmp was p.jsonl
	fill c.jsonl 2 6
	anchor 0
	has '"seq":6'
	hasnt again
	[ "$(line p.jsonl 7 | jq .size)" = 8 ]
}

@test "the same position by another author is no fault" {
	anchor 0
	run_status 0 cp-ledger-anchor --parent p.jsonl --author other c.jsonl
	[ "$(level)" = anchored ]
}

@test "a position that was recorded without a checkpoint can be recorded with the one that was signed since" {
	anchor 0
	key k
	cp-ledger-checkpoint c.jsonl --key k >/dev/null
	anchor 0
	[ "$(level)" = anchored ]
}

@test "a ledger whose opening was lost on the way is opened first" {
	forget
	cp p.before p.jsonl
	anchor 0
	[ "$(jq -c 'select(.kind == "ack").seq' <<<"$output")" = $'4\n5' ]
	[ "$(tail -n 2 p.jsonl | jq -r .event_type)" = $'CHILD_OPENED\nCHILD_CHECKPOINT' ]
	[ "$(line p.jsonl 5 | jq -r .genesis_hash)" = "$(hash_of "$(line c.jsonl 1)")" ]
	[ "$(level)" = anchored ]
}

@test "segments of both, and archives" {
	cp-ledger-rotate c.jsonl --author t >/dev/null
	cp-ledger-rotate p.jsonl --author t >/dev/null
	fill c.jsonl 3 6
	cp-ledger-archive c.jsonl >/dev/null
	anchor 0
	has '"seq":7'
	[ "$(line p.jsonl 2 | jq .size)" = 11 ]
	[ "$(level)" = anchored ]
	anchor 0
	has '"again":true'
}

@test "--dry-run says what would be recorded, and writes nothing" {
	find . -name 'p.*' -printf '%p %s %T@\n' | sort >before
	anchor 0 --dry-run
	has '"seq":5'
	has '"dry_run":true'
	find . -name 'p.*' -printf '%p %s %T@\n' | sort | cmp before -
	[ "$(level)" = unchecked ]
	anchor 0
}

@test "ROLLBACK and FORK: a ledger that went back, or has another history, is not recorded" {
	anchor 0
	forget
	cp c.jsonl c.all
	head -n 5 c.all >c.jsonl
	refused 1
	[ "$(faults)" = 'ROLLBACK - 5' ]
	has 'the ledger above knows of 6 entries, 5 are there'
	for n in 2 6; do
		cp c.all c.jsonl
		forge_on c.jsonl $n 's/"author":"test"/"author":"tess"/'
		refused 1
		[ "$(faults)" = 'FORK - 5' ]
		fill c.jsonl 5 10
		forget
		refused 1
		[ "$(faults)" = 'FORK - 5' ]
	done
	cp c.all c.jsonl
	fill c.jsonl 5 10
	anchor 0
}

@test "a ledger in which something is wrong is not recorded" {
	forget
	cp c.jsonl c.all
	edit c.jsonl 3 's/T-2/T-X/'
	refused 1
	[ "$(faults)" = 'ALTERED 3 2' ]
	sed 3d c.all >c.jsonl
	refused 1
	grep -qx 'LINK 3 3' <<<"$(faults)"
	sed 1d c.all >c.jsonl
	refused 1
	grep -qx 'GENESIS 1 1' <<<"$(faults)"
	{ cat c.all; printf x; } >c.jsonl
	refused 1
	[ "$(faults)" = 'TORN - -' ]
	cp c.all c.jsonl
	: >c.jsonl.poisoned
	refused 1
	[ "$(faults)" = 'POISONED - -' ]
	rm c.jsonl.poisoned
	anchor 0
}

@test "a tail that was never acknowledged is told, and does not count" {
	printf '{"author' >>c.jsonl
	anchor 0
	[ "$(faults)" = 'TORN - - warning' ]
	[ "$(line p.jsonl 6 | jq .size)" = 6 ]
}

@test "only what was synced is recorded: the rest may not outlive a crash" {
	cp c.jsonl was
	cp c.jsonl.durable was.durable
	fill c.jsonl 2 6
	cp was.durable c.jsonl.durable
	anchor 0
	[ "$(line p.jsonl 6 | jq .size)" = 6 ]
	cat was >c.jsonl
	[ "$(level)" = anchored ]
}

@test "a ledger without its first segment is not recorded" {
	cp-ledger-rotate c.jsonl >/dev/null
	chmod u+w c.d
	mv c.d gone
	refused 1
	grep -q '^SEGMENT 1 7' <<<"$(faults)"
	has 'only a whole ledger can be anchored'
	mv gone c.d
	anchor 0
}

@test "PARENT: a ledger that took the name of another, that is bound to another, or was begun anew" {
	cp c.jsonl c.all
	rm c.jsonl
	ledger c.jsonl
	refused 1
	has 'the ledger above opened another ledger of this name'
	rm c.jsonl
	ledger q.jsonl
	ledger c.jsonl --parent q.jsonl
	refused 1
	has 'its GENESIS is bound to another ledger above'
	cp c.all c.jsonl
	forget
	forge_on c.jsonl 1 's/"author":"test"/"author":"tess"/'
	refused 1
	[ "$(faults)" = 'PARENT 1 0' ]
	has 'the ledger above opened another ledger of this name'
}

@test "a ledger above that went back, has another history, or in which something is wrong is not written to" {
	anchor 0
	fill c.jsonl 1 6
	forget
	cp p.jsonl p.all
	head -n 3 p.all >p.jsonl
	refused 1
	grep -qx 'ROLLBACK - 3' <<<"$(faults)"
	cp p.all p.jsonl
	forge_on p.jsonl 2 's/T-1/T-X/'
	refused 1
	[ "$(faults)" = 'FORK - 3' ]
	has '"source":"p.jsonl"'
	cp p.all p.jsonl
	edit p.jsonl 2 's/T-1/T-X/'
	refused 1
	grep -qx 'ALTERED 2 1' <<<"$(faults)"
	sed 3d p.all >p.jsonl
	refused 1
	grep -qx 'LINK 3 3' <<<"$(faults)"
	cp p.all p.jsonl
	: >p.jsonl.poisoned
	refused 1
	[ "$(faults)" = 'POISONED - -' ]
	rm p.jsonl.poisoned
	anchor 0
}

@test "what cannot be read is status 3 or 4, what was asked wrongly 2" {
	run_status 4 cp-ledger-anchor --parent absent c.jsonl
	err 'unable to open the ledger absent'
	run_status 4 cp-ledger-anchor --parent p.jsonl absent
	: >empty
	run_status 3 cp-ledger-anchor --parent empty c.jsonl
	run_status 3 cp-ledger-anchor --parent p.jsonl empty
	mkfifo fifo
	run_status 4 timeout 10 cp-ledger-anchor --parent fifo c.jsonl
	run_status 4 timeout 10 cp-ledger-anchor --parent p.jsonl fifo
	run_status 4 cp-ledger-anchor --parent p.jsonl .
	legacy=$(shared real/ledger/kernel.jsonl)
	run_status 1 cp-ledger-anchor --parent p.jsonl "$legacy"
	grep -q '^MALFORMED 1' <<<"$(faults)"
	run_status 1 cp-ledger-anchor --parent "$legacy" c.jsonl
	grep -q '^MALFORMED 1' <<<"$(faults)"
	run_status 2 cp-ledger-anchor c.jsonl
	err 'unable to go on without --parent'
	run_status 2 cp-ledger-anchor --parent p.jsonl
	run_status 2 cp-ledger-anchor --parent p.jsonl c.jsonl c.jsonl
	for author in '' $'a\xff' "$(head -c 256 /dev/zero | tr '\0' x)"; do
		run_status 2 cp-ledger-anchor --parent p.jsonl --author "$author" c.jsonl
	done
	[ "$(wc -l <p.jsonl)" -eq 5 ]
	[ -z "$output" ]
}

load ../helper
load ledger

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
	in=$BATS_TEST_TMPDIR/in
	ledger l.jsonl
}

# --- what is appended ---

@test "one event becomes the next entry, by the rules of the format, and is acknowledged" {
	fill l.jsonl 2
	event '"note":"one"' >"$in"
	run_status 0 cp-ledger-append l.jsonl <"$in"
	silent
	cmp <(tail -n 1 l.jsonl | jq 'del(.entry_hash, .entry_id, .timestamp)') <(jq -n --argjson uid "$(id -u)" \
		--arg prev "$(sed -n 3p l.jsonl | jq -r .entry_hash)" '{author: "uid:\($uid)", event_type: "TASK_START",
		note: "one", prev_hash: $prev, seq: 3, task_id: "T-0", uid: $uid, work_order_id: "WO-20261121-001"}')
	line=$(tail -n 1 l.jsonl)
	[ "$(jq -r .entry_hash <<<"$line")" = "$(hash_of_entry "$line")" ]
	cmp <(tail -n 1 l.jsonl) <(tail -n 1 l.jsonl | jq -cS .)
	stamp=$(jq -r .timestamp <<<"$line")
	[ "$(date -d "$stamp" +%s)" -ge $(($(date +%s) - 60)) ]
	[ "$(jq -r .entry_id <<<"$line")" = "EXEC-$(date -ud "$stamp" +%Y%m%d-%H%M%S)-003" ]
	is "$(jq -c '{kind: "ack", ledger: "example/ho1/l", seq, entry_id, entry_hash}' <<<"$line")"
	[ "$(jq -r '"\(.first_seq) \(.head_hash) \(.offset)"' l.jsonl.durable)" = \
		"0 $(jq -r .entry_hash <<<"$line") $(stat -c %s l.jsonl)" ]
	chain_holds l.jsonl
	whole l.jsonl
}

@test "a closed batch is appended in its order, with one time, and the root can be computed anew" {
	batch 9 >"$in"
	run_status 0 cp-ledger-append l.jsonl --author ann <"$in"
	silent
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3 T-4 T-5 T-6 T-7 T-8 T-9' ]
	[ "$(jq -r 'select(.seq > 0) | .author + .timestamp' l.jsonl | uniq | wc -l)" -eq 1 ]
	[ "$(jq -r 'select(.kind == "ack").seq' <<<"$output" | paste -sd' ')" = '1 2 3 4 5 6 7 8 9' ]
	[ "$(tail -n 1 <<<"$output")" = '{"kind":"end","count":9,"status":0,"by":"cp-ledger-append"}' ]
	acked l.jsonl
	cp-schema-check --known <"$BATS_TEST_TMPDIR/.out" >/dev/null
	chain_holds l.jsonl
	run_status 0 cp-chain-check l.jsonl
	[ "$(report_of root_hash)" = "$(root_of_lines <l.jsonl)" ]
}

@test "what is stored is RFC 8785, whatever it was sent as" {
	vector=$(shared vectors/cp-ledger-v1/packages.jsonl)
	cp-ledger-init p.jsonl --ledger p --type L-PACKAGE --tier ho3 >/dev/null
	# The members of the vector in another order, with other escapes, numbers and blanks.
	{ tr -d '\n'; echo; } >"$in" <<-'EOT'
		{"\ud83d\ude00" : 2, "event_type":"UNINSTALLED",  "work_order_id":"WO-20260202-002","version":"1.0\u002e0",
		"\ufb33":1.0,"kind":"event","removed_assets":[{"type":"library","plane":"ho3","path":"lib\/a.c",
		"hash":"sha256:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"}],
		"package_id":"PKG-\u00c9T\u00C9-001","duration_s":1e-6}
	EOT
	run_status 0 cp-ledger-append p.jsonl --author pm:cp-install <"$in"
	stamps='s/"(entry_hash|entry_id|prev_hash|timestamp)":"[^"]*",//g; s/"(seq|uid)":[0-9]+,//g'
	cmp <(sed -E "$stamps" <<<"$(tail -n 1 p.jsonl)") <(sed -nE "3{$stamps; p}" "$vector")
	chain_holds p.jsonl
	whole p.jsonl
}

@test "a ledger that another implementation wrote is gone on with" {
	cp "$(shared vectors/cp-ledger-v1/packages.jsonl)" v.jsonl
	printf '%s\n' '{"kind":"event","event_type":"INSTALLED","package_id":"PKG-A-001","version":"1.0.0"}' >"$in"
	run_status 0 cp-ledger-append v.jsonl <"$in"
	[ "$(jq -r .seq <<<"$output")" -eq 3 ]
	chain_holds v.jsonl
	whole v.jsonl
}

@test "an author is the event's own, --author where it has none, else the user's number" {
	event '"author":"ann"' >a
	event >none
	run_status 0 cp-ledger-append l.jsonl <a
	run_status 0 cp-ledger-append l.jsonl --author bob <none
	run_status 0 cp-ledger-append l.jsonl --author ann <a
	run_status 0 cp-ledger-append l.jsonl <none
	[ "$(jq -r 'select(.seq > 0).author' l.jsonl | paste -sd' ')" = "ann bob ann uid:$(id -u)" ]
	refused 3 cp-ledger-append l.jsonl --author bob <a
	err 'stdin:1: unable to append: its author is not the one of --author'
	for who in 7 null '["ann"]' '""'; do
		event "\"author\":$who" >"$in"
		refused 1 cp-ledger-append l.jsonl <"$in"
		has '"code":"SCHEMA"'
		has '/author: is '
	done
	for who in '' $'\xff' "$(printf '%0256d' 0)"; do
		refused 2 cp-ledger-append l.jsonl --author "$who" <none
		err 'unable to use --author'
	done
	for who in $'q"\\\n\x01' 'é😀' "$(printf '%0255d' 0)"; do
		run_status 0 cp-ledger-append l.jsonl --author "$who" <none
		[ "$(tail -n 1 l.jsonl | jq -r .author)" = "$who" ]
	done
	whole l.jsonl
}

@test "nothing but an end is nothing to append" {
	closed </dev/null >"$in"
	refused 0 cp-ledger-append l.jsonl <"$in"
	is '{"kind":"end","count":0,"status":0,"by":"cp-ledger-append"}'
	refused 0 cp-ledger-append l.jsonl --stream <"$in"
}

# --- streams ---

@test "without an end exactly one record is taken" {
	events 1 >"$in"
	run_status 0 cp-ledger-append l.jsonl <"$in"
	hasnt '"kind":"end"'
	[ "$(tasks l.jsonl)" = T-1 ]
	events 2 >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	err 'it has no end record (cp-end closes one by hand, --open accepts it)'
	is ''
	refused 3 cp-ledger-append l.jsonl </dev/null
	err 'it has no end record'
}

@test "a cut, miscounted, prolonged or failed stream appends nothing" {
	batch 3 >good
	head -c -1 good >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	err 'stdin:4: unable to trust the stream: the last line is cut'
	head -n 2 good >"$in"
	printf '{"kind":"event","event_ty' >>"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	err 'stdin:3: unable to trust the stream: the last line is cut'
	event | head -c -1 >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	sed 1d good >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	err 'the end record counts other lines than there are'
	{ cat good; event; } >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	err 'there is something behind the end record'
	for n in 2 3 4; do
		sed "\$s/\"status\":0/\"status\":$n/" good >"$in"
		refused $n cp-ledger-append l.jsonl <"$in"
		err "unable to act: test said no (status $n)"
		is ''
	done
	sed '$s/"status":0/"status":5/' good >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	refused 3 cp-ledger-append l.jsonl <.
	[ "$(types l.jsonl)" = GENESIS ]
}

@test "a stream closed by hand, and one without an end, only with --open" {
	events 2 | cp-end >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	err 'unable to act: the stream was closed by hand (--open accepts it)'
	run_status 0 cp-ledger-append l.jsonl --open <"$in"
	[ "$(tail -n 1 <<<"$output" | jq -c 'del(.by)')" = '{"kind":"end","count":2,"status":0,"by_hand":true}' ]
	events 2 3 >"$in"
	run_status 0 cp-ledger-append l.jsonl --open <"$in"
	[ "$(tail -n 1 <<<"$output" | jq -c 'del(.by)')" = '{"kind":"end","count":2,"status":0,"by_hand":true}' ]
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3 T-4' ]
	acked l.jsonl
}

@test "a stream that found something is appended, and its status handed on" {
	events 2 | closed 1 >"$in"
	run_status 1 cp-ledger-append l.jsonl <"$in"
	[ "$(tail -n 1 <<<"$output")" = '{"kind":"end","count":2,"status":1,"by":"test"}' ]
	[ "$(tasks l.jsonl)" = 'T-1 T-2' ]
	acked l.jsonl
}

# --- what is refused ---

# Each alone, and in the middle of good ones: nothing of all that is appended.
spoils() { # STATUS RECORD TEXT
	printf '%s\n' "$2" >"$in"
	refused "$1" cp-ledger-append l.jsonl <"$in"
	grep -qF -- "$3" <<<"$output$stderr" || { show_run; return 1; }
	{ events 2; printf '%s\n' "$2"; events 2 3; } | closed >"$in"
	refused "$1" cp-ledger-append l.jsonl <"$in"
	grep -qF -- "$3" <<<"$output$stderr" || { show_run; return 1; }
	hasnt '"kind":"ack"'
}

@test "lines that are no events" {
	spoils 3 '{"kind":"event"' 'unable to trust the stream'
	spoils 3 '' 'unable to trust the stream'
	spoils 3 '[]' 'unable to trust the stream'
	spoils 3 '{"event_type":"TASK_START"}' 'unable to trust the stream'
	spoils 3 '{"kind":"file","path":"a"}' 'unable to append a record of kind file: only events go into a ledger'
	spoils 3 '{"kind":"entry","entry":{}}' 'unable to append a record of kind entry'
	spoils 3 '{"kind":"event"}' 'the event has no event_type'
	spoils 3 '{"kind":"event","event_type":7}' 'the event has no event_type'
	spoils 3 "$(event '"note":"a","note":"b"')" 'duplicate key'
	spoils 3 "$(event '"note":"\ud800"')" 'lone surrogate'
	spoils 3 "$(event $'"note":"\xff"')" 'unable to trust the stream'
	spoils 3 "$(event '"inputs":{"hash":"sha256:'"$(printf '%064d' 0)"'","size":9007199254740992}')" \
		'number does not survive a round trip'
	[ "$(types l.jsonl)" = GENESIS ]
}

@test "event types that are unknown, of another ledger, or only for the ledger's own programs" {
	spoils 1 '{"kind":"event","event_type":"NOPE"}' 'no such event_type: NOPE'
	spoils 1 '{"kind":"event","event_type":"task_start"}' 'no such event_type: task_start'
	spoils 1 '{"kind":"event","event_type":""}' 'no such event_type: '
	spoils 1 '{"kind":"event","event_type":"../event"}' 'no such event_type: ../event'
	for t in INSTALLED FRAMEWORK_APPROVED APPROVED EVIDENCE_ATTACHED ADMIN_READ DENIED; do
		spoils 1 "{\"kind\":\"event\",\"event_type\":\"$t\"}" "it does not belong into this type of ledger: $t"
	done
	for t in GENESIS SEGMENT_SEALED SEGMENT_START TAIL_REPAIRED CHILD_OPENED CHILD_CHECKPOINT; do
		spoils 1 "{\"kind\":\"event\",\"event_type\":\"$t\"}" "only the ledger's own programs write $t"
	done
	[ "$(types l.jsonl)" = GENESIS ]
}

@test "events that their schema does not allow: every one is named, and nothing appended" {
	spoils 1 '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20261121-001"}' 'has no member task_id'
	spoils 1 "$(event '"extra":1')" 'has a member extra, which is not allowed'
	spoils 1 "$(event '"note":1')" '/note: is number, not string'
	spoils 1 "$(event '"dedupe_key":""')" '/dedupe_key: is shorter than 1'
	spoils 1 "$(event '"dedupe_key":7')" '/dedupe_key: is number, not string'
	spoils 1 "$(event "\"dedupe_key\":\"$(printf '%0256d' 0)\"")" '/dedupe_key: is longer than 255'
	{ event '"extra":1'; event; echo '{"kind":"event","event_type":"NOPE"}'; event '"note":[]'; } | closed >"$in"
	refused 1 cp-ledger-append l.jsonl <"$in"
	[ "$(jq -r 'select(.kind == "finding") | .code + " " + .detail[0:7]' <<<"$output")" = \
		$'SCHEMA line 1:\nEVENT line 3:\nSCHEMA line 4:' ]
	[ "$(tail -n 1 <<<"$output")" = '{"kind":"end","count":3,"status":1,"by":"cp-ledger-append"}' ]
	# Of a stream that was cut nothing is known, not even that.
	head -n -1 "$in" >"$in.cut"
	refused 3 cp-ledger-append l.jsonl <"$in.cut"
	is ''
}

@test "members that only append adds" {
	for m in entry_hash entry_id prev_hash seq timestamp uid; do
		spoils 3 "$(event "\"$m\":\"x\"")" "unable to append: an event may not bring its $m"
		spoils 3 "$(event "\"$m\":null")" "unable to append: an event may not bring its $m"
	done
	spoils 3 "$(event '"s\u0065q":1')" 'unable to append: an event may not bring its seq'
	[ "$(types l.jsonl)" = GENESIS ]
}

@test "the longest entry that fits, and one byte more" {
	event '"note":""' | cp-ledger-append l.jsonl >/dev/null
	room=$((65535 - $(tail -n 1 l.jsonl | wc -c) + 1))
	event "\"note\":\"$(printf '%0*d' $((room + 1)) 0)\"" >long
	refused 3 cp-ledger-append l.jsonl <long
	err 'unable to append: the entry would be longer than 65,535 bytes'
	{ events 3; cat long; events 3; } | closed >"$in"
	refused 3 cp-ledger-append l.jsonl <"$in"
	refused 3 cp-ledger-append l.jsonl --dry-run <"$in"
	event "\"note\":\"$(printf '%0*d' "$room" 0)\"" >fits
	run_status 0 cp-ledger-append l.jsonl <fits
	[ "$(tail -n 1 l.jsonl | wc -c)" -eq 65536 ]
	# The head is read again from behind such a line, and from one that comes after it.
	run_status 0 cp-ledger-append l.jsonl <fits
	fill l.jsonl 1
	chain_holds l.jsonl
	whole l.jsonl
	cp-ledger-read l.jsonl >/dev/null
}

@test "a batch that was partly written already is taken back when its last entry is too long" {
	many 3000 "\"note\":\"$(printf '%0600d' 0)\"" >"$in"
	{ sed '$d' "$in"; event "\"note\":\"$(printf '%065600d' 0)\""; } | closed >long
	refused 3 cp-ledger-append l.jsonl <long
	err 'longer than 65,535 bytes'
	[ ! -s l.jsonl.lock ]
	run_status 0 cp-ledger-append l.jsonl <"$in"
	[ "$(wc -l <l.jsonl)" -eq 3001 ]
	[ ! -s l.jsonl.lock ]
	acked l.jsonl
	whole l.jsonl
}

@test "an entry as deep as a record with it may be, and one deeper" {
	cp-ledger-init w.jsonl --ledger w --type L-WORKORDER --tier ho2 >/dev/null
	nest() { # DEPTH of the whole event
		local n=$(($1 - 2))
		printf '{"kind":"event","event_type":"PROPOSED","work_order_id":"WO-20261121-001","type":"code_change",'
		printf '"payload_hash":"sha256:%064d","document":{"work_order_id":"x","type":"y","deep":%s%s}}\n' 0 \
			"$(printf '[%.0s' $(seq "$n"))" "$(printf ']%.0s' $(seq "$n"))"
	}
	nest 63 >"$in"
	run_status 0 cp-ledger-append w.jsonl <"$in"
	whole w.jsonl
	run_sh 0 'cp-ledger-read w.jsonl | cp-schema-check >/dev/null'
	nest 64 >"$in"
	refused 3 cp-ledger-append w.jsonl <"$in"
	err 'the event is too deep'
	nest 65 >"$in"
	refused 3 cp-ledger-append w.jsonl <"$in"
}

@test "called wrongly is status 2, and nothing is read" {
	event >"$in"
	frozen 2 cp-ledger-append <"$in"
	frozen 2 cp-ledger-append l.jsonl l.jsonl <"$in"
	frozen 2 cp-ledger-append l.jsonl --batch 0 <"$in"
	frozen 2 cp-ledger-append l.jsonl --batch many <"$in"
	frozen 2 cp-ledger-append l.jsonl --batch 1000001 <"$in"
	frozen 2 cp-ledger-append l.jsonl --batch <"$in"
	frozen 2 cp-ledger-append l.jsonl --at now <"$in"
}

# --- batch by batch ---

@test "--stream acknowledges what it got before it waits for more" {
	mkfifo to
	cp-ledger-append l.jsonl --stream <to >acks &
	exec 7>to
	for n in 1 2 3; do
		events 1 "$n" >&7
		for ((i = 0; i < 200 && $(wc -l <acks) < n; i++)); do
			sleep 0.05
		done
		[ "$(wc -l <acks)" -eq "$n" ]
		[ "$(tail -n 1 acks | jq .seq)" -eq "$n" ]
		[ "$(tail -n 1 l.jsonl | jq -r .task_id)" = "T-$n" ]
	done
	echo '{"kind":"end","count":3,"status":0,"by":"test"}' >&7
	exec 7>&-
	wait $!
	[ "$(tail -n 1 acks)" = '{"kind":"end","count":3,"status":0,"by":"cp-ledger-append"}' ]
	acked l.jsonl acks
}

@test "--stream: when the stream is cut, what was committed before stands, and is status 3" {
	events 5 >"$in"
	run_status 3 cp-ledger-append l.jsonl --stream --batch 2 <"$in"
	err 'it has no end record'
	hasnt '"kind":"end"'
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3 T-4' ]
	[ "$(jq .seq <<<"$output" | paste -sd' ')" = '1 2 3 4' ]
	acked l.jsonl
	printf '{"kind":"ev' >>"$in"
	run_status 3 cp-ledger-append l.jsonl --stream --batch 1 <"$in"
	err 'stdin:6: unable to trust the stream: the last line is cut'
	[ "$(wc -l <<<"$output")" -eq 5 ]
	acked l.jsonl
	whole l.jsonl
}

@test "--stream --batch N: a commit is of N at most, and what is not yet committed when it goes wrong is not" {
	for n in 1 2 3 4 5 6; do
		ledger "b$n.jsonl"
		{ events 5; echo '{"kind":"file","path":"x"}'; } | closed >"$in"
		run_status 3 cp-ledger-append "b$n.jsonl" --stream --batch $n <"$in"
		[ "$(wc -l <"b$n.jsonl")" -eq $((1 + 5 / n * n)) ]
		acked "b$n.jsonl"
		[ "$(wc -l <<<"$output")" -eq $((5 / n * n)) ] || [ "$n" -eq 6 ]
		batch 5 >"$in"
		run_status 0 cp-ledger-append "b$n.jsonl" --stream --batch $n <"$in"
		[ "$(tail -n 1 <<<"$output")" = '{"kind":"end","count":5,"status":0,"by":"cp-ledger-append"}' ]
		acked "b$n.jsonl"
		whole "b$n.jsonl"
	done
	# Without --stream nothing is committed before the end.
	{ events 5; echo '{"kind":"file","path":"x"}'; } | closed >"$in"
	refused 3 cp-ledger-append l.jsonl --batch 1 <"$in"
}

@test "--stream: an event that cannot be appended ends it with status 3" {
	for bad in "$(event '"extra":1')" '{"kind":"event","event_type":"NOPE"}' '{"kind":"event","event_type":"GENESIS"}'; do
		{ events 2; printf '%s\n' "$bad"; events 2 3; } | closed >"$in"
		run_status 3 cp-ledger-append l.jsonl --stream --batch 1 <"$in"
		err 'stdin:3: unable to append: '
	done
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-1 T-2 T-1 T-2' ]
	whole l.jsonl
}

# --- dedupe keys ---

keyed() { # KEY [MEMBERS]
	event "\"dedupe_key\":\"$1\"${2:+,$2}"
}

@test "a dedupe_key that is known: the same is acknowledged again, another is status 1" {
	keyed k >same
	keyed k '"note":"other"' >other
	run_status 0 cp-ledger-append l.jsonl --author ann <same
	first=$output
	fill l.jsonl 1
	refused 0 cp-ledger-append l.jsonl --author ann <same
	is "${first%\}},\"again\":true}"
	cp-schema-check --open --known <"$BATS_TEST_TMPDIR/.out" >/dev/null
	refused 1 cp-ledger-append l.jsonl --author ann <other
	err 'unable to append: the dedupe_key k stands for another entry, seq 1'
	is ''
	refused 1 cp-ledger-append l.jsonl --author bob <same
	err 'stands for another entry'
	refused 1 cp-ledger-append l.jsonl <same
	# The same in other clothes is the same.
	printf '%s\n' '{"dedupe_key" : "\u006b","author":"ann","task_id":"T-0","work_order_id":"WO-20261121-001",'$(
		)'"kind":"event","event_type":"TASK_START"}' >"$in"
	refused 0 cp-ledger-append l.jsonl <"$in"
	has '"again":true'
	# Upper case, a prefix, a longer one: other keys.
	for k in K kk 'k ' k1; do
		keyed "$k" >"$in"
		run_status 0 cp-ledger-append l.jsonl <"$in"
		hasnt again
	done
}

@test "in a batch: what is new is appended, what is known acknowledged again; one that contradicts spoils all" {
	keyed k1 >"$in"
	cp-ledger-append l.jsonl --author ann <"$in" >/dev/null
	{ keyed k0; keyed k1; keyed k2; event; } | closed >"$in"
	run_status 0 cp-ledger-append l.jsonl --author ann <"$in"
	[ "$(jq -r 'select(.kind == "ack") | "\(.seq) \(.again)"' <<<"$output" | paste -sd,)" = \
		'2 null,1 true,3 null,4 null' ]
	acked l.jsonl
	{ keyed k5; keyed k1 '"note":"x"'; keyed k6; } | closed >"$in"
	refused 1 cp-ledger-append l.jsonl --author ann <"$in"
	err 'the dedupe_key k1 stands for another entry, seq 1'
	hasnt ack
	whole l.jsonl
}

@test "twice in one batch: the same once, another refused with all of it" {
	{ keyed k; event; keyed k; keyed k; } | closed >"$in"
	run_status 0 cp-ledger-append l.jsonl <"$in"
	[ "$(jq -r 'select(.kind == "ack") | "\(.seq) \(.again)"' <<<"$output" | paste -sd,)" = \
		'1 null,2 null,1 true,1 true' ]
	[ "$(wc -l <l.jsonl)" -eq 3 ]
	acked l.jsonl
	{ keyed n; event; keyed n '"note":"x"'; } | closed >"$in"
	refused 1 cp-ledger-append l.jsonl <"$in"
	err 'the dedupe_key n stands for another entry'
	{ keyed s; keyed s; keyed s '"note":"x"'; } | closed >"$in"
	run_status 1 cp-ledger-append l.jsonl --stream --batch 1 <"$in"
	[ "$(grep -c '"dedupe_key":"s"' l.jsonl)" -eq 1 ]
	acked l.jsonl
}

@test "a key is found in sealed segments and in archives of either kind" {
	for n in 1 2 3; do
		keyed k$n "\"author\":\"ann\"" >k$n
		cp-ledger-append l.jsonl <k$n >/dev/null
		[ $n -eq 3 ] || cp-ledger-rotate l.jsonl >/dev/null
	done
	cp-ledger-archive l.jsonl --keep 1 --format gzip >/dev/null
	cp-ledger-rotate l.jsonl >/dev/null
	cp-ledger-archive l.jsonl --keep 1 --format zstd >/dev/null
	[ "$(ls l.d | sed 's/.*\.jsonl/jsonl/' | sort | paste -sd' ')" = 'jsonl jsonl.gz jsonl.sha256 jsonl.sha256 jsonl.zst' ]
	for n in 1 2 3; do
		refused 0 cp-ledger-append l.jsonl <k$n
		[ "$(jq -r .seq <<<"$output")" -eq $((3 * n - 2)) ]
		[ "$(jq -r .again <<<"$output")" = true ]
		acked l.jsonl
		keyed k$n '"note":"x"' >"$in"
		refused 1 cp-ledger-append l.jsonl --author ann <"$in"
	done
}

@test "keys and authors that JSON escapes are compared as what they mean" {
	keyed '\"\\\u0001\n/é😀' >"$in"
	run_status 0 cp-ledger-append l.jsonl --author ann <"$in"
	refused 0 cp-ledger-append l.jsonl --author ann <"$in"
	has '"again":true'
	keyed '\"\\\u0001\n\/\u00e9\ud83d\ude00' >"$in"
	refused 0 cp-ledger-append l.jsonl --author ann <"$in"
	has '"again":true'
	n=0
	for who in 'a"b' 'a\b' $'a\tb' $'a\x01' 'é'; do
		n=$((n + 1))
		keyed "of $n" >"$in"
		run_status 0 cp-ledger-append l.jsonl --author "$who" <"$in"
		refused 0 cp-ledger-append l.jsonl --author "$who" <"$in"
		has '"again":true'
		# The same, said by the event itself.
		event "\"dedupe_key\":\"of $n\",\"author\":$(jq -n --arg a "$who" '$a')" >"$in"
		refused 0 cp-ledger-append l.jsonl <"$in"
		has '"again":true'
	done
}

@test "the text of a note is no dedupe_key" {
	event '"note":"\"dedupe_key\":\"k\""' >"$in"
	cp-ledger-append l.jsonl <"$in" >/dev/null
	keyed k >"$in"
	run_status 0 cp-ledger-append l.jsonl <"$in"
	hasnt again
	[ "$(jq .seq <<<"$output")" -eq 2 ]
}

@test "a key whose entry was torn off and is not there is not acknowledged" {
	fill l.jsonl 1
	cp l.jsonl before
	cp l.jsonl.durable before.durable
	keyed k >"$in"
	fill l.jsonl 1
	cp-ledger-append l.jsonl <"$in" >/dev/null
	# After a power cut: of two entries behind what was synced the first is lost, the second is there.
	tail -n 1 l.jsonl >kept
	cat before kept >l.jsonl
	cp before.durable l.jsonl.durable
	run_status 0 cp-ledger-append l.jsonl <"$in"
	acked l.jsonl
	hasnt again
	[ "$(types l.jsonl)" = 'GENESIS TASK_START TAIL_REPAIRED TASK_START' ]
	whole l.jsonl
}

# --- torn ends ---

# tear FILE: puts its bytes behind the ledger's last; then the next append must find them, keep them and say so.
tear() {
	local size hash count
	size=$(stat -c %s "$1")
	hash=sha256:$(sha256sum <"$1" | cut -c1-64)
	count=$(wc -l <l.jsonl)
	cat "$1" >>l.jsonl
	event '"note":"behind"' >"$in"
	run_status 0 cp-ledger-append l.jsonl --author ann <"$in" || return
	silent
	[ "$(jq .seq <<<"$output")" -eq $((count + 1)) ] || return
	acked l.jsonl || return
	repaired l.jsonl "$size" "$hash" || return
	[ "$(tail -n 2 l.jsonl | jq -r '.event_type + .author' | paste -sd' ')" = 'TAIL_REPAIREDann TASK_STARTann' ] || return
	chain_holds l.jsonl || return
	whole l.jsonl
}

@test "what lies behind the last line feed is cut off, kept, and told" {
	fill l.jsonl 2
	tail -n 1 l.jsonl >line
	head -c 1 line >torn
	tear torn
	head -c -1 line >torn
	tear torn
	head -c 4096 /dev/zero >torn
	tear torn
	{ head -c 100 line; head -c 3996 /dev/zero; } >torn
	tear torn
	{ head -c 10000 /dev/zero; head -c 200 line; } >torn
	tear torn
	head -c 200000 /dev/zero | tr '\0' x >torn
	tear torn
	[ "$(stat -c %a l.jsonl.torn-* | sort -u)" = 600 ]
	[ "$(find . -name '*.torn-*' | wc -l)" -eq 6 ]
}

another() {
	rm -f copy.jsonl*
	cp l.jsonl copy.jsonl
}

@test "behind what was synced, lines that are not of the chain are cut off with all that follows" {
	fill l.jsonl 2
	tail -n 1 l.jsonl >line
	cp line torn
	tear torn
	{ head -c 4095 /dev/zero; echo; } >torn
	tear torn
	{ echo; cat line; } >torn
	tear torn
	echo '{"seq":1}' >torn
	tear torn
	# The next entry by its number, but altered, or of another chain.
	another
	fill copy.jsonl 2
	tail -n 2 copy.jsonl | sed '1s/T-1/T-9/' >torn
	tear torn
	another
	fill copy.jsonl 1
	tail -n 1 copy.jsonl | sed -E 's/("prev_hash":"sha256:)[0-9a-f]{8}/\100000000/' | rehash >torn
	tear torn
	# Good ones stand; from the first bad one on they go.
	another
	fill copy.jsonl 3 100
	tail -n 3 copy.jsonl >three
	sed '3s/T-102/T-9/' three >torn
	cat torn >>l.jsonl
	event >"$in"
	run_status 0 cp-ledger-append l.jsonl <"$in"
	[ "$(tail -n 4 l.jsonl | jq -r '.task_id // .event_type' | paste -sd' ')" = 'T-100 T-101 TAIL_REPAIRED T-0' ]
	repaired l.jsonl "$(sed -n 3p torn | wc -c)" "sha256:$(sed -n 3p torn | sha256sum | cut -c1-64)"
	chain_holds l.jsonl
}

@test "whole entries that a writer left unsynced stand" {
	cp l.jsonl.durable old
	fill l.jsonl 3
	cp old l.jsonl.durable
	fill l.jsonl 1 4
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3 T-4' ]
	[ -z "$(find . -name '*.torn-*')" ]
	[ "$(jq .offset l.jsonl.durable)" -eq "$(stat -c %s l.jsonl)" ]
	whole l.jsonl
}

# dead N [DURABLE]: a writer announced a batch of five behind two entries, wrote N bytes of it and died.
dead() {
	rm -rf ./*
	ledger l.jsonl
	fill l.jsonl 2
	start=$(stat -c %s l.jsonl)
	cp l.jsonl five.jsonl
	batch 5 10 | cp-ledger-append five.jsonl --author test >/dev/null
	end=$(stat -c %s five.jsonl)
	tail -c +$((start + 1)) five.jsonl | head -c "$1" >part
	cat part >>l.jsonl
	announce l.jsonl "$start" "$end"
}

@test "an announced batch whose writer died is taken back whole, or stands whole" {
	dead 100000
	all=$(stat -c %s part)
	lines=$(head -n 3 part | wc -c)
	for n in 1 300 "$lines" $((lines + 10)) $((all - 1)); do
		for durable in known older; do
			dead "$n"
			[ $durable = known ] || synced l.jsonl "$(head -n 2 l.jsonl | wc -c)" "$(sed -n 2p l.jsonl | jq -r .entry_hash)"
			fill l.jsonl 1 99
			[ "$(tasks l.jsonl)" = 'T-1 T-2 T-99' ]
			repaired l.jsonl "$n" "sha256:$(sha256sum <part | cut -c1-64)"
			[ ! -s l.jsonl.lock ]
			whole l.jsonl
		done
	done
	for durable in known absent; do
		dead "$all"
		[ $durable = known ] || rm l.jsonl.durable
		fill l.jsonl 1 99
		[ "$(tasks l.jsonl)" = 'T-1 T-2 T-10 T-11 T-12 T-13 T-14 T-99' ]
		[ ! -s l.jsonl.lock ]
		whole l.jsonl
	done
}

@test "where FILE.durable is gone, what is not whole may have been acknowledged: only recovery decides" {
	dead 700
	rm l.jsonl.durable
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'FILE.lock says that a batch was not finished, and FILE.durable is gone'
	run_status 0 cp-ledger-recover l.jsonl
	fill l.jsonl 1 99
	whole l.jsonl
	printf 'torn' >>l.jsonl
	rm l.jsonl.durable
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'its last line is cut, and nothing says that it was never synced'
	run_status 0 cp-ledger-recover l.jsonl
	repaired l.jsonl 4 "sha256:$(printf torn | sha256sum | cut -c1-64)"
	fill l.jsonl 1 100
	whole l.jsonl
}

@test "an announced batch whose end was not known yet is taken back" {
	dead 700
	announce l.jsonl "$start" 9007199254740991
	fill l.jsonl 1 99
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-99' ]
	repaired l.jsonl 700 "sha256:$(sha256sum <part | cut -c1-64)"
	dead 0
	announce l.jsonl "$start" 9007199254740991
	fill l.jsonl 1 99
	[ "$(types l.jsonl)" = 'GENESIS TASK_START TASK_START TASK_START' ]
	whole l.jsonl
}

@test "an announcement that is old or nonsense takes nothing back that was synced" {
	fill l.jsonl 3
	size=$(stat -c %s l.jsonl)
	for said in "0 $size" "0 9007199254740991" "405 $((size - 1))" "$((size - 1)) $((size + 1))" "$size 1" "$size 99999" \
		"-1 $size" "0 9007199254740993"; do
		# shellcheck disable=SC2086
		announce l.jsonl $said
		fill l.jsonl 1
		[ -z "$(find . -name '*.torn-*')" ]
	done
	printf 'garbage' >l.jsonl.lock
	fill l.jsonl 1
	head -c 1000 /dev/zero >l.jsonl.lock
	fill l.jsonl 2
	[ "$(wc -l <l.jsonl)" -eq 15 ]
	whole l.jsonl
}

@test "entries that were committed meanwhile do not make half of a dead batch stand" {
	need strace
	strace -qq -o /dev/null -e trace=fcntl true 2>/dev/null || skip 'no right to trace here'
	ledger a.jsonl
	fill a.jsonl 1
	event >"$in"
	# One writer has let the next in and goes to sync; the next one dies in the middle of its batch.
	: >trace
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o trace -e trace=fcntl \
		-e inject=fcntl:delay_enter=2000000:when=8 cp-ledger-append a.jsonl <"$in" >ack &
	for ((i = 0; i < 200 && $(wc -l <a.jsonl) < 3; i++)); do
		sleep 0.02
	done
	sleep 0.2
	cp a.jsonl five.jsonl
	batch 5 10 | cp-ledger-append five.jsonl --author test >/dev/null
	start=$(stat -c %s a.jsonl)
	announce a.jsonl "$start" "$(stat -c %s five.jsonl)"
	tail -c +$((start + 1)) five.jsonl | head -n 3 >part
	cat part >>a.jsonl
	[ ! -s ack ]
	wait $!
	acked a.jsonl ack
	[ "$(jq .offset a.jsonl.durable)" -le "$start" ]
	fill a.jsonl 1 99
	[ "$(tasks a.jsonl)" = 'T-1 T-0 T-99' ]
	whole a.jsonl
}

@test "what was kept once is not kept twice, and what is torn again before it was told is told with it" {
	fill l.jsonl 1
	printf 'first' >l.jsonl.torn-2
	printf 'first' >>l.jsonl
	fill l.jsonl 1
	repaired l.jsonl 5 "sha256:$(printf first | sha256sum | cut -c1-64)"
	printf 'one,' >l.jsonl.torn-4
	printf 'two' >>l.jsonl
	fill l.jsonl 1
	repaired l.jsonl 7 "sha256:$(printf one,two | sha256sum | cut -c1-64)"
	# Cut and kept, but its writer died before it said so.
	printf 'gone' >l.jsonl.torn-6
	fill l.jsonl 1
	repaired l.jsonl 4 "sha256:$(printf gone | sha256sum | cut -c1-64)"
	whole l.jsonl
}

@test "a batch that is refused leaves the torn end to be told by the next" {
	keyed k >k
	cp-ledger-append l.jsonl <k >/dev/null
	printf 'torn' >>l.jsonl
	keyed k '"note":"x"' >"$in"
	run_status 1 cp-ledger-append l.jsonl <"$in"
	[ "$(wc -l <l.jsonl)" -eq 2 ]
	run_status 0 cp-ledger-append l.jsonl <k
	has '"again":true'
	[ "$(types l.jsonl)" = 'GENESIS TASK_START TAIL_REPAIRED' ]
	repaired l.jsonl 4 "sha256:$(printf torn | sha256sum | cut -c1-64)"
	whole l.jsonl
}

@test "a ledger whose name is not UTF-8, or needs escapes, is repaired and told like any other" {
	for name in $'a"\\\n\x01\x7fé.jsonl' $'\xff.jsonl'; do
		ledger "$name" --ledger x 2>/dev/null || cp-ledger-init "$name" --ledger x --type L-EXEC --tier ho1 >/dev/null
		printf 'torn' >>"$name"
		fill "$name" 1
		[ "$(types "$name")" = 'GENESIS TAIL_REPAIRED TASK_START' ]
		[ -e "$name.torn-1" ]
		whole "$name"
	done
}

# --- what is not to be trusted ---

@test "damage to what was synced is status 3, and not touched" {
	fill l.jsonl 3
	cp l.jsonl good
	truncate -s -1 l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'it is shorter than what was synced of it'
	head -n 3 good >l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'it is shorter than what was synced of it'
	: >l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'it is empty'
	{ head -c -1 good; printf 'xtorn'; } >l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'what was synced of it is damaged'
	{ head -c -100 good; head -c 100 /dev/zero; } >l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'what was synced of it is damaged'
	sed '$s/T-3/T-9/' good >l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'its content is not what its entry_hash says'
	sed '$s/T-3/T-9/' good | rehash >l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'it is not what was synced'
	sed '$s/,"seq"/, "seq"/' good >l.jsonl
	synced l.jsonl "" "$(tail -n 1 good | jq -r .entry_hash)"
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'it is not canonical JSON'
	# Somebody else's bytes behind damage do not hide it.
	{ sed '$s/T-3/T-9/' good; printf 'torn'; } >l.jsonl
	synced l.jsonl "$(stat -c %s good)" "$(tail -n 1 good | jq -r .entry_hash)"
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
}

@test "a last entry that cannot be one is status 3, even where nothing says how far it was synced" {
	fill l.jsonl 3
	rm l.jsonl.durable
	cp l.jsonl good
	for spoil in '$s/T-3/T-9/' '$s/"seq":3,//' '$s/"entry_hash":"[^"]*",//' '$s/.*/garbage/' '$s/.*//' '$s/sha256:/sha512:/'; do
		sed "$spoil" good >l.jsonl
		refused 3 cp-ledger-append l.jsonl <<<"$(event)"
		err 'last entry'
	done
	{ cat good; printf '%065600d\n' 0; } >l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	err 'its last line is longer than an entry'
}

@test "FILE.durable may be absent, empty, garbage, too short or of an earlier file: nothing is lost by that" {
	fill l.jsonl 2
	zeros=sha256:$(printf '%064d' 0)
	for text in '' garbage '{}' '{"first_seq":0}' '{"first_seq":0,"head_hash":"x","offset":1}' \
		"{\"first_seq\":0,\"head_hash\":\"$zeros\",\"offset\":-1}" '[0]' "{\"head_hash\":\"$zeros\",\"offset\":1}"; do
		printf '%s\n' "$text" >l.jsonl.durable
		fill l.jsonl 1
		[ "$(jq .offset l.jsonl.durable)" -eq "$(stat -c %s l.jsonl)" ]
		printf '%-191s\n' "$text" >l.jsonl.durable
		fill l.jsonl 1
		[ "$(jq .offset l.jsonl.durable)" -eq "$(stat -c %s l.jsonl)" ]
	done
	rm l.jsonl.durable
	fill l.jsonl 1
	: >l.jsonl.durable
	fill l.jsonl 1
	[ "$(wc -l <l.jsonl)" -eq 21 ]
	[ "$(stat -c %s l.jsonl.durable)" -eq 192 ]
	whole l.jsonl
}

@test "a FILE.durable of a later file, as when an older copy of the ledger was put back: nothing is acknowledged unsynced" {
	for first in 5 77; do
		synced l.jsonl 100 "" "$first"
		refused 3 cp-ledger-append l.jsonl <<<"$(event)"
		err 'a later file of it was synced: it is an older one that came back'
	done
	rm l.jsonl.durable
	fault_call=0 FAULT_LOG=$BATS_TEST_TMPDIR/log run_status 0 faulted none . cp-ledger-append l.jsonl <<<"$(event)"
	grep -q 'fdatasync .*/l.jsonl$' "$BATS_TEST_TMPDIR/log"
	whole l.jsonl
}

@test "a FILE.durable that cannot be written is warned of, and the entry stands" {
	rm l.jsonl.durable
	mkdir l.jsonl.durable
	run_status 0 cp-ledger-append l.jsonl <<<"$(event)"
	err 'unable to write l.jsonl.durable'
	rmdir l.jsonl.durable
	ln -s elsewhere l.jsonl.durable
	run_status 0 cp-ledger-append l.jsonl <<<"$(event)"
	[ ! -e elsewhere ]
	rm l.jsonl.durable
	mkfifo l.jsonl.durable
	run_status 0 timeout 5 cp-ledger-append l.jsonl <<<"$(event)"
	acked l.jsonl
	rm l.jsonl.durable
	whole l.jsonl
}

@test "a sync that fails is status 4, acknowledges nothing, and stops every writer" {
	run_status 4 faulted EIO '^fdatasync ' cp-ledger-append l.jsonl <<<"$(event)"
	err 'unable to sync l.jsonl: what was written last is not known to be there'
	is ''
	[ -s l.jsonl.poisoned ]
	refused 4 cp-ledger-append l.jsonl <<<"$(event)"
	err 'unable to append to l.jsonl: a sync of it has failed (cp-ledger-recover looks at it)'
	batch 3 >"$in"
	refused 4 cp-ledger-append l.jsonl --stream <"$in"
	frozen 4 cp-ledger-append l.jsonl --dry-run <"$in"
	refused 4 cp-ledger-rotate l.jsonl
	run_status 0 cp-ledger-recover l.jsonl
	[ ! -e l.jsonl.poisoned ]
	fill l.jsonl 1
	whole l.jsonl
}

@test "a clock that is more than five minutes behind the last entry is status 4" {
	ahead() { # SECONDS: the ledger's last entry is as much ahead of the clock
		rm -f l.jsonl*
		ledger l.jsonl
		fill l.jsonl 1
		local stamp
		stamp=$(date -ud "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%S.999Z)
		sed -E "2{s/(\"timestamp\":\")[^\"]*/\\1$stamp/; s/(\"entry_id\":\"EXEC-)[0-9-]{15}/\\1$(
			date -ud "$stamp" +%Y%m%d-%H%M%S)/}" l.jsonl | rehash >new
		mv new l.jsonl
		synced l.jsonl
		whole l.jsonl
	}
	ahead 400
	refused 4 cp-ledger-append l.jsonl <<<"$(event)"
	err 'unable to append: the clock is more than five minutes behind the last entry ('
	refused 4 cp-ledger-rotate l.jsonl
	frozen 4 cp-ledger-append l.jsonl --dry-run <<<"$(event)"
	# Less than that: no entry is older than the one before it.
	ahead 200
	run_status 0 cp-ledger-append l.jsonl <<<"$(event)"
	[ "$(sed -n 3p l.jsonl | jq -r .timestamp)" = "$(sed -n 2p l.jsonl | jq -r .timestamp)" ]
	whole l.jsonl
	if command -v faketime >/dev/null; then
		refused 4 faketime -f -10m cp-ledger-append l.jsonl <<<"$(event)"
	fi
}

# --- where it lies ---

@test "through a symlink it is the same ledger, with the same lock and the same sidecars" {
	mkdir real
	cp-ledger-init real/r.jsonl --ledger r --type L-EXEC --tier ho1 >/dev/null
	ln -s real/r.jsonl link.jsonl
	ln -s link.jsonl again
	ln -s real dir
	fill again 1
	printf 'torn' >>link.jsonl
	fill dir/r.jsonl 1
	cp-ledger-rotate link.jsonl >/dev/null
	fill link.jsonl 1
	[ "$(ls -A real | paste -sd' ')" = 'r.d r.jsonl r.jsonl.durable r.jsonl.lock r.jsonl.torn-2' ]
	[ "$(ls -A | paste -sd' ')" = 'again dir l.jsonl l.jsonl.durable link.jsonl real' ]
	[ -L link.jsonl ]
	whole again
	whole real/r.jsonl
}

@test "a ledger with a second name is refused by either, even where its end is torn" {
	fill l.jsonl 1
	ln l.jsonl second
	for name in l.jsonl second; do
		refused 3 cp-ledger-append $name <<<"$(event)"
		err 'it has another name (a hard link), by which somebody else could write'
		frozen 3 cp-ledger-append $name --dry-run <<<"$(event)"
	done
	printf 'torn' >>l.jsonl
	refused 3 cp-ledger-append l.jsonl <<<"$(event)"
	rm second
	fill l.jsonl 1
}

@test "a sealed part is no ledger: nobody appends to it, not even root" {
	fill l.jsonl 1
	cp-ledger-rotate l.jsonl >/dev/null
	seg=l.d/000000000000-000000000002.jsonl
	for mode in 444 644; do
		chmod $mode $seg
		status=0
		cp-ledger-append $seg <<<"$(event)" >out 2>err || status=$?
		rm -f $seg.lock out err
		[ "$status" -ge 3 ]
		[ "$(find l.d -type f)" = $seg ]
		whole l.jsonl
	done
}

@test "a lock file that was removed meanwhile is no lock" {
	need strace
	strace -qq -o /dev/null -e trace=fcntl true 2>/dev/null || skip 'no right to trace here'
	ledger a.jsonl
	mkfifo to
	cp-ledger-append a.jsonl --stream --author old <to >acks.old 3>&- &
	old=$!
	exec 7>to
	events 1 1 >&7
	for ((i = 0; i < 200 && $(wc -l <acks.old) < 1; i++)); do
		sleep 0.02
	done
	rm a.jsonl.lock
	# Another takes the new lock, and is slow between looking where the end is and writing there.
	events 1 2 >"$in"
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o trace -P a.jsonl -e trace=pwrite64 \
		-e inject=pwrite64:delay_enter=1500000:when=1 cp-ledger-append a.jsonl --author new <"$in" >acks.new 2>err 3>&- &
	new=$!
	sleep 0.5
	events 1 3 >&7
	echo '{"kind":"end","count":2,"status":0,"by":"test"}' >&7
	exec 7>&-
	wait $new
	wait $old
	acked a.jsonl acks.old
	acked a.jsonl acks.new
	[ "$(tasks a.jsonl)" = 'T-1 T-2 T-3' ]
	whole a.jsonl
}

@test "what is no ledger of ours is refused" {
	refused 4 cp-ledger-append missing.jsonl <<<"$(event)"
	err 'unable to open the ledger missing.jsonl: No such file or directory'
	[ ! -e missing.jsonl.lock ]
	refused 4 cp-ledger-append . <<<"$(event)"
	mkfifo fifo
	refused 4 timeout 10 cp-ledger-append fifo <<<"$(event)"
	err 'unable to open the ledger fifo'
	ln -s /dev/null null
	refused 4 cp-ledger-append null <<<"$(event)"
	: >empty
	refused 3 cp-ledger-append empty <<<"$(event)"
	err 'it is empty'
	cp "$(shared real/ledger/clean-210.jsonl)" legacy.jsonl
	refused 3 cp-ledger-append legacy.jsonl <<<"$(event)"
	err 'it is no ledger of format cp-ledger/1'
	err 'cp-ledger-adopt seals an older one'
	printf 'no line' >garbage
	refused 3 cp-ledger-append garbage <<<"$(event)"
	sed 's/cp-ledger\/1/cp-ledger\/2/' l.jsonl | rehash >two
	refused 3 cp-ledger-append two <<<"$(event)"
	err 'its format is not cp-ledger/1'
	fill l.jsonl 1
	sed -n 2p l.jsonl >headless
	refused 3 cp-ledger-append headless <<<"$(event)"
	[ -z "$(find . -name 'legacy*.lock' -o -name 'empty.lock')" ]
}

@test "a ledger or a directory that one may not write in is status 4" {
	fill l.jsonl 1
	[ "$(id -u)" -eq 0 ] || chmod 444 l.jsonl
	refused 4 as_user cp-ledger-append l.jsonl <<<"$(event)"
	err 'unable to open the ledger l.jsonl: Permission denied'
	chmod 666 l.jsonl
	rm l.jsonl.lock
	[ "$(id -u)" -eq 0 ] || chmod 555 .
	refused 4 as_user cp-ledger-append l.jsonl <<<"$(event)"
	err 'unable to open the lock of l.jsonl: Permission denied'
	refused 0 as_user cp-ledger-append l.jsonl --dry-run <<<"$(event)"
	chmod 755 .
}

# --- when the system fails ---

@test "acks that nobody takes are status 4, and the entries stand" {
	batch 3 >"$in"
	run_status 4 sh -c 'cp-ledger-append l.jsonl <"$1" >/dev/full' sh "$in"
	err 'unable to write standard output: No space left on device'
	[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3' ]
	run_status 4 sh -c 'cp-ledger-append l.jsonl --stream --batch 1 <"$1" >/dev/full' sh "$in"
	whole l.jsonl
	count=$(wc -l <l.jsonl)
	run_status 4 sh -c 'cp-ledger-append l.jsonl <"$1" >&-' sh "$in"
	[ "$(wc -l <l.jsonl)" -eq "$count" ]
}

@test "a reader of the acks who leaves does not stop the batch half way" {
	many 2000 >"$in"
	run_status 0 bash -c 'cp-ledger-append l.jsonl <"$1" | head -n 1; exit 0' sh "$in"
	[ "$(wc -l <l.jsonl)" -eq 2001 ]
	whole l.jsonl
}

@test "a full disk is status 4, acknowledges nothing, and leaves the ledger as it was" {
	fill l.jsonl 2
	for n in 1 3 40 3000; do
		many "$n" >"$in"
		refused 4 limited $(($(stat -c %s l.jsonl) / 1024)) cp-ledger-append l.jsonl <"$in"
		has 'unable to append to l.jsonl: File too large'
		hasnt '"kind":"ack"'
		[ ! -s l.jsonl.lock ]
	done
	# The first MiB fits, and what comes then does not.
	many 4000 >"$in"
	refused 4 limited 1200 cp-ledger-append l.jsonl <"$in"
	[ ! -s l.jsonl.lock ]
	for what in ENOSPC EIO EDQUOT; do
		for n in 1 3; do
			batch "$n" >"$in"
			refused 4 faulted $what '^pwrite .*l.jsonl$' cp-ledger-append l.jsonl <"$in"
			err 'unable to append to l.jsonl'
			is '{"kind":"end","count":0,"status":4,"by":"cp-ledger-append"}'
		done
	done
	fill l.jsonl 1
	whole l.jsonl
}

@test "where there is no place for a big batch to wait in, it is status 4" {
	many 20000 "\"note\":\"$(printf '%0400d' 0)\"" >"$in"
	[ "$(stat -c %s "$in")" -gt 9000000 ]
	TMPDIR=/nonexistent refused 4 cp-ledger-append l.jsonl <"$in"
	err 'unable to make a temporary file in /nonexistent'
	cp-ledger-append l.jsonl <"$in" >acks
	[ "$(wc -l <l.jsonl)" -eq 20001 ]
	[ "$(tail -n 2 acks | head -n 1 | jq -r .seq)" -eq 20000 ]
	acked l.jsonl acks
	whole l.jsonl
}

# --- dry ---

@test "--dry-run judges everything, acknowledges with dry_run, and writes not a byte" {
	fill l.jsonl 1
	rm -f l.jsonl.lock
	keyed k >k
	batch 3 >"$in"
	frozen 0 cp-ledger-append l.jsonl --dry-run <"$in"
	[ "$(jq -c 'select(.kind == "ack") | [.seq, .dry_run]' <<<"$output" | paste -sd' ')" = '[2,true] [3,true] [4,true]' ]
	cp-schema-check --known <"$BATS_TEST_TMPDIR/.out" >/dev/null
	frozen 0 cp-ledger-append l.jsonl --dry-run --stream --batch 3 <"$in"
	[ "$(jq -c 'select(.kind == "ack") | [.seq, .dry_run]' <<<"$output" | paste -sd' ')" = '[2,true] [3,true] [4,true]' ]
	event '"extra":1' >bad
	frozen 1 cp-ledger-append l.jsonl --dry-run <bad
	events 2 >open
	frozen 3 cp-ledger-append l.jsonl --dry-run <open
	frozen 4 cp-ledger-append missing --dry-run <"$in"
	frozen 0 cp-ledger-append l.jsonl --dry-run <k
	cp-ledger-append l.jsonl <k >/dev/null
	frozen 0 cp-ledger-append l.jsonl --dry-run <k
	has '"again":true,"dry_run":true'
	keyed k '"note":"x"' >other
	frozen 1 cp-ledger-append l.jsonl --dry-run <other
	cp l.jsonl good
	printf 'torn' >>l.jsonl
	frozen 0 cp-ledger-append l.jsonl --dry-run <"$in"
	err '4 bytes at the end of l.jsonl would be cut off first'
	sed '$s/T-0/T-9/' good >l.jsonl
	frozen 3 cp-ledger-append l.jsonl --dry-run <"$in"
}

@test "--dry-run --stream goes on from what it would have appended" {
	batch 3 >"$in"
	frozen 0 cp-ledger-append l.jsonl --dry-run --stream --batch 1 <"$in"
	[ "$(jq 'select(.kind == "ack").seq' <<<"$output" | paste -sd' ')" = '1 2 3' ]
	{ keyed k; keyed k; } | closed >"$in"
	frozen 0 cp-ledger-append l.jsonl --dry-run --stream --batch 1 <"$in"
	[ "$(jq -c 'select(.kind == "ack") | [.seq, .again]' <<<"$output" | paste -sd' ')" = '[1,null] [1,true]' ]
}

@test "--dry-run sees a batch whose writer died as the next writer will" {
	dead 1000
	batch 1 99 >"$in"
	frozen 0 cp-ledger-append l.jsonl --dry-run <"$in"
	err '1000 bytes at the end of l.jsonl would be cut off first'
	[ "$(jq 'select(.kind == "ack").seq' <<<"$output")" -le 4 ]
}

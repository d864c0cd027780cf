load ../helper
load ledger
load forge

# A ledger of twelve lines, seq 0 to 11, of which nobody remembers anything.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ledger l.jsonl
	fill l.jsonl 11
	rm l.jsonl.durable
}

check() { # STATUS [OPTION]... LEDGER
	run_status "$1" cp-chain-check --no-seen "${@:2}"
}

# streamed STATUS LEDGER [OPTION]...: the same of a stream.
streamed() {
	run_sh "$1" "cp-ledger-read '$2' | cp-chain-check --no-seen ${*:3}"
}

# --- the known answers ---

@test "the known answers: each entry, each prefix of them with its head and its root, as a file and as a stream" {
	v=$(shared vectors/cp-ledger-v1)
	for n in 1 2 3; do
		head -n "$n" "$v/packages.jsonl" >p
		head=$(jq -r ".entry_hashes[$n - 1]" "$v/expect.json")
		root=sha256:$(jq -r ".roots[$n - 1]" "$v/expect.json")
		check 0 p
		silent
		faults_are
		report_has source p profile v1 ledger cp.example/ho3/packages entries "$n" first_seq 0 hash_ok "$n" altered 0 unhashed 0 \
			malformed 0 breaks 0 roots 1 head_hash "$head" root_hash "$root" schemas true segments 0 archived 0 level unchecked
		[ "${lines[1]}" = '{"kind":"end","count":1,"status":0,"by":"cp-chain-check"}' ]
		streamed 0 p
		silent
		faults_are
		report_has source cp.example/ho3/packages profile v1 entries "$n" hash_ok "$n" head_hash "$head" root_hash "$root" \
			level unchecked
	done
}

@test "an entry of the known answers that another canonical form has written is MALFORMED" {
	v=$(shared vectors/cp-ledger-v1)
	cp "$v/packages.jsonl" p && chmod u+w p
	put_line p 3 "$(line p 3 | jq -cS .)"
	check 1 p
	faults_are 'MALFORMED 3 2'
	has 'it is not canonical JSON (RFC 8785)'
}

@test "the checkpoint of the known answers is met, and not by two of its three entries" {
	v=$(shared vectors/cp-ledger-v1)
	check 0 --checkpoint "$v/checkpoint" --vkey "$v/vkey" "$v/packages.jsonl"
	report_has level local faults 0
	check 0 --checkpoint "$v/checkpoint" --vkey "$(cat "$v/vkey")" "$v/packages.jsonl"
	report_has level local
	head -n 2 "$v/packages.jsonl" >p
	check 1 --checkpoint "$v/checkpoint" --vkey "$v/vkey" p
	faults_are 'ROLLBACK - 2'
	report_has level unchecked
	streamed 1 p --checkpoint "$v/checkpoint" --vkey "$v/vkey"
	faults_are 'ROLLBACK - 2'
}

# --- the real ledgers ---

# real STATUS FILE REPORT -- FAULT...: as a file and as a stream.
real() {
	local status=$1 file=$2 report
	read -ra report <<<"$3"
	shift 4
	check "$status" "$file"
	faults_are "$@"
	report_has source "$file" profile legacy "${report[@]}" level unchecked segments 0
	silent
	streamed "$status" "$file"
	faults_are "$@"
	report_has source "$file" profile legacy "${report[@]}" level unchecked
	silent
}

@test "the real ledgers that are in order" {
	real 0 "$(shared real/ledger/clean-210.jsonl)" \
		'entries 210 hash_ok 210 altered 0 unhashed 0 malformed 0 roots 1 forks 0 missing_parents 0
		last_entry_hash 9e8a5460b39a018cfb5a5cfe11b78d87b19228a4de21ef3eb1ce8a58e6d751aa' --
	for f in exec evidence; do
		real 0 "$(shared real/sessions/$f-18.jsonl)" \
			'entries 18 hash_ok 18 altered 0 unhashed 0 malformed 0 roots 1 forks 0 missing_parents 0' --
	done
	real 0 "$(shared real/ledger/kernel.jsonl)" 'entries 6 hash_ok 6 altered 0 unhashed 0 roots 1 forks 0' --
	real 0 "$(shared real/ledger/ho1-worker.jsonl)" 'entries 1 hash_ok 1 altered 0 unhashed 0 roots 1 forks 0' --
	real 0 "$(shared real/ledger/ho2-workorder.jsonl)" 'entries 1 hash_ok 1 altered 0 unhashed 0 roots 1 forks 0' --
}

@test "the real ledger that was tampered with: lines 15 and 16, and nothing else" {
	real 1 "$(shared real/ledger/tampered-19.jsonl)" \
		'entries 19 hash_ok 17 altered 2 unhashed 0 malformed 0 roots 1 forks 0 missing_parents 0' -- \
		'ALTERED 15 -' 'ALTERED 16 -'
}

@test "the real ledger with lines that have no hash: 211 and 212, and 213 restarts the chain" {
	real 1 "$(shared real/ledger/legacy-lines-269.jsonl)" \
		'entries 269 hash_ok 267 altered 0 unhashed 2 malformed 0 roots 2 forks 0 missing_parents 0' -- \
		'UNHASHED 211 -' 'UNHASHED 212 -' 'LINK 213 -'
	has 'it restarts the chain'
}

@test "what is done to a ledger of the earlier format is found where it was done" {
	cp "$(shared real/ledger/clean-210.jsonl)" c && chmod u+w c
	sed 100d c >d
	check 1 d
	faults_are 'LINK 100 -'
	report_has entries 209 hash_ok 209 missing_parents 1 forks 0
	sed 100p c >d
	check 1 d
	faults_are 'LINK 101 -'
	report_has entries 211 hash_ok 211 forks 1
	sed '100{h;d};101{G}' c >d
	check 1 d
	grep -q '^LINK 100 ' <<<"$(faults)"
	sed '100s/"decision": "/&X/' c >d
	check 1 d
	faults_are 'ALTERED 100 -'
	sed '100s/, "entry_hash": "[0-9a-f]*"//' c >d
	check 1 d
	grep -qx 'UNHASHED 100 -' <<<"$(faults)"
	report_has unhashed 1
	sed '100s/^{/[/' c >d
	check 1 d
	grep -qx 'MALFORMED 100 -' <<<"$(faults)"
	sed '100s/: /:/' c >d # the text is another, what was hashed is not
	check 0 d
	report_has hash_ok 210
}

@test "the seed's format, CP-LEDGER-001 by its letter" {
	zeros=sha256:$(printf '%064d' 0)
	prev=$zeros
	for i in 1 2 3; do
		l=$(forge_line "{\"author\":\"a\",\"entry_id\":\"E-$i\",\"event_type\":\"X\",\"prev_hash\":\"$prev\"}")
		prev=$(hash_of "$l")
		# Nothing is asked of the bytes that are stored.
		jq -c 'to_entries | reverse | from_entries' <<<"$l"
	done >s
	check 0 s
	report_has profile seed entries 3 hash_ok 3 roots 1 last_entry_hash "$prev"
	check 1 --profile legacy s
	report_has altered 3
	edit s 2 's/E-2/E-4/'
	check 1 s
	faults_are 'ALTERED 2 -'
	check 1 --profile v1 s
	report_has profile v1 malformed 3
}

# --- formats ---

@test "a format that is given is the one that is judged by" {
	legacy=$(shared real/ledger/clean-210.jsonl)
	check 1 --profile v1 "$legacy"
	report_has profile v1 entries 0 malformed 210 faults 210
	check 0 --profile legacy "$legacy"
	check 1 --profile seed "$legacy"
	check 1 --profile legacy l.jsonl
	report_has profile legacy hash_ok 0
	streamed 1 l.jsonl --profile legacy
	check 0 --profile v1 l.jsonl
	report_has profile v1 entries 12
	check 0 --profile auto l.jsonl
	report_has profile v1 entries 12
	check 2 --profile v2 l.jsonl
	[ -z "$output" ]
}

@test "a ledger of our format is in order in no other, however its first line is mangled" {
	for how in 's/"seq":0,//' 's/"format":"[^"]*",//' 's/"seq":0,//;s/"format":"[^"]*",//' 's/"prev_hash":"[^"]*",//' \
		's/"prev_hash"/"previous_hash"/;s/"seq":0,//;s/"format":"[^"]*",//' 's/.*/{}/' 's/.*/[]/' 's/.*//' \
		's/.*/{"previous_hash":""}/' 's/"entry_hash":"[^"]*",//' 's/^/ /' d 's/^/\n/' 's/^/{"kind":"x"}\n/'; do
		sed "1$how" l.jsonl >m
		check 1 m
		for profile in v1 legacy; do
			check 1 --profile "$profile" m
			report_has profile "$profile"
		done
	done
}

@test "a ledger of our format whose first entry lost its marks is not read as one of the seed's, although all hashes hold" {
	cp l.jsonl m
	forge_on m 1 's/"seq":0,//;s/"format":"[^"]*",//'
	check 1 --profile v1 m
	has '"code":"MALFORMED","severity":"error","source":"m","line":1,'
	check 1 m
	has '"code":"MALFORMED"'
}

# --- every code ---

@test "ALTERED: content, author, order number, time, hash" {
	for how in 's/T-4/T-X/' 's/"author":"test"/"author":"tess"/' 's/"work_order_id":"WO-2/"work_order_id":"WO-3/' \
		's/"uid":[0-9]*/"uid":7/' 's/\("entry_hash":"sha256:\)\([0-9a-f]\)\([0-9a-f]*\)/\1\3\2/' \
		's/\("timestamp":"20\)../\113/' 's/\("prev_hash":"sha256:\)\([0-9a-f]\)\([0-9a-f]*\)/\1\3\2/'; do
		sed "5{$how}" l.jsonl >m
		if cmp -s l.jsonl m; then return 1; fi
		check 1 m
		grep -qx 'ALTERED 5 4' <<<"$(faults)"
		report_has entries 12 hash_ok 11 altered 1 roots 1
	done
	edit l.jsonl 5 's/T-4/T-X/'
	check 1 l.jsonl
	faults_are 'ALTERED 5 4'
	has '"severity":"error","source":"l.jsonl","line":5,"seq":4,"detail":"its content is not what its entry_hash says",'
	streamed 1 l.jsonl
	faults_are 'ALTERED 5 4'
	has '"source":"l.jsonl","line":5,"seq":4'
}

@test "UNHASHED: an entry without a hash, and nothing more about its neighbours" {
	edit l.jsonl 5 's/"entry_hash":"[^"]*",//'
	check 1 l.jsonl
	faults_are 'UNHASHED 5 4'
	report_has entries 12 hash_ok 11 unhashed 1 altered 0 breaks 0
	edit l.jsonl 12 's/"entry_hash":"[^"]*",//'
	check 1 l.jsonl
	faults_are 'UNHASHED 5 4' 'UNHASHED 12 11'
	hasnt '"head_hash"'
}

@test "LINK: an entry dropped, doubled, swapped, hashed anew" {
	sed 5d l.jsonl >m
	check 1 m
	faults_are 'LINK 5 5'
	report_has entries 11 hash_ok 11 breaks 1
	has 'seq 5 follows 3, and its prev_hash is not the entry_hash of the entry before it'
	sed 5p l.jsonl >m
	check 1 m
	faults_are 'LINK 6 4'
	sed '5{h;d};6{G}' l.jsonl >m
	check 1 m
	faults_are 'LINK 5 5' 'LINK 6 4' 'LINK 7 6'
	cp l.jsonl m && forge m 5 's/T-4/T-X/'
	check 1 m
	faults_are 'LINK 6 5'
	has 'its prev_hash is not the entry_hash of the entry before it'
	report_has hash_ok 12 breaks 1
}

@test "SEQ: a number left out or taken twice, although all hashes and links hold" {
	for seq in 5 9; do
		cp l.jsonl m
		forge m 12 "s/\"seq\":11/\"seq\":$seq/;s/-011\"/-$(printf %03d $seq)\"/"
		check 1 m
		faults_are "SEQ 12 $seq"
		has "seq $seq follows 10"
		report_has breaks 1 hash_ok 12
	done
	cp l.jsonl m
	forge_on m 6 's/"seq":5/"seq":50/;s/-005"/-050"/'
	check 1 m
	faults_are 'SEQ 6 50' 'SEQ 7 6'
}

@test "ID: an id that is not that of its type, time and place" {
	for how in 's/"EXEC-2/"WO-2/' 's/-011"/-11"/' 's/-011"/-010"/' 's/"entry_id":"EXEC-[0-9]*/"entry_id":"EXEC-20010101/'; do
		cp l.jsonl m
		forge m 12 "$how"
		check 1 --chain-only m
		faults_are 'ID 12 11'
	done
}

@test "TIME: an entry that is older than the one before it" {
	forge_on l.jsonl 6 's/"timestamp":"20../"timestamp":"2001/;s/EXEC-20../EXEC-2001/'
	check 1 l.jsonl
	faults_are 'TIME 6 5'
	has 'its timestamp 2001-'
}

@test "EVENT and SCHEMA: an event that is unknown, of another ledger, or not what its schema says" {
	cp l.jsonl m && forge m 12 's/TASK_START/TASK_STIRT/'
	check 1 m
	faults_are 'EVENT 12 11'
	has 'its event_type TASK_STIRT is unknown'
	cp l.jsonl m && forge m 12 's/TASK_START/SESSION_START/'
	check 1 m
	grep -qx 'EVENT 12 11' <<<"$(faults)"
	has 'SESSION_START does not belong into a ledger of type L-EXEC'
	cp l.jsonl m && forge m 12 's/"task_id":"T-11"/"task_id":""/'
	check 1 m
	faults_are 'SCHEMA 12 11'
	check 0 --chain-only m
	report_has schemas false
	hasnt root_hash
	cp l.jsonl m && forge m 12 's/"task_id":"T-11"/"task":"T-11","taskes":7/'
	check 1 m
	faults_are 'SCHEMA 12 11'
}

@test "GENESIS: missing, second, of another format, without a name, of an unknown type or tier" {
	sed 1d l.jsonl >m
	check 1 m
	faults_are 'GENESIS 1 1'
	hasnt '"ledger":'
	sed 1,5d l.jsonl >m
	check 1 m
	faults_are 'GENESIS 1 5'
	report_has first_seq 5 entries 7 roots 0
	{ cat l.jsonl; head -n 1 l.jsonl; } >m
	check 1 m
	grep -qx 'GENESIS 13 0' <<<"$(faults)"
	has 'a second GENESIS: the chain begins anew'
	report_has roots 2 breaks 1
	for how in 's#cp-ledger/1#cp-ledger/2#' 's#"ledger":"[^"]*"#"ledger":""#' 's#"ledger":"[^"]*"#"ledger":"a b"#' \
		's/L-EXEC/L-EXIT/' 's/"tier":"ho1"/"tier":"ho4"/' 's/"parent":null/"parent":7/'; do
		cp l.jsonl m
		forge_on m 1 "$how"
		check 1 --chain-only m
		faults_are 'GENESIS 1 0'
	done
	cp l.jsonl m && forge_on m 1 's/"seq":0/"seq":1/;s/-000"/-001"/'
	check 1 --chain-only m
	faults_are 'SEQ 1 1' 'SEQ 2 1'
	cp l.jsonl m && forge_on m 1 's/"prev_hash":"sha256:0/"prev_hash":"sha256:1/'
	check 1 m
	faults_are 'LINK 1 0'
}

@test "MALFORMED: whatever is no entry in its canonical form" {
	long=$(head -c 65536 /dev/zero | tr '\0' x)
	deep=$(printf '[%.0s' {1..70})$(printf ']%.0s' {1..70})
	for how in 's/^{/[/' 's/.*//' 's/.*/[]/' 's/.*/"x"/' 's/.*/null/' 's/.*/{}/' 's/.*/{"kind":"end","count":1}/' 's/^/ /' \
		's/$/ /' 's/$/\r/' 's/$/,/' 's/":"/": "/' 's/^{/{"b":1,/' 's/^{/{"author":"x",/' 's/"seq":6/"seq":6.0/' \
		's/"seq":6/"seq":"6"/' 's/"seq":6/"seq":-6/' 's/"seq":6/"seq":9007199254740993/' 's/"seq":6,//' \
		's/"author":"test",//' 's/"event_type":"[^"]*",//' 's/"entry_id":"[^"]*",//' 's/"timestamp":"[^"]*",//' \
		's/"prev_hash":"[^"]*",//' 's/"prev_hash":"sha256:/"prev_hash":"/' 's/"entry_hash":"sha256:/"entry_hash":"sha512:/' \
		's/"entry_hash":"[^"]*"/"entry_hash":null/' 's/T-6/T\\u002d6/' 's/T-6/T\/\\\/6/' 's/T-6/\\ud800/' 's/T-6/\xff/' \
		's/T-6/\x00/' 's/T-6/\x01/' 's/^/\xef\xbb\xbf/' 's/\("timestamp":"[^"]*\)\.[0-9]*Z/\1Z/' \
		's/\("timestamp":"[^"]*\)Z/\1z/' 's/\("timestamp":"20..-\)../\113/' 's/\("timestamp":"[^T]*T\)../\124/' \
		's/"author":"test"/"author":{"a":1,"a":1}/' "s/T-6/$long/" "s/\"T-6\"/$deep/"; do
		sed "7{$how}" l.jsonl >m
		if cmp -s l.jsonl m; then return 1; fi
		check 1 m
		[[ $output == '{"kind":"finding","code":"MALFORMED","severity":"error","source":"m","line":7,"seq":6,'* ]] || {
			echo "$how"
			show_run
			return 1
		}
		[ "${#lines[@]}" -eq 3 ]
		report_has entries 11 hash_ok 11 malformed 1 breaks 0 faults 1
	done
}

@test "MALFORMED in the first line and in the last" {
	sed '1s/^/ /' l.jsonl >m
	check 1 m
	grep -q '^MALFORMED 1 ' <<<"$(faults)"
	sed '12s/^/ /' l.jsonl >m
	check 1 m
	faults_are 'MALFORMED 12 11'
	printf '\n' >m
	check 1 m
	report_has entries 0 malformed 1
}

@test "a foreign line between two entries is MALFORMED, and they are still followed" {
	sed '6s/$/\nnothing/' l.jsonl >m
	check 1 m
	[ "$(faults | head -n 1)" = 'MALFORMED 7 6' ]
	report_has entries 12 hash_ok 12 malformed 1
}

@test "TORN: a last line without its line feed" {
	printf '{"author' >>l.jsonl
	check 1 l.jsonl
	faults_are 'TORN - -'
	has 'the last line is cut: 8 bytes without a line feed'
	report_has entries 12 hash_ok 12
	head -c 20 l.jsonl >m
	check 1 m
	faults_are 'TORN - -'
	report_has entries 0
	head -c -10 l.jsonl | head -c -1 >m
	check 1 m
	faults_are 'TORN - -'
	report_has entries 11
}

@test "TORN is a warning where FILE.durable says that nobody was told of those bytes" {
	fill l.jsonl 1 12
	printf '{"author' >>l.jsonl
	check 0 l.jsonl
	faults_are 'TORN - - warning'
	has '8 bytes behind the last entry, never acknowledged'
	report_has entries 13 faults 0
}

@test "a tail that is cut into what was synced is ROLLBACK, by a line or by a byte" {
	fill l.jsonl 1 12
	cp l.jsonl all
	head -n 12 all >l.jsonl
	check 1 l.jsonl
	faults_are 'ROLLBACK - -'
	has 'bytes of it were synced'
	report_has entries 12 level unchecked
	head -c -1 all >l.jsonl
	check 1 l.jsonl
	faults_are 'ROLLBACK - -' 'TORN - -'
	rm l.jsonl.durable
	head -n 12 all >l.jsonl
	check 0 l.jsonl
	report_has entries 12 level unchecked
}

@test "a batch whose writer died is no part of the ledger, but what was synced cannot be called one" {
	at=$(head -n 9 l.jsonl | wc -c)
	printf '%-63s\n' "{\"end\":99999,\"start\":$at}" >l.jsonl.lock
	durable l.jsonl "$(line l.jsonl 9)" "$at"
	check 0 l.jsonl
	faults_are 'TORN - - warning'
	has 'a batch whose writer died lies behind the last entry'
	report_has entries 9
	streamed 0 l.jsonl
	report_has entries 9
	: >l.jsonl.lock
	run_status 0 cp-chain-check l.jsonl
	report_has entries 12
	fill l.jsonl 1 12
	printf '%-63s\n' "{\"end\":99999,\"start\":$at}" >l.jsonl.lock
	check 0 l.jsonl
	faults_are
	report_has entries 13
	rm l.jsonl.durable
	check 1 l.jsonl
	faults_are 'TORN - -'
	has 'no FILE.durable says what was synced'
	report_has entries 13
}

@test "FORK: another entry where the one that was synced last should be" {
	fill l.jsonl 1 12
	forge l.jsonl 13 's/T-12/T-21/'
	check 1 l.jsonl
	faults_are 'FORK - -'
	has 'the entry that was synced last is not there'
	fill l.jsonl 1 13 || :
	rm l.jsonl.durable
	check 0 l.jsonl
}

@test "POISONED: a sync that failed" {
	echo x >l.jsonl.poisoned
	check 1 l.jsonl
	faults_are 'POISONED - -'
	report_has entries 12 hash_ok 12
}

# --- what is no ledger ---

@test "what cannot be read, or holds nothing, is never in order, and never tampered with" {
	: >empty
	check 3 empty
	err 'empty: unable to check the ledger: it is empty'
	no_report
	check 4 absent
	err 'unable to open the ledger absent'
	no_report
	mkdir dir
	check 4 dir
	err 'unable to open the ledger dir'
	no_report
	check 4 dir/
	check 4 dir/absent/l.jsonl
	ln -s absent dangling
	check 4 dangling
	no_report
	mkfifo fifo
	run_status 4 timeout 10 cp-chain-check --no-seen fifo
	err 'unable to open the ledger fifo'
	no_report
	check 4 /dev/null
	no_report
	run_status 3 sh -c ': | cp-chain-check'
	no_report
	check 4 l.jsonl absent
	[ "$(grep -c '"kind":"report"' <<<"$output")" -eq 1 ]
	hasnt '"kind":"end"'
	ln -s l.jsonl link
	check 0 link
	report_has source link entries 12
}

@test "a ledger that may not be read is status 4" {
	chmod 000 l.jsonl
	run_status 4 as_user cp-chain-check --no-seen --chain-only l.jsonl
	err 'unable to open the ledger l.jsonl: Permission denied'
	no_report
	chmod 644 l.jsonl
	run_status 0 as_user cp-chain-check --no-seen --chain-only l.jsonl
	report_has entries 12
}

# --- segments ---

# Seq 0 to 6, 7 to 13 in sealed segments, 14 to 17 in the file.
segmented() {
	ledger s.jsonl
	fill s.jsonl 5
	cp-ledger-rotate s.jsonl --author t >/dev/null
	fill s.jsonl 5 6
	cp-ledger-rotate s.jsonl --author t >/dev/null
	fill s.jsonl 3 11
	rm s.jsonl.durable
	first=s.d/000000000000-000000000006.jsonl
	second=s.d/000000000007-000000000013.jsonl
	chmod u+w s.d/*
}

@test "segments are followed one after the other" {
	segmented
	check 0 s.jsonl
	faults_are
	report_has entries 18 first_seq 0 hash_ok 18 roots 1 segments 2 archived 0
	root=$(report_of root_hash)
	check 0 --jobs 0 --chain-only s.jsonl
	report_has entries 18 segments 2
	streamed 0 s.jsonl
	report_has entries 18 root_hash "$root"
	cat $first $second s.jsonl >one
	check 0 one
	report_has entries 18 root_hash "$root" segments 0
}

@test "what is wrong in a segment is told with its name and its line in it" {
	segmented
	edit $second 3 's/T-7/T-X/'
	check 1 s.jsonl
	# In the order of the lines; the roots that were sealed are not those of these entries.
	faults_are 'ALTERED 3 9' 'SEGMENT 7 13' 'SEGMENT 1 14'
	has "\"source\":\"$second\",\"line\":3,\"seq\":9"
	streamed 1 s.jsonl
	faults_are 'ALTERED 3 9' 'SEGMENT 7 13' 'SEGMENT 1 14'
	has "\"source\":\"$second\",\"line\":3,\"seq\":9"
	cd ..
	check 1 "$BATS_TEST_TMPDIR/s.jsonl"
	has "\"source\":\"$BATS_TEST_TMPDIR/$second\""
}

@test "SEGMENT: the first, one in the middle, the last, or all are missing" {
	segmented
	cp -r s.d all
	rm $first
	check 1 s.jsonl
	faults_are 'SEGMENT 1 7'
	has 'the segments before it are missing'
	report_has entries 11 first_seq 7
	rm -r s.d && cp -r all s.d && rm $second
	check 1 s.jsonl
	faults_are 'SEGMENT - -'
	has 'the entries 7 to 13 before it are missing'
	hasnt root_hash
	rm -r s.d
	check 1 s.jsonl
	faults_are 'SEGMENT 1 14'
	report_has entries 4 first_seq 14 segments 0
	cp -r all s.d && rm s.jsonl
	check 4 s.jsonl
	no_report
}

@test "--partial accepts a chain that begins later, and knows its root where a segment says it" {
	segmented
	check 0 s.jsonl
	root=$(report_of root_hash)
	rm $first
	check 0 --partial s.jsonl
	faults_are
	report_has entries 11 first_seq 7 root_hash "$root"
	rm -r s.d
	check 0 --partial s.jsonl
	report_has entries 4 first_seq 14 root_hash "$root"
	edit s.jsonl 3 's/T-12/T-X/'
	check 1 --partial s.jsonl
	faults_are 'ALTERED 3 16'
	sed 1,5d l.jsonl >m
	check 0 --partial m
	report_has entries 7 first_seq 5 roots 0
	hasnt root_hash
	sed -i 3d m
	check 1 --partial m
	faults_are 'LINK 3 8'
	run_sh 1 'cp-ledger-read --from 5 l.jsonl | cp-chain-check'
	faults_are 'GENESIS 6 5'
	run_sh 0 'cp-ledger-read --from 5 l.jsonl | cp-chain-check --partial'
	report_has entries 7 first_seq 5
}

@test "SEGMENT: a name that is not what is in it, two that changed places, two that overlap" {
	segmented
	cp -r s.d all
	mv $first s.d/000000000000-000000000005.jsonl
	check 1 s.jsonl
	has 'its last entry is 6, not what its name says'
	[ "$(faults | cut -d ' ' -f 1 | sort -u)" = SEGMENT ]
	rm -r s.d && cp -r all s.d && mv $second s.d/000000000008-000000000013.jsonl
	check 1 s.jsonl
	has 'its first entry is 7, not what its name says'
	rm -r s.d && cp -r all s.d && mv $first tmp && mv $second $first && mv tmp $second
	check 1 s.jsonl
	has 'its first entry is 7, not what its name says'
	has 'its first entry is 0, not what its name says'
	rm -r s.d && cp -r all s.d && cp $first s.d/000000000000-000000000013.jsonl
	check 1 s.jsonl
	has 'it begins before the segment before it ends'
	rm -r s.d && cp -r all s.d && mv $second s.d/7-13.jsonl
	check 1 s.jsonl
	has 'the entries 7 to 13 before it are missing'
}

@test "SEGMENT: one that was cut, emptied, or does not end as it was sealed" {
	segmented
	cp $second was
	head -n 6 was >$second
	check 1 s.jsonl
	has 'its last entry is 12, not what its name says'
	head -c -1 was >$second
	check 1 s.jsonl
	grep -q '^TORN - -$' <<<"$(faults)"
	: >$second
	check 1 s.jsonl
	grep -q '^SEGMENT ' <<<"$(faults)"
	cp was $second
	forge $second 7 's/"first_seq":7/"first_seq":8/'
	check 1 s.jsonl
	has 'SEGMENT_SEALED says that it begins with 8'
	cp was $second
	forge $second 7 's/"tree_size":13/"tree_size":12/'
	check 1 s.jsonl
	has 'it has not the tree_size, root_hash and first_seq of its place'
}

@test "SEGMENT: a history that was written anew is not the one that was sealed" {
	segmented
	forge_on $first 3 's/T-2/T-X/'
	check 1 s.jsonl
	[ "$(faults)" = $'SEGMENT 7 6\nLINK 1 7' ]
	has 'its root_hash is not that of the entries before it'
	# Hashed anew to the end, the roots still tell.
	cat $first $second s.jsonl >one
	forge_on one 1
	check 1 one
	grep -qx 'SEGMENT 7 6' <<<"$(faults)"
	grep -qx 'SEGMENT 8 7' <<<"$(faults)"
}

@test "SEGMENT: the beginning of a segment that belongs to another ledger, or stands where nothing was sealed" {
	segmented
	cp s.jsonl was
	forge_on s.jsonl 1 's#"ledger":"example/ho1/s"#"ledger":"example/ho1/t"#'
	check 1 s.jsonl
	faults_are 'SEGMENT 1 14'
	has 'it is of another ledger than the first entry'
	cp was s.jsonl
	forge_on s.jsonl 1 's#"ledger":"example/ho1/s",##'
	check 1 --chain-only s.jsonl
	has 'a SEGMENT_START that does not say of which ledger'
	cat $first was >one
	check 1 one
	grep -q '^LINK 8 14' <<<"$(faults)"
	sed 7d $first >one && sed 1d $second >>one
	check 1 one
	{ sed 7d $first; cat $second; } >one
	check 1 one
	has 'a SEGMENT_START that follows no SEGMENT_SEALED'
	{ cat $first; sed 1d $second; } >one
	check 1 one
	has 'it stands behind SEGMENT_SEALED, but is no SEGMENT_START'
}

@test "archives are read as what they were made of" {
	for format in zstd gzip; do
		rm -rf s.*
		segmented
		check 0 s.jsonl
		root=$(report_of root_hash)
		cp-ledger-archive --format $format s.jsonl >/dev/null
		check 0 s.jsonl
		faults_are
		report_has entries 18 segments 2 archived 2 root_hash "$root"
		streamed 0 s.jsonl
		report_has entries 18 root_hash "$root"
	done
	# Other settings, other bytes: what matters is what comes out.
	chmod u+w s.d/*
	gzip -d <$first.gz | gzip -1 >tmp
	mv tmp $first.gz
	check 0 s.jsonl
	# Where the plain file is there too, it is the one that counts.
	gzip -d <$first.gz >$first
	echo damaged >$first.gz
	check 0 s.jsonl
	report_has archived 1
}

@test "SEGMENT: an archive that is damaged, cut, of something else, or without its hash" {
	segmented
	cp $first plain
	cp-ledger-archive s.jsonl >/dev/null
	chmod u+w s.d/*
	cp $first.zst was
	n=$(stat -c %s was)
	for cut in 4 $((n / 2)) 1; do
		head -c -$cut was >$first.zst
		check 1 s.jsonl
		grep -qx 'SEGMENT - -' <<<"$(faults)"
		has "\"source\":\"$first.zst\""
		has 'the archive is damaged'
	done
	for at in $((n / 3)) $((n / 2)) $((n - 20)); do
		cp was $first.zst
		printf '\xa5\x5a\xa5' | dd of=$first.zst bs=1 seek=$at conv=notrunc status=none
		check 1 s.jsonl
		grep -q '^SEGMENT - -' <<<"$(faults)"
	done
	for junk in '' junk; do
		printf '%s' "$junk" >$first.zst
		check 1 s.jsonl
		grep -q '^SEGMENT - -' <<<"$(faults)"
	done
	cp plain forged
	forge_on forged 3 's/T-2/T-X/'
	gzip <forged >$first.zst # what it is called matters as little
	check 1 s.jsonl
	has 'the archive does not hold the bytes it was made of'
	cp was $first.zst
	mv $first.sha256 sum
	check 1 s.jsonl
	faults_are 'SEGMENT - -'
	has 'an archive without the hash of what it was made of'
	sed 's/^./x/' sum >$first.sha256
	check 1 s.jsonl
	faults_are 'SEGMENT - -'
	cp sum $first.sha256
	check 0 s.jsonl
	rm $first.zst
	check 1 s.jsonl
	faults_are 'SEGMENT 1 7'
}

@test "a segment that is a symlink, a fifo or a directory is status 4" {
	segmented
	mv $first was
	for make in 'ln -s ../was' mkfifo mkdir; do
		$make $first
		run_status 4 timeout 10 cp-chain-check --no-seen s.jsonl
		err "unable to open $first"
		hasnt '"kind":"end"'
		rm -r $first
	done
	mv was $first
	check 0 s.jsonl
}

@test "a copy from before a rotation is ROLLBACK where FILE.durable, or the segments, know of what came after" {
	ledger s.jsonl
	fill s.jsonl 5
	cp s.jsonl old
	cp-ledger-rotate s.jsonl --author t >/dev/null
	fill s.jsonl 5 6
	check 0 s.jsonl
	cp s.jsonl was
	cat old >s.jsonl
	check 1 s.jsonl
	rm s.jsonl.durable
	check 1 s.jsonl
	cat was >s.jsonl
	check 0 s.jsonl
}

@test "a rotation that was killed between its steps is in order" {
	ledger s.jsonl
	fill s.jsonl 5
	cp-ledger-rotate s.jsonl --author t >/dev/null
	mkdir done
	mv s.jsonl s.jsonl.durable s.d done
	segment=done/s.d/000000000000-000000000006.jsonl
	cp -f $segment s.jsonl # sealed
	check 0 s.jsonl
	report_has entries 7 segments 0
	mkdir s.d
	ln s.jsonl s.d/ # and linked, under its name
	mv s.d/s.jsonl s.d/000000000000-000000000006.jsonl
	check 0 s.jsonl
	report_has entries 7
	rm s.jsonl
	cp -f $segment s.jsonl # of which this is a copy, and whoever appended to it would make another history
	check 1 s.jsonl
	faults_are 'ROLLBACK - -'
	cp -f done/s.jsonl s.jsonl # replaced, and FILE.durable is the former one
	durable s.jsonl "$(line $segment 7)" "$(stat -c %s $segment)"
	check 0 s.jsonl
	report_has entries 8 segments 1
}

@test "a sealed legacy ledger must be the one that GENESIS names" {
	cp "$(shared real/ledger/kernel.jsonl)" k.jsonl && chmod u+w k.jsonl
	cp-ledger-adopt k.jsonl --ledger example/ho3/k --type L-PACKAGE --tier ho3 >/dev/null
	check 0 k.jsonl
	report_has entries 1
	sealed=$(echo k.d/legacy-*)
	chmod u+w "$sealed"
	sed -i 's/KERNEL/KERNAL/' "$sealed"
	check 1 k.jsonl
	faults_are 'SEGMENT - -'
	has "the ledger it goes on from, $sealed, is not what was sealed"
	rm "$sealed"
	check 1 k.jsonl
	faults_are 'SEGMENT - -'
	has 'cannot be read: No such file'
	mkfifo "$sealed"
	run_status 1 timeout 10 cp-chain-check --no-seen k.jsonl
}

# --- threads ---

# same_jobs STATUS [OPTION]... LEDGER: whatever the number of threads, it says the same, which is in $output then.
same_jobs() {
	local jobs
	run_status "$1" cp-chain-check --no-seen --jobs 0 "${@:2}"
	cp .out .alone
	for jobs in 1 2 8; do
		run_status "$1" cp-chain-check --no-seen --jobs "$jobs" "${@:2}"
		cmp .alone .out || return
	done
}

# Three megabytes: many pieces.
large() {
	ledger b.jsonl
	fill b.jsonl 8000
	rm b.jsonl.durable
	[ "$(stat -c %s b.jsonl)" -gt 2500000 ]
}

@test "a ledger of many pieces: the same with any number of threads, and as a stream" {
	large
	same_jobs 0 b.jsonl
	faults_are
	report_has entries 8001 hash_ok 8001 roots 1 breaks 0
	root=$(report_of root_hash)
	streamed 0 b.jsonl
	report_has entries 8001 root_hash "$root"
	check 2 --jobs -1 b.jsonl
	check 2 --jobs 257 b.jsonl
}

@test "faults in several places of many pieces are told once each, in their order" {
	large
	edit b.jsonl 10 's/T-9"/T-X"/'
	edit b.jsonl 700 's/"entry_hash":"[^"]*",//'
	forge b.jsonl 1500 's/T-1499/T-X/'
	edit b.jsonl 2500 's/^/ /'
	edit b.jsonl 4444 's/TASK/TISK/'
	edit b.jsonl 7000 's/"task_id":"T-6999"/"task_id":""/'
	sed -i 6000d b.jsonl
	edit b.jsonl 8000 's/T-8000/T-X/'
	same_jobs 1 b.jsonl
	faults_are 'ALTERED 10 9' 'UNHASHED 700 699' 'LINK 1501 1500' 'MALFORMED 2500 2499' 'ALTERED 4444 4443' 'EVENT 4444 4443' \
		'LINK 6000 6000' 'ALTERED 6999 6999' 'SCHEMA 6999 6999' 'ALTERED 8000 8000'
	report_has entries 7999 hash_ok 7994 altered 4 unhashed 1 malformed 1 breaks 2
}

@test "lines that end just before, on and behind the edge of a piece" {
	edge=262144
	for at in -1 0 1; do
		rm -f p.*
		ledger p.jsonl
		fill p.jsonl 600
		noted p.jsonl "$(head -c $((edge - $(stat -c %s p.jsonl) - 20000)) /dev/zero | tr '\0' y)" ||
			noted p.jsonl y
		pad p.jsonl $((edge + at))
		n=$(wc -l <p.jsonl)
		fill p.jsonl 900
		rm p.jsonl.durable
		same_jobs 0 p.jsonl
		report_has entries $((n + 900)) hash_ok $((n + 900))
		for line in "$n" $((n + 1)); do
			sed "${line}s/WO-2026/WO-2027/" p.jsonl >m
			same_jobs 1 m
			faults_are "ALTERED $line $((line - 1))"
			sed "${line}d" p.jsonl >m
			same_jobs 1 m
			faults_are "LINK $line $line"
		done
	done
}

@test "a line that is no entry is told with its number wherever a piece begins" {
	large
	n=$(head -c 262144 b.jsonl | wc -l)
	for line in "$n" $((n + 1)) $((n + 2)); do
		sed "${line}s/^/ /" b.jsonl >m
		same_jobs 1 m
		faults_are "MALFORMED $line $((line - 1))"
	done
}

@test "lines longer than a piece are passed over, and what stands behind them is followed" {
	for n in 65535 65536 262142 262143 262144 262145 524287 524288 1500000; do
		x=$(head -c "$n" /dev/zero | tr '\0' x)
		{ head -n 6 l.jsonl; printf '%s\n' "$x"; tail -n +8 l.jsonl; } >m
		same_jobs 1 m
		[ "$(faults | cut -d ' ' -f 1,2)" = 'MALFORMED 7' ]
		report_has entries 11 hash_ok 11 malformed 1 faults 1
	done
	{ cat l.jsonl; printf '%s' "$x"; } >m
	same_jobs 1 m
	[ "$(faults | cut -d ' ' -f 1 | sort -u | tail -n 1)" = TORN ]
	report_has entries 12 hash_ok 12
	{ cat l.jsonl; printf '%s\n' "$x"; } >m
	same_jobs 1 m
	[ "$(faults | cut -d ' ' -f 1,2)" = 'MALFORMED 13' ]
}

@test "an entry as long as an entry may be, and one byte more" {
	noted l.jsonl ''
	n=$(line l.jsonl 13 | tr -d '\n' | wc -c)
	sed -i '$d' l.jsonl
	rm l.jsonl.durable
	noted l.jsonl "$(head -c $((65535 - n)) /dev/zero | tr '\0' x)"
	[ "$(line l.jsonl 13 | wc -c)" -eq 65536 ]
	check 0 l.jsonl
	report_has entries 13
	forge l.jsonl 13 's/xx/xxx/'
	check 1 l.jsonl
	grep -qx 'MALFORMED 13 12' <<<"$(faults)"
	has 'it is longer than 65,535 bytes'
}

@test "a line of an earlier format may be longer than an entry of ours" {
	for n in 70000 300000; do
		x=$(head -c $n /dev/zero | tr '\0' x)
		sum=$(printf '{"note": "%s", "previous_hash": ""}' "$x" | sha256sum | cut -c 1-64)
		printf '{"note":"%s","previous_hash":"","entry_hash":"%s"}\n' "$x" "$sum" >m
		check 0 m
		report_has profile legacy entries 1 hash_ok 1
		run_sh 0 'cp-ledger-read m | cp-chain-check'
		report_has profile legacy entries 1 hash_ok 1
	done
}

@test "a last line that is no entry does not make the ledger shorter, wherever a piece begins" {
	signed
	for n in 10 300000; do
		{ cat l.jsonl; head -c $n /dev/zero | tr '\0' x; echo; } >m
		same_jobs 1 --checkpoint l.jsonl.checkpoint --vkey "$vkey" m
		[ "$(faults | cut -d ' ' -f 1,2)" = 'MALFORMED 13' ]
		report_has level local faults 1
	done
}

# --- streams ---

@test "a stream that was cut has no conclusion" {
	for n in 1 2 5 12; do
		run_sh 3 "cp-ledger-read l.jsonl | head -n $n | cp-chain-check --no-seen"
		err 'no end record'
		[ -z "$output" ]
	done
	run_sh 3 'cp-ledger-read l.jsonl | sed 5d | cp-chain-check --no-seen'
	[ -z "$output" ]
	run_sh 0 'cp-ledger-read l.jsonl | head -n 5 | cp-chain-check --no-seen --open'
	report_has entries 5
}

@test "a stream of two ledgers that was cut in the second has no conclusion about the first, and is not remembered" {
	ledger m.jsonl
	fill m.jsonl 3
	run_sh 3 'cp-ledger-read l.jsonl m.jsonl | head -n 14 | cp-chain-check'
	[ -z "$output" ]
	[ ! -e .state ]
}

@test "a stream of several ledgers: each is reported, and its findings stand before its report" {
	edit l.jsonl 5 's/T-4/T-X/'
	ledger m.jsonl
	fill m.jsonl 3
	edit m.jsonl 2 's/T-1/T-X/'
	run_sh 1 'cp-ledger-read l.jsonl m.jsonl | cp-chain-check --no-seen'
	[ "$(jq -r '.code // .kind' <<<"$output")" = $'ALTERED\nreport\nALTERED\nreport\nend' ]
	[ "$(jq -r 'select(.kind == "report") | "\(.source) \(.entries) \(.faults)"' <<<"$output")" = \
		$'example/ho1/l 12 1\nexample/ho1/m 4 1' ]
}

@test "several ledgers on the command line: each is reported, the gravest status wins" {
	ledger m.jsonl
	fill m.jsonl 3
	check 0 l.jsonl m.jsonl
	[ "$(jq -r 'select(.kind == "report") | "\(.source) \(.entries)"' <<<"$output")" = $'l.jsonl 12\nm.jsonl 4' ]
	edit l.jsonl 5 's/T-4/T-X/'
	check 1 l.jsonl m.jsonl
	[ "$(jq -r '.code // .kind' <<<"$output")" = $'ALTERED\nreport\nreport\nend' ]
}

@test "a stream in which an entry is missing, doubled or out of place is found, although its count is right" {
	run_sh 1 'cp-ledger-read l.jsonl | sed "5d;13d" | cp-chain-check --no-seen --open'
	faults_are 'LINK 6 5'
	run_sh 1 'cp-ledger-read l.jsonl | sed "5{h;d};6{G};13d" | cp-chain-check --no-seen --open'
	faults_are 'LINK 6 5' 'LINK 5 4' 'LINK 7 6'
	run_sh 1 'cp-ledger-read l.jsonl | sed "5p;13d" | cp-chain-check --no-seen --open'
	faults_are 'LINK 5 4'
}

@test "records that are no entries pass by; entries that lack a member are status 3" {
	run_sh 3 'cp-walk --root . | cp-chain-check'
	err 'there was no entry in the stream'
	no_report
	for member in ledger source line entry; do
		run_sh 3 "cp-ledger-read l.jsonl | jq -c 'del(.$member)' | cp-chain-check --no-seen"
		err 'it lacks ledger, source, line or entry'
		no_report
	done
	run_sh 3 "cp-ledger-read l.jsonl | jq -c 'if .entry then .entry = 7 else . end' | cp-chain-check --no-seen"
	no_report
}

# --- levels ---

@test "the level: unchecked at first, local where it was seen, never higher by itself" {
	run_status 0 cp-chain-check l.jsonl
	report_has level unchecked
	run_status 0 cp-chain-check l.jsonl
	report_has level local
	check 0 l.jsonl
	report_has level unchecked
	run_sh 0 'cp-ledger-read l.jsonl | cp-chain-check'
	report_has level local
	fill l.jsonl 3 12
	run_status 0 cp-chain-check l.jsonl
	report_has level local entries 15
}

# A key, and the ledger's checkpoint by it.
signed() {
	key k
	cp-ledger-checkpoint l.jsonl --key k >/dev/null
	vkey=$(vkey_of example/ho1/l 01 k)
}

@test "the level: local by a checkpoint, witnessed where the witnesses signed it too" {
	signed
	key w
	key v
	check 0 --checkpoint l.jsonl.checkpoint l.jsonl # nobody asked who signed it
	report_has level unchecked
	check 0 --checkpoint l.jsonl.checkpoint --vkey "$vkey" l.jsonl
	report_has level local
	witness=$(vkey_of wit.example/w 04 w)
	other=$(vkey_of wit.example/v 04 v)
	check 1 --checkpoint l.jsonl.checkpoint --vkey "$vkey" --witness "$witness" l.jsonl
	[ "$(faults)" = 'SIGNATURE - -' ]
	has '"level":"local"'
	cosign wit.example/w w l.jsonl.checkpoint
	check 0 --checkpoint l.jsonl.checkpoint --vkey "$vkey" --witness "$witness" l.jsonl
	report_has level witnessed
	echo "$witness" >w.vkey
	check 0 --checkpoint l.jsonl.checkpoint --witness w.vkey l.jsonl
	report_has level witnessed
	check 1 --checkpoint l.jsonl.checkpoint --witness "$witness" --witness "$other" l.jsonl
	has 'the checkpoint is not signed by that key of wit.example/v'
	has '"level":"unchecked"'
	cosign wit.example/v v l.jsonl.checkpoint
	check 0 --checkpoint l.jsonl.checkpoint --witness "$witness" --witness "$other" l.jsonl
	report_has level witnessed
	streamed 0 l.jsonl --checkpoint l.jsonl.checkpoint --witness "'$witness'"
	report_has level witnessed
	fill l.jsonl 5 12
	check 0 --checkpoint l.jsonl.checkpoint --witness "$witness" l.jsonl
	report_has level witnessed entries 17
}

@test "the level is of the ledger that is vouched for, however short that is, and told for each of several" {
	ledger m.jsonl
	run_status 0 cp-chain-check l.jsonl
	run_status 0 cp-chain-check l.jsonl m.jsonl
	[ "$(jq -r 'select(.kind == "report") | "\(.source) \(.level)"' <<<"$output")" = $'l.jsonl local\nm.jsonl unchecked' ]
	fill l.jsonl 50 12
	run_status 0 cp-chain-check --no-seen l.jsonl m.jsonl
	[ "$(jq -r 'select(.kind == "report").level' <<<"$output")" = $'unchecked\nunchecked' ]
}

@test "a witness whose signature is of another time, text or key has not witnessed" {
	signed
	key w
	witness=$(vkey_of wit.example/w 04 w)
	cp l.jsonl.checkpoint plain
	cosign wit.example/w w l.jsonl.checkpoint
	cosigned=$(tail -n 1 l.jsonl.checkpoint)
	bytes=$(base64 -d <<<"${cosigned##* }" | xxd -p -c 256)
	# The time is a part of what was signed.
	{ cat plain; echo "— wit.example/w $(base64_of "${bytes:0:8}$(printf %016x 1794000001)${bytes:24}")"; } >c
	check 1 --checkpoint c --witness "$witness" l.jsonl
	has "the checkpoint's signature by wit.example/w does not hold"
	has '"level":"unchecked"'
	# A plain signature is no cosignature.
	{ cat plain; echo "— wit.example/w $(base64_of "${bytes:0:8}${bytes:24}")"; } >c
	check 1 --checkpoint c --witness "$witness" l.jsonl
	has '"code":"SIGNATURE"'
	fill l.jsonl 1 12
	cp-ledger-checkpoint l.jsonl --key k --out later >/dev/null
	echo "$cosigned" >>later
	check 1 --checkpoint later --witness "$witness" l.jsonl
	has '"code":"SIGNATURE"'
	key w2
	check 1 --checkpoint l.jsonl.checkpoint --witness "$(vkey_of wit.example/w 04 w2)" l.jsonl
	has 'the checkpoint is not signed by that key of wit.example/w'
	# The ledger's own key vouches for nothing by being a witness of another name.
	check 1 --checkpoint plain --witness "$(vkey_of wit.example/w 01 k)" l.jsonl
	has '"code":"SIGNATURE"'
}

@test "a checkpoint of no entries vouches for nothing" {
	key k
	empty=$(printf '' | sha256sum | cut -c 1-64)
	sign_note example/ho1/l k "example/ho1/l
0
$(base64_of "$empty")" >zero
	check 0 --checkpoint zero --vkey "$(vkey_of example/ho1/l 01 k)" l.jsonl
	report_has level unchecked
}

@test "a ledger whose GENESIS asks for more than could be checked is status 3" {
	key k
	key w
	for level in unchecked local anchored witnessed; do
		rm -f l.* p.*
		ledger p.jsonl
		ledger l.jsonl --parent p.jsonl --rollback-level $level
		fill l.jsonl 3
		cp-ledger-anchor l.jsonl --parent p.jsonl >/dev/null
		cp-ledger-checkpoint l.jsonl --key k >/dev/null
		cosign w.example w l.jsonl.checkpoint
		witness=$(vkey_of w.example 04 w)
		reached=unchecked
		vkey=$(vkey_of example/ho1/l 01 k)
		for option in '' "--checkpoint l.jsonl.checkpoint --vkey $vkey" '--parent p.jsonl' \
			"--checkpoint l.jsonl.checkpoint --witness $witness"; do
			case $option in
			'') reached=unchecked want=$([ $level = unchecked ]; echo $?) ;;
			*witness*) reached=witnessed want=0 ;;
			--checkpoint*) reached=local want=$([[ $level = unchecked || $level = local ]]; echo $?) ;;
			*) reached=anchored want=$([ $level != witnessed ]; echo $?) ;;
			esac
			# shellcheck disable=SC2086
			check $((3 * want)) $option l.jsonl
			report_has level $reached faults 0
			[ "$want" -eq 0 ] || err "its level is $reached, and its GENESIS asks for $level"
		done
	done
	streamed 3 l.jsonl
	report_has level unchecked
}

# --- what was seen ---

@test "an older copy put back is ROLLBACK, again and again, and --no-seen neither asks nor keeps" {
	cp l.jsonl old
	fill l.jsonl 3 12
	rm l.jsonl.durable
	cp l.jsonl new
	check 0 l.jsonl
	[ ! -e .state ]
	run_status 0 cp-chain-check l.jsonl
	cp old l.jsonl
	for _ in 1 2; do
		run_status 1 cp-chain-check l.jsonl
		faults_are 'ROLLBACK - 14'
		has 'an earlier check knows of 15 entries, 12 are there'
		report_has level unchecked entries 12
	done
	run_sh 1 'cp-ledger-read l.jsonl | cp-chain-check'
	faults_are 'ROLLBACK - 14'
	check 0 l.jsonl
	cp new l.jsonl
	run_status 0 cp-chain-check l.jsonl
	report_has level local
}

@test "another history of the same GENESIS is FORK" {
	head -n 1 l.jsonl >m.jsonl
	fill m.jsonl 20 100
	run_status 0 cp-chain-check l.jsonl
	run_status 1 cp-chain-check m.jsonl
	faults_are 'FORK - 11'
	has 'its first 12 entries are not those that an earlier check knows of'
	report_has level unchecked
	# What did not hold is not remembered.
	run_status 0 cp-chain-check l.jsonl
	report_has level local
}

@test "what was seen is kept by plane and name where GENESIS names a plane: another GENESIS is another history" {
	forge_on l.jsonl 1 's/"prev_hash"/"plane_uid":"P-1","prev_hash"/'
	run_status 0 cp-chain-check l.jsonl
	report_has level unchecked
	cp l.jsonl m.jsonl
	forge_on m.jsonl 1 's/"author":"test"/"author":"tess"/'
	run_status 1 cp-chain-check m.jsonl
	faults_are 'FORK - 11'
	forge_on m.jsonl 1 's/P-1/P-2/'
	run_status 0 cp-chain-check m.jsonl
	report_has level unchecked
}

@test "a ledger with a fault is not remembered" {
	edit l.jsonl 5 's/T-4/T-X/'
	run_status 1 cp-chain-check l.jsonl
	[ ! -e .state ]
	sed -i 5d l.jsonl
	run_status 1 cp-chain-check l.jsonl
	report_has level unchecked
	[ ! -e .state ]
}

@test "the memory is for oneself alone, and a damaged one is none" {
	run_status 0 cp-chain-check l.jsonl
	[ "$(stat -c %a .state .state/cp-filters .state/cp-filters/seen | sort -u)" = 700 ]
	[ "$(stat -c %a .state/cp-filters/seen/*)" = 600 ]
	for text in '' x '{}' '{"head_hash":"x","size":3}' '{"size":0}'; do
		printf '%s' "$text" >"$(echo .state/cp-filters/seen/*)"
		run_status 0 cp-chain-check l.jsonl
		report_has level unchecked
		run_status 0 cp-chain-check l.jsonl
		report_has level local
	done
}

@test "what was not synced yet is checked, but not remembered: a crash may take it" {
	fill l.jsonl 1 12
	cp l.jsonl synced
	cp l.jsonl.durable was
	fill l.jsonl 3 13
	cp was l.jsonl.durable
	run_status 0 cp-chain-check l.jsonl
	report_has entries 16
	cat synced >l.jsonl
	run_status 0 cp-chain-check l.jsonl
	report_has entries 13 level local
}

@test "where there is no place for the memory it warns and goes on" {
	run_status 0 env XDG_STATE_HOME=/dev/null cp-chain-check l.jsonl
	err 'unable to keep what was seen of l.jsonl: there is no place for it (--no-seen)'
	report_has level unchecked
	run_status 0 env XDG_STATE_HOME=/dev/null cp-chain-check --quiet l.jsonl
	silent
	report_has entries 12
	run_status 0 env -u XDG_STATE_HOME -u HOME cp-chain-check l.jsonl
	err 'unable to keep what was seen'
	mkdir home
	run_status 0 env XDG_STATE_HOME=relative HOME="$PWD/home" cp-chain-check l.jsonl
	silent
	[ ! -e relative ]
	[ -d home/.local/state/cp-filters/seen ]
	[ "$(id -u)" -eq 0 ] || skip 'only root can make a directory that another may not write'
	mkdir closed
	chmod 700 closed
	run_status 0 as_user env XDG_STATE_HOME="$PWD/closed" cp-chain-check --chain-only l.jsonl
	err 'unable to keep what was seen'
	chmod 755 closed
	run_status 0 as_user env XDG_STATE_HOME="$PWD/closed" cp-chain-check --chain-only l.jsonl
	err 'unable to keep what was seen'
}

# --- checkpoints ---

@test "a checkpoint that the ledger does not reach is ROLLBACK, one of another history FORK" {
	signed
	cp l.jsonl all
	head -n 8 all >l.jsonl
	check 1 --checkpoint l.jsonl.checkpoint --vkey "$vkey" l.jsonl
	faults_are 'ROLLBACK - 11'
	has 'the checkpoint l.jsonl.checkpoint knows of 12 entries, 8 are there'
	cp all l.jsonl
	forge_on l.jsonl 5 's/T-4/T-X/'
	check 1 --checkpoint l.jsonl.checkpoint --vkey "$vkey" l.jsonl
	faults_are 'FORK - 11'
	report_has level unchecked
	check 1 --chain-only --checkpoint l.jsonl.checkpoint --vkey "$vkey" l.jsonl
	faults_are 'FORK - 11'
	# The hashes of entries cannot stand for the bytes of lines.
	cp all l.jsonl
	edit l.jsonl 5 's/T-4/T-X/'
	check 1 --checkpoint l.jsonl.checkpoint --vkey "$vkey" l.jsonl
	faults_are 'ALTERED 5 4' 'FORK - 11'
}

@test "what is wrong behind a checkpoint does not make another history of what stands before it" {
	signed
	fill l.jsonl 8 12
	rm l.jsonl.durable
	for how in 16d '16s/^/ /' '16s/T-15/T-X/' 16p '16s/"entry_hash":"[^"]*",//'; do
		sed "$how" l.jsonl >m
		check 1 --checkpoint l.jsonl.checkpoint --vkey "$vkey" m
		hasnt '"code":"FORK"'
		report_has level local
	done
}

@test "SIGNATURE: forged, by another key, by a key of another name" {
	signed
	key other
	good=$(cat l.jsonl.checkpoint)
	last=${good: -10:1}
	[ "$last" = A ] && forged=B || forged=A
	printf '%s\n' "${good:0:-10}$forged${good: -9}" >c
	check 1 --checkpoint c --vkey "$vkey" l.jsonl
	[ "$(faults)" = 'SIGNATURE - -' ]
	has "the checkpoint's signature by example/ho1/l does not hold"
	has '"level":"unchecked"'
	check 1 --checkpoint l.jsonl.checkpoint --vkey "$(vkey_of example/ho1/l 01 other)" l.jsonl
	has 'the checkpoint is not signed by that key of example/ho1/l'
	has '"level":"unchecked"'
	check 1 --checkpoint l.jsonl.checkpoint --vkey "$(vkey_of example/ho1/m 01 k)" l.jsonl
	has 'the checkpoint is of the ledger example/ho1/l, the key of example/ho1/m'
	has '"level":"unchecked"'
	# A checkpoint that says something else, with the signature it had.
	sed '2s/12/11/' l.jsonl.checkpoint >c
	check 1 --checkpoint c --vkey "$vkey" l.jsonl
	grep -qx 'SIGNATURE - -' <<<"$(faults)"
	# Of two signatures by one key both must hold.
	{ cat l.jsonl.checkpoint; tail -n 1 c; } >d
	check 0 --checkpoint d --vkey "$vkey" l.jsonl
	{ cat l.jsonl.checkpoint; printf '%s\n' "${good:0:-10}$forged${good: -9}" | tail -n 1; } >d
	check 1 --checkpoint d --vkey "$vkey" l.jsonl
}

@test "findings of signatures are counted in the report" {
	signed
	key other
	check 1 --checkpoint l.jsonl.checkpoint --vkey "$(vkey_of example/ho1/l 01 other)" l.jsonl
	report_has faults 1
}

@test "a checkpoint of another ledger, or none, is status 3" {
	signed
	for f in "$(shared vectors/cp-ledger-v1/checkpoint)" "$(shared vectors/c2sp)"/tessera/testdata/log/checkpoint* \
		"$(shared vectors/c2sp)"/spec-examples/tlog-c*.txt; do
		check 3 --checkpoint "$f" l.jsonl
		err 'unable to use the checkpoint: it is of the ledger'
		no_report
	done
	check 3 --checkpoint "$(shared vectors/c2sp/spec-examples/signed-note.txt)" l.jsonl
	err 'unable to read the checkpoint: its second line is no size'
	cp l.jsonl.checkpoint c
	for how in 1,5d 3d 2d 1d '4d' '5d' '2s/12/012/' '2s/12/-12/' '2s/12/12 /' '2s/12/99999999999999999999/' '3s/^..../&&/' '3s/=$//' \
		'3s/^./?/' '5s/—/-/' '5s/ [^ ]*$//' '5s/.$//' '5s/\(.*\) \(.*\)/\1  \2/' '1s/^/\t/' '1s/$/\r/' '1s/^/\xff/' \
		'5s/[^ ]*$/AAAA/'; do
		sed "$how" c >d
		check 3 --checkpoint d l.jsonl
		err 'd: unable to read the'
		no_report
	done
	head -c -1 c >d
	check 3 --checkpoint d l.jsonl
	check 4 --checkpoint absent l.jsonl
	check 4 --checkpoint . l.jsonl
	no_report
}

@test "keys that are none are status 2, keys without a checkpoint too" {
	signed
	for bad in x 'example/ho1/l+00000000+AAAA' "${vkey%?}" "${vkey/+/ }" "$(sed 's/+\(.\)/+\U\1/' <<<"$vkey")x" '' \
		"$(vkey_of example/ho1/l 02 k)"; do
		check 2 --checkpoint l.jsonl.checkpoint --vkey "$bad" l.jsonl
		err 'unable to use the key'
		no_report
	done
	echo junk >bad
	check 2 --checkpoint l.jsonl.checkpoint --vkey bad l.jsonl
	: >bad
	check 2 --checkpoint l.jsonl.checkpoint --vkey bad l.jsonl
	check 4 --checkpoint l.jsonl.checkpoint --vkey . l.jsonl
	check 2 --vkey "$vkey" l.jsonl
	check 2 --witness "$vkey" l.jsonl
	check 2 --checkpoint l.jsonl.checkpoint l.jsonl l.jsonl
	check 2 --parent l.jsonl l.jsonl l.jsonl
	[ -z "$output" ]
}

@test "a checkpoint or a ledger above that is named is never passed over in silence" {
	legacy=$(shared real/ledger/kernel.jsonl)
	check 4 --checkpoint absent "$legacy" || check 3 --checkpoint absent "$legacy"
	check 4 --parent absent "$legacy" || check 3 --parent absent "$legacy"
	sed 1,5d l.jsonl >m
	check 4 --partial --checkpoint absent m || check 3 --partial --checkpoint absent m
	check 4 --partial --parent absent m || check 3 --partial --parent absent m
	signed
	# Nothing is known of the root of what begins so late.
	check 3 --partial --checkpoint l.jsonl.checkpoint m
}

# --- the ledger above ---

family() {
	ledger p.jsonl
	fill p.jsonl 3
	cp p.jsonl p.before
	ledger c.jsonl --parent p.jsonl
	fill c.jsonl 5
}

# Nobody remembers how long they were.
forget() {
	rm -f ./*.durable
}

@test "the ledger above: opened, then anchored, while both go on and rotate" {
	family
	check 0 --parent p.jsonl c.jsonl
	faults_are
	report_has level unchecked
	cp-ledger-anchor c.jsonl --parent p.jsonl >/dev/null
	check 0 --parent p.jsonl c.jsonl
	report_has level anchored
	streamed 0 c.jsonl --parent p.jsonl
	report_has level anchored
	fill p.jsonl 3
	fill c.jsonl 3
	cp-ledger-rotate p.jsonl >/dev/null
	cp-ledger-rotate c.jsonl >/dev/null
	fill p.jsonl 3
	fill c.jsonl 3
	check 0 --parent p.jsonl c.jsonl
	report_has level anchored segments 1
	cp-ledger-archive p.jsonl >/dev/null
	check 0 --parent p.jsonl c.jsonl
	report_has level anchored
}

@test "PARENT: the ledger above never opened it, or opened another of its name" {
	family
	forget
	cp p.jsonl p.after
	cp p.before p.jsonl
	check 1 --parent p.jsonl c.jsonl
	faults_are 'PARENT 1 0'
	has 'the ledger above did not open it'
	cp c.jsonl c.first
	rm c.jsonl
	ledger c.jsonl --parent p.jsonl
	check 0 --parent p.jsonl c.jsonl
	check 1 --parent p.jsonl c.first
	faults_are 'PARENT 1 0'
	has 'the ledger above opened another ledger of this name'
}

@test "PARENT: the ledger above did not open it, or GENESIS is bound to another" {
	ledger p.jsonl
	check 1 --parent p.jsonl l.jsonl
	grep -qx 'PARENT 1 0' <<<"$(faults)"
	has 'the ledger above did not open it'
	ledger q.jsonl
	ledger c.jsonl --parent q.jsonl
	check 1 --parent p.jsonl c.jsonl
	has 'its GENESIS is bound to another ledger above'
	report_has level unchecked
}

@test "a segment whose GENESIS is not there says nothing of the ledger above" {
	family
	cp-ledger-rotate c.jsonl >/dev/null
	mv c.d gone
	check 3 --partial --parent p.jsonl c.jsonl
	faults_are
	report_has level unchecked
}

@test "the ledger above went back behind what GENESIS says of it, or has another history" {
	family
	cp-ledger-anchor c.jsonl --parent p.jsonl >/dev/null
	forget
	cp p.jsonl p.all
	head -n 3 p.all >p.jsonl
	check 1 --parent p.jsonl c.jsonl
	[ "$(faults)" = $'ROLLBACK - 3\nPARENT 1 0' ]
	has '"source":"p.jsonl"'
	has 'the ledger beneath it knows of 4 entries, 3 are there'
	report_has level unchecked
	cp p.all p.jsonl
	forge_on p.jsonl 2 's/T-1/T-X/'
	check 1 --parent p.jsonl c.jsonl
	faults_are 'FORK - 3'
	has 'its first 4 entries are not those that the ledger beneath it knows of'
	report_has level unchecked
	cp p.all p.jsonl
	edit p.jsonl 2 's/T-1/T-X/'
	check 1 --parent p.jsonl c.jsonl
	grep -qx 'ALTERED 2 1' <<<"$(faults)"
	has '"source":"p.jsonl","line":2'
	report_has level unchecked
	cp p.all p.jsonl
	printf '{' >>p.jsonl
	check 1 --parent p.jsonl c.jsonl
	faults_are 'TORN - -'
	report_has level unchecked
}

@test "the ledger beneath went back behind what the one above says of it, or has another history" {
	family
	cp-ledger-anchor c.jsonl --parent p.jsonl >/dev/null
	fill c.jsonl 2 6
	forget
	cp c.jsonl c.all
	head -n 6 c.all >c.jsonl
	check 0 --parent p.jsonl c.jsonl
	report_has level anchored entries 6
	head -n 5 c.all >c.jsonl
	check 1 --parent p.jsonl c.jsonl
	faults_are 'ROLLBACK - 5'
	has 'the ledger above knows of 6 entries, 5 are there'
	report_has level unchecked
	cp c.all c.jsonl
	forge_on c.jsonl 3 's/T-2/T-X/'
	check 1 --parent p.jsonl c.jsonl
	faults_are 'FORK - 5'
	check 0 c.jsonl
	cp c.all c.jsonl
	forge_on c.jsonl 1 's/"author":"test"/"author":"tess"/'
	check 1 --parent p.jsonl c.jsonl
	faults_are 'PARENT 1 0' 'FORK - 5'
}

@test "an entry of the ledger above that was forged to say something else of the one beneath is found above" {
	family
	cp-ledger-anchor c.jsonl --parent p.jsonl >/dev/null
	forget
	n=$(grep -n CHILD_CHECKPOINT p.jsonl | cut -d : -f 1)
	edit p.jsonl "$n" 's/"size":6/"size":3/'
	check 1 --parent p.jsonl c.jsonl
	grep -qx "ALTERED $n $((n - 1))" <<<"$(faults)"
	report_has level unchecked
}

@test "a ledger above that cannot be checked is status 3 or 4" {
	family
	check 4 --parent absent c.jsonl
	no_report
	: >empty
	check 3 --parent empty c.jsonl
	no_report
	check 4 --parent . c.jsonl
	check 1 --parent "$(shared real/ledger/kernel.jsonl)" c.jsonl
	grep -qx 'PARENT 1 0' <<<"$(faults)"
	report_has level unchecked
}

# --- the rest ---

@test "what it writes keeps its schemas" {
	edit l.jsonl 5 's/T-4/T-X/'
	printf x >>l.jsonl
	run_sh 1 'cp-chain-check --no-seen l.jsonl | cp-schema-check --known'
	has '"pass":true'
	run_sh 0 "cp-chain-check --no-seen '$(shared real/ledger/clean-210.jsonl)' | cp-schema-check --known"
	has '"pass":true'
}

@test "names that are not UTF-8, or would move a cursor, are told as text" {
	for name in $'a\xff' $'a\e[2J' $'a\nb'; do
		cp l.jsonl "$name"
		edit "$name" 5 's/T-4/T-X/'
		check 1 "$name"
		[ "$(jq -r .kind <<<"$output")" = $'finding\nreport\nend' ]
		! grep -q $'\e' <<<"$output" || return 1
	done
}

@test "a ledger that is being written is in order whenever it is looked at, and so is one beneath it" {
	ledger w.jsonl
	ledger c.jsonl --parent w.jsonl
	events 2500 >.ev
	cp-end cat .ev | cp-ledger-append w.jsonl --author test --stream --batch 1 >/dev/null &
	n=0
	while kill -0 $! 2>/dev/null; do
		cp-chain-check --chain-only --jobs 0 w.jsonl >out || { cat out; return 1; }
		n=$((n + 1))
		[ $((n % 4)) -ne 0 ] || cp-chain-check --no-seen --jobs 0 --parent w.jsonl c.jsonl >out || { cat out; return 1; }
	done
	wait
	[ "$n" -gt 10 ]
	run_status 0 cp-chain-check w.jsonl
	report_has entries 2502 level local
}

@test "the bar is drawn for a terminal only" {
	check 0 --progress l.jsonl
	silent
	report_has entries 12
}

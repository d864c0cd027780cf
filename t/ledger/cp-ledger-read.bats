load ../helper
load ledger

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
}

# Twelve entries: a zstd archive (0-3), a gzip archive (4-6), a segment (7-9), and the active file (10-11).
parts() {
	ledger l.jsonl
	fill l.jsonl 2
	cp-ledger-rotate l.jsonl >/dev/null
	cp-ledger-archive l.jsonl >/dev/null
	fill l.jsonl 1 3
	cp-ledger-rotate l.jsonl >/dev/null
	cp-ledger-archive l.jsonl --format gzip >/dev/null
	fill l.jsonl 1 4
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 1 5
}

# seqs: of the entries in $output.
seqs() {
	jq -r 'select(.kind == "entry").seq' <<<"$output" | paste -sd' '
}

@test "each entry is a record of where it stands, with its bytes as they are stored" {
	ledger l.jsonl
	fill l.jsonl 3
	frozen 0 cp-ledger-read l.jsonl
	silent
	n=0
	while IFS= read -r line; do
		n=$((n + 1))
		printf '{"kind":"entry","ledger":"example/ho1/l","source":"l.jsonl","seq":%d,"line":%d,"entry":%s}\n' $((n - 1)) $n "$line"
	done <l.jsonl >want
	echo '{"kind":"end","count":4,"status":0,"by":"cp-ledger-read"}' >>want
	cmp want "$BATS_TEST_TMPDIR/.out"
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
}

@test "sealed and archived parts come first, each entry once and in order" {
	parts
	mkdir sub
	mv l.* sub
	frozen 0 cp-ledger-read sub/l.jsonl
	silent
	[ "$(seqs)" = "$(seq 0 11 | paste -sd' ')" ]
	[ "$(jq -r 'select(.entry) | "\(.source) \(.line)"' <<<"$output")" = "sub/l.d/000000000000-000000000003.jsonl.zst 1
sub/l.d/000000000000-000000000003.jsonl.zst 2
sub/l.d/000000000000-000000000003.jsonl.zst 3
sub/l.d/000000000000-000000000003.jsonl.zst 4
sub/l.d/000000000004-000000000006.jsonl.gz 1
sub/l.d/000000000004-000000000006.jsonl.gz 2
sub/l.d/000000000004-000000000006.jsonl.gz 3
sub/l.d/000000000007-000000000009.jsonl 1
sub/l.d/000000000007-000000000009.jsonl 2
sub/l.d/000000000007-000000000009.jsonl 3
sub/l.jsonl 1
sub/l.jsonl 2" ]
	cmp <(stored sub/l.jsonl) <(sed -nE 's/.*,"entry":(\{.*\})\}$/\1/p' "$BATS_TEST_TMPDIR/.out")
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
	run_sh 0 'cp-ledger-read sub/l.jsonl | cp-chain-check --no-seen'
	[ "$(report_of entries)" -eq 12 ]
}

@test "--from and --to, within and across the parts" {
	parts
	while read -r from to want; do
		run_status 0 cp-ledger-read l.jsonl --from "$from" --to "$to"
		[ "$(seqs)" = "$want" ]
		has '"kind":"end"'
	done <<-'EOT'
		0 0 0
		3 4 3 4
		5 5 5
		6 10 6 7 8 9 10
		9 9 9
		11 11 11
		11 99 11
		12 99
		9007199254740991 9007199254740991
	EOT
	run_status 0 cp-ledger-read l.jsonl --from 10
	[ "$(seqs)" = '10 11' ]
	run_status 0 cp-ledger-read l.jsonl --to 1
	[ "$(seqs)" = '0 1' ]
	run_status 2 cp-ledger-read l.jsonl --from 3 --to 2
	err 'unable to read from 3 to 2'
	for n in -1 x '' 9007199254740992; do
		run_status 2 cp-ledger-read l.jsonl --from "$n"
		run_status 2 cp-ledger-read l.jsonl --to "$n"
	done
	# What is not asked for is not even opened.
	rm l.d/000000000000-000000000003.jsonl.*
	run_status 0 cp-ledger-read l.jsonl --from 4 --to 5
	[ "$(seqs)" = '4 5' ]
}

@test "--event: any of the types; --where: all of the members" {
	parts
	run_status 0 cp-ledger-read l.jsonl --event SEGMENT_SEALED --event SEGMENT_START
	[ "$(seqs)" = '3 4 6 7 9 10' ]
	run_status 0 cp-ledger-read l.jsonl --event SEGMENT
	[ "$(seqs)" = '' ]
	run_status 0 cp-ledger-read l.jsonl --where task_id=T-3
	[ "$(seqs)" = 5 ]
	run_status 0 cp-ledger-read l.jsonl --where task_id=T-3 --where seq=5 --event TASK_START
	[ "$(seqs)" = 5 ]
	run_status 0 cp-ledger-read l.jsonl --where task_id=T-3 --where seq=8
	[ "$(seqs)" = '' ]
	run_status 0 cp-ledger-read l.jsonl --where parent=null
	[ "$(seqs)" = 0 ]
	run_status 0 cp-ledger-read l.jsonl --where tree_size=10 --where event_type=SEGMENT_START
	[ "$(seqs)" = 10 ]
	run_status 0 cp-ledger-read l.jsonl --where nothing= --where task_id=T-3
	[ "$(seqs)" = '' ]
	run_status 0 cp-ledger-read l.jsonl --where task_id=T-3 --to 4
	[ "$(seqs)" = '' ]
	event '"note":"a=b"' | cp-ledger-append l.jsonl >/dev/null
	run_status 0 cp-ledger-read l.jsonl --where note=a=b
	[ "$(seqs)" = 12 ]
	for term in x =x ''; do
		run_status 2 cp-ledger-read l.jsonl --where "$term"
		err 'KEY=VALUE is wanted'
	done
}

@test "several ledgers, one after the other; called without one is status 2" {
	ledger a.jsonl
	ledger b.jsonl
	fill b.jsonl 1
	run_status 0 cp-ledger-read b.jsonl a.jsonl b.jsonl
	[ "$(jq -r 'select(.entry) | "\(.ledger) \(.seq)"' <<<"$output" | paste -sd,)" = \
		'example/ho1/b 0,example/ho1/b 1,example/ho1/a 0,example/ho1/b 0,example/ho1/b 1' ]
	run_status 2 cp-ledger-read
	run_status 2 cp-ledger-read a.jsonl --dry-run
}

@test "ledgers of earlier formats are read as they are, without numbers" {
	for f in clean-210 legacy-lines-269 tampered-19 kernel ho1-worker; do
		cp "$(shared real/ledger/$f.jsonl)" $f.jsonl
		frozen 0 cp-ledger-read $f.jsonl
		silent
		cmp $f.jsonl <(sed -nE 's/^.*,"line":[0-9]+,"entry":(\{.*\})\}$/\1/p' "$BATS_TEST_TMPDIR/.out")
		[ "$(jq -c 'select(.entry) | [.ledger, .source, .seq, .line]' <<<"$output" | tail -n 1)" = \
			"[\"$f.jsonl\",\"$f.jsonl\",null,$(wc -l <$f.jsonl)]" ]
	done
	run_status 0 cp-ledger-read clean-210.jsonl --from 3 --to 5
	[ "$(jq -r 'select(.entry).line' <<<"$output" | paste -sd' ')" = '4 5 6' ]
	run_status 0 cp-ledger-read clean-210.jsonl --where "id=$(sed -n 7p clean-210.jsonl | jq -r .id)"
	[ "$(jq -r 'select(.entry).line' <<<"$output")" = 7 ]
	run_status 0 cp-ledger-read clean-210.jsonl --follow --to 3
	[ "$(jq -r 'select(.entry).line' <<<"$output" | paste -sd' ')" = '1 2 3 4' ]
}

@test "names that are not UTF-8 or need escapes" {
	for name in $'a\n"\\\x01\x7f.jsonl' $'\xff.jsonl'; do
		cp-ledger-init "$name" --ledger x --type L-EXEC --tier ho1 >/dev/null
		fill "$name" 1
		cp-ledger-rotate "$name" >/dev/null
		run_status 0 cp-ledger-read "$name"
		iconv -f utf-8 -t utf-8 "$BATS_TEST_TMPDIR/.out" >/dev/null
		cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
		[ "$(seqs)" = '0 1 2 3' ]
		cp "$(shared real/ledger/kernel.jsonl)" "old$name"
		run_status 0 cp-ledger-read "old$name"
		cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
		[ "$(jq -r 'select(.entry).source' <<<"$output" | sort -u)" = "$(jq -r 'select(.entry).ledger' <<<"$output" | sort -u)" ]
	done
	# Which name it was can still be told.
	has 'old\\xff.jsonl'
}

# --- what is not whole ---

@test "a ledger that is cut below what was synced is status 3" {
	ledger l.jsonl
	fill l.jsonl 3
	cp l.jsonl good
	head -c -1 good >l.jsonl
	run_status 3 cp-ledger-read l.jsonl
	err 'l.jsonl: unable to trust the ledger: it is shorter than what was synced of it'
	hasnt '"kind":"end"'
	head -c -100 good >l.jsonl
	run_status 3 cp-ledger-read l.jsonl
	rm l.jsonl.durable
	run_status 3 cp-ledger-read l.jsonl
	err 'the last line is cut'
	# As far as it is asked for it is whole.
	run_status 0 cp-ledger-read l.jsonl --to 2
	[ "$(seqs)" = '0 1 2' ]
	cp "$(shared real/ledger/clean-210.jsonl)" old.jsonl
	truncate -s -1 old.jsonl
	run_status 3 cp-ledger-read old.jsonl
	err 'the last line is cut'
}

@test "a ledger that lost whole entries that were synced is status 3" {
	ledger l.jsonl
	fill l.jsonl 3
	sed -i '$d' l.jsonl
	run_status 3 cp-ledger-read l.jsonl
	hasnt '"kind":"end"'
}

@test "bytes behind what was synced are no entry yet: warned of, and status 0" {
	ledger l.jsonl
	fill l.jsonl 2
	printf '{"author":"te' >>l.jsonl
	frozen 0 cp-ledger-read l.jsonl
	err 'unable to read the last line: it is cut, and was never acknowledged'
	[ "$(seqs)" = '0 1 2' ]
	run_status 0 cp-ledger-read l.jsonl --quiet
	silent
}

@test "a batch whose writer died is not read" {
	ledger l.jsonl
	fill l.jsonl 2
	start=$(stat -c %s l.jsonl)
	fill l.jsonl 3 10
	synced l.jsonl "$start" "$(sed -n 3p l.jsonl | jq -r .entry_hash)"
	size=$(stat -c %s l.jsonl)
	truncate -s -10 l.jsonl
	announce l.jsonl "$start" "$size"
	frozen 0 cp-ledger-read l.jsonl
	[ "$(seqs)" = '0 1 2' ]
}

@test "lines that are no entries are status 3" {
	ledger l.jsonl
	fill l.jsonl 2
	cp l.jsonl good
	rm l.jsonl.durable
	deep=$(printf '[%.0s' {1..64})$(printf ']%.0s' {1..64})
	for spoil in '2s/.*/garbage/' '2s/.*/[]/' '2s/.*//' '2s/"seq":1/"seq":-1/' '2s/"seq":1,//' '2s/"seq":1/"seq":"1"/' \
		"2s/\"seq\":1/\"deep\":$deep,\"seq\":1/" '2s/T-1/\xff/' '2s/"uid"/"seq":1,"uid"/'; do
		sed "$spoil" good >l.jsonl
		run_status 3 cp-ledger-read l.jsonl
		err 'l.jsonl:2: unable to trust the ledger'
		[ "$(seqs)" = 0 ]
	done
	{ head -n 1 good; printf '{"seq":1,"x":"%01048600d"}\n' 0; } >l.jsonl
	run_status 3 cp-ledger-read l.jsonl
	err 'l.jsonl:2: unable to trust the ledger: the line is longer than 1 MiB'
	: >l.jsonl
	run_status 3 cp-ledger-read l.jsonl
	err 'l.jsonl: unable to trust the ledger: it is empty'
}

@test "a segment that is cut or missing is status 3" {
	parts
	seg=l.d/000000000007-000000000009.jsonl
	cp $seg kept
	chmod 644 $seg
	truncate -s -1 $seg
	run_status 3 cp-ledger-read l.jsonl
	err "$seg: unable to trust the ledger: the last line is cut"
	rm $seg
	run_status 3 cp-ledger-read l.jsonl
	hasnt '"kind":"end"'
	cp kept $seg
	run_status 0 cp-ledger-read l.jsonl
}

@test "a ledger whose first segment is missing is status 3, unless only what is there is asked for" {
	parts
	rm l.d/000000000000-*
	run_status 3 cp-ledger-read l.jsonl
	hasnt '"kind":"end"'
	run_status 0 cp-ledger-read l.jsonl --from 4
	[ "$(seqs)" = '4 5 6 7 8 9 10 11' ]
}

@test "an archive that does not hold what was put into it is status 3" {
	parts
	for a in l.d/000000000000-000000000003.jsonl.zst l.d/000000000004-000000000006.jsonl.gz; do
		sum=${a%.*}.sha256
		chmod 644 "$a" "$sum"
		cp "$a" kept
		cp "$sum" kept.sum
		# Other bytes, well compressed.
		case $a in
		*.zst) zstd -dcq kept | sed 's/T-1/T-9/' | zstd -cq >"$a" ;;
		*.gz) gzip -dc kept | sed 's/T-3/T-9/' | gzip -c >"$a" ;;
		esac
		run_status 3 cp-ledger-read l.jsonl
		err 'the archive does not hold the bytes it was made of'
		cp kept "$a"
		rm "$sum"
		run_status 3 cp-ledger-read l.jsonl
		err 'an archive without the hash of what it was made of'
		cp kept.sum "$sum"
		run_status 0 cp-ledger-read l.jsonl
	done
}

@test "an archive that is damaged or cut is status 3" {
	parts
	for a in l.d/000000000000-000000000003.jsonl.zst l.d/000000000004-000000000006.jsonl.gz; do
		chmod 644 "$a"
		cp "$a" kept
		head -c -40 kept >"$a"
		run_status 3 cp-ledger-read l.jsonl
		hasnt '"kind":"end"'
		{ head -c 100 kept; printf 'XXXXXXXX'; tail -c +109 kept; } >"$a"
		run_status 3 cp-ledger-read l.jsonl
		printf 'no archive' >"$a"
		run_status 3 cp-ledger-read l.jsonl
		: >"$a"
		run_status 3 cp-ledger-read l.jsonl
		cp kept "$a"
	done
}

@test "what is no ledger, or cannot be read, is status 4" {
	run_status 4 cp-ledger-read missing
	err 'unable to open the ledger missing: No such file or directory'
	run_status 4 cp-ledger-read .
	mkfifo fifo
	run_status 4 timeout 10 cp-ledger-read fifo
	ledger l.jsonl
	chmod 600 l.jsonl
	[ "$(id -u)" -eq 0 ] || chmod 000 l.jsonl
	run_status 4 as_user cp-ledger-read l.jsonl
	err 'Permission denied'
}

@test "who may read it but not lock it reads it all the same" {
	parts
	run_status 0 as_user cp-ledger-read l.jsonl
	[ "$(seqs)" = "$(seq 0 11 | paste -sd' ')" ]
}

@test "records that nobody takes are status 4" {
	parts
	run_sh 4 'cp-ledger-read l.jsonl >/dev/full'
	err 'unable to write standard output: No space left on device'
	run_sh 4 'cp-ledger-read l.jsonl >&-'
}

# --- following ---

# read_on NAME OPTION...: a follower in the background; what it says goes to NAME.
read_on() {
	local name=$1
	shift
	timeout 20 cp-ledger-read l.jsonl --follow "$@" >"$name" 2>"$name.err" 3>&- &
	follower=$!
}

# until_lines FILE N
until_lines() {
	local i
	for ((i = 0; i < 200; i++)); do
		[ "$(wc -l <"$1")" -lt "$2" ] || return 0
		sleep 0.05
	done
	echo "$1 has only $(wc -l <"$1") lines"
	return 1
}

@test "--follow hands on what is appended, and ends with --to" {
	ledger l.jsonl
	fill l.jsonl 1
	read_on got --to 4
	until_lines got 2
	fill l.jsonl 1 2
	until_lines got 3
	fill l.jsonl 5 3
	wait $follower
	[ "$(jq -r .seq got | paste -sd' ')" = '0 1 2 3 4 null' ]
	[ "$(jq -r .line got | paste -sd' ')" = '1 2 3 4 5 null' ]
	[ "$(tail -n 1 got)" = '{"kind":"end","count":5,"status":0,"by":"cp-ledger-read"}' ]
	[ ! -s got.err ]
}

@test "--follow across rotations and archives sees each entry once" {
	ledger l.jsonl
	read_on all --to 30
	all=$follower
	read_on late --from 7 --to 30 --event TASK_START
	late=$follower
	read_on one --where task_id=T-9 --to 30
	one=$follower
	for n in 1 2 3 4 5 6; do
		fill l.jsonl 2 $((2 * n - 1))
		[ $((n % 2)) -ne 0 ] || sleep 0.2
		cp-ledger-rotate l.jsonl >/dev/null
		[ $((n % 3)) -ne 0 ] || cp-ledger-archive l.jsonl --keep 1 >/dev/null
		[ $((n % 3)) -ne 1 ] || fill l.jsonl 1 $((20 + n))
	done
	fill l.jsonl 8 100
	wait $all
	wait $late
	wait $one
	[ "$(jq -r '.seq // empty' all | paste -sd' ')" = "$(seq 0 30 | paste -sd' ')" ]
	[ "$(jq -r '.seq // empty' late)" = \
		"$(stored l.jsonl | jq -r 'select(.seq >= 7 and .seq <= 30 and .event_type == "TASK_START").seq')" ]
	[ "$(jq -r '.entry.task_id // empty' one)" = T-9 ]
	cmp <(jq -c '.entry // empty' all) <(stored l.jsonl | head -n 31 | jq -c .)
	[ "$(tail -n 1 all)" = '{"kind":"end","count":31,"status":0,"by":"cp-ledger-read"}' ]
	[ ! -s all.err ]
}

@test "--follow hands nothing on that is not synced" {
	ledger l.jsonl
	fill l.jsonl 1
	cp l.jsonl.durable old
	fill l.jsonl 1 2
	cp l.jsonl.durable new
	cp old l.jsonl.durable
	read_on got --to 2
	until_lines got 2
	sleep 0.4
	[ "$(wc -l <got)" -eq 2 ]
	cp new l.jsonl.durable
	wait $follower
	[ "$(jq -r .seq got | paste -sd' ')" = '0 1 2 null' ]
}

@test "--follow waits for a line to be finished" {
	ledger l.jsonl
	fill l.jsonl 2
	rm l.jsonl.durable
	tail -n 1 l.jsonl >line
	truncate -s -"$(stat -c %s line)" l.jsonl
	read_on got --to 2
	until_lines got 2
	head -c 50 line >>l.jsonl
	sleep 0.3
	[ "$(wc -l <got)" -eq 2 ]
	tail -c +51 line >>l.jsonl
	wait $follower
	[ "$(jq -r .seq got | paste -sd' ')" = '0 1 2 null' ]
}

@test "--follow of a ledger of an earlier format" {
	cp "$(shared real/ledger/clean-210.jsonl)" old
	head -n 3 old >l.jsonl
	read_on got --to 4
	until_lines got 3
	sed -n 4p old >>l.jsonl
	until_lines got 4
	sed -n 5,6p old >>l.jsonl
	wait $follower
	[ "$(jq -r .line got | paste -sd' ')" = '1 2 3 4 5 null' ]
}

@test "--follow of more than one is status 2; a follower ends when nobody listens" {
	ledger l.jsonl
	ledger b.jsonl
	run_status 2 cp-ledger-read --follow l.jsonl b.jsonl
	err 'unable to follow more than one ledger'
	mkfifo pipe
	{ timeout 20 cp-ledger-read l.jsonl --follow 2>err || echo $? >code; } >pipe 3>&- &
	head -n 1 pipe >first
	sleep 0.2
	fill l.jsonl 1
	wait $!
	[ "$(cat code)" = 4 ]
	[ ! -s err ]
}

# shellcheck shell=bash
# shellcheck disable=SC2154 # output is the test's
# Ledgers for tests. Needs t/helper.bash.

# ledger NAME [OPTION...]: begins an L-EXEC ledger of that name (origin example/ho1/NAME).
ledger() {
	local name=$1
	shift
	cp-ledger-init "$name" --ledger "example/ho1/${name%.jsonl}" --type L-EXEC --tier ho1 --author test "$@" >/dev/null
}

# events N [FIRST]: N events that such a ledger takes, without an end.
events() {
	seq -f '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20261121-001","task_id":"T-%.0f"}' \
		"${2:-1}" $((${2:-1} + $1 - 1))
}

# fill NAME N [FIRST]: appends N of them in one batch.
fill() {
	events "$2" "${3:-1}" >"$BATS_TEST_TMPDIR/.events"
	cp-end cat "$BATS_TEST_TMPDIR/.events" | cp-ledger-append "$1" --author test >/dev/null
}

# key FILE: makes an Ed25519 key.
key() {
	openssl genpkey -algorithm ed25519 -out "$1" 2>/dev/null && chmod 600 "$1"
}

# report_of KEY: a member of the last report record in $output.
report_of() {
	jq -r "select(.kind == \"report\").$1" <<<"$output" | tail -n 1
}

# --- of the writing side ---

# event [MEMBERS]: one event that an L-EXEC ledger takes, with these members more.
event() {
	printf '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20261121-001","task_id":"T-0"%s}\n' "${1:+,$1}"
}

# closed [STATUS]: the lines of stdin, and the end of a stream that its own program closed.
# shellcheck disable=SC2120
closed() {
	local -a line
	mapfile -t line
	[ "${#line[@]}" -eq 0 ] || printf '%s\n' "${line[@]}"
	printf '{"kind":"end","count":%d,"status":%d,"by":"test"}\n' "${#line[@]}" "${1:-0}"
}

# batch N [FIRST]: N events and an end.
batch() {
	events "$@" | closed 0
}

# many N [MEMBERS]: the same, for thousands; each with these members more.
many() {
	seq "$1" | sed "s|.*|$(event "${2-}" | sed 's|T-0|T-\&|')|"
	printf '{"kind":"end","count":%d,"status":0,"by":"test"}\n' "$1"
}

# state: each file here, its kind, mode and content; of FILE.lock, which only says who is busy, nothing, nor of a
# directory with nothing in it.
state() {
	find . -name '*.lock' -prune -o -type d -empty -o -printf '%p %y %m %l\n' -type f -exec sha256sum {} + | LC_ALL=C sort
}

# refused N CMD...: runs it; its status is N, and nothing here is another than before.
refused() {
	local before
	before=$(state)
	run_status "$@" || return
	[ "$(state)" != "$before" ] || return 0
	diff -u --label before --label after <(printf '%s\n' "$before") <(state)
	echo "refused with $1, but something has changed: ${*:2}"
	show_run
	return 1
}

# frozen N CMD...: the same, and no file was made or touched, not even a lock.
frozen() {
	local before
	before=$(find . -printf '%p %i %y %m %s %T@ %C@\n' | LC_ALL=C sort)
	refused "$@" || return
	[ "$(find . -printf '%p %i %y %m %s %T@ %C@\n' | LC_ALL=C sort)" != "$before" ] || return 0
	echo "something was written by: ${*:2}"
	return 1
}

# stored LEDGER: all its lines in order, from wherever they lie. What is sealed and not yet replaced lies there once.
stored() {
	local f stem=${1%.jsonl}.d
	for f in "$stem"/[0-9]*.jsonl*; do
		case $f in
		*.jsonl) [ ! -e "$f" ] || [ "$f" -ef "$1" ] || cat "$f" ;;
		*.zst) [ -e "${f%.zst}" ] || zstd -dcq "$f" ;;
		*.gz) [ -e "${f%.gz}" ] || gzip -dc "$f" ;;
		esac
	done
	cat "$1"
}

# hash_of_entry LINE: what its entry_hash must be, by sed and sha256sum.
hash_of_entry() {
	local prev=${1#*\"prev_hash\":\"}
	printf 'sha256:%s' "$(printf '%s%s' "$(sed -E 's/"entry_hash":"[^"]*",//' <<<"$1")" "${prev%%\"*}" |
		sha256sum | cut -c1-64)"
}

# rehash [FIRST]: the lines of stdin, each with the entry_hash that it must have; given FIRST, only from that line on, and
# each bound to the one before it (the first of all keeps its prev_hash).
rehash() {
	FIRST=${1-} perl -MDigest::SHA=sha256_hex -ne '
		BEGIN { $first = $ENV{FIRST} }
		chomp;
		if ($. >= ($first || 1)) {
			s/"prev_hash":"[^"]*"/"prev_hash":"$prev"/ if $first && defined $prev;
			my $bare = s/"entry_hash":"[^"]*",//r;
			my $sum = sha256_hex($bare . ($bare =~ /"prev_hash":"([^"]*)"/)[0]);
			$_ = $bare =~ s/,"entry_id"/,"entry_hash":"sha256:$sum","entry_id"/r;
		}
		$prev = $1 if /"entry_hash":"([^"]*)"/;
		print "$_\n"'
}

# leaf_hashes: the leaf hash (RFC 6962) of each line of stdin, in hex.
leaf_hashes() {
	perl -MDigest::SHA=sha256_hex -ne 'chomp; print sha256_hex("\0$_"), "\n"'
}

# root: the root of the leaf hashes on stdin; pair by pair, an odd one goes up as it is.
root() {
	perl -MDigest::SHA=sha256 -e '
		my @level = map { chomp; pack "H*", $_ } <>;
		while (@level > 1) {
			my @next;
			push @next, @level > 1 ? sha256("\1" . shift(@level) . shift @level) : shift @level while @level;
			@level = @next;
		}
		print unpack("H*", $level[0]), "\n"'
}

# root_of_lines: the root of the lines of stdin.
root_of_lines() {
	printf 'sha256:%s\n' "$(leaf_hashes | root)"
}

# chain_holds LEDGER: seq, prev_hash, entry_hash and entry_id of each line, by perl alone.
chain_holds() {
	stored "$1" | perl -MDigest::SHA=sha256_hex -ne '
		BEGIN { $seq = 0; $prev = "sha256:" . "0" x 64 }
		chomp;
		my $bare = $_ =~ s/"entry_hash":"([^"]*)",//r;
		my ($hash, $id) = /"entry_hash":"([^"]*)","entry_id":"([^"]*)"/;
		my ($day, $time) = /"timestamp":"([-0-9]{10})T([0-9:]{8})/;
		my $stamp = sprintf "-%s-%s-%03d", $day =~ tr/0-9//cdr, $time =~ tr/0-9//cdr, $seq;
		die "entry $seq does not hold: $_\n" if !/"seq":$seq[,}]/ || index($_, "\"prev_hash\":\"$prev\"") < 0 ||
			$hash ne "sha256:" . sha256_hex($bare . $prev) || substr($id, -length $stamp) ne $stamp;
		$prev = $hash;
		$seq++;
		END { exit 1 if !$seq }' 2>&1
}

# whole LEDGER [OPTION...]: cp-chain-check has nothing against it.
whole() {
	local status=0
	cp-chain-check --no-seen "$@" >"$BATS_TEST_TMPDIR/.check" 2>&1 || status=$?
	[ "$status" -eq 0 ] && ! grep -q '"severity":"error"' "$BATS_TEST_TMPDIR/.check" &&
		grep -q '"kind":"report"' "$BATS_TEST_TMPDIR/.check" && return
	echo "cp-chain-check $*: status $status"
	head -c 3000 "$BATS_TEST_TMPDIR/.check"
	return 1
}

# acked LEDGER [FILE]: each ack in FILE (else what run_status saw) is stored with that id and that hash.
acked() {
	jq -cR 'fromjson? | select(.kind == "ack") | [.seq, .entry_id, .entry_hash]' "${2:-$BATS_TEST_TMPDIR/.out}" |
		LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/.acked"
	stored "$1" | jq -cR 'fromjson? | [.seq, .entry_id, .entry_hash]' | LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/.stored"
	[ -z "$(LC_ALL=C comm -23 "$BATS_TEST_TMPDIR/.acked" "$BATS_TEST_TMPDIR/.stored")" ] && return
	echo 'acknowledged, but not there:'
	LC_ALL=C comm -23 "$BATS_TEST_TMPDIR/.acked" "$BATS_TEST_TMPDIR/.stored"
	return 1
}

# tasks LEDGER: the task_id of each entry that has one, in order, on one line.
tasks() {
	stored "$1" | jq -r '.task_id // empty' | paste -sd' '
}

# types LEDGER: the event_type of each entry, in order, on one line.
types() {
	stored "$1" | jq -r .event_type | paste -sd' '
}

# repaired LEDGER SIZE HASH: its last TAIL_REPAIRED is about FILE.torn-SEQ, which is of that size and hash.
repaired() {
	local seq
	stored "$1" | jq -c 'select(.event_type == "TAIL_REPAIRED")' | tail -n 1 >"$BATS_TEST_TMPDIR/.repaired"
	seq=$(jq .seq "$BATS_TEST_TMPDIR/.repaired")
	[ "$(jq -r '"\(.file) \(.size) \(.hash)"' "$BATS_TEST_TMPDIR/.repaired")" = "$1.torn-$seq $2 $3" ] &&
		[ "$(stat -c %s "$1.torn-$seq")" -eq "$2" ] &&
		[ "sha256:$(sha256sum <"$1.torn-$seq" | cut -c1-64)" = "$3" ] && return
	cat "$BATS_TEST_TMPDIR/.repaired"
	return 1
}

# synced LEDGER [OFFSET [HASH [FIRST]]]: writes its FILE.durable as common/ledger/place.c does; by default about all of it.
synced() {
	local offset=${2:-$(stat -c %s "$1")} hash=${3:-$(tail -n 1 "$1" | jq -r .entry_hash)} first=${4:-0} check
	check=$(printf '%d %d %s' "$first" "$offset" "$hash" | sha256sum | cut -c 1-16)
	check="\"check\":\"$check\","
	# One that had no sum of its members before has none now.
	grep -qs '"first_seq"' "$1.durable" && ! grep -q '"check"' "$1.durable" && check=
	printf '%-191s\n' "{$check\"first_seq\":$first,\"head_hash\":\"$hash\",\"offset\":$offset}" >"$1.durable"
}

# announce LEDGER START END: what FILE.lock holds while a batch is being written.
announce() {
	printf '%-63s\n' "{\"end\":$3,\"start\":$2}" >"$1.lock"
}

# faulted WHAT REGEX CMD...: runs it with WHAT (kill, short, an errno) at its first call that matches.
faulted() {
	FAULT_AT=${fault_call:-1} FAULT_DO=$1 FAULT_MATCH=$2 LD_PRELOAD=$CP_BUILD/shim.so \
		ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 "${@:3}"
}

# limited KIB CMD...: runs it where no file may be longer; all it says is on stdout.
limited() {
	(ulimit -f "$1" && exec "${@:2}") 2>&1 | cat
	return "${PIPESTATUS[0]}"
}

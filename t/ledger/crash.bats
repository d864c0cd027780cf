load ../helper
load ../fault/sweep
load ledger

# What writes a ledger is killed, or meets a failing or full disk, at each of its calls in turn. Whatever it acknowledged
# is there, nothing is there twice or by half, the ledger holds, and the next one goes on as if nothing had been.

setup() {
	mkdir "$BATS_TEST_TMPDIR/led" "$BATS_TEST_TMPDIR/base"
	base=$BATS_TEST_TMPDIR/base
	in=$BATS_TEST_TMPDIR/in
	out=$BATS_TEST_TMPDIR/fault.out
	cd "$BATS_TEST_TMPDIR/led"
	kinds='kill EIO ENOSPC short'
	# The quick run tries every seventh call; of the sweeps that differ little from others only the two worst kinds.
	fewer=$kinds
	[ "${FAULT_STEP:-1}" -eq 1 ] || fewer='kill short'
}

# based: what is here now is what every round begins with.
based() {
	cp -a . "$base"
}

again() {
	find . -mindepth 1 -delete
	cp -a "$base"/. .
}

# released LEDGER: a sync that failed is what recovery is for.
released() {
	[ ! -e "$1.poisoned" ] || cp-ledger-recover "$1" >/dev/null
}

# Nothing half written lies about.
tidy() {
	[ -z "$(find . -name '.*.new' -o -name '*.poisoned')" ] && return
	find . -name '.*.new' -o -name '*.poisoned'
	return 1
}

# how_many FIRST LAST: of these tasks are in $tasks.
how_many() {
	local n=0 t
	for t in $tasks; do
		[ "${t#T-}" -lt "$1" ] || [ "${t#T-}" -gt "$2" ] || n=$((n + 1))
	done
	echo $n
}

# appended MOST STEP: what the append of the tasks from 10 on left is a multiple of STEP, all of it if it says so; and the
# same goes through afterwards with the tasks from 5000 on.
appended() {
	local said
	said=$(grep -c '"kind":"ack"' "$out")
	[ "$status" -ne 0 ] || [ "$said" -eq "$1" ] || { echo "status 0 with $said acks"; return 1; }
	case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
	released l.jsonl && acked l.jsonl "$out" && cp-ledger-read --quiet l.jsonl >/dev/null &&
		events "$2" 5000 | closed | cp-ledger-append l.jsonl --author test >"$BATS_TEST_TMPDIR/next" &&
		cat "$out" "$BATS_TEST_TMPDIR/next" >"$BATS_TEST_TMPDIR/both" && acked l.jsonl "$BATS_TEST_TMPDIR/both" &&
		tidy && whole l.jsonl || return
	tasks=$(tasks l.jsonl)
	got=$(how_many 10 4999)
	[ $((got % $2)) -eq 0 ] && [ "$got" -ge "$said" ] && [ "$got" -le "$1" ] && [ "$(how_many 5000 9999)" -eq "$2" ] &&
		[ "$(how_many 1 9)" -eq 2 ] && [ -z "$(tr ' ' '\n' <<<"$tasks" | sort | uniq -d)" ] && return
	echo "$got of $1: $tasks"
	return 1
}

@test "append of one entry" {
	ledger l.jsonl
	fill l.jsonl 2
	based
	events 1 10 >"$in"
	for what in $kinds; do
		fault_sweep -d "$what" -p cp-ledger-append again 'cp-ledger-append l.jsonl --author test <"$in"' 'appended 1 1'
	done
}

@test "append of a batch of five: all or nothing" {
	ledger l.jsonl
	fill l.jsonl 2
	based
	batch 5 10 >"$in"
	for what in $kinds; do
		fault_sweep -d "$what" -p cp-ledger-append again 'cp-ledger-append l.jsonl --author test <"$in"' 'appended 5 5'
	done
}

@test "append of a batch that is written in several pieces: all or nothing" {
	ledger l.jsonl
	fill l.jsonl 2
	based
	# 1.4 MB of them
	events 25 10 | sed "s/}\$/,\"note\":\"$(printf '%058000d' 0)\"}/" | closed >"$in"
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-append again 'cp-ledger-append l.jsonl --author test <"$in"' 'appended 25 25'
	done
}

@test "append --stream: batch by batch" {
	ledger l.jsonl
	fill l.jsonl 2
	based
	batch 6 10 >"$in"
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-append again \
			'cp-ledger-append l.jsonl --author test --stream --batch 2 <"$in"' 'appended 6 2'
	done
}

# Its torn end was told once, as it was.
told() {
	appended 5 5 && [ "$(types l.jsonl | tr ' ' '\n' | grep -c TAIL_REPAIRED)" -eq 1 ] &&
		repaired l.jsonl 9 "sha256:$(printf '{"author"' | sha256sum | cut -c1-64)"
}

@test "append behind a torn end, which is cut off, kept and told once" {
	ledger l.jsonl
	fill l.jsonl 2
	printf '{"author"' >>l.jsonl
	based
	batch 5 10 >"$in"
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-append again 'cp-ledger-append l.jsonl --author test <"$in"' told
	done
}

@test "append behind a batch whose writer died" {
	ledger l.jsonl
	fill l.jsonl 2
	start=$(stat -c %s l.jsonl)
	cp l.jsonl.durable durable
	fill l.jsonl 5 100
	end=$(stat -c %s l.jsonl)
	mv durable l.jsonl.durable
	truncate -s -300 l.jsonl
	announce l.jsonl "$start" "$end"
	torn=sha256:$(tail -c +$((start + 1)) l.jsonl | sha256sum | cut -c1-64)
	based
	batch 5 10 >"$in"
	check() {
		appended 5 5 && [ "$(types l.jsonl | tr ' ' '\n' | grep -c TAIL_REPAIRED)" -eq 1 ] &&
			repaired l.jsonl $((end - start - 300)) "$torn"
	}
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-append again 'cp-ledger-append l.jsonl --author test <"$in"' check
	done
}

@test "append that finishes a rotation which was killed" {
	ledger l.jsonl
	fill l.jsonl 2
	faulted kill '^linkat' cp-ledger-rotate l.jsonl >/dev/null 2>&1 || :
	based
	batch 5 10 >"$in"
	check() {
		appended 5 5 && [ "$(types l.jsonl | tr ' ' '\n' | grep -c SEGMENT)" -eq 2 ]
	}
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-append again 'cp-ledger-append l.jsonl --author test <"$in"' check
	done
}

@test "append, when reading fails" {
	ledger l.jsonl
	fill l.jsonl 2
	based
	batch 5 10 >"$in"
	fault_sweep -d EIO -a -p cp-ledger-append again 'cp-ledger-append l.jsonl --author test <"$in"' 'appended 5 5'
}

@test "rotate" {
	ledger l.jsonl
	fill l.jsonl 1
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 2 2
	key k.pem
	based
	check() {
		case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
		released l.jsonl && whole l.jsonl && cp-ledger-read l.jsonl >"$BATS_TEST_TMPDIR/read" || return
		[ "$(jq -r 'select(.entry).seq' "$BATS_TEST_TMPDIR/read" | paste -sd' ')" = \
			"$(seq 0 $(($(stored l.jsonl | wc -l) - 1)) | paste -sd' ')" ] || { cat "$BATS_TEST_TMPDIR/read"; return 1; }
		[ "$status" -ne 0 ] || [ "$(types l.jsonl | tr ' ' '\n' | grep -c SEALED)" -eq 2 ] || return
		cp-ledger-rotate l.jsonl --key k.pem >/dev/null && fill l.jsonl 1 4 && cp-ledger-recover l.jsonl >/dev/null || return
		[ "$(tasks l.jsonl)" = 'T-1 T-2 T-3 T-4' ] && tidy && whole l.jsonl &&
			[ "$(stat -c %a l.d/*.jsonl | sort -u)" = 444 ]
	}
	for what in $kinds; do
		fault_sweep -d "$what" -p cp-ledger-rotate again 'cp-ledger-rotate l.jsonl --key k.pem' check
	done
}

@test "rotate, when reading fails" {
	ledger l.jsonl
	fill l.jsonl 2
	based
	check() {
		case $status in 0 | 4) ;; *) echo "status $status"; return 1 ;; esac
		released l.jsonl && whole l.jsonl && cp-ledger-rotate l.jsonl >/dev/null && tidy && whole l.jsonl &&
			[ "$(tasks l.jsonl)" = 'T-1 T-2' ]
	}
	fault_sweep -d EIO -a -p cp-ledger-rotate again 'cp-ledger-rotate l.jsonl' check
}

@test "archive" {
	ledger l.jsonl
	fill l.jsonl 2
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 2 3
	cp-ledger-rotate l.jsonl >/dev/null
	based
	stored l.jsonl >"$BATS_TEST_TMPDIR/bytes"
	check() {
		case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
		stored l.jsonl | cmp - "$BATS_TEST_TMPDIR/bytes" && whole l.jsonl || return
		[ "$status" -ne 0 ] || [ "$(grep -c '"kind":"archived"' "$out")" -eq 2 ] || return
		cp-ledger-archive l.jsonl --format "$format" >/dev/null && stored l.jsonl | cmp - "$BATS_TEST_TMPDIR/bytes" &&
			whole l.jsonl && tidy || return
		[ "$(ls -A l.d | wc -l)" -eq 4 ] || return
		for part in l.d/*.sha256; do
			plain=${part%.sha256}
			case $format in zstd) zstd -dcq "$plain.zst" ;; *) gzip -dc "$plain.gz" ;; esac | sha256sum |
				cmp -n 64 - "$part" || return
		done
	}
	for format in zstd gzip; do
		for what in $fewer; do
			fault_sweep -d "$what" -p cp-ledger-archive again 'cp-ledger-archive l.jsonl --format $format' check
		done
	done
}

@test "adopt" {
	cp "$(shared real/ledger/tampered-19.jsonl)" l.jsonl
	cp l.jsonl "$BATS_TEST_TMPDIR/kept"
	based
	sum=$(sha256sum <l.jsonl | cut -c1-64)
	adopt_it() {
		cp-ledger-adopt l.jsonl --ledger l --type L-EXEC --tier ho1
	}
	check() {
		local next=0
		case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
		adopt_it >"$BATS_TEST_TMPDIR/next" 2>&1 || next=$?
		# Once it is done it is done.
		[ "$next" -eq 0 ] || { [ "$next" -eq 1 ] && grep -q 'unable to adopt' "$BATS_TEST_TMPDIR/next"; } || return
		[ "$status" -ne 0 ] || [ "$next" -eq 1 ] || return
		[ "$next" -eq 0 ] || acked l.jsonl "$out" || return
		cmp "$BATS_TEST_TMPDIR/kept" "l.d/legacy-${sum:0:12}.jsonl" && tidy && whole l.jsonl || return
		[ "$(jq -c '[.event_type, .legacy.sha256, .legacy.issues.altered]' l.jsonl)" = "[\"GENESIS\",\"sha256:$sum\",2]" ] &&
			fill l.jsonl 1 && whole l.jsonl
	}
	for what in $kinds; do
		fault_sweep -d "$what" -p cp-ledger-adopt again adopt_it check
	done
}

@test "init --parent" {
	ledger p.jsonl
	fill p.jsonl 2
	based
	init_it() {
		cp-ledger-init c.jsonl --ledger c --type L-EXEC --tier ho1 --author test --parent p.jsonl
	}
	check() {
		local next=0
		case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
		released p.jsonl || return
		# What was begun is there, and cp-ledger-anchor tells the parent what it was not told.
		if [ -e c.jsonl ]; then
			cp-ledger-anchor c.jsonl --parent p.jsonl --author test >/dev/null || return
		else
			[ ! -s "$out" ] && init_it >/dev/null || return
		fi
		cat p.jsonl c.jsonl | jq -r .entry_hash >"$BATS_TEST_TMPDIR/hashes"
		[ -z "$(jq -rR 'fromjson? | .entry_hash // empty' "$out" | grep -vxFf "$BATS_TEST_TMPDIR/hashes")" ] || return
		[ "$status" -ne 0 ] || [ "$(grep -c '"kind":"ack"' "$out")" -eq 2 ] || return
		[ "$(jq -r 'select(.event_type == "CHILD_OPENED").genesis_hash' p.jsonl)" = "$(head -n 1 c.jsonl | jq -r .entry_hash)" ] &&
			[ "$(tasks p.jsonl)" = 'T-1 T-2' ] && tidy && whole p.jsonl && whole c.jsonl --parent p.jsonl
	}
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-init again init_it check
	done
}

recovered() {
	case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
	[ "$status" -ne 0 ] || { tidy && whole l.jsonl; } || return
	cp-ledger-recover l.jsonl >/dev/null && tidy && whole l.jsonl && [ "$(tasks l.jsonl)" = 'T-1 T-2' ]
}

@test "recover of a poisoned ledger with a torn end" {
	ledger l.jsonl
	fill l.jsonl 2
	printf '{"author"' >>l.jsonl
	echo 'a sync failed' >l.jsonl.poisoned
	based
	check() {
		recovered && [ "$(types l.jsonl | tr ' ' '\n' | grep -c TAIL_REPAIRED)" -eq 1 ] &&
			repaired l.jsonl 9 "sha256:$(printf '{"author"' | sha256sum | cut -c1-64)"
	}
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-recover again 'cp-ledger-recover l.jsonl' check
	done
}

@test "recover of a rotation that was killed" {
	ledger l.jsonl
	fill l.jsonl 2
	faulted kill '^renameat2' cp-ledger-rotate l.jsonl >/dev/null 2>&1 || :
	based
	check() {
		recovered && [ "$(types l.jsonl | tr ' ' '\n' | grep -c SEGMENT)" -eq 2 ] && [ "$(stat -c %a l.d/*)" = 444 ]
	}
	for what in $fewer; do
		fault_sweep -d "$what" -p cp-ledger-recover again 'cp-ledger-recover l.jsonl' check
	done
}

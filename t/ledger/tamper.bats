load ../helper
load ledger
load forge

# A ledger of 200 entries (seq 0 to 199), and what vouches for it: FILE.durable for all of them; for the first 150 what
# was seen, a signed checkpoint, and the ledger above.
setup_file() {
	local BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	export XDG_STATE_HOME=$BATS_FILE_TMPDIR/state
	mkdir "$BATS_FILE_TMPDIR/plane"
	cd "$BATS_FILE_TMPDIR/plane" || return
	ledger p.jsonl
	fill p.jsonl 3
	ledger l.jsonl --parent p.jsonl
	fill l.jsonl 149
	cp-chain-check l.jsonl >/dev/null
	key k
	cp-ledger-checkpoint l.jsonl --key k --out c >/dev/null
	cp-ledger-anchor l.jsonl --parent p.jsonl >/dev/null
	cp l.jsonl older
	fill l.jsonl 50 150
	fill p.jsonl 3
	cp l.jsonl all
	mv l.jsonl.durable all.durable
	vkey_of example/ho1/l 01 k >vkey
}

setup() {
	cp -r "$BATS_FILE_TMPDIR/plane" "$BATS_FILE_TMPDIR/state" "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR/plane" || return
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
}

# look EVIDENCE: checks l.jsonl with that alone.
look() {
	local options=(--no-seen)
	rm -f l.jsonl.durable
	case $1 in
	seen)
		options=()
		cp "$BATS_FILE_TMPDIR"/state/cp-filters/seen/* "$XDG_STATE_HOME/cp-filters/seen"
		;;
	durable) cp all.durable l.jsonl.durable ;;
	checkpoint) options+=(--checkpoint c --vkey vkey) ;;
	parent) options+=(--parent p.jsonl) ;;
	esac
	status=0
	output=$(cp-chain-check "${options[@]}" l.jsonl 2>&1) || status=$?
}

# says EVIDENCE STATUS LEVEL [FAULT]...: it says just that; with status 1 and no FAULT, whatever it found.
says() {
	look "$1"
	[ "$status" -eq "$2" ] || {
		echo "by $1: status is $status, not $2"
		show_run
		return 1
	}
	report_has level "$3"
	hasnt 'cp-chain-check: '
	[ $# -eq 3 ] && [ "$status" -eq 1 ] || faults_are "${@:4}"
}

# found FAULT...: by nothing but the ledger itself just these (and TIME, as the clock went), by evidence these among others.
found() {
	local evidence fault
	says none 1 unchecked
	[ "$(faults | grep -v '^TIME ')" = "$(printf '%s\n' "$@")" ] || { show_run; return 1; }
	for evidence in seen durable checkpoint parent; do
		look $evidence
		for fault; do
			[ "$status" -eq 1 ] && grep -qx "$fault" <<<"$(faults)" && continue
			echo "by $evidence: no $fault"
			show_run
			return 1
		done
	done
}

@test "as it was written it is in order, and each evidence has its level" {
	says none 0 unchecked
	report_has entries 200 hash_ok 200 breaks 0 faults 0
	says seen 0 local
	says durable 0 unchecked
	says checkpoint 0 local
	says parent 0 anchored
	report_has entries 200 hash_ok 200 breaks 0 faults 0
}

@test "an entry dropped" {
	sed 1d all >l.jsonl
	found 'GENESIS 1 1'
	for n in 2 57 150 199; do
		sed "${n}d" all >l.jsonl
		found "LINK $n $n"
	done
	sed 57,99d all >l.jsonl
	found 'LINK 57 99'
}

@test "an entry doubled" {
	for n in 2 57 150 200; do
		sed "${n}p" all >l.jsonl
		found "LINK $((n + 1)) $((n - 1))"
	done
	{ cat all; line all 57; } >l.jsonl
	found 'LINK 201 56'
}

@test "two entries swapped" {
	for n in 2 57 150 199; do
		sed "$n{h;d};$((n + 1)){G}" all >l.jsonl
		[ "$n" -eq 199 ] || found "LINK $n $n" "LINK $((n + 1)) $((n - 1))" "LINK $((n + 2)) $((n + 1))"
		[ "$n" -ne 199 ] || found 'LINK 199 199' 'LINK 200 198'
	done
}

@test "an entry inserted, of this ledger or of another, as it was or hashed for its place" {
	ledger m.jsonl
	fill m.jsonl 3
	foreign=$(line m.jsonl 3)
	for n in 57 150; do
		{ head -n $n all; printf '%s\n' "$foreign"; tail -n +$((n + 1)) all; } >l.jsonl
		found "LINK $((n + 1)) 2" "LINK $((n + 2)) $n"
		# With the number and the hashes of the place: what follows does not know it.
		inserted=$(forge_line "$(line all $((n + 1)) | sed 's/T-/T-X/')")
		{ head -n $n all; printf '%s\n' "$inserted"; tail -n +$((n + 1)) all; } >l.jsonl
		found "LINK $((n + 2)) $n"
	done
}

@test "the hash taken out of an entry" {
	for n in 2 57 150 200; do
		cp all l.jsonl
		edit l.jsonl $n 's/"entry_hash":"[^"]*",//'
		found "UNHASHED $n $((n - 1))"
	done
}

@test "an entry changed" {
	for n in 2 57 150 200; do
		cp all l.jsonl
		edit l.jsonl $n 's/"task_id":"T/&X/'
		found "ALTERED $n $((n - 1))"
	done
}

@test "an entry changed and hashed anew: the one behind it does not know it" {
	for n in 2 57 150 199; do
		cp all l.jsonl
		forge l.jsonl $n 's/"task_id":"T/&X/'
		found "LINK $((n + 1)) $n"
	done
}

@test "the last entry changed and hashed anew: found by what vouches for it" {
	cp all l.jsonl
	forge l.jsonl 200 's/"task_id":"T/&X/'
	says none 0 unchecked
	says durable 1 unchecked 'FORK - -'
	says seen 0 local
	says checkpoint 0 local
	says parent 0 anchored
	head -n 150 all >l.jsonl
	forge l.jsonl 150 's/"task_id":"T/&X/'
	says none 0 unchecked
	says seen 1 unchecked 'FORK - 149'
	says checkpoint 1 unchecked 'FORK - 149'
	says parent 1 unchecked 'FORK - 149'
}

@test "an entry and all behind it hashed anew: found by what vouches for it, and the level is right where nothing does" {
	for n in 2 150 151 190; do
		cp all l.jsonl
		forge_on l.jsonl $n 's/"task_id":"T/&X/'
		says none 0 unchecked
		report_has entries 200 hash_ok 200
		says durable 1 unchecked 'FORK - -'
		if [ $n -le 150 ]; then
			for evidence in seen checkpoint parent; do
				says $evidence 1 unchecked 'FORK - 149'
			done
		else
			says seen 0 local
			says checkpoint 0 local
			says parent 0 anchored
		fi
	done
}

@test "all of it written anew, GENESIS too: no memory of it, but whoever knows its name or length knows" {
	cp all l.jsonl
	forge_on l.jsonl 1 's/"author":"test"/"author":"tess"/'
	says none 0 unchecked
	report_has entries 200 hash_ok 200
	says seen 0 unchecked
	says durable 1 unchecked 'FORK - -'
	says checkpoint 1 unchecked 'FORK - 149'
	says parent 1 unchecked 'PARENT 1 0' 'FORK - 149'
}

@test "an older copy put back: found by what knows that it was longer, and the level is right where nothing does" {
	for n in 1 2 57 149; do
		head -n $n all >l.jsonl
		says none 0 unchecked
		report_has entries $n
		says durable 1 unchecked 'ROLLBACK - -'
		for evidence in seen checkpoint parent; do
			says $evidence 1 unchecked 'ROLLBACK - 149'
		done
	done
	for n in 150 151 199; do
		head -n $n all >l.jsonl
		says none 0 unchecked
		says durable 1 unchecked 'ROLLBACK - -'
		says seen 0 local
		says checkpoint 0 local
		says parent 0 anchored
	done
	cp older l.jsonl
	cmp older <(head -n 150 all)
	says seen 0 local
}

@test "cut at sampled bytes: found, but where a line ends and nothing knows of more" {
	size=$(stat -c %s all)
	mapfile -t ends < <(LC_ALL=C awk '{ n += length($0) + 1; print n }' all)
	[ "${ends[199]}" -eq "$size" ]
	cuts=()
	for ((i = 1; i <= 40; i++)); do cuts+=($((i * 99991 % size))); done
	for ((i = 1; i <= 20; i++)); do cuts+=("${ends[i * 9]}"); done
	cut=0 whole=0
	for at in "${cuts[@]}"; do
		head -c "$at" all >l.jsonl
		n=$(wc -l <l.jsonl)
		torn=('TORN - -')
		[ "$n" -gt 0 ] && [ "${ends[n - 1]}" -eq "$at" ] && torn=() && whole=$((whole + 1))
		cut=$((cut + 1))
		says none ${#torn[@]} unchecked "${torn[@]}"
		report_has entries "$n"
		[ "$n" -gt 0 ] || continue
		case $((cut % 4)):$((n >= 150)) in
		0:*) says durable 1 unchecked 'ROLLBACK - -' "${torn[@]}" ;;
		1:0) says seen 1 unchecked "${torn[@]}" 'ROLLBACK - 149' ;;
		1:1) says seen ${#torn[@]} local "${torn[@]}" ;;
		2:0) says checkpoint 1 unchecked "${torn[@]}" 'ROLLBACK - 149' ;;
		2:1) says checkpoint ${#torn[@]} local "${torn[@]}" ;;
		3:0) says parent 1 unchecked "${torn[@]}" 'ROLLBACK - 149' ;;
		3:1) says parent ${#torn[@]} anchored "${torn[@]}" ;;
		esac
	done
	[ "$cut" -eq 60 ] && [ "$whole" -ge 20 ]
}

@test "nothing left of it, or not even a line, is never in order" {
	: >l.jsonl
	for evidence in none seen durable checkpoint parent; do
		look $evidence
		[ "$status" -eq 3 ]
		hasnt '"kind"'
	done
	head -c 50 all >l.jsonl
	for evidence in none seen durable checkpoint parent; do
		torn=('TORN - -')
		[ $evidence != durable ] || torn=('GENESIS 1 -' "${torn[@]}")
		says $evidence 1 unchecked "${torn[@]}"
	done
	rm l.jsonl
	for evidence in none seen durable checkpoint parent; do
		look $evidence
		[ "$status" -eq 4 ]
		hasnt '"kind"'
	done
}

# flip OFFSET MASK: in l.jsonl.
flip() {
	printf %02x $((0x$(xxd -s "$1" -l 1 -p all) ^ $2)) | xxd -r -p | dd of=l.jsonl bs=1 seek="$1" conv=notrunc status=none
}

@test "a bit flipped at sampled bytes is found, whatever is known" {
	size=$(stat -c %s all)
	cp all l.jsonl
	n=0
	for ((i = 1; i <= 100; i++)); do
		at=$((i * 99991 % size))
		flip $at $((1 << i % 8))
		look none
		[[ $status = 1 && $output == '{"kind":"finding","code":"'* && $output == *'"level":"unchecked"'* ]] || {
			echo "byte $at: status $status"
			show_run
			return 1
		}
		if [ $((i % 5)) -eq 0 ]; then
			for evidence in seen checkpoint durable; do
				look $evidence
				[ "$status" -eq 1 ]
			done
		fi
		flip $at 0
		n=$((n + 1))
	done
	[ $n -eq 100 ]
	cmp all l.jsonl
	says none 0 unchecked
}

@test "each line feed matters" {
	mapfile -t ends < <(LC_ALL=C awk '{ n += length($0) + 1; print n }' all)
	for n in 1 57 150 199 200; do
		for byte in ' ' ',' '\0' '\r'; do
			cp all l.jsonl
			printf "$byte" | dd of=l.jsonl bs=1 seek=$((ends[n - 1] - 1)) conv=notrunc status=none
			look none
			[ "$status" -eq 1 ]
			[ "$n" -eq 200 ] || grep -q "^MALFORMED $n " <<<"$(faults)"
			[ "$n" -ne 200 ] || grep -q '^TORN ' <<<"$(faults)"
		done
	done
}

@test "what is wrong behind what is vouched for leaves its level; what is wrong in it does not" {
	for how in '180s/"task_id":"T/&X/' 180d 180p '180s/"entry_hash":"[^"]*",//' '180s/^/ /' '180s/$/\n/' '180{h;d};181{G}'; do
		sed "$how" all >l.jsonl
		says none 1 unchecked
		says seen 1 local
		says checkpoint 1 local
		says parent 1 anchored
	done
	for how in '80s/"task_id":"T/&X/' 80d 80p '80s/^/ /'; do
		sed "$how" all >l.jsonl
		says none 1 unchecked
		says checkpoint 1 unchecked
		says parent 1 unchecked
	done
}

@test "evidence that was forged is found, or finds nothing: a checkpoint, the ledger above" {
	key other
	head -n 57 all >l.jsonl
	cp-ledger-checkpoint l.jsonl --key other --out c >/dev/null
	says checkpoint 1 unchecked
	[ "$(faults)" = 'SIGNATURE - -' ]
	edit p.jsonl "$(grep -n CHILD_CHECKPOINT p.jsonl | cut -d : -f 1)" 's/"size":150/"size":57/'
	says parent 1 unchecked
	grep -q '^ALTERED ' <<<"$(faults)"
}

load ../helper
load ledger
load forge

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	key k
}

# book NAME N: a ledger of N entries and its checkpoint.
book() {
	ledger "$1"
	fill "$1" $(($2 - 1))
	sign "$1"
}

sign() {
	cp-ledger-checkpoint "$1" --key k >/dev/null
}

tiles() { # STATUS [OPTION]...
	run_status "$1" cp-ledger-tiles "${@:2}"
}

# count WRITTEN KEPT: what the record says, and how many files there are.
count() {
	has "\"written\":$1,\"kept\":$2"
	[ "$(find T -path '*tile*' -type f | wc -l)" -eq $(($1 + $2 + ${3:-0})) ]
}

# bundle FIRST LAST <LEDGER: the lines, each behind its length in two bytes.
bundle() {
	LC_ALL=C awk -v first="$1" -v last="$2" \
		'NR >= first && NR <= last { printf "%c%c%s", int(length($0) / 256), length($0) % 256, $0 }'
}

# hashes FIRST LAST <LEDGER: their leaf hashes.
hashes() {
	local l
	while IFS= read -r l; do leaf "$l"; done < <(sed -n "$1,$2p") | xxd -r -p
}

# whole TILE: the root of the hashes in it, in hex.
whole() {
	xxd -p -c 32 "$1" | root
}

@test "a small ledger: one tile of leaf hashes, one bundle of entries, the checkpoint" {
	book l.jsonl 7
	tiles 0 l.jsonl T
	silent
	[ "${lines[0]}" = '{"kind":"tiles","ledger":"example/ho1/l","size":7,"root_hash":"sha256:'"$(whole T/tile/0/000.p/7)"\
'","written":2,"kept":0}' ]
	[ "${lines[1]}" = '{"kind":"end","count":1,"status":0,"by":"cp-ledger-tiles"}' ]
	[ "$(cd T && find . -type f | sort)" = $'./checkpoint\n./tile/0/000.p/7\n./tile/entries/000.p/7' ]
	cmp T/checkpoint l.jsonl.checkpoint
	hashes 1 7 <l.jsonl | cmp - T/tile/0/000.p/7
	bundle 1 7 <l.jsonl | cmp - T/tile/entries/000.p/7
	[ "$(find T -type f -printf '%m\n' | sort -u)" = 644 ]
	run_sh 0 'cp-ledger-tiles l.jsonl U | cp-schema-check --known'
	has '"pass":true'
}

@test "the known answers as tiles" {
	v=$(shared vectors/cp-ledger-v1)
	tiles 0 --checkpoint "$v/checkpoint" "$v/packages.jsonl" T
	jq -r '.leaf_hashes[]' "$v/expect.json" | xxd -r -p | cmp - T/tile/0/000.p/3
	bundle 1 3 <"$v/packages.jsonl" | cmp - T/tile/entries/000.p/3
	cmp T/checkpoint "$v/checkpoint"
	has "\"root_hash\":\"sha256:$(jq -r '.roots[2]' "$v/expect.json")\""
}

@test "601 entries: two full tiles, one begun, and the level above them" {
	book l.jsonl 601
	tiles 0 l.jsonl T
	count 7 0
	[ "$(cd T && find tile -type f | sort)" = 'tile/0/000
tile/0/001
tile/0/002.p/89
tile/1/000.p/2
tile/entries/000
tile/entries/001
tile/entries/002.p/89' ]
	[ "$(stat -c %s T/tile/0/000 T/tile/0/001 T/tile/0/002.p/89 T/tile/1/000.p/2)" = $'8192\n8192\n2848\n64' ]
	bundle 1 256 <l.jsonl | cmp - T/tile/entries/000
	bundle 257 512 <l.jsonl | cmp - T/tile/entries/001
	bundle 513 601 <l.jsonl | cmp - T/tile/entries/002.p/89
	# Leaf hashes, at the edges of each tile.
	cat T/tile/0/000 T/tile/0/001 T/tile/0/002.p/89 | xxd -p -c 32 >leaves
	[ "$(wc -l <leaves)" -eq 601 ]
	for n in 1 2 255 256 257 511 512 513 600 601; do
		[ "$(sed -n ${n}p leaves)" = "$(leaf "$(line l.jsonl $n)")" ]
	done
	# Level 1: the roots of the two full tiles; with the third they make the root that is signed.
	one=$(whole T/tile/0/000)
	two=$(whole T/tile/0/001)
	[ "$(xxd -p -c 32 T/tile/1/000.p/2)" = "$one
$two" ]
	[ "$(base64_of "$(node "$(node "$one" "$two")" "$(whole T/tile/0/002.p/89)")")" = "$(sed -n 3p T/checkpoint)" ]
}

@test "256 entries are one full tile and a hash above it; 257 begin the next" {
	book l.jsonl 256
	tiles 0 l.jsonl T
	[ "$(cd T && find tile -type f | sort)" = $'tile/0/000\ntile/1/000.p/1\ntile/entries/000' ]
	[ "$(xxd -p -c 32 T/tile/1/000.p/1)" = "$(whole T/tile/0/000)" ]
	[ "$(base64_of "$(whole T/tile/0/000)")" = "$(sed -n 3p T/checkpoint)" ]
	fill l.jsonl 1 256
	sign l.jsonl
	tiles 0 l.jsonl T
	count 2 3
	[ "$(cd T && echo tile/*/001.p/1)" = 'tile/0/001.p/1 tile/entries/001.p/1' ]
}

@test "again, nothing is written; later, only what is new, and nothing that was served goes" {
	book l.jsonl 300
	tiles 0 l.jsonl T
	find T -type f -printf '%p %i %T@\n' | grep -v checkpoint | sort >before
	tiles 0 l.jsonl T
	count 0 5
	find T -type f -printf '%p %i %T@\n' | grep -v checkpoint | sort | cmp before -
	fill l.jsonl 20 300
	tiles 0 l.jsonl T # the checkpoint is the old one
	count 0 5
	sign l.jsonl
	tiles 0 l.jsonl T
	count 2 3 2
	[ -z "$(comm -23 before <(find T -type f -printf '%p %i %T@\n' | sort))" ]
	cmp T/checkpoint l.jsonl.checkpoint
	fill l.jsonl 300 320
	sign l.jsonl
	tiles 0 l.jsonl T
	count 5 2 5
	tiles 0 l.jsonl U
	has '"written":7,"kept":0'
	for f in $(cd U && find . -type f); do cmp "T/$f" "U/$f"; done
}

@test "segments and archives make the same tiles" {
	book l.jsonl 5
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 5 6
	cp-ledger-rotate l.jsonl >/dev/null
	sign l.jsonl
	cat l.d/*.jsonl l.jsonl >one
	cp-ledger-archive --keep 1 l.jsonl >/dev/null
	tiles 0 l.jsonl T
	n=$(wc -l <one)
	hashes 1 "$n" <one | cmp - "T/tile/0/000.p/$n"
	bundle 1 "$n" <one | cmp - "T/tile/entries/000.p/$n"
	chmod u+w l.d
	rm -f l.d/000000000000-*
	tiles 3 l.jsonl U
	err 'the entries 0 to 5 before it are missing'
	hasnt '"kind":"tiles"'
	[ ! -e U/checkpoint ]
}

@test "--dry-run says what would be written, and writes nothing" {
	book l.jsonl 7
	mkdir T
	tiles 0 --dry-run l.jsonl T
	has '"written":2,"kept":0,"dry_run":true'
	[ -z "$(ls -A T)" ]
	tiles 0 l.jsonl T
	fill l.jsonl 3 7
	sign l.jsonl
	find T -printf '%p %i %T@\n' | sort >before
	tiles 0 --dry-run l.jsonl T
	has '"size":10'
	has '"written":2,"kept":0,"dry_run":true'
	find T -printf '%p %i %T@\n' | sort | cmp before -
}

@test "--dry-run of the first publication needs no directory, and makes none" {
	book l.jsonl 7
	tiles 0 --dry-run l.jsonl T
	has '"written":2,"kept":0,"dry_run":true'
	[ ! -e T ]
}

# served: T is as it was in `before`, and nothing new was signed there.
served() {
	hasnt '"kind":"tiles"'
	find T -type f | sort | xargs sha256sum | cmp before -
}

keep() {
	find T -type f | sort | xargs sha256sum >before
}

@test "FORK: a tile or a bundle that is served is another one" {
	book l.jsonl 300
	tiles 0 l.jsonl T
	cp -r T was
	for f in tile/0/000 tile/0/001.p/44 tile/1/000.p/1 tile/entries/000 tile/entries/001.p/44; do
		for how in 'printf x | dd of=T/$f bs=1 seek=100 conv=notrunc status=none' 'printf x >>T/$f' 'head -c -1 was/$f >T/$f' \
			': >T/$f'; do
			rm -r T && cp -r was T
			[ "$f" != tile/1/000.p/1 ] || how=${how/seek=100/seek=10}
			eval "$how"
			keep
			tiles 1 l.jsonl T
			[ "$(jq -r 'select(.code) | .code + " " + .path' <<<"$output")" = "FORK $f" ]
			has 'the tile that is served is another one'
			served
		done
	done
}

@test "FORK: a tile that is served is longer by more than a byte" {
	book l.jsonl 7
	tiles 0 l.jsonl T
	for f in tile/0/000.p/7 tile/entries/000.p/7; do
		cp "T/$f" was
		printf xxxx >>"T/$f"
		tiles 1 l.jsonl T
		has "\"code\":\"FORK\",\"severity\":\"error\",\"path\":\"$f\""
		cp was "T/$f"
	done
}

@test "FORK: what is served is not a part of what would be" {
	book l.jsonl 300
	tiles 0 l.jsonl T
	keep
	head -n 1 l.jsonl >m.jsonl
	fill m.jsonl 400 1000
	sign m.jsonl
	tiles 1 m.jsonl T
	[ "$(faults | sort -u)" = 'FORK - -' ]
	served
	# Of the same length.
	head -n 300 m.jsonl >n.jsonl
	sign n.jsonl
	tiles 1 n.jsonl T
	served
}

@test "FORK: another ledger's tiles are served there" {
	book l.jsonl 5
	book m.jsonl 9
	tiles 0 l.jsonl T
	keep
	tiles 1 m.jsonl T
	[ "$(faults)" = 'FORK - -' ]
	served
}

@test "ROLLBACK: fewer entries than are served" {
	book l.jsonl 5
	cp l.jsonl.checkpoint old
	fill l.jsonl 3 5
	sign l.jsonl
	tiles 0 l.jsonl T
	keep
	tiles 1 --checkpoint old l.jsonl T
	[ "$(faults)" = 'ROLLBACK - -' ]
	has '8 entries are served, the checkpoint is of 5'
	served
}

@test "FORK: a ledger that is not the one of the checkpoint" {
	book l.jsonl 7
	head -n 1 l.jsonl >m.jsonl
	fill m.jsonl 10 100
	tiles 1 --checkpoint l.jsonl.checkpoint m.jsonl T
	[ "$(faults)" = 'FORK - -' ]
	has 'the ledger is not the one of the checkpoint'
	[ ! -e T/checkpoint ]
	head -n 4 l.jsonl >n.jsonl
	tiles 3 --checkpoint l.jsonl.checkpoint n.jsonl T
	err 'it holds 4 entries, 7 were vouched for'
	[ ! -e T/checkpoint ]
}

@test "a ledger that is not the one of the checkpoint leaves nothing behind that stands in the way of the right one" {
	book l.jsonl 601
	head -n 1 l.jsonl >m.jsonl
	fill m.jsonl 600 1000
	tiles 1 --checkpoint l.jsonl.checkpoint m.jsonl T
	has '"code":"FORK"'
	[ -z "$(find T -type f 2>/dev/null)" ]
	tiles 0 l.jsonl T
	count 7 0
}

@test "what is served may be taken away: it is written again" {
	book l.jsonl 300
	tiles 0 l.jsonl T
	cp -r T was
	rm -r T/tile/entries T/tile/0/001.p
	tiles 0 l.jsonl T
	count 3 2
	diff -r was T
}

@test "what a crash left behind, and no checkpoint leads to, is written anew" {
	book l.jsonl 5
	tiles 0 l.jsonl T
	fill l.jsonl 300 5
	sign l.jsonl
	cp -r T was
	mkdir -p T/tile/entries/001.p
	: >T/tile/0/000
	head -c 100 /dev/zero >T/tile/entries/000
	echo junk >T/tile/entries/001.p/49
	tiles 0 l.jsonl T
	has '"written":5,"kept":0'
	tiles 0 l.jsonl U
	for f in $(cd U && find . -type f); do cmp "T/$f" "U/$f"; done
	# What it leads to is another matter.
	rm -r T && cp -r was T
	: >T/tile/0/000.p/5
	rm -r U && cp -r T U
	head -n 5 l.jsonl >m.jsonl
	tiles 1 --checkpoint T/checkpoint m.jsonl T
	has '"code":"FORK"'
	diff -r T U
}

@test "symlinks in the directory are not followed" {
	book l.jsonl 7
	mkdir T out
	ln -s ../out T/tile
	tiles 4 l.jsonl T
	[ -z "$(ls -A out)" ]
	[ ! -e T/checkpoint ]
	rm T/tile
	mkdir -p T/tile/0/000.p
	: >out/victim
	ln -s "$PWD/out/victim" T/tile/0/000.p/7
	tiles 4 l.jsonl T
	[ ! -s out/victim ]
	rm -r T/tile
	ln -s ../out/victim T/checkpoint
	tiles 4 l.jsonl T
	[ ! -s out/victim ]
}

@test "what cannot be read is status 3 or 4, and no checkpoint is published" {
	book l.jsonl 7
	tiles 2 l.jsonl
	tiles 2 l.jsonl T T
	tiles 4 absent T
	err 'unable to read the checkpoint absent.checkpoint'
	mkfifo fifo
	run_status 4 timeout 10 cp-ledger-tiles --checkpoint l.jsonl.checkpoint fifo T
	tiles 4 --checkpoint l.jsonl.checkpoint . T
	tiles 4 --checkpoint absent l.jsonl T
	: >empty
	tiles 3 --checkpoint empty l.jsonl T
	tiles 3 --checkpoint l.jsonl.checkpoint empty T
	tiles 4 l.jsonl l.jsonl
	tiles 4 l.jsonl absent/T
	[ ! -e T/checkpoint ]
	mkdir -p T
	echo junk >T/checkpoint
	tiles 3 l.jsonl T
	err 'checkpoint: unable to read the signed checkpoint'
	[ "$(cat T/checkpoint)" = junk ]
	[ ! -e T/tile ]
	[ -z "$output" ]
}

@test "an entry that is longer than a bundle can say is status 3" {
	book l.jsonl 2
	x=$(head -c 70000 /dev/zero | tr '\0' x)
	printf '%s\n' "$x" >m.jsonl
	printf 'example/ho1/l\n1\n%s\n' "$(base64_of "$(leaf "$x")")" >text
	sign_note example/ho1/l k "$(cat text)" >c
	tiles 3 --checkpoint c m.jsonl T
	err 'an entry is longer than 65,535 bytes'
	[ ! -e T/checkpoint ]
}

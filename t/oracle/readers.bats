# Independent implementations read what the ledger programs write, and write what those read:
#   Go        golang.org/x/mod/sumdb/note and /tlog, Debian's golang-go and golang-golang-x-mod-dev (t/oracle/reader.go)
#   node      npm's @sigstore/verify (t/oracle/sigstore.mjs) and canonicalize (t/oracle/entries.mjs, bodies.mjs)
#   openssl, gzip, zstd, sha256sum, by themselves
# npm packages are looked for in $CP_ORACLES (a node_modules directory, or one that has it; default /nonexistent), then in
# build/oracles/node_modules, where `t/house/deps oracles` puts them, then in `npm root -g`. Whatever is absent skips its
# tests and says so. Where a reader refuses what is ours the specification decides: c2sp.org/signed-note, tlog-checkpoint,
# tlog-proof, tlog-tiles and tlog-witness, RFC 6962, RFC 8785.

load ../helper
load ../ledger/ledger
load oracle

setup() {
	cd "$BATS_TEST_TMPDIR"
	key k
	mkdir proofs
}

# signed [OPTION...]: signs a checkpoint of w.jsonl; $vkey, $size, $root are what is said of it.
signed() {
	run_status 0 cp-ledger-checkpoint w.jsonl --key k "$@"
	read -r vkey size root < <(jq -r 'select(.kind == "checkpoint") | "\(.vkey) \(.size) \(.root_hash)"' <<<"$output")
	[ -n "$root" ]
}

# grown N: w.jsonl of N entries, proofs/SIZE.checkpoint of each size.
grown() {
	local i
	ledger w.jsonl
	for ((i = 1; i < $1; i++)); do
		cp-ledger-checkpoint w.jsonl --key k --out "proofs/$i.checkpoint" >/dev/null
		fill w.jsonl 1 "$i"
	done
	signed --out "proofs/$1.checkpoint"
	[ "$size" -eq "$1" ]
}

# include SIZE SEQ...: proves these entries to that checkpoint.
include() {
	local n=$1 i
	shift
	for i; do
		cp-ledger-prove w.jsonl --checkpoint "proofs/$n.checkpoint" --seq "$i" >"proofs/i-$i-$n.proof"
	done
}

# consist SIZE OLD...: proves these older checkpoints to that one.
consist() {
	local n=$1 i
	shift
	for i; do
		cp-ledger-prove w.jsonl --checkpoint "proofs/$n.checkpoint" --old "proofs/$i.checkpoint" >"proofs/c-$i-$n.proof"
	done
}

# to N: fills w.jsonl up to N entries; $have counts them. turn: rotates it.
to() {
	fill w.jsonl $(($1 - have)) "$have"
	have=$1
}

turn() {
	cp-ledger-rotate w.jsonl --author test --key k >/dev/null
	have=$((have + 2))
}

# rotated CMD...: w.jsonl of 1000 entries in four segments, three of them sealed, of these one compressed by gzip and one
# by zstd (or both by gzip). CMD is run at some of the sizes on the way, with $have.
rotated() {
	local format=zstd n
	command -v zstd >/dev/null || format=gzip
	ledger w.jsonl
	have=1
	"$@"
	for n in 255 256 257 300; do to "$n"; "$@"; done
	turn
	"$@"
	for n in 511 512 600; do to "$n"; "$@"; done
	turn
	cp-ledger-archive w.jsonl --format gzip --keep 1 >/dev/null
	for n in 767 768 800; do to "$n"; "$@"; done
	turn
	cp-ledger-archive w.jsonl --format "$format" --keep 1 >/dev/null
	for n in 999 1000; do to "$n"; "$@"; done
	[ "$(stored w.jsonl | wc -l)" -eq 1000 ]
	[ "$(find w.d -name '*.jsonl' | wc -l)" -eq 1 ]
	[ "$(find w.d -name '*.jsonl.gz' -o -name '*.jsonl.zst' | wc -l)" -eq 2 ]
}

# --- Go: sumdb/note, sumdb/tlog ---

@test "Go opens a signed checkpoint with our key; no damaged byte of a proof goes unseen, there or here" {
	local f seen=0 damaged
	go_reader
	grown 9
	run_status 0 reader open "$vkey" proofs/9.checkpoint
	is "example/ho1/w 9 $root"
	include 9 5
	sed -n 6p w.jsonl >entry
	mkdir damaged
	run_status 0 reader damage "$vkey" w.jsonl proofs/i-5-9.proof damaged
	is "$(wc -c <proofs/i-5-9.proof) bytes, refused"
	run_status 0 cp-proof-check proofs/i-5-9.proof --vkey "$vkey" --entry entry
	for f in damaged/*; do
		status=0
		cp-proof-check "$f" --vkey "$vkey" --entry entry >out 2>&1 || status=$?
		case $status in
		1 | 3) seen=$((seen + 1)) ;;
		*) echo "$f: status $status"; cat "$f" out; return 1 ;;
		esac
	done
	damaged=(damaged/*)
	[ "$seen" -eq "${#damaged[@]}" ]
	[ "$seen" -gt 300 ]
	key other
	cp-ledger-checkpoint w.jsonl --key other --out other.checkpoint >/dev/null
	run_status 1 reader open "$vkey" other.checkpoint
	err 'no verifiable signatures'
}

@test "Go accepts the proof of every entry to every size of a ledger of 30" {
	local n
	go_reader
	grown 30
	for n in {1..30}; do
		include "$n" $(seq 0 $((n - 1)))
	done
	run_status 0 reader proofs "$vkey" w.jsonl proofs
	is '30 lines, 0 segment entries, 30 checkpoints, 465 inclusions, 0 consistencies'
}

@test "Go accepts the proof of every size to every later one of a ledger of 30" {
	local n
	go_reader
	grown 30
	for n in {1..30}; do
		consist "$n" $(seq 1 "$n")
	done
	run_status 0 reader proofs "$vkey" w.jsonl proofs
	is '30 lines, 0 segment entries, 30 checkpoints, 0 inclusions, 465 consistencies'
}

sign_here() {
	signed --out "proofs/$have.checkpoint"
	[ "$size" -eq "$have" ]
	sizes+=("$have")
}

@test "Go accepts proofs of a rotated and archived ledger of 1000, and what its segments say of the tree" {
	local sizes=() i
	go_reader
	rotated sign_here
	[ "${#sizes[@]}" -eq 14 ]
	for ((i = 0; i < 14; i++)); do
		consist "${sizes[i]}" "${sizes[@]:0:i+1}"
	done
	include 1000 0 254 255 256 257 299 300 301 302 511 512 600 601 602 767 768 801 998 999 $(seq 7 41 999)
	include 768 0 255 511 512 767
	include 257 256
	cp w.d/*.checkpoint proofs
	stored w.jsonl >lines
	run_status 0 reader proofs "$vkey" lines proofs
	is '1000 lines, 6 segment entries, 17 checkpoints, 50 inclusions, 105 consistencies'
	sed -i '700s/T-/t-/' lines
	run_status 1 reader proofs "$vkey" lines proofs
	err 'is another one'
}

serve_here() {
	signed
	cp-ledger-tiles w.jsonl tiles >/dev/null
	stored w.jsonl >lines
	run_status 0 reader tiles "$vkey" lines tiles
	is "$have leaves, $(tile_files "$have") tiles, $(((have + 255) / 256)) bundles, $(find tiles/tile -type f | wc -l) files"
	served=$((served + 1))
}

# How many tiles a tree of so many leaves has.
tile_files() {
	local n=$1 sum=0
	while [ "$n" -gt 0 ]; do
		sum=$((sum + (n + 255) / 256)) n=$((n / 256))
	done
	echo "$sum"
}

@test "Go authenticates the tiles of a ledger as it grows, through its own tile reader" {
	local served=0 f byte
	go_reader
	need xxd
	rotated serve_here
	[ "$served" -eq 14 ]
	for f in tile/0/000 tile/0/003.p/232 tile/1/000.p/3 tile/entries/001; do
		cp "tiles/$f" kept
		byte=$(xxd -s 70 -l 1 -p kept)
		xxd -r - "tiles/$f" <<<"46: $(printf '%02x' $((0x$byte ^ 1)))"
		run_status 1 cmp kept "tiles/$f"
		run_status 1 reader tiles "$vkey" lines tiles
		cp kept "tiles/$f"
	done
	run_status 0 reader tiles "$vkey" lines tiles
}

@test "Go authenticates more than a thousand tiles, three levels of them" {
	go_reader
	ledger w.jsonl
	cp-end seq -f '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20261121-001","task_id":"T-%.0f"}' 256300 |
		cp-ledger-append w.jsonl --author test >/dev/null
	signed
	cp-ledger-tiles w.jsonl tiles >/dev/null
	run_status 0 reader tiles "$vkey" w.jsonl tiles
	is '256301 leaves, 1007 tiles, 1002 bundles, 2009 files'
	[ -f tiles/tile/0/x001/000 ]
	[ -f tiles/tile/entries/x001/001.p/45 ]
	[ -f tiles/tile/2/000.p/3 ]
}

# --- and the reverse ---

@test "a checkpoint signed by Go, and proofs made by it, are accepted; its forgeries are not" {
	local f n proofs
	go_reader
	ledger w.jsonl
	fill w.jsonl 29
	reader write example/ho1/w w.jsonl proofs 1 2 3 4 5 6 7 8 9 12 15 16 17 23 30
	proofs=(proofs/*.proof)
	[ "${#proofs[@]}" -eq 278 ]
	for f in "${proofs[@]}"; do
		n=$(cut -d- -f2 <<<"$f")
		case $f in
		*/i-*)
			sed -n "$((n + 1))p" w.jsonl >entry
			run_status 0 cp-proof-check "$f" --vkey proofs/vkey --entry entry
			;;
		*) run_status 0 cp-proof-check "$f" --vkey proofs/vkey --old "proofs/$n.checkpoint" ;;
		esac
		[[ $output == *'"holds":true'* ]]
	done
	for n in 1 8 9 15 30; do
		run_status 0 cp-chain-check w.jsonl --checkpoint "proofs/$n.checkpoint" --vkey proofs/vkey
		[ "$(report_of level)" = local ]
		run_status 1 cp-chain-check w.jsonl --checkpoint "proofs/$n.forged" --vkey proofs/vkey
		findings_are 'SIGNATURE -'
		has 'does not hold'
		run_status 1 cp-chain-check w.jsonl --checkpoint "proofs/$n.unsigned" --vkey proofs/vkey
		has 'not signed by that key'
	done
	run_status 1 cp-proof-check proofs/i-3-30.proof --vkey proofs/vkey --entry entry
	findings_are 'PROOF -'
	run_status 1 cp-proof-check proofs/c-7-30.proof --vkey proofs/vkey --old proofs/8.checkpoint
	findings_are 'PROOF -'
}

@test "a ledger is proved and served with a checkpoint that Go signed" {
	go_reader
	ledger w.jsonl
	fill w.jsonl 299
	mkdir go
	reader write example/ho1/w w.jsonl go 16 271 300
	cp go/*.checkpoint proofs
	include 271 0 128 255 256 270
	consist 300 16 271
	run_status 0 reader proofs "$(cat go/vkey)" w.jsonl proofs
	is '300 lines, 0 segment entries, 3 checkpoints, 5 inclusions, 2 consistencies'
	cmp proofs/i-256-271.proof go/i-256-271.proof
	cmp proofs/c-271-300.proof go/c-271-300.proof
	cp-ledger-tiles w.jsonl tiles --checkpoint go/271.checkpoint >/dev/null
	run_status 0 reader tiles "$(cat go/vkey)" w.jsonl tiles
	is '271 leaves, 3 tiles, 2 bundles, 5 files'
}

@test "ninety-nine signatures by others are ignored" {
	local others=() i
	go_reader
	grown 5
	head -n 3 proofs/5.checkpoint >body
	for i in {1..99}; do others+=("witness-$i.example/ünï"); done
	reader sign example/ho1/w body "${others[@]}"
	[ "$(wc -l <body.note)" -eq 104 ]
	run_status 0 cp-chain-check w.jsonl --checkpoint body.note --vkey body.vkey
	[ "$(report_of level)" = local ]
}

# c2sp.org/signed-note: "Key names MUST be non-empty and MUST NOT contain any Unicode spaces or plus (U+002B) characters";
# "Verifiers MUST ignore signatures from unknown keys".
@test "a signature by another is ignored, whatever its name" {
	local name
	go_reader
	grown 5
	for name in "$(printf 'n%.0s' {1..256})" $'with\x7fdelete' $'\u200eleft-to-right' $'\ufeffmark'; do
		head -n 3 proofs/5.checkpoint >body
		reader sign example/ho1/w body "$name"
		run_status 0 cp-chain-check w.jsonl --checkpoint body.note --vkey body.vkey
		[ "$(report_of level)" = local ]
	done
}

# --- npm: @sigstore/verify ---

@test "Sigstore's verifier accepts our proofs and checkpoints, and sees each damage" {
	local n
	need_module @sigstore/verify
	grown 30
	for n in 1 2 3 7 8 21 30; do
		include "$n" $(seq 0 $((n - 1)))
	done
	run_status 0 script sigstore.mjs "$vkey" w.jsonl proofs/*.proof
	is '72 proofs, 645 damages'
	key k
	signed --out other.checkpoint
	run_status 1 script sigstore.mjs "$vkey" w.jsonl proofs/i-0-30.proof
	err 'invalid checkpoint signature'
}

@test "Sigstore's verifier accepts proofs of a rotated and archived ledger" {
	local sizes=()
	need_module @sigstore/verify
	rotated sign_here
	include 1000 0 255 256 300 301 302 511 512 602 767 768 999
	include 512 0 255 256 511
	include 257 256
	stored w.jsonl >lines
	run_status 0 script sigstore.mjs "$vkey" lines proofs/*.proof
	is '17 proofs, 153 damages'
}

# --- npm: canonicalize ---

packages() {
	cp-ledger-init p.jsonl --ledger example/ho3/p --type L-PACKAGE --tier ho3 --author test >/dev/null
}

@test "canonicalize writes every stored line as it is stored, whatever it holds, and node hashes it alike" {
	local seed
	need_module canonicalize
	for seed in 1 2 3; do
		rm -f p.jsonl*
		packages
		script bodies.mjs hard 300 "$seed" >events
		cp-end cat events | cp-ledger-append p.jsonl --author test >/dev/null
		run_status 0 script entries.mjs p.jsonl events
		is '308 entries, 307 events'
		run_status 0 cp-chain-check p.jsonl
		[ "$(report_of hash_ok)" -eq 308 ]
	done
	cp p.jsonl q.jsonl
	sed -i '200s/"version":"1/"version":"2/' q.jsonl
	run_status 1 script entries.mjs q.jsonl
	err 'another entry_hash'
	sed '200s/,"package_id"/, "package_id"/' p.jsonl >q.jsonl
	run_status 1 script entries.mjs q.jsonl
	err 'not canonical'
	sed 200d p.jsonl >q.jsonl
	run_status 1 script entries.mjs q.jsonl
	err 'does not follow'
}

# RFC 8785 section 3.2.2.3: the shortest text that reads back, the nearest among several. Just above a power of two that is
# not always the nearest of its length.
@test "every power of two is stored as canonicalize writes it" {
	need_module canonicalize
	packages
	script bodies.mjs powers 0 1 >events
	run_sh 0 'cp-end cat events | cp-ledger-append p.jsonl --author test'
	run_status 0 script entries.mjs p.jsonl events
	is '22 entries, 21 events'
	run_status 0 cp-chain-check p.jsonl
	[ "$(report_of hash_ok)" -eq 22 ]
}

# Its canonical form has no exponent below 1e21: 1e16 is 10000000000000000, an integer beyond 2^53 - 1.
@test "an integer beyond 2^53 - 1 is refused however it is written" {
	local n
	packages
	cp p.jsonl before
	for n in 9007199254740992 1e16 -1e16 9.007199254740992e15 0.1e17 1E+20 -1.5e17; do
		printf '{"kind":"event","event_type":"INSTALLED","package_id":"P","version":"1","n":%s}\n' "$n" >event
		run_sh 3 'cp-ledger-append p.jsonl --author test <event'
		cmp p.jsonl before
	done
	printf '{"kind":"event","event_type":"INSTALLED","package_id":"P","version":"1","n":[9.007199254740991e15,1e21]}\n' >event
	run_sh 0 'cp-ledger-append p.jsonl --author test <event'
	[[ $(tail -n 1 p.jsonl) == *'"n":[9007199254740991,1e+21]'* ]]
}

nothing() {
	:
}

@test "canonicalize and node agree with every entry that the ledger programs write by themselves" {
	local types
	need_module canonicalize
	rotated nothing
	stored w.jsonl >lines
	run_status 0 script entries.mjs lines
	is '1000 entries, 0 events'
	packages
	cp-ledger-init c.jsonl --ledger example/ho1/c --type L-EXEC --tier ho1 --author 'tëst "\' --parent p.jsonl >/dev/null
	fill c.jsonl 5
	cp-ledger-anchor c.jsonl --parent p.jsonl --author test >/dev/null
	printf '{"cut' >>c.jsonl
	cp-ledger-recover c.jsonl --author test >/dev/null
	printf '{"event_type":"OLD","entry_hash":"","previous_hash":""}\n' >old.jsonl
	cp-ledger-adopt old.jsonl --ledger example/ho3/old --type L-INTENT --tier ho3 --profile legacy --author test >/dev/null 2>&1
	run_status 0 script entries.mjs p.jsonl
	is '3 entries, 0 events'
	run_status 0 script entries.mjs c.jsonl
	is '7 entries, 0 events'
	run_status 0 script entries.mjs old.jsonl
	is '1 entries, 0 events'
	types=$(jq -r .event_type lines p.jsonl c.jsonl old.jsonl | sort -u | tr '\n' ' ')
	[ "$types" = 'CHILD_CHECKPOINT CHILD_OPENED GENESIS SEGMENT_SEALED SEGMENT_START TAIL_REPAIRED TASK_START ' ]
}

# --- openssl, gzip, zstd, sha256sum ---

digest() {
	openssl dgst -sha256 -binary
}

@test "openssl alone verifies a checkpoint: the key's id, the signature, the root" {
	local name id key i
	need openssl
	need xxd
	grown 3
	# The key is base64, and may end in a + of its own.
	name=${vkey%%+*} id=${vkey#*+}
	key=${id#*+} id=${id%%+*}
	[ "$name" = example/ho1/w ]
	base64 -d <<<"$key" >typed
	[ "$(xxd -p -l 1 typed)" = 01 ]
	[ "$({ printf '%s\n' "$name"; cat typed; } | digest | xxd -p -l 4)" = "$id" ]
	{ xxd -r -p <<<302a300506032b6570032100; tail -c +2 typed; } >public.der
	openssl pkey -in k -pubout -outform DER | cmp - public.der
	sed '/^$/,$d' proofs/3.checkpoint >text
	sed -n '$s/.* //p' proofs/3.checkpoint | base64 -d >signature
	[ "$(xxd -p -l 4 signature)" = "$id" ]
	tail -c +5 signature >bare
	run_status 0 openssl pkeyutl -verify -pubin -keyform DER -inkey public.der -rawin -in text -sigfile bare
	has 'Signature Verified Successfully'
	for i in 1 2 3; do { printf '\0'; sed -n "${i}p" w.jsonl | tr -d '\n'; } | digest >"leaf$i"; done
	{ printf '\1'; cat leaf1 leaf2; } | digest >node
	{ printf '\1'; cat node leaf3; } | digest | base64 >want
	sed -n 3p text | cmp - want
	sed -i 2s/3/4/ text
	run_status 1 openssl pkeyutl -verify -pubin -keyform DER -inkey public.der -rawin -in text -sigfile bare
}

@test "gzip, zstd and sha256sum read what was archived" {
	need zstd
	rotated nothing
	cd w.d
	run_sh 0 'ls | grep jsonl'
	is '000000000000-000000000300.jsonl.gz
000000000000-000000000300.jsonl.sha256
000000000301-000000000600.jsonl.sha256
000000000301-000000000600.jsonl.zst
000000000601-000000000800.jsonl'
	gzip -dk -- *.gz
	zstd -dq -- *.zst
	run_sh 0 'sha256sum -c -- *.sha256'
	is '000000000000-000000000300.jsonl: OK
000000000301-000000000600.jsonl: OK'
	[ "$(cat -- *.jsonl ../w.jsonl | wc -l)" -eq 1000 ]
}

load ../helper
load ledger
load forge

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	v=$CP_SHARED/vectors/cp-ledger-v1
	t=$CP_SHARED/vectors/c2sp/tessera
	log=$t/testdata/log
}

# vector: what all of these need.
vector() {
	shared vectors/cp-ledger-v1 >/dev/null
	sed -n 2p "$v/packages.jsonl" >e1
	cp "$v/pkg-installed.tlog-proof" p && chmod u+w p
}

@test "the known answer: the entry is where the proof says, by its line or by its leaf" {
	vector
	root=sha256:$(jq -r '.roots[2]' "$v/expect.json")
	want='{"kind":"proof","proves":"inclusion","ledger":"cp.example/ho3/packages","seq":1,"size":3,"root_hash":"'$root'",'\
'"holds":true,"witnessed":false}
{"kind":"end","count":1,"status":0,"by":"cp-proof-check"}'
	run_status 0 cp-proof-check --vkey "$v/vkey" --entry e1 p
	is "$want"
	silent
	head -c -1 e1 >bare
	run_status 0 cp-proof-check --vkey "$(cat "$v/vkey")" --entry bare p
	is "$want"
	run_status 0 cp-proof-check --vkey "$v/vkey" --leaf "sha256:$(jq -r '.leaf_hashes[1]' "$v/expect.json")" p
	is "$want"
	run_sh 0 "cp-proof-check --vkey '$v/vkey' --entry e1 p | cp-schema-check --known"
}

@test "PROOF: another entry, another place, another length is not what is proved" {
	vector
	for n in 1 3; do
		sed -n ${n}p "$v/packages.jsonl" >e
		run_status 1 cp-proof-check --vkey "$v/vkey" --entry e p
		has '{"kind":"finding","code":"PROOF","severity":"error","detail":"the entry is not where the proof says",'
		has '"seq":1,"size":3'
		has '"holds":false'
	done
	sed 's/"asset_count":15/"asset_count":16/' e1 >e
	run_status 1 cp-proof-check --vkey "$v/vkey" --entry e p
	has '"code":"PROOF"'
	run_status 1 cp-proof-check --vkey "$v/vkey" --leaf "sha256:$(jq -r '.leaf_hashes[0]' "$v/expect.json")" p
	has '"code":"PROOF"'
	for how in 's/^index 1/index 0/' 's/^index 1/index 2/' 's/^index 1/index 3/' 's/^index 1/index 9007199254740991/' 3d 4d \
		'3{h;d};4{G}' 4p; do
		sed "$how" p >q
		run_status 1 cp-proof-check --vkey "$v/vkey" --entry e1 q
		has '"code":"PROOF"'
		has '"holds":false'
	done
}

@test "each byte of a proof matters" {
	vector
	mapfile -t bytes < <(xxd -p -c 1 p)
	for ((i = 0; i < ${#bytes[@]}; i++)); do
		flipped=("${bytes[@]}")
		flipped[i]=$(printf %02x $((0x${bytes[i]} ^ 1)))
		printf %s "${flipped[@]}" | xxd -r -p >q
		status=0
		output=$(cp-proof-check --vkey "$v/vkey" --entry e1 q 2>/dev/null) || status=$?
		[[ $status = 1 && $output == *'"code":"'@(PROOF|SIGNATURE)'"'*'"holds":false'* || $status = 3 && -z $output ]] && continue
		echo "byte $i: status $status: $output"
		return 1
	done
	[ "$i" -eq "$(stat -c %s p)" ]
}

@test "each byte of an entry matters" {
	vector
	n=$(stat -c %s e1)
	for ((i = 0; i < n - 1; i += 11)); do
		cp e1 e
		printf '\x01' | dd of=e bs=1 seek="$i" conv=notrunc status=none
		run_status 1 cp-proof-check --vkey "$v/vkey" --entry e p
		has '"code":"PROOF"'
	done
}

@test "a proof that was cut is status 3, wherever it was" {
	vector
	n=$(stat -c %s p)
	for ((i = 0; i < n; i++)); do
		head -c "$i" p >q
		status=0
		output=$(cp-proof-check --vkey "$v/vkey" --entry e1 q 2>&1) || status=$?
		[[ $status = 3 && $output == 'cp-proof-check: q: unable to read the '* && $output != *'"kind"'* ]] && continue
		echo "cut at $i: status $status: $output"
		return 1
	done
}

@test "what is no proof is status 3" {
	vector
	for how in '1s/v1/v2/' '1s/^/ /' '1s/$/\r/' 2d 's/^index 1/index 01/' 's/^index 1/index -1/' 's/^index 1/index/' \
		's/^index 1/index 1 /' 's/^index 1/index 18446744073709551616/' '3s/.$//' '3s/^./?/' '3s/^/ /' '3s/Q=$/R=/' \
		's/^index 1/&\n&/' '5d' '2s/^/extra ?\n/' '1s/.*/old 0x1/' '1s/.*/old/'; do
		sed "$how" p >q
		if cmp -s p q; then return 1; fi
		run_status 3 cp-proof-check --vkey "$v/vkey" --entry e1 q
		err 'q: unable to read the'
		hasnt '"kind"'
	done
	{ head -n 2 p; for i in {1..70}; do sed -n 3p p; done; tail -n +4 p; } >q
	run_status 3 cp-proof-check --vkey "$v/vkey" --entry e1 q
	err 'too many hashes'
	for f in "$v/packages.jsonl" "$v/checkpoint" "$(shared vectors/c2sp/spec-examples/tlog-proof.format-only.txt)" /dev/null; do
		run_status 3 cp-proof-check --vkey "$v/vkey" --entry e1 "$f"
		hasnt '"kind"'
	done
	run_status 4 cp-proof-check --vkey "$v/vkey" --entry e1 absent
	err 'unable to read the proof absent'
	run_status 4 cp-proof-check --vkey "$v/vkey" --entry e1 .
}

@test "an extra line is allowed, and says nothing" {
	vector
	sed '2s/^/extra YWdl\n/' p >q
	run_status 0 cp-proof-check --vkey "$v/vkey" --entry e1 q
	has '"holds":true'
}

@test "what is no entry's line, or no leaf, is refused" {
	vector
	: >e
	run_status 3 cp-proof-check --vkey "$v/vkey" --entry e p
	printf '\n' >e
	run_status 3 cp-proof-check --vkey "$v/vkey" --entry e p
	err 'e: unable to use the entry: not one line'
	run_status 3 cp-proof-check --vkey "$v/vkey" --entry "$v/packages.jsonl" p
	cat e1 e1 >e
	run_status 3 cp-proof-check --vkey "$v/vkey" --entry e p
	run_status 4 cp-proof-check --vkey "$v/vkey" --entry absent p
	leaf=$(jq -r '.leaf_hashes[1]' "$v/expect.json")
	for bad in "$leaf" "sha256:${leaf:1}" "SHA256:$leaf" "sha256:${leaf^^}" "sha256:${leaf}0" x ''; do
		run_status 2 cp-proof-check --vkey "$v/vkey" --leaf "$bad" p
		hasnt '"kind"'
	done
}

@test "it is called with a key, a proof, and what the proof is about" {
	vector
	run_status 2 cp-proof-check --entry e1 p
	err 'unable to go on without --vkey'
	run_status 2 cp-proof-check --vkey "$v/vkey" --entry e1
	run_status 2 cp-proof-check --vkey "$v/vkey" p
	err 'one of --entry and --leaf is wanted'
	run_status 2 cp-proof-check --vkey "$v/vkey" --entry e1 --leaf "sha256:$(leaf x)" p
	run_status 2 cp-proof-check --vkey "$v/vkey" --entry e1 --old "$v/checkpoint" p
	run_status 2 cp-proof-check --vkey "$v/vkey" --entry e1 p p
	sed '1,2c old 1' p >q
	run_status 2 cp-proof-check --vkey "$v/vkey" q
	err 'a proof of consistency without --old'
	run_status 2 cp-proof-check --vkey "$v/vkey" --old "$v/checkpoint" --entry e1 q
	[ -z "$output" ]
	run_status 2 cp-proof-check --vkey nokey --entry e1 p
	err 'it is no verifier key'
}

@test "SIGNATURE: a good proof that leads to a checkpoint of somebody else's proves nothing" {
	vector
	key other
	head -n 5 p >q
	sign_note cp.example/ho3/packages other "$(head -n 3 "$v/checkpoint")" >>q
	run_status 1 cp-proof-check --vkey "$v/vkey" --entry e1 q
	has '"code":"SIGNATURE"'
	has 'is not signed by that key of cp.example/ho3/packages'
	has '"holds":false'
	run_status 0 cp-proof-check --vkey "$(vkey_of cp.example/ho3/packages 01 other)" --entry e1 q
	has '"holds":true'
	run_status 1 cp-proof-check --vkey "$(vkey_of cp.example/ho2/packages 01 other)" --entry e1 q
	has 'the checkpoint is of the ledger cp.example/ho3/packages, the key of cp.example/ho2/packages'
	has '"holds":false'
	run_status 1 cp-proof-check --vkey "$(cat "$t/vkey")" --entry e1 p
	has '"code":"SIGNATURE"'
}

@test "witnesses must have signed it too" {
	vector
	key w
	witness=$(vkey_of w.example 04 w)
	run_status 1 cp-proof-check --vkey "$v/vkey" --witness "$witness" --entry e1 p
	has '"code":"SIGNATURE"'
	has '"holds":false,"witnessed":false'
	cp "$v/checkpoint" c && chmod u+w c
	cosign w.example w c
	{ head -n 5 p; cat c; } >q
	run_status 0 cp-proof-check --vkey "$v/vkey" --witness "$witness" --entry e1 q
	has '"holds":true,"witnessed":true'
	run_status 0 cp-proof-check --vkey "$v/vkey" --entry e1 q
	has '"holds":true,"witnessed":false'
}

# --- consistency, with the known answer's key (RFC 8032, section 7.1, TEST 1) ---

# old_checkpoint SIZE: of the known answers, into `old`.
old_checkpoint() {
	base64_of 302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60 |
		{ echo '-----BEGIN PRIVATE KEY-----'; cat; printf '\n-----END PRIVATE KEY-----\n'; } >rfc.pem
	sign_note cp.example/ho3/packages rfc.pem "cp.example/ho3/packages
$1
$(base64_of "$(jq -r ".roots[$1 - 1]" "$v/expect.json")")" >old
}

@test "the known answer: one entry is a part of three" {
	vector
	old_checkpoint 1
	{ echo 'old 1'; jq -r '.consistency_1_3[]' "$v/expect.json"; echo; cat "$v/checkpoint"; } >q
	run_status 0 cp-proof-check --vkey "$v/vkey" --old old q
	is '{"kind":"proof","proves":"consistency","ledger":"cp.example/ho3/packages","old_size":1,"size":3,"root_hash":"sha256:'"$(
		jq -r '.roots[2]' "$v/expect.json")"'","holds":true,"witnessed":false}
{"kind":"end","count":1,"status":0,"by":"cp-proof-check"}'
	for how in 's/^old 1/old 2/' 2d 3d '2{h;d};3{G}' 's/^old 1/old 4/' 's/^old 1/old 0/'; do
		sed "$how" q >r
		run_status 1 cp-proof-check --vkey "$v/vkey" --old old r
		has '"code":"PROOF"'
		has 'the older checkpoint is not a part of the newer'
		has '"holds":false'
	done
	old_checkpoint 2
	run_status 1 cp-proof-check --vkey "$v/vkey" --old old q
	has '"code":"PROOF"'
	# The older one must be signed too.
	old_checkpoint 1
	sed '2s/1/1/;5s/[^ ]*$/VfU7fu6ZecNgvjSx2qC\/kD+xuC40e8hx42NkuwnJf9TbhBtIfRXGq3PLkXpNEMcH8rS5+\/t41nr+dIAveXM6nKbZrg0=/' old >forged
	run_status 1 cp-proof-check --vkey "$v/vkey" --old forged q
	has '"code":"SIGNATURE"'
	has '"holds":false'
	run_status 3 cp-proof-check --vkey "$v/vkey" --old "$log/checkpoint.1" q
	err 'the two checkpoints are of different ledgers'
	hasnt '"kind"'
	run_status 4 cp-proof-check --vkey "$v/vkey" --old absent q
	run_status 3 cp-proof-check --vkey "$v/vkey" --old "$v/packages.jsonl" q
}

# --- a log that somebody else has written: its leaves from its tile, the proofs made here, the checkpoints its own ---

# tessera: ${leaves[@]} of its 15 entries.
tessera() {
	shared vectors/c2sp/tessera >/dev/null
	mapfile -t leaves < <(xxd -p -c 32 "$log/tile/0/000.p/15")
}

# path INDEX BEGIN END: the hashes that prove it, the nearest first (RFC 6962, section 2.1.1).
path() {
	local k
	[ $(($3 - $2)) -gt 1 ] || return 0
	k=$(($2 + $(below $(($3 - $2)))))
	if [ "$1" -lt "$k" ]; then
		path "$1" "$2" "$k"
		tree "$k" "$3"
		base64_of "${tree[$k-$3]}"
	else
		path "$1" "$k" "$3"
		tree "$2" "$k"
		base64_of "${tree[$2-$k]}"
	fi
	echo
}

# subproof SIZE BEGIN END WHOLE: the same for a smaller tree (section 2.1.2).
subproof() {
	local k
	if [ "$1" -eq $(($3 - $2)) ]; then
		[ "$4" = whole ] || { tree "$2" "$3" && base64_of "${tree[$2-$3]}" && echo; }
		return
	fi
	k=$(below $(($3 - $2)))
	if [ "$1" -le "$k" ]; then
		subproof "$1" "$2" $(($2 + k)) "$4"
		tree $(($2 + k)) "$3"
		base64_of "${tree[$(($2 + k))-$3]}"
	else
		subproof $(($1 - k)) $(($2 + k)) "$3" part
		tree "$2" $(($2 + k))
		base64_of "${tree[$2-$(($2 + k))]}"
	fi
	echo
}

@test "another log's entries are in its signed checkpoint" {
	tessera
	tree 0 15
	[ "$(base64_of "${tree[0-15]}")" = "$(sed -n 3p "$log/checkpoint")" ]
	for i in 0 1 7 8 13 14; do
		{ printf 'c2sp.org/tlog-proof@v1\nindex %d\n' "$i"; path "$i" 0 15; echo; cat "$log/checkpoint"; } >q
		run_status 0 cp-proof-check --vkey "$t/vkey" --leaf "sha256:${leaves[i]}" q
		has "\"ledger\":\"example.com/log/testdata\",\"seq\":$i,\"size\":15"
		has '"holds":true'
		run_status 1 cp-proof-check --vkey "$t/vkey" --leaf "sha256:${leaves[(i + 1) % 15]}" q
		has '"code":"PROOF"'
		sed "s|$(tail -n +5 "$log/checkpoint")|$(tail -n +5 "$log/checkpoint.14")|" q >r
		run_status 1 cp-proof-check --vkey "$t/vkey" --leaf "sha256:${leaves[i]}" r
		has '"code":"SIGNATURE"'
	done
	# Its first entry, of two bytes of length and three of text.
	tail -c +3 "$log/tile/entries/000.p/1" >e
	{ printf 'c2sp.org/tlog-proof@v1\nindex 0\n'; path 0 0 15; echo; cat "$log/checkpoint"; } >q
	run_status 0 cp-proof-check --vkey "$t/vkey" --entry e q
}

@test "another log's signed checkpoints are each a part of its last one" {
	tessera
	tree 0 15
	for size in {1..15}; do
		{ echo "old $size"; subproof "$size" 0 15 whole; echo; cat "$log/checkpoint.15"; } >q
		run_status 0 cp-proof-check --vkey "$t/vkey" --old "$log/checkpoint.$size" q
		has "\"old_size\":$size,\"size\":15"
		has '"holds":true'
		run_status 1 cp-proof-check --vkey "$t/vkey" --old "$log/checkpoint.$((size % 15 + 1))" q
		has '"code":"PROOF"'
	done
	{ printf 'old 0\n\n'; cat "$log/checkpoint.15"; } >q
	run_status 1 cp-proof-check --vkey "$t/vkey" --old "$log/checkpoint.0" q
	has '"code":"PROOF"'
}

@test "it needs nothing but the files that are named" {
	vector
	alone='env -i'
	! unshare -rn true 2>/dev/null || alone='unshare -rn env -i'
	cp "$v/vkey" .
	# shellcheck disable=SC2086
	run_status 0 $alone "$(command -v cp-proof-check)" --vkey vkey --entry e1 p
	has '"holds":true'
}

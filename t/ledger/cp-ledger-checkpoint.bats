load ../helper
load ledger
load forge

# A ledger of six entries and a key.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ledger l.jsonl
	fill l.jsonl 5
	key k
}

# sign STATUS [OPTION]... LEDGER
sign() {
	run_status "$1" cp-ledger-checkpoint --key k "${@:2}"
}

# holds CHECKPOINT: is it signed by k? As openssl says.
holds() {
	local bytes
	bytes=$(tail -n 1 "$1" | cut -d ' ' -f 3 | base64 -d | xxd -p -c 256)
	head -n 3 "$1" >text
	xxd -r -p <<<"${bytes:8}" >sig
	openssl pkeyutl -verify -rawin -inkey k -in text -sigfile sig
}

@test "the known answer, byte for byte, by the key of RFC 8032, section 7.1, TEST 1" {
	v=$(shared vectors/cp-ledger-v1)
	cp "$v/packages.jsonl" p.jsonl
	base64_of 302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60 |
		{ echo '-----BEGIN PRIVATE KEY-----'; cat; printf '\n-----END PRIVATE KEY-----\n'; } >k
	chmod 600 k
	sign 0 p.jsonl
	silent
	cmp "$v/checkpoint" p.jsonl.checkpoint
	[ "$(jq -r 'select(.vkey).vkey' <<<"$output")" = "$(cat "$v/vkey")" ]
	[ "$(jq -r 'select(.root_hash).root_hash' <<<"$output")" = "sha256:$(jq -r '.roots[2]' "$v/expect.json")" ]
	[ "$(jq -r 'select(.head_hash).head_hash' <<<"$output")" = "$(jq -r '.entry_hashes[2]' "$v/expect.json")" ]
}

@test "it says what it signed: the ledger, its length, its root, and the key that checks it" {
	sign 0 l.jsonl
	silent
	[ "${#lines[@]}" -eq 2 ]
	root=$(leaf_hashes <l.jsonl | root)
	[ "$(head -n 4 l.jsonl.checkpoint)" = "example/ho1/l
6
$(base64_of "$root")" ]
	holds l.jsonl.checkpoint
	[ "$(jq -c 'del(.checkpoint, .vkey)' <<<"${lines[0]}")" = \
		'{"kind":"checkpoint","ledger":"example/ho1/l","size":6,"root_hash":"sha256:'"$root"\
'","head_hash":"'"$(hash_of "$(line l.jsonl 6)")"'"}' ]
	[ "$(jq -r .vkey <<<"${lines[0]}")" = "$(vkey_of example/ho1/l 01 k)" ]
	jq -j .checkpoint <<<"${lines[0]}" | cmp - l.jsonl.checkpoint
	[ "${lines[1]}" = '{"kind":"end","count":1,"status":0,"by":"cp-ledger-checkpoint"}' ]
	[ "$(stat -c %a l.jsonl.checkpoint)" = 644 ]
	hasnt PRIVATE
	sign 0 l.jsonl
	run_sh 0 'cp-ledger-checkpoint --key k l.jsonl | cp-schema-check --known'
	has '"pass":true'
}

@test "GENESIS alone has a checkpoint; so has what grew, was sealed, and was archived" {
	ledger g.jsonl
	sign 0 g.jsonl
	has '"size":1'
	has "\"root_hash\":\"sha256:$(leaf "$(cat g.jsonl)")\""
	sign 0 l.jsonl
	cp l.jsonl all
	for step in 'fill l.jsonl 3 6' 'cp-ledger-rotate l.jsonl' 'fill l.jsonl 3 9' 'cp-ledger-rotate l.jsonl' \
		'cp-ledger-archive l.jsonl'; do
		$step >/dev/null
		sign 0 l.jsonl
		cp-ledger-read l.jsonl | sed -n 's/^.*,"entry"://;s/}$//p' | grep event_type >all
		has "\"size\":$(wc -l <all),\"root_hash\":\"sha256:$(leaf_hashes <all | root)\""
		holds l.jsonl.checkpoint
	done
}

@test "--out writes elsewhere, --dry-run nowhere" {
	sign 0 --dry-run l.jsonl
	has '"dry_run":true'
	[ ! -e l.jsonl.checkpoint ]
	mkdir d
	sign 0 --dry-run --out d/c l.jsonl
	[ -z "$(ls -A d)" ]
	sign 0 --out d/c l.jsonl
	[ ! -e l.jsonl.checkpoint ]
	[ "$(ls -A d)" = c ]
	holds d/c
	run_status 4 cp-ledger-checkpoint --key k --out absent/c l.jsonl
	err 'unable to write the checkpoint'
	hasnt '"kind":"checkpoint"'
	run_status 4 cp-ledger-checkpoint --key k --out d l.jsonl
	hasnt '"kind":"checkpoint"'
}

# refused STATUS: nothing was signed; what was signed before stands.
refused() {
	cp l.jsonl.checkpoint before
	sign "$@" l.jsonl
	hasnt '"kind":"checkpoint"'
	cmp before l.jsonl.checkpoint
	sign "$@" --out other l.jsonl
	hasnt '"kind":"checkpoint"'
	[ ! -e other ]
}

@test "ROLLBACK: what is shorter than what was signed is not signed" {
	sign 0 l.jsonl
	cp l.jsonl all
	rm l.jsonl.durable
	head -n 5 all >l.jsonl
	refused 1
	[ "$(faults)" = 'ROLLBACK - 5' ]
	has 'the former checkpoint knows of 6 entries, 5 are there'
	cp all l.jsonl
	sign 0 l.jsonl
}

@test "FORK: another history, of the same length or longer, is not signed" {
	sign 0 l.jsonl
	cp l.jsonl all
	rm l.jsonl.durable
	for n in 1 3 6; do
		cp all l.jsonl
		forge_on l.jsonl $n 's/"author":"test"/"author":"tess"/'
		refused 1
		[ "$(faults)" = 'FORK - 5' ]
		has 'its first 6 entries are not those that the former checkpoint knows of'
		fill l.jsonl 4 10
		rm l.jsonl.durable
		refused 1
		[ "$(faults)" = 'FORK - 5' ]
	done
	cp all l.jsonl
	fill l.jsonl 4 10
	sign 0 l.jsonl
	has '"size":10'
}

@test "FORK: a former checkpoint of another ledger" {
	ledger m.jsonl
	sign 0 m.jsonl
	mv m.jsonl.checkpoint l.jsonl.checkpoint
	refused 1
	[ "$(faults)" = 'FORK - -' ]
	has 'the former checkpoint is of the ledger example/ho1/m'
}

@test "across segments it keeps its word too" {
	sign 0 l.jsonl
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 3 6
	sign 0 l.jsonl
	has '"size":11'
	chmod u+w l.d/*
	rm l.d/*.jsonl l.jsonl.durable
	fill l.jsonl 1 9
	refused 1
	grep -q '^SEGMENT 1 7' <<<"$(faults)"
}

@test "a former checkpoint that cannot be read is no leave to sign" {
	for text in '' x "example/ho1/l
6"; do
		printf '%s' "$text" >l.jsonl.checkpoint
		refused 3
		err 'l.jsonl.checkpoint: unable to read the signed checkpoint'
	done
	rm l.jsonl.checkpoint
	sign 0 --out elsewhere l.jsonl
	ln -s elsewhere l.jsonl.checkpoint
	sign 4 l.jsonl
	err 'unable to read l.jsonl.checkpoint'
	rm l.jsonl.checkpoint
	mkdir l.jsonl.checkpoint
	sign 4 l.jsonl
	rmdir l.jsonl.checkpoint
	mkfifo l.jsonl.checkpoint
	run_status 3 timeout 10 cp-ledger-checkpoint --key k l.jsonl
}

@test "keys that others may read, of others, behind symlinks, or of another kind are not used" {
	for mode in 640 604 660 610 601 644; do
		chmod $mode k
		sign 3 l.jsonl
		err 'k: unable to use the key: others may read it (chmod 600)'
		hasnt '"kind"'
	done
	chmod 600 k
	ln -s k link
	run_status 3 cp-ledger-checkpoint --key link l.jsonl
	err 'it is a symbolic link'
	umask 077
	openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:4096 -out rsa 2>/dev/null
	run_status 3 cp-ledger-checkpoint --key rsa l.jsonl
	err 'rsa: unable to use the key: it is no Ed25519 key'
	openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec 2>/dev/null
	openssl genpkey -algorithm x25519 -out x25519
	openssl genpkey -algorithm ed448 -out ed448
	for other in ec x25519 ed448; do
		run_status 3 cp-ledger-checkpoint --key $other l.jsonl
		err "$other: unable to use the key: it is neither an Ed25519 key nor one of RSA"
	done
	openssl pkey -in k -aes256 -passout pass:secret -out encrypted
	openssl pkey -in k -pubout -out public
	openssl pkey -in k -outform DER -out der
	: >empty
	head -c 60 k >cut
	head -c 20000 /dev/zero >long
	for none in encrypted public der empty cut; do
		run_status 3 timeout 10 cp-ledger-checkpoint --key $none l.jsonl </dev/null
		err "$none: unable to use the key: it is no PEM private key without a passphrase"
	done
	run_status 3 cp-ledger-checkpoint --key long l.jsonl
	mkfifo fifo
	run_status 3 timeout 10 cp-ledger-checkpoint --key fifo l.jsonl
	err 'it is no regular file'
	mkdir dir
	run_status 3 cp-ledger-checkpoint --key dir l.jsonl
	run_status 4 cp-ledger-checkpoint --key absent l.jsonl
	err 'unable to read the key absent'
	run_status 2 cp-ledger-checkpoint l.jsonl
	err 'unable to go on without --key'
	[ ! -e l.jsonl.checkpoint ]
	sign 0 l.jsonl
}

@test "a key of somebody else's is not used" {
	[ "$(id -u)" -eq 0 ] || skip 'only root can give files away'
	chown 65534 k
	sign 3 l.jsonl
	err 'k: unable to use the key: it belongs to somebody else'
	[ ! -e l.jsonl.checkpoint ]
}

@test "what was tampered with, is no ledger of ours, or none at all is not signed" {
	cp l.jsonl all
	rm l.jsonl.durable
	edit l.jsonl 3 's/T-2/T-X/'
	sign 3 l.jsonl
	err 'l.jsonl: unable to trust the ledger: line 3: ALTERED: its content is not what its entry_hash says'
	sed 3d all >l.jsonl
	sign 3 l.jsonl
	err 'line 3: LINK'
	printf x | cat all - >l.jsonl
	sign 3 l.jsonl
	err 'line 7: it is cut'
	sed 1d all >l.jsonl
	sign 3 l.jsonl
	: >l.jsonl
	sign 3 l.jsonl
	err 'it is empty'
	sign 3 "$(shared real/ledger/clean-210.jsonl)"
	err 'unable to take it for a ledger of format cp-ledger/1'
	sign 4 absent
	mkfifo fifo
	run_status 4 timeout 10 cp-ledger-checkpoint --key k fifo
	sign 4 .
	[ -z "$output" ]
	[ -z "$(find . -name '*.checkpoint')" ]
}

@test "only what was synced is signed" {
	cp l.jsonl.durable was
	fill l.jsonl 2 6
	cp was l.jsonl.durable
	printf '{"author":' >>l.jsonl
	sign 0 l.jsonl
	has '"size":6'
	rm l.jsonl.checkpoint
	cp was l.jsonl.durable
	head -n 5 l.jsonl >m
	cat m >l.jsonl
	sign 3 l.jsonl
	err 'it is shorter than what was synced of it'
	[ ! -e l.jsonl.checkpoint ]
}

@test "what is not what FILE.durable says was synced is not signed" {
	cp l.jsonl all
	for n in 1 3 6; do
		cp all l.jsonl
		forge_on l.jsonl $n 's/"author":"test"/"author":"tess"/'
		run_status 1 cp-chain-check --no-seen l.jsonl
		faults_are 'FORK - -'
		sign 3 l.jsonl
		hasnt '"kind":"checkpoint"'
		[ ! -e l.jsonl.checkpoint ]
	done
	cp all l.jsonl
	sign 0 l.jsonl
}

@test "a ledger that is a symlink has its checkpoint where it is" {
	mkdir d
	ln -s ../l.jsonl d/link
	sign 0 d/link
	[ -f l.jsonl.checkpoint ]
	[ "$(ls d)" = link ]
	holds l.jsonl.checkpoint
}

@test "a ledger that is being written can be signed at any time" {
	events 2500 6 >.ev
	cp-end cat .ev | cp-ledger-append l.jsonl --author test --stream --batch 1 >/dev/null &
	n=0
	while kill -0 $! 2>/dev/null; do
		sign 0 l.jsonl
		n=$((n + 1))
	done
	wait
	[ "$n" -gt 10 ]
	run_status 0 cp-chain-check --checkpoint l.jsonl.checkpoint --vkey "$(vkey_of example/ho1/l 01 k)" l.jsonl
	report_has level local entries 2506
}

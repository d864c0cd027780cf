load ../helper

# A private key is in its file, and for as long as it is used in the memory of whoever uses it; nowhere else, and nowhere
# afterwards.

# Those that hold one: NAME|KEY|COMMAND, in a directory with the keys ed.pem and rsa.pem, which are root keys of the keyrings
# ed.ring and rsa.ring, and key records of others. KEY is the file that is searched for.
held=(
	'make an Ed25519 key|new.pem|cp-keygen --key-id new --out new.pem'
	'make an RSA key|new.pem|cp-keygen --key-id new --algorithm rsa4096 --out new.pem'
	'add by an Ed25519 key|ed.pem|cp-keyring --keyring ed.ring --key ed.pem --key-id ed add <x.json'
	'retire by an Ed25519 key|ed.pem|cp-keyring --keyring ed.ring --key ed.pem --key-id ed retire ed'
	'add by an RSA key|rsa.pem|cp-keyring --keyring rsa.ring --key rsa.pem --key-id rsa add <x.json'
	'what is refused by an Ed25519 key|ed.pem|cp-keyring --keyring rsa.ring --key ed.pem --key-id rsa add <x.json'
	'a dry run|rsa.pem|cp-keyring --keyring rsa.ring --key rsa.pem --key-id rsa --dry-run revoke rsa'
	'sign|ed.pem|cp-sign --key ed.pem --key-id ed <x.json'
	'a signer, Ed25519|ed.pem|cp-signer-file --key ed.pem <ed.request'
	'a signer, RSA|rsa.pem|cp-signer-file --key rsa.pem <rsa.request'
	'a signer that is asked nonsense|rsa.pem|cp-signer-file --key rsa.pem <ed.request'
	'add by a signer|ed.pem|cp-keyring --keyring ed.ring --signer file --key-id ed add -- --key ed.pem <x.json'
	'a checkpoint|ed.pem|cp-ledger-checkpoint l.jsonl --key ed.pem'
	'rotate a ledger|ed.pem|cp-ledger-rotate l.jsonl --key ed.pem'
)

setup_file() {
	export XDG_STATE_HOME=$BATS_FILE_TMPDIR/state
	mkdir "$BATS_FILE_TMPDIR/base"
	cd "$BATS_FILE_TMPDIR/base"
	for a in ed rsa; do
		case $a in ed) algorithm=ed25519 ;; *) algorithm=rsa4096 ;; esac
		cp-keygen --key-id $a --algorithm $algorithm --role root --out $a.pem | cp-keyring --keyring $a.ring add >/dev/null
		{
			echo '{"kind":"key_request","key_id":"k"}'
			echo "{\"kind\":\"sign_request\",\"key_id\":\"k\",\"algorithm\":\"$algorithm\",\"payload_b64\":\"eA==\"}"
		} >$a.request
	done
	cp-keygen --key-id x --out x.pem >x.json
	cp-ledger-init l.jsonl --ledger l --type L-EXEC --tier ho1 --author test >/dev/null
}

setup() {
	cp -a "$BATS_FILE_TMPDIR/base" "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
}

again() {
	cd "$BATS_TEST_TMPDIR"
	rm -rf d "$XDG_STATE_HOME"
	setup
}

# each FUNCTION: calls it with KEY COMMAND for each of them, in a fresh directory.
each() {
	local one name rest
	for one in "${held[@]}"; do
		name=${one%%|*} rest=${one#*|}
		again
		"$1" "${rest%%|*}" "${rest#*|}" || { echo "$name: ${rest#*|}"; return 1; }
	done
}

needles() {
	perl "$CP_TOP/t/attack/needles.pl" "$@"
}

calls() {
	local status=0 found
	strace -f -y -v -xx -s 1000000 -o trace sh -c "$2" >out 2>err || status=$?
	[ "$status" -le 3 ] && [ -s trace ] || { cat err; return 1; }
	# The file itself: written once, while it has no name, or read.
	found=$(needles --strace "$1" trace | sed 's/^[0-9]* *//') || { echo 'not even the file was read'; return 1; }
	if [ "$1" = new.pem ]; then
		[ "$(wc -l <<<"$found")" -eq 1 ] && [[ $found == 'write('*'<'*'>'* && $found != 'write('[12]'<'* ]]
	else
		[ -z "$(grep -v '^read(' <<<"$found")" ]
	fi || { echo "$found"; return 1; }
	! needles "$1" out err
}

@test "no argument, no variable, no file but its own, no pipe ever has a private key" {
	need strace
	[[ $CP_BUILD != */asan ]] || skip 'the leak checker of a signer cannot be told that it is traced'
	each calls
}

imaged() {
	mkdir image
	local status=0
	IMAGE_TO=$PWD/image LD_PRELOAD=$CP_BUILD/image.so sh -c "$2" >out 2>err || status=$?
	[ "$status" -le 3 ] && [ -n "$(ls image/cp-*)" ] || return
	! needles "$1" image/*
}

@test "when they end, nothing of it is in their memory" {
	[[ $CP_BUILD != */asan ]] || skip 'the address sanitizer keeps what was freed'
	each imaged
	# The search finds it as long as it is there.
	again
	mkdir image
	IMAGE_TO=$PWD/image IMAGE_AT=linkat LD_PRELOAD=$CP_BUILD/image.so cp-keygen --key-id new --out new.pem >/dev/null
	needles new.pem image/cp-keygen.* >found
	grep -q seed found && grep -q PEM found
	again
	mkdir image
	IMAGE_TO=$PWD/image IMAGE_AT=linkat LD_PRELOAD=$CP_BUILD/image.so \
		cp-keygen --key-id new --algorithm rsa4096 --out new.pem >/dev/null
	needles new.pem image/cp-keygen.* >found
	grep -q prime1 found && grep -q PEM found
}

# dumped CMD...: it dies by SIGSEGV; does it leave a core?
dumped() {
	(ulimit -c unlimited 2>/dev/null && perl -e 'system(@ARGV); exit 2 unless ($? & 127) == 11; exit !($? & 128)' "$@")
}

@test "who dies with it leaves no core" {
	(cd "$BATS_TEST_TMPDIR" && dumped perl -e 'kill SEGV => $$') || skip 'no core dumps here'
	export FAULT_AT=1 FAULT_DO=segv ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0:handle_segv=0
	status=0
	FAULT_MATCH=^linkat dumped env LD_PRELOAD="$CP_BUILD/shim.so" cp-keygen --key-id new --out new.pem || status=$?
	[ "$status" -eq 1 ]
	status=0
	FAULT_MATCH='^renameat2 .ed' dumped env LD_PRELOAD="$CP_BUILD/shim.so" \
		cp-keyring --keyring ed.ring --key ed.pem --key-id ed retire ed || status=$?
	[ "$status" -eq 1 ]
	[ -z "$(find . -name 'core*')" ]
}

@test "while it runs, another process of the same user cannot look into it" {
	[ "$(id -u)" -eq 0 ] || skip 'to become another user takes root'
	chown -R 65534 .
	mkfifo in
	exec 9<>in
	as_user env XDG_STATE_HOME="$PWD/state" cp-keyring --keyring ed.ring --key ed.pem --key-id ed add <in >out 2>err &
	for _ in $(seq 100); do
		[ -e .ed.ring.new ] && break
		sleep 0.05
	done
	[ -e .ed.ring.new ] || { cat err; return 1; }
	pid=$(pgrep -P $!)
	[ "$(cat "/proc/$pid/comm")" = cp-keyring ]
	# What may not be dumped belongs to root.
	[ "$(stat -c %u "/proc/$pid/environ")" -eq 0 ]
	! as_user cat "/proc/$pid/environ" >/dev/null 2>&1
	kill "$pid"
	exec 9>&-
}

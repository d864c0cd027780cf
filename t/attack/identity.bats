load ../helper
load ../auth/auth

# Tokens and the secret that makes them: where they may be seen, and who could become somebody else.

# Long enough to be found, and in no library.
needle=N33dleOfTheSharedSecret0xqzjKw7Vb2mYt9Lr4Pn6Hs8d

setup() {
	people
	printf '{"schema_version":"1.0","secret":"%s"}' "$needle" >S
	chmod 600 S
	export CONTROL_PLANE_SHARED_SECRET=$needle
	token alice >T
	cp-token-mint alice >R
	chmod 600 T R
	mac=$(cut -d: -f2 T)
	x509 >"$T/config/oidc.json"
}

# x509: config/oidc.json with a key of ours, and a token of it in J.
x509() {
	local x head body
	openssl genpkey -algorithm ed25519 -out K.pem
	x=$(openssl pkey -in K.pem -pubout -outform DER | tail -c 32 | b64)
	head=$(printf '{"alg":"EdDSA","kid":"k"}' | b64)
	body=$(printf '{"iss":"https://i.example","sub":"42","aud":"cp","iat":1,"exp":1900000000}' | b64)
	printf %s.%s "$head" "$body" >signed
	printf '%s.%s.%s\n' "$head" "$body" "$(openssl pkeyutl -sign -inkey K.pem -rawin -in signed | b64)" >J
	chmod 600 J
	printf '{"schema_version":"1.0","issuers":[{"issuer":"https://i.example","audience":["cp"],"jwks":{"keys":[%s]}}]}\n' \
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\",\"x\":\"$x\"}"
}

# Those that hold something: NAME|COMMAND.
held=(
	'a token of the environment|CONTROL_PLANE_TOKEN=$(cat T) cp-auth'
	'a token that is bad|CONTROL_PLANE_TOKEN=$(sed s/alice/bob/ T) cp-auth'
	'no provider|CONTROL_PLANE_TOKEN=$(cat T) cp-auth --provider nobody'
	'a token of a file|cp-auth --token-file T'
	'a token of a file, one of the environment besides|CONTROL_PLANE_TOKEN=$(cat T) cp-auth --token-file T'
	'a token of standard input|cp-auth --token-file - <T'
	'a token record|cp-auth --token-file R'
	'a token of an option|cp-auth --token "$(cat T)"'
	'a secrets file|env -u CONTROL_PLANE_SHARED_SECRET cp-auth --secrets S --token-file T'
	'hmac by itself|cp-auth-hmac <T'
	'hmac, a file|cp-auth-hmac --secrets S <T'
	'hmac, the wrong secret|CONTROL_PLANE_SHARED_SECRET=other cp-auth-hmac <T'
	'passthrough|CONTROL_PLANE_ALLOW_PASSTHROUGH=1 cp-auth --provider passthrough --token-file T'
	'oidc|cp-auth --provider oidc --token-file J'
	'oidc by itself|env -u CONTROL_PLANE_SHARED_SECRET cp-auth-oidc <J'
	'oidc, ended|env -u CONTROL_PLANE_SHARED_SECRET cp-auth-oidc --at 2036-01-01T00:00:00Z <J'
	'no roles|mv "$T/config/roles.json" r; cp-auth --token-file T; mv r "$T/config/roles.json"'
	'mint|cp-token-mint --for 1h bob'
	'mint, a file|cp-token-mint --secrets S bob'
	'rotate|env -u CONTROL_PLANE_SHARED_SECRET cp-auth-init --secrets S --rotate'
	'rotate, dry|env -u CONTROL_PLANE_SHARED_SECRET cp-auth-init --secrets S --rotate --dry-run'
)

each() { # FUNCTION
	local one
	for one in "${held[@]}"; do
		printf '{"schema_version":"1.0","secret":"%s"}' "$needle" >S
		"$1" "${one#*|}" || { echo "${one%%|*}: ${one#*|}"; return 1; }
	done
}

# What is looked for: the secret, the MAC of the token and the signature of the other, each in two pieces.
pieces() {
	printf '%s\n' "${needle:0:24}" "${needle:24}" "${mac:0:32}" "${mac:32}" "$(cut -d. -f3 J | cut -c1-40)" \
		"$(cut -d. -f3 J | cut -c41-)"
}

traced() {
	local status=0
	strace -f -y -v -s 100000 -o trace sh -c "$1" >out 2>err || status=$?
	[ "$status" -le 2 ] && [ -s trace ] || { cat err; return 1; }
	pieces >pieces
	# Read from a file or a pipe; written into a pipe that is not standard output or error, or into the next secrets file.
	# What the shell gave the first program, it gave it.
	grep -F -f pieces trace | grep -E 'cp-|write|send|open|link|rename' |
		grep -vE '^[0-9]+ +(read\(|write\([3-9]<pipe:|write\([0-9]+</[^>]*/\.S\.new>|execve\("/[^"]*/(cat|sed|sh|env|mv)")' |
		grep -vE '^[0-9]+ +execve\("[^"]*/(cp-auth|cp-auth-init|cp-token-mint)", \[' |
		grep -vE '^[0-9]+ +execve\("[^"]*/cp-auth-(hmac|oidc)", \["cp-auth-' |
		grep -vE '^[0-9]+ +(write\(1<[^>]*pipe|execve\("[^"]*strace)' >found || :
	[ ! -s found ] || { echo 'seen:'; cut -c1-300 found; return 1; }
	# A provider that cp-auth starts has nothing in its environment.
	grep -E 'execve\("[^"]*/cp-auth-[a-z]+", \["/' trace | grep -vE '\], \[\](\)| <unfinished)' && return 1
	grep -F -f pieces out err && return 1
	return 0
}

@test "no argument, no environment of a child, no file but its own, neither output nor error has a secret or a token" {
	need strace
	[[ $CP_BUILD != */asan ]] || skip 'the leak checker of a provider cannot be told that it is traced'
	each traced
}

@test "the search finds what it looks for" {
	need strace
	pieces >pieces
	run_status 1 traced 'cat S >&2'
	run_status 1 traced 'read -r t <T; echo "$t" >elsewhere'
	run_status 1 traced 'cp-walk --root "$(cat T)" 2>/dev/null || :'
}

# The bytes that HMAC makes of its key, too.
needles() { # FILE...
	pieces >pieces
	NEEDLE=$needle perl -e '
		open my $f, "<", "pieces"; my @all = map { chomp; $_ } <$f>; my $found = 0;
		for my $pad (0x36, 0x5c) { my $x = join "", map { chr(ord($_) ^ $pad) } split //, $ENV{NEEDLE};
			push @all, substr($x, 0, 24), substr($x, 24) }
		for my $name (@ARGV) { open my $g, "<:raw", $name or die; local $/; my $text = <$g>;
			for (@all) { next if index($text, $_) < 0; print "$name: ", unpack("H*", substr $_, 0, 8), "...\n"; $found = 1 } }
		exit !$found' "$@"
}

imaged() {
	rm -rf image
	mkdir image
	local status=0
	# What a program was given in its environment is wiped in it as well. A shim whose functions are looked up late would
	# itself put what is left in registers on the stack.
	IMAGE_TO=$PWD/image sh -c "export LD_BIND_NOW=1 LD_PRELOAD=$CP_BUILD/image.so; $1" >out 2>err || status=$?
	[ "$status" -le 2 ] && [ -n "$(ls image/cp-*)" ] || { cat err; ls image; return 1; }
	! needles image/cp-*
}

@test "when they end, nothing of a secret or a token is in their memory" {
	[ -e "$CP_BUILD/image.so" ] || skip 'no shim that takes an image of the memory'
	[[ $CP_BUILD != */asan ]] || skip 'the address sanitizer keeps what was freed'
	each imaged
	# It is there while it is used.
	rm -rf image
	mkdir image
	IMAGE_TO=$PWD/image IMAGE_AT=write LD_PRELOAD=$CP_BUILD/image.so cp-auth-init --secrets S --rotate >/dev/null
	needles image/cp-auth-init.*
}

# waiting COMMAND: runs it with a provider that waits; sets $pid and $child.
waiting() {
	mkdir -p own
	cp "$CP_BUILD/bin/cp-auth" own/
	cat >own/cp-auth-slow <<-SLOW
		#!/bin/sh
		cat >/dev/null
		echo \$\$ >'$PWD/child'
		exec sleep 60
	SLOW
	chmod +x own/cp-auth-slow
	rm -f child
	chmod go+rwx . 2>/dev/null
	"$@" >out 2>err &
	pid=$!
	for _ in $(seq 200); do
		[ -s child ] && break
		sleep 0.02
	done
	child=$(cat child)
}

# over: the provider ends, and with it cp-auth.
over() {
	kill "$child"
	wait "$pid" || :
}

@test "while it waits for its provider, neither its arguments nor its environment have anything" {
	export CONTROL_PLANE_TOKEN
	CONTROL_PLANE_TOKEN=$(cat T)
	waiting own/cp-auth --provider slow --token "$(cat T)"
	[ -n "$child" ]
	grep -qz CONTROL_PLANE_TOKEN /proc/$pid/environ
	cat /proc/$pid/environ /proc/$pid/cmdline /proc/$child/environ /proc/$child/cmdline | tr '\0' '\n' >seen
	grep '^Max core file size *0 *0' /proc/$pid/limits
	grep '^Max core file size *0 *0' /proc/$child/limits
	over
	pieces >pieces
	! grep -F -f pieces seen
}

@test "another process of the same user cannot look into it" {
	[ "$(id -u)" -eq 0 ] || skip 'to become another user takes root'
	chown -R 65534 "$BATS_TEST_TMPDIR"
	export CONTROL_PLANE_TOKEN=x
	as_user true
	waiting as_user own/cp-auth --provider slow
	[ -n "$child" ] || { cat err; false; }
	inner=$(ps -o ppid= -p "$child" | tr -d ' ')
	[ "$(stat -c %u "/proc/$inner/environ")" -eq 0 ]
	! as_user cat "/proc/$inner/environ"
	! as_user cat "/proc/$inner/maps"
	over
}

@test "every program that holds one guards itself before it reads anything" {
	need strace
	for p in cp-auth cp-auth-hmac cp-auth-oidc cp-auth-passthrough cp-auth-init cp-token-mint; do
		ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -o trace -e trace=prctl,prlimit64,read,openat "$p" --help >/dev/null
		grep -q 'prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE' trace
		grep -q 'RLIMIT_CORE, {rlim_cur=0, rlim_max=0}' trace
	done
}

@test "a program in PATH, a library, a shell start file: nothing of the caller reaches the provider" {
	mkdir bin
	printf '#!/bin/sh\ntouch %s/ran\n' "$PWD" >bin/cp-auth-hmac
	chmod +x bin/cp-auth-hmac
	run_status 0 env PATH="$PWD/bin:$PATH" ENV="$PWD/bin/cp-auth-hmac" BASH_ENV="$PWD/bin/cp-auth-hmac" cp-auth --token-file T
	[ ! -e ran ]
}

@test "what a forged actor record is worth: no more than its user has" {
	for forged in "mallory [\"admin\"]" "alice [\"admin\"]" 'alice ["maintainer"] passthrough' 'alice ["maintainer"] oidc' \
		'hmac:alice ["maintainer"]' 'ann ["admin"]' 'alice ["maintainer"] hmac BUILDER' \
		'alice ["maintainer"] hmac BUILT "2020-01-01T00:00:00Z"'; do
		# shellcheck disable=SC2086 # words
		forged=$(actor_line $forged)
		printf '%s\n{"kind":"end","count":1,"status":0,"by":"cp-auth"}\n' "$forged" >stream
		status=0
		cp-authz rollback <stream >out 2>err || status=$?
		[ "$status" -ne 0 ] || { echo "$forged"; false; }
		! grep -q '"allowed":true' out
	done
}

@test "a verdict, a second end, a decision of somebody else's: nothing but an actor is read" {
	for line in '{"kind":"decision","action":"install","allowed":true,"why":"x"}' \
		'{"kind":"verdict","gate":"X","pass":true,"checked":1,"findings":0}' \
		'{"kind":"token","token":"x"}' '{"kind":"end","count":0,"status":0,"by":"x"}'; do
		printf '%s\n%s\n{"kind":"end","count":2,"status":0,"by":"x"}\n' "$(actor_line alice '["maintainer"]')" "$line" >stream
		run_status 3 cp-authz install <stream
		hasnt decision
	done
}

@test "a token for one plane opens no other, and a name no other name" {
	p=$(token alice --for 1h --plane-uid P)
	for uid in Q '' p 'P ' "P
alice"; do
		[ -n "$uid" ] || uid='*'
		status=0
		cp-auth --token "$p" --plane-uid "$uid" >out 2>err || status=$?
		[ "$status" -ne 0 ]
	done
	# The lines of the message cannot be shifted.
	IFS=: read -r user expiry nonce m <<<"$p"
	for shifted in "P$user:$expiry:$nonce:$m" "$user$expiry::$nonce:$m" "$user:$expiry$nonce::$m"; do
		denied cp-auth --token "$shifted" --plane-uid P
	done
}

@test "two names that look alike are two" {
	roles '{"alice":["admin"]}'
	for name in Alice 'alice ' ' alice' аlice alicé aliсe; do
		run_status 0 env CONTROL_PLANE_TOKEN="$(token "$name")" cp-auth
		[ "$(jq -c 'select(.user).roles' <<<"$output")" = '[]' ]
	done
}

@test "a denial takes as long for a bad MAC as for an unknown user: both are computed" {
	# Not measured, but counted: the same calls are made.
	need strace
	printf 'nobody:%s\n' "$mac" >a
	printf 'alice:%064d\n' 0 >b
	for f in a b; do
		ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -o "$f.trace" cp-auth-hmac <"$f" >"$f.out" 2>"$f.err" || :
		sed -E 's/\(.*//' "$f.trace" >"$f.calls"
	done
	cmp a.err b.err && cmp a.out b.out && cmp a.calls b.calls
}

@test "the policy is swapped while it is read: one or the other is used, and no mixture" {
	roles '{"alice":["maintainer"]}'
	cp "$T/config/roles.json" one
	roles '{"bob":["maintainer"]}'
	cp "$T/config/roles.json" two
	printf '%s\n{"kind":"end","count":1,"status":0,"by":"x"}\n' "$(actor_line alice '["maintainer"]')" >stream
	while :; do
		cp one "$T/config/.n" && mv "$T/config/.n" "$T/config/roles.json"
		cp two "$T/config/.n" && mv "$T/config/.n" "$T/config/roles.json"
	done &
	swapper=$!
	for _ in $(seq 40); do
		status=0
		cp-authz install <stream >out 2>err || status=$?
		[ "$status" -eq 0 ] || grep -q 'alice has no role' err || { cat err; kill $swapper; false; }
	done
	kill $swapper
}

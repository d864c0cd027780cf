load ../helper
load auth

setup() {
	people
}

@test "the acceptance: who is it, may they install, may they roll back" {
	export CONTROL_PLANE_TOKEN=$vector
	run_sh 0 'cp-auth | cp-authz install'
	silent
	run_sh 1 'cp-auth | cp-authz rollback'
	err 'cp-authz: unable to allow rollback: alice is maintainer, which may not rollback'
	[ -z "$(cp-schema-check <<<"$output" | grep '"finding"')" ]
}

@test "the token by option, file, standard input and environment; the first of these" {
	ann=$(token ann)
	printf '%s\n' "$ann" >ann
	cp-token-mint otto >otto
	chmod 600 ann otto
	run_status 0 cp-auth --token "$vector"
	[ "$(member user)" = alice ]
	export CONTROL_PLANE_TOKEN=$vector
	run_status 0 cp-auth --token "$ann"
	[ "$(member user)" = ann ]
	run_status 0 cp-auth --token-file otto
	[ "$(member user)" = otto ]
	run_status 0 cp-auth --token-file - <ann
	[ "$(member user)" = ann ]
	run_status 0 cp-auth --token-file - <otto
	[ "$(member user)" = otto ]
	run_status 2 cp-auth --token "$ann" --token-file ann
}

@test "standard input is left alone, unless it has the token" {
	printf 'a\nb\n' >in
	run_sh 0 "{ CONTROL_PLANE_TOKEN=$vector cp-auth; cat >left; } <in"
	has '"user":"alice"'
	cmp in left
	rm left
	run_sh 0 "{ cp-auth || cat >left; } <in"
	cmp in left
}

@test "no token, an empty one, one that others can read: denied" {
	denied cp-auth
	err 'there is no token'
	denied env CONTROL_PLANE_TOKEN= cp-auth
	denied cp-auth --token ''
	printf '%s\n' "$vector" >t
	chmod 644 t
	denied cp-auth --token-file t
	err 'others may read it'
	denied cp-auth --token-file nowhere
	chmod 600 t
	ln -s t link
	denied cp-auth --token-file link
	denied cp-auth --token-file "$T"
	denied env CONTROL_PLANE_TOKEN="$vector
x" cp-auth
	denied env CONTROL_PLANE_TOKEN="$(head -c 17000 /dev/zero | tr '\0' a)" cp-auth
	denied env CONTROL_PLANE_TOKEN=$'a\xff:b' cp-auth
	denied env CONTROL_PLANE_TOKEN='{"kind":"token"}' cp-auth
}

@test "a provider is chosen, and is one of ours" {
	export CONTROL_PLANE_TOKEN=$vector
	denied env -u CONTROL_PLANE_AUTH_PROVIDER cp-auth
	err 'no provider was chosen'
	denied env CONTROL_PLANE_AUTH_PROVIDER= cp-auth
	mkdir bin
	printf '#!/bin/sh\ntouch %s/ran\n' "$BATS_TEST_TMPDIR" | tee bin/cp-auth-mine >bin/cp-auth-hmac
	chmod +x bin/*
	for name in mine nobody '' HMAC hmac/../hmac ../bin/cp-auth-hmac 'hmac ' "$BATS_TEST_TMPDIR/bin/cp-auth-mine" $'hmac\n' init \
		"$(printf 'a%.0s' {1..33})"; do
		denied env PATH="$PWD/bin:$PATH" cp-auth --provider "$name"
		err "unable to authenticate: there is no provider"
	done
	run_status 0 env PATH="$PWD/bin:$PATH" cp-auth --provider hmac
	run_status 0 cp-auth --provider=hmac
	[ ! -e ran ] && [ ! -e "$HOME/.control_plane" ]
}

@test "passthrough must be allowed, with a 1, and says so" {
	export CONTROL_PLANE_AUTH_PROVIDER=passthrough CONTROL_PLANE_TOKEN=alice
	denied cp-auth
	err 'passthrough is not allowed'
	for no in 0 yes true '' 11; do
		denied env CONTROL_PLANE_ALLOW_PASSTHROUGH=$no cp-auth
	done
	export CONTROL_PLANE_ALLOW_PASSTHROUGH=1
	run_status 0 cp-auth
	[ "$(member provider)" = passthrough ]
	run_sh 0 'cp-auth | cp-authz install'
	run_sh 1 'cp-auth | CONTROL_PLANE_ALLOW_PASSTHROUGH=0 cp-authz install'
	err 'passthrough is not allowed'
}

@test "no plane: status 2" {
	mkdir nowhere
	cd nowhere
	run_status 2 env -u CONTROL_PLANE_ROOT CONTROL_PLANE_TOKEN="$vector" cp-auth
	run_status 2 cp-auth --at yesterday --token x
	run_status 2 cp-auth --plane-uid '' --token x
}

@test "roles that cannot be used: denied, with the reason" {
	export CONTROL_PLANE_TOKEN=$vector
	chmod 664 "$T/config/roles.json"
	denied cp-auth
	err 'config/roles.json cannot be used: others may write to it'
	rm "$T/config/roles.json"
	denied cp-auth
	err 'No such file'
}

@test "at, plane-uid and secrets reach the provider" {
	cp-auth-init --secrets S >/dev/null
	t=$(token alice --secrets S --at 2026-01-01T00:00:00Z --for 1h --plane-uid P)
	run_status 0 cp-auth --token "$t" --secrets S --at 2026-01-01T00:30:00Z --plane-uid P
	denied cp-auth --token "$t" --secrets S --at 2026-01-01T01:30:00Z --plane-uid P
	denied cp-auth --token "$t" --secrets S --at 2026-01-01T00:30:00Z
	denied cp-auth --token "$t" --at 2026-01-01T00:30:00Z --plane-uid P
	unset CONTROL_PLANE_SHARED_SECRET
	denied cp-auth --token "$vector"
	cp-auth-init >/dev/null
	run_status 0 cp-auth --token "$(token alice)"
	denied env -u HOME cp-auth --token "$vector"
	err 'there is no secret'
	export CONTROL_PLANE_SHARED_SECRET=
	denied cp-auth --token "$(env -u CONTROL_PLANE_SHARED_SECRET cp-token-mint --bare alice)"
	err 'it is empty'
}

# --- providers that are no good ---

# provider 'SCRIPT': puts it beside a cp-auth of its own, which ask runs.
provider() {
	mkdir -p own
	[ -e own/cp-auth ] || cp "$CP_BUILD/bin/cp-auth" own/
	printf '#!/bin/sh\n%s\n' "$1" >own/cp-auth-odd
	chmod +x own/cp-auth-odd
	export CONTROL_PLANE_TOKEN=s3cret-token CONTROL_PLANE_AUTH_PROVIDER=odd
}

ask() { # STATUS
	run_status "$1" own/cp-auth || return
	if [ "$1" -eq 0 ]; then has '"kind":"actor"'; else hasnt '"kind":"actor"'; fi
}

actor='{"kind":"actor","user":"odd:x","roles":["admin"],"origin":"BUILT","provider":"odd","expires_at":null}'
end='{"kind":"end","count":1,"status":0,"by":"odd"}'

@test "a provider of somebody's own: the token on standard input, the plane as an argument, nothing in its environment" {
	provider "cd '$PWD'; cat >given; printf '%s\n' \"\$@\" >args; cat /proc/\$\$/environ >environ; ls /proc/\$\$/fd >fds
echo '$actor'; echo '$end'"
	run_sh 0 'own/cp-auth 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-' # those of the test itself
	[ "$(sed -n 1p <<<"$output")" = "$actor" ]
	[ "$(jq -r 'select(.kind == "end").by' <<<"$output")" = cp-auth ]
	[ "$(cat given)" = '{"kind":"token","token":"s3cret-token"}' ]
	[ "$(paste -sd' ' args)" = "--root $T" ]
	[ ! -s environ ]
	! grep -qx '[3-9]' fds || { cat fds; false; }
}

@test "a provider that denies: status 1, and its own reason" {
	provider "cat >/dev/null; echo 'odd: no' >&2; echo '{\"kind\":\"end\",\"count\":0,\"status\":1,\"by\":\"odd\"}'; exit 1"
	ask 1
	[ "$stderr" = 'odd: no' ]
	is '{"kind":"end","count":0,"status":1,"by":"cp-auth"}'
	provider 'exit 1'
	ask 1
}

@test "a provider that dies is no answer" {
	provider "echo '$actor'; kill -9 \$\$"
	ask 137
	err 'was killed by signal 9'
	provider 'kill -SEGV $$'
	ask 139
	provider 'exit 4'
	ask 4
	provider 'exit 2'
	ask 4
	provider 'exit 3'
	ask 3
	provider "echo '$actor'; exit 9"
	ask 4
	provider "echo '$actor'; echo '$end'; exit 1"
	ask 3
	printf 'garbage' >own/cp-auth-odd
	ask 4
	hasnt '"kind":"end"'
}

lies() { # 'SCRIPT'
	provider "$1"
	ask 3 && hasnt '"kind":"end"' && [ "$(wc -l <<<"$stderr")" -eq 1 ] && return
	show_run
	echo "it ran: $1"
	return 1
}

@test "a provider that lies is status 3" {
	local with edit
	for with in "echo '$actor'" "printf %s '$actor'" : "echo '$end'" "echo '$actor'; echo '$actor'; echo '${end/:1/:2}'" \
		"echo '$actor'; echo '${end/:1/:2}'" "echo '$actor'; echo '$end'; echo" "echo '{\"kind\":\"verdict\"}'; echo '$end'" \
		"echo '${end/:1/:0}'" yes 'cat /dev/zero' "yes '$actor'"; do
		lies "$with"
	done
	for edit in 's/odd:x/alice/' 's/odd:x/oidc:x/' 's/odd:x/odd:/' 's/"odd"/"hmac"/' \
		's/odd:x/alice/; s/"odd"/"hmac"/' 's/odd:x/oidc:x/; s/"odd"/"oidc"/' \
		's/admin/root/' 's/BUILT/GOD/' \
		's/}$/,"more":1}/' \
		's/null/0/' 's/"kind":"actor",//' 's/"roles":.*\],//' 's/}$/,"user":"odd:y"}/' 's/actor/token/'; do
		lies "echo '$(sed "$edit" <<<"$actor")'; echo '$end'"
	done
	lies "echo '$actor'; echo '$(sed 's/}$/,"by_hand":true}/' <<<"$end")'"
	lies "echo '$actor'; echo '$(sed 's/status":0/status":1/' <<<"$end")'; exit 1"
}

@test "a provider that reads nothing does not stop us" {
	provider "echo '$actor'; echo '$end'"
	for _ in 1 2 3 4 5; do
		ask 0
	done
}

@test "no other provider is given the secret" {
	provider "cat >'$PWD/given'; cat 0<&3 >>'$PWD/given' 2>/dev/null; echo '$actor'; echo '$end'"
	export CONTROL_PLANE_SHARED_SECRET=the-shared-one
	ask 0
	! grep -q the-shared-one given
}

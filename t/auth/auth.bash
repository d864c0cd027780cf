# shellcheck shell=bash disable=SC2034,SC2154 # what a test, or a run of it, sets and reads
# A plane with roles, a user's home, and words for what the identity tests expect. Needs t/helper.bash.

vector=alice:4360c67bc81025114044578d7c4e8e0f02fd0cae99f22d603390e8f9dc9888f8

# people: a bare plane $T in which alice is a maintainer, ann an admin (of origin BUILDER), otto an auditor, rita a reader
# and nemo nothing; hmac with the secret `secret`.
people() {
	T=$BATS_TEST_TMPDIR/plane
	mkdir -p "$T/config" "$BATS_TEST_TMPDIR/home"
	export T HOME=$BATS_TEST_TMPDIR/home CONTROL_PLANE_ROOT=$T
	export CONTROL_PLANE_AUTH_PROVIDER=hmac CONTROL_PLANE_SHARED_SECRET=secret
	unset CONTROL_PLANE_TOKEN CONTROL_PLANE_ALLOW_PASSTHROUGH
	roles '{"alice":["maintainer"],"ann":["admin"],"otto":["auditor"],"rita":["reader"],"nemo":[]}' ',"origins":{"ann":"BUILDER"}'
	cd "$BATS_TEST_TMPDIR" || return
}

# roles USERS [MORE]: writes config/roles.json.
roles() {
	printf '{"schema_version":"1.0","users":%s%s}\n' "$1" "${2-}" >"$T/config/roles.json"
}

# token USER [OPTION...]: mints it.
token() {
	local user=$1
	shift
	cp-token-mint --bare "$@" "$user"
}

# actor_line USER ROLES [PROVIDER [ORIGIN [EXPIRES]]]: an actor record by hand.
actor_line() {
	printf '{"kind":"actor","user":"%s","roles":%s,"origin":"%s","provider":"%s","expires_at":%s}\n' \
		"$1" "$2" "${4-BUILT}" "${3-hmac}" "${5-null}"
}

# member NAME: of the actor or decision in $output.
member() {
	jq -r "select(.kind == \"actor\" or .kind == \"decision\").$1" <<<"$output"
}

# denied CMD...: status 1, one line on stderr, and nobody in the answer.
denied() {
	run_status 1 "$@" || return
	[ "$(wc -l <<<"$stderr")" -eq 1 ] && hasnt '"kind":"actor"' && hasnt '"allowed":true'
}

b64() {
	basenc --base64url -w 0 | tr -d =
}

hmac() { # SECRET
	openssl dgst -sha256 -hmac "$1" -r | cut -c1-64
}

load ../helper
load auth

setup() {
	people
}

@test "the vector: secret, alice" {
	run_status 0 cp-token-mint --bare alice
	silent
	is "$vector"
	run_status 0 cp-token-mint alice
	[ "$(jq -c 'select(.kind == "token")' <<<"$output")" = "{\"kind\":\"token\",\"token\":\"$vector\",\"expires_at\":null}" ]
	cp-schema-check --quiet <<<"$output" >/dev/null
}

@test "one that ends: seconds since 1970, a nonce, the MAC of five lines, as openssl has it" {
	run_status 0 cp-token-mint --expires 2036-01-01T00:00:00Z --plane-uid P-1 alice
	cp-schema-check --quiet <<<"$output" >/dev/null
	[ "$(jq -r 'select(.token) | [.expires_at, .plane_uid] | join(" ")' <<<"$output")" = '2036-01-01T00:00:00Z P-1' ]
	IFS=: read -r user expiry nonce mac < <(jq -r 'select(.token).token' <<<"$output")
	[ "$user $expiry ${#nonce}" = 'alice 2082758400 32' ]
	[ "$mac" = "$(printf 'cp-token/2\nP-1\nalice\n%s\n%s' "$expiry" "$nonce" | hmac secret)" ]
	run_status 0 cp-token-mint --bare --at 2026-01-01T00:00:00Z --for 90s alice
	[ "$(cut -d: -f2 <<<"$output")" -eq $(($(date -d 2026-01-01T00:00:00Z +%s) + 90)) ]
}

@test "no two that end are alike" {
	[ "$(token alice --for 1h)" != "$(token alice --for 1h)" ]
}

@test "the secret of a file goes before that of the environment, and that before the user's file" {
	cp-auth-init --secrets "$BATS_TEST_TMPDIR/S" >/dev/null
	cp-auth-init >/dev/null
	mine=$(jq -r .secret S) home=$(jq -r .secret "$HOME/.control_plane/auth_secrets.json")
	[ "$(token alice --secrets "$BATS_TEST_TMPDIR/S")" = "alice:$(printf alice | hmac "$mine")" ]
	[ "$(token alice)" = "$vector" ]
	unset CONTROL_PLANE_SHARED_SECRET
	[ "$(token alice)" = "alice:$(printf alice | hmac "$home")" ]
}

@test "without a secret that can be used: status 1, and nothing for a variable to take" {
	for empty in 'env CONTROL_PLANE_SHARED_SECRET=' 'env -u CONTROL_PLANE_SHARED_SECRET' \
		'env -u CONTROL_PLANE_SHARED_SECRET -u HOME'; do
		# shellcheck disable=SC2086 # words
		run_status 1 $empty cp-token-mint --bare alice
		is ''
		err 'unable to make a token: the secret cannot be used'
	done
	cp-auth-init --secrets S >/dev/null
	chmod 640 S
	run_status 1 cp-token-mint --secrets S --bare alice
	err 'others may read it'
	chmod 600 S
	mkdir "$T/s"
	cp S "$T/s/S"
	run_status 1 cp-token-mint --secrets "$T/s/S" --bare alice
	err 'it lies inside the plane'
	ln -s S L
	run_status 0 cp-token-mint --secrets L --bare alice
}

@test "called wrongly: status 2" {
	for user in '' a:b $'a\nb' $'\xff' $'\e[0m' "$(printf 'a%.0s' {1..256})"; do
		run_status 2 cp-token-mint "$user"
	done
	run_status 2 cp-token-mint --for 1h --expires 2036-01-01T00:00:00Z alice
	run_status 2 cp-token-mint --expires 2020-01-01T00:00:00Z alice
	run_status 2 cp-token-mint --at 2026-01-01T00:00:00Z --expires 2026-01-01T00:00:00Z alice
	for length in 0s 1 h 1w 01h -1h '1h ' 36501d 99999999999999999999s; do
		run_status 2 cp-token-mint --for "$length" alice
	done
	run_status 2 cp-token-mint --plane-uid P alice
	run_status 2 cp-token-mint --plane-uid '' --for 1h alice
	run_status 2 cp-token-mint --plane-uid $'a\nb' --for 1h alice
	run_status 2 cp-token-mint
}

@test "names in any script, with blanks and quotes, make tokens that are believed" {
	for user in 'Åse Øst' "o'neill" 'a"b\c' '{a' é; do
		roles "$(jq -cn --arg u "$user" '{($u): ["reader"]}')"
		run_status 0 sh -c 'cp-token-mint --for 1h "$1" | cp-auth --token-file - | cp-authz verify' sh "$user"
		# A text that begins with a brace is a record.
		[[ $user != '{'* ]] || continue
		run_status 0 env CONTROL_PLANE_TOKEN="$(token "$user")" cp-auth
		[ "$(member user)" = "$user" ]
	done
}

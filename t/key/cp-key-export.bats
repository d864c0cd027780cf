load ../helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
}

key() {
	printf '{"kind":"key","key_id":"%s","algorithm":"ed25519",' "${1-me@example}"
	printf '"public_key":"base64:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",'
	printf '"valid_from":"2026-01-01T00:00:00Z","valid_until":"2026-12-31T00:00:00Z","status":"%s"%s}\n' "${2-active}" "${3-}"
}

@test "an Ed25519 key as ssh, minisign, note and openssl know it" {
	run_status 0 cp-key-export < <(key)
	silent
	[[ $output == "$(key | sed 's/}$//')",* ]]
	[ "$(jq -r .allowed_signers <<<"$output")" = 'me@example namespaces="cp-filters/*",valid-after="20260101000000Z",'\
'valid-before="20261231000000Z" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea' ]
	[ "$(jq -r .ssh <<<"$output")" = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea' ]
	jq -r .pem <<<"$output" | openssl pkey -pubin -noout -text | grep -q 'd7:5a:98:01'
	jq -r .minisign <<<"$output" | base64 -d | tail -c 32 | cmp - <(jq -r '.public_key[7:]' <<<"$output" | base64 -d)
	# The id of the key: the first eight bytes of its SHA-256.
	cmp <(jq -r .minisign <<<"$output" | base64 -d | head -c 10) \
		<(printf Ed; jq -r '.public_key[7:]' <<<"$output" | base64 -d | openssl dgst -sha256 -binary | head -c 8)
	cp-end <<<"$output" | cp-schema-check --quiet
}

@test "an RSA key has no minisign key and no verifier key" {
	cp-keygen --algorithm rsa4096 --key-id r --out K.pem >pub.json
	run_status 0 cp-key-export <pub.json
	[ "$(jq -c 'select(.key_id) | [.minisign, .vkey]' <<<"$output")" = '[null,null]' ]
	jq -j 'select(.key_id).pem' <<<"$output" | cmp - <(openssl pkey -in K.pem -pubout)
	if command -v ssh-keygen; then
		[ "$(jq -r 'select(.key_id).ssh' <<<"$output")" = "$(ssh-keygen -y -f K.pem)" ]
		jq -r 'select(.key_id).ssh' <<<"$output" >K.pub
		ssh-keygen -l -f K.pub | grep -q '^4096 '
	fi
	[ "${#lines[@]}" -eq 2 ]
}

@test "a retired key ends when it was retired; a revoked one is handed on as it is" {
	run_status 0 cp-key-export < <(key me retired ',"retired_at":"2026-03-01T00:00:00Z"')
	has 'valid-before=\"20260301000000Z\"'
	run_status 0 cp-key-export < <(key me retired ',"retired_at":"2027-03-01T00:00:00Z"')
	has 'valid-before=\"20261231000000Z\"'
	run_status 0 cp-key-export < <(key me revoked)
	is "$(key me revoked)"
	run_status 0 cp-key-export <<<'{"kind":"x-other"}'
	is '{"kind":"x-other"}'
}

@test "a name that would be a pattern names nobody else" {
	for id in 'a*' 'a,b' '!a' 'a?' '#a' 'a\\b'; do
		run_status 0 cp-key-export < <(key "$id")
		hasnt allowed_signers
		has '"ssh":'
	done
}

@test "what is no key is refused" {
	for bad in 's/ed25519/none/' 's/"base64:[^"]*"/"base64:!"/' 's/"base64:[^"]*"/"base64:AAAA"/' 's/base64:11q/11q/' \
		's/"base64:[^"]*"/7/' \
		's/"valid_from":"[^"]*",//' 's/2026-12-31T00:00:00Z/soon/' 's/me@example//' 's/me@example/a b/' 's/,"status":"active"//'; do
		run_status 3 cp-key-export < <(key | sed "$bad")
		err 'unable to read the key'
		[ -z "$output" ]
	done
}

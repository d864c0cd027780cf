load ../helper
load auth

setup() {
	people
}

believed() { # TOKEN [OPTION...]
	local t=$1
	shift
	printf '%s\n' "$t" >t
	run_status 0 cp-auth-hmac "$@" <t
}

refused() { # TOKEN [OPTION...]
	local t=$1
	shift
	printf '%s\n' "$t" >t
	denied cp-auth-hmac "$@" <t
}

@test "the vector, bare and as a record" {
	believed "$vector"
	silent
	is "$(actor_line alice '["maintainer"]')
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-auth-hmac\"}"
	cp-schema-check --quiet <<<"$output" >/dev/null
	believed "{\"kind\":\"token\",\"token\":\"$vector\"}"
	believed "{\"kind\":\"token\",\"token\":\"$vector\"}
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"x\"}"
}

@test "a token that openssl made, of both forms" {
	believed "ann:$(printf ann | hmac secret)"
	[ "$(member origin)" = BUILDER ]
	end=$(($(date +%s) + 100))
	believed "ann:$end:00ff:$(printf 'cp-token/2\n*\nann\n%s\n00ff' $end | hmac secret)"
	[ "$(member expires_at)" = "$(date -u -d @$end +%FT%TZ)" ]
}

@test "whatever is wrong with a token, the answer is one and the same" {
	mac=${vector#*:} good=$(token alice --for 1h)
	IFS=: read -r user expiry nonce m <<<"$good"
	for bad in "bob:$mac" "alice:${mac%8}9" "alice:${mac^^}" "alice:${mac%8}" "alice:$mac"0 "alice: $mac" ":$mac" "$mac" \
		'alice:' alice : :: ::: \
		"alice:$mac:" "alice:x:$mac" "$user:$((expiry + 1)):$nonce:$m" "$user:0$expiry:$nonce:$m" "$user:$expiry:${nonce%?}:$m" \
		"$user:$expiry::$m" "$user:$expiry:${nonce^^}:$m" "bob:$expiry:$nonce:$m" "$user:-1:$nonce:$m" \
		"$user:$expiry:$nonce:$mac" \
		"$user:$expiry:$nonce:$m:" "$user:99999999999999999999:$nonce:$m" "alice:$(printf alice | hmac secre)" \
		"alice:$(printf alice | hmac '')" "$(printf 'a%.0s' {1..256}):$mac" $'a\xff'":$mac"; do
		refused "$bad"
		is '{"kind":"end","count":0,"status":1,"by":"cp-auth-hmac"}'
		[ "$stderr" = 'cp-auth-hmac: unable to authenticate: the token is not valid' ] || { show_run; echo "$bad"; false; }
	done
}

@test "what is no name, no time or no nonce is none under a good MAC either" {
	local user expiry nonce end=$(($(date +%s) + 3600))
	for user in '' "$(printf 'a%.0s' {1..256})" $'a\xff' $'a\xc2\x85' $'a\xe2\x80\xae'; do
		refused "$user:$(printf %s "$user" | hmac secret)"
		err 'the token is not valid'
	done
	believed "$(printf 'a%.0s' {1..255}):$(printf 'a%.0s' {1..255} | hmac secret)"
	while IFS=: read -r expiry nonce; do
		refused "alice:$expiry:$nonce:$(printf 'cp-token/2\n*\nalice\n%s\n%s' "$expiry" "$nonce" | hmac secret)"
		err 'the token is not valid'
	done <<-END
		$end:
		$end:xyz
		$end:AB
		$end:a b
		$end:$(printf '0%.0s' {1..65})
		+$end:ab
		0$end:ab
		$end.5:ab
		0x7fffffff:ab
		99999999999999999999:ab
		:ab
	END
	believed "alice:$end:ab:$(printf 'cp-token/2\n*\nalice\n%s\n%s' $end ab | hmac secret)"
}

@test "a token counts before its end, for its plane alone" {
	t=$(token alice --at 2026-01-01T00:00:00Z --for 1h)
	believed "$t" --at 2026-01-01T00:59:59Z
	[ "$(member expires_at)" = 2026-01-01T01:00:00Z ]
	for at in 2026-01-01T01:00:00Z 2026-01-01T01:00:00.5Z 2036-01-01T00:00:00Z; do
		refused "$t" --at $at
		err 'unable to authenticate: the token has ended'
	done
	refused "$t"
	err 'the token has ended'
	p=$(token alice --for 1h --plane-uid P-1)
	believed "$p" --plane-uid P-1
	for uid in P-2 '*'; do
		refused "$p" --plane-uid "$uid"
		err 'the token is not valid'
	done
	refused "$(token alice --for 1h)" --plane-uid P-1
	# The plain form is of no plane.
	believed "$vector" --plane-uid P-1
}

@test "a token of the far future ends, and does not wrap" {
	t=$(token alice --expires 2261-01-01T00:00:00Z)
	believed "$t"
	e=253402300799
	believed "alice:$e:aa:$(printf 'cp-token/2\n*\nalice\n%s\naa' $e | hmac secret)"
	refused "alice:$((e + 1)):aa:$(printf 'cp-token/2\n*\nalice\n%s\naa' $((e + 1)) | hmac secret)"
}

@test "the end of a plain token cannot be made of one that ends, nor the reverse" {
	end=$(($(date +%s) + 100))
	# A user whose name is the lines of the other form.
	user=$(printf 'cp-token/2\n*\nann\n%s\naa' $end)
	refused "ann:$end:aa:$(printf ann | hmac secret)"
	printf '%s:%s\n' "$user" "$(printf %s "$user" | hmac secret)" >t
	run_status 3 cp-auth-hmac <t
	refused "ann:$(printf 'cp-token/2\n*\nann\n%s\naa' $end | hmac secret)"
}

@test "no secret, an empty one, one that others may read: denied" {
	printf '%s\n' "$vector" >t
	denied env CONTROL_PLANE_SHARED_SECRET= cp-auth-hmac <t
	err 'the secret cannot be used: it is empty'
	denied env -u CONTROL_PLANE_SHARED_SECRET cp-auth-hmac <t
	err 'No such file'
	denied env -u CONTROL_PLANE_SHARED_SECRET -u HOME cp-auth-hmac <t
	denied cp-auth-hmac --secret-fd 7 <t 7</dev/null
	err 'it is empty'
	denied cp-auth-hmac --secret-fd 7 <t 7<&-
	run_status 0 cp-auth-hmac --secret-fd 7 <t 7< <(printf secret)
	# An empty key would be as good as any for who knows that it is empty.
	empty=alice:$(printf alice | openssl dgst -sha256 -mac hmac -macopt hexkey: -r 2>/dev/null | cut -c1-64)
	printf '%s\n' "$empty" >t
	denied env CONTROL_PLANE_SHARED_SECRET= cp-auth-hmac <t
	for text in '' '{}' '[]' '{"schema_version":"1.0"}' '{"schema_version":"1.0","secret":""}' '{"schema_version":"1.0","secret":7}' \
		'{"schema_version":"1.0","secret":"a","secret":"b"}' '{"schema_version":"2.0","secret":"a"}' \
		'{"schema_version":"1.0","secret":"a","x":1}' \
		'{"schema_version":"1.0","secret":"a","former":{"secret":"b"}}' \
		'{"schema_version":"1.0","secret":"a","former":{"secret":"","until":"2036-01-01T00:00:00Z"}}' \
		'{"schema_version":"1.0","secret":"a","former":{"secret":"b","until":"x"}}' 'secret'; do
		printf %s "$text" >S
		chmod 600 S
		denied cp-auth-hmac --secrets S <t
	done
	head -c 20000 /dev/zero >S
	denied cp-auth-hmac --secrets S <t
	err 'it is longer than 16 KiB'
}

@test "the former secret counts until its time, and so does what it vouches for" {
	unset CONTROL_PLANE_SHARED_SECRET
	cp-auth-init >/dev/null
	plain=$(token alice) short=$(token alice --at 2026-01-01T00:00:00Z --for 30m)
	cp-auth-init --rotate --at 2026-01-01T00:00:00Z --keep 1h >/dev/null
	believed "$plain" --at 2026-01-01T00:59:59Z
	[ "$(member expires_at)" = 2026-01-01T01:00:00Z ]
	believed "$short" --at 2026-01-01T00:10:00Z
	[ "$(member expires_at)" = 2026-01-01T00:30:00Z ]
	refused "$plain" --at 2026-01-01T01:00:00Z
	err 'the token is not valid'
	refused "$short" --at 2026-01-01T00:40:00Z
	err 'the token has ended'
	believed "$(token alice)" --at 2026-01-01T02:00:00Z
	[ "$(member expires_at)" = null ]
}

@test "no token on standard input, two, or something else: status 3" {
	two="{\"kind\":\"token\",\"token\":\"$vector\"}"
	for text in '' '\n' '{"kind":"token"}\n' '{"kind":"token","token":""}\n' '{"kind":"token","token":7}\n' \
		'{"kind":"token","token":"x"}' \
		"$two\n$two\n" "$two\n{\"kind\":\"end\",\"count\":2,\"status\":0,\"by\":\"x\"}\n" \
		"$two\n{\"kind\":\"end\",\"count\":1,\"status\":1,\"by\":\"x\"}\n" \
		"$two\n\n" "$two\nx" '{"kind":"actor"}\n' '{"kind":"token","token":"a","token":"b"}\n' \
		'{"kind":"token","token":"a\\nb"}\n' 'a\nb\n' 'a\tb\n' \
		'{"kind":"token","token":"a\\u0000b"}\n' 'a\0b\n'; do
		# shellcheck disable=SC2059 # the format is the text
		printf "$text" >t
		run_status 3 cp-auth-hmac <t
		hasnt '"kind":"end"'
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
	done
	head -c 16385 /dev/zero | tr '\0' a >t
	run_status 3 cp-auth-hmac <t
	err 'longer than 16 KiB'
	run_status 4 cp-auth-hmac <"$T"
	run_sh 4 'cp-auth-hmac <&-'
}

@test "who has no role is authenticated all the same" {
	believed "$(token nemo)"
	[ "$(jq -c 'select(.user).roles' <<<"$output")" = '[]' ]
	believed "$(token nobody)"
	[ "$(jq -c 'select(.user).roles' <<<"$output")" = '[]' ]
}

load ../helper
load auth

issuer=https://issuer.example

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	if command -v jose >/dev/null; then
		for k in r1 r2 wide; do
			bits=2048
			[ $k != wide ] || bits=3072
			jose jwk gen -i "{\"kty\":\"RSA\",\"bits\":$bits,\"alg\":\"RS256\",\"kid\":\"$k\"}" -o $k.jwk
			jose jwk pub -i $k.jwk -o $k.pub
		done
		jose jwk gen -i '{"alg":"ES256","kid":"ec"}' -o ec.jwk
		jose jwk pub -i ec.jwk -o ec.pub
		jose jwk gen -i '{"alg":"HS256","kid":"h1"}' -o h1.jwk
	fi
	openssl genpkey -algorithm ed25519 -out ed.pem
	openssl genpkey -algorithm ed25519 -out other.pem
	openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:1024 -out small.pem 2>/dev/null
}

setup() {
	people
	K=$BATS_FILE_TMPDIR
	x=$(openssl pkey -in "$K/ed.pem" -pubout -outform DER | tail -c 32 | b64)
	ed="{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"ed\",\"x\":\"$x\"}"
	roles "{\"oidc:$issuer#42\":[\"maintainer\"]}" ',"claims":[
		{"issuer":"https://issuer.example","claim":"groups","value":"release","roles":["auditor"]},
		{"issuer":"https://issuer.example","claim":"hd","value":"example.org","roles":["reader"]},
		{"issuer":"https://other.example","claim":"groups","value":"release","roles":["admin"]}]'
	now=$(date +%s)
}

# trust KEY...: config/oidc.json with these public keys (JWK texts).
trust() {
	local IFS=,
	jq -n --argjson keys "[$*]" --arg i "$issuer" \
		'{schema_version: "1.0", issuers: [{issuer: $i, audience: ["cp", "cp2"], jwks: {keys: $keys}}]}' >"$T/config/oidc.json"
}

# claims [JQ]: a good token's claims, edited.
claims() {
	jq -cn --arg i "$issuer" --argjson now "$now" \
		"{iss: \$i, sub: \"42\", aud: \"cp\", iat: \$now, exp: (\$now + 600)} | ${1-.}"
}

# by_jose KEY [JQ [HEADER-JQ]]: a token signed by jose with $K/KEY.jwk.
by_jose() {
	claims "${2-.}" >body
	jose jws sig -I body -k "$K/$1.jwk" -c -s "$(jq -c "{protected: ({alg: .alg, kid: .kid, typ: \"JWT\"} | ${3-.})}" "$K/$1.jwk")"
}

# by_openssl [JQ [HEADER-JQ [PEM]]]: a token signed with Ed25519.
by_openssl() {
	local head body
	head=$(jq -cn "{alg: \"EdDSA\", kid: \"ed\"} | ${2-.}" | tr -d '\n' | b64)
	body=$(claims "${1-.}" | tr -d '\n' | b64)
	seal "$head" "$body" "${3-$K/ed.pem}"
}

# seal HEADER PAYLOAD [PEM]: signs two parts.
seal() {
	printf %s.%s "$1" "$2" >signed
	printf %s.%s.%s "$1" "$2" "$(openssl pkeyutl -sign -inkey "${3-$K/ed.pem}" -rawin -in signed | b64)"
}

believed() { # TOKEN [OPTION...]
	printf '%s\n' "$1" >t
	shift
	run_status 0 cp-auth-oidc "$@" <t
	has '"kind":"actor"'
	silent
}

refused() { # REASON TOKEN [OPTION...]
	local why=$1
	printf '%s\n' "$2" >t
	shift 2
	denied cp-auth-oidc "$@" <t || { echo "wanted: $why"; cat t; return 1; }
	[ "$stderr" = "cp-auth-oidc: unable to authenticate: the token is not valid: $why" ] && return
	echo "wanted: $why"
	show_run
	return 1
}

edited() { # REASON JQ: an Ed25519 token with these claims is refused
	refused "$1" "$(by_openssl "$2")"
}

@test "RS256 by jose: the user, its roles, its end" {
	need jose
	trust "$(cat "$K/r1.pub")" "$ed"
	believed "$(by_jose r1)"
	[ "$(member user)" = "oidc:$issuer#42" ]
	[ "$(jq -c 'select(.user) | [.roles, .origin, .provider]' <<<"$output")" = '[["maintainer"],"BUILT","oidc"]' ]
	[ "$(member expires_at)" = "$(date -u -d @$((now + 660)) +%FT%TZ)" ]
	cp-schema-check --quiet <<<"$output" >/dev/null
	trust "$(cat "$K/wide.pub")"
	believed "$(by_jose wide)"
}

@test "EdDSA by openssl" {
	trust "$ed"
	believed "$(by_openssl)"
	[ "$(member user)" = "oidc:$issuer#42" ]
	believed "$(by_openssl . '.typ = "JWT"')"
	believed "$(by_openssl . '.typ = "jwt" | .x5t = "x" | .jku = "https://evil.example"')"
}

@test "through cp-auth and cp-authz" {
	trust "$ed"
	export CONTROL_PLANE_AUTH_PROVIDER=oidc
	CONTROL_PLANE_TOKEN=$(by_openssl)
	export CONTROL_PLANE_TOKEN
	run_sh 0 'cp-auth | cp-authz install'
	run_sh 1 'cp-auth | cp-authz rollback'
	CONTROL_PLANE_TOKEN=$(by_openssl '.sub = "7" | .groups = ["x", "release"]')
	run_sh 0 'cp-auth | cp-authz verify'
	run_sh 1 'cp-auth | cp-authz install'
	CONTROL_PLANE_TOKEN=$(by_openssl '.sub = "7"')
	run_sh 1 'cp-auth | cp-authz verify'
	err "oidc:$issuer#7 has no role"
}

@test "claims bring roles: a string, a member of a list, of this issuer alone" {
	trust "$ed"
	with() { # JQ ROLES
		believed "$(by_openssl "$1")"
		[ "$(jq -c 'select(.user).roles' <<<"$output")" = "$2" ]
	}
	with '.groups = "release"' '["maintainer","auditor"]'
	with '.groups = ["a", "release"] | .hd = "example.org"' '["maintainer","auditor","reader"]'
	with '.sub = "7" | .hd = "example.org"' '["reader"]'
	with '.sub = "7" | .hd = "example.org.evil"' '[]'
	with '.sub = "7" | .groups = ["releases", ["release"], {"release": 1}, 1]' '[]'
	with '.sub = "7" | .groups = {"release": true}' '[]'
	with '.sub = "7" | .roles = ["admin"] | .origin = "BUILDER"' '[]'
	[ "$(member origin)" = BUILT ]
}

@test "alg none, in any spelling, with or without a signature" {
	trust "$ed"
	body=$(claims | tr -d '\n' | b64)
	for alg in none None NONE nOnE ''; do
		head=$(printf '{"alg":"%s","kid":"ed"}' "$alg" | b64)
		refused "it is no signed token" "$head.$body."
		refused "its algorithm is not its key's" "$head.$body.AAAA"
		refused "its algorithm is not its key's" "$(seal "$head" "$body")"
	done
	refused "its algorithm is not its key's" "$(seal "$(printf '{"kid":"ed"}' | b64)" "$body")"
	refused "its algorithm is not its key's" "$(seal "$(printf '{"alg":["EdDSA"],"kid":"ed"}' | b64)" "$body")"
}

@test "HS256 signed with the public key as its secret, in each of its forms" {
	need jose
	trust "$(cat "$K/r1.pub")"
	jq '{kty, n, e}' "$K/r1.pub" >bare.jwk
	jose fmt -j "$K/r1.pub" -g n -u - | basenc --base64url -d 2>/dev/null >n.bin || :
	openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null
	openssl pkey -in rsa.pem -pubout -out pub.pem
	openssl pkey -in rsa.pem -pubout -outform DER -out pub.der
	n=$(openssl rsa -in rsa.pem -noout -modulus 2>/dev/null | cut -d= -f2 | xxd -r -p | b64)
	trust "{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"$n\",\"e\":\"AQAB\"}"
	printf '{"kty":"RSA","kid":"r","n":"%s","e":"AQAB"}' "$n" >pub.jwk
	head=$(printf '{"alg":"HS256","kid":"r"}' | b64) body=$(claims | tr -d '\n' | b64)
	for secret in pub.pem pub.der pub.jwk; do
		key=$(xxd -p -c 0 "$secret")
		sig=$(printf %s.%s "$head" "$body" | openssl dgst -sha256 -mac hmac -macopt hexkey:"$key" -binary | b64)
		refused "its algorithm is not its key's" "$head.$body.$sig"
		# The header says RS256: then it is a signature of the wrong size.
		refused 'its signature does not hold' "$(printf '{"alg":"RS256","kid":"r"}' | b64).$body.$sig"
	done
	# And with an HMAC key of the set itself, if one stood there: the whole file is refused.
	trust "$(cat "$K/h1.jwk")"
	printf '%s\n' "$(by_jose h1)" >t
	denied cp-auth-oidc <t
	err 'config/oidc.json cannot be used: a key in it is a private or a secret one'
}

@test "the key decides: kid of another key, of another kind, of nobody, none" {
	need jose
	trust "$(cat "$K/r1.pub")" "$(cat "$K/r2.pub")" "$(cat "$K/ec.pub")" "$ed"
	believed "$(by_jose r2)"
	refused 'its signature does not hold' "$(by_jose r1 . '.kid = "r2"')"
	refused "its algorithm is not its key's" "$(by_jose r1 . '.kid = "ed"')"
	refused "its algorithm is not its key's" "$(by_openssl . '.kid = "r1"')"
	refused 'its key is neither RSA nor Ed25519' "$(by_jose ec)"
	refused "its key is none of its issuer's" "$(by_openssl . '.kid = "nobody"')"
	refused "its key is none of its issuer's" "$(by_openssl . 'del(.kid)')"
	refused "its key is none of its issuer's" "$(by_openssl . '.kid = null')"
	refused "its key is none of its issuer's" "$(by_openssl . '.kid = ["ed"]')"
	refused 'its signature does not hold' "$(by_openssl . . "$K/other.pem")"
	# A key that the token brings along is nobody's.
	refused 'its signature does not hold' "$(by_openssl . ".jwk = {kty: \"OKP\", crv: \"Ed25519\", x: \"$x\"}" "$K/other.pem")"
}

@test "a key of another issuer" {
	o=$(openssl pkey -in "$K/other.pem" -pubout -outform DER | tail -c 32 | b64)
	trust "$ed"
	jq --arg o "$o" '.issuers += [{issuer: "https://other.example", audience: ["cp"],
		jwks: {keys: [{kty: "OKP", crv: "Ed25519", kid: "ed", x: $o}, {kty: "OKP", crv: "Ed25519", kid: "theirs", x: $o}]}}]' \
		"$T/config/oidc.json" >new
	cp new "$T/config/oidc.json"
	believed "$(by_openssl '.iss = "https://other.example"' . "$K/other.pem")"
	[ "$(member user)" = 'oidc:https://other.example#42' ]
	believed "$(by_openssl)"
	refused 'its signature does not hold' "$(by_openssl . . "$K/other.pem")"
	refused "its key is none of its issuer's" "$(by_openssl . '.kid = "theirs"' "$K/other.pem")"
	refused 'its signature does not hold' "$(by_openssl '.iss = "https://other.example"')"
}

@test "what a key is for: use, key_ops, alg" {
	local good='del(.none)'
	for good in '.use = "sig"' '.key_ops = ["verify"]' '.key_ops = ["sign", "verify"]' '.alg = "EdDSA"' \
		'.use = "sig" | .key_ops = ["verify"]'; do
		trust "$(jq -c "$good" <<<"$ed")"
		believed "$(by_openssl)"
	done
	for bad in '.use = "enc"' '.use = ""' '.use = ["sig"]' '.use = null'; do
		trust "$(jq -c "$bad" <<<"$ed")"
		refused 'its key is not one for signatures' "$(by_openssl)"
	done
	for bad in '.key_ops = ["sign"]' '.key_ops = []' '.key_ops = "verify"' '.key_ops = [["verify"]]'; do
		trust "$(jq -c "$bad" <<<"$ed")"
		refused 'its key is not one to verify with' "$(by_openssl)"
	done
	for bad in '.alg = "RS256"' '.alg = "Ed25519"' '.alg = null'; do
		trust "$(jq -c "$bad" <<<"$ed")"
		refused "its algorithm is not its key's" "$(by_openssl)"
	done
	for bad in '.kty = "EC"' '.crv = "X25519"' '.crv = "ed25519"' 'del(.crv)' '.kty = "oct"'; do
		trust "$(jq -c "$bad" <<<"$ed")"
		refused 'its key is neither RSA nor Ed25519' "$(by_openssl)"
	done
	for bad in 'del(.x)' '.x += "="' '.x = "+/+/"' '.x = 7'; do
		trust "$(jq -c "$bad" <<<"$ed")"
		refused 'its key has no x in base64url' "$(by_openssl)"
	done
	trust "$(jq -c '.x = "AAAA"' <<<"$ed")"
	refused 'it has not the 32 bytes of an Ed25519 key' "$(by_openssl)"
	trust "$(jq -c '.x = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"' <<<"$ed")"
	refused "it is a point of small order, which is nobody's key" "$(by_openssl)"
}


@test "RSA keys that are weak or odd are refused, whatever they signed" {
	n=$(openssl rsa -in "$K/small.pem" -noout -modulus | cut -d= -f2 | xxd -r -p | b64)
	head=$(printf '{"alg":"RS256","kid":"s"}' | b64) body=$(claims | tr -d '\n' | b64)
	printf %s.%s "$head" "$body" >signed
	token=$head.$body.$(openssl dgst -sha256 -sign "$K/small.pem" signed | b64)
	trust "{\"kty\":\"RSA\",\"kid\":\"s\",\"n\":\"$n\",\"e\":\"AQAB\"}"
	refused 'it is an RSA key of less than 2048 bits' "$token"
	need jose
	odd() { # REASON JQ
		trust "$(jq -c "$2" "$K/r1.pub")"
		refused "$1" "$(by_jose r1)"
	}
	odd 'it is an RSA key with an exponent that is even, huge or below 65537' '.e = "Aw"'
	odd 'it is an RSA key with an exponent that is even, huge or below 65537' '.e = "AQ"'
	odd 'it is an RSA key with an exponent that is even, huge or below 65537' '.e = "AQAA"'
	odd 'it is an RSA key with an exponent that is even, huge or below 65537' '.e = "AQAAAAAAAAAAAAAB"'
	odd 'its numbers are empty or begin with zeros' '.e = "AAEAAQ"'
	odd 'its numbers are empty or begin with zeros' '.n = "AAAA" + .n[0:340]'
	odd 'its key has no n or e in base64url' 'del(.n)'
	odd 'its key has no n or e in base64url' '.n = 7'
	odd 'its key has no n or e in base64url' '.n += "=="'
	odd 'it is an RSA key with an even modulus' '.n = .n[0:340] + "AA"'
	odd 'it is an RSA key of more than 8192 bits' '.n = (.n[0:340] * 5)'
	odd 'its numbers are too long' '.n = (.n[0:340] * 99)'
}

@test "times: ended, not begun, made in the future; each with the leeway" {
	trust "$ed"
	at=2026-06-01T12:00:00Z
	now=$(date +%s -d $at)
	hold() { believed "$(by_openssl "$1")" --at $at; }
	fail() { refused "$1" "$(by_openssl "$2")" --at $at; }
	hold ".exp = $((now - 59))"
	fail 'it has ended' ".exp = $((now - 60))"
	fail 'it has ended' '.exp = 0'
	hold ".nbf = $((now + 60))"
	fail 'it has not begun' ".nbf = $((now + 61))"
	hold ".iat = $((now + 60))"
	fail 'it was made in the future' ".iat = $((now + 61))"
	for name in exp iat; do
		for bad in "del(.$name)" ".$name = null" ".$name = \"$now\"" ".$name = -1" ".$name = 1.5" \
			".$name = 99999999999999" ".$name = []" ".$name = true"; do
			fail 'it has no exp or iat in whole seconds' "$bad"
		done
	done
	for bad in '.nbf = null' ".nbf = \"$now\"" '.nbf = 0.5' '.nbf = -1'; do
		fail 'its nbf is not in whole seconds' "$bad"
	done
	jq '.issuers[0].leeway = 0' "$T/config/oidc.json" >new
	cp new "$T/config/oidc.json"
	hold ".exp = $((now + 1))"
	fail 'it has ended' ".exp = $now"
	fail 'it has not begun' ".nbf = $((now + 1))"
	hold '.exp = 253402300799'
}

@test "for whom: one audience or several, and who it was given to" {
	trust "$ed"
	for good in '.aud = "cp2"' '.aud = ["cp"]' '.aud = ["x", "cp"] | .azp = "cp"' '.aud = ["cp", "cp2"] | .azp = "cp2"' \
		'.azp = "cp"'; do
		believed "$(by_openssl "$good")"
	done
	for bad in 'del(.aud)' '.aud = "other"' '.aud = "c"' '.aud = "CP"' '.aud = ""' '.aud = []' '.aud = ["other"]' \
		'.aud = ["cp", 7] | .azp = "cp"' \
		'.aud = ["cp", "other"]' '.aud = ["other"] | .azp = "cp"' '.aud = ["cp"] | .azp = "other"' '.azp = "other"' \
		'.azp = null' '.azp = ["cp"]' \
		'.aud = {"cp": 1}' '.aud = 7' '.aud = [["cp"]]' '.aud = null'; do
		edited 'it is for another audience' "$bad"
	done
}

@test "from whom: the issuer, byte for byte" {
	trust "$ed"
	for bad in '.iss = "https://issuer.example/"' '.iss = "https://ISSUER.example"' '.iss = "http://issuer.example"' \
		'.iss = ""' 'del(.iss)' \
		'.iss = ["https://issuer.example"]' '.iss = "https://issuer.example#42"' '.iss = "https://issuer.example\u0000"'; do
		edited "its issuer is none of the plane's" "$bad"
	done
}

@test "about whom: a sub that can be a name" {
	trust "$ed"
	believed "$(by_openssl '.sub = "a:b#c d\u00e9"')"
	[ "$(member user)" = "oidc:$issuer#a:b#c dé" ]
	for bad in 'del(.sub)' '.sub = ""' '.sub = 42' '.sub = null' '.sub = ["42"]' '.sub = "4\n2"' '.sub = "\u0000"' \
		'.sub = "\u202e"' '.sub = ("a" * 1100)'; do
		edited 'it has no sub that can be a name' "$bad"
	done
}

@test "headers that demand what is not known, or say that it is something else" {
	trust "$ed"
	for bad in '.crit = ["exp"]' '.crit = []' '.crit = ["b64"] | .b64 = false' '.crit = null'; do
		refused 'its header demands what is not known here' "$(by_openssl . "$bad")"
	done
	for bad in '.typ = "at+jwt"' '.typ = "JWE"' '.typ = ""' '.typ = 7' '.typ = ["JWT"]' '.typ = null'; do
		refused 'it is no ID token' "$(by_openssl . "$bad")"
	done
}

@test "forms: parts, padding, garbage, duplicates, depth, size" {
	trust "$ed"
	good=$(by_openssl)
	IFS=. read -r head body sig <<<"$good"
	for bad in "$head.$body" "$head.$body.$sig." "$head.$body.$sig.$sig" "$head.$body.$sig..$sig" ".$good" "$head..$sig" \
		".$body.$sig" "$head.$body." . .. ... \
		"$head=.$body.$sig" "$head.$body=.$sig" "$head.$body.$sig=" "$head.$body.$sig==" "$head.$body.$sig$sig=" \
		"$head .$body.$sig" \
		"$head.${body}!.$sig" "$head.$body.$sig " "$body.$head.$sig" "$head.$head.A" \
		"$(printf '[]' | b64).$body.$sig" "$head.$(printf '"x"' | b64).$sig" "$(printf '{' | b64).$body.$sig" \
		"{\"payload\":\"$body\"}" "$(printf 'null' | b64).$body.$sig" "$head.$(printf '{}{}' | b64).$sig"; do
		printf '%s\n' "$bad" >t
		status=0
		cp-auth-oidc <t >out 2>err || status=$?
		[ "$status" -eq 1 ] || [ "$status" -eq 3 ] || { echo "$status: $bad"; false; }
		! grep -q '"actor"' out
	done
	# Another spelling of the same bytes: its last character has bits that count for nothing.
	last=${sig: -1} alphabet=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_
	at=${alphabet%%"$last"*}
	refused 'it is no signed token' "$head.$body.${sig%?}${alphabet:$((${#at} + 1)):1}"
	# The alphabet that is not the one of URLs.
	plus=$(by_openssl '.pad = "\u00fb\u00ff\u00fe???>>>~~~"')
	refused 'it is no signed token' "$(tr -- '-_' '+/' <<<"$plus")"
	for twice in '{"alg":"EdDSA","kid":"ed","kid":"other"}' '{"alg":"none","alg":"EdDSA","kid":"ed"}' \
		'{"alg":"none","\u0061lg":"EdDSA","kid":"ed"}'; do
		refused 'it is no signed token' "$(seal "$(printf %s "$twice" | b64)" "$body")"
	done
	doubled=$(claims | sed 's/"sub":"42"/"sub":"42","sub":"1"/' | tr -d '\n' | b64)
	refused 'it is no signed token' "$(seal "$head" "$doubled")"
	deep=$(claims | sed "s/}\$/,\"x\":$(printf '[%.0s' {1..70})$(printf ']%.0s' {1..70})}/" | tr -d '\n' | b64)
	refused 'it is no signed token' "$(seal "$head" "$deep")"
	believed "$(by_openssl '.x = ("a" * 10000)')"
	printf '%s\n' "$(by_openssl '.x = ("a" * 20000)')" >t
	run_status 3 cp-auth-oidc <t
	err 'longer than 16 KiB'
	denied cp-auth --provider oidc --token "$(by_openssl '.x = ("a" * 13000)')"
	utf=$(printf '{"iss":"%s","sub":"\xff","aud":"cp","iat":%d,"exp":%d}' $issuer "$now" $((now + 600)) | b64)
	refused 'it is no signed token' "$(seal "$head" "$utf")"
}

@test "each byte of a token counts" {
	trust "$ed"
	good=$(by_openssl)
	for ((i = 0; i < ${#good}; i += 7)); do
		c=${good:$i:1}
		[ "$c" != . ] || continue
		[ "$c" = A ] && d=B || d=A
		printf '%s\n' "${good:0:$i}$d${good:$((i + 1))}" >t
		denied cp-auth-oidc <t
	done
}

@test "numbers that no double keeps do not matter in a token" {
	trust "$ed"
	head=$(printf '{"alg":"EdDSA","kid":"ed"}' | b64)
	believed "$(seal "$head" "$(claims | sed 's/}$/,"id":12345678901234567890123}/' | tr -d '\n' | b64)")"
}

@test "nothing of a token that is refused is shown" {
	trust "$ed"
	t=$(by_openssl '.sub = "somebody-secret" | .aud = "elsewhere-secret"' '.kid = "kid-secret"')
	refused "its key is none of its issuer's" "$t"
	hasnt secret && err_not secret
}

@test "oidc.json: every bad example denies, every good one is read" {
	by_openssl >t
	while IFS= read -r line; do
		printf '%s\n' "$line" >"$T/config/oidc.json"
		denied cp-auth-oidc <t
		err 'config/oidc.json cannot be used' || { echo "$line"; false; }
	done <"$CP_TOP/t/golden/schemas/oidc.bad"
	while IFS= read -r line; do
		printf '%s\n' "$line" >"$T/config/oidc.json"
		denied cp-auth-oidc <t
		err_not 'cannot be used'
	done <"$CP_TOP/t/golden/schemas/oidc.good"
	trust "$ed" "$ed"
	denied cp-auth-oidc <t
	err 'stands there twice'
	trust "$ed"
	jq '.issuers += .issuers' "$T/config/oidc.json" >new
	cp new "$T/config/oidc.json"
	denied cp-auth-oidc <t
	err 'an issuer stands in it twice'
	trust "$ed"
	chmod 666 "$T/config/oidc.json"
	denied cp-auth-oidc <t
	err 'others may write to it'
	rm "$T/config/oidc.json"
	denied cp-auth-oidc <t
	err 'No such file'
}

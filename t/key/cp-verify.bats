load ../helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
	cp-keygen --key-id me@example --owner ann --role package_signer --out K.pem >pub.json
	cp-keyring --keyring R add <pub.json >/dev/null
	echo '{"kind":"x-note","text":"any record"}' >rec
	printf '{"kind":"x-note","text":"any record"}' >canon
	cp-sign --key K.pem --key-id me@example <rec >signed
}

rsa() {
	local d=$BATS_FILE_TMPDIR
	[ -e "$d/RSA.pem" ] || cp-keygen --algorithm rsa4096 --key-id rsa@example --out "$d/RSA.pem" >"$d/rsa.json"
	cp "$d/RSA.pem" "$d/rsa.json" .
	cp-keyring --keyring R add <rsa.json >/dev/null
}

# judged N [OPTION...]: the stream on stdin, which is closed here, is judged with that status.
judged() {
	cp-end >in
	run_status "$1" cp-verify --keyring R "${@:2}" <in
	if grep -q '"kind":"end"' <<<"$output"; then
		cp-schema-check --quiet <<<"$output" >schemas || grep -q '"gate":"SCHEMA","pass":true' schemas || { cat schemas; return 1; }
	fi
}

reason() {
	local got
	got=$(jq -r 'select(.kind == "judgement") | .reason // "valid"' <<<"$output")
	[ "$got" = "$1" ] || { echo "reason: $got"; return 1; }
}

# changed JQ: the signed record with its signature changed.
changed() {
	jq -c "if .kind == \"signature\" then $1 else . end" signed
}

hash_of() {
	printf 'sha256:%s' "$(sha256sum "$1" | cut -c1-64)"
}

# wrapped FORMAT TEXT [KEY_ID]: the record, and a file made elsewhere as its signature.
wrapped() {
	cat rec
	jq -nc --arg f "$1" --rawfile t "$2" --arg id "${3-me@example}" '{kind: "signature", format: $f, signed_by: $id, text: $t}'
}

@test "what decided is said: key, window, status, owner, time" {
	judged 0 --at "$(date -u -d tomorrow +%Y-%m-%dT%H:%M:%SZ)" <signed
	[ "$(jq -c 'select(.valid) | [.signed_by, .algorithm, .status, .owner, .time_from, .reason]' <<<"$output")" = \
		'["me@example","ed25519","active","ann","option",null]' ]
	[ "$(jq -r 'select(.kind == "judgement").valid_from' <<<"$output")" = "$(jq -r 'select(.key_id).valid_from' pub.json)" ]
	has '"kind":"verdict","gate":"SIGNATURES","pass":true,"checked":1,"findings":0'
	hasnt '"kind":"x-note"'
	judged 0 --pass <signed
	[ "${lines[0]}" = "$(cat rec)" ]
}

@test "nothing signed, nothing judged, and a cut stream are no yes" {
	judged 1 <rec
	findings_are 'UNSIGNED -'
	judged 1 </dev/null
	has '"pass":false,"checked":0'
	run_status 3 cp-verify --keyring R <signed
	hasnt verdict
	hasnt judgement
	judged 1 --kind x-other <rec
	judged 1 < <(cat signed rec)
	findings_are 'UNSIGNED -'
	run_status 3 cp-verify --keyring R < <(cat signed
		echo '{"kind":"verdict","gate":"SIGNATURES","pass":true,"checked":1,"findings":0}'
		echo '{"kind":"end","count":3,"status":0,"by":"x"}')
	err 'it has a verdict of SIGNATURES already'
}

@test "no keyring is 4, one that is not to be trusted 3, one in the plane refused" {
	run_sh 4 'cp-end <signed | cp-verify --keyring none'
	: >bad
	run_sh 3 'cp-end <signed | cp-verify --keyring bad'
	mkdir plane
	touch plane/.genesis_complete
	cp R plane/R
	run_sh 3 'cp-end <signed | cp-verify --keyring plane/R'
	err 'it lies inside a plane'
}

@test "a signature that holds over nothing of this is refused (1), one that cannot be decoded is not read (3)" {
	flip=$(jq -r 'select(.kind == "signature").signature' signed | sed 's/base64:A/base64:B/; t; s/base64:./base64:A/')
	judged 1 < <(changed ".signature = \"$flip\"")
	reason 'it does not hold'
	findings_are 'SIGNATURE -'
	for bad in '.signature = "base64:AAAA"' '.signature = "AAAA"' '.signature = "base64:!"' '.signature |= . + "="' '.signature = 7' \
		'.signature = "base64:"' 'del(.signature)' 'del(.purpose)' 'del(.plane_uid)' 'del(.hash)' \
		'del(.algorithm)' 'del(.signed_by)' '.hash = "sha256:00"' '.algorithm = "none"' '.algorithm = "HS256"' '.algorithm = null' \
		'.signed_by = "a b"' '.signed_by = ""' \
		'.format = "pgp"' '.format = 1' '.format = "sshsig"' '.manifest_signature = "base64:AA=="'; do
		judged 3 < <(changed "$bad")
		hasnt verdict
		hasnt judgement
	done
}

@test "every term is signed: none can be changed" {
	rsa
	h=sha256:$(printf '%064d' 0)
	judged 1 < <(changed '.purpose = "manifest"')
	reason 'it is of another purpose than the record before it'
	judged 1 < <(changed ".hash = \"$h\"")
	reason 'it is of another record than the one before it'
	judged 1 --plane-uid P1 < <(changed '.plane_uid = "P1"')
	reason 'it does not hold'
	judged 1 < <(changed '.signed_by = "you"')
	reason 'the keyring does not have the key'
	findings_are 'UNKNOWN_KEY -'
	# Algorithm confusion, whichever way: the key decides.
	judged 1 < <(changed '.signed_by = "rsa@example"')
	reason 'it names another algorithm than the key has'
	long=base64:$(head -c 512 /dev/zero | base64 -w0)
	judged 1 < <(changed ".algorithm = \"rsa4096\" | .signature = \"$long\"")
	reason 'it names another algorithm than the key has'
	judged 1 < <(changed ".algorithm = \"rsa4096\" | .signature = \"$long\" | .signed_by = \"rsa@example\"")
	reason 'it does not hold'
	judged 3 < <(changed '.algorithm = "rsa4096"')
}

@test "a signature of another record, without one, doubled, or for another record in between: refused" {
	judged 1 < <(echo '{"kind":"x-other"}'; tail -n 1 signed)
	reason 'it is of another record than the one before it'
	findings_are 'SIGNATURE -' 'UNSIGNED -'
	judged 1 < <(tail -n 1 signed)
	findings_are 'SIGNATURE -'
	judged 1 < <(cat rec; echo '{"kind":"finding","code":"X","severity":"note"}'; tail -n 1 signed)
	findings_are 'SIGNATURE -' 'UNSIGNED -'
	judged 1 < <(cat signed; tail -n 1 signed)
	findings_are 'SIGNATURE -'
	has 'has signed it before'
	judged 1 --kind x-other < <(cat signed)
	findings_are
	judged 3 < <(cat rec; for i in {1..65}; do changed ".plane_uid = \"P$i\"" | tail -n 1; done)
	err 'more than 64 signatures'
}

@test "--kind: what stands behind another record is its own affair, but not what stands behind none" {
	echo '{"kind":"x-other"}' | cp-sign --key K.pem --key-id me@example >other
	tail -n 1 other >stray
	judged 0 --kind x-note < <(cat signed other)
	has '"checked":1,'
	judged 0 --kind x-note < <(cat other signed)
	[ "$(jq -r 'select(.kind == "judgement").hash' <<<"$output")" = "$(hash_of canon)" ]
	judged 0 --kind x-note < <(echo '{"kind":"x-other"}'; cat stray stray signed)
	judged 1 --kind x-note < <(cat stray signed)
	findings_are 'SIGNATURE -'
	judged 1 --kind x-note < <(cat other; echo '{"kind":"plane","root":"/"}'; cat stray signed)
	findings_are 'SIGNATURE -'
	judged 1 --kind x-note < <(cat rec other)
	findings_are 'UNSIGNED -'
}

@test "what only a judge says is not taken from the stream, nor handed on" {
	judged 3 --pass < <(echo '{"kind":"judgement","valid":true,"signed_by":"root@example"}'; cat signed)
	err 'it has a judgement already'
	for gate in G1 SIGNATURES; do
		{
			cat signed
			echo '{"kind":"verdict","gate":"'$gate'","pass":true,"checked":1,"findings":0}'
			echo '{"kind":"end","count":3,"status":0,"by":"x"}'
		} >$gate
	done
	run_status 3 cp-verify --keyring R --pass <SIGNATURES
	err 'it has a verdict of SIGNATURES already'
	run_status 0 cp-verify --keyring R --pass <G1
}

@test "a note of a record, or of a manifest, is none of a checkpoint" {
	local manifest='{"kind":"package","package_id":"PKG-A-001","manifest_hash":"sha256:'$(printf %064d 0)'"}'
	for of in "$(cat rec)" "$manifest"; do
		cp-sign --format note --key K.pem --key-id me@example <<<"$of" |
			jq -c 'select(.format) | {kind: "checkpoint", checkpoint: .text}, del(.hash, .purpose)' >forged
		judged 3 <forged
		err 'it is a checkpoint without a signed note of one'
		run_status 3 cp-sign --key K.pem --key-id me@example < <(head -n 1 forged)
	done
}

@test "a file that names another key than its record is not believed, though the signature in it holds" {
	local sign=(cp-sign --key K.pem --key-id me@example)
	# The key in an SSH signature is not signed.
	cp-keygen --key-id other@example --out K2.pem >other.json
	jq -r ".public_key // empty" pub.json | cut -d: -f2 | base64 -d >one.raw
	jq -r ".public_key // empty" other.json | cut -d: -f2 | base64 -d >two.raw
	"${sign[@]}" --format sshsig <rec | jq -j 'select(.format).text' >good
	{
		echo '-----BEGIN SSH SIGNATURE-----'
		sed '1d;$d' good | tr -d '\n' | base64 -d | perl -0777 -pe '
			BEGIN { ($one, $two) = map { local $/; open F, $_; <F> } qw(one.raw two.raw) }
			s/\Q$one\E/$two/ or die' | base64 -w 70
		echo '-----END SSH SIGNATURE-----'
	} >bad
	judged 0 < <(wrapped sshsig good)
	judged 1 < <(wrapped sshsig bad)
	reason 'it is of another key than it is said to be'
	echo archive >a.tgz
	printf '{"kind":"archive","path":"a.tgz","hash":"%s"}\n' "$(hash_of a.tgz)" >rec
	"${sign[@]}" --format detached <rec | jq -j 'select(.format).text' >good
	judged 0 < <(wrapped detached good)
	jq -c '.key_id = "other@example"' good >bad
	judged 1 < <(wrapped detached bad)
	reason 'it names another key'
	jq -c '.algorithm = "rsa4096"' good >bad
	judged 3 < <(wrapped detached bad)
	jq -c '.expires = "2126-01-01T00:00:00Z"' good >bad
	judged 3 < <(wrapped detached bad)
	err 'it has not the members of a detached signature'
}

@test "plane, purpose, role and format are what is asked for" {
	cp-sign --key K.pem --key-id me@example --plane-uid P1 <rec >one
	judged 1 <one
	reason 'it was signed for another plane'
	judged 1 --plane-uid P2 <one
	findings_are 'UNTRUSTED -'
	judged 0 --plane-uid P1 <one
	judged 0 --plane-uid P1 <signed
	cp-sign --format dsse --key K.pem --key-id me@example --plane-uid P1 <rec >one
	judged 1 <one
	reason 'it was signed for another plane'
	judged 0 --plane-uid P1 <one
	judged 1 --plane-uid P1 < <(jq -c 'if .kind == "signature" then .plane_uid = "*" else . end' one)
	reason 'it is for another plane than its record says'
	judged 0 --role package_signer --purpose record --format cp <signed
	judged 1 --role root <signed
	findings_are 'UNTRUSTED -'
	judged 1 --purpose archive <signed
	judged 1 --format note <signed
	judged 2 --purpose keyring <signed
	judged 2 --at yesterday <signed
}

@test "a bare signature of a manifest is never enough, and must hold where it is" {
	h=sha256:$(printf '%064d' 7)
	echo "{\"kind\":\"package\",\"package_id\":\"PKG-A-001\",\"manifest_hash\":\"$h\"}" >rec
	cp-sign --key K.pem --key-id me@example <rec >signed
	judged 0 <signed
	judged 0 < <(changed 'del(.manifest_signature)')
	judged 1 < <(changed '.manifest_signature = .signature')
	reason 'its manifest_signature does not hold'
	judged 1 < <(changed '.signature = .manifest_signature')
	reason 'it does not hold'
	judged 3 < <(changed 'del(.signature)')
	echo '{"kind":"x-note"}' | cp-sign --key K.pem --key-id me@example >signed
	judged 1 < <(changed '.manifest_signature = .signature')
	reason 'it has a manifest_signature, and is of no manifest'
}

# --- status and window ---

# ring STATUS FROM UNTIL [RETIRED_AT]: a new keyring, $ring, which has the key so, all times relative to now.
ring() {
	ring=${ring-R}+
	at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
	jq -c --arg s "$1" --arg f "$(at "$2")" --arg u "$(at "$3")" --arg r "${4:+$(at "$4")}" 'select(.key_id) | del(.kind) |
		.status = $s | .valid_from = $f | .valid_until = $u | if $r != "" then .retired_at = $r else . end |
		{keys: [.]}' pub.json >"$ring"
}

# append: an entry that has the signature, or with `note` the text.
append() {
	jq -c --arg m "${1-signature}" 'select(.kind == "signature") | {kind: "event", event_type: "EVIDENCE_ATTACHED",
		work_order_id: "WO-20260101-001", artifact_id: "A", evidence_type: "other", path: "a", hash: "sha256:\("0" * 64)"} +
		{($m): (.text // .signature)}' signed | cp-ledger-append L.jsonl >/dev/null
}

# ledger: one that has the signature, made just now.
ledger() {
	cp-ledger-init L.jsonl --ledger x/y --type L-EVIDENCE --tier ho1 >/dev/null
	append "$@"
}

@test "status, window and signing time, in every combination" {
	ledger
	local status window ended known want from until now bad=0
	# Judged far later than signed: where the signing time is known, the window is around that, else around now.
	while read -r status ended window known want; do
		now=+90days
		case $known in known) now=+0days ;; esac
		case $window in
		before) from='20 days' until='40 days' ;;
		inside) from='-20 days' until='20 days' ;;
		after) from='-40 days' until='-20 days' ;;
		esac
		[ "$known" = known ] || { from="$((90 + ${from%% *})) days" until="$((90 + ${until%% *})) days"; }
		case $ended in
		before-signing) ring "$status" "$from" "$until" '-1 hour' ;;
		after-signing) ring "$status" "$from" "$until" '+30 days' ;;
		*) ring "$status" "$from" "$until" ;;
		esac
		option=()
		[ "$known" != known ] || option=(--ledger L.jsonl)
		cp-end <signed >in
		got=0
		cp-verify --keyring "$ring" --at "$(date -u -d '+90 days' +%Y-%m-%dT%H:%M:%SZ)" "${option[@]}" <in >out 2>err || got=$?
		[ "$got" = "$([ "$want" = yes ] && echo 0 || echo 1)" ] || {
			echo "$status $ended $window $known: status $got, not $want"
			cat out err
			bad=1
		}
	done <<-'END'
		active - before known no
		active - inside known yes
		active - after known no
		active - before unknown no
		active - inside unknown yes
		active - after unknown no
		retired after-signing before known no
		retired after-signing inside known yes
		retired after-signing after known no
		retired after-signing before unknown no
		retired after-signing inside unknown no
		retired after-signing after unknown no
		retired before-signing before known no
		retired before-signing inside known no
		retired before-signing after known no
		retired before-signing before unknown no
		retired before-signing inside unknown no
		retired before-signing after unknown no
		revoked - before known no
		revoked - inside known no
		revoked - after known no
		revoked - before unknown no
		revoked - inside unknown no
		revoked - after unknown no
	END
	[ "$bad" -eq 0 ]
}

@test "the ledger says when; an entry that is later than --at is not there yet" {
	ledger
	judged 0 --ledger L.jsonl <signed
	[ "$(jq -r 'select(.kind == "judgement").time_from' <<<"$output")" = ledger ]
	[ "$(jq -r 'select(.kind == "judgement").at' <<<"$output")" = "$(tail -n 1 L.jsonl | jq -r .timestamp | sed 's/\.[0-9]*Z/Z/')" ]
	judged 1 --ledger L.jsonl --at 2026-01-01T00:00:00Z <signed
	[ "$(jq -r 'select(.kind == "judgement").time_from' <<<"$output")" = option ]
	# The earliest entry counts; another signature is not in it.
	sleep 1.1
	append
	judged 0 --ledger L.jsonl <signed
	[ "$(jq -r 'select(.kind == "judgement").signed_at' <<<"$output")" = \
		"$(sed -n 2p L.jsonl | jq -r .timestamp | sed 's/\.[0-9]*Z/Z/')" ]
	cp-sign --key K.pem --key-id me@example --plane-uid P1 <rec >one
	judged 0 --plane-uid P1 --ledger L.jsonl <one
	[ "$(jq -r 'select(.kind == "judgement").time_from' <<<"$output")" = clock ]
}

@test "the ledger of another plane shows nothing" {
	ledger
	load ../ledger/ledger
	load ../ledger/forge
	judged 0 --plane-uid P1 --ledger L.jsonl <signed
	forge_on L.jsonl 1 's/"prev_hash"/"plane_uid":"P1","prev_hash"/'
	rm L.jsonl.durable
	judged 0 --ledger L.jsonl <signed
	judged 0 --plane-uid P1 --ledger L.jsonl <signed
	judged 3 --plane-uid P2 --ledger L.jsonl <signed
	err "L.jsonl: unable to trust the ledger: it is another plane's"
}

@test "a foreign file is found in a ledger by its text" {
	cp-sign --format minisign --key K.pem --key-id me@example <rec >signed
	ledger note
	judged 0 --ledger L.jsonl <signed
	[ "$(jq -r 'select(.kind == "judgement").time_from' <<<"$output")" = ledger ]
}

@test "a ledger that does not hold is status 3, one that is not there 4" {
	ledger
	cp L.jsonl good
	judged 4 --ledger none <signed
	sed 's/ATTACHED/VALIDATED/' good >L.jsonl
	judged 3 --ledger L.jsonl <signed
	err 'unable to trust the ledger'
	sed 1d good >L.jsonl
	judged 3 --ledger L.jsonl <signed
	head -c -5 good >L.jsonl
	judged 3 --ledger L.jsonl <signed
	echo '{"a": 1}' >old.jsonl
	judged 3 --ledger old.jsonl <signed
	# It was longer when it was checked last.
	cp good L.jsonl
	cp-chain-check L.jsonl >/dev/null
	rm -f L.jsonl.durable
	head -n 1 good >L.jsonl
	judged 3 --ledger L.jsonl <signed
	err 'ROLLBACK'
}

# --- what foreign tools made ---

# own ALGORITHM KEY_ID: the record, and what is in sig as our own signature of it.
own() {
	cat rec
	printf '{"kind":"signature","purpose":"record","plane_uid":"*","hash":"%s","algorithm":"%s","signed_by":"%s",' \
		"$(hash_of canon)" "$1" "$2"
	printf '"signature":"base64:%s"}\n' "$(base64 -w0 sig)"
}

# taken KEY_ID BASE64: the Ed25519 key is taken into the keyring.
taken() {
	jq -c --arg id "$1" --arg p "base64:$2" 'select(.key_id) | .key_id = $id | .public_key = $p' pub.json |
		cp-keyring --keyring R add >/dev/null
}

@test "openssl signs, we verify: Ed25519 and RSA" {
	rsa
	for f in K:me@example:ed25519 RSA:rsa@example:rsa4096; do
		IFS=: read -r k id a <<<"$f"
		printf 'cp-sig/1\nrecord\n*\n%s\n%s\n%s\n' "$(hash_of canon)" "$a" "$id" >msg
		if [ "$k" = K ]; then
			openssl pkeyutl -sign -rawin -inkey K.pem -in msg -out sig
		else
			openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign RSA.pem -out sig msg
		fi
		judged 0 < <(own "$a" "$id")
	done
	# A salt of another length is another scheme.
	openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 -sign RSA.pem -out sig msg
	judged 1 < <(own "$a" "$id")
}

@test "ssh-keygen signs, we verify: with an RSA key of ours, in the right namespace and no other" {
	need ssh-keygen
	rsa
	cp-key-export <rsa.json | jq -r 'select(.ssh).ssh' >RSA.pem.pub
	ssh-keygen -Y sign -q -f RSA.pem -n cp-filters/record <canon >sig
	judged 0 < <(wrapped sshsig sig rsa@example)
	ssh-keygen -Y sign -q -O hashalg=sha256 -f RSA.pem -n cp-filters/record <canon >sig
	judged 0 < <(wrapped sshsig sig rsa@example)
	judged 1 < <(wrapped sshsig sig me@example)
	reason 'it is of another key than it is said to be'
	ssh-keygen -Y sign -q -f RSA.pem -n file <canon >sig
	judged 1 < <(wrapped sshsig sig rsa@example)
	reason 'it was made for another namespace'
	ssh-keygen -Y sign -q -f RSA.pem -n cp-filters/record <rec >sig
	judged 1 < <(wrapped sshsig sig rsa@example)
	reason 'it does not hold'
}

@test "a key of ssh-keygen's own, taken into the keyring" {
	need ssh-keygen
	ssh-keygen -q -t ed25519 -N '' -C x -f ssh
	taken ssh@example "$(cut -d' ' -f2 ssh.pub | base64 -d | tail -c 32 | base64 -w0)"
	ssh-keygen -Y sign -q -f ssh -n cp-filters/record <canon >sig
	judged 0 < <(wrapped sshsig sig ssh@example)
	ssh-keygen -q -t ecdsa -N '' -C x -f ec
	ssh-keygen -Y sign -q -f ec -n cp-filters/record <canon >sig
	judged 3 < <(wrapped sshsig sig ssh@example)
	err 'neither ssh-ed25519 nor rsa-sha2-512'
}

@test "minisign signs, we verify, prehashed and legacy, whatever id its key has" {
	need minisign
	minisign -G -W -p m.pub -s m.key >/dev/null
	taken m@example "$(tail -n 1 m.pub | base64 -d | tail -c 32 | base64 -w0)"
	for legacy in '' -l; do
		# shellcheck disable=SC2086 # an option or none
		minisign -S $legacy -s m.key -m canon -x sig -t 'a comment' >/dev/null
		judged 0 < <(wrapped minisign sig m@example)
		sed 's/a comment/another/' sig >bad
		judged 1 < <(wrapped minisign bad m@example)
		reason 'the signature of its trusted comment does not hold'
		# shellcheck disable=SC2086 # an option or none
		minisign -S $legacy -s m.key -m rec -x sig >/dev/null
		judged 1 < <(wrapped minisign sig m@example)
		reason 'it does not hold'
	done
	minisign -S -s m.key -m canon -x sig -t 'purpose:archive' >/dev/null
	judged 1 < <(wrapped minisign sig m@example)
	reason 'it was signed for another purpose'
	rsa
	judged 1 < <(wrapped minisign sig rsa@example)
	reason 'only an ed25519 key makes that'
}

@test "archives: the file is read, must be what its record says, and is signed as minisign and ssh-keygen sign it" {
	need minisign
	need ssh-keygen
	mkdir store
	head -c 200000 /dev/urandom >store/a
	echo "{\"kind\":\"archive\",\"path\":\"a\",\"hash\":\"$(hash_of store/a)\"}" >rec
	minisign -G -W -p m.pub -s m.key >/dev/null
	taken m@example "$(tail -n 1 m.pub | base64 -d | tail -c 32 | base64 -w0)"
	for legacy in '' -l; do
		# shellcheck disable=SC2086 # an option or none
		minisign -S $legacy -s m.key -m store/a -x sig >/dev/null
		judged 0 --files store < <(wrapped minisign sig m@example)
	done
	cp-sign --key K.pem --key-id me@example --format sshsig --files store <rec >signed
	judged 0 --files store <signed
	judged 1 <signed
	findings_are 'UNREADABLE a'
	echo more >>store/a
	judged 1 --files store <signed
	findings_are 'MODIFIED a'
	judged 1 --files store < <(wrapped minisign sig m@example)
	findings_are 'MODIFIED a'
	# Our own and the statement are over the hash: whether the file has it is for others to say.
	for f in cp dsse detached; do
		cp-sign --key K.pem --key-id me@example --format $f <rec >signed
		judged 0 <signed
	done
}

# An envelope as others write it: any keyid, any order of members.
envelope() { # STATEMENT [KEYID]
	{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <"$1")" && cat "$1"; } >pae
	openssl pkeyutl -sign -rawin -inkey K.pem -in pae -out sig
	jq -nc --arg p "$(base64 -w0 "$1")" --arg s "$(base64 -w0 sig)" --arg k "${2-}" \
		'{payloadType: "application/vnd.in-toto+json", payload: $p, signatures: [{keyid: $k, sig: $s}]}' >env
}

@test "a DSSE envelope made with plain openssl, as cosign and others make it" {
	statement() {
		jq -n --arg h "$(sha256sum canon | cut -c1-64)" '{_type: "https://in-toto.io/Statement/v1",
			subject: [{name: "b", digest: {sha256: "00"}}, {name: "a", digest: {sha512: "00", sha256: $h}}],
			predicateType: "urn:cp-filters:signature:1", predicate: {purpose: "record"}} | '"$1"
	}
	statement . >body
	envelope body
	judged 0 < <(wrapped dsse env)
	envelope body me@example
	judged 0 < <(wrapped dsse env)
	envelope body you
	judged 1 < <(wrapped dsse env)
	reason 'it does not hold'
	for bad in '.subject[1].digest.sha256 = "00"':1:'its statement is of something else' \
		'.predicate.purpose = "archive"':1:'it was signed for another purpose' \
		'.predicate.signed_by = "you"':1:'its statement names another key' \
		'.predicate.algorithm = "rsa4096"':1:'its statement names another algorithm than the key has' \
		'.predicate.plane_uid = "P9"':1:'it was signed for another plane' \
		'.predicateType = "https___slsa.dev"':3:'another predicate' '._type = "x"':3:'no in-toto Statement' \
		'del(.subject)':3:'no subject' '.subject = []':3:'no subject' 'del(.predicate)':3:'no purpose' \
		'.predicate = 7':3:'no purpose' '.predicate.purpose = {}':3:'no purpose'; do
		IFS=: read -r change want why <<<"$bad"
		statement "$change" >body
		envelope body
		judged "$want" < <(wrapped dsse env)
		if [ "$want" = 1 ]; then reason "$why"; else err "$why"; fi
	done
	statement . >body
	envelope body
	for bad in '.payloadType = "text/plain"' '.payload = "!"' '.signatures = []' '.signatures[0].sig = "!"' \
		'.signatures[0].keyid = 7' 'del(.signatures)' \
		'.signatures = [range(17) as $i | .signatures[0]]' '.payload = "AAAA"' '[.]'; do
		jq -c "$bad" env >bad
		judged 3 < <(wrapped dsse bad)
	done
}

@test "files that are none of their form are not read (3), and nothing is concluded" {
	for f in sshsig minisign dsse note detached; do
		for text in '' x '{}' $'\n\n\n\n' "$(head -c 100000 /dev/zero | tr '\0' A)" '-----BEGIN SSH SIGNATURE-----' \
			$'\u2014 a b\n'; do
			printf %s "$text" >file
			judged 3 < <(wrapped $f file)
			hasnt verdict
			err 'unable to read the signature'
		done
		# Deep and huge.
		printf '[%.0s' {1..1000} >file
		judged 3 < <(wrapped $f file)
	done
	judged 3 < <(cat rec; echo '{"kind":"signature","format":"note","signed_by":"me@example"}')
	judged 3 < <(cat rec; echo '{"kind":"signature","format":"note","signed_by":"me@example","text":7}')
}

@test "of each form: another key, another record, a changed byte" {
	cp-keygen --key-id you@example --out Y.pem | cp-keyring --keyring R add >/dev/null
	h=sha256:$(printf '%064d' 7)
	for f in cp sshsig minisign dsse note detached; do
		echo '{"kind":"x-note","text":"any record"}' >rec
		[ $f != detached ] || echo "{\"kind\":\"archive\",\"path\":\"a\",\"hash\":\"$h\"}" >rec
		cp-sign --format $f --key K.pem --key-id me@example <rec >signed
		judged 0 <signed
		judged 1 < <(changed '.signed_by = "you@example"')
		sed 's/"any record"/"another"/; s/"hash":"sha256:0/"hash":"sha256:1/' rec >other
		judged 1 < <(cat other; tail -n 1 signed)
		reason 'it is of another record than the one before it'
		[ $f = cp ] || judged 1 < <(cat other; changed 'del(.hash)' | tail -n 1)
		cp-sign --format $f --key Y.pem --key-id me@example <rec >signed
		judged 1 <signed
		findings_are "SIGNATURE $([ $f = detached ] && echo a || echo -)"
	done
}

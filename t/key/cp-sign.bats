load ../helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
	cp-keygen --key-id me@example --out K.pem >pub.json
	cp-keyring --keyring R add <pub.json >/dev/null
	echo '{"kind":"x-note","text":"any record"}' >rec
	printf '{"kind":"x-note","text":"any record"}' >canon
}

# An RSA key takes a second to make: one for the file.
rsa() {
	local d=$BATS_FILE_TMPDIR
	[ -e "$d/RSA.pem" ] || cp-keygen --algorithm rsa4096 --key-id rsa@example --out "$d/RSA.pem" >"$d/rsa.json"
	cp "$d/RSA.pem" "$d/rsa.json" .
	cp-keyring --keyring R add <rsa.json >/dev/null
}

sign() {
	cp-sign --key K.pem --key-id me@example "$@"
}

member() {
	jq -j "select(.kind == \"signature\").$1 // empty"
}

# exported MEMBER KEY_ID
exported() {
	cp-keyring --keyring R list | cp-key-export | jq -j "select(.key_id == \"$2\").$1"
}

message() { # PURPOSE HASH ALGORITHM KEY_ID [PLANE]
	printf 'cp-sig/1\n%s\n%s\n%s\n%s\n%s\n' "$1" "${5-*}" "$2" "$3" "$4"
}

hash_of() {
	printf 'sha256:%s' "$(sha256sum "$1" | cut -c1-64)"
}

@test "the acceptance of the pipeline: signed 0; changed, revoked, unknown 1" {
	run_sh 0 'cp-end <rec | cp-sign --key K.pem --key-id me@example | cp-verify --keyring R'
	has '"valid":true'
	run_sh 1 'cp-end <rec | cp-sign --key K.pem --key-id me@example | sed s/any/bny/ | cp-verify --keyring R'
	echo '{"keys":[]}' >E
	run_sh 1 'cp-end <rec | cp-sign --key K.pem --key-id me@example | cp-verify --keyring E'
	cp-keyring --keyring R revoke me@example >/dev/null
	run_sh 1 'cp-end <rec | cp-sign --key K.pem --key-id me@example | cp-verify --keyring R'
	has '"reason":"it is revoked"'
}

@test "a signature stands behind its record, which passes byte for byte" {
	echo '{"text":"any record" , "kind":"x-note"}' >odd
	run_status 0 sign <odd
	[ "${lines[0]}" = "$(cat odd)" ] && [ "${#lines[@]}" -eq 2 ]
	[ "$(jq -c 'del(.signature)' <<<"${lines[1]}")" = '{"kind":"signature","purpose":"record","plane_uid":"*",'\
"\"hash\":\"$(hash_of canon)\",\"algorithm\":\"ed25519\",\"signed_by\":\"me@example\"}" ]
	silent
	cp-schema-check --quiet <<<"${lines[1]}" --open >/dev/null
}

@test "what is no subject passes; --kind chooses" {
	printf '%s\n' '{"kind":"plane","root":"/"}' '{"kind":"finding","code":"X"}' '{"kind":"verdict","gate":"X"}' \
		'{"kind":"judgement"}' '{"kind":"signature","signed_by":"x"}' '{"kind":"x-a"}' '{"kind":"x-b"}' >all
	run_status 0 sign <all
	[ "${#lines[@]}" -eq 9 ]
	run_status 0 sign --kind x-b --kind x-c <all
	[ "${#lines[@]}" -eq 8 ] && [ "$(jq -r .kind <<<"${lines[7]}")" = signature ]
}

@test "openssl verifies our own: Ed25519 and RSA, and the bare signature of a manifest" {
	rsa
	for f in K:me@example:ed25519 RSA:rsa@example:rsa4096; do
		IFS=: read -r k id a <<<"$f"
		openssl pkey -in "$k.pem" -pubout -out "$k.pub"
		for plane in '*' PLANE-1; do
			option=()
			[ "$plane" = '*' ] || option=(--plane-uid "$plane")
			cp-sign --key "$k.pem" --key-id "$id" "${option[@]}" <rec | member signature | sed s/base64:// | base64 -d >sig
			message record "$(hash_of canon)" "$a" "$id" "$plane" >msg
			if [ "$k" = K ]; then
				openssl pkeyutl -verify -rawin -pubin -inkey K.pub -sigfile sig -in msg
			else
				openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify RSA.pub \
					-signature sig msg
			fi
		done
	done
	h=sha256:$(printf '%064d' 7)
	echo "{\"kind\":\"package\",\"package_id\":\"PKG-A-001\",\"manifest_hash\":\"$h\"}" | sign >signed
	[ "$(member purpose <signed) $(member hash <signed)" = "manifest $h" ]
	member manifest_signature <signed | sed s/base64:// | base64 -d >sig
	printf %s "$h" >msg
	openssl pkeyutl -verify -rawin -pubin -inkey K.pub -sigfile sig -in msg
	run_sh 0 'cp-end <signed | cp-verify --keyring R'
}

@test "an archive is signed by its hash, a checkpoint by the text of its note, a package without a manifest_hash as a record" {
	echo archive >a.tgz
	echo "{\"kind\":\"archive\",\"path\":\"a.tgz\",\"hash\":\"$(hash_of a.tgz)\"}" | sign >signed
	[ "$(member purpose <signed) $(member hash <signed)" = "archive $(hash_of a.tgz)" ]
	cp-ledger-init L.jsonl --ledger x/y --type L-EXEC --tier ho1 >/dev/null
	cp-ledger-checkpoint L.jsonl --key K.pem | tee checkpoint | sign >signed
	jq -j 'select(.checkpoint).checkpoint' checkpoint | sed '/^$/,$d' >text
	[ "$(member purpose <signed) $(member hash <signed)" = "checkpoint $(hash_of text)" ]
	run_sh 0 'cp-verify --keyring R <signed'
	echo '{"kind":"package","package_id":"PKG-A-001"}' | sign >signed
	[ "$(member purpose <signed)" = record ]
	for bad in '{"kind":"archive","path":"a"}' '{"kind":"archive","hash":"sha256:12"}' '{"kind":"archive","hash":7}' \
		'{"kind":"checkpoint","checkpoint":"no note"}' '{"kind":"checkpoint"}' '{"kind":"package","manifest_hash":null}' \
		'{"kind":"package","manifest_hash":"SHA256:00"}'; do
		run_status 3 sign <<<"$bad"
		[ -z "$output" ]
		err 'unable to sign the record'
	done
}

# --- foreign tools ---

@test "ssh-keygen verifies an sshsig, of both algorithms, in the namespace of its purpose and no other" {
	need ssh-keygen
	rsa
	for f in K:me@example RSA:rsa@example; do
		IFS=: read -r k id <<<"$f"
		cp-sign --key "$k.pem" --key-id "$id" --format sshsig <rec | member text >sig
		exported allowed_signers "$id" >allowed
		ssh-keygen -Y verify -f allowed -I "$id" -n cp-filters/record -s sig <canon
		! ssh-keygen -Y verify -f allowed -I "$id" -n cp-filters/archive -s sig <canon
		! ssh-keygen -Y verify -f allowed -I "$id" -n cp-filters/record -s sig <rec
	done
}

@test "minisign verifies a minisign signature, and shows when" {
	need minisign
	sign --format minisign --at 2026-01-01T00:00:00Z <rec | member text >canon.minisig
	run_status 0 minisign -Vm canon -P "$(exported minisign me@example)"
	has 'timestamp:1767225600	purpose:record	key_id:me@example'
	sed -i 's/purpose:record/purpose:archive/' canon.minisig
	run_status 1 minisign -Vm canon -P "$(exported minisign me@example)"
}

@test "archives: the tools verify the very file" {
	need ssh-keygen
	need minisign
	mkdir store
	head -c 300000 /dev/urandom >store/a.tgz
	echo "{\"kind\":\"archive\",\"path\":\"a.tgz\",\"hash\":\"$(hash_of store/a.tgz)\"}" >archive
	sign --files store --format sshsig <archive | member text >sig
	exported allowed_signers me@example >allowed
	ssh-keygen -Y verify -f allowed -I me@example -n cp-filters/archive -s sig <store/a.tgz
	sign --files store --format minisign <archive | member text >store/a.tgz.minisig
	minisign -Vm store/a.tgz -P "$(exported minisign me@example)"
}

@test "an archive that is not as its record says is not signed, nor one reached through a link" {
	mkdir store
	echo one >store/a
	echo two >outside
	ln -s ../outside store/link
	mkfifo store/fifo
	h=$(hash_of outside)
	for p in a:'not what its record says' link:'symbolic links' ../outside:'unable to sign the archive' fifo:'no regular file' \
		none:'No such file' /etc/passwd:'unable to sign the archive'; do
		for f in sshsig minisign; do
			run_status 3 sign --files store --format $f <<<"{\"kind\":\"archive\",\"path\":\"${p%%:*}\",\"hash\":\"$h\"}"
			err "${p#*:}"
			hasnt '"kind":"signature"'
		done
	done
	run_status 3 sign --files store --format sshsig <<<"{\"kind\":\"archive\",\"hash\":\"$h\"}"
	err 'the archive has no path'
	run_status 4 sign --files nowhere --format sshsig <rec
}

@test "a DSSE envelope: openssl over the encoding, and the statement in it" {
	rsa
	for f in K:me@example RSA:rsa@example; do
		IFS=: read -r k id <<<"$f"
		cp-sign --key "$k.pem" --key-id "$id" --format dsse --plane-uid P1 --at 2026-01-01T00:00:00Z <rec | member text >env
		jq -r .payload env | base64 -d >body
		[ "$(jq -r .payloadType env)" = application/vnd.in-toto+json ]
		[ "$(jq -r '._type, .predicateType, .subject[0].digest.sha256' body)" = "$(printf '%s\n' \
			https://in-toto.io/Statement/v1 urn:cp-filters:signature:1 "$(sha256sum canon | cut -c1-64)")" ]
		[ "$(jq -c '.predicate | [.purpose, .plane_uid, .signed_by, .signed_at]' body)" = \
			"[\"record\",\"P1\",\"$id\",\"2026-01-01T00:00:00Z\"]" ]
		jq -r '.signatures[0].sig' env | base64 -d >sig
		{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <body)" && cat body; } >pae
		openssl pkey -in "$k.pem" -pubout -out pub
		if [ "$k" = K ]; then
			openssl pkeyutl -verify -rawin -pubin -inkey pub -sigfile sig -in pae
		else
			openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify pub -signature sig pae
		fi
	done
}

@test "a note: openssl over its text; a checkpoint is cosigned by another key" {
	sign --format note <rec | member text >note
	sed '/^$/,$d' note >text
	[ "$(cat text)" = "$(cat canon)" ]
	tail -n 1 note | cut -d' ' -f3 | base64 -d | tail -c 64 >sig
	openssl pkey -in K.pem -pubout -out pub
	openssl pkeyutl -verify -rawin -pubin -inkey pub -sigfile sig -in text
	# The id of the key in it is that of the verifier key that cp-key-export has.
	[ "$(tail -n 1 note | cut -d' ' -f3 | base64 -d | head -c 4 | od -An -tx1 | tr -d ' ')" = \
		"$(exported vkey me@example | cut -d+ -f2)" ]
	cp-keygen --key-id ledger --out L.pem >/dev/null
	cp-ledger-init L.jsonl --ledger x/y --type L-EXEC --tier ho1 >/dev/null
	cp-ledger-checkpoint L.jsonl --key L.pem | sign --format note >signed
	member text <signed >note
	jq -j 'select(.checkpoint).checkpoint' signed >old
	[ "$(sed '/^$/,$d' note)" = "$(sed '/^$/,$d' old)" ]
	run_sh 0 'cp-verify --keyring R <signed'
}

@test "detached: what lies beside an archive, verified by openssl" {
	h=sha256:$(printf '%064d' 7)
	run_status 0 sign --format detached --at 2026-01-01T00:00:00Z <<<"{\"kind\":\"archive\",\"path\":\"a\",\"hash\":\"$h\"}"
	member text <<<"$output" >a.sig
	[ "$(jq -c 'del(.signature)' a.sig)" = "{\"version\":\"1.0\",\"algorithm\":\"ed25519\",\
\"archive_hash\":\"$h\",\"key_id\":\"me@example\",\"timestamp\":\"2026-01-01T00:00:00Z\"}" ]
	jq -r .signature a.sig | sed s/base64:// | base64 -d >sig
	message archive "$h" ed25519 me@example >msg
	openssl pkey -in K.pem -pubout -out pub
	openssl pkeyutl -verify -rawin -pubin -inkey pub -sigfile sig -in msg
	run_status 3 sign --format detached <rec
	err 'only an archive'
	run_status 3 sign --format note <<<"{\"kind\":\"archive\",\"path\":\"a\",\"hash\":\"$h\"}"
}

@test "several forms stand behind one record" {
	run_sh 0 'cp-end <rec | cp-sign --key K.pem --key-id me@example --format note |
		cp-sign --key K.pem --key-id me@example --format dsse |
		cp-sign --key K.pem --key-id me@example | cp-verify --keyring R'
	[ "$(jq -r 'select(.kind == "judgement") | "\(.format) \(.valid)"' <<<"$output" | sort | tr '\n' ' ')" = \
		'cp true dsse true note true ' ]
}

# --- calls ---

@test "wrong calls are status 2, and nothing is read" {
	for bad in '--key-id a+b' '--key-id ' '--format pgp --key-id a' '--plane-uid a --format sshsig --key-id a' \
		'--plane-uid a --format minisign --key-id a' '--plane-uid x+y --key-id a' '--at now --key-id a' '--signer ../x --key-id a' \
		'--signer A --key-id a' '--signer  --key-id a' '--signer x/y --key-id a' '--signer pkcs11 --key-id a'; do
		IFS=' ' read -ra words <<<"$bad"
		run_status 2 cp-sign --key K.pem "${words[@]}" <rec
		[ -z "$output" ]
	done
	run_status 2 cp-sign --key-id a <rec
	err 'give --key or --signer'
	rsa
	run_status 2 cp-sign --key RSA.pem --key-id a --format minisign <rec
	err 'only an ed25519 key makes that'
	run_status 2 cp-sign --key K.pem --key-id a <rec -- --nonsense
	run_status 4 cp-sign --signer absent --key-id a <rec
}

@test "the key from the environment" {
	CONTROL_PLANE_SIGNING_KEY=K.pem run_sh 0 'cp-end <rec | cp-sign --key-id me@example | cp-verify --keyring R'
	CONTROL_PLANE_SIGNING_KEY=none run_status 4 cp-sign --key-id me@example <rec
	err 'No such file'
}

@test "a cut stream has no end, one with an end is counted anew" {
	run_sh 3 'printf "{\"kind\":\"x\"}\n{\"kind\":\"y\"" | cp-sign --key K.pem --key-id me@example'
	hasnt '"kind":"end"'
	run_sh 0 'cp-end <rec | cp-sign --key K.pem --key-id me@example'
	[ "$(jq -c 'select(.kind == "end").count' <<<"$output")" = 2 ]
}

# --- signers that are not what they should be ---

# signer NAME SCRIPT: a sibling of a copy of cp-sign.
signer() {
	mkdir -p bin
	cp "$(command -v cp-sign)" bin/
	printf '#!/bin/bash\nPATH=/usr/bin:/bin\n%s\n' "$2" >"bin/cp-signer-$1"
	chmod +x "bin/cp-signer-$1"
}

with() { # STATUS NAME [OPTION...]
	run_status "$1" timeout 20 bin/cp-sign --key-id me@example --signer "$2" "${@:3}" <rec
	hasnt '"kind":"end"'
}

the_key() {
	printf 'read -r q; echo %q; ' "$(jq -c 'select(.kind == "key") | {kind, key_id, algorithm, public_key}' pub.json)"
}

@test "a signer is given the bytes, has an empty environment, and what it signs is verified" {
	cat >ask <<-'END'
		while read -r q; do
			env >>seen
			id=$(jq -r .key_id <<<"$q")
			case $(jq -r .kind <<<"$q") in
			key_request) k=$(openssl pkey -in K.pem -pubout -outform DER | tail -c 32 | base64 -w0)
				jq -nc --arg k "$k" --arg id "$id" \
				'{kind: "key", key_id: $id, algorithm: "ed25519", public_key: ("base64:" + $k)}' ;;
			sign_request) jq -r .payload_b64 <<<"$q" | base64 -d >payload
				openssl pkeyutl -sign -rawin -inkey K.pem -in payload -out sig
				jq -nc --arg s "$(base64 -w0 sig)" --arg id "$id" \
				'{kind: "signature", key_id: $id, algorithm: "ed25519", signature: ("base64:" + $s)}' ;;
			esac
		done
	END
	signer kms "$(cat ask)"
	SECRET=hunter2 run_status 0 bin/cp-sign --key-id me@example --signer kms <rec
	[ "${#lines[@]}" -eq 2 ]
	[ "$(grep -vE '^(PATH|PWD|SHLVL|_|OLDPWD)=' seen)" = '' ]
	cmp payload <(message record "$(hash_of canon)" ed25519 me@example)
	printf '%s\n' "${lines[@]}" | cp-end | cp-verify --keyring R >/dev/null
}

@test "a signer that lies, dies, hangs up, answers twice or with something else: no signature is handed on" {
	zeros=$(head -c 64 /dev/zero | base64 -w0)
	signer dead 'exit 0'
	with 3 dead && err 'it ended without an answer'
	signer dies 'read -r q; kill -9 $$'
	with 137 dies && err 'killed by signal 9'
	for s in 1 2 3 4; do
		signer "says$s" "exit $s"
		with "$s" "says$s" && err "exited with status $s"
	done
	signer seven 'exit 7'
	with 4 seven
	signer talks 'echo hello'
	with 3 talks && err 'unable to trust'
	signer end 'read -r q; echo "{\"kind\":\"end\",\"count\":0,\"status\":0,\"by\":\"x\"}"'
	with 3 end && err 'a record of kind end from a command'
	signer verdict "$(the_key) read -r q; echo '{\"kind\":\"verdict\",\"gate\":\"SIGNATURES\",\"pass\":true}'"
	with 3 verdict && err 'a record of kind verdict'
	signer cut 'read -r q; printf "{\"kind\":\"key\""'
	with 3 cut
	signer other "read -r q; echo '$(jq -c 'select(.key_id) | .key_id = "you"' pub.json)'"
	with 3 other && err 'it answers for another key'
	signer none 'read -r q; echo "{\"kind\":\"key\",\"key_id\":\"me@example\",\"algorithm\":\"none\",\"public_key\":\"base64:AA==\"}"'
	with 3 none && err 'of no known algorithm'
	signer zero "read -r q; echo '{\"kind\":\"key\",\"key_id\":\"me@example\",\"algorithm\":\"ed25519\",\"public_key\":\"base64:$(
		head -c 32 /dev/zero | base64)\"}'"
	with 3 zero && err 'small order'
	signer lies "$(the_key) read -r q; echo '{\"kind\":\"signature\",\"key_id\":\"me@example\",\"signature\":\"base64:$zeros\"}'"
	with 3 lies && err 'its signature does not hold'
	signer short "$(the_key) read -r q; echo '{\"kind\":\"signature\",\"key_id\":\"me@example\",\"signature\":\"base64:AAAA\"}'"
	with 3 short && err 'its signature does not hold'
	signer hangup "$(the_key) exec <&- ; exit 0"
	with 3 hangup && err 'it ended without an answer'
	signer keys "$(the_key) read -r q; echo '$(jq -c 'select(.key_id)' pub.json)'"
	with 3 keys && err 'answers with a key, not with a signature'
	for n in dead dies talks end verdict cut other none zero lies short hangup keys; do
		timeout 20 bin/cp-sign --key-id me@example --signer "$n" <rec 2>/dev/null | grep '"kind":"signature"' && false
	done
	true
}

@test "a signer that answers twice: the stream is not trusted" {
	signer twice "cp-signer-file --key K.pem | while read -r l; do echo \"\$l\"; case \$l in *signature*) echo \"\$l\" ;; esac; done"
	sed -i "s|^PATH=.*|PATH=$(dirname "$(command -v cp-signer-file)"):/usr/bin:/bin|" bin/cp-signer-twice
	with 3 twice && err 'answers what nobody asked'
	cat rec rec >two
	run_status 3 timeout 20 bin/cp-sign --key-id me@example --signer twice <two
	hasnt '"kind":"end"'
}

@test "a record of a megabyte is signed by its hash; as a note it is too long for a signer" {
	jq -nc '{kind: "x-big", text: ("a" * 1000000)}' >big
	run_sh 0 'cp-end <big | cp-sign --key K.pem --key-id me@example | cp-verify --keyring R'
	run_sh 0 'cp-end <big | cp-sign --key K.pem --key-id me@example --format minisign | cp-verify --keyring R'
	run_status 3 sign --format note <big
	err 'too long for a signer'
}

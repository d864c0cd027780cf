load ../helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
	FAKE=$CP_BUILD/faketoken.so
	(umask 77 && echo 1234 >pin)
	echo '{"kind":"key_request","key_id":"a"}' >key
	echo '{"kind":"sign_request","key_id":"a","algorithm":"ed25519","payload_b64":"AAAA"}' >sign
	echo '{"kind":"x-note","text":"any record"}' >rec
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
}

# fake STATUS WHAT [OPTION...]: the module that does that wrong.
fake() {
	run_status "$1" cp-signer-pkcs11 --module "$FAKE" --object any --pin-file pin --setting "FAKE_TOKEN=$2" "${@:3}" <"${in-key}"
	[ "$1" -eq 0 ] || { [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" -eq 1 ]; }
}

@test "the public key comes from the token, bare or wrapped" {
	fake 0 ''
	is '{"kind":"key","key_id":"a","algorithm":"ed25519","public_key":"base64:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}'
	fake 0 '' --token fake --id 01
	run_status 0 cp-signer-pkcs11 --module "$FAKE" --id 01 --pin-fd 5 5<pin <key
}

@test "each thing that can be wrong with a token: one line, and the right status" {
	while read -r want what why; do
		fake "$want" "$what"
		err "$why"
	done <<-'END'
		4 init the module cannot be initialized: PKCS #11 error 0x6
		4 slots the slots cannot be listed
		1 none there is no such token
		2 two there is more than one such token
		1 pin the PIN is wrong
		1 locked the PIN is locked
		1 key there is no such key on the token
		2 keys there is more than one such key on the token
		3 type neither one of Ed25519 nor of RSA
		1 public there is no such public half of the key on the token
		3 point the public half of the key on the token is none
		3 order small order
	END
	fake 1 '' --token other
	err 'there is no such token'
	in=sign
	fake 4 sign
	err 'the token does not sign: PKCS #11 error 0x70'
	fake 4 long
}

@test "what a token signs is verified by cp-sign before it is handed on" {
	for what in '' short garbage; do
		run_status 3 cp-sign --key-id a --signer pkcs11 -- --module "$FAKE" --object x --pin-file pin \
			--setting "FAKE_TOKEN=$what" <rec
		err 'its signature does not hold'
		hasnt '"kind":"signature"'
	done
	for what in pin:1 two:2 type:3 slots:4; do
		run_status "${what#*:}" cp-sign --key-id a --signer pkcs11 -- --module "$FAKE" --object x --pin-file pin \
			--setting "FAKE_TOKEN=${what%:*}" <rec
		[ -z "$output" ]
	done
}

@test "a module that is none" {
	run_status 4 cp-signer-pkcs11 --module "$PWD/none.so" --object x --pin-file pin <key
	err 'the module cannot be loaded'
	echo garbage >garbage.so
	run_status 4 cp-signer-pkcs11 --module "$PWD/garbage.so" --object x --pin-file pin <key
	err 'the module cannot be loaded'
	run_status 4 cp-signer-pkcs11 --module "$CP_BUILD/shim.so" --object x --pin-file pin <key
	err 'it is no PKCS #11 module'
}

@test "the PIN is kept as secrets are, and is nowhere to be seen" {
	chmod 644 pin
	fake 3 ''
	err 'others may read it'
	chmod 600 pin
	mkdir plane
	touch plane/.genesis_complete
	cp -p pin plane/
	run_status 3 cp-signer-pkcs11 --module "$FAKE" --object x --pin-file plane/pin <key
	err 'it lies inside a plane'
	run_status 4 cp-signer-pkcs11 --module "$FAKE" --object x --pin-file none <key
	(umask 77 && printf 9999 >pin)
	fake 1 ''
	err_not 9999
}

@test "wrong calls" {
	run_status 2 cp-signer-pkcs11 --module "$FAKE" --object x <key
	run_status 2 cp-signer-pkcs11 --module "$FAKE" --pin-file pin <key
	run_status 2 cp-signer-pkcs11 --module "$FAKE" --object x --pin-file pin --pin-fd 5 <key
	run_status 2 cp-signer-pkcs11 --module "$FAKE" --object x --pin-file pin --setting X <key
	run_status 2 cp-signer-pkcs11 --module "$FAKE" --object x --pin-file pin --setting =X <key
	for id in '' 0 xx 0G 'A0'; do
		run_status 2 cp-signer-pkcs11 --module "$FAKE" --id "$id" --pin-file pin <key
	done
	run_status 2 cp-signer-pkcs11 --object x --pin-file pin <key
	run_status 3 cp-signer-pkcs11 --module "$FAKE" --object x --pin-file pin <rec
}

# --- a real one, in software ---

softhsm() {
	# An environment that is empty cannot tell the sanitizer that it is not ours who leaks.
	[[ $CP_BUILD != */asan* ]] || skip "softhsm2 leaks; the fake token is what runs sanitized"
	need softhsm2-util
	need pkcs11-tool
	MODULE=$(find /usr/lib -name libsofthsm2.so | head -n 1)
	[ -n "$MODULE" ] || skip 'no libsofthsm2.so here'
	mkdir tokens
	printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$PWD" >conf
	export SOFTHSM2_CONF=$PWD/conf
	softhsm2-util --init-token --free --label t1 --pin 1234 --so-pin 5678 >/dev/null
}

generate() { # TYPE LABEL ID
	pkcs11-tool --module "$MODULE" --token-label t1 --login --pin 1234 --keypairgen --key-type "$1" --label "$2" --id "$3" \
		>/dev/null 2>&1
}

hsm() { # STATUS KEY_ID [OPTION...]: cp-sign with the token; further options of the signer in signer[]
	run_status "$1" env -u SOFTHSM2_CONF cp-sign --key-id "$2" --signer pkcs11 "${@:3}" <rec -- --module "$MODULE" --token t1 \
		--pin-file pin --setting "SOFTHSM2_CONF=$PWD/conf" "${signer[@]}"
}

@test "softhsm2: Ed25519 and RSA-4096, verified by us, openssl, ssh-keygen and minisign" {
	softhsm
	generate rsa:4096 R 01
	generate EC:edwards25519 E 02
	printf '{"kind":"x-note","text":"any record"}' >canon
	for k in R:01 E:02; do
		signer=(--object "${k%:*}")
		echo '{"kind":"key_request","key_id":"hsm@example"}' |
			cp-signer-pkcs11 --module "$MODULE" --token t1 --pin-file pin "${signer[@]}" |
			jq -c '.valid_from = "2026-01-01T00:00:00Z" | .valid_until = "2100-01-01T00:00:00Z" | .status = "active"' >pub.json
		cp-keyring --keyring "RING-$k" add <pub.json >/dev/null
		hsm 0 hsm@example
		printf '%s\n' "$output" | cp-end | cp-verify --keyring "RING-$k" >/dev/null
		jq -r 'select(.signature).signature' <<<"$output" | sed s/base64:// | base64 -d >sig
		a=$(jq -r .algorithm pub.json)
		printf 'cp-sig/1\nrecord\n*\nsha256:%s\n%s\nhsm@example\n' "$(sha256sum canon | cut -c1-64)" "$a" >msg
		cp-key-export <pub.json | jq -r .pem >pub
		if [ "$a" = ed25519 ]; then
			openssl pkeyutl -verify -rawin -pubin -inkey pub -sigfile sig -in msg
		else
			openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify pub -signature sig msg
		fi
		signer=(--id "${k#*:}")
		if command -v ssh-keygen; then
			hsm 0 hsm@example --format sshsig
			jq -j 'select(.format).text' <<<"$output" >sig
			cp-key-export <pub.json | jq -r .allowed_signers >allowed
			ssh-keygen -Y verify -f allowed -I hsm@example -n cp-filters/record -s sig <canon
		fi
		if command -v minisign && [ "$a" = ed25519 ]; then
			hsm 0 hsm@example --format minisign
			jq -j 'select(.format).text' <<<"$output" >sig
			minisign -Vm canon -x sig -P "$(cp-key-export <pub.json | jq -r .minisign)"
		fi
	done
}

@test "softhsm2: a wrong PIN, no such token, no such key, a key that is none of ours" {
	softhsm
	generate rsa:2048 small 01
	generate EC:prime256v1 curve 02
	signer=(--object small)
	hsm 3 a
	err 'has not 4096 bits'
	signer=(--object curve)
	hsm 3 a
	err 'neither one of Ed25519 nor of RSA'
	signer=(--object none)
	hsm 1 a
	err 'there is no such key on the token'
	signer=(--object small --token other)
	hsm 1 a
	err 'there is no such token'
	(umask 77 && printf 9999 >pin)
	signer=(--object small)
	hsm 1 a
	err 'the PIN is wrong'
}

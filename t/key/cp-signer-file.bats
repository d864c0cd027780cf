load ../helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
	cp-keygen --key-id a --out K.pem >pub.json
	echo '{"kind":"key_request","key_id":"a"}' >key
	echo "{\"kind\":\"sign_request\",\"key_id\":\"a\",\"algorithm\":\"ed25519\",\"payload_b64\":\"$(printf message | base64)\"}" >sign
}

signature() {
	jq -r 'select(.kind == "signature").signature' <<<"$output" | sed s/base64:// | base64 -d
}

@test "it says which key it has, and signs with it" {
	run_status 0 cp-signer-file --key K.pem < <(cat key sign)
	silent
	[ "$(jq -c 'select(.kind == "key")' <<<"$output")" = "$(jq -c 'select(.key_id) | {kind, key_id, algorithm, public_key}' pub.json)" ]
	signature >sig
	printf message >msg
	openssl pkey -in K.pem -pubout -out pub
	openssl pkeyutl -verify -rawin -pubin -inkey pub -sigfile sig -in msg
	[ "$(jq -c 'select(.kind == "signature") | [.key_id, .algorithm]' <<<"$output")" = '["a","ed25519"]' ]
	CONTROL_PLANE_SIGNING_KEY=K.pem run_status 0 cp-signer-file <key
}

@test "an RSA key signs in both of its schemes; openssl and nothing else decides" {
	cp-keygen --algorithm rsa4096 --key-id a --out RSA.pem >rsa.json
	openssl pkey -in RSA.pem -pubout -out pub
	printf message >msg
	run_status 0 cp-signer-file --key RSA.pem < <(sed s/ed25519/rsa4096/ sign)
	signature >sig
	openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify pub -signature sig msg
	run_status 0 cp-signer-file --key RSA.pem < <(sed s/ed25519/rsa-sha2-512/ sign)
	signature >sig
	openssl dgst -sha512 -verify pub -signature sig msg
	run_status 3 cp-signer-file --key RSA.pem <sign
	err 'the key is one of rsa4096'
}

@test "a coprocess answers at once" {
	coproc S { exec cp-signer-file --key K.pem; }
	for _ in 1 2 3; do
		cat sign >&"${S[1]}"
		read -r -t 5 line <&"${S[0]}"
		[[ $line == *'"kind":"signature"'* ]]
	done
}

@test "what is no request, and a request that is none, are refused" {
	for bad in '{"kind":"x"}' '{"kind":"key_request"}' '{"kind":"sign_request","key_id":"a"}' \
		'{"kind":"sign_request","key_id":"a","algorithm":"none","payload_b64":""}' \
		'{"kind":"sign_request","key_id":"a","algorithm":"rsa-sha2-512","payload_b64":""}' \
		'{"kind":"sign_request","key_id":"a","algorithm":"ed25519","payload_b64":"!"}' \
		'{"kind":"sign_request","key_id":"a","algorithm":"ed25519","payload_b64":7}' \
		'{"kind":"sign_request","key_id":"a","algorithm":"ed25519"}'; do
		run_status 3 cp-signer-file --key K.pem <<<"$bad"
		hasnt '"kind":"signature"'
	done
}

@test "a key that is not kept as one is refused, with one line that says why" {
	chmod 644 K.pem
	run_status 3 cp-signer-file --key K.pem <sign
	err 'others may read it'
	chmod 600 K.pem
	ln -s K.pem link
	run_status 3 cp-signer-file --key link <sign
	err 'it is a symbolic link'
	mkdir -p plane/config
	touch plane/.genesis_complete
	cp -p K.pem plane/config/
	run_status 3 cp-signer-file --key plane/config/K.pem <sign
	err 'it lies inside a plane'
	# A plane that bears no mark yet is one where somebody says so.
	rm plane/.genesis_complete
	run_status 3 cp-signer-file --root plane --key plane/config/K.pem <sign
	err 'it lies inside the plane'
	run_status 3 env CONTROL_PLANE_ROOT="$PWD/plane" cp-sign --key plane/config/K.pem --key-id a <sign
	err 'it lies inside the plane'
	[ -z "$output" ]
	mkfifo fifo
	run_status 3 cp-signer-file --key fifo <sign
	run_status 3 cp-signer-file --key . <sign
	run_status 4 cp-signer-file --key none <sign
	run_status 4 cp-signer-file --key none/none <sign
	run_status 2 cp-signer-file <sign
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "what is no key of ours: garbage, a public key, one with a passphrase, of another kind or length" {
	umask 77
	printf 'garbage\n' >1
	head -c 100000 /dev/urandom >2
	{ head -n 1 K.pem; echo '!!!!'; tail -n 1 K.pem; } >3
	head -c -30 K.pem >4
	openssl pkey -in K.pem -pubout -out 5
	openssl pkey -in K.pem -aes256 -passout pass:x -out 6
	openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out 7 2>/dev/null
	openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out 8 2>/dev/null
	openssl genpkey -algorithm ed448 -out 9
	: >10
	for f in {1..10}; do
		run_status 3 cp-signer-file --key "$f" <sign
		[ -z "$output" ] && [ "$(wc -l <<<"$stderr")" -eq 1 ]
		err 'unable to use the key'
	done
}

@test "no secret is on stderr, in what it says, in its arguments or in a child's environment" {
	secret=$(sed 1d K.pem | head -n 1 | cut -c1-60)
	run_status 0 cp-signer-file --key K.pem < <(cat key sign)
	hasnt "$secret" && err_not "$secret"
	need strace
	strace -ff -e trace=execve,write -s 4096 -o trace cp-sign --key K.pem --key-id a <key >/dev/null 2>&1 ||
		skip 'nothing can be traced here'
	! grep -qF "$secret" trace.*
	grep -q 'execve(.*cp-signer-file.*\[.*\], 0x[0-9a-f]* /\* 0 vars \*/)' trace.*
}

load ../helper
load ../fault/sweep

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
}

# made ID [OPTION...]: a key ID.pem, and its record in ID.json.
made() {
	cp-keygen --key-id "$1" --out "$1.pem" "${@:2}" >"$1.json"
}

# rooted: a ring R of version 1 with the key `root`.
rooted() {
	made root --role root
	cp-keyring --keyring R add <root.json >/dev/null
}

# forget: as if this user had never seen a keyring.
forget() {
	rm -rf "$XDG_STATE_HOME"
}

# by_root ARG...
by_root() {
	cp-keyring --keyring R --key root.pem --key-id root "$@"
}

# unchanged N CMD...: its status is N, and R is what it was.
unchanged() {
	local before
	before=$(sha256sum R)
	run_status "$@" && [ "$(sha256sum R)" = "$before" ] && [ -z "$(find . -name '.*.new')" ]
}

codes() {
	jq -r '.code // empty' <<<"$output" | paste -sd' '
}

@test "a first key begins it, the record alone or in a stream; list says what it was given" {
	made a --role package_signer --owner ann
	run_status 0 cp-keyring --keyring R add <a.json
	silent
	[ "${lines[0]}" = "{\"kind\":\"keyring\",\"version\":1,\"keys\":1,\"hash\":\"sha256:$(sha256sum R | cut -c1-64)\"}" ]
	[ "$(stat -c %a R)" = 644 ]
	run_status 0 cp-keyring --keyring R list
	[ "${lines[0]}" = "$(head -n 1 a.json)" ]
	cp-schema-check --quiet <<<"$output" >/dev/null
	head -n 1 a.json >open
	run_status 0 cp-keyring --keyring S add <open
	cmp R S
}

@test "without --keyring it is \$HOME/.control_plane/trusted_keys.json, made 0700" {
	made a
	mkdir home
	HOME=$PWD/home run_status 0 cp-keyring add <a.json
	[ "$(stat -c %a home/.control_plane)" = 700 ]
	[ "$(HOME=$PWD/home cp-keyring list | head -n 1)" = "$(head -n 1 a.json)" ]
	HOME='' run_status 2 cp-keyring list
	HOME=$PWD/nowhere run_status 4 cp-keyring list
}

@test "each change makes one more version; the key that ends stays" {
	made a
	made b
	cp-keyring --keyring R add <a.json >/dev/null
	cp-keyring --keyring R add <b.json >/dev/null
	run_status 0 cp-keyring --keyring R --at 2026-12-01T00:00:00Z retire a
	run_status 0 cp-keyring --keyring R --at 2026-12-02T00:00:00Z revoke a
	run_status 0 cp-keyring --keyring R list
	[ "$(jq -c 'select(.key_id) | [.key_id, .status, .revoked_at]' <<<"$output" | paste -sd' ')" = \
		'["b","active",null] ["a","revoked","2026-12-02T00:00:00Z"]' ]
	[ "$(jq .version R)" -eq 4 ]
	run_status 0 cp-keyring --keyring R check
	[ "$(codes)" = KEYRING ] # the note that nobody has to sign
}

@test "what has ended does not end again, what is not there not at all: status 1" {
	made a
	cp-keyring --keyring R add <a.json >/dev/null
	unchanged 1 cp-keyring --keyring R retire nobody
	cp-keyring --keyring R retire a >/dev/null
	unchanged 1 cp-keyring --keyring R retire a
	cp-keyring --keyring R revoke a >/dev/null
	unchanged 1 cp-keyring --keyring R revoke a
	unchanged 1 cp-keyring --keyring R retire a
}

@test "called wrongly: status 2" {
	rooted
	for wrong in 'take' 'retire' 'list a' 'add a' 'check a'; do
		# shellcheck disable=SC2086 # two words
		unchanged 2 cp-keyring --keyring R $wrong
	done
	unchanged 2 cp-keyring --keyring R --at now revoke root
}

@test "a root key must sign the next version, and no other will do" {
	rooted
	made a
	made other --role root
	unchanged 2 cp-keyring --keyring R add <a.json
	err 'give --key-id, and --key or --signer'
	unchanged 2 cp-keyring --keyring R --key other.pem --key-id other add <a.json
	unchanged 3 cp-keyring --keyring R --key other.pem --key-id root add <a.json
	err 'it is not the one that the keyring has as root'
	run_status 0 by_root add <a.json
	unchanged 2 cp-keyring --keyring R --key a.pem --key-id a retire a
	cp R former
	run_status 0 by_root retire a
	run_status 0 cp-keyring --keyring R --previous former check
	[ -z "$(codes)" ]
	# An expired root key signs nothing.
	made late --role root --valid-from 2020-01-01T00:00:00Z --valid-until 2020-01-02T00:00:00Z
	cp-keyring --keyring L add <late.json >/dev/null
	run_status 2 cp-keyring --keyring L --key late.pem --key-id late add <a.json
	run_status 2 cp-keyring --keyring L --key late.pem --key-id late --at 2020-01-01T12:00:00Z add <a.json
}

@test "the signature is over cp-sig/1, its purpose, any plane, the canonical document, the algorithm and the signer" {
	rooted
	made a
	by_root add <a.json >/dev/null
	jq -jcS 'del(.signature)' R | sha256sum | cut -c1-64 >hash
	printf 'cp-sig/1\nkeyring\n*\nsha256:%s\ned25519\nroot\n' "$(cat hash)" >message
	jq -r .signature.signature R | sed 's/^base64://' | base64 -d >signature
	openssl pkeyutl -verify -inkey root.pem -rawin -in message -sigfile signature
}

@test "a root key of RSA signs, and openssl verifies it" {
	made root --role root --algorithm rsa4096
	cp-keyring --keyring R add <root.json >/dev/null
	made a
	by_root add <a.json >/dev/null
	run_status 0 cp-keyring --keyring R check
	printf 'cp-sig/1\nkeyring\n*\nsha256:%s\nrsa4096\nroot\n' "$(jq -jcS 'del(.signature)' R | sha256sum | cut -c1-64)" >message
	jq -r .signature.signature R | sed 's/^base64://' | base64 -d >signature
	openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify <(openssl pkey -in root.pem -pubout) \
		-signature signature message
}

@test "check: an edit by hand, another version, a key gone, another signer" {
	rooted
	made a
	cp R 1
	by_root add <a.json >/dev/null
	cp R 2
	by_root retire a >/dev/null
	cp R 3
	run_status 0 cp-keyring --keyring 3 --previous 2 check
	run_status 1 cp-keyring --keyring 2 --previous 3 check
	[ "$(codes)" = ROLLBACK ]
	run_status 1 cp-keyring --keyring 2 --previous 2 check
	[ "$(codes)" = ROLLBACK ]
	run_status 1 cp-keyring --keyring 3 --previous 1 check
	[ "$(codes)" = KEYRING ]
	sed 's/"retired","retired_at":"[^"]*"/"active"/' 3 >edited
	! cmp -s 3 edited
	run_status 1 cp-keyring --keyring edited --previous 2 check
	[ "$(codes)" = 'SIGNATURE SIGNATURE' ]
	jq -c 'del(.signature)' 3 >bare
	run_status 1 cp-keyring --keyring bare --previous 2 check
	[ "$(codes)" = SIGNATURE ]
	jq -c 'del(.keys[1])' 3 >gone
	run_status 1 cp-keyring --keyring gone --previous 2 check
	has 'a key of the former version is not in it any more'
	# Signed by a key that brings its role along.
	made evil --role root
	jq -c 'del(.signature)' 2 >E
	jq -c --slurpfile k evil.json '.keys += [$k[0] | del(.kind)] | .version = 2' E >E2
	cp E2 R
	forget
	cp-keyring --keyring R --key evil.pem --key-id evil retire a >/dev/null
	run_status 1 cp-keyring --keyring R --previous 2 check
	has 'it is signed by a key that is not known'
}

# faulty TEXT WHY: a keyring of that text is status 3.
faulty() {
	printf '%s' "$1" >bad
	run_status 3 cp-keyring --keyring bad list
	err "$2"
	hasnt '"kind":"key"'
}

@test "what is no keyring is refused whole, with the reason" {
	made a
	a=$(jq -c 'select(.key_id) | del(.kind)' a.json)
	ring() { printf '{"keys":[%s]}' "$1"; }
	printf '%s' "$(ring "$a")" >good
	run_status 0 cp-keyring --keyring good list
	faulty '' 'unable to use the keyring: empty'
	faulty '{}' 'it has no list of keys'
	faulty '[]' 'no object'
	faulty "{\"keys\":[$a],\"keys\":[]}" 'duplicate'
	faulty "{\"keys\":[$a],\"more\":1}" 'it has a member that no keyring has'
	faulty "{\"version\":0,\"keys\":[$a]}" 'its version is no whole number'
	faulty "{\"version\":1.5,\"keys\":[$a]}" 'its version is no whole number'
	faulty "{\"schema_version\":\"2.0\",\"keys\":[$a]}" 'its schema_version is not 1.0'
	faulty "$(ring "$a,$a")" 'its key_id stands there twice'
	faulty "$(ring "$a,${a/'"key_id":"a"'/'"key_id":"b"'}")" 'its public_key stands there twice'
	faulty "$(ring '7')" 'a key is no object'
	faulty "$(ring "${a/'"key_id":"a"'/'"key_id":""'}")" 'a key has no key_id'
	faulty "$(ring "${a/'"key_id":"a"'/'"key_id":"\u0061"'}")" 'a key has no key_id'
	faulty "$(ring "${a/ed25519/hs256}")" 'its algorithm is neither'
	faulty "$(ring "${a/ed25519/rsa4096}")" 'it is no SubjectPublicKeyInfo'
	faulty "$(ring "${a/active/good}")" 'its status is not one of'
	faulty "$(ring "${a/active/retired}")" 'it is retired, and does not say since when'
	faulty "$(ring "${a/valid_until/valid_till}")" 'it has a member that no key has'
	faulty "$(ring "$(jq -c '.valid_until = "2020-01-01T00:00:00Z"' <<<"$a")")" 'it ends before it begins'
	faulty "$(ring "$(jq -c '.valid_from = "2020-01-01"' <<<"$a")")" 'is no time'
	faulty "$(ring "$(jq -c '.roles = "root"' <<<"$a")")" 'its roles are no list of names'
	for key in ... '<KEY>' REPLACE_ME; do
		faulty "$(ring "$(jq -c --arg k "base64:$key" '.public_key = $k' <<<"$a")")" 'its public_key is a placeholder'
	done
	for key in AAAA 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=='; do
		faulty "$(ring "$(jq -c --arg k "base64:$key" '.public_key = $k' <<<"$a")")" 'it has not the 32 bytes'
	done
	faulty "$(ring "$(jq -c '.public_key = "base64:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="' <<<"$a")")" 'small order'
}

@test "an RSA key of another size, or with another exponent, is none" {
	made a
	for bits in 2048 3072; do
		openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:$bits -out k 2>/dev/null
		jq -c --arg k "base64:$(openssl pkey -in k -pubout -outform DER | base64 -w 0)" \
			'select(.key_id) | .public_key = $k | .algorithm = "rsa4096"' a.json >bad
		run_status 3 cp-keyring --keyring R add <bad
		err 'it is an RSA key that has not 4096 bits'
	done
	openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:4096 -pkeyopt rsa_keygen_pubexp:3 -out k 2>/dev/null
	jq -c --arg k "base64:$(openssl pkey -in k -pubout -outform DER | base64 -w 0)" \
		'select(.key_id) | .public_key = $k | .algorithm = "rsa4096"' a.json >bad
	run_status 3 cp-keyring --keyring R add <bad
	err 'with an exponent that is even or below 65537'
	[ ! -e R ]
}

@test "a stream that is cut, or of something else, adds nothing" {
	made a
	made b
	cp-keyring --keyring R add <a.json >/dev/null
	{ head -n 1 b.json; head -n 1 a.json; } >open
	unchanged 3 cp-keyring --keyring R add <open
	head -c 50 b.json >cut
	unchanged 3 cp-keyring --keyring R add <cut
	echo '{"kind":"end","count":0,"status":0,"by":"x"}' >none
	unchanged 3 cp-keyring --keyring R add <none
	echo '{"kind":"note","text":"x"}' >note
	unchanged 3 cp-keyring --keyring R add <note
	{ head -n 1 b.json; echo '{"kind":"end","count":1,"status":1,"by":"x"}'; } >no
	unchanged 1 cp-keyring --keyring R add <no
	cp-keygen --dry-run --key-id c --out C >dry
	unchanged 3 cp-keyring --keyring R add <dry
}

@test "never in a plane, by whatever way; nor where others may write" {
	made a
	mkdir -p plane/config
	touch plane/.genesis_complete
	cp-keyring --keyring R add <a.json >/dev/null
	cp R plane/config/keys.json
	ln -s plane/config/keys.json link
	ln -s plane/config into
	for f in plane/config/keys.json link into/keys.json into/new.json; do
		run_status 3 cp-keyring --keyring "$f" add <a.json
		err 'it lies inside a plane'
	done
	[ ! -e plane/config/new.json ]
	run_status 3 cp-keyring --root "$PWD" --keyring R list
	err 'it lies inside the plane'
	chmod 666 R
	run_status 3 cp-keyring --keyring R list
	err 'others may write to it'
	chmod 644 R
	mkdir open
	cp R open
	chmod 777 open
	run_status 3 cp-keyring --keyring open/R list
	err 'others may write to a directory above it'
	mkfifo fifo
	run_status 3 cp-keyring --keyring fifo list
	err 'it is no regular file'
}

@test "--dry-run says what it would be, and changes nothing" {
	made a
	made b
	cp-keyring --keyring R add <a.json >/dev/null
	unchanged 0 cp-keyring --keyring R --dry-run add <b.json
	has '"version":2,"keys":2' && has '"dry_run":true'
	unchanged 0 cp-keyring --keyring R --dry-run revoke a
}

@test "two who change it at once: each change is there, or its author was told" {
	made first
	cp-keyring --keyring R add <first.json >/dev/null
	for i in 1 2 3 4 5 6; do made "k$i"; done
	for i in 1 2 3 4 5 6; do
		(cp-keyring --keyring R add <"k$i.json" >/dev/null 2>"err$i" && echo "k$i" >"did$i") &
	done
	wait
	cat did* | sort >did
	cp-keyring --keyring R list | jq -r 'select(.key_id != "first").key_id // empty' | sort | cmp - did
	[ "$(jq .version R)" -eq $((1 + $(wc -l <did))) ]
	[ "$(cat err* | grep -cv 'somebody else is changing it')" -eq 0 ]
}

# seen: which version of R is kept as seen.
seen() {
	jq -r --arg r "$(realpath R)" 'select(.keyring == $r).version' "$XDG_STATE_HOME"/cp-filters/seen/*.keyring
}

# refused: nobody believes R, and check says the code.
refused() {
	unchanged 3 cp-keyring --keyring R list
	err "$2"
	hasnt '"kind":"key"'
	unchanged 3 by_root retire a
	unchanged 3 by_root --dry-run retire a
	run_status 1 cp-keyring --keyring R check
	[ "$(codes)" = "$1" ] && has "$2"
}

@test "a signer program signs the next version, and only the one that has the root key" {
	rooted
	made a
	made b
	by_signer() { cp-keyring --keyring R --signer "${signer-file}" --key-id root "$@"; }
	run_status 0 by_signer add -- --key root.pem <a.json
	run_status 0 by_signer retire a -- --key root.pem
	run_status 0 cp-keyring --keyring R check
	[ -z "$(codes)" ] && [ "$(jq .version R)" -eq 3 ]
	# The other's key, no key, both ways at once, a name that leads elsewhere, none.
	unchanged 3 by_signer add -- --key a.pem <b.json
	err 'it is not the one that the keyring has as root'
	unchanged 4 by_signer add -- --key nowhere <b.json
	unchanged 2 by_signer --key root.pem add -- --key root.pem <b.json
	unchanged 2 cp-keyring --keyring R --signer file add -- --key root.pem <b.json
	unchanged 2 by_signer check -- --key root.pem
	unchanged 2 cp-keyring --keyring R --key root.pem --key-id root add root.pem <b.json
	for signer in ../file file/../file '' 'a b'; do unchanged 2 by_signer add -- --key root.pem <b.json; done
	signer=none unchanged 4 by_signer add <b.json
}

@test "a root key on a token signs the next version" {
	[[ $CP_BUILD != */asan* ]] || skip "softhsm2 leaks"
	need softhsm2-util
	need pkcs11-tool
	module=$(find /usr/lib -name libsofthsm2.so | head -n 1)
	mkdir tokens
	echo "directories.tokendir = $PWD/tokens" >conf
	export SOFTHSM2_CONF=$PWD/conf
	softhsm2-util --init-token --free --label t --pin 1234 --so-pin 5678 >/dev/null
	pkcs11-tool --module "$module" --token-label t --login --pin 1234 --keypairgen --key-type EC:edwards25519 --label K --id 01 \
		>/dev/null 2>&1
	(umask 77 && echo 1234 >pin)
	set -- --module "$module" --token t --object K --pin-file pin --setting SOFTHSM2_CONF="$SOFTHSM2_CONF"
	echo '{"kind":"key_request","key_id":"hsm"}' | cp-signer-pkcs11 "$@" | jq -c '. + {valid_from: "2026-01-01T00:00:00Z",
		valid_until: "2126-01-01T00:00:00Z", status: "active", roles: ["root"]}' | cp-keyring --keyring R add >/dev/null
	made a
	run_status 0 cp-keyring --keyring R --signer pkcs11 --key-id hsm add -- "$@" <a.json
	run_status 0 cp-keyring --keyring R --signer pkcs11 --key-id hsm revoke a -- "$@"
	run_status 0 cp-keyring --keyring R check
	[ -z "$(codes)" ] && [ "$(jq -r .signature.signed_by R)" = hsm ]
	echo 9999 >pin
	unchanged 1 cp-keyring --keyring R --signer pkcs11 --key-id hsm retire hsm -- "$@"
}

@test "an older version put back is ROLLBACK, and nothing reads it; the newer one is good again" {
	rooted
	made a
	by_root add <a.json >/dev/null
	cp R 2
	by_root revoke a >/dev/null
	cp R 3
	[ "$(seen)" -eq 3 ]
	for i in 1 2; do
		cat 2 >R
		refused ROLLBACK 'a later version of it was seen here'
		rm R
		cp 2 R
		refused ROLLBACK 'a later version of it was seen here'
	done
	rm R
	run_status 3 by_root add <a.json
	err 'it is gone, and was seen here before'
	[ ! -e R ]
	cp 3 R
	run_status 0 cp-keyring --keyring R check
	run_status 0 by_root retire root
	# By another name it is another keyring; by a link, or another way there, it is the same.
	cp 2 R2
	run_status 0 cp-keyring --keyring R2 check
	cat 2 >R
	ln -s R link
	mkdir d
	for way in link d/../R ./R /proc/self/cwd/R /proc/self/root"$PWD"/R; do
		run_status 3 cp-keyring --keyring "$way" list
		err 'a later version of it was seen here'
	done
}

@test "the same version with another content is ROLLBACK" {
	rooted
	jq -c '.keys[0].owner = "eve"' R >other
	cat other >R
	made a
	refused ROLLBACK 'something else was seen here as this version of it'
	# What has no version cannot be told apart, and check says so.
	jq -c 'del(.version)' R >bare
	cp-keyring --keyring bare list >/dev/null
	jq -c '.keys[0].owner = "ann"' bare >bare2
	cat bare2 >bare
	run_status 0 cp-keyring --keyring bare list
	run_status 0 cp-keyring --keyring bare check
	has 'an older one cannot be told from a newer one'
	# But none is older than one.
	cat bare >R
	run_status 1 cp-keyring --keyring R check
	[ "$(codes)" = 'ROLLBACK KEYRING' ]
}

@test "a later version counts only with the signature of a root key that was seen in an earlier one" {
	rooted
	made a
	by_root add <a.json >/dev/null
	made evil --role root
	jq -c 'del(.signature) | .version = 9' R >unsigned
	cat unsigned >R
	refused SIGNATURE 'it is not signed'
	jq -c --slurpfile k evil.json '.keys += [$k[0] | del(.kind)] | .version = 8' unsigned >E
	cp-keyring --keyring E --key evil.pem --key-id evil retire a >/dev/null
	cat E >R
	refused SIGNATURE 'it is signed by none of the root keys of an earlier version'
	# Nor with one that is of no key of its own, or does not hold.
	jq -c '.signature.signed_by = "root"' E >E2
	cat E2 >R
	refused SIGNATURE 'its signature does not hold'
	[ "$(seen)" -eq 2 ]
	# Who has never seen it takes it as it comes: with a signature that holds.
	forget
	refused SIGNATURE 'its signature does not hold'
	cat E >R
	run_status 0 cp-keyring --keyring R check
}

@test "a root key is rotated, and who looked in between goes on" {
	rooted
	made next --role root
	made a
	by_root add <next.json >/dev/null
	cp-keyring --keyring R --key next.pem --key-id next retire root >/dev/null
	unchanged 2 by_root add <a.json
	run_status 0 cp-keyring --keyring R --key next.pem --key-id next add <a.json
	run_status 0 cp-keyring --keyring R check
	[ "$(seen)" -eq 4 ]
}

@test "what was seen cannot be kept: a change does not happen, a reader is warned" {
	rooted
	made a
	for state in /dev/null/x "$PWD/nowhere/x"; do
		XDG_STATE_HOME=$state unchanged 4 by_root add <a.json
		hasnt '"kind":"keyring"'
	done
	XDG_STATE_HOME='' HOME='' unchanged 4 by_root add <a.json
	err 'unable to keep which version of it was seen; the keyring stays as it is'
	for state in '' "$PWD/nowhere/x"; do
		XDG_STATE_HOME=$state HOME='' unchanged 0 cp-keyring --keyring R list
		err 'so an older one will not be noticed'
		has '"key_id":"root"'
		XDG_STATE_HOME=$state HOME='' run_status 0 cp-keyring --keyring R --quiet list
		silent
	done
	# What is there and cannot be read may say anything.
	seen_file=$(echo "$XDG_STATE_HOME"/cp-filters/seen/*.keyring)
	for text in '' '{}' '{"version":1,"hash":"sha256:0","roots":[]}' "$(tr -d '\n' <"$seen_file" | head -c 100)"; do
		printf '%s' "$text" >"$seen_file"
		unchanged 4 cp-keyring --keyring R list
		unchanged 4 by_root add <a.json
		unchanged 4 cp-keyring --keyring R check
	done
	rm "$seen_file"
	mkdir "$seen_file"
	unchanged 4 cp-keyring --keyring R list
}

@test "two who read and one who changes never see it go back" {
	rooted
	for i in 1 2 3 4 5 6; do made "k$i"; done
	for i in 1 2; do
		(for _ in $(seq 20); do cp-keyring --keyring R list >/dev/null 2>>"said$i" || echo "status $?" >>"said$i"; done) &
	done
	for i in 1 2 3 4 5 6; do by_root add <"k$i.json" >/dev/null; done
	wait
	[ -z "$(cat said1 said2)" ]
	[ "$(seen)" -eq 7 ]
}

# swept SETUP COMMAND VERSION: a change of R from VERSION to the next; its keys are wholly the old or the new ones.
swept() {
	local before after
	rm -rf "${BATS_TEST_TMPDIR:?}/base"
	cp -a . "$BATS_TEST_TMPDIR/base"
	[ ! -e "$XDG_STATE_HOME" ] || cp -a "$XDG_STATE_HOME" "$BATS_TEST_TMPDIR/base/.state"
	again() {
		find . -mindepth 1 -delete
		rm -rf "$XDG_STATE_HOME"
		cp -a "$BATS_TEST_TMPDIR/base"/. .
		[ ! -e .state ] || mv .state "$XDG_STATE_HOME"
	}
	again
	before=$([ ! -e R ] || sha256sum <R)
	eval "$1" >/dev/null
	after=$(sha256sum <R)
	check() {
		case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
		local now version=0
		now=$([ ! -e R ] || sha256sum <R)
		[ "$now" = "$after" ] || { [ "$now" = "$before" ] && [ "$status" -ne 0 ]; } || { echo 'neither old nor new'; return 1; }
		[ ! -e R ] || version=$(cp-keyring --keyring R check | jq -r '.version // empty') || return
		cp-keyring --keyring R $keys add <c.json >/dev/null && [ "$(jq .version R)" -eq $((version + 1)) ] &&
			[ "$(seen)" -eq $((version + 1)) ] && [ -z "$(find . "$XDG_STATE_HOME" -name '.*.new')" ]
	}
	for what in kill EIO ENOSPC short; do
		fault_sweep -d "$what" -p cp-keyring again "$1" check || return
	done
	again
}

# An Ed25519 signature is the same each time, and --at makes the rest so: there is one new version.
@test "killed, or with a failing or full disk, at each call: the old version or the new, and the next one goes on" {
	made a
	made c
	made root --role root --valid-from 2026-01-01T00:00:00Z --valid-until 2126-01-01T00:00:00Z
	keys=
	swept 'cp-keyring --keyring R add <a.json'
	cp-keyring --keyring R add <root.json >/dev/null
	keys='--key root.pem --key-id root'
	swept 'by_root add <a.json'
	by_root add <a.json >/dev/null
	for action in retire revoke; do
		swept "by_root --at 2026-06-01T00:00:00Z $action a"
	done
}

@test "a reader that is killed, or whose disk fails, keeps what was seen or what is new" {
	rooted
	made a
	cp R 1
	cp -a "$XDG_STATE_HOME" "$BATS_TEST_TMPDIR/base"
	by_root add <a.json >/dev/null
	back() { rm -rf "$XDG_STATE_HOME" && cp -a "$BATS_TEST_TMPDIR/base" "$XDG_STATE_HOME"; }
	check() {
		case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
		case $(seen) in 1 | 2) ;; *) return 1 ;; esac
		cp-keyring --keyring R list >/dev/null && [ "$(seen)" -eq 2 ]
	}
	for what in kill EIO ENOSPC; do
		fault_sweep -d "$what" -p cp-keyring back 'cp-keyring --keyring R list' check
	done
}

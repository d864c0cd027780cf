load ../helper

# Attempts to make a key count that should not: by the text of a keyring, by where it lies, by what it was before.

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
}

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/mounted" ] || umount "$(cat "$BATS_TEST_TMPDIR/mounted")"
}

made() {
	cp-keygen --key-id "$1" --out "$1.pem" "${@:2}" >"$1.json"
}

rooted() {
	made root --role root
	cp-keyring --keyring R add <root.json >/dev/null
}

by_root() {
	cp-keyring --keyring R --key root.pem --key-id root "$@"
}

# entry FILE [FILTER]: the key of a record, as it stands in a keyring.
entry() {
	jq -c "select(.key_id) | del(.kind) ${2:+| $2}" "$1"
}

# ring ENTRY...: a keyring of them.
ring() {
	local IFS=,
	printf '{"schema_version":"1.0","version":1,"keys":[%s]}' "$*"
}

# faulty WHY: what stands in `bad` is refused whole, and the file that was to be is not touched.
faulty() {
	run_status 3 timeout 20 cp-keyring --keyring bad list
	err "$1"
	hasnt '"kind":"key"'
	[ "$(wc -l <<<"$stderr")" -le 2 ]
}

# base64 of hex digits.
encoded() {
	xxd -r -p <<<"$1" | base64 -w 0
}

@test "text: another encoding, a second document, twice the same member by an escape" {
	made a
	good=$(ring "$(entry a.json)")
	printf '\xef\xbb\xbf%s' "$good" >bad
	faulty 'byte-order mark'
	iconv -t utf-16 <<<"$good" >bad
	faulty 'unable to use the keyring'
	printf '%s\0' "$good" >bad
	faulty 'unable to use the keyring'
	printf '%s{}' "$good" >bad
	faulty 'unable to use the keyring'
	printf '%s' "${good%\}}" >bad
	faulty 'unable to use the keyring'
	: >bad
	faulty 'empty'
	printf '%s' "${good%\}},\"k\\u0065ys\":[]}" >bad
	faulty 'duplicate'
	printf '%s' "${good/'"status":"active"'/'"status":"revoked","st\u0061tus":"active"'}" >bad
	faulty 'duplicate'
	printf '%s' "${good/'"status":"active"'/'"status":"\u0061ctive"'}" >bad
	faulty 'its status is not one of'
	printf '%s' "${good/'"key_id":"a"'/$'"key_id":"a\xff"'}" >bad
	faulty 'UTF-8'
}

@test "text: too long, too deep, too many" {
	made a
	good=$(ring "$(entry a.json)")
	{ printf '%s' "$good"; head -c $((4 * 1024 * 1024)) /dev/zero | tr '\0' ' '; } >bad
	faulty 'it is longer than 4 MiB'
	truncate -s $((4 * 1024 * 1024)) bad
	run_status 0 cp-keyring --keyring bad list
	for depth in 64 1000 100000; do
		{ printf '{"keys":'; printf '[%.0s' $(seq $depth); } >bad
		faulty 'unable to use the keyring'
		printf '%s,"more":%s%s}' "${good%\}}" "$(printf '[%.0s' $(seq $depth))" "$(printf ']%.0s' $(seq $depth))" >bad
		faulty 'unable to use the keyring'
	done
	{ printf '{"keys":[0'; printf ',0%.0s' $(seq 4096); printf ']}'; } >bad
	faulty 'it has more than 4096 keys'
	# One line for each bad key, however many pairs of them are alike.
	{ printf '{"keys":[%s' "$(entry a.json)"; for _ in $(seq 300); do printf ',%s' "$(entry a.json)"; done; printf ']}'; } >bad
	run_status 3 cp-keyring --keyring bad list
	[ "$(grep -c twice <<<"$stderr")" -eq 300 ]
}

@test "versions that are no whole number from 1 on, and members that have no meaning" {
	made a
	good=$(ring "$(entry a.json)")
	for v in 0 -1 -0 1.5 9007199254740992 1e400 '"1"' null '[1]' true; do
		printf '%s' "${good/'"version":1'/"\"version\":$v"}" >bad
		faulty 'unable to use the keyring'
	done
	for v in 1.0 '"1"' '"1.1"' null '"1.0 "'; do
		printf '%s' "${good/'"schema_version":"1.0"'/"\"schema_version\":$v"}" >bad
		faulty 'its schema_version is not 1.0'
	done
	for more in '"trusted":true' '"KEYS":[]' '"signature":null' '"signature":{}' '"signature":{"signed_by":"a"}' \
		'"signature":{"signed_by":"a","signature":7}' '"signature":{"signed_by":"a","signature":"base64:","alg":"none"}'; do
		printf '%s' "${good%\}},$more}" >bad
		faulty 'unable to use the keyring'
	done
	for more in '.kind = "key"' '.Status = "active"' '.revoked_at = "2026-01-01T00:00:00Z"' '.retired_at = "2026-01-01T00:00:00Z"' \
		'.status = "retired"' '.status = "retired" | .retired_at = null' '.status = "retired" | .retired_at = "soon"' \
		'.status = "revoked" | .revoked_at = ""' \
		'.status = "retired" | .retired_at = "2026-01-01T00:00:00Z" | .revoked_at = .retired_at' \
		'.status = "Active"' '.status = null' '.status = ["active"]' 'del(.status)' 'del(.valid_until)' 'del(.valid_from)' \
		'.algorithm = "Ed25519"' '.algorithm = "none"' '.algorithm = "rsa"' '.algorithm = "ed25519ph"' 'del(.algorithm)' \
		'.roles = {}' '.roles = [7]' '.roles = [""]' '.roles = ["root "]' '.roles = ["a\nroot"]' \
		'.owner = "ann "' '.owner = 7' '.owner = ""' \
		'.key_id = 7' '.key_id = "a "' '.key_id = " a"' '.key_id = "a+b"' '.key_id = "a\tb"' 'del(.key_id)' '.key_id = "\u00a0"' \
		'.key_id = ("x" * 256)'; do
		ring "$(entry a.json "$more")" >bad
		faulty 'unable to use the keyring'
	done
}

@test "times that are none" {
	made a
	for t in '2026-01-31' '2026-01-31T00:00:00' '2026-01-31T00:00:00+00:00' '2026-01-31t00:00:00z' '2026-01-31 00:00:00Z' \
		'2026-01-31T00:00Z' '2026-02-30T00:00:00Z' '2026-06-30T23:59:60Z' '2026-01-31T24:00:00Z' '2026-01-31T00:00:00.1234567890Z' \
		'2026-01-31T00:00:00.Z' '1676-01-01T00:00:00Z' '2263-01-01T00:00:00Z' '+2026-01-31T00:00:00Z' '12026-01-31T00:00:00Z' \
		'2026-1-31T00:00:00Z' '' ' 2026-01-31T00:00:00Z' '2026-01-31T00:00:00ZZ' '０026-01-31T00:00:00Z' '9999-12-31T23:59:59Z'; do
		for member in valid_from valid_until; do
			ring "$(T=$t entry a.json ".$member = env.T")" >bad
			faulty 'is no time'
		done
	done
	ring "$(entry a.json '.valid_from = "2026-01-01T00:00:00.000000001Z" | .valid_until = "2026-01-01T00:00:00Z"')" >bad
	faulty 'it ends before it begins'
	ring "$(entry a.json '.valid_from = "2026-01-01T00:00:00Z" | .valid_until = 1800000000')" >bad
	faulty 'is no time'
}

@test "one Ed25519 key under two names, by whatever spelling" {
	made a
	a=$(jq -r 'select(.key_id).public_key' a.json)
	ring "$(entry a.json)" "$(entry a.json '.key_id = "b"')" >bad
	faulty 'its public_key stands there twice'
	hex=$(base64 -d <<<"${a#base64:}" | xxd -p -c 64)
	unpadded=${a%=}
	# Its last digit has two bits that say nothing, which must be 0.
	digits=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/
	before=${digits%%"${unpadded: -1}"*}
	spare=${digits:${#before}+1:1}
	for other in "$unpadded" "$a=" "$a " " $a" "${a/base64:/BASE64:}" "$(tr '+/' '-_' <<<"$a")x" \
		"${unpadded%?}$spare=" \
		"base64:$(encoded "${hex}00")" "base64:$(encoded "04$hex")" \
		"base64:$(openssl pkey -in a.pem -pubout -outform DER | base64 -w 0)"; do
		ring "$(K=$other entry a.json '.key_id = "b" | .public_key = env.K')" >bad
		faulty 'unable to use the keyring: the key b'
	done
	# y + p is a second spelling of y, and no point is none.
	for hex in f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f \
		0200000000000000000000000000000000000000000000000000000000000000 \
		0100000000000000000000000000000000000000000000000000000000000000 \
		edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff; do
		ring "$(K=base64:$(encoded $hex) entry a.json '.public_key = env.K')" >bad
		faulty 'point'
	done
}

@test "one RSA key under two names: another DER, another exponent, another kind of RSA" {
	made r --algorithm rsa4096
	der=$(openssl pkey -in r.pem -pubout -outform DER | xxd -p -c 2000)
	with() {
		ring "$(entry r.json)" "$(K=base64:$(encoded "$1") entry r.json '.key_id = "s" | .public_key = env.K')" >bad
		faulty "$2"
	}
	with "$der" 'its public_key stands there twice'
	with "${der%0203010001}0203010003" 'its public_key stands there twice'
	with "${der}00" 'its DER is not canonical'
	# Without the NULL of its algorithm, with a longer length than it takes, with a modulus below zero.
	with "$(sed 's/^30820222300d06092a864886f70d0101010500/30820220300b06092a864886f70d010101/' <<<"$der")" 'its DER is not canonical'
	with "$(sed 's/^30820222/3083000222/' <<<"$der")" 'its DER is not canonical'
	with "$(sed 's/2a864886f70d010101/2a864886f70d01010a/' <<<"$der")" 'it is'
	with "${der%0203010001}0203010000" 'exponent that is even'
	with "${der%0203010001}0203000003" 'it is'
	# A PEM, a certificate, a private key.
	with "$(openssl pkey -in r.pem -outform DER | xxd -p -c 9000)" 'it is no SubjectPublicKeyInfo'
	with "$(openssl pkey -in r.pem -pubout | xxd -p -c 9000)" 'it is no SubjectPublicKeyInfo'
}

@test "places: by links, by /proc, by a second name" {
	made a
	mkdir -p plane/config safe home
	touch plane/.genesis_complete
	cp-keyring --keyring R add <a.json >/dev/null
	cp R plane/config/R
	ln -s "$PWD/plane/config/R" safe/abs
	ln -s ../plane/config/R safe/rel
	ln -s rel safe/chain
	ln -s ../plane safe/into
	ln -s ../../plane/config home/.control_plane
	exec 9<plane/config
	for way in plane/config/R safe/abs safe/rel safe/chain safe/into/config/R plane/config/../config/R safe/../plane/config/R \
		/proc/self/root"$PWD"/plane/config/R /proc/self/cwd/plane/config/R "/proc/$$/cwd/plane/config/R" \
		/proc/self/fd/9/R "//$PWD/plane/config/R"; do
		run_status 3 cp-keyring --keyring "$way" list
		err 'it lies inside a plane'
	done
	exec 9<&-
	cp R plane/config/trusted_keys.json
	HOME=$PWD/plane/home run_status 4 cp-keyring list
	mv plane/config plane/.control_plane
	HOME=$PWD/plane run_status 3 cp-keyring list
	err 'it lies inside a plane'
	mv plane/.control_plane plane/config
	ln plane/config/R safe/hard
	run_status 3 cp-keyring --keyring safe/hard list
	err 'it has another name'
	run_status 3 cp-keyring --root "$PWD/safe/into" --keyring plane/config/R list
	# A plane that comes to be above it later.
	mkdir -p later/keys
	cp R later/keys/R
	run_status 0 cp-keyring --keyring later/keys/R list
	mkdir later/config
	echo '{}' >later/config/governed_roots.json
	run_status 3 cp-keyring --keyring later/keys/R list
}

# bound WHAT WHERE: a bind mount, which teardown takes away.
bound() {
	mount --bind "$1" "$2" 2>/dev/null || skip 'nothing can be mounted here'
	realpath "$2" >"$BATS_TEST_TMPDIR/mounted"
}

unbound() {
	umount "$(cat "$BATS_TEST_TMPDIR/mounted")"
	rm "$BATS_TEST_TMPDIR/mounted"
}

@test "places: a bind mount hides the plane" {
	made a
	mkdir -p 'pl ane/config/deep' safe
	touch 'pl ane/.genesis_complete' file
	cp-keyring --keyring R add <a.json >/dev/null
	cp R 'pl ane/config/R'
	cp R 'pl ane/config/deep/R'
	bound 'pl ane/config' safe
	for way in safe/R safe/deep/R; do
		run_status 3 cp-keyring --keyring $way list
		err 'it lies inside a plane'
	done
	run_status 2 cp-keygen --key-id b --out safe/b
	[ ! -e 'pl ane/config/b' ]
	unbound
	bound 'pl ane/config/R' file
	run_status 3 cp-keyring --keyring file list
	err 'it lies inside a plane'
	unbound
	# What comes from elsewhere is good.
	bound R file
	run_status 0 cp-keyring --keyring file list
	unbound
	# --root says where a plane is that does not look like one yet.
	mkdir -p bare/config
	cp R bare/config/R
	bound bare/config safe
	run_status 0 cp-keyring --keyring safe/R list
	run_status 3 cp-keyring --root bare --keyring safe/R list
	unbound
}

@test "places: where others may write" {
	made a
	mkdir -p d/e
	cp-keyring --keyring R add <a.json >/dev/null
	cp R d/e/R
	for mode in 775 757 1777; do
		for dir in d d/e; do
			chmod $mode $dir
			# Sticky is good enough where it is root's.
			[ $mode = 1777 ] && [ "$(id -u)" -eq 0 ] && want=0 || want=3
			run_status $want cp-keyring --keyring d/e/R list
			chmod 755 $dir
		done
	done
	for mode in 664 646; do
		chmod $mode d/e/R
		run_status 3 cp-keyring --keyring d/e/R list
		err 'others may write to it'
	done
	chmod 644 d/e/R
	if command -v setfacl >/dev/null && setfacl -m u:12345:rw d/e/R 2>/dev/null; then
		run_status 3 cp-keyring --keyring d/e/R list
		setfacl -b d/e/R
	fi
	[ "$(id -u)" -eq 0 ] || skip 'files of somebody else need root'
	chown 12345 d/e/R
	run_status 3 cp-keyring --keyring d/e/R list
	err 'it belongs to somebody else'
	chown 0 d/e/R
	chown 12345 d
	run_status 3 cp-keyring --keyring d/e/R list
	err 'belongs to somebody else'
}

@test "a key of a name that is near root's, or a root key that has ended, signs nothing" {
	rooted
	made a --role Root --role rootx --role root.x
	made old --role root
	made gone --role root
	for k in a old gone; do by_root add <$k.json >/dev/null; done
	by_root retire old >/dev/null
	by_root revoke gone >/dev/null
	cp R before
	made b
	for k in a old gone; do
		run_status 2 cp-keyring --keyring R --key $k.pem --key-id $k add <b.json
		err 'that is no active key with the role root'
	done
	# Another's name with one's own key, and the other way round.
	run_status 3 cp-keyring --keyring R --key old.pem --key-id root add <b.json
	run_status 2 cp-keyring --keyring R --key root.pem --key-id old add <b.json
	cmp R before
}

@test "a private key that lies in a plane, by a second name, or open to others, signs nothing" {
	rooted
	made a
	mkdir plane
	touch plane/.genesis_complete
	cp -p root.pem plane/root.pem
	run_status 3 cp-keyring --keyring R --key plane/root.pem --key-id root add <a.json
	err 'it lies inside a plane'
	ln root.pem second
	run_status 3 by_root add <a.json
	err 'it has another name'
	rm second
	ln -s root.pem link
	run_status 3 cp-keyring --keyring R --key link --key-id root add <a.json
	for mode in 640 604 620 602; do
		chmod $mode root.pem
		run_status 3 by_root add <a.json
		err 'others may'
	done
	[ "$(jq .version R)" -eq 1 ]
}

@test "a signature of the root key over something else is none of the keyring" {
	rooted
	made a
	by_root add <a.json >/dev/null
	jq -c 'del(.signature) | .version = 3 | .keys[1].roles = ["root"]' R >unsigned
	hash=$(jq -jcS . unsigned | sha256sum | cut -c1-64)
	# forged MESSAGE [SIGNER]: as its signature, that of the root key over this.
	forged() {
		printf "$1" >message
		sig=base64:$(openssl pkeyutl -sign -inkey root.pem -rawin -in message | base64 -w 0)
		jq -c --arg s "$sig" --arg by "${2-root}" '.signature = {signed_by: $by, signature: $s}' unsigned >new
		cat new >R
		run_status 3 cp-keyring --keyring R list
		err 'unable to trust the keyring'
	}
	forged "cp-sig/1\nrecord\n*\nsha256:$hash\ned25519\nroot\n"
	forged "cp-sig/1\nmanifest\n*\nsha256:$hash\ned25519\nroot\n"
	forged "cp-sig/1\nkeyring\n0b7c\nsha256:$hash\ned25519\nroot\n"
	forged "cp-sig/1\nkeyring\n*\nsha256:$hash\nrsa4096\nroot\n"
	forged "cp-sig/1\nkeyring\n*\nsha256:$hash\ned25519\na\n"
	forged "cp-sig/1\nkeyring\n*\nsha256:$hash\ned25519\nroot"
	forged "cp-sig/2\nkeyring\n*\nsha256:$hash\ned25519\nroot\n"
	forged "sha256:$hash"
	forged "cp-sig/1\nkeyring\n*\nsha256:$hash\ned25519\nroot\n" nobody
	forged "cp-sig/1\nkeyring\n*\nsha256:$hash\ned25519\na\n" a
	# The true one is good: it is the root key's to say.
	! forged "cp-sig/1\nkeyring\n*\nsha256:$hash\ned25519\nroot\n"
	run_status 0 cp-keyring --keyring R list
}

@test "what ended does not come back: by hand, by name, by its key, by an older file, without a version" {
	made a
	cp-keyring --keyring R add <a.json >/dev/null
	cp R 1
	cp-keyring --keyring R revoke a >/dev/null
	cp R 2
	# No root key signs here: what the user has seen is all there is.
	sed 's/"status":"revoked","revoked_at":"[^"]*"/"status":"active"/' 2 >edited
	! cmp -s edited 2
	sed 's/"version":2/"version":1/' edited >edited1
	sed 's/"version":2,//' edited >edited0
	for f in 1 edited edited1 edited0; do
		cat $f >R
		run_status 3 cp-keyring --keyring R list
		err 'seen here'
		run_status 3 cp-keyring --keyring R add <a.json
	done
	cat 2 >R
	run_status 3 cp-keyring --keyring R add <a.json
	err 'its key_id stands there twice'
	jq -c 'select(.key_id) | .key_id = "b"' a.json >b.json
	run_status 3 cp-keyring --keyring R add <b.json
	err 'its public_key stands there twice'
	cmp R 2
	rm R
	run_status 3 cp-keyring --keyring R add <a.json
	[ ! -e R ]
}

@test "the environment does not name another memory by a relative path, nor does a link" {
	made a
	cp-keyring --keyring R add <a.json >/dev/null
	mkdir home
	cp R 1
	HOME=$PWD/home XDG_STATE_HOME=rel run_status 0 cp-keyring --keyring R revoke a
	[ ! -e rel ] && [ -e home/.local/state/cp-filters/seen ]
	cat 1 >R
	HOME=$PWD/home XDG_STATE_HOME=rel run_status 3 cp-keyring --keyring R list
	# A link in its place is not followed.
	mkdir -p s/cp-filters elsewhere
	ln -s "$PWD/elsewhere" s/cp-filters/seen
	XDG_STATE_HOME=$PWD/s run_status 4 cp-keyring --keyring R list
}

load ../helper

setup() {
	need jq python3
	cd "$BATS_TEST_TMPDIR" || return
	python3 "$CP_TOP/t/package/archive.py" good good.tar.gz
	mkdir p
	tar -C p -xzf good.tar.gz
}

@test "an archive that an independent writer makes, too, and its digest beside it" {
	run_status 0 cp-pack --out a.tar.gz p
	silent
	cmp <(gzip -dc a.tar.gz) <(gzip -dc good.tar.gz)
	sha256sum --quiet -c a.tar.gz.sha256
	has '"path":"a.tar.gz","archive_hash":"sha256:'"$(sha256sum <a.tar.gz | cut -c1-64)"'"'
	has '"canonical":true'
	cp-schema-check <<<"$output" >checked
	run_sh 0 'cp-package-read a.tar.gz | cp-gate-g0a'
}

@test "the same bytes from another directory, in another order, at another time, umask and locale" {
	cp-pack --out a.tar.gz p >first
	for i in 1 2 3 4 5 6; do
		mkdir -p "q$i/r/lib"
		for f in $(cd p && find . -type f | shuf); do
			cp "p/$f" "q$i/r/$f"
			touch -d "@$((RANDOM * 40000))" "q$i/r/$f"
		done
		chmod -R go-rwx "q$i"
		(umask 077 && cd "q$i" && LC_ALL=C TZ=Asia/Tokyo cp-pack --out "../a$i.tar.gz" r/) >log
		cmp a.tar.gz "a$i.tar.gz"
	done
}

@test "the same bytes of a hundred directories whose files came in another order, and from another user" {
	mkdir many
	for i in {1..30}; do echo "$i" >"many/$i"; done
	printf '%s\n' 'schema_version: "1.1"' 'package_id: PKG-M-001' 'version: 1.0.0' 'type: library' >many/package.manifest.yaml
	cp-manifest-make --force --out many/package.manifest.yaml many >log
	cp-pack --out a.tar.gz many >log
	locale=$(locale -a | grep -m1 -i 'de_DE.utf') || echo "# no German locale here" >&3
	for i in {1..100}; do
		rm -rf m
		mkdir m
		(cd many && shuf -e -- * | xargs cp -t ../m)
		LC_ALL=${locale:-C} cp-pack --force --out b.tar.gz m >log
		cmp a.tar.gz b.tar.gz
	done
	[ "$(id -u)" = 0 ] || skip "only root can be somebody else"
	chmod 777 . && chmod -R a+rX many
	as_user cp-pack --out c.tar.gz many >log
	cmp a.tar.gz c.tar.gz
}

@test "bsdtar lists and extracts it" {
	need bsdtar
	cp-pack --out a.tar.gz p >log
	[ "$(bsdtar -tzf a.tar.gz | paste -sd,)" = lib/a,lib/b,package.manifest.yaml ]
	mkdir x
	bsdtar -C x -xzf a.tar.gz
	diff -r p x
}

@test "tar and Python list and extract it" {
	cp-pack --out a.tar.gz p >log
	[ "$(tar -tzf a.tar.gz | paste -sd,)" = lib/a,lib/b,package.manifest.yaml ]
	[ "$(python3 -c 'import tarfile; print(",".join(tarfile.open("a.tar.gz").getnames()))')" = lib/a,lib/b,package.manifest.yaml ]
	mkdir x
	tar -C x -xzf a.tar.gz
	diff -r p x
}

# key: K.pem and K.der, me@here.
key() {
	need openssl
	cp-keygen --key-id me@here --out K.pem >K.json
	{ printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00' && jq -j 'select(.public_key).public_key' K.json |
		sed s/base64:// | base64 -d; } >K.der
}

# verified MEMBER MESSAGE: OpenSSL, too, says that the member of integrity in m.json is a signature over it.
verified() {
	jq -j ".integrity.$1" m.json | sed s/base64:// | base64 -d >sig
	openssl pkeyutl -verify -rawin -pubin -inkey K.der -keyform DER -sigfile sig -in "$2"
}

@test "signed: the manifest is made anew, and both signatures hold for OpenSSL" {
	key
	echo gamma >p/lib/c
	cp p/package.manifest.yaml before
	run_status 0 cp-pack --out a.tar.gz --key K.pem --key-id me@here p
	silent
	cmp p/package.manifest.yaml before
	tar -xzOf a.tar.gz package.manifest.yaml >m.json
	[ "$(jq -j '[.assets[].source] | join(",")' m.json)" = lib/a,lib/b,lib/c ]
	[ "$(jq -j '.integrity | .alg + " " + .signed_by' m.json)" = 'ed25519 me@here' ]
	jq -j .integrity.manifest_hash m.json >bare
	verified signature bare
	bound=$(jq -r '.integrity | .manifest_hash, .document_hash' m.json | sha256sum | cut -c1-64)
	printf 'cp-sig/1\nmanifest\n*\nsha256:%s\ned25519\nme@here\n' "$bound" >bound
	verified binding bound
	if verified binding bare; then false; fi
	run_sh 0 'cp-package-read a.tar.gz | cp-gate-g0a'
	cp-schema-check --as package_manifest m.json >checked
	CONTROL_PLANE_SIGNING_KEY=K.pem cp-pack --out b.tar.gz --key-id me@here p >log
	cmp a.tar.gz b.tar.gz
}

@test "a key without a name, a signer that fails, a signer that is none: nothing is written" {
	key
	nothing() {
		run_status "$1" cp-pack --out a.tar.gz "${@:2}" p
		[ ! -e a.tar.gz ] && [ ! -e a.tar.gz.sha256 ]
	}
	nothing 2 --key K.pem
	err 'give --key-id'
	nothing 2 --key-id me@here
	err 'without a key'
	nothing 2 --key-id 'me here' --key K.pem
	nothing 4 --key-id me@here --key nowhere
	nothing 2 --key-id me@here --signer ../x
	nothing 2 --package-id PKG-A-001
	run_status 2 cp-pack --out a.tar.gz p operand
	echo x >p/lib/$'evil\n'
	nothing 1 --key K.pem --key-id me@here
}

@test "a single file goes in under its path, with a manifest made for it" {
	mkdir frameworks
	echo '# law' >frameworks/FMWK-100_x.md
	run_status 0 cp-pack --out a.tar.gz --package-id PKG-FMWK-100 --type framework --framework FMWK-100 frameworks/FMWK-100_x.md
	silent
	run_sh 0 'cp-package-read a.tar.gz | cp-gate-g0a'
	has '"target":"frameworks/FMWK-100_x.md"'
	[ "$(jq -r 'select(.kind == "asset").type' <<<"$output")" = law_doc ]
	echo z >zzz && chmod +x zzz
	run_status 0 cp-pack --out b.tar.gz --package-id PKG-Z-1 --package-version 1.2.3 zzz
	run_sh 0 'cp-package-read b.tar.gz | cp-gate-g0a'
	has '"mode":"0755"'
}

@test "a single file whose path or package is none" {
	echo x >x && mkfifo fifo && ln -s x link
	bad() {
		run_status "$@"
		[ ! -e a.tar.gz ]
	}
	bad 2 cp-pack --out a.tar.gz x
	bad 2 cp-pack --out a.tar.gz --package-id PKG-X-1 ./x
	bad 2 cp-pack --out a.tar.gz --package-id PKG-X-1 "$PWD/x"
	bad 2 cp-pack --out a.tar.gz --package-id PKG-X-1 p/../x
	bad 2 cp-pack --out a.tar.gz --package-id PKG-X-1 --type framework x
	bad 2 cp-pack --out a.tar.gz --package-id PKG-x x
	bad 2 cp-pack --out a.tar.gz --package-id PKG-X-1 --package-version 1 x
	bad 4 cp-pack --out a.tar.gz --package-id PKG-X-1 fifo
	cp p/package.manifest.yaml .
	bad 2 cp-pack --out a.tar.gz --package-id PKG-X-1 package.manifest.yaml
}

@test "what is there stays, unless it is forced" {
	echo mine >a.tar.gz
	run_status 4 cp-pack --out a.tar.gz p
	err 'a.tar.gz: File exists'
	[ "$(cat a.tar.gz)" = mine ]
	[ ! -e a.tar.gz.sha256 ]
	run_status 0 cp-pack --force --out a.tar.gz p
	sha256sum --quiet -c a.tar.gz.sha256
	run_status 4 cp-pack --out "$PWD/nowhere/a.tar.gz" p
}

@test "a dry run says what would be, and writes nothing" {
	run_status 0 cp-pack --dry-run --out a.tar.gz p
	has '"dry_run":true'
	[ ! -e a.tar.gz ]
	[ ! -e a.tar.gz.sha256 ]
	[ "$(jq -r 'select(.archive_hash).archive_hash' <<<"$output")" = \
		"$(cp-pack --out a.tar.gz p | jq -r 'select(.archive_hash).archive_hash')" ]
}

# refused STATUS: nothing is written.
refused() {
	run_status "$1" cp-pack --out a.tar.gz p
	[ "$(ls -A | paste -sd,)" = .err,.out,good.tar.gz,p ]
}

@test "what is not as the manifest says is not packed" {
	echo more >p/lib/c
	refused 1
	findings_are 'UNDECLARED lib/c'
	rm p/lib/c
	echo other >p/lib/a
	refused 1
	findings_are 'MODIFIED lib/a'
	rm p/lib/a
	refused 1
	findings_are 'MISSING lib/a'
	ln -s b p/lib/a
	refused 1
	findings_are 'MISSING lib/a' 'SPECIAL lib/a'
	rm p/lib/a
	echo alpha >p/lib/a
	chmod +x p/lib/a
	refused 1
	findings_are 'MODIFIED lib/a'
	chmod -x p/lib/a
	mkfifo p/lib/fifo
	refused 1
	findings_are 'SPECIAL lib/fifo'
}

@test "a directory without a manifest, or with none that is one, is no package" {
	mv p/package.manifest.yaml m
	refused_without() {
		run_status 3 cp-pack --out a.tar.gz p
		[ ! -e a.tar.gz ]
		[ -z "$output" ]
	}
	refused_without
	err 'has no package.manifest.yaml'
	echo 'a: [' >p/package.manifest.yaml
	refused_without
	run_status 4 cp-pack --out a.tar.gz nothing
}

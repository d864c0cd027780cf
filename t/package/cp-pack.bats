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

@test "tar and Python list and extract it" {
	cp-pack --out a.tar.gz p >log
	[ "$(tar -tzf a.tar.gz | paste -sd,)" = lib/a,lib/b,package.manifest.yaml ]
	[ "$(python3 -c 'import tarfile; print(",".join(tarfile.open("a.tar.gz").getnames()))')" = lib/a,lib/b,package.manifest.yaml ]
	mkdir x
	tar -C x -xzf a.tar.gz
	diff -r p x
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
	run_status 4 cp-pack --out a.tar.gz m
}

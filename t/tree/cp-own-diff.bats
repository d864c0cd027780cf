load ../helper

# own: the whole pipeline of the scratch plane.
own() {
	cp-walk | cp-hash | cp-own-diff "$@"
}

setup() {
	plane
}

@test "a tree in order has a passing verdict and no finding" {
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
	has '"gate":"OWN-DIFF","pass":true,"checked":3,"findings":0'
	has '"owned":3'
	has '"anchor":"none"'
	silent
}

@test "one flipped byte, a deleted file and an added one are MODIFIED, MISSING and ORPHAN" {
	printf Alpha >lib/a
	rm lib/b
	: >lib/new
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'MODIFIED lib/a' 'MISSING lib/b' 'ORPHAN lib/new'
	has '"pass":false,"checked":4,"findings":3'
}

@test "a rename is two findings, a swap of contents two" {
	mv lib/a lib/c
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'MISSING lib/a' 'ORPHAN lib/c'
	mv lib/c lib/x && mv lib/b lib/a && mv lib/x lib/b
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'MODIFIED lib/a' 'MODIFIED lib/b'
}

@test "chmod is MODE alone, and set-id and world-writable are told where the registry knows no mode" {
	chmod 600 lib/a
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'MODE lib/a'
	has 'is 0600, registered 0644'
	chmod 644 lib/a
	csv=$BATS_TEST_TMPDIR/r.csv
	cp-registry-read registries/file_ownership.csv | jq -r 'select(.path) | [.path, .owner, .hash] | join(",")' |
		sed '1i file_path,owner_package_id,sha256' >"$csv"
	run_sh 0 "cp-walk | cp-hash | cp-own-diff $csv"
	chmod 4755 lib/a
	chmod 646 lib/b
	chmod 600 docs/readme
	run_sh 1 "cp-walk | cp-hash | cp-own-diff $csv"
	findings_are 'MODE lib/a' 'MODE lib/b'
}

@test "a set-id file that is registered so is in order" {
	chmod 4755 lib/a
	adopt_again
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
}

adopt_again() {
	cp-walk | cp-hash | cp-baseline --owner PKG-BASELINE-HO3-000 --force >/dev/null
}

@test "a file replaced by a symlink, a fifo, a directory is TYPE alone" {
	rm lib/a && ln -s b lib/a
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib/a'
	rm lib/a && mkfifo lib/a
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib/a'
	rm lib/a && mkdir lib/a
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib/a'
	echo x >lib/a/x && mkdir lib/a/y && echo y >lib/a/y/y
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib/a'
}

@test "a file replaced by a directory is TYPE also when other names sort in between" {
	echo one >lib/a! && echo two >'lib/a-b' && adopt_again
	rm lib/a && mkdir lib/a && echo x >lib/a/x
	rm lib/a! && mkdir lib/a! && echo x >lib/a!/x
	: >'lib/a-'
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib/a' 'TYPE lib/a!' 'ORPHAN lib/a-'
}

@test "a directory replaced by a file, a symlink or a fifo is TYPE alone" {
	echo in >lib-x && adopt_again
	rm -r lib && echo file >lib
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib'
	rm lib && ln -s docs lib
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib'
	rm lib && mkfifo lib
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib'
	rm lib
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'MISSING lib/a' 'MISSING lib/b'
}

@test "an owned symlink is judged by where it points" {
	ln -s a lib/link && adopt_again
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	ln -sfn b lib/link
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'MODIFIED lib/link'
	rm lib/link && cp lib/a lib/link
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib/link'
}

@test "special things that nobody owns are TYPE" {
	ln -s /etc/passwd lib/escape
	mkfifo lib/pipe
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'TYPE lib/escape' 'TYPE lib/pipe'
}

@test "hostile names: each is one finding that names it" {
	local long names
	long=$(printf 'x%.0s' {1..255})
	names=($'new\nline' $'tab\there' 'quo"te' 'back\slash' $'esc\e]0;x\a' '-rf' ' ' "$long")
	for n in "${names[@]}"; do echo x >"lib/$n"; done
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	[ "$(jq -r 'select(.code == "ORPHAN") | .path' <<<"$output" | grep -c .)" -ge 8 ]
	[ "$(jq -s '[.[] | select(.kind == "finding")] | length' <<<"$output")" -eq 8 ]
	! grep -q $'\e' <<<"$output"
	[ "$(jq -j 'select(.path // "" | contains("new")) | .path' <<<"$output")" = $'lib/new\nline' ]
}

@test "a name that is not UTF-8 is NAME, not ORPHAN; a directory so named is NAME once" {
	echo x >lib/$'bad\xff'
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	[ "$(findings)" = "NAME $(printf 'lib/bad\xff' | base64)" ]
	rm lib/$'bad\xff' && mkdir lib/$'dir\xfe' && echo x >lib/$'dir\xfe/x' && echo y >lib/$'dir\xfe/y'
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	[ "$(findings)" = "NAME $(printf 'lib/dir\xfe' | base64)" ]
}

@test "an unreadable file or directory is UNREADABLE, and nothing is concluded beneath it" {
	[ "$(id -u)" -eq 0 ] || skip 'only root can give files away'
	chmod 000 lib/a
	run_status 1 as_user sh -c 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'UNREADABLE lib/a'
	chmod 644 lib/a
	chmod 000 lib
	run_status 1 as_user sh -c 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'UNREADABLE lib'
	has '"unjudged":2'
}

@test "a hard-linked owned file is a warning, which --fail-on makes a no" {
	ln lib/a "$BATS_TEST_TMPDIR/outside"
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'LINKS lib/a'
	has '"pass":true'
	run_sh 1 'cp-walk | cp-hash | cp-own-diff --fail-on warning'
	has '"pass":false'
}

@test "a file owned twice is DUPLICATE" {
	sed -n 2p registries/file_ownership.csv >"$BATS_TEST_TMPDIR/row"
	cp registries/file_ownership.csv "$BATS_TEST_TMPDIR/r.csv"
	sed -i "2r $BATS_TEST_TMPDIR/row" "$BATS_TEST_TMPDIR/r.csv"
	run_sh 1 "cp-walk | cp-hash | cp-own-diff $BATS_TEST_TMPDIR/r.csv"
	findings_are "DUPLICATE $(cut -d, -f1 "$BATS_TEST_TMPDIR/row")"
}

@test "a stray name in the plane's own state is UNEXPECTED" {
	mkdir -p ledger .cp
	: >ledger/packages.jsonl
	: >ledger/evil.sh
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are 'UNEXPECTED ledger/evil.sh'
}

@test "what the scope excludes is counted, and owned things there are not judged missing" {
	run_sh 0 'cp-walk --exclude "lib/**" | cp-hash | cp-own-diff'
	findings_are
	has '"unjudged":2'
	hasnt '"excluded":0'
}

@test "a stream that was cut says nothing: status 3, no finding, no verdict" {
	rm lib/a
	for n in 1 2 3 4; do
		run_sh 3 "cp-walk | cp-hash | head -n $n | cp-own-diff"
		[ -z "$output" ]
		err 'no end record'
	done
}

@test "a line taken out of the middle says nothing either, although the registry knows the file" {
	run_sh 3 'cp-walk | cp-hash | grep -v lib/a | cp-own-diff'
	[ -z "$output" ]
	err 'counts other lines'
}

@test "a stream that is not sorted, or holds a thing twice, is status 3" {
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/s"
	run_sh 3 "sed '3{h;d};5{G}' $BATS_TEST_TMPDIR/s | cp-own-diff"
	err 'not sorted'
	[ -z "$output" ]
}

@test "a stream without hashes is status 3, and the message knows the remedy" {
	run_sh 3 'cp-walk | cp-own-diff'
	err 'pipe it through cp-hash'
}

@test "another root, or a registry that changed since the walk, is status 3" {
	make_plane "$BATS_TEST_TMPDIR/other"
	run_sh 3 "cp-walk | cp-hash | cp-own-diff --root $BATS_TEST_TMPDIR/other"
	err 'it is about'
	run_sh 3 'cp-walk >../s; sed -i s/-000/-001/ registries/file_ownership.csv; cp-hash <../s | cp-own-diff'
	err 'registry changed since the walk'
}

@test "a registry that is absent, empty, headless, ragged or holds a NUL is no clean tree" {
	r=$BATS_TEST_TMPDIR/bad.csv
	run_sh 4 "cp-walk | cp-hash | cp-own-diff $r"
	: >"$r"
	run_sh 3 "cp-walk | cp-hash | cp-own-diff $r"
	head -n 1 registries/file_ownership.csv >"$r"
	run_sh 3 "cp-walk | cp-hash | cp-own-diff $r"
	echo 'who,what' >"$r"
	run_sh 3 "cp-walk | cp-hash | cp-own-diff $r"
	{ cat registries/file_ownership.csv; echo 'z,PKG-X'; } >"$r"
	run_sh 3 "cp-walk | cp-hash | cp-own-diff $r"
	err 'bad.csv:5'
	{ head -n 2 registries/file_ownership.csv; printf 'z\0,PKG-X,,,,,\n'; } >"$r"
	run_sh 3 "cp-walk | cp-hash | cp-own-diff $r"
	[ -z "$output" ]
}

@test "an empty tree is never clean" {
	mkdir "$BATS_TEST_TMPDIR/empty" && cp registries/file_ownership.csv "$BATS_TEST_TMPDIR/r.csv"
	export CONTROL_PLANE_ROOT=$BATS_TEST_TMPDIR/empty
	run_sh 1 "cp-walk | cp-hash | cp-own-diff $BATS_TEST_TMPDIR/r.csv"
	findings_are 'MISSING docs/readme' 'MISSING lib/a' 'MISSING lib/b'
	run_sh 4 'cp-walk | cp-hash | cp-own-diff'
}

@test "--pass hands the records on, byte for byte, before the findings" {
	rm lib/b
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/s" || true
	run_sh 1 "cp-own-diff --pass <$BATS_TEST_TMPDIR/s"
	head -n -1 "$BATS_TEST_TMPDIR/s" | diff - <(head -n "$(($(wc -l <"$BATS_TEST_TMPDIR/s") - 1))" <<<"$output")
	findings_are 'MISSING lib/b'
}

@test "two hundred levels deep, and a directory that vanished whole" {
	deep=lib
	for _ in {1..200}; do deep=$deep/d; done
	mkdir -p "$deep" && echo x >"$deep/x"
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are "ORPHAN $deep/x"
	adopt_again
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	rm -r lib/d
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	findings_are "MISSING $deep/x"
}

@test "an unowned file that vanished between walk and hash is nobody's loss, an owned one is MISSING" {
	: >lib/tmp
	cp-walk >"$BATS_TEST_TMPDIR/s"
	rm lib/tmp
	run_sh 0 "cp-hash <$BATS_TEST_TMPDIR/s | cp-own-diff"
	rm lib/a
	run_sh 1 "cp-hash <$BATS_TEST_TMPDIR/s | cp-own-diff"
	findings_are 'MISSING lib/a'
}

@test "--case notes names that differ only in case, in one directory only, and stays 0" {
	mkdir lib/sub lib/DIR lib/Dir
	touch lib/sub/A lib/A lib/É lib/é lib/ab
	adopt_again
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
	run_sh 0 'cp-walk | cp-hash | cp-own-diff --case'
	findings_are 'CASE lib/a' 'CASE lib/é' 'CASE lib/Dir'
	has 'A differs only in case'
}

@test "a file that is a mount point is MOUNT alone, owned or not, whatever it holds" {
	unshare -m true 2>/dev/null || skip 'may not mount'
	cp -p lib/a ../same
	for at in lib/a lib/b lib/new; do
		[ "$at" != lib/new ] || touch lib/new
		for how in 'cp-walk | cp-hash | cp-own-diff' 'cp-walk --lazy | cp-hash | cp-own-diff' \
			'cp-sweep --format records'; do
			run_sh 1 "unshare -m sh -c 'mount --bind ../same $at && $how'"
			findings_are "MOUNT $at"
		done
	done
}

@test "a stream that does not say which plane it is about is not compared with this one's registry" {
	cp-walk | cp-hash | grep -v '"kind":"\(plane\|end\)"' | cp-end >../tree
	run_sh 3 'cp-own-diff <../tree'
	err 'unable to choose a registry: no plane record begins the stream'
	hasnt '"kind":"'
	run_sh 3 'cp-end true | cp-own-diff'
	hasnt '"kind":"'
	# Who names a registry has said it.
	run_sh 0 'cp-own-diff registries/file_ownership.csv <../tree'
	has '"pass":true'
}

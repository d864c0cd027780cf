load ../helper

# entries: "KIND path" (and the reason or error) of what $output lists.
entries() {
	jq -r 'select(.path) | [.kind, .path, .reason // .error // empty] | join(" ")' <<<"$output"
}

# in_order: the paths of the records on stdin, a directory's with its slash, are sorted by bytes.
in_order() {
	jq -r 'if .kind == "dir" then .path + "/" else .path // empty end' | LC_ALL=C sort -c
}

entries_are() {
	diff -u --label expected --label entries <(printf '%s\n' "$@") <(entries)
}

bare() {
	mkdir "$BATS_TEST_TMPDIR/t"
	cd "$BATS_TEST_TMPDIR/t" || return
	export CONTROL_PLANE_ROOT=$PWD
}

# govern JSON: writes config/governed_roots.json.
govern() {
	mkdir -p config
	printf '%s\n' "$1" >config/governed_roots.json
}

@test "lists a plane in order, with its facts" {
	plane bare
	touch -d '2026-01-02T03:04:05.678901234Z' lib/a
	run_status 0 cp-walk
	silent
	[ "$(jq -c 'select(.kind == "plane") | [.root, .plane_uid, .plane, .scope_hash, .registry_hash]' \
		<<<"$output")" = "[\"$PWD\",null,null,null,null]" ]
	entries_are 'dir docs' 'file docs/readme' 'dir lib' 'file lib/a' 'file lib/b'
	[ "$(jq -c 'select(.path == "lib/a") | [.size, .mode, .mtime, .ino, .dev, .links]' <<<"$output")" = \
		"[6,\"0644\",\"1767323045678901234\",\"$(stat -c %i lib/a)\",\"$(stat -c %d lib/a)\",null]" ]
	[ "$(jq -c 'select(.kind == "end") | [.count, .status]' <<<"$output")" = '[6,0]' ]
}

@test "a directory stands where its name with a slash sorts" {
	bare
	mkdir a a.d a-
	touch a/x a.b a0 a.d/y a-/z
	run_status 0 cp-walk
	entries_are 'dir a-' 'file a-/z' 'file a.b' 'dir a.d' 'file a.d/y' 'dir a' 'file a/x' 'file a0'
	cp-walk --root /usr/include | in_order
}

@test "every kind of thing" {
	bare
	mkfifo fifo
	ln -s 'no "where"' link
	echo x >one
	ln one two
	chmod 4751 one
	perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("sock"))' || skip 'no perl'
	run_status 0 cp-walk
	[ "$(jq -c 'select(.kind == "special") | [.path, .filetype, .target]' <<<"$output")" = \
'["fifo","fifo",null]
["link","symlink","no \"where\""]
["sock","socket",null]' ]
	[ "$(jq -c 'select(.kind == "file") | [.path, .mode, .links]' <<<"$output")" = \
'["one","4751",2]
["two","4751",2]' ]
}

@test "a device" {
	bare
	mknod null c 1 3 2>/dev/null || skip 'may not make a device'
	run_status 0 cp-walk
	[ "$(jq -r 'select(.path == "null") | .filetype' <<<"$output")" = char ]
}

@test "hostile names" {
	bare
	local long
	long=$(printf 'x%.0s' {1..255})
	touch $'new\nline' $'tab\there' 'quo"te' 'back\slash' $'\e[31m' "$long" $'b\xff'
	mkdir $'d\xfe'
	touch $'d\xfe/in' "$(printf '\303\244')"
	run_status 0 cp-walk
	[ "$(jq -r 'select(.kind != "plane" and .kind != "end") | .path // "b64 " + .path_b64 | @json' \
		<<<"$output" | sort)" = "$(printf '%s\n' '"\u001b[31m"' '"b64 Yv8="' '"b64 ZP4="' \
		'"b64 ZP4vaW4="' '"back\\slash"' '"new\nline"' '"quo\"te"' '"tab\there"' "\"$long\"" '"ä"' | sort)" ]
}

@test "a tree deeper and paths longer than any limit" {
	bare
	perl -e 'my $n = "d" x 60; for (1 .. 300) { mkdir $n or die; chdir $n or die }
		open F, ">leaf"; mkdir "z"; open F, ">z/y"' || skip 'no perl'
	touch zzz
	run_status 0 cp-walk
	[ "$(jq -r 'select(.kind == "dir") | .path' <<<"$output" | wc -l)" -eq 301 ]
	[ "$(jq -r 'select(.kind == "file") | .path | split("/") | [length, last] | @csv' <<<"$output")" = \
'301,"leaf"
302,"y"
1,"zzz"' ]
	run_sh 0 'cp-walk | cp-hash'
	[ "$(jq -r 'select(.kind == "file") | .hash' <<<"$output" | sort -u | wc -l)" -eq 1 ]
}

@test "files on every level of a deep tree" {
	bare
	perl -e 'for (1 .. 200) { mkdir "m" or die; for my $f ("a", "z") { open F, ">$f" or die }
		chdir "m" or die }' || skip 'no perl'
	(ulimit -n 100 && cp-walk) >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '"file"' "$BATS_TEST_TMPDIR/out")" -eq 400 ]
	[ "$(grep -c error "$BATS_TEST_TMPDIR/out")" -eq 0 ]
	in_order <"$BATS_TEST_TMPDIR/out"
}

@test "what cannot be read is said" {
	bare
	mkdir open shut
	echo x >open/secret
	chmod 600 open/secret
	touch shut/in
	chmod 700 shut
	run_status 0 as_user cp-walk --root .
	entries_are 'dir open' 'file open/secret' 'dir shut UNREADABLE' || [ "$(id -u)" -ne 0 ]
	[ "$(jq -r 'select(.error) | .detail' <<<"$output")" = 'Permission denied' ] || [ "$(id -u)" -ne 0 ]
}

@test "links are not followed, not even at the root of a governed directory" {
	bare
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	touch "$BATS_TEST_TMPDIR/elsewhere/file"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" lib
	run_status 0 cp-walk
	entries_are 'special lib'
}

@test "own state is not listed, but what does not belong there is" {
	bare
	mkdir -p .cp/txn .cp/evil ledger/governance.d installed/PKG-X-001 installed/other manifests packages_store \
		planes/ho2 planes/ho9 versions registries/compiled
	touch .cp/lock .cp/.x.lock.new ledger/{governance.jsonl,governance.jsonl.durable,notes} \
		packages_store/{a.tar.gz,a.tar.gz.sha256,b.sh} versions/{VER-1.json,x} \
		MANIFEST.json tier.json .genesis_complete registries/{file_ownership.csv,curated.csv} \
		registries/compiled/{packages.json,more.json} installed/PKG-X-001/receipt.json
	ln -s /etc/passwd ledger/fake.jsonl
	run_status 0 cp-walk
	entries_are 'excluded .cp state' 'excluded .cp/evil unexpected' \
		'excluded .genesis_complete derived' 'excluded MANIFEST.json derived' \
		'excluded installed state' 'excluded installed/other unexpected' \
		'excluded ledger state' 'excluded ledger/fake.jsonl unexpected' 'excluded ledger/notes unexpected' \
		'excluded manifests state' 'excluded packages_store state' 'excluded packages_store/b.sh unexpected' \
		'excluded planes state' 'excluded planes/ho9 unexpected' \
		'dir registries' 'dir registries/compiled' 'file registries/compiled/more.json' \
		'excluded registries/compiled/packages.json derived' 'file registries/curated.csv' \
		'excluded registries/file_ownership.csv derived' 'excluded tier.json derived' \
		'excluded versions state' 'excluded versions/x unexpected'
}

@test "governed roots narrow what is governed" {
	bare
	mkdir -p lib scripts frameworks evil a/b a/c gates
	touch lib/x lib/x.pyc a/b/y a/c/z frameworks/f gates/g evil/e top
	govern '{"schema_version": "1.1", "plane_id": "ho3", "governed_roots": ["lib/", "a/b"],
		"excluded_patterns": ["**/*.pyc", "config/**", "gates"]}'
	run_status 0 cp-walk
	entries_are 'dir a' 'dir a/b' 'file a/b/y' 'excluded a/c outside' 'dir config' \
		'file config/governed_roots.json' 'excluded evil unexpected' 'excluded frameworks outside' \
		'dir gates' 'file gates/g' 'dir lib' 'file lib/x' \
		'file lib/x.pyc' 'excluded scripts unexpected' 'excluded top unexpected'
	[ "$(jq -r 'select(.kind == "plane") | [.plane, .scope_hash] | @tsv' <<<"$output")" = \
		"ho3	sha256:$(sha256sum <config/governed_roots.json | cut -c1-64)" ]
}

@test "the scope file of an earlier system" {
	shared real/config/governed_roots.json
	bare
	mkdir -p config lib/__pycache__ registries/compiled docs
	cp "$shared" config/
	touch config/seal.json lib/__init__.py lib/__pycache__/m.pyc \
		registries/file_ownership.csv registries/compiled/packages.json
	run_status 0 cp-walk
	entries_are 'dir config' 'file config/governed_roots.json' 'file config/seal.json' 'dir docs' 'dir lib' \
		'excluded lib/__init__.py pattern **/__init__.py' 'dir lib/__pycache__' \
		'file lib/__pycache__/m.pyc' 'dir registries' \
		'excluded registries/compiled pattern registries/compiled/**' \
		'excluded registries/file_ownership.csv derived'
}

@test "a scope file that is none is never ignored" {
	bare
	for text in '' '{' '[]' '{}' '{"schema_version":"1.1"}' '{"schema_version":"2.0","governed_roots":["lib"]}' \
		'{"schema_version":"1.1","governed_roots":[]}' '{"schema_version":"1.1","governed_roots":"lib"}' \
		'{"schema_version":"1.1","governed_roots":["../x"]}' '{"schema_version":"1.1","governed_roots":["/"]}' \
		'{"schema_version":"1.1","governed_roots":[1]}' \
		'{"schema_version":"1.1","governed_roots":["a"],"governed_roots":["b"]}' \
		'{"schema_version":"1.1","governed_roots":["a"],"excluded_patterns":["[a"]}' \
		'{"schema_version":"1.1","governed_roots":["a"],"derived_registries":["lib/x"]}' \
		'{"schema_version":"1.1","governed_roots":["a"],"plane_id":3}'; do
		govern "$text"
		run_status 3 cp-walk || { echo "with: $text"; return 1; }
		[ -z "$output" ]
		err 'config/governed_roots.json: unable to tell what is governed: '
	done
	rm config/governed_roots.json
	ln -s /dev/null config/governed_roots.json
	run_status 3 cp-walk
}

@test "--exclude leaves out visibly, --plain knows no layout" {
	bare
	mkdir -p lib/sub ledger config
	touch lib/{a.o,b} lib/sub/c.o ledger/x config/p.o lib/p.pyc
	run_status 0 cp-walk --exclude '**/*.o' --exclude 'lib/p.pyc' --exclude 'lib/*/'
	entries_are 'dir config' 'file config/p.o' 'excluded ledger state' 'excluded ledger/x unexpected' 'dir lib' \
		'excluded lib/a.o pattern **/*.o' 'file lib/b' 'file lib/p.pyc' 'excluded lib/sub pattern lib/*/'
	run_status 0 cp-walk --plain --exclude '**/*.o'
	entries_are 'dir config' 'excluded config/p.o pattern **/*.o' 'dir ledger' 'file ledger/x' 'dir lib' \
		'excluded lib/a.o pattern **/*.o' 'file lib/b' 'file lib/p.pyc' 'dir lib/sub' \
		'excluded lib/sub/c.o pattern **/*.o'
	run_status 2 cp-walk --exclude '[a'
	run_status 2 cp-walk --exclude $'\xff'
}

@test "mounts are said, and --xdev stays out of them" {
	bare
	mkdir -p in/sub from
	touch from/x in/y
	unshare -m true 2>/dev/null || skip 'may not mount'
	run_sh 0 "unshare -m sh -c 'mount -t tmpfs none in/sub && touch in/sub/z &&
		mount --bind from/x in/y && cp-walk && cp-walk --xdev'"
	[ "$(jq -r 'select(.mount) | .path' <<<"$output" | sort | uniq -c | tr -s ' ')" = \
' 2 in/sub
 2 in/y' ]
	[ "$(grep -c in/sub/z <<<"$output")" -eq 1 ]
}

@test "a root that is none" {
	bare
	run_status 4 cp-walk --root nowhere
	err 'No such file or directory'
	[ -z "$output" ]
	touch file
	run_status 4 cp-walk --root file
	err 'Not a directory'
	[ -z "$output" ]
	mkdir shut
	chmod 700 shut
	if [ "$(id -u)" -eq 0 ]; then
		run_status 4 as_user cp-walk --root shut
		err 'Permission denied'
		hasnt '"end"'
	fi
	run_status 2 cp-walk operand
}

@test "an empty tree is a plane and an end" {
	bare
	run_status 0 cp-walk
	[ "$(jq -r .kind <<<"$output" | xargs)" = 'plane end' ]
}

@test "a root whose name is not UTF-8" {
	bare
	mkdir $'r\xff'
	touch $'r\xff/a'
	run_sh 0 'cp-walk --root r* | cp-hash --root r*'
	[ "$(jq -r 'select(.kind == "plane") | has("root"), (.root_b64 | @base64d | length > 3)' \
		<<<"$output" | xargs)" = 'false true' ]
	[ "$(jq -r 'select(.path == "a") | .hash' <<<"$output")" = "sha256:$(sha256sum </dev/null | cut -c1-64)" ]
}

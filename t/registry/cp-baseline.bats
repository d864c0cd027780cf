load ../helper
load registry
load ../fault/sweep

csv=registries/file_ownership.csv

# adopt_here OPTION...: baseline of the tree in $PWD.
adopt_here() {
	cp-walk | cp-hash | cp-baseline --owner PKG-TEST-001 "$@"
}

# refused CODE PATH: exactly this finding, status 1, and nothing written.
refused() {
	run_status 1 adopt_here
	findings_are "$1 $2"
	[ ! -e registries ]
}

# stream RECORD...: a whole stream of these behind a plane record.
stream() {
	printf '%s\n' "{\"kind\":\"plane\",\"root\":\"$PWD\"}" "$@"
	echo "{\"kind\":\"end\",\"count\":$(($# + 1)),\"status\":0,\"by\":\"test\"}"
}

@test "a tree is adopted: every file one row, sorted, and the sweep is clean" {
	plane bare
	ln -s ../lib/a docs/link
	chmod 4755 lib/b
	echo x >"$(printf 'docs/a,"b"\n\033')"
	echo x >'docs/=cmd|x'
	run_status 0 adopt_here --at 2026-01-31T01:19:18Z
	[ "$(jq -c 'select(.kind == "baseline") | [.path, .owner, .files, .hash]' <<<"$output")" = \
		"[\"$csv\",\"PKG-TEST-001\",6,\"sha256:$(sha256sum <$csv | cut -c-64)\"]" ]
	[ "$(stat -c %a $csv)" = 644 ]
	[ "$(head -n 1 $csv)" = file_path,owner_package_id,owner_spec_id,sha256,mode,classification,installed_at ]
	sum=$(sha256sum <'docs/=cmd|x' | cut -c-64)
	grep -qx "docs/=cmd|x,PKG-TEST-001,,sha256:$sum,0644,documentation,2026-01-31T01:19:18Z" $csv
	sum=$(printf ../lib/a | sha256sum | cut -c-64)
	grep -qx "docs/link,PKG-TEST-001,,sha256:$sum,link,documentation,.*" $csv
	grep -qx 'lib/b,.*,4755,library,.*' $csv
	run_status 0 cp-registry-read
	silent
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
	run_sh 0 'cp-csv-read registries/file_ownership.csv | cp-csv-write | cmp - registries/file_ownership.csv'
}

@test "spec, classification, time and another file" {
	plane bare
	run_status 0 adopt_here --spec SPEC-A-1 --classification word --at 2026-01-01T00:00:00Z ../out.csv
	jq -es --arg f ../out.csv '.[0] | .file == $f and (has("path") | not)
		and .spec == "SPEC-A-1"' <<<"$output"
	[ "$(tail -n +2 ../out.csv | cut -d, -f2,3,5- | sort -u)" = \
		PKG-TEST-001,SPEC-A-1,0644,word,2026-01-01T00:00:00Z ]
	[ ! -e registries ]
	run_status 1 adopt_here ../out.csv
	err 'it is there already'
}

@test "what the files are is told from their directory" {
	plane bare
	mkdir -p specs/S frameworks scripts tests other specs/S/manifest.yaml.d
	touch top specs/S/manifest.yaml specs/S/x frameworks/f scripts/s tests/t other/o specs/manifest.yaml
	run_status 0 adopt_here
	[ "$(tail -n +2 $csv | cut -d, -f1,6 | grep -v '^lib\|^docs')" = 'frameworks/f,law_doc
other/o,other
scripts/s,script
specs/S/manifest.yaml,spec_manifest
specs/S/x,spec_asset
specs/manifest.yaml,spec_manifest
tests/t,test
top,other' ]
}

@test "called wrongly: nothing is read, nothing changed" {
	plane bare
	tree_of . >"$BATS_TEST_TMPDIR/before"
	run_status 2 cp-baseline </dev/null
	for o in X PKG- pkg-a 'PKG-a' 'PKG-A,B' SPEC-A "PKG-A
B"; do
		run_status 2 cp-baseline --owner "$o" </dev/null
	done
	run_status 2 cp-baseline --owner PKG-A --spec PKG-A </dev/null
	run_status 2 cp-baseline --owner PKG-A --classification 'a,b' </dev/null
	run_status 2 cp-baseline --owner PKG-A --at yesterday </dev/null
	run_status 2 cp-baseline --owner PKG-A --at 2026-01-31T01:19:18+00:00 </dev/null
	run_status 2 cp-baseline --owner PKG-A one two </dev/null
	unset CONTROL_PLANE_ROOT
	run_status 2 cp-baseline --owner PKG-A </dev/null
	err 'CONTROL_PLANE_ROOT'
	tree_of . | diff "$BATS_TEST_TMPDIR/before" -
}

@test "a registry that is there stays, unless --force replaces it" {
	plane
	cp $csv "$BATS_TEST_TMPDIR/old"
	echo new >lib/new
	run_status 1 adopt_here
	err "$csv: unable to write the registry: it is there already (--force replaces it)"
	cmp $csv "$BATS_TEST_TMPDIR/old"
	run_status 0 adopt_here --force --dry-run
	jq -es '.[0] | .dry_run' <<<"$output"
	cmp $csv "$BATS_TEST_TMPDIR/old"
	run_status 0 adopt_here --force
	grep -q '^lib/new,' $csv
}

@test "--dry-run of a plane without a registry leaves no trace" {
	plane bare
	tree_of . >"$BATS_TEST_TMPDIR/before"
	run_status 0 adopt_here --dry-run
	has '"dry_run":true'
	tree_of . | diff "$BATS_TEST_TMPDIR/before" -
	[ ! -e .cp ]
}

@test "what the next sweep would report is refused, one finding each" {
	plane bare
	mkfifo lib/pipe
	refused TYPE lib/pipe
	rm lib/pipe
	touch "$(printf 'lib/\377')"
	run_status 1 adopt_here
	findings_are "NAME $(printf 'lib/\377' | base64)"
	[ ! -e registries ]
	rm lib/?
	touch lib/a lib/b
}

@test "a file and a directory that cannot be read are refused" {
	plane bare
	chmod 000 lib/a
	mkdir docs/closed
	chmod 000 docs/closed
	chmod 777 .
	run_status 1 as_user env CONTROL_PLANE_ROOT="$PWD" sh -c 'cp-walk | cp-hash | cp-baseline --owner PKG-A'
	findings_are 'UNREADABLE docs/closed' 'UNREADABLE lib/a'
	[ ! -e registries ]
}

@test "records that say changing, gone, mounted, unexpected are refused" {
	plane bare
	h=sha256:$empty_sum
	stream '{"kind":"file","path":"a","error":"CHANGING"}' '{"kind":"file","path":"b","error":"GONE"}' \
		"{\"kind\":\"file\",\"path\":\"c\",\"hash\":\"$h\",\"mode\":\"0644\",\"mount\":true}" \
		'{"kind":"dir","path":"d","mount":true}' \
		'{"kind":"excluded","path":"ledger/x","reason":"unexpected"}' \
		"{\"kind\":\"special\",\"path\":\"s\",\"filetype\":\"socket\",\"hash\":\"$h\"}" \
		"{\"kind\":\"file\",\"path\":\"z\",\"hash\":\"$h\",\"mode\":\"0644\"}" >in
	run_sh 1 'cp-baseline --owner PKG-A <in'
	findings_are 'CHANGING a' 'CHANGING b' 'MOUNT c' 'MOUNT d' 'UNEXPECTED ledger/x' 'TYPE s'
	[ ! -e registries ]
}

@test "an empty tree is not adopted" {
	plane bare
	rm -r lib docs
	run_status 1 adopt_here
	err 'unable to adopt the tree: there is no file in it'
	[ ! -e registries ]
}

@test "a stream that is cut, unsorted, unhashed, of nobody, of another plane changes nothing" {
	plane bare
	h=sha256:$empty_sum
	a="{\"kind\":\"file\",\"path\":\"a\",\"hash\":\"$h\",\"mode\":\"0644\"}"
	b="{\"kind\":\"file\",\"path\":\"b\",\"hash\":\"$h\",\"mode\":\"0644\"}"
	tree_of . >"$BATS_TEST_TMPDIR/before"
	run_sh 3 'cp-walk | cp-hash | head -n 3 | cp-baseline --owner PKG-A'
	err 'it has no end record'
	run_sh 3 'cp-walk | cp-baseline --owner PKG-A'
	err 'unable to use what is not hashed'
	stream "$b" "$a" >"$BATS_TEST_TMPDIR/in"
	run_status 3 cp-baseline --owner PKG-A <"$BATS_TEST_TMPDIR/in"
	err 'it is not in path order'
	stream "$a" "$a" >"$BATS_TEST_TMPDIR/in"
	run_status 3 cp-baseline --owner PKG-A <"$BATS_TEST_TMPDIR/in"
	printf '%s\n' "$a" '{"kind":"end","count":1,"status":0,"by":"x"}' >"$BATS_TEST_TMPDIR/in"
	run_status 3 cp-baseline --owner PKG-A <"$BATS_TEST_TMPDIR/in"
	err 'no plane record'
	stream "$a" | sed "s|$PWD|/nowhere|" >"$BATS_TEST_TMPDIR/in"
	run_status 3 cp-baseline --owner PKG-A <"$BATS_TEST_TMPDIR/in"
	stream "$a" | sed 's/"path":"a"/"path":"..\/a"/' >"$BATS_TEST_TMPDIR/in"
	run_status 3 cp-baseline --owner PKG-A <"$BATS_TEST_TMPDIR/in"
	stream "$a" | sed 's/"status":0/"status":1/' >"$BATS_TEST_TMPDIR/in"
	run_status 1 cp-baseline --owner PKG-A <"$BATS_TEST_TMPDIR/in"
	tree_of . | diff "$BATS_TEST_TMPDIR/before" -
}

@test "past genesis, behind a symlink: refused" {
	plane bare
	touch .genesis_complete
	run_status 1 adopt_here
	err 'past its genesis'
	rm .genesis_complete
	ln -s /tmp registries
	run_sh 4 'cp-walk | cp-hash --quiet | cp-baseline --owner PKG-A'
	err 'unable to open registries'
	rm registries
}

@test "while another change is under way: refused, and not afterwards" {
	need python3
	plane bare
	mkdir -p .cp
	cp-walk | cp-hash >../walked
	mkfifo ../ready ../go
	python3 -c 'import fcntl
f = open(".cp/lock", "w")
fcntl.lockf(f, fcntl.LOCK_EX)
open("../ready", "w").close()
open("../go").close()' 3>&- &
	: <../ready
	run_sh 4 'cp-baseline --owner PKG-TEST-001 <../walked'
	err 'it is being changed, or swept'
	run_status 4 cp-walk
	err 'it is being changed'
	[ ! -e registries ]
	: >../go
	wait $!
	run_status 0 adopt_here
}

@test "more rows than are kept in memory" {
	plane bare
	seq -f '{"kind":"file","path":"f%07g","hash":"sha256:'$empty_sum'","mode":"0644"}' 1 200000 >recs
	{
		echo "{\"kind\":\"plane\",\"root\":\"$PWD\"}"
		cat recs
		echo '{"kind":"end","count":200001,"status":0,"by":"x"}'
	} >"$BATS_TEST_TMPDIR/in"
	rm recs
	run_status 0 cp-baseline --owner PKG-A <"$BATS_TEST_TMPDIR/in"
	jq -es '.[0] | .files == 200000' <<<"$output"
	[ "$(jq -r 'select(.hash) | .hash' <<<"$output")" = "sha256:$(sha256sum <$csv | cut -c-64)" ]
	[ "$(wc -l <$csv)" -eq 200001 ]
}

# Whatever happens at whichever call, the registry is the old one or the new one, and the next run succeeds.
old_or_new() {
	cmp -s $csv ../old || cmp -s $csv ../new || { echo "the registry is neither old nor new"; return 1; }
	[ "$status" -ne 0 ] || cmp $csv ../new || return 1
	cp-baseline --owner PKG-NEW --at 2026-01-01T00:00:00Z --force <../in >/dev/null && cmp $csv ../new &&
		[ "$(ls -A registries)" = file_ownership.csv ]
}

@test "the new registry is synced before it takes the name, and its directory after" {
	plane bare
	cp-walk | cp-hash >../in
	[ -e "$CP_BUILD/shim.so" ]
	FAULT_LOG=$BATS_TEST_TMPDIR/calls ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 \
		LD_PRELOAD=$CP_BUILD/shim.so cp-baseline --owner PKG-NEW <../in >/dev/null
	calls=$(sed -nE 's|^[0-9]+ [0-9]+ (f[a-z]*sync\|rename)[a-z0-9]* (.*/)?([^/]*)$|\1 \3|p' "$BATS_TEST_TMPDIR/calls" | tail -n 3)
	[ "$calls" = 'fsync .file_ownership.csv.new
rename .file_ownership.csv.new
fsync registries' ]
}

@test "killed or failed at any call, the registry is wholly old or wholly new" {
	plane bare
	run_status 0 adopt_here --at 2026-01-01T00:00:00Z
	cp $csv ../old
	cp-walk | cp-hash >../in
	sed 's/PKG-TEST-001/PKG-NEW/' ../old >../new
	for what in kill ENOSPC EIO; do
		fault_sweep -d "$what" -p cp-baseline 'cp ../old registries/file_ownership.csv' \
			'cp-baseline --owner PKG-NEW --at 2026-01-01T00:00:00Z --force <../in' old_or_new
		[ "$fault_points" -ge 3 ]
	done
}

@test "killed at any call of the first adoption, there is no registry or the new one" {
	plane bare
	cp-walk | cp-hash >../in
	none_or_new() {
		[ ! -e $csv ] || cmp $csv ../new || return 1
		cp-baseline --owner PKG-NEW --at 2026-01-01T00:00:00Z --force <../in >/dev/null && cmp $csv ../new
	}
	run_status 0 cp-baseline --owner PKG-NEW --at 2026-01-01T00:00:00Z <../in
	cp $csv ../new
	fault_sweep -p cp-baseline 'rm -rf registries .cp' \
		'cp-baseline --owner PKG-NEW --at 2026-01-01T00:00:00Z <../in' none_or_new
	[ "$fault_points" -ge 5 ]
}

@test "what a kill leaves beside the registry is neither adopted nor reported" {
	plane bare
	mkdir registries
	echo rest >registries/.file_ownership.csv.new
	run_status 0 adopt_here
	[ "$(grep -c '\.new' $csv)" -eq 0 ]
	[ "$(ls -A registries)" = file_ownership.csv ]
	echo rest >registries/.file_ownership.csv.new
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
}

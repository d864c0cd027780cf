load ../helper
load ../fault/sweep

sweep='cp-walk | cp-hash | cp-own-diff'

setup() {
	plane
}

stray() {
	mkdir -p lib/deep/er
	printf 'stray\n' >lib/stray
	printf 'deep\n' >lib/deep/er/stray
	chmod 751 lib/stray
}

# Every file and link outside .cp, and what it is.
tree() {
	find . -path ./.cp -prune -o \( -type f -o -type l -o -type p \) -printf '%p %y %m %l ' -exec sh -c \
		'[ ! -f "$1" ] || sha256sum <"$1"; echo' sh {} \; | LC_ALL=C sort
}

jailed() {
	(cd .cp/quarantine/"$1"/files && find . ! -type d | LC_ALL=C sort)
}

@test "orphans are moved, recorded, listed and put back as they were" {
	stray
	before=$(tree)
	run_sh 1 "$sweep | cp-quarantine --id one --reason 'found by night'"
	silent
	[ "$(jq -r 'select(.kind == "quarantined").path' <<<"$output")" = $'lib/deep/er/stray\nlib/stray' ]
	[ "$(jailed one)" = $'./deep/er/stray\n./stray' ] || [ "$(jailed one)" = $'./lib/deep/er/stray\n./lib/stray' ]
	[ ! -e lib/stray ] && [ ! -e lib/deep/er/stray ] && [ -d lib/deep/er ]
	[ "$(stat -c %a .cp .cp/quarantine .cp/quarantine/one | sort -u)" = 700 ]
	m=.cp/quarantine/one/manifest.jsonl
	jq -es '.[0].kind == "quarantine" and .[0].id == "one" and .[0].reason == "found by night" and
		(.[0].time | endswith("Z")) and .[-1].kind == "end" and .[-1].count == 3' $m >/dev/null
	[ "$(jq -r 'select(.path == "lib/stray") | "\(.mode) \(.size) \(.hash)"' $m)" = \
		"0751 6 sha256:$(printf 'stray\n' | sha256sum | cut -c1-64)" ]
	run_sh 0 "$sweep"
	run_sh 0 'cp-quarantine --list'
	[ "$(jq -r 'select(.path) | .id + " " + .path' <<<"$output")" = $'one lib/deep/er/stray\none lib/stray' ]
	chmod 600 .cp/quarantine/one/files/lib/stray
	run_sh 0 'cp-quarantine --restore one'
	[ "$(jq -r 'select(.kind == "restored").path' <<<"$output")" = $'lib/deep/er/stray\nlib/stray' ]
	[ "$(tree)" = "$before" ]
	[ -z "$(ls -A .cp/quarantine)" ]
	run_sh 1 'cp-quarantine --restore one'
	err 'there is no such quarantine'
}

@test "what it writes keeps its schemas" {
	stray
	run_sh 1 "$sweep | cp-quarantine --id one"
	run_sh 1 'cp-schema-check <.cp/quarantine/one/manifest.jsonl >/dev/null || exit 5; exit 1'
	run_sh 0 'cp-quarantine --restore one | cp-schema-check'
}

@test "nothing to move: nothing is made" {
	run_sh 0 "$sweep | cp-quarantine"
	is '{"kind":"end","count":0,"status":0,"by":"cp-quarantine"}'
	[ ! -e .cp/quarantine ]
}

@test "owned files that changed are left alone" {
	echo more >>lib/a
	chmod 600 lib/b
	run_sh 1 "$sweep | cp-quarantine"
	[ -f lib/a ] && [ -f lib/b ] && [ ! -e .cp/quarantine ]
}

@test "--dry-run says what would be moved or put back and writes nothing" {
	stray
	rm -rf .cp
	run_sh 1 "$sweep | cp-quarantine --dry-run"
	[ "$(jq -r 'select(.kind == "quarantined" and .dry_run).path' <<<"$output")" = $'lib/deep/er/stray\nlib/stray' ]
	[ ! -e .cp ]
	run_sh 1 "$sweep | cp-quarantine --id x"
	before=$(find . -printf '%p %i %T@ %C@\n' | sort)
	run_sh 0 'cp-quarantine --restore x --dry-run'
	[ "$(jq -r 'select(.kind == "restored" and .dry_run).path' <<<"$output")" = $'lib/deep/er/stray\nlib/stray' ]
	[ "$(find . -printf '%p %i %T@ %C@\n' | sort)" = "$before" ]
}

@test "ids: the time by default, unique, refused when taken or odd" {
	touch lib/x
	run_sh 1 "$sweep | cp-quarantine"
	id=$(ls .cp/quarantine)
	[[ $id =~ ^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$ ]]
	touch lib/y
	run_sh 1 "$sweep | cp-quarantine --id $id"
	err 'there is one of that name'
	[ -e lib/y ]
	for odd in ../x .x a/b ''; do
		run_sh 2 "cp-quarantine --id '$odd' </dev/null"
		run_sh 2 "cp-quarantine --restore '$odd' </dev/null"
	done
	run_sh 2 'cp-quarantine --restore a --list </dev/null'
	run_sh 2 'cp-quarantine --code MODIFIED </dev/null'
}

@test "a device is called what cp-walk calls it" {
	mknod lib/null c 1 3 2>/dev/null || skip 'no right to make a device'
	run_sh 1 'cp-walk | cp-hash | cp-own-diff | cp-quarantine --code TYPE | tee ../moved | cp-schema-check --known'
	has '"pass":true'
	grep -q '"path":"lib/null","filetype":"char"' ../moved
}

@test "symlinks, fifos and names that are not UTF-8 only when asked for" {
	ln -s /etc/passwd lib/link
	mkfifo lib/pipe
	touch lib/$'\xff' lib/$'a\nb'
	before=$(tree)
	run_sh 1 "$sweep | cp-quarantine --id plain"
	[ "$(jailed plain)" = $'./lib/a\nb' ]
	run_sh 1 "$sweep | cp-quarantine --id all --code TYPE --code NAME"
	[ "$(jailed all | wc -l)" -eq 3 ]
	[ "$(readlink .cp/quarantine/all/files/lib/link)" = /etc/passwd ]
	[ -p .cp/quarantine/all/files/lib/pipe ]
	run_sh 0 "$sweep"
	run_sh 0 'cp-quarantine --restore all'
	run_sh 0 'cp-quarantine --restore plain'
	[ "$(tree)" = "$before" ]
}

@test "a directory in the place of an owned file stays" {
	rm lib/a
	mkdir lib/a
	touch lib/a/x
	run_sh 1 "$sweep | cp-quarantine --code TYPE"
	has 'a directory is left where it is'
	[ -e lib/a/x ]
}

# forge PATH...: a stream that says these are orphans.
forge() {
	local p
	for p; do
		jq -nc --arg p "$p" \
			'{kind: "finding", code: "ORPHAN", severity: "error", path: $p, detail: "", by: "x"}'
	done >"$BATS_TEST_TMPDIR/in"
	printf '{"kind":"end","count":%d,"status":1,"by":"x"}\n' $# >>"$BATS_TEST_TMPDIR/in"
}

@test "what is gone, changed its kind or lies behind a link is left alone, the rest is moved" {
	stray
	mkdir -p "$BATS_TEST_TMPDIR/out"
	touch "$BATS_TEST_TMPDIR/out/file"
	ln -s "$BATS_TEST_TMPDIR/out" lib/out
	forge lib/gone lib/out/file lib/stray
	run_sh 1 'cp-quarantine --id q <"$BATS_TEST_TMPDIR/in"'
	findings_are 'CHANGING lib/gone' 'CHANGING lib/out/file'
	[ -e "$BATS_TEST_TMPDIR/out/file" ]
	[ "$(jailed q)" = ./lib/stray ]
}

@test "paths that leave the plane, and the plane's own state, are refused before anything moves" {
	stray
	mkdir ledger
	touch ledger/packages.jsonl
	before=$(tree)
	for p in ../x /etc/passwd lib/../../x .cp/lock ledger/packages.jsonl registries/file_ownership.csv; do
		forge lib/stray "$p"
		run_sh 3 'cp-quarantine <"$BATS_TEST_TMPDIR/in"'
		[ "$(tree)" = "$before" ]
		[ ! -e .cp/quarantine ] || [ -z "$(ls -A .cp/quarantine)" ]
	done
}

@test "a cut stream, one of another plane and one that failed move nothing" {
	stray
	before=$(tree)
	run_sh 3 "$sweep | head -n 2 | cp-quarantine"
	run_sh 3 "$sweep --pass | cp-quarantine --root $BATS_TEST_TMPDIR"
	run_sh 3 'echo "{\"kind\":\"end\",\"count\":0,\"status\":3,\"by\":\"x\"}" | cp-quarantine'
	[ "$(tree)" = "$before" ]
}

@test "a plane that is locked is status 4, and nothing moves" {
	need flock
	stray
	forge lib/stray
	mkdir -p .cp
	run_status 4 flock --fcntl .cp/lock cp-quarantine <"$BATS_TEST_TMPDIR/in" || {
		python3 - "$BATS_TEST_TMPDIR/in" <<-'EOF' || skip 'no way to hold a lock here'
			import fcntl, struct, subprocess, sys, os
			f = open(".cp/lock", "w")
			fcntl.lockf(f, fcntl.LOCK_EX)
			sys.exit(subprocess.run(["cp-quarantine"], stdin=open(sys.argv[1])).returncode != 4)
		EOF
	}
	[ -e lib/stray ]
}

@test "restore replaces nothing and follows nothing" {
	stray
	run_sh 1 "$sweep | cp-quarantine --id q"
	echo other >lib/stray
	run_sh 1 'cp-quarantine --restore q --dry-run'
	findings_are 'OCCUPIED lib/stray'
	run_sh 1 'cp-quarantine --restore q'
	findings_are 'OCCUPIED lib/stray'
	[ "$(cat lib/stray)" = other ] && [ "$(cat lib/deep/er/stray)" = deep ]
	[ "$(jailed q)" = ./lib/stray ]
	rm -r lib/stray
	mv lib lib.away
	ln -s "$BATS_TEST_TMPDIR" lib
	run_sh 1 'cp-quarantine --restore q'
	findings_are 'OCCUPIED lib/stray'
	[ ! -e "$BATS_TEST_TMPDIR/stray" ]
	rm lib
	run_sh 0 'cp-quarantine --restore q'
	[ "$(cat lib/stray)" = stray ]
}

@test "what was tampered with in quarantine is not put back" {
	stray
	run_sh 1 "$sweep | cp-quarantine --id q"
	echo evil >>.cp/quarantine/q/files/lib/stray
	run_sh 1 'cp-quarantine --restore q'
	findings_are 'MODIFIED lib/stray'
	[ ! -e lib/stray ] && [ -e lib/deep/er/stray ]
	sed -i '$d' .cp/quarantine/q/manifest.jsonl
	run_sh 3 'cp-quarantine --restore q'
	err 'no end record'
	run_sh 3 'cp-quarantine --list'
	[ -e .cp/quarantine/q/files/lib/stray ]
}

# Each of these is in its place or in quarantine, named by a manifest; never in both, never in neither.
accounted() {
	local p n
	for p in lib/deep/er/stray lib/link lib/stray; do
		n=0
		[ ! -e "$p" ] && [ ! -L "$p" ] || n=1
		for m in .cp/quarantine/*/manifest.jsonl; do
			[ -e "$m" ] || continue
			f=$(dirname "$m")/files/$p
			{ [ ! -e "$f" ] && [ ! -L "$f" ]; } || { n=$((n + 1)) && grep -qF "\"$p\"" "$m"; } || return 1
		done
		[ "$n" -eq 1 ] || { echo "$p is in $n places"; return 1; }
	done
	n=$(cp-quarantine --list 2>/dev/null | grep -c '"path"')
	[ "$(find .cp -name '*stray' -o -name link | wc -l)" -eq "$n" ]
}

fresh() {
	rm -rf "$PWD/.cp" lib/stray lib/deep lib/link
	stray
	ln -s a lib/link
}

all_back() {
	local q
	for q in .cp/quarantine/*; do
		[ ! -e "$q/manifest.jsonl" ] || cp-quarantine --restore "${q##*/}" >/dev/null || return 1
	done
	cmp "$BATS_TEST_TMPDIR/tree" <(tree)
}

@test "a kill or a failure at any call of a move leaves each thing in one place, and all of it comes back" {
	fresh
	tree >"$BATS_TEST_TMPDIR/tree"
	cp-walk | cp-hash | cp-own-diff >"$BATS_TEST_TMPDIR/in" || :
	check() {
		accounted && all_back
	}
	for what in kill EIO ENOSPC EXDEV; do
		# shellcheck disable=SC2016
		fault_sweep -d "$what" -p cp-quarantine fresh \
			'cp-walk | cp-hash | cp-own-diff | cp-quarantine --code TYPE' check
	done
}

@test "a kill or a failure at any call of a restore leaves each thing in one place, and the next restore finishes" {
	fresh
	tree >"$BATS_TEST_TMPDIR/tree"
	jail() {
		fresh
		cp-walk | cp-hash | cp-own-diff | cp-quarantine --code TYPE --id q >/dev/null || [ $? -eq 1 ]
	}
	check() {
		accounted && all_back && { cp-quarantine --list | grep -c '"path"' || :; } >/dev/null &&
			[ ! -e .cp/quarantine/q/manifest.jsonl ]
	}
	for what in kill EIO ENOSPC; do
		fault_sweep -d "$what" -p cp-quarantine jail 'cp-quarantine --restore q' check
	done
}

load ../helper
load ../registry/project

setup() {
	mkdir "$BATS_TEST_TMPDIR/p"
	cd "$BATS_TEST_TMPDIR/p" || return
	law
	for id in PKG-A PKG-B; do
		mkdir -p "libs/$id/sub"
		printf %s "$id 1.0.0 a" >"libs/$id/a.py"
		printf %s "$id 1.0.0 b" >"libs/$id/sub/b.py"
		installed "$id" 1.0.0
	done
	cp-project >/dev/null
}

# judge STATUS
judge() {
	run_sh "$1" 'cp-walk | cp-hash | cp-gate-g0-package'
}

@test "a plane whose files are all those of installed packages passes; all that came in goes on" {
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/tree"
	run_sh 0 "cp-gate-g0-package <'$BATS_TEST_TMPDIR/tree'"
	silent
	findings_are
	has '"gate":"G0-PACKAGE","pass":true,"checked":4,"findings":0'
	has '"anchor":"ledger"'
	diff <(sed '$d' "$BATS_TEST_TMPDIR/tree") <(sed '$d' <<<"$output" | grep -v '"kind":"verdict"')
}

@test "an orphan, a tampered file, a missing one" {
	echo x >libs/PKG-A/new.py
	echo x >libs/PKG-A/a.py
	rm libs/PKG-B/a.py
	judge 1
	findings_are 'MODIFIED libs/PKG-A/a.py' 'ORPHAN libs/PKG-A/new.py' 'MISSING libs/PKG-B/a.py'
}

@test "a tampered file whose registry was altered with it is not what its manifest says" {
	echo x >libs/PKG-A/a.py
	sed -i "s/$(hash 'PKG-A 1.0.0 a')/sha256:$(sha256sum <libs/PKG-A/a.py | cut -c1-64)/" registries/file_ownership.csv
	judge 1
	findings_are 'STALE registries/file_ownership.csv'
	has '"gate":"G0-PACKAGE","pass":false'
}

@test "an owner that is not installed any more, or never was" {
	event packages UNINSTALLED '{package_id: "PKG-B", version: "1.0.0"}'
	judge 1
	findings_are 'STALE registries/file_ownership.csv' 'UNRECORDED libs/PKG-B/a.py'
	has 'Owner not installed: PKG-B'
	sed -i 's/PKG-B,/PKG-GHOST,/' registries/file_ownership.csv
	judge 1
	has 'no entry of the ledger knows PKG-GHOST'
}

@test "a manifest that is not the one of its entry, and a ledger that does not hold" {
	jq '.assets[0].hash = "'"$(hash x)"'"' manifests/PKG-A/1.0.0/package.manifest.json >m
	mv m manifests/PKG-A/1.0.0/package.manifest.json
	judge 1
	has '"code":"MODIFIED"'
	has 'manifests/PKG-A/1.0.0'
	sed -i '2s/"PKG-A"/"PKG-C"/' ledger/packages.jsonl
	judge 1
	has '"code":"ALTERED"'
	: >ledger/packages.jsonl
	judge 3
	hasnt '"kind":"verdict"'
}

@test "without a ledger only the registry speaks, and the verdict says that nothing vouches for it" {
	rm -r ledger
	judge 0
	has '"anchor":"none"'
	echo x >libs/PKG-A/a.py
	judge 1
	findings_are 'MODIFIED libs/PKG-A/a.py'
}

@test "a verdict of its own, a cut stream, a changed registry, nothing to judge" {
	run_sh 3 'cp-walk | cp-hash | cp-gate-g0-package | cp-gate-g0-package'
	err 'verdict of G0-PACKAGE already'
	run_sh 3 "cp-walk | cp-hash | sed '\$d' | cp-gate-g0-package"
	hasnt '"kind":"verdict"'
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/tree"
	echo >>registries/file_ownership.csv
	run_sh 3 "cp-gate-g0-package <'$BATS_TEST_TMPDIR/tree'"
}

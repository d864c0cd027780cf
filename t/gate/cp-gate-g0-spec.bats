load ../helper
load ../spec/law

setup() {
	plane bare
	law frameworks/FMWK-900/FMWK-900_test.md
	spec specs/SPEC-TEST-900/manifest.yaml
	sed -i 's|  - docs/a.md|  - docs/readme.md\n  - specs/SPEC-TEST-900/manifest.yaml|' specs/SPEC-TEST-900/manifest.yaml
	mkdir -p libs/PKG-TEST-900
	echo 'int a;' >libs/PKG-TEST-900/a.c
	mv docs/readme docs/readme.md
	own SPEC-TEST-900
}

# own SPEC: a registry of all there is, in which that spec owns what it lists.
own() {
	mkdir -p registries
	rm -f registries/file_ownership.csv
	{
		echo file_path,owner_package_id,owner_spec_id,sha256,mode,classification,installed_at
		cp-walk | cp-hash | jq -r --arg spec "$1" 'select(.kind == "file") | .path as $p |
			[$p, "PKG-TEST-900", (if ($p | test("^(libs|specs|docs)/")) then $spec else "" end), .hash, .mode, "", ""] |
			join(",")'
	} >"$BATS_TEST_TMPDIR/registry"
	mv "$BATS_TEST_TMPDIR/registry" registries/file_ownership.csv
}

judge() { run_sh "$1" 'cp-walk | cp-hash | cp-gate-g0-spec'; }

chain() { findings_are 'CHAIN docs/readme.md' 'CHAIN libs/PKG-TEST-900/a.c' 'CHAIN specs/SPEC-TEST-900/manifest.yaml'; }

@test "a plane whose chain is whole; all that came in goes on" {
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/tree"
	run_sh 0 "cp-gate-g0-spec <'$BATS_TEST_TMPDIR/tree'"
	silent
	findings_are
	has '"gate":"G0-SPEC","pass":true,"checked":6,"findings":0'
	diff <(sed '$d' "$BATS_TEST_TMPDIR/tree") <(sed '$d' <<<"$output" | grep -v '"kind":"verdict"')
	run_sh 0 'cp-walk | cp-hash | cp-gate-g0b | cp-gate-g0-spec | cp-enforce --require G0B,G0-SPEC'
}

@test "a spec that is not there" {
	own SPEC-OTHER
	judge 1
	chain
	has 'Unknown spec owner: there is no spec SPEC-OTHER'
	run_sh 1 'cp-walk | cp-hash | cp-gate-g0b | cp-gate-g0-spec | cp-enforce --require G0B,G0-SPEC'
}

@test "a spec or a framework that is not in force, or not there" {
	sed -i 's/status: active/status: draft/' specs/*/manifest.yaml
	judge 1
	chain
	has 'Broken chain: the spec SPEC-TEST-900 is draft'
	sed -i 's/status: draft/status: active/; s/FMWK-900/FMWK-901/' specs/*/manifest.yaml
	judge 1
	chain
	has 'Broken chain: SPEC-TEST-900 is under FMWK-901, and there is no such framework'
	sed -i 's/FMWK-901/FMWK-900/' specs/*/manifest.yaml
	sed -i 's/status: active/status: deprecated/' frameworks/*/*.md
	judge 1
	chain
	has 'Broken chain: SPEC-TEST-900 is under FMWK-900, which is deprecated'
	sed -i '/framework_id/d' specs/*/manifest.yaml
	judge 1
	has 'Broken chain: the spec SPEC-TEST-900 names no framework'
}

@test "a file that its spec does not list, and one that the law does not allow" {
	sed -i '/readme/d' specs/*/manifest.yaml
	judge 1
	findings_are 'CHAIN docs/readme.md'
	has 'Broken chain: SPEC-TEST-900 does not list it among its assets'
	sed -i 's|  - libs|  - docs/readme.md\n  - libs|' specs/*/manifest.yaml
	judge 0
	sed -i 's|docs/\*\.md|docs/*.txt|' frameworks/*/*.md
	judge 1
	findings_are 'UNAUTHORIZED docs/readme.md'
}

@test "a file of another package than the pattern's" {
	sed -i 's/PKG-TEST-900,SPEC/PKG-OTHER,SPEC/' registries/file_ownership.csv
	judge 1
	findings_are 'UNAUTHORIZED libs/PKG-TEST-900/a.c'
}

@test "the registry must be the one the walk saw" {
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/tree"
	own SPEC-OTHER
	run_sh 3 "cp-gate-g0-spec <'$BATS_TEST_TMPDIR/tree'"
	err 'the registry changed since the walk'
	hasnt verdict
}

@test "rows of a registry are judged as well, and assets" {
	run_sh 0 'cp-registry-read | cp-gate-g0-spec'
	has '"checked":6'
	run_sh 1 'printf "%s\n" "{\"kind\":\"asset\",\"target\":\"docs/x\",\"spec_owner\":\"SPEC-X\"}" >a; cp-end cat a | cp-gate-g0-spec'
	findings_are 'CHAIN docs/x'
	run_sh 0 'printf "%s\n" "{\"kind\":\"asset\",\"target\":\"docs/readme.md\",\"spec_owner\":null}" >a; cp-end cat a | cp-gate-g0-spec'
	run_sh 3 'printf "%s\n" "{\"kind\":\"asset\",\"target\":\"../x\"}" >a; cp-end cat a | cp-gate-g0-spec'
}

@test "a document of the plane that cannot be read is no answer" {
	: >frameworks/FMWK-901_empty.md
	judge 3
	err 'frameworks/FMWK-901_empty.md: unable to read the law document'
	rm frameworks/FMWK-901_empty.md
	echo 'a: [' >specs/SPEC-TEST-900/manifest.yaml
	judge 3
	hasnt verdict
}

@test "a verdict of its own, a cut stream, an unsorted one, nothing to judge" {
	run_sh 3 'cp-walk | cp-hash | cp-gate-g0-spec | cp-gate-g0-spec'
	run_sh 3 'cp-walk | cp-hash | sed "\$d" | cp-gate-g0-spec'
	hasnt verdict
	run_sh 3 'cp-walk | cp-hash | sed "\$d" | tac >a; { grep plane a; grep -v plane a; } >b; cp-end cat b | cp-gate-g0-spec'
	run_sh 1 'printf "" | cp-end | cp-gate-g0-spec'
	has '"pass":false,"checked":0'
}

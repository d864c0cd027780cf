load ../helper
load law

setup() {
	plane bare
	law frameworks/FMWK-900/FMWK-900_test.md
	echo '{}' >frameworks/FMWK-900/compliance.json
	spec specs/SPEC-TEST-900/manifest.yaml
	sed -i 's|  - docs/a.md|  - docs/readme.md\n  - specs/SPEC-TEST-900/manifest.yaml|' specs/SPEC-TEST-900/manifest.yaml
	mkdir -p libs/PKG-TEST-900 installed/PKG-TEST-900 registries
	echo '{}' >installed/PKG-TEST-900/receipt.json
	echo 'int a;' >libs/PKG-TEST-900/a.c
	mv docs/readme docs/readme.md
	rm -r lib
	own '^(libs|specs|docs)/'
}

# own REGEX: all there is belongs to the package, and what fits also to the spec.
own() {
	rm -f registries/file_ownership.csv
	{
		echo file_path,owner_package_id,owner_spec_id,sha256
		cp-walk | cp-hash | jq -r --arg re "$1" 'select(.kind == "file") | .path as $p |
			[$p, "PKG-TEST-900", (if ($p | test($re)) then "SPEC-TEST-900" else "" end), .hash] | join(",")'
	} >"$BATS_TEST_TMPDIR/registry"
	mv "$BATS_TEST_TMPDIR/registry" registries/file_ownership.csv
}

# gaps_are LINE...: "SUBJECT ID-OR-PATH LACKS REASON" of each gap, as they came; without the files that have no spec by
# intent.
gaps_are() {
	diff -u --label expected --label gaps <(printf '%s\n' "$@" | sed '/^$/d') <(jq -r 'select(.kind == "gap") |
		"\(.subject) \(.id // .path) \(.lacks) \(.reason)"' <<<"$output" | grep -v '^file frameworks/.* spec ') && return
	show_run
	return 1
}

@test "a plane without a gap, but for the law that no spec owns" {
	run_status 1 cp-gap
	silent
	gaps_are ''
	[ "$(jq -c 'select(.kind == "gap") | [.path, .lacks, .package_id]' <<<"$output")" = \
		'["frameworks/FMWK-900/FMWK-900_test.md","spec","PKG-TEST-900"]
["frameworks/FMWK-900/compliance.json","spec","PKG-TEST-900"]' ]
	sed -i '/^frameworks/d' registries/file_ownership.csv
	rm -r frameworks/FMWK-900/compliance.json
	run_status 1 cp-gap
	gaps_are 'framework FMWK-900 companion no compliance.json says what a machine can check of it' \
		'file frameworks/FMWK-900/FMWK-900_test.md owner no package owns it'
}

@test "files: without owner, without spec, with a broken chain" {
	echo x >docs/stray.md
	run_status 1 cp-gap
	gaps_are 'file docs/stray.md owner no package owns it'
	rm docs/stray.md
	own '^(libs|specs)/'
	run_status 1 cp-gap
	gaps_are 'file docs/readme.md spec it has a package, but no spec, so no framework allows it'
	own '^(libs|specs|docs)/'
	sed -i '/readme/d' specs/*/manifest.yaml
	run_status 1 cp-gap
	gaps_are 'file docs/readme.md chain Broken chain: SPEC-TEST-900 does not list it among its assets'
	sed -i 's|docs/\*\.md|docs/*.txt|' frameworks/*/*.md
	sed -i 's|  - libs|  - docs/readme.md\n  - libs|' specs/*/manifest.yaml
	run_status 1 cp-gap
	gaps_are 'file docs/readme.md authorization no path authorization of FMWK-900 allows it'
	ln -s readme.md docs/link.md
	run_status 1 cp-gap
	has '"path":"docs/link.md","subject":"file","lacks":"owner"'
}

@test "specs and frameworks: not registered, no document, nothing under them, a broken chain" {
	printf 'framework_id,title,status,version,plane_id,created_at\nFMWK-901,A,active,1.0.0,ho3,2026-01-01T00:00:00Z\n' \
		>registries/frameworks_registry.csv
	printf 'spec_id,title,framework_id,status,version,plane_id,created_at\n%s\n' \
		'SPEC-B,A,FMWK-900,active,1.0.0,ho3,2026-01-01T00:00:00Z' >registries/specs_registry.csv
	spec specs/SPEC-C/manifest.yaml
	sed -i 's/SPEC-TEST-900/SPEC-C/; s/FMWK-900/FMWK-999/' specs/SPEC-C/manifest.yaml
	own '^(libs|specs/SPEC-T|docs)'
	run_status 1 cp-gap
	gaps_are 'framework FMWK-900 registration frameworks_registry.csv does not list it' \
		'framework FMWK-901 document it is registered, but the plane has no document of it' \
		'file specs/SPEC-C/manifest.yaml spec it has a package, but no spec, so no framework allows it' \
		'spec SPEC-C chain Broken chain: SPEC-C is under FMWK-999, and there is no such framework' \
		'spec SPEC-C registration specs_registry.csv does not list it' \
		'spec SPEC-C files the ownership registry gives it no file' \
		'spec SPEC-TEST-900 registration specs_registry.csv does not list it' \
		'spec SPEC-B document it is registered, but the plane has no document of it'
}

@test "what a framework lacks of what every law document has, with its line" {
	sed -i -e '/^- plane/d' -e 's/^## Change/## Other/' -e 's/^- G0-SPEC/- none/' frameworks/*/*.md
	run_status 1 cp-gap
	gaps_are 'framework FMWK-900 metadata it has no plane' 'framework FMWK-900 section it has no section Change Control' \
		'framework FMWK-900 clause the gate none is no id of a gate: G, then capital letters, digits and -'
	[ "$(jq 'select(.lacks == "clause").line' <<<"$output")" = 22 ]
}

@test "packages: no receipt, no row, no spec, no id" {
	rm installed/PKG-TEST-900/receipt.json
	own '^none'
	sed -i 's/^docs\(.*\)PKG-TEST-900/docs\1somebody/' registries/file_ownership.csv
	run_status 1 cp-gap
	[ "$(jq -r 'select(.subject == "package") | "\(.id) \(.lacks)"' <<<"$output")" = 'PKG-TEST-900 receipt
PKG-TEST-900 spec
somebody package
somebody spec' ]
}

@test "the real plane's frameworks and specs, with its registries" {
	shared real/frameworks >/dev/null
	rm -r frameworks specs registries libs docs
	mkdir frameworks specs registries
	cp "$shared"/*.md frameworks/
	for f in "$(shared real/specs)"/*.yaml; do
		mkdir "specs/$(basename "$f" .yaml)"
		cp "$f" "specs/$(basename "$f" .yaml)/manifest.yaml"
	done
	cp "$(shared real/registries)"/{file_ownership,frameworks_registry,specs_registry,packages_registry}.csv registries/
	run_status 1 cp-gap
	silent
	has '"id":"FMWK-SHELL-001","lacks":"registration"'
	has '"id":"SPEC-PROMPT-001","lacks":"document"'
	sections=$(cat "$CP_TOP"/t/golden/law/FMWK* | grep -c ' error SECTION ')
	[ "$(jq -r 'select(.lacks == "section").id' <<<"$output" | wc -l)" -eq "$sections" ]
	run_sh 1 'cp-gap | cp-show'
}

@test "a plane that cannot be read is no plane without gaps" {
	rm registries/file_ownership.csv
	run_status 4 cp-gap
	hasnt '"end"'
	own x
	: >frameworks/FMWK-901_empty.md
	run_status 3 cp-gap
	rm frameworks/FMWK-901_empty.md
	echo x >registries/specs_registry.csv
	run_status 3 cp-gap
	err registries/specs_registry.csv
	run_status 4 cp-gap --root nothing
}

load ../helper
load ../spec/law

hash=sha256:$(printf %064d 0)

setup() {
	plane bare
	law frameworks/FMWK-900/FMWK-900_test.md
	spec specs/SPEC-TEST-900/manifest.yaml
	dependencies='[]' conflicts='[]' type=library requires='' version=1.0.0 target=libs/PKG-TEST-900/a.c owner=SPEC-TEST-900
}

# registered ROW...: id,version,deps,conflicts,status of each package that the registry lists.
registered() {
	local header=id,name,entity_type,category,version,source,source_type,digest,signature,attestation_path,attestation_digest
	header+=,attestation_signature_path,platform,arch,deps,conflicts,license,artifact_path,output_type,output_path,status,selected
	header+=,priority,owner,created_at,source_spec_id,content_hash
	mkdir -p registries
	{
		echo "$header"
		for row; do
			jq -rn --arg row "$row" --arg header "$header" '($row | split(";")) as $r |
				{id: $r[0], version: $r[1], deps: $r[2], conflicts: $r[3], status: $r[4]} as $given |
				$header | split(",") | map($given[.] // "" | if test(",") then "\"\(.)\"" else . end) | join(",")'
		done
	} >registries/packages_registry.csv
}

# stream: the records of the package that the variables describe.
stream() {
	jq -nc --arg type "$type" --arg version "$version" --arg requires "$requires" --argjson d "$dependencies" \
		--argjson c "$conflicts" '{kind: "package", path: "p.tar.gz", archive_hash: $ENV.hash, manifest: ({schema_version: "1.1",
		package_id: "PKG-TEST-900", version: $version, type: $type, dependencies: $d, conflicts: $c} +
		if $requires == "" then {} else {spec_id: "SPEC-TEST-900", requires_framework: $requires} end)}'
	jq -nc --arg target "$target" --arg owner "$owner" '{kind: "asset", source: "a.c", hash: $ENV.hash, plane: "ho3",
		type: "library", spec_owner: (if $owner == "" then null else $owner end), target: $target}'
}

closed() {
	cat >"$BATS_TEST_TMPDIR/in"
	cat "$BATS_TEST_TMPDIR/in"
	printf '{"kind":"end","count":%d,"status":0,"by":"test"}\n' "$(wc -l <"$BATS_TEST_TMPDIR/in")"
}

# judge STATUS
judge() {
	export hash
	stream | closed >"$BATS_TEST_TMPDIR/stream"
	run_sh "$1" "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
}

details() {
	jq -r 'select(.kind == "finding").detail' <<<"$output"
}

@test "a package in order passes, byte for byte; its verdict is about the archive" {
	judge 0
	silent
	diff <(sed '$d' "$BATS_TEST_TMPDIR/stream") <(grep -v '"kind":"\(verdict\|end\)"' <<<"$output")
	has '"gate":"G1","pass":true,"checked":2,"findings":0,"subject":"'"$hash"'"'
	run_sh 0 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream' | cp-enforce --require G1"
}

@test "an asset whose spec is not there, or not of this file" {
	owner=SPEC-OTHER
	judge 1
	findings_are "CHAIN $target"
	has 'there is no spec SPEC-OTHER'
	owner=SPEC-TEST-900 target=libs/PKG-TEST-900/z.c
	judge 1
	has 'does not list it among its assets'
}

@test "law that is not in force" {
	sed -i 's/status: active/status: draft/' frameworks/*/*.md
	judge 1
	has 'is under FMWK-900, which is draft'
	rm -r frameworks
	judge 1
	has 'there is no such framework'
}

@test "a spec names the one framework that it is under" {
	type=spec requires=FMWK-900
	judge 0
	requires=FMWK-901
	judge 1
	findings_are 'CHAIN PKG-TEST-900'
}

@test "a target that no path authorization allows" {
	target=etc/passwd owner=
	type=spec requires=FMWK-900
	judge 1
	findings_are 'CHAIN etc/passwd' 'UNAUTHORIZED etc/passwd'
}

@test "what a package needs is there, in range, and no conflict" {
	dependencies='[{"package_id":"PKG-B-001","version":">=1.0.0,<2.0.0"}]'
	judge 1
	findings_are 'MISSING -'
	registered 'PKG-B-001;1.4.0;;;active'
	judge 0
	registered 'PKG-B-001;2.0.0;;;active'
	judge 1
	findings_are 'RANGE -'
	registered 'PKG-B-001;1.4.0;;;retired'
	judge 1
	findings_are 'MISSING -'
	registered 'PKG-B-001;1.4.0;PKG-C-001;;active'
	judge 1
	findings_are 'MISSING -'
	registered 'PKG-B-001;1.4.0;PKG-TEST-900;;active'
	judge 1
	findings_are 'CYCLE -'
	registered 'PKG-B-001;1.4.0;;PKG-TEST-900;active'
	judge 1
	findings_are 'CONFLICT -'
	registered 'PKG-B-001;1.4.0;;;active'
	conflicts='[{"package_id":"PKG-B-001"}]'
	judge 1
	findings_are 'CONFLICT -'
}

@test "who depends on it must accept its new version; its own former one does not count" {
	registered 'PKG-TEST-900;0.9.0;PKG-GONE-001;;active' 'PKG-B-001;1.0.0;PKG-TEST-900 <2.0.0;;active'
	judge 0
	version=2.0.0
	judge 1
	findings_are 'RANGE -'
}

@test "a range or an id that is none is found; a list that is none cannot be judged" {
	dependencies='[{"package_id":"PKG-B-001","version":">>1"}]'
	registered 'PKG-B-001;1.4.0;;;active'
	judge 1
	findings_are 'FIELD -'
	dependencies='[{"package_id":"../x"}]'
	judge 1
	findings_are 'FIELD -'
	dependencies='{"PKG-B-001":"1"}'
	judge 3
	dependencies='[7]'
	judge 3
	dependencies='[]' version=1.0
	judge 3
}

@test "a stream that is not of one package is not judged" {
	export hash
	run_sh 3 "{ printf '%s\n' '$(stream | tail -n 1)'; } | cp-end | cp-gate-g1"
	err 'an asset comes before its package'
	stream >"$BATS_TEST_TMPDIR/one"
	cat "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/one" | closed >"$BATS_TEST_TMPDIR/stream"
	run_sh 3 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	err 'more than one package'
	run_sh 3 "cp-gate-g1 <'$BATS_TEST_TMPDIR/one'"
	hasnt '"kind":"verdict"'
	closed </dev/null >"$BATS_TEST_TMPDIR/stream"
	run_sh 1 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	target=../x
	judge 3
}

@test "law that comes with the package stands in front of it" {
	export hash
	rm -r specs
	spec "$BATS_TEST_TMPDIR/spec.yaml"
	cp-spec-read "$BATS_TEST_TMPDIR/spec.yaml" | sed '$d' >"$BATS_TEST_TMPDIR/law"
	judge 1
	{ cat "$BATS_TEST_TMPDIR/law"; stream; } | closed >"$BATS_TEST_TMPDIR/stream"
	run_sh 0 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	{ stream; cat "$BATS_TEST_TMPDIR/law"; } | closed >"$BATS_TEST_TMPDIR/stream"
	run_sh 3 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	err 'law stands behind'
}

load ../helper
load ../spec/law

hash=sha256:$(printf %064d 0)

setup() {
	plane bare
	law frameworks/FMWK-900/FMWK-900_test.md
	spec specs/SPEC-TEST-900/manifest.yaml
	framework='' goes=null
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
		--argjson c "$conflicts" --argjson goes "$goes" --arg framework "$framework" \
		'{kind: "package", path: "p.tar.gz", archive_hash: $ENV.hash,
		manifest: ({schema_version: "1.1", package_id: "PKG-TEST-900", version: $version,
		type: $type, dependencies: $d, conflicts: $c} +
		if $goes == null then {} else {output: $goes} end +
		if $type == "framework" then {framework_id: "FMWK-900"} elif $framework != "" then {framework_id: $framework} else {} end +
		if $requires == "" then {} else {spec_id: "SPEC-TEST-900", requires_framework: $requires} end)}'
	jq -nc --arg target "$target" --arg owner "$owner" '{kind: "asset", source: "a.c", hash: $ENV.hash, plane: "ho3",
		type: (if $target | startswith("frameworks/") then "law_doc" elif $target | startswith("specs/") then "spec"
			else "library" end),
		spec_owner: (if $owner == "" then null else $owner end), target: $target} |
		if $target == "" then del(.target) else . end'
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

@test "a library without spec and framework is nobody's law business, not even where there is no law" {
	owner=
	judge 0
	has '"checked":2'
	rm -r frameworks specs
	judge 0
	target=etc/cron.d/x
	judge 0
}

@test "an extension has its files anywhere: it needs law that says where, and one outside of the plane does not" {
	owner=
	goes='{"type":"extension","path":"docs"}' target=docs/a.md
	judge 1
	findings_are 'UNAUTHORIZED docs/a.md'
	owner=SPEC-TEST-900
	judge 0
	owner='' goes='{"type":"external","path":"/srv"}' target=
	judge 0
	goes='{"type":"module"}'
	judge 3
}

@test "a package brings its framework: the law document needs no law, what else it has does" {
	export hash
	rm -r specs
	cp-law-read frameworks/FMWK-900/FMWK-900_test.md | sed '$d' >"$BATS_TEST_TMPDIR/law"
	rm -r frameworks
	owner='' type=framework target=frameworks/FMWK-900/FMWK-900_test.md
	judge 1
	has 'framework_id is FMWK-900, and there is no such framework'
	with_law() {
		{ cat "$BATS_TEST_TMPDIR/law"; stream; } | closed >"$BATS_TEST_TMPDIR/stream"
		run_sh "$1" "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	}
	with_law 0
	target=libs/PKG-TEST-900/a.c
	with_law 0
	for target in libs/PKG-OTHER/a.c frameworks/FMWK-901/FMWK-901_x.md frameworks/FMWK-900/x/y frameworks/FMWK-9000; do
		with_law 1
		findings_are "UNAUTHORIZED $target"
	done
	target=frameworks/FMWK-900/FMWK-900_test.md
	sed -i 's/"status":"active"/"status":"draft"/' "$BATS_TEST_TMPDIR/law"
	with_law 1
	has 'which is draft'
	type=library
	sed -i 's/"status":"draft"/"status":"active"/' "$BATS_TEST_TMPDIR/law"
	framework=FMWK-900
	with_law 1
	findings_are 'UNAUTHORIZED PKG-TEST-900' "UNAUTHORIZED $target"
}

@test "a package brings its spec: the document is not listed in itself" {
	export hash
	rm -r specs
	spec "$BATS_TEST_TMPDIR/spec.yaml"
	cp-spec-read "$BATS_TEST_TMPDIR/spec.yaml" | sed '$d' >"$BATS_TEST_TMPDIR/law"
	type=spec requires=FMWK-900 owner=''
	for target in specs/SPEC-TEST-900/manifest.yaml specs/SPEC-TEST-900/other.yaml; do
		{ cat "$BATS_TEST_TMPDIR/law"; stream; } | closed >"$BATS_TEST_TMPDIR/stream"
		[ "${target##*/}" = manifest.yaml ] && status_is=0 || status_is=1
		run_sh "$status_is" "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	done
	findings_are "CHAIN $target"
}

@test "law that comes with the package stands in front of it" {
	export hash
	rm -r specs
	spec "$BATS_TEST_TMPDIR/spec.yaml"
	cp-spec-read "$BATS_TEST_TMPDIR/spec.yaml" | sed '$d' >"$BATS_TEST_TMPDIR/law"
	judge 1
	{ cat "$BATS_TEST_TMPDIR/law"; stream; } | closed >"$BATS_TEST_TMPDIR/stream"
	run_sh 1 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	has 'may bring its own law alone'
	type=spec requires=FMWK-900
	{ cat "$BATS_TEST_TMPDIR/law"; stream; } | closed >"$BATS_TEST_TMPDIR/stream"
	run_sh 0 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	{ stream; cat "$BATS_TEST_TMPDIR/law"; } | closed >"$BATS_TEST_TMPDIR/stream"
	run_sh 3 "cp-gate-g1 <'$BATS_TEST_TMPDIR/stream'"
	err 'law stands behind'
}

load ../helper
load law

setup() { cd "$BATS_TEST_TMPDIR"; }

# judge STATUS: spec.yaml under law.md
judge() {
	[ -e law.md ] || law
	run_sh "$1" 'cp-law-read law.md >l; cp-spec-read spec.yaml >s; cp-merge l s | cp-spec-check'
}

# edit SED...: the good spec, changed, is read and judged.
edit() {
	spec
	sed -i "$@" spec.yaml
	judge 1
}

@test "nothing is wrong with a spec that keeps the law" {
	spec
	judge 0
	located_are ''
	has '"gate":"SPEC","pass":true,"checked":1,"findings":0'
}

@test "the real specs under the real frameworks, as somebody found who read them" {
	shared real/specs >/dev/null
	specs=$shared
	run_status 1 sh -c 'cp-law-read "$1"/*.md >l; cp-spec-read "$2"/*.yaml >s; cp-merge l s | cp-spec-check' sh \
		"$(shared real/frameworks)" "$specs"
	golden specs
	has '"checked":22'
}

@test "without a law at hand the assets are not held against it, and it is said" {
	spec
	run_sh 0 'cp-spec-read spec.yaml | cp-spec-check'
	located_are 'spec.yaml:3 warning CHAIN FMWK-900 is not at hand: the assets were not held against it'
	run_sh 1 'cp-spec-read spec.yaml | cp-spec-check --fail-on warning'
}

@test "the plane's own frameworks and specs are at hand" {
	plane
	law frameworks/FMWK-900/FMWK-900_test.md
	spec specs/SPEC-TEST-900/manifest.yaml
	run_sh 0 'cp-spec-read specs/SPEC-TEST-900/manifest.yaml | cp-spec-check --root .'
	located_are ''
	sed -i 's/SPEC-TEST-900/SPEC-TEST-901/' specs/SPEC-TEST-900/manifest.yaml
	run_sh 1 'cp-spec-read specs/SPEC-TEST-900/manifest.yaml | cp-spec-check --root .'
	located_are 'specs/SPEC-TEST-900/manifest.yaml:1 error METADATA it is SPEC-TEST-901, but lies in the directory of SPEC-TEST-900'
	sed -i 's/FMWK-900/FMWK-901/' specs/SPEC-TEST-900/manifest.yaml
	run_sh 1 'cp-spec-read specs/SPEC-TEST-900/manifest.yaml | cp-spec-check --root .'
	[[ $(located) == *'error CHAIN there is no framework FMWK-901'* ]]
	ln -s ../docs/readme frameworks/FMWK-902_link.md
	mkdir frameworks/x
	: >frameworks/x/FMWK-903_empty.md
	run_sh 3 'cp-spec-read specs/SPEC-TEST-900/manifest.yaml | cp-spec-check --root .'
	err 'frameworks/x/FMWK-903_empty.md: unable to read the law document: an empty document'
}

@test "fields: missing, of the wrong type, unknown, empty" {
	for f in spec_id title framework_id status version plane_id; do
		edit "/^$f:/d"
		[[ $(located) == *"spec.yaml:- error METADATA it has no $f"* ]]
		edit "s/^$f:.*/$f: 5/"
		[[ $(located) == *":$(grep -n "^$f" spec.yaml | cut -d: -f1) error METADATA $f is not text"* ]]
	done
	edit 's/^framework_id:.*/framework_id: [FMWK-900, FMWK-901]/'
	[[ $(located) == *'spec.yaml:3 error METADATA framework_id is not text: a spec has exactly one framework'* ]]
	edit '$a tier: T3'
	located_are 'spec.yaml:20 error METADATA tier is no field of a spec'
	edit '/^  - libs/d; /^  - docs/d; s/^assets:/assets: []/'
	located_are 'spec.yaml:7 error METADATA assets is empty'
	edit 's/^invariants:/invariants: x/; /MUST run/d'
	located_are 'spec.yaml:13 error METADATA invariants is not a list'
	edit 's/"It MUST run"/5/'
	located_are 'spec.yaml:14 error METADATA what invariants lists is not text'
}

@test "ids, version, status, plane" {
	edit '1s/SPEC-TEST-900/SPEC_1/'
	[[ $(located) == *'spec.yaml:1 error METADATA spec_id is no id of a spec: SPEC_1'* ]]
	edit 's/FMWK-900/FMWK-x/'
	[[ $(located) == *'spec.yaml:3 error METADATA framework_id is no id of a framework: FMWK-x'* ]]
	edit 's/1\.0\.0/1.0.x/'
	located_are 'spec.yaml:5 error METADATA the version 1.0.x lacks a number'
	edit 's/status: active/status: proposed/'
	located_are 'spec.yaml:4 error METADATA status is none of draft, active and deprecated: proposed'
	edit 's/ho3/ho0/'
	located_are 'spec.yaml:6 error METADATA plane_id is none of ho3, ho2 and ho1: ho0'
}

@test "assets: exact paths that the law allows, each once" {
	edit 's|docs/a.md|docs/*.md|'
	located_are 'spec.yaml:9 error ASSET docs/*.md is a pattern: assets are exact paths'
	edit 's|docs/a.md|../a.md|'
	located_are 'spec.yaml:9 error ASSET the path ../a.md has a .. component'
	edit 's|docs/a.md|/docs/a.md|'
	located_are 'spec.yaml:9 error ASSET the path /docs/a.md is absolute'
	edit 's|docs/a.md|5|'
	located_are 'spec.yaml:9 error ASSET an asset that is no path'
	edit 's|docs/a.md|docs/x/a.md|'
	located_are 'spec.yaml:9 error UNAUTHORIZED no path authorization of FMWK-900 allows docs/x/a.md'
	edit 's|docs/a.md|specs/SPEC-OTHER/a.md|'
	located_are 'spec.yaml:9 error UNAUTHORIZED no path authorization of FMWK-900 allows specs/SPEC-OTHER/a.md'
	spec
	sed -i 's|docs/a.md|specs/SPEC-TEST-900/a.md|' spec.yaml
	judge 0
	edit 's|docs/a.md|libs/PKG-TEST-900/a.c|'
	located_are 'spec.yaml:9 error DUPLICATE libs/PKG-TEST-900/a.c is listed twice'
	spec
	sed -i 's|- docs/a.md|- path: docs/a.md|' spec.yaml
	judge 0
	located_are 'spec.yaml:7 warning SPELLING assets are objects, where a list of paths is asked for'
}

@test "a framework that is not there, not active, or allows nothing" {
	edit 's/FMWK-900/FMWK-901/'
	located_are 'spec.yaml:3 error CHAIN there is no framework FMWK-901'
	law
	sed -i 's/status: active/status: deprecated/' law.md
	spec
	judge 1
	located_are 'spec.yaml:3 error CHAIN it is active, but its framework FMWK-900 is deprecated'
	sed -i 's/status: active/status: draft/' spec.yaml
	judge 0
	law
	sed -i '/^## Path/d; /^- `/d' law.md
	spec
	judge 1
	located_are 'spec.yaml:7 error UNAUTHORIZED FMWK-900 authorizes no path, so no asset is allowed (2)'
}

@test "acceptance and interfaces" {
	edit '/^acceptance/,/bats/d'
	located_are 'spec.yaml:- error METADATA it has no acceptance'
	edit 's/^  tests:/  trials:/'
	located_are 'spec.yaml:15 error METADATA acceptance has tests and checks, not trials' \
		'spec.yaml:15 error METADATA acceptance has neither test nor check'
	edit 's/- "bats t"/- ""/'
	located_are 'spec.yaml:17 error METADATA what acceptance/tests lists is not text'
	edit 's/- name: run/- nam: run/'
	located_are 'spec.yaml:11 error METADATA an interface without a name'
}

# other ID [DEPENDS]: writes another spec
other() {
	spec "$1.yaml"
	sed -i "s/SPEC-TEST-900/$1/; /^  - libs/d; s|docs/a.md|docs/$1.md|" "$1.yaml"
	[ $# -lt 2 ] || printf 'dependencies:\n  - spec_id: %s\n' "$2" >>"$1.yaml"
}

@test "dependencies: there, with the interfaces that are used, and no circle" {
	law
	other SPEC-A SPEC-B
	other SPEC-B SPEC-C
	other SPEC-C
	run_sh 0 'cp-law-read law.md >l; cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	printf '    interfaces: [run]\n' >>SPEC-A.yaml
	run_sh 0 'cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	printf '    interfaces: [run, walk]\n' >>SPEC-B.yaml
	run_sh 1 'cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	located_are 'SPEC-B.yaml:21 error DEPENDENCY SPEC-C has no interface walk'
	other SPEC-B SPEC-C
	other SPEC-C SPEC-A
	run_sh 1 'cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	located_are 'SPEC-C.yaml:20 error DEPENDENCY SPEC-C depends on SPEC-A, which depends on it'
	other SPEC-C SPEC-C
	run_sh 1 'cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	located_are 'SPEC-C.yaml:20 error DEPENDENCY SPEC-C depends on SPEC-C, which depends on it'
	other SPEC-C SPEC-D
	run_sh 1 'cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	located_are 'SPEC-C.yaml:20 error DEPENDENCY there is no spec SPEC-D'
	other SPEC-C PKG-D
	run_sh 1 'cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	located_are 'SPEC-C.yaml:20 error DEPENDENCY a dependency that names no spec: PKG-D'
}

@test "a file of two specs, and two specs of one id" {
	law
	other SPEC-A
	other SPEC-B
	sed -i 's|docs/SPEC-B.md|docs/SPEC-A.md|' SPEC-B.yaml
	run_sh 1 'cp-law-read law.md >l; cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	located_are 'SPEC-B.yaml:8 error DUPLICATE docs/SPEC-A.md belongs to SPEC-A, too'
	other SPEC-B
	sed -i 's/^spec_id: SPEC-B/spec_id: SPEC-A/' SPEC-B.yaml
	run_sh 1 'cp-spec-read SPEC-*.yaml >s; cp-merge l s | cp-spec-check'
	located_are 'SPEC-B.yaml:1 error DUPLICATE SPEC-A is also the spec in SPEC-A.yaml'
}

@test "a chain of ten thousand specs is walked without running out of stack" {
	seq 1 10000 | awk '{ printf "SPEC-%d SPEC-%d\n", $1, $1 % 10000 + 1 }' | jq -Rc 'split(" ") |
		{kind: "spec", spec_id: .[0], document: {spec_id: .[0], dependencies: [{spec_id: .[1]}]}}' >r
	(
		ulimit -s 256
		run_sh 1 'cp-end cat r | cp-spec-check | grep -c "which depends on it"'
		is 1
	) || [[ $CP_BUILD == *asan* ]]
}

@test "records that are made up" {
	for r in '{"kind":"spec"}' '{"kind":"spec","document":[]}' \
		'{"kind":"spec","spec_id":"SPEC-A","document":{"spec_id":7,"assets":[[]],"interfaces":[2]},"lines":[],"assets":[1]}' \
		'{"kind":"spec","document":{"dependencies":[1,{}],"acceptance":{"tests":3}}}' \
		'{"kind":"spec","document":{"a/b~":1},"lines":{"/a~1b~0":-1}}'; do
		printf '%s\n' "$r" >r
		run_sh 1 'cp-end cat r | cp-spec-check'
		has '"pass":false'
	done
	run_sh 3 'cp-spec-read spec.yaml 2>/dev/null | cp-spec-check'
}

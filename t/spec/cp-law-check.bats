load ../helper
load law

setup() { cd "$BATS_TEST_TMPDIR"; }

# judge STATUS: law.md
judge() { run_sh "$1" 'cp-law-read law.md | cp-law-check'; }

# edit SED...: the good document, changed, is read and judged.
edit() {
	law
	sed -i "$@" law.md
	judge 1
}

@test "nothing is wrong with the template's like" {
	law
	judge 0
	located_are ''
	has '"kind":"verdict","gate":"LAW","pass":true,"checked":1,"findings":0'
	[ "$(jq -r .kind <<<"$output" | paste -sd' ')" = 'framework verdict end' ]
}

@test "the real documents: what is wrong in each, as somebody found who read them" {
	shared real/frameworks >/dev/null
	n=0
	for f in "$shared"/*.md; do
		run_sh 1 'cp-law-read "$1" | cp-law-check' <"$f" 2>/dev/null || :
		run_status 1 sh -c 'cp-law-read "$1" | cp-law-check' sh "$f"
		golden "$(basename "$f" .md)"
		n=$((n + 1))
	done
	[ "$n" -eq 11 ]
}

@test "they read well" {
	shared real/frameworks >/dev/null
	run_status 1 sh -c 'cp-law-read "$1" | cp-law-check | cp-show --format tap' sh "$shared/FMWK-000_governance_framework.md"
	has 'PROHIBITED'
}

@test "each section that is missing, empty, twice, or of another level" {
	for s in Metadata Invariants 'Path Authorizations' 'Required Gates' 'Change Control' 'Security Posture'; do
		edit "s/^## $s/## Something/"
		[[ $(located) == *"law.md:- error SECTION it has no section $s"* ]]
	done
	edit '/^- G/d'
	located_are 'law.md:21 error SECTION the section Required Gates lists nothing'
	edit '$a ## Change Control\n- code_change'
	located_are 'law.md:32 error SECTION a second section Change Control'
	law
	sed -i 's/^## Security/### Security/' law.md
	judge 0
	located_are 'law.md:30 warning SPELLING the section Security Posture is not of the second level'
}

@test "metadata: missing and wrong" {
	edit '/^- framework_id/d'
	located_are 'law.md:1 error METADATA framework_id stands in the title alone'
	edit -e '/^- framework_id/d' -e '1s/.*/# Test Law/'
	located_are 'law.md:- error METADATA it has no framework_id'
	for f in version status plane; do
		edit "/^- $f/d"
		located_are "law.md:- error METADATA it has no $f"
	done
	edit -e 's/FMWK-900/FMWK-9a/'
	located_are 'law.md:4 error METADATA framework_id is no id of a framework: FMWK-9a'
	edit 's/1\.2\.0/1.2/'
	located_are 'law.md:5 error METADATA the version lacks one of its three numbers'
	edit 's/1\.2\.0/** 1.2.0/'
	[[ $(located) == 'law.md:5 error METADATA the version '* ]]
	edit 's/status: active/status: approved/'
	located_are 'law.md:6 error METADATA the status is none of draft, active and deprecated'
	edit 's/plane: ho3/plane: ho4/'
	located_are 'law.md:7 error METADATA the plane is none of ho3, ho2 and ho1'
	edit '1d'
	located_are 'law.md:- error METADATA it does not begin with a title: # FMWK-ID: Title'
}

@test "metadata that contradict one another" {
	edit '1s/900/901/'
	located_are 'law.md:1 error METADATA framework_id is FMWK-901, but FMWK-900 in line 4'
	edit '/^- plane/a - version: 1.3.0'
	located_are 'law.md:8 error METADATA version is 1.3.0, but 1.2.0 in line 5'
	law
	sed -i '2a **Status:** ACTIVE\n' law.md
	judge 0
	located_are 'law.md:3 warning SPELLING metadata spelled as lines in bold: the template has - name: value'
}

@test "rules without a level" {
	edit 's/\[MUST\]/MUST/'
	located_are 'law.md:10 error CLAUSE a rule without its level: [MUST], [MUST NOT], [SHOULD], [SHOULD NOT] or [MAY]'
	edit 's/\[MUST\]/[SHALL]/'
	located_are 'law.md:10 error CLAUSE a rule of an unknown level: [SHALL]'
	edit 's/\[MUST\].*/[MUST]/'
	located_are 'law.md:10 error CLAUSE a rule that says nothing'
	edit 's/^- \[[A-Z ]*\]/-/'
	located_are 'law.md:10 error CLAUSE 5 items, and none is a rule with its level: - [MUST] rule'
}

@test "path authorizations that are none" {
	for p in '/lib/**' 'lib//*' 'lib/../*' './*' 'lib/*/' 'lib/{pkg}/*' 'lib/}*' 'lib/[a' 'lib/<tier>/*' 'lib/* x'; do
		edit "s|docs/\*\.md|$p|"
		[[ $(located) == "law.md:19 error CLAUSE the pattern $p "* ]]
	done
	edit 's|docs/\*\.md|docs/a.md|'
	located_are 'law.md:19 error PROHIBITED the path of one file: docs/a.md'
	law
	sed -i 's|docs/\*\.md|specs/{spec_id}/**|' law.md
	judge 0
	located_are 'law.md:19 warning CLAUSE the pattern specs/{spec_id}/** is listed twice'
}

@test "gates and types of work orders" {
	edit 's/G0-SPEC/g0/'
	located_are 'law.md:23 error CLAUSE the gate g0 is no id of a gate: G, then capital letters, digits and -'
	edit 's/spec_delta/anything/'
	located_are 'law.md:28 error CLAUSE the type anything is no type of work order'
}

@test "what may not be there" {
	edit '$a - `lib/a.py` and `run(x)`'
	located_are 'law.md:32 error PROHIBITED the path of one file: lib/a.py' \
		'law.md:32 error PROHIBITED a function: run(x)'
	edit '$a \\n```sh\nmake\n```'
	located_are 'law.md:33 error PROHIBITED commands, 3 lines'
}

@test "two documents of one id" {
	law a.md
	law b.md
	run_sh 1 'cp-law-read a.md b.md | cp-law-check'
	located_are 'b.md:4 error DUPLICATE FMWK-900 is also the framework in a.md'
}

@test "nothing judged is nothing passed; a stream that is cut has no verdict" {
	run_sh 1 'printf "" | cp-end | cp-law-check'
	has '"pass":false,"checked":0'
	law
	run_sh 3 'cp-law-read law.md | head -n 1 | cp-law-check'
	hasnt verdict
}

@test "records that are made up" {
	for r in '"metadata":{}' '"framework_id":7,"metadata":[],"sections":{},"invariants":3' \
		'"metadata":{"fields":[1,{"name":2}],"unreadable":1},"sections":[1],"invariants":[null],"content":[{}]'; do
		printf '{"kind":"framework",%s}\n' "$r" >r
		run_sh 1 'cp-end cat r | cp-law-check'
		has '"pass":false'
	done
}

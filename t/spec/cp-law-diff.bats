load ../helper
load law

setup() {
	cd "$BATS_TEST_TMPDIR"
	law old.md
}

# amend STATUS VERSION SED...: the old document, changed, under that version.
amend() {
	local status=$1 version=$2
	shift 2
	law new.md
	sed -i -e "s/version: 1.2.0/version: $version/" "$@" new.md
	run_status "$status" cp-law-diff old.md new.md
}

# amended: "SECTION CHANGE NEEDS TEXT" of each amendment
amended() {
	jq -r 'select(.kind == "amendment") | "\(.section) \(.change) \(.needs) \(.text)"' <<<"$output"
}

@test "nothing amended" {
	run_status 0 cp-law-diff old.md old.md
	is '{"kind":"end","count":0,"status":0,"by":"cp-law-diff"}'
	amend 0 1.2.1 -e '$a \\nMore words.'
	[ -z "$(amended)" ]
	amend 1 1.2.0 -e '$a \\nMore words.'
	located_are 'new.md:- error METADATA the version grew by nothing, but what changed needs a new patch version'
}

@test "what needs a new major version, says so at its line, and is quiet once it has one" {
	while IFS='|' read -r sed what line; do
		for v in 1.2.0 1.2.1 1.3.0; do
			amend 1 "$v" -e "$sed"
			[[ $(located) == "$line error BREAKING "* ]]
			[ "$(amended)" = "$what" ]
			[ "$(located | wc -l)" -eq 2 ]
		done
		amend 0 2.0.0 -e "$sed"
		located_are ''
		[ "$(amended)" = "$what" ]
	done <<-'EOF'
		/^- \[MUST\]/d|invariants removed major Every file has an owner|old.md:10
		s/\[MUST\]/[SHOULD]/|invariants changed major Every file has an owner|new.md:10
		s/\[MUST NOT\]/[MUST]/|invariants changed major Nobody owns a file twice|new.md:11
		s/\[MAY\]/[MUST]/|invariants changed major Files are empty|new.md:14
		/\[MAY\]/a - [MUST NOT] Files are full|invariants added major Files are full|new.md:15
		/docs/d|path_authorizations removed major docs/*.md|old.md:19
		/G0-SPEC/d|required_gates removed major G0-SPEC|old.md:23
		/G0-SPEC/a - G1|required_gates added major G1|new.md:24
		/spec_delta/d|change_control removed major spec_delta|old.md:28
		/Fail-closed/a - Sealed|security_posture added major Sealed|new.md:32
		s/ho3/ho2/|metadata changed major plane|new.md:7
	EOF
}

@test "what a minor version is enough for" {
	while IFS='|' read -r sed what; do
		amend 1 1.2.1 -e "$sed"
		located_are 'new.md:- error METADATA the version grew by patch, but what changed needs a new minor version'
		amend 0 1.3.0 -e "$sed"
		[ "$(amended)" = "$what" ]
	done <<-'EOF'
		/\[SHOULD\]/d|invariants removed minor Names are short
		s/\[SHOULD\]/[MAY]/|invariants changed minor Names are short
		/docs/a - `texts/*`|path_authorizations added minor texts/*
		/spec_delta/a - dependency_add|change_control added minor dependency_add
	EOF
}

@test "a wider pattern takes nothing away" {
	amend 0 1.3.0 -e 's|docs/\*\.md|docs/**|'
	[ "$(amended)" = 'path_authorizations added minor docs/**' ]
	amend 1 1.3.0 -e 's|docs/\*\.md|docs/a*.md|'
	[[ $(amended) == *'path_authorizations removed major docs/*.md'* ]]
}

@test "a version that goes back, that is none, or another framework" {
	amend 1 1.1.9
	located_are 'new.md:- error METADATA the version went back'
	amend 1 1.2
	located_are 'new.md:- error METADATA the version lacks one of its three numbers'
	amend 1 1.2.1 -e 's/FMWK-900/FMWK-901/'
	located_are 'new.md:- error METADATA it is FMWK-901, but the earlier one is FMWK-900'
}

@test "before 1.0.0 a minor version is enough" {
	sed -i 's/1\.2\.0/0.2.0/' old.md
	amend 0 0.3.0 -e '/^- \[MUST\]/d'
	amend 1 0.2.1 -e '/^- \[MUST\]/d'
}

@test "what cannot be read" {
	: >new.md
	run_status 3 cp-law-diff old.md new.md
	err 'new.md: unable to read the law document: an empty document'
	hasnt '"end"'
	run_status 4 cp-law-diff old.md nothing.md
	run_status 2 cp-law-diff old.md
}

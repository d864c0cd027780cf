# shellcheck shell=bash
# Law documents and specs for tests.

# law [FILE]: writes a law document that nothing is wrong with.
law() {
	mkdir -p "$(dirname "${1:-law.md}")"
	cat >"${1:-law.md}" <<'EOF'
# FMWK-900: Test Law

## Metadata
- framework_id: FMWK-900
- version: 1.2.0
- status: active
- plane: ho3

## Invariants
- [MUST] Every file has an owner
- [MUST NOT] Nobody owns a file twice
- [SHOULD] Names are short
- [SHOULD NOT] Names are funny
- [MAY] Files are empty

## Path Authorizations
- `libs/{package_id}/**`
- `specs/{spec_id}/**`
- `docs/*.md`

## Required Gates
- G0-PACKAGE
- G0-SPEC
- G-INTEGRITY

## Change Control
- code_change
- spec_delta

## Security Posture
- Fail-closed on all gate failures
EOF
}

# spec [FILE]: a spec that nothing is wrong with.
spec() {
	mkdir -p "$(dirname "${1:-spec.yaml}")"
	cat >"${1:-spec.yaml}" <<'EOF'
spec_id: SPEC-TEST-900
title: Test
framework_id: FMWK-900
status: active
version: 1.0.0
plane_id: ho3
assets:
  - libs/PKG-TEST-900/a.c
  - docs/a.md
interfaces:
  - name: run
    description: Runs
invariants:
  - "It MUST run"
acceptance:
  tests:
    - "bats t"
non_goals:
  - "It does NOT fly"
EOF
}

# shellcheck disable=SC2154 # of run_status
# located: "FILE:LINE SEVERITY CODE DETAIL" of each finding in $output, as they came.
located() {
	jq -r 'select(.kind == "finding") |
		"\(.path // .source // "-"):\(.line // "-") \(.severity) \(.code) \(.detail)"' <<<"$output"
}

# located_are LINE...: exactly these, in that order.
located_are() {
	diff -u --label expected --label findings <(printf '%s\n' "$@" | sed '/^$/d') <(located) && return
	show_run
	return 1
}

# golden FILE: the findings in $output, with the directories taken away, are those of t/golden/law/FILE, which somebody
# judged by reading the documents.
golden() {
	diff -u --label "t/golden/law/$1" --label findings "$CP_TOP/t/golden/law/$1" <(located | sed 's|^[^: ]*/||')
}

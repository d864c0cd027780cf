load ../helper
load registry
load project

setup() {
	mkdir "$BATS_TEST_TMPDIR/p"
	cd "$BATS_TEST_TMPDIR/p"
	law
	mkdir -p frameworks specs/SPEC-1 libs/PKG-A
	framework FMWK-1 1.0.0 >frameworks/FMWK-1.md
	spec SPEC-1 FMWK-1 >specs/SPEC-1/manifest.yaml
	echo '{"signature":"base64:AA==","approver":"ann","signed_by":"k","nonce":"n"}' >../approval
}

framework() { # ID VERSION
	printf '%s\n' "# $1: Law" '' '## Metadata' "- framework_id: $1" "- version: $2" '- status: active' '- plane: ho3' '' \
		'## Invariants' '- [MUST] hold' '' '## Path Authorizations' '- `libs/{package_id}/**`' '' '## Required Gates' \
		'- G0-PACKAGE' '' '## Change Control' '- code_change' '' '## Security Posture' '- Fail-closed on all gate failures'
}

spec() { # ID FRAMEWORK
	printf '%s\n' "spec_id: $1" 'title: One' "framework_id: $2" 'status: active' 'version: 1.0.0' 'plane_id: ho3' 'assets:' \
		'- libs/PKG-A/a.py' 'interfaces: []' 'invariants: []' 'acceptance: {tests: ["true"], checks: []}' 'non_goals: []' \
		'dependencies: []'
}

# register N KIND DOCUMENT [OPTION...]
register() {
	local want=$1
	shift
	run_status "$want" cp-register "$@"
}

law_of() { # N [OPTION...]: registers the framework.
	register "$1" framework frameworks/FMWK-1.md --approval ../approval "${@:2}"
}

# unchanged: ledgers and registries are as they were when `before` was taken.
unchanged() {
	diff <(echo "$before") <(tree_of .)
}

@test "a framework, then a spec under it: two entries, and the registries have them" {
	law_of 0
	silent
	has '"kind":"ack","ledger":"plane/governance","seq":1'
	[ "$(tail -n 1 ledger/governance.jsonl | jq -r '[.event_type, .framework_id, .version, .hash[7:], .path,
		.approval_chain[0].approver] | join(" ")')" = "FRAMEWORK_APPROVED FMWK-1 1.0.0 \
$(sha256sum <frameworks/FMWK-1.md | cut -d' ' -f1) frameworks/FMWK-1.md ann" ]
	register 0 spec specs/SPEC-1
	[ "$(tail -n 1 ledger/governance.jsonl | jq -r '[.event_type, .spec_id, .framework_id, .plane, .path, .author] |
		join(" ")')" = "SPEC_REGISTERED SPEC-1 FMWK-1 ho3 specs/SPEC-1/manifest.yaml uid:$(id -u)" ]
	cp-project --check >/dev/null
	cp-chain-check --no-seen ledger/governance.jsonl >/dev/null
	cp-registry-read registries/frameworks_registry.csv >../f
	cp-registry-read registries/specs_registry.csv >../s
	run_sh 0 'cp-merge ../f ../s | cp-registry-check --fail-on note'
	[ "$(jq -r 'select(.fields) | .fields | [.framework_id, .spec_id // empty] | join(" ")' <<<"$output")" = 'FMWK-1
FMWK-1 SPEC-1' ]
}

@test "again is the same entry; a later version is another; an earlier one, or other bytes, are refused" {
	law_of 0
	law_of 0
	has '"again":true'
	[ "$(wc -l <ledger/governance.jsonl)" -eq 2 ]
	echo '- Deny by default' >>frameworks/FMWK-1.md
	before=$(tree_of .)
	law_of 1
	err 'unable to register FMWK-1 1.0.0: this version is registered with another hash'
	unchanged
	framework FMWK-1 1.1.0 >frameworks/FMWK-1.md
	law_of 0
	grep -q ',1.1.0,ho3,' registries/frameworks_registry.csv
	framework FMWK-1 1.0.0 >frameworks/FMWK-1.md
	before=$(tree_of .)
	law_of 1
	err '1.1.0 is registered, which is later'
	unchanged
}

@test "a document that its judge finds something in is not registered" {
	for edit in '/Invariants/d' 's/status: active/status: aktive/' 's/FMWK-1/fmwk/' 's/1\.0\.0/1/' '/Required Gates/,$d'; do
		framework FMWK-1 1.0.0 | sed "$edit" >frameworks/FMWK-1.md
		before=$(tree_of .)
		law_of 1
		has '"kind":"finding"'
		unchanged
	done
	framework FMWK-1 1.0.0 >frameworks/FMWK-1.md
	law_of 0
	for edit in 's/FMWK-1/FMWK-2/' 's|libs/PKG-A/a.py|etc/passwd|' 's/spec_id: SPEC-1/spec_id: x/' '/framework_id/d'; do
		spec SPEC-1 FMWK-1 | sed "$edit" >specs/SPEC-1/manifest.yaml
		before=$(tree_of .)
		register 1 spec specs/SPEC-1
		has '"kind":"finding"'
		unchanged
	done
	printf 'a: &x 1\nb: *x\n' >specs/SPEC-1/manifest.yaml
	register 3 spec specs/SPEC-1
	printf 'spec_id: SPEC-1\n  x' >specs/SPEC-1/manifest.yaml
	register 3 spec specs/SPEC-1
	: >specs/SPEC-1/manifest.yaml
	register 3 spec specs/SPEC-1
}

@test "documents that are none: absent, a link, a fifo, outside of the plane" {
	before=$(tree_of .)
	register 4 framework frameworks/FMWK-2.md --approval ../approval
	ln -s /etc/passwd frameworks/FMWK-2.md
	register 4 framework frameworks/FMWK-2.md --approval ../approval
	rm frameworks/FMWK-2.md
	register 2 framework ../approval
	register 2 framework /etc/passwd
	register 2 package frameworks/FMWK-1.md
	mkfifo frameworks/FMWK-2.md
	run_status 3 timeout 10 cp-register framework frameworks/FMWK-2.md --approval ../approval || [ "$status" -eq 1 ]
	rm frameworks/FMWK-2.md
	unchanged
}

@test "a spec whose framework is in the plane, but was never approved" {
	before=$(tree_of .)
	register 1 spec specs/SPEC-1
	err 'its framework FMWK-1 is not active here'
	unchanged
}

@test "a framework needs an approval, in its form" {
	before=$(tree_of .)
	register 1 framework frameworks/FMWK-1.md
	err 'its entry would not be one: has no member approval_chain'
	echo '{"approver":"ann"}' >../approval
	law_of 1
	echo '{' >../approval
	law_of 3
	rm ../approval
	law_of 4
	unchanged
}

@test "only ho3 registers, and only while the registries come out" {
	rm ledger/governance.jsonl
	before=$(tree_of .)
	law_of 1
	err 'only ho3 registers'
	unchanged
	cp-ledger-init ledger/governance.jsonl --ledger plane/governance --type L-INTENT --tier ho2 --author test >/dev/null
	before=$(tree_of .)
	law_of 1
	err 'only ho3 registers'
	unchanged
	rm ledger/governance.jsonl
	cp-ledger-init ledger/governance.jsonl --ledger plane/governance --type L-INTENT --tier ho3 --author test >/dev/null
	mkdir -p registries
	printf 'id,version,source_type,digest\nPKG-HAND,1,local,\n' >registries/packages_registry.csv
	before=$(tree_of .)
	law_of 1
	has UNRECORDED
	unchanged
}

@test "after genesis nobody registers without a token that may" {
	: >.genesis_complete
	before=$(tree_of .)
	run_status 1 env -u CONTROL_PLANE_TOKEN cp-register framework frameworks/FMWK-1.md --approval ../approval
	run_status 1 env CONTROL_PLANE_TOKEN=x CONTROL_PLANE_AUTH_PROVIDER=passthrough CONTROL_PLANE_ALLOW_PASSTHROUGH=1 \
		cp-register framework frameworks/FMWK-1.md --approval ../approval
	unchanged
}

@test "--dry-run says what would be appended and changes nothing at all" {
	before=$(find . | sort | xargs ls -ld --time-style=full-iso)
	law_of 0 --dry-run
	has '"dry_run":true'
	[ "$(find . | sort | xargs ls -ld --time-style=full-iso)" = "$before" ]
}

load ../helper
load law

setup() {
	plane
	law frameworks/FMWK-900_test.md
}

# allowed: "FRAMEWORK PATTERN LINE PACKAGE SPEC" of each authorization
allowed() {
	jq -r 'select(.kind == "authorization") |
		[.framework_id, .pattern, .line, .package_id, .spec_id] | map(. // "-") | join(" ")' <<<"$output"
}

@test "a path, the law that allows it, and what the placeholders stand for" {
	run_status 0 cp-path-auth docs/a.md
	is "$(printf %s '{"kind":"authorization","path":"docs/a.md","framework_id":"FMWK-900","status":"active",' \
		'"pattern":"docs/*.md","law":"frameworks/FMWK-900_test.md","line":19}')
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-path-auth\"}"
	run_status 0 cp-path-auth libs/PKG-A-1/x/y.c specs/SPEC-B/manifest.yaml
	[ "$(allowed)" = 'FMWK-900 libs/{package_id}/** 17 PKG-A-1 -
FMWK-900 specs/{spec_id}/** 18 - SPEC-B' ]
}

@test "a path that no law allows" {
	for p in docs/a.txt docs/x/a.md libs/a.c libs/SPEC-A/a.c libs/PKG-a/x libs/xPKG-A/x libs/PKG-A specs/PKG-A/x; do
		run_status 1 cp-path-auth "$p"
		findings_are "UNAUTHORIZED $p"
		[ -z "$(allowed)" ]
	done
}

@test "whose it is decides what a placeholder stands for" {
	run_status 0 cp-path-auth --package PKG-A libs/PKG-A/x
	run_status 1 cp-path-auth --package PKG-B libs/PKG-A/x
	run_status 0 cp-path-auth --spec SPEC-A specs/SPEC-A/x
	run_status 1 cp-path-auth --spec SPEC-B specs/SPEC-A/x
	run_status 1 cp-path-auth --framework FMWK-901 docs/a.md
}

@test "one id for one placeholder, however often it stands there" {
	sed -i 's|docs/\*\.md|x/{package_id}/{package_id}-{spec_id}.md|' frameworks/*.md
	run_status 1 cp-path-auth x/PKG-A/PKG-B-SPEC-C.md
	sed -i 's|{package_id}-{spec_id}|{package_id}.{spec_id}|' frameworks/*.md
	run_status 0 cp-path-auth x/PKG-A/PKG-A.SPEC-C.md
	[ "$(allowed)" = 'FMWK-900 x/{package_id}/{package_id}.{spec_id}.md 19 PKG-A SPEC-C' ]
	run_status 1 cp-path-auth x/PKG-A/PKG-B.SPEC-C.md
}

@test "a framework is itself where its pattern names one" {
	sed -i 's|docs/\*\.md|frameworks/{framework_id}/*|' frameworks/*.md
	run_status 0 cp-path-auth frameworks/FMWK-900/a.md
	run_status 1 cp-path-auth frameworks/FMWK-901/a.md
}

@test "a spec has one framework, and another one does not help it" {
	law frameworks/FMWK-901_other.md
	sed -i -e 's/FMWK-900/FMWK-901/' -e 's|docs/|texts/|' frameworks/FMWK-901_other.md
	run_status 0 cp-path-auth specs/SPEC-TEST-900/x
	[ "$(allowed | wc -l)" -eq 2 ]
	spec specs/SPEC-TEST-900/manifest.yaml
	run_status 0 cp-path-auth --spec SPEC-TEST-900 specs/SPEC-TEST-900/x
	[ "$(allowed | cut -d' ' -f1)" = FMWK-900 ]
	run_status 1 cp-path-auth --spec SPEC-TEST-900 texts/a.md
}

@test "a framework that is not active is told, but does not count" {
	sed -i 's/status: active/status: draft/' frameworks/*.md
	run_status 1 cp-path-auth docs/a.md
	has '"status":"draft"'
	findings_are 'UNAUTHORIZED docs/a.md'
}

@test "records of a walk and of a registry, with and without an end" {
	run_sh 1 'cp-walk | cp-path-auth'
	findings_are 'UNAUTHORIZED docs/readme' 'UNAUTHORIZED frameworks/FMWK-900_test.md' 'UNAUTHORIZED lib/a' \
		'UNAUTHORIZED lib/b'
	has '"kind":"file","path":"lib/a"'
	run_sh 0 'echo "{\"kind\":\"file\",\"path\":\"docs/a.md\"}" | cp-path-auth'
	hasnt '"end"'
	run_sh 0 'echo "{\"kind\":\"owner\",\"path\":\"libs/PKG-A/x\",\"owner\":\"PKG-A\"}" | cp-path-auth'
	run_sh 1 'echo "{\"kind\":\"owner\",\"path\":\"libs/PKG-A/x\",\"owner\":\"PKG-B\"}" | cp-path-auth'
	run_sh 3 'echo "{\"kind\":\"file\"}" | cp-path-auth'
}

@test "the law may come on the stream" {
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	cd "$BATS_TEST_TMPDIR/elsewhere"
	unset CONTROL_PLANE_ROOT
	law
	run_sh 0 'cp-law-read law.md | sed "\$d" >l; echo "{\"kind\":\"file\",\"path\":\"docs/a.md\"}" >>l; cp-path-auth <l'
	[ "$(allowed)" = 'FMWK-900 docs/*.md 19 - -' ]
}

@test "called wrongly" {
	run_status 2 cp-path-auth ../x
	run_status 2 cp-path-auth /x
	run_status 2 cp-path-auth --package x y
}

@test "a path of many ids is judged in time" {
	printf 'x/%s\n' "$(printf 'PKG-%d/SPEC-%d/' $(seq 4000))x" >p
	sed -i 's|docs/\*\.md|**/{package_id}/**/{spec_id}/**/{framework_id}/**|' frameworks/*.md
	run_sh 1 'jq -Rc "{kind: \"file\", path: .}" p | timeout 20 cp-path-auth'
}

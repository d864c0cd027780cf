load ../helper

setup() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
}

# scaffold TYPE: with the options that it needs, to directory TYPE.
scaffold() {
	local options=()
	case $1 in
	framework) options=(--framework FMWK-A) ;;
	spec) options=(--framework FMWK-A --spec SPEC-A) ;;
	esac
	cp-scaffold "${options[@]}" --out "${2-$1}" "$1" "PKG-NEW-${1^^}"
}

@test "of every type: packed as it is, it passes the gate" {
	for type in framework spec library agent prompt gate; do
		run_status 0 scaffold "$type"
		silent
		[ "$(jq -r 'select(.kind == "package") | .manifest | .type + " " + .version + " " + .schema_version' <<<"$output")" = \
			"$type 0.1.0 1.1" ]
		cp-pack --out "$type.tar.gz" "$type" >log
		run_sh 0 "cp-package-read $type.tar.gz | cp-gate-g0a"
		[ "$(jq -r 'select(.kind == "asset").type' <<<"$output")" = "${type/framework/law_doc}" ]
		cp-manifest-make --out again "$type" >log
		cmp <(jq -S . again) <(jq -S . "$type/package.manifest.yaml")
		rm again
	done
	[ -x gate/gates/gate.sh ]
	[ "$(echo record | gate/gates/gate.sh)" = record ]
}

@test "the law and the spec are accepted by their judges, the spec under the law" {
	cp-scaffold --framework FMWK-A --package-version 1.2.3 --out f framework PKG-F >log
	cp-scaffold --framework FMWK-A --spec SPEC-A --package-version 1.2.3 --out s spec PKG-S >log
	cp-scaffold --framework FMWK-A --out l library PKG-L >log
	grep -q 'requires_framework"*: *"*FMWK-A' l/package.manifest.yaml && grep -q 'requires_framework' s/package.manifest.yaml
	if grep -q 'requires_framework' f/package.manifest.yaml; then return 1; fi
	run_sh 0 'cp-law-read f/FMWK-A.md | cp-law-check'
	hasnt '"kind":"finding"'
	cp-law-read f/FMWK-A.md >law
	cp-spec-read s/manifest.yaml >spec
	run_sh 0 'cp-merge law spec | cp-spec-check'
	hasnt '"kind":"finding"'
	has '"version":"1.2.3"'
}

@test "an id or a version that is none, a type that is none, ids that do not fit: nothing is made" {
	no() {
		run_status 2 cp-scaffold --out new "$@"
		[ ! -e new ] && [ -z "$output" ]
	}
	no registry PKG-A
	no library PKG-a
	no library ../PKG-A
	no library PKG-A operand
	no framework PKG-A
	no spec PKG-A --framework FMWK-A
	no spec PKG-A --spec SPEC-A
	no library PKG-A --framework FMWK-a
	no framework PKG-A --framework FMWK-../A
	no framework PKG-A --framework FMWK-A --spec SPEC-A
	no library PKG-A --package-version 1.0
}

@test "what is there is left alone" {
	mkdir d && echo x >f && ln -s nowhere l && mkdir .k.new
	for there in d f l d/ . / k nowhere/x ''; do
		run_status 4 scaffold library "$there"
		[ -z "$output" ]
	done
	[ "$(ls -A | grep -v '^\.\(err\|out\)$' | paste -sd,)" = .k.new,d,f,l ]
	[ -z "$(ls -A d)" ]
}

@test "a dry run says what would be, and makes nothing" {
	run_status 0 cp-scaffold --dry-run --out new library PKG-A
	has '"kind":"package"'
	[ ! -e new ]
}

# shellcheck source=t/fault/sweep.bash
. "$CP_TOP/t/fault/sweep.bash"

@test "killed, or failing, at any call: wholly there or not there" {
	whole() {
		[ -e new ] || [ "$status" -ne 0 ] || return
		[ ! -e new ] || [ "$(cd new && find . -type f | sort | paste -sd,)" = ./lib/README.md,./package.manifest.yaml ]
	}
	export -f whole
	fault_sweep 'rm -rf new .new.new' 'cp-scaffold --out new library PKG-A' 'whole'
	fault_sweep -d ENOSPC 'rm -rf new .new.new' 'cp-scaffold --out new library PKG-A' 'whole && [ ! -e .new.new ]'
}

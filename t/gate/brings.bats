# A package that brings law, from its archive to the plane; and what may not come that way.
load ../helper
load ../package/plane
load ../spec/law

setup() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
	export CONTROL_PLANE_ALLOW_UNSIGNED=1 CONTROL_PLANE_ROOT=$PWD/P
	new_plane P
}

# bring TYPE ID [LINE...]: an archive of the directory in, with further lines of its manifest; assets are as they are named.
bring() {
	local type=$1 id=$2
	shift 2
	rm -f in/package.manifest.yaml
	{
		printf 'schema_version: "1.1"\npackage_id: %s\nversion: 1.0.0\ntype: %s\n' "$id" "$type"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf 'assets:\n'
		(cd in && find . -type f ! -name package.manifest.yaml -printf '%P\n' | LC_ALL=C sort) | while read -r path; do
			case $path in
			*.md) printf '  - {source: %s, plane: ho3, type: law_doc}\n' "$path" ;;
			*manifest.yaml) printf '  - {source: %s, plane: ho3, type: spec%s}\n' "$path" "${spec:+, spec_owner: $spec}" ;;
			*) printf '  - {source: %s, plane: ho3, type: library}\n' "$path" ;;
			esac
		done
	} >in/package.manifest.yaml
	cp-manifest-make in --force --out in/package.manifest.yaml >/dev/null
	archive=P/packages_store/$id.tar.gz
	cp-pack in --force --out "$archive" >/dev/null
}

# gate STATUS, apply STATUS: the gate says what who applies says.
gate() {
	run_sh "$1" "cp-package-read $archive | cp-gate-g0a | cp-gate-g1 | cp-enforce --require G0A,G1"
}
apply() {
	cp-package-read "$archive" | cp-plan >plan || return
	run_sh "$1" "cp-apply --sync none <plan"
}
both() {
	gate "$@" && apply "$@"
}

# framework [SED], the_spec [SED]: a document in in/.
framework() {
	rm -rf in
	law in/FMWK-900.md
	sed -i "${1-}" in/FMWK-900.md
}
the_spec() {
	rm -rf in
	mkdir in
	spec in/manifest.yaml
	sed -i "${1-}" in/manifest.yaml
}

@test "a framework, then a spec under it, then what they allow" {
	framework
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	run_status 0 cp-package-read "$archive"
	[ "$(jq -r .kind <<<"$output" | head -n 2 | paste -sd' ')" = 'framework package' ]
	both 0
	[ -f P/frameworks/FMWK-900/FMWK-900.md ]
	the_spec
	bring spec PKG-SPEC-900 'spec_id: SPEC-TEST-900' 'requires_framework: FMWK-900'
	both 0
	[ -f P/specs/SPEC-TEST-900/manifest.yaml ]
}

@test "law that is not in force, or is none, does not come in" {
	framework 's/status: active/status: draft/'
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	both 1
	has 'which is draft'
	framework '/framework_id/d; s/^# .*//'
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	both 1
	framework
	printf '\377' >>in/FMWK-900.md
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	gate 3
	err 'unable to read the law document'
	the_spec
	bring spec PKG-SPEC-900 'spec_id: SPEC-TEST-900' 'requires_framework: FMWK-900'
	both 1
	has 'there is no such framework'
	[ ! -e P/specs ]
}

@test "the law of others: another framework's document beside its own, or another spec's, or one twice" {
	framework
	law in/FMWK-901.md
	sed -i 's/FMWK-900/FMWK-901/' in/FMWK-901.md
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	both 1
	has 'it brings FMWK-901, and may bring its own law alone'
	framework
	cp in/FMWK-900.md in/FMWK-900_b.md
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	both 1
	has 'it brings FMWK-900 twice'
	framework
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	apply 0
	the_spec 's/SPEC-TEST-900/SPEC-OTHER-900/'
	bring spec PKG-SPEC-900 'spec_id: SPEC-TEST-900' 'requires_framework: FMWK-900'
	both 1
	has 'it brings SPEC-OTHER-900'
	[ ! -e P/specs ]
}

@test "a package of another type brings no law, however it is called" {
	framework
	bring framework PKG-FMWK-900 'framework_id: FMWK-900'
	apply 0
	framework 's/status: active/status: active/; s/^- `libs.*/- `**`/'
	bring library PKG-LIB-900 'framework_id: FMWK-900'
	gate 1
	has UNAUTHORIZED
	run_sh 1 "cp-package-read $archive | cp-plan"
	rm -rf in && mkdir in && echo x >in/a
	bring library PKG-LIB-900 'framework_id: FMWK-900' 'output: {type: extension, path: frameworks/FMWK-X/FMWK-X.md}'
	both 1
	has UNAUTHORIZED
	has 'law comes in'
}

load ../helper
load law

# The rules of ownership (004 section 6.2), each broken in each layer that could break it: a directory's own registry, the
# plane's, a spec, a framework.

setup() {
	plane bare
	law frameworks/FMWK-900/FMWK-900_test.md
	spec specs/SPEC-TEST-900/manifest.yaml
	sed -i 's|  - docs/a.md|  - docs/readme.md\n  - specs/SPEC-TEST-900/manifest.yaml|' specs/SPEC-TEST-900/manifest.yaml
	mkdir -p libs/PKG-TEST-900 registries
	echo 'int a;' >libs/PKG-TEST-900/a.c
	mv docs/readme docs/readme.md
	rm -r lib
	registry=registries/file_ownership.csv
	{
		echo file_path,owner_package_id,owner_spec_id,sha256
		cp-walk | cp-hash | jq -r 'select(.kind == "file") | .path as $p |
			[$p, "PKG-TEST-900", (if ($p | test("^(libs|specs|docs)/")) then "SPEC-TEST-900" else "" end), .hash] | join(",")'
	} >"$BATS_TEST_TMPDIR/registry"
	mv "$BATS_TEST_TMPDIR/registry" $registry
}

# broken RULE STATUS 'CODE path'...: what the gates of ownership and of the chain find.
broken() {
	local rule=$1 want=$2
	shift 2
	run_sh "$want" 'cp-walk | cp-hash | cp-gate-g0b | cp-gate-g0-spec | cp-enforce --require G0B,G0-SPEC' || {
		echo "rule $rule"
		return 1
	}
	findings_are "$@"
}

@test "a plane that keeps the rules passes" {
	broken none 0
	has '"gate":"G0B","pass":true'
	has '"gate":"G0-SPEC","pass":true'
}

@test "O1: a file without an owner, an owner without a file" {
	echo new >docs/new.md
	broken O1 1 'ORPHAN docs/new.md' 'GATE -'
	rm docs/new.md libs/PKG-TEST-900/a.c
	broken O1 1 'MISSING libs/PKG-TEST-900/a.c' 'GATE -'
}

@test "O1, O4: a file of two packages, in the plane's registry and in those of two directories" {
	sed -n '/a\.c/s/PKG-TEST-900,SPEC-TEST-900/PKG-OTHER-900,/p' $registry >>$registry
	broken O4 1 'DUPLICATE libs/PKG-TEST-900/a.c' 'GATE -'
	sed -i '$d' $registry
	header=file_path,owner_id,owner_registry,content_hash
	for d in . docs frameworks frameworks/FMWK-900 libs libs/PKG-TEST-900 specs specs/SPEC-TEST-900; do
		{
			echo $header
			echo .file_registry.csv,PKG-TEST-900,package,
			find "$d" -maxdepth 1 -type f -not -name .file_registry.csv -not -path './registries/*' -printf '%f\n' | sort |
				while read -r f; do
					echo "$f,PKG-TEST-900,package,sha256:$(sha256sum <"$d/$f" | cut -c1-64)"
				done
		} >"$BATS_TEST_TMPDIR/r"
		cp "$BATS_TEST_TMPDIR/r" "$d/.file_registry.csv"
	done
	cp $registry "$BATS_TEST_TMPDIR/former"
	echo "PKG-TEST-900/a.c,PKG-OTHER-900,package,sha256:$(sha256sum <libs/PKG-TEST-900/a.c | cut -c1-64)" \
		>>libs/.file_registry.csv
	run_sh 1 'cp-walk | cp-hash | cp-registry-compile'
	findings_are 'DUPLICATE libs/PKG-TEST-900/a.c'
	cmp $registry "$BATS_TEST_TMPDIR/former"
}

@test "O2, O5: a file of two specs" {
	spec specs/SPEC-TWO-900/manifest.yaml
	sed -i 's/SPEC-TEST-900/SPEC-TWO-900/; /a\.c/d; s|docs/a.md|docs/readme.md|' specs/SPEC-TWO-900/manifest.yaml
	run_sh 1 'cp-spec-read specs/*/manifest.yaml | cp-spec-check'
	findings_are 'DUPLICATE specs/SPEC-TWO-900/manifest.yaml'
	has 'docs/readme.md belongs to SPEC-TEST-900, too'
}

@test "O3: a spec that is given a file which it does not declare, or that nobody declared" {
	sed -i '/docs\/readme/d' specs/SPEC-TEST-900/manifest.yaml
	sed -i "s|^\(specs/.*,\)sha256:.*|\1sha256:$(sha256sum <specs/SPEC-TEST-900/manifest.yaml | cut -c1-64)|" $registry
	broken O3 1 'CHAIN docs/readme.md' 'GATE -'
	sed -i '/^docs/s/SPEC-TEST-900/SPEC-NONE-900/' $registry
	broken O3 1 'CHAIN docs/readme.md' 'GATE -'
	has 'Unknown spec owner'
}

@test "a file of a package that is not installed" {
	sed -i '/^docs/s/PKG-TEST-900/PKG-GONE-900/' $registry
	run_status 1 cp-gap
	jq -es 'any(.[]; .subject == "package" and .id == "PKG-GONE-900" and .lacks == "receipt")' <<<"$output" >/dev/null
}

@test "a symlink where a file is owned; twins; names that are hostile" {
	ln -sf /etc/passwd libs/PKG-TEST-900/a.c
	broken O1 1 'TYPE libs/PKG-TEST-900/a.c' 'GATE -'
	rm libs/PKG-TEST-900/a.c
	echo 'int a;' >libs/PKG-TEST-900/a.c
	cp docs/readme.md docs/README.md
	run_sh 1 'cp-walk | cp-hash | cp-own-diff --case'
	has '"code":"CASE"'
	has '"code":"ORPHAN","severity":"error","path":"docs/README.md"'
	rm docs/README.md
	for name in $'new\nline' $'tab\there' $'\e[31mred' $'bad\377utf8' '=cmd|x'; do
		: >"docs/$name"
	done
	run_sh 1 'cp-walk | cp-hash | cp-gate-g0b | cp-gate-g0-spec | cp-enforce --require G0B,G0-SPEC'
	[ "$(jq -r 'select(.code == "ORPHAN" or .code == "NAME").code' <<<"$output" | sort | uniq -c | tr -s ' ')" = ' 1 NAME
 4 ORPHAN' ]
}

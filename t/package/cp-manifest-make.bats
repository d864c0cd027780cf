load ../helper

setup() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p p/lib p/tests
	echo alpha >p/lib/a
	echo test >p/tests/t
	head_of library
}

head_of() { # TYPE [LINE...]
	printf '%s\n' 'schema_version: "1.1"' 'package_id: PKG-MADE-001' 'version: 1.0.0' "type: $1" "${@:2}" >p/package.manifest.yaml
}

assets() {
	jq -r 'select(.kind == "asset") | "\(.source) \(.type) \(.plane) \(.mode // "-")"' <<<"$output" | paste -sd,
}

@test "each file becomes an asset; what was made packs, and passes the gate" {
	chmod +x p/lib/a
	run_status 0 cp-manifest-make --out made p
	silent
	[ "$(assets)" = 'lib/a library ho3 0755,tests/t test ho3 -' ]
	cp-schema-check <<<"$output" >checked
	mv made p/package.manifest.yaml
	[ "$(jq -r '.assets[0].hash' p/package.manifest.yaml)" = "sha256:$(sha256sum <p/lib/a | cut -c1-64)" ]
	[ "$(jq -r .integrity.manifest_hash p/package.manifest.yaml)" = \
		"sha256:$(jq -r '.assets[].hash' p/package.manifest.yaml | LC_ALL=C sort | sha256sum | cut -c1-64)" ]
	[ "$(jq -r .integrity.document_hash p/package.manifest.yaml)" = \
		"sha256:$(jq -cjS 'del(.integrity)' p/package.manifest.yaml | sha256sum | cut -c1-64)" ]
	run_status 0 cp-pack --out p.tar.gz p
	run_sh 0 'cp-package-read p.tar.gz | cp-gate-g0a'
}

@test "made again of what it made, it is the same; after a change it is right again" {
	cp-manifest-make --force --out p/package.manifest.yaml p >log
	cp p/package.manifest.yaml before
	cp-manifest-make --force --out p/package.manifest.yaml p >log
	cmp before p/package.manifest.yaml
	echo other >p/lib/a
	run_status 1 cp-pack --out p.tar.gz p
	cp-manifest-make --force --out p/package.manifest.yaml p >log
	run_status 0 cp-pack --out p.tar.gz p
}

@test "a manifest in JSON is completed, too, whether its last line ends or not" {
	run_status 0 cp-manifest-make p
	before=$output
	printf '{"schema_version":"1.1",\n "package_id":"PKG-MADE-001", "version":"1.0.0","type":"library"}' >p/package.manifest.yaml
	run_status 0 cp-manifest-make p
	is "$before"
	printf '{"package_id":"PKG-MADE-001"' >p/package.manifest.yaml
	run_status 3 cp-manifest-make p
}

@test "what the manifest says of a file stays, but for what the file itself says" {
	head_of library 'assets:' '- {source: lib/a, type: config, plane: ho1, spec_owner: SPEC-A, mode: "0755", hash: x}'
	run_status 0 cp-manifest-make p
	[ "$(assets)" = 'lib/a config ho1 -,tests/t test ho3 -' ]
	has '"spec_owner":"SPEC-A"'
	run_status 0 cp-manifest-make --plane ho2 p
	[ "$(assets)" = 'lib/a config ho1 -,tests/t test ho2 -' ]
}

@test "the type fits the package" {
	echo law >p/law.md
	head_of framework 'framework_id: FMWK-A'
	run_status 0 cp-manifest-make p
	[ "$(assets)" = 'law.md law_doc ho3 -,lib/a other ho3 -,tests/t test ho3 -' ]
	head_of gate
	run_status 0 cp-manifest-make p
	[ "$(assets)" = 'law.md gate ho3 -,lib/a gate ho3 -,tests/t test ho3 -' ]
}

@test "a signature over something else does not stay" {
	head_of library 'integrity: {alg: ed25519, signature: "base64:AA==", signed_by: me, manifest_hash: x}'
	run_status 0 cp-manifest-make p
	has manifest_hash
	hasnt signed_by
}

@test "what no package may hold is found, and nothing is written" {
	head_of library 'assets:' '- {source: lib/gone}' '- {source: lib/a}' '- {source: lib/a, type: test}'
	ln -s a p/lib/link
	touch p/lib/$'a\nb'
	run_status 1 cp-manifest-make --out made p
	findings_are 'DUPLICATE lib/a' 'MISSING lib/gone' 'PATH_ESCAPE -' 'SPECIAL lib/link'
	[ ! -e made ]
	hasnt '"kind":"asset"'
}

@test "no manifest, or none that is one" {
	rm p/package.manifest.yaml
	run_status 3 cp-manifest-make p
	err 'has no package.manifest.yaml'
	for text in 'a: [' '- a' 'assets: 1' 'assets: [{}]' 'package_id: A'; do
		echo "$text" >p/package.manifest.yaml
		run_status 3 cp-manifest-make --out made p
		[ ! -e made ]
	done
}

@test "what is there stays unless it is forced; a dry run writes nothing" {
	echo mine >made
	run_status 4 cp-manifest-make --out made p
	[ "$(cat made)" = mine ]
	run_status 0 cp-manifest-make --dry-run --force --out made p
	[ "$(cat made)" = mine ]
	run_status 0 cp-manifest-make --force --out made p
	jq -e .assets made >log
}

@test "signed: the integrity of a manifest that was signed before is that of what is there" {
	need jq
	cd "$BATS_TEST_TMPDIR"
	mkdir s && echo a >s/a
	cp-keygen --key-id me@here --out K.pem >K.json
	printf '%s\n' 'schema_version: "1.1"' 'package_id: PKG-S-001' 'version: 1.0.0' 'type: library' >s/package.manifest.yaml
	made() {
		cp-manifest-make --force --out s/package.manifest.yaml --key K.pem --key-id me@here s >log
		jq -j ".integrity.$1" s/package.manifest.yaml
	}
	first=$(made binding)
	[ "$(made binding)" = "$first" ]
	[ "$(made signed_by)" = me@here ]
	echo b >s/a
	[ "$(made binding)" != "$first" ]
	run_sh 0 'cp-manifest-make --force --out s/package.manifest.yaml s'
	[ "$(jq -j '.integrity | keys | join(",")' s/package.manifest.yaml)" = document_hash,manifest_hash ]
	run_status 2 cp-manifest-make --signer file s
	ln -s a s/link
	run_status 1 cp-manifest-make --key K.pem --key-id me@here s
	findings_are 'SPECIAL link'
}

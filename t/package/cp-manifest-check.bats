load ../helper

setup() {
	need jq python3
	cd "$BATS_TEST_TMPDIR" || return
}

zeros() {
	printf 'sha256:%064d' "$1"
}

# manifest [LINE...]: m.yaml, a good one but for these lines in place of those of the same member.
manifest() {
	local all line
	all=$(printf '%s\n' "$(zeros 1)" | sha256sum | cut -c1-64)
	{
		for line in 'schema_version: "1.1"' 'package_id: PKG-A-001' 'version: 1.0.0' 'type: library' \
			"assets: [{source: a, hash: '$(zeros 1)', plane: ho3, type: library}]" \
			"integrity: {manifest_hash: 'sha256:$all'}"; do
			for other in "$@"; do
				[ "${other%%:*}" != "${line%%:*}" ] || line=$other
			done
			echo "$line"
		done
		for other in "$@"; do
			case ${other%%:*} in
			schema_version | package_id | version | type | assets | integrity) ;;
			*) echo "$other" ;;
			esac
		done
	} >m.yaml
}

# found CODE LINE: exactly that.
found() {
	run_status 1 cp-manifest-check m.yaml
	[ "$(jq -r 'select(.kind == "finding") | .code + " " + (.line | tostring)' <<<"$output" | sort -u | paste -sd,)" = "$1 $2" ]
	has '"pass":false'
}

@test "a good one, as a file and as a stream" {
	manifest
	run_status 0 cp-manifest-check m.yaml
	has '"gate":"MANIFEST","pass":true,"checked":1'
	silent
	mkdir p && echo x >p/a
	cp m.yaml p/package.manifest.yaml
	cp-manifest-make p >made
	run_sh 0 'cp-manifest-check <made'
	[ "$(jq -r 'select(.kind == "verdict").checked' <<<"$output")" = 2 ]
	run_sh 3 'head -n 1 made | cp-manifest-check'
	run_sh 1 'sed s/ho3/ho4/ made | cp-manifest-check'
	run_sh 3 'grep -v asset made | sed s/count\":2/count\":1/ | cp-manifest-check'
}

@test "each thing that may not be, at its line" {
	manifest 'type: registry'
	found MANIFEST 4
	manifest "assets: [{source: a, hash: '$(zeros 1)', plane: ho3, type: registry}]"
	found MANIFEST 5
	manifest 'schema_version: "1.2"'
	found MANIFEST 1
	has cp-manifest-upgrade
	manifest 'type: framework'
	found MANIFEST 1
	manifest 'type: spec'
	found MANIFEST 1
	manifest 'post_install: rm'
	found MANIFEST 1
	has post_install
	manifest 'version: 1.0'
	run_status 1 cp-manifest-check m.yaml
	has '"line":3'
	manifest "integrity: {manifest_hash: '$(zeros 9)'}"
	found HASH 6
	manifest 'integrity: {}'
	found HASH 6
	manifest "integrity: {manifest_hash: 'sha256:$(printf '%s\n' "$(zeros 1)" | sha256sum | cut -c1-64)', document_hash: '$(zeros 2)'}"
	found HASH 6
}

@test "a source that leads out, one that is there twice, the manifest itself" {
	for source in ../a /a 'a//b' ./a; do
		manifest "assets: [{source: $source, hash: '$(zeros 1)', plane: ho3, type: library}]"
		run_status 1 cp-manifest-check m.yaml
		has '"code":"PATH_ESCAPE"'
	done
	local a="{source: a, hash: '$(zeros 1)', plane: ho3, type: library}"
	manifest "assets: [$a, ${a/library/other}]"
	run_status 1 cp-manifest-check m.yaml
	has '"code":"DUPLICATE"'
	manifest "assets: [${a/source: a/source: package.manifest.yaml}]"
	run_status 1 cp-manifest-check m.yaml
	has 'declares itself'
}

@test "what is no manifest at all cannot be judged" {
	for text in '' '[]' 'a: &b c' '{"a":1,"a":2}' '{' $'\x01' 'x'; do
		printf '%s\n' "$text" >m.yaml
		run_status 3 cp-manifest-check m.yaml
		hasnt verdict
	done
	run_status 4 cp-manifest-check nowhere
	run_status 4 cp-manifest-check .
	printf '{"package_id":"PKG-A"}' >m.yaml
	run_status 1 cp-manifest-check m.yaml
}

@test "real manifests are older, and named so" {
	local real
	real=$(shared real/installed) || skip "no real manifests"
	for f in "$real"/*/manifest.json; do
		run_status 1 cp-manifest-check "$f"
		has cp-manifest-upgrade
		[ "$(jq -c 'select(.kind == "finding")' <<<"$output" | wc -l)" = 1 ]
	done
}

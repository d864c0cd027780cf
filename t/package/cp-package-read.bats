load ../helper

setup() {
	need jq python3
	cd "$BATS_TEST_TMPDIR" || return
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

archive() { # NAME
	python3 "$CP_TOP/t/package/archive.py" "$1" "$1.tar.gz"
}

@test "what is declared and what is there, each by its own schema" {
	archive good
	run_status 0 cp-package-read good.tar.gz
	silent
	[ "$(jq -r .kind <<<"$output" | paste -sd,)" = package,asset,asset,member,member,member,end ]
	cp-schema-check <<<"$output" >checked
	[ "$(jq -r 'select(.kind == "package").archive_hash' <<<"$output")" = "sha256:$(sha256sum <good.tar.gz | cut -c1-64)" ]
	[ "$(jq -r 'select(.kind == "package").tar_hash' <<<"$output")" = "sha256:$(gzip -dc good.tar.gz | sha256sum | cut -c1-64)" ]
	[ "$(jq -r 'select(.path == "lib/a").hash' <<<"$output")" = "sha256:$(echo alpha | sha256sum | cut -c1-64)" ]
	has '"target":"libs/PKG-EVIL-001/lib/a"'
	has '"canonical":true'
}

@test "its hashes are those of the manifest as it is: of sorted asset hashes, of the canonical document" {
	archive good
	run_status 0 cp-package-read good.tar.gz
	tar -xzOf good.tar.gz package.manifest.yaml >m.json
	[ "$(jq -r 'select(.kind == "package").manifest_hash' <<<"$output")" = \
		"sha256:$(jq -r '.assets[].hash' m.json | LC_ALL=C sort | sha256sum | cut -c1-64)" ]
	[ "$(jq -r 'select(.kind == "package").document_hash' <<<"$output")" = \
		"sha256:$(jq -cjS 'del(.integrity)' m.json | sha256sum | cut -c1-64)" ]
}

@test "another tar of the same files is read, and not called canonical" {
	archive good
	mkdir p
	tar -C p -xzf good.tar.gz
	tar -C p -czf other.tar.gz lib/a lib/b package.manifest.yaml
	run_status 0 cp-package-read other.tar.gz
	has '"canonical":false'
}

@test "a manifest in YAML says the same as one in JSON" {
	archive good
	mkdir p
	tar -C p -xzf good.tar.gz
	run_status 0 cp-package-read good.tar.gz
	before=$(jq -r 'select(.kind == "package").document_hash' <<<"$output")
	[ ${#before} -eq 71 ]
	jq -r '"schema_version: \"1.1\"", "package_id: PKG-EVIL-001", "version: 1.0.0", "type: library", "assets:",
		(.assets[] | "  - source: \(.source)", "    hash: \(.hash)", "    plane: ho3", "    type: library")' \
		p/package.manifest.yaml >m
	mv m p/package.manifest.yaml
	tar -C p -czf yaml.tar.gz lib/a lib/b package.manifest.yaml
	run_status 0 cp-package-read yaml.tar.gz
	[ "$(jq -r 'select(.kind == "package").document_hash' <<<"$output")" = "$before" ]
}

@test "what cannot be read whole gives one line, no record and nothing on the disk" {
	archive good
	gzip -dc good.tar.gz >plain.tar
	head -c 200 good.tar.gz >cut.tar.gz
	{ cat good.tar.gz; echo; } >longer.tar.gz
	: >empty
	gzip -n <empty >nothing.tar.gz
	for f in plain.tar cut.tar.gz longer.tar.gz empty nothing.tar.gz; do
		run_status 3 cp-package-read "$f"
		[ -z "$output" ]
		err "unable to read the archive: it "
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
	done
	[ -z "$(ls -A tmp)" ]
}

@test "what is not there or no file is the system's fault" {
	run_status 4 cp-package-read absent.tar.gz
	err absent.tar.gz
	run_status 4 cp-package-read .
}

@test "a digest beside the archive must be its own, in any of three dialects" {
	cd "$BATS_TEST_TMPDIR"
	python3 "$CP_TOP/t/package/archive.py" good good.tar.gz
	hex=$(sha256sum <good.tar.gz | cut -c1-64)
	for said in "$hex" "$hex  good.tar.gz" "sha256:$hex  good.tar.gz"; do
		printf '%s' "$said" >good.tar.gz.sha256
		run_status 0 cp-package-read good.tar.gz
		echo "$said" >good.tar.gz.sha256
		run_status 0 cp-package-read good.tar.gz
		echo "${said//[0-9]/0}" >good.tar.gz.sha256
		run_status 1 cp-package-read "$PWD/good.tar.gz"
		has '"code":"HASH"'
	done
	head -c 9000 /dev/zero >good.tar.gz.sha256
	run_status 1 cp-package-read good.tar.gz
	run_sh 1 'cp-package-read good.tar.gz | cp-gate-g0a'
	rm good.tar.gz.sha256
	mkdir good.tar.gz.sha256
	run_status 4 cp-package-read good.tar.gz
}

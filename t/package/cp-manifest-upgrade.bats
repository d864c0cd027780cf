load ../helper

setup() {
	need jq python3
	cd "$BATS_TEST_TMPDIR" || return
}

# row ARCHIVE [ARTIFACT [CATEGORY [OUTPUT_TYPE [OUTPUT_PATH]]]]: r.csv, where PKG-FMWK-A is that archive.
row() {
	printf '%s\n' id,name,category,version,digest,deps,artifact_path,output_type,output_path \
		"PKG-FMWK-A,The law,${3-framework},1.2.0,$(sha256sum <"$1" | cut -c1-64),,${2-/law/A.md},${4-extension},${5-}" >r.csv
}

upgrade() {
	cp-manifest-upgrade --archive a.tar.gz --registry r.csv --id PKG-FMWK-A --out new "$@"
}

refused() { # STATUS [WHY]
	run_status "$1" upgrade
	[ ! -e new ] && [ ! -e .new.new ] && [ -z "$output" ]
	[ -z "${2-}" ] || err "$2"
}

archive() {
	mkdir -p law
	echo '# Law' >law/A.md
	tar -czf a.tar.gz "${@-law/A.md}"
	row a.tar.gz
}

@test "each manifest that was ever really installed" {
	local real
	real=$(shared real/installed) || skip "no real manifests"
	for f in "$real"/*/manifest.json; do
		rm -f m.json
		run_status 0 cp-manifest-upgrade --out m.json "$f"
		silent
		[ "$(jq '.assets | length' "$f")" = "$(jq '.assets | length' m.json)" ]
		[ "$(jq -r '.assets[] | .path + " " + .sha256' "$f" | sort)" = \
			"$(jq -r 'select(.source) | .target + " " + .hash' <<<"$output" | sort)" ]
		run_status 1 cp-schema-check --as package_manifest m.json
		# Nothing is wrong with it but that nobody has signed it.
		[ -z "$(jq -r 'select(.kind == "finding").detail' <<<"$output" | grep -v /integrity)" ]
		run_status 3 cp-manifest-upgrade m.json
		err 'of version 1.1 already'
	done
}

@test "each real archive: the digest of its row, then a package that passes the gate" {
	local real
	real=$(shared real) || skip "no real archives"
	for f in "$real"/packages_store/*.tar.gz; do
		id=$(basename "$f") && id=PKG-${id%%_*}
		run_status 0 cp-manifest-upgrade --archive "$f" --registry "$real/registries/packages_registry.csv" --id "$id" --out "$id"
		silent
		cmp <(tar -xzOf "$f") "$id"/frameworks/*.md
		cp-pack --out "$id.tar.gz" "$id" >log
		run_sh 0 "cp-package-read $id.tar.gz | cp-gate-g0a"
		[ "$(jq -r 'select(.manifest).manifest.framework_id' <<<"$output")" = "${id#PKG-}" ]
	done
}

@test "what the row says, in the manifest" {
	archive
	run_status 0 upgrade
	[ "$(jq -cS 'del(.assets, .integrity)' new/package.manifest.yaml)" = '{"framework_id":"FMWK-A","metadata":{"title":"The law"},'\
'"output":{"path":"law/A.md","type":"extension"},"package_id":"PKG-FMWK-A","schema_version":"1.1","type":"framework","version":"1.2.0"}' ]
	rm -r new
	row a.tar.gz /law/A.md library module
	run_status 0 upgrade
	[ "$(jq -r 'select(.source).target' <<<"$output")" = modules/PKG-FMWK-A/law/A.md ]
	rm -r new
	row a.tar.gz /law/A.md tool external '$HOME/out'
	run_status 0 upgrade --type library
	[ "$(jq -r '.output.path' new/package.manifest.yaml)" = '$HOME/out' ]
}

@test "another digest, none, no row, two rows, a row that makes no package" {
	archive
	sed -i '2s/[0-9a-f]\{64\}/'"$(printf %064d 0)"/ r.csv
	refused 3 'the registry says another'
	sed -i "2s/$(printf %064d 0)//" r.csv
	refused 3 'no digest'
	archive
	sed -n 2p r.csv >>r.csv
	refused 3 'it twice'
	sed -i 's/PKG-FMWK-A/PKG-FMWK-B/' r.csv
	refused 3 'no such package'
	row a.tar.gz /law/A.md tool
	refused 3 'no such type'
	row a.tar.gz /law/A.md framework nowhere
	refused 3 output_type
	row a.tar.gz /law/A.md framework external
	refused 3 output_path
	for path in /law/B.md /other/A.md/ //law/A.md /../A.md /package.manifest.yaml ''; do
		row a.tar.gz "$path"
		refused 3
	done
	: >r.csv
	refused 3
	rm r.csv
	refused 4
}

@test "an archive that is hostile, or holds something else" {
	echo more >more
	archive law/A.md more
	refused 3 'more than one file'
	archive law
	refused 3
	ln -s /etc/passwd A.md
	archive A.md
	refused 3 'no file'
	archive -P "$PWD/law/A.md"
	refused 3 'a name that no package'
	while read -r name becomes; do
		case $name in
		no-manifest | ratio-bomb | million-tiny-members | name-of-a-megabyte) continue ;;
		esac
		[ "$becomes" = 3 ] || continue
		python3 "$CP_TOP/t/package/archive.py" "$name" a.tar.gz
		row a.tar.gz /lib/a library
		refused 3
	done < <(python3 "$CP_TOP/t/package/archive.py" --list)
}

@test "what is there is left alone" {
	archive
	mkdir new
	run_status 4 upgrade
	[ -z "$(ls new)" ]
	echo '{"package_id":"PKG-A","version":"1.0.0","package_type":"robot","assets":[]}' >m
	run_status 3 cp-manifest-upgrade m
	run_status 3 cp-manifest-upgrade --type library m
	err 'has no assets'
	for options in '--id A m' '--registry r m' '--archive a.tar.gz m' '--archive a.tar.gz --id PKG-A'; do
		# shellcheck disable=SC2086
		run_status 2 cp-manifest-upgrade $options
	done
	run_status 2 cp-manifest-upgrade
}

@test "what is no manifest" {
	: >empty
	mkdir dir
	run_status 3 cp-manifest-upgrade empty
	err 'unable to upgrade the manifest: an empty document'
	run_status 4 cp-manifest-upgrade dir
	err 'unable to read dir: Is a directory'
}

# Archives of the earlier system, one file each and no manifest (000): installed by the id and the digest of their row in its
# registry.
load ../helper
load ../package/package
load flow

setup() {
	dev_plane
	registry=$CP_SHARED/real/registries/packages_registry.csv
}

# real: $store, where the real archives are.
real() {
	shared real/packages_store >/dev/null
	store=$shared
}

archive_of() { # ID
	printf '%s/%s' "$store" "$(basename "$(cp-csv-read "$registry" | jq -r --arg id "$1" 'select(.fields.id == $id).fields.source')")"
}

# home ID: the real package as a library of documents, in a place of its own: where it was only law may be.
home() {
	cp-manifest-upgrade --archive "$(archive_of "$1")" --registry "$registry" --id "$1" --out "$1" --type library >log &&
		jq 'del(.output)' "$1/package.manifest.yaml" >m.json && cp m.json "$1/package.manifest.yaml" &&
		cp-manifest-make --force --out "$1/package.manifest.yaml" "$1" >log && cp-pack --out "$1.tar.gz" "$1" >log
}

@test "each real archive that is there is installed by its id, in the order of its needs, and swept clean" {
	local n=0 id path got=() not=()
	real
	for id in $(cp-csv-read "$registry" | jq -r 'select(.fields.source_type == "tar").fields.id'); do
		if [ ! -e "$(archive_of "$id")" ]; then
			not+=("$id")
			continue
		fi
		home "$id"
		n=$((n + 1))
		run_status 0 cp-install "$id.tar.gz" --work-order "WO-20261121-00$n"
		path=$(tar -tzf "$(archive_of "$id")")
		path=libs/$id/frameworks/${path##*/}
		cmp <(tar -xzOf "$(archive_of "$id")") "p/$path"
		grep -q "^$path,$id,," p/registries/file_ownership.csv
		[ "$(jq -r 'select(.event_type == "INSTALLED").package_id' p/ledger/packages.jsonl | tail -n 1)" = "$id" ]
		got+=("$id")
	done
	echo "# installed: ${got[*]}; not, for its archive is not there: ${not[*]}" >&3
	[ "${#got[@]}" -eq 4 ] && [ "${not[*]}" = PKG-FMWK-200 ]
	clean
	run_sh 0 cp-receipts
	for ((n = 3; n >= 0; n--)); do
		run_status 0 cp-uninstall "${got[n]}" --work-order "WO-20261121-01$n"
	done
	clean
	[ ! -e p/libs/PKG-FMWK-100 ]
}

@test "a real one not with the digest of another, not as law while it is a draft, not before what it needs" {
	local id
	real
	run_status 3 cp-manifest-upgrade --archive "$(archive_of PKG-FMWK-100)" --registry "$registry" --id PKG-FMWK-101 --out x
	[ ! -e x ]
	cp-manifest-upgrade --archive "$(archive_of PKG-FMWK-100)" --registry "$registry" --id PKG-FMWK-100 --out law >log
	cp-pack --out law.tar.gz law >log
	run_status 1 cp-install law.tar.gz --work-order WO-20261121-002 --json
	has 'framework_id is FMWK-100, which is draft'
	home PKG-FMWK-101
	run_status 1 cp-install PKG-FMWK-101.tar.gz --work-order WO-20261121-002 --json
	has 'PKG-FMWK-101 needs PKG-FMWK-100, which is not there'
	clean
}

@test "a file goes where it was when a framework allows it, and not without" {
	mkdir law modules
	printf '%s\n' '# FMWK-900: Tools' '' '## Metadata' '- framework_id: FMWK-900' '- version: 1.0.0' '- status: active' \
		'- plane: ho3' '' '## Invariants' '- [MUST] work' '' '## Path Authorizations' '- `modules/*.sh`' '' \
		'## Required Gates' '- G0-PACKAGE' '' '## Change Control' '- code_change' '' '## Security Posture' \
		'- Fail-closed on all gate failures' >law/FMWK-900.md
	jq -n '{schema_version: "1.1", package_id: "PKG-FMWK-900", version: "1.0.0", type: "framework", framework_id: "FMWK-900",
		assets: [{source: "FMWK-900.md", type: "law_doc"}]}' >law/package.manifest.yaml
	cp-manifest-make --force --out law/package.manifest.yaml law >log && cp-pack --out law.tar.gz law >log
	run_status 0 cp-install law.tar.gz --work-order WO-20261121-001
	echo true >modules/t.sh
	tar -czf t.tar.gz modules/t.sh
	printf '%s\n' id,name,category,version,digest,deps,artifact_path,output_type,output_path \
		"PKG-T,A tool,library,1.0.0,$(sha256sum <t.tar.gz | cut -c1-64),,/modules/t.sh,extension," >r.csv
	for law in '' '--framework FMWK-900'; do
		rm -rf t
		# shellcheck disable=SC2086 # two words, or none
		cp-manifest-upgrade --archive t.tar.gz --registry r.csv --id PKG-T --out t $law >log
		cp-pack --force --out new.tar.gz t >log
		run_status "$([ -n "$law" ]; echo $?)" cp-install new.tar.gz --work-order WO-20261121-002 --json
		[ -n "$law" ] || has 'an extension of the plane needs a framework that allows it'
	done
	cmp modules/t.sh p/modules/t.sh
	clean
}

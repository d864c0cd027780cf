load ../helper
load registry
load project

setup() {
	mkdir "$BATS_TEST_TMPDIR/p"
	cd "$BATS_TEST_TMPDIR/p"
}

# some: a plane with a little of everything.
some() {
	law
	installed PKG-A 1.0.0 '.metadata = {title: "A, the \"first\"", license: "MIT"}'
	installed PKG-B 2.1.0 '.dependencies = [{package_id: "PKG-A", version: ">=1.0.0,<2.0.0"}]'
	manifest PKG-F 1.0.0 '.type = "framework" | .framework_id = "FMWK-1" | .assets = [.assets[0] | .type = "law_doc" |
		.source = "doc/FMWK-1.md"] | .metadata = {title: "Law", allowed_spec_types: ["a", "b"]}'
	about INSTALLED PKG-F 1.0.0
	manifest PKG-S 1.0.0 '.type = "spec" | .spec_id = "SPEC-1" | .requires_framework = "FMWK-1" |
		.assets[0].type = "spec" | .assets[0].source = "manifest.yaml" | .assets[1].plane = "ho2" |
		.assets[1].spec_owner = "SPEC-1" | .assets[1].mode = "0755"'
	about INSTALLED PKG-S 1.0.0
}

csv() { # NAME COLUMN... : these columns, a row a line
	local file=registries/$1.csv
	shift
	cp-registry-read --rows "$file" | jq -r --args 'select(.fields) | .fields as $f | [$ARGS.positional[] | $f[.]] |
		join(" ") | sub(" +$"; "")' "$@"
}

# unchanged PRE: nothing but our lock differs from what tree_of said.
unchanged() {
	[ "$(tree_of .)" = "$1" ]
}

@test "what ledgers and manifests come to" {
	some
	run_status 0 cp-project
	silent
	[ "$(jq -r 'select(.path) | "\(.path) \(.rows) \(.changed)"' <<<"$output")" = 'registries/compiled/packages.json 4 true
registries/packages_registry.csv 4 true
registries/packages_state.csv 4 true
registries/frameworks_registry.csv 1 true
registries/specs_registry.csv 1 true
registries/compiled/file_ownership.json 7 true
registries/file_ownership.csv 6 true
planes/ho2/registries/file_ownership.csv 1 true' ]
	[ "$(csv packages_registry id name category version deps license artifact_path status selected framework_id spec_id)" = \
		'PKG-A A, the "first" library 1.0.0  MIT  active yes
PKG-B PKG-B library 2.1.0 PKG-A >=1.0.0,<2.0.0 NOASSERTION  active yes
PKG-F Law framework 1.0.0  NOASSERTION /frameworks/FMWK-1/FMWK-1.md active yes FMWK-1
PKG-S PKG-S spec 1.0.0  NOASSERTION  active yes FMWK-1 SPEC-1' ]
	[ "$(csv frameworks_registry framework_id title status version plane_id allowed_spec_types hash)" = \
		"FMWK-1 Law active 1.0.0 ho3 a b $(hash 'PKG-F 1.0.0 a')" ]
	[ "$(csv specs_registry spec_id title framework_id status version plane_id hash)" = \
		"SPEC-1 SPEC-1 FMWK-1 active 1.0.0 ho3 $(hash 'PKG-S 1.0.0 a')" ]
	[ "$(csv packages_state package_id status package_type assets_count version)" = 'PKG-A installed library 2 1.0.0
PKG-B installed library 2 2.1.0
PKG-F installed framework 1 1.0.0
PKG-S installed spec 2 1.0.0' ]
	[ "$(csv file_ownership file_path owner_package_id owner_spec_id mode classification)" = \
		'frameworks/FMWK-1/FMWK-1.md PKG-F  0644 law_doc
libs/PKG-A/a.py PKG-A  0644 library
libs/PKG-A/sub/b.py PKG-A  0644 library
libs/PKG-B/a.py PKG-B  0644 library
libs/PKG-B/sub/b.py PKG-B  0644 library
specs/SPEC-1/manifest.yaml PKG-S SPEC-1 0644 spec' ]
	[ "$(sed 1d planes/ho2/registries/file_ownership.csv | cut -d, -f1-5)" = \
		"libs/PKG-S/sub/b.py,PKG-S,SPEC-1,$(hash 'PKG-S 1.0.0 b'),0755" ]
	[ "$(csv file_ownership sha256 | sed -n 2p)" = "$(hash 'PKG-A 1.0.0 a')" ]
	jq -e . registries/compiled/*.json >/dev/null
}

@test "what comes out passes our own checks, and begins with the columns of the real files" {
	some
	cp-project >out
	for f in packages frameworks specs; do
		cp-registry-read "registries/${f}_registry.csv" >"../$f"
		shared "real/registries/${f}_registry.csv" >/dev/null
		[[ $(head -n 1 "registries/${f}_registry.csv") == "$(head -n 1 "$shared" | tr -d '\r'),"* ]]
	done
	shared real/registries/packages_state.csv >/dev/null
	[[ $(head -n 1 registries/packages_state.csv) == "$(head -n 1 "$shared" | tr -d '\r'),version" ]]
	cp-registry-read registries/packages_state.csv >../state
	run_sh 0 'cp-merge ../packages ../frameworks ../specs ../state | cp-registry-check --fail-on note'
	findings_are
	run_sh 0 'cp-registry-read >/dev/null'
	run_sh 0 'cp-schema-check <out && rm out && cp-project --check | cp-schema-check'
}

@test "the same bytes again, from anywhere and on any day; nothing is touched that is as it should be" {
	some
	cp-project >/dev/null
	before=$(tree_of .)
	touch -d 2001-01-01 registries/*.csv
	run_status 0 cp-project
	[ "$(jq -r 'select(.path) | .changed' <<<"$output" | sort -u)" = false ]
	[ "$(stat -c %Y registries/specs_registry.csv)" -eq "$(date -d 2001-01-01 +%s)" ]
	unchanged "$before"
	rm -r registries planes
	(cd / && umask 077 && TZ=Asia/Tokyo LC_ALL=C cp-project >/dev/null)
	chmod 755 registries registries/compiled planes planes/ho2 planes/ho2/registries
	unchanged "$before"
}

@test "the compiled file is bound to the ledgers, and to the other files" {
	some
	cp-project >/dev/null
	cp-chain-check ledger/packages.jsonl ledger/governance.jsonl --no-seen >../reports
	[ "$(jq -c '.ledgers[] | [.ledger, .size, .root_hash, .head_hash]' registries/compiled/packages.json)" = \
		"$(jq -c 'select(.kind == "report") | [.ledger, .entries, .root_hash, .head_hash]' ../reports)" ]
	jq -r '.registries[] | .hash[7:] + "  " + .path' registries/compiled/packages.json | sha256sum -c --quiet
	[ "$(jq -r '.packages[].id' registries/compiled/packages.json | xargs)" = 'PKG-A PKG-B PKG-F PKG-S' ]
	event governance FRAMEWORK_PROPOSED '{framework_id: "FMWK-9", version: "1.0.0", hash: "'"$(hash x)"'"}'
	run_status 1 cp-project --check
	findings_are 'STALE registries/compiled/packages.json' 'STALE registries/frameworks_registry.csv'
}

@test "--check: any hand edit of any of them is found, and nothing is written" {
	some
	cp-project >/dev/null
	run_status 0 cp-project --check
	[ "$(jq -r 'select(.kind == "verdict") | [.gate, .pass, .checked, .findings] | join(" ")' <<<"$output")" = \
		'PROJECTION true 8 0' ]
	[ "$(tail -n 2 <<<"$output" | jq -r .kind | xargs)" = 'verdict end' ]
	good=$(tree_of .)
	for f in $(find registries planes -type f); do
		cp "$f" ../kept
		for edit in '$s/.$/&/;$a\x' '$d' '1s/^./&&/' 's/PKG-A/PKG-B/'; do
			sed -i "$edit" "$f"
			! cmp -s "$f" ../kept || continue
			before=$(tree_of .)
			run_status 1 cp-project --check
			has "\"code\":\"STALE\",\"severity\":\"error\",\"path\":\"$f\""
			[ "$(tail -n 2 <<<"$output" | jq -r .kind | xargs)" = 'verdict end' ]
			unchanged "$before"
			cat ../kept >"$f"
		done
		rm "$f"
		run_status 1 cp-project --check
		findings_are "STALE $f"
		mkfifo "$f"
		run_status 1 timeout 10 cp-project --check
		findings_are "STALE $f"
		rm "$f"
		ln -s /dev/null "$f"
		run_status 1 cp-project --check
		rm "$f"
		cat ../kept >"$f"
	done
	unchanged "$good"
}

@test "projecting repairs what was edited, and refuses to drop a row that no entry explains" {
	some
	cp-project >/dev/null
	good=$(tree_of .)
	sed -i 's/,active,/,draft,/' registries/packages_registry.csv registries/specs_registry.csv
	sed -i 2d registries/file_ownership.csv
	cp-project >/dev/null
	unchanged "$good"
	for f in registries/packages_registry.csv registries/specs_registry.csv registries/file_ownership.csv \
		registries/frameworks_registry.csv registries/packages_state.csv planes/ho2/registries/file_ownership.csv; do
		cp "$f" ../kept
		sed 's/\(PKG\|SPEC\|FMWK\)-[A-Z0-9]*/\1-HAND/g' <(sed -n 2p "$f") >>"$f"
		before=$(tree_of .)
		run_status 1 cp-project
		[ "$(jq -r 'select(.kind == "finding") | "\(.code) \(.path) \(.line)"' <<<"$output")" = \
			"UNRECORDED $f $(wc -l <"$f")" ]
		unchanged "$before"
		run_status 1 cp-project --check
		has UNRECORDED
		has "\"STALE\",\"severity\":\"error\",\"path\":\"$f\""
		cat ../kept >"$f"
	done
	unchanged "$good"
}

@test "a registry that cannot be read is not replaced: nobody knows what would be lost" {
	some
	cp-project >/dev/null
	printf '"\n' >>registries/packages_registry.csv
	before=$(tree_of .)
	run_status 3 cp-project
	err 'registries/packages_registry.csv:6: unable to read the registry: '
	unchanged "$before"
	run_status 1 cp-project --check
	findings_are 'STALE registries/packages_registry.csv'
	rm registries/packages_registry.csv
	run_status 0 cp-project
	echo a,b >registries/specs_registry.csv
	run_status 3 cp-project
	err 'it has no column spec_id'
}

@test "the real registries are not lost to a ledger that knows nothing of them" {
	shared real/registries >/dev/null
	law
	mkdir registries
	cp "$shared"/{packages_registry,frameworks_registry,specs_registry,packages_state,file_ownership}.csv registries/
	before=$(tree_of .)
	run_status 1 cp-project
	[ "$(jq -r 'select(.code == "UNRECORDED") | .path' <<<"$output" | sort | uniq -c | awk '{ print $1 }' | xargs)" = \
		'101 10 5 1 20' ]
	unchanged "$before"
}

@test "a manifest that is not the ledger's stops the replay" {
	some
	cp-project >/dev/null
	m=manifests/PKG-A/1.0.0/package.manifest.json
	cp $m ../kept
	for edit in '.assets[0].source = "evil.py"' '.dependencies = [{package_id: "PKG-B"}]' '.metadata.title = "x"' \
		'.version = "1.0.1"' '.package_id = "PKG-C"' '.assets[0].plane = "ho1"' '.assets |= reverse' '.assets = []' \
		'.x = 1.5e400' '.assets[0].mode = "0755"'; do
		jq "$edit" ../kept >$m
		before=$(tree_of .)
		for how in '' --check; do
			# shellcheck disable=SC2086
			run_status 1 cp-project $how
			findings_are "MODIFIED $m"
			unchanged "$before"
		done
	done
	jq '.integrity.signature = "base64:AAAA"' ../kept >$m
	run_status 0 cp-project
	for bad in '{' '[]' '{}' '"x"' '{"a":1,"a":2}' ''; do
		printf '%s\n' "$bad" >$m
		run_status 1 cp-project
		has "\"MODIFIED\",\"severity\":\"error\",\"path\":\"$m\""
	done
	rm $m
	run_status 1 cp-project
	findings_are "MISSING $m"
	ln -s ../../../../kept $m
	run_status 1 cp-project
	findings_are "MISSING $m"
	rm $m
	mkfifo $m
	run_status 1 timeout 10 cp-project
	rm $m
	cp ../kept $m
	run_status 0 cp-project
}

@test "an entry that vouches for no document does not stand" {
	law
	manifest PKG-A 1.0.0
	event packages INSTALLED "{package_id: \"PKG-A\", version: \"1.0.0\", manifest_hash: \"$(manifest_hash PKG-A 1.0.0)\"}"
	run_status 1 cp-project
	findings_are 'UNBOUND manifests/PKG-A/1.0.0/package.manifest.json'
	[ ! -e registries ]
}

@test "a manifest in YAML is what it would be in JSON" {
	some
	cp-project >/dev/null
	good=$(tree_of registries)
	cat >manifests/PKG-A/1.0.0/package.manifest.yaml <<-EOF
		assets:
		- source: a.py
		  hash: $(hash 'PKG-A 1.0.0 a')
		  plane: ho3
		  type: library
		  spec_owner: null
		- {source: sub/b.py, hash: "$(hash 'PKG-A 1.0.0 b')", plane: ho3, type: library, spec_owner: null}
		schema_version: "1.1"
		package_id: PKG-A
		version: 1.0.0
		metadata:
		  license: MIT
		  title: 'A, the "first"'
		type: library
		integrity: {alg: ed25519, signature: "base64:AA=="}
	EOF
	rm manifests/PKG-A/1.0.0/package.manifest.json
	run_status 0 cp-project
	[ "$(tree_of registries)" = "$good" ]
	sed -i 's/source: a.py/source: b.py/' manifests/PKG-A/1.0.0/package.manifest.yaml
	run_status 1 cp-project
	findings_are 'MODIFIED manifests/PKG-A/1.0.0/package.manifest.yaml'
	printf 'a: &x 1\nb: *x\n' >manifests/PKG-A/1.0.0/package.manifest.yaml
	run_status 1 cp-project
	findings_are 'MODIFIED manifests/PKG-A/1.0.0/package.manifest.yaml'
}

@test "a life: packed, installed, upgraded, uninstalled" {
	law
	event packages PACKED '{package_id: "PKG-A", version: "1.0.0", archive_hash: "'"$(hash x)"'", source: "packages_store/a.tar.gz",
		source_type: "tar", output_type: "extension", output_path: "x/y"}'
	cp-project >/dev/null
	[ "$(csv packages_registry id version source source_type digest output_type output_path status selected)" = \
		"PKG-A 1.0.0 packages_store/a.tar.gz tar $(hash x | cut -c8-) extension x/y validated no" ]
	[ -z "$(csv packages_state package_id 2>/dev/null)" ]
	installed PKG-A 1.0.0
	cp-project >/dev/null
	[ "$(csv packages_registry version source digest status)" = "1.0.0 packages_store/a.tar.gz $(hash x | cut -c8-) active" ]
	created=$(csv packages_registry created_at)
	manifest PKG-A 1.1.0
	about UPGRADED PKG-A 1.1.0 '{previous_version: "1.0.0", work_order_id: "WO-20260101-001", removed_assets: []}'
	cp-project >/dev/null
	[ "$(csv packages_registry version source status)" = '1.1.0  active' ]
	[ "$(csv packages_registry created_at)" = "$created" ]
	[ "$(csv file_ownership sha256 | head -n 1)" = "$(hash 'PKG-A 1.1.0 a')" ]
	about UNINSTALLED PKG-A 1.1.0
	cp-project >/dev/null
	[ "$(csv packages_registry version status selected)" = '1.1.0 retired no' ]
	[ "$(csv packages_state status)" = uninstalled ]
	[ -n "$(csv packages_state uninstalled_at)" ]
	[ "$(wc -l <registries/file_ownership.csv)" -eq 1 ]
	about INSTALLED PKG-A 1.1.0
	cp-project >/dev/null
	[ "$(csv packages_state status)" = installed ]
}

@test "started, failed, aborted and delivered change no registry" {
	some
	cp-project >/dev/null
	rm registries/compiled/packages.json
	good=$(tree_of registries)
	event packages INSTALL_STARTED '{package_id: "PKG-N", version: "1.0.0", txn: "t", plan_hash: "'"$(hash p)"'"}'
	event packages INSTALL_FAILED '{package_id: "PKG-N", version: "1.0.0", txn: "t", reason: "x"}'
	event packages DELIVERED '{package_id: "PKG-X", path: "/etc/x", hash: "'"$(hash p)"'"}'
	cp-project >/dev/null
	rm registries/compiled/packages.json
	[ "$(tree_of registries)" = "$good" ]
}

@test "events that cannot follow what came before stop the replay" {
	law
	installed PKG-A 1.0.0
	manifest PKG-A 2.0.0
	cp -a . ../base
	refuse() {
		run_status 1 cp-project
		[ "$(jq -r 'select(.kind == "finding") | "\(.code) \(.seq) \(.detail)"' <<<"$output")" = "EVENT 2 $1" ]
		[ ! -e registries ]
		rm -rf ledger
		cp -a ../base/ledger .
	}
	about INSTALLED PKG-A 2.0.0
	refuse 'it installs a package that is installed already'
	about UPGRADED PKG-A 2.0.0 '{previous_version: "1.5.0", work_order_id: "WO-20260101-001", removed_assets: []}'
	refuse 'its previous_version is not the one that is installed'
	about UNINSTALLED PKG-A 2.0.0
	refuse 'its version is not the one that is installed'
	event packages UNINSTALLED '{package_id: "PKG-B", version: "2.0.0"}'
	refuse 'it uninstalls a package that is not installed'
	event packages INSTALLED '{package_id: "PKG-B", version: "../../etc"}'
	refuse 'its version is none'
	event packages INSTALLED '{package_id: "PKG-B/../x", version: "1.0.0"}'
	refuse 'its package_id is none'
	event packages ADOPTED '{owner: "PKG-A", files: 1, registry_hash: "'"$(hash x)"'"}'
	refuse 'its owner is a package of its own'
}

@test "frameworks and specs that were registered" {
	law
	chain='approval_chain: [{approver: "a", signature: "base64:AA==", signed_by: "k", nonce: "n"}]'
	event governance FRAMEWORK_PROPOSED '{framework_id: "FMWK-2", version: "0.1.0", hash: "'"$(hash x)"'"}'
	event governance FRAMEWORK_APPROVED "{framework_id: \"FMWK-1\", version: \"1.0.0\", hash: \"$(hash f)\", $chain,
		title: \"Law\", plane: \"ho3\"}"
	event governance SPEC_REGISTERED "{spec_id: \"SPEC-1\", framework_id: \"FMWK-1\", version: \"1.2.0\", hash: \"$(hash s)\",
		status: \"draft\"}"
	cp-project >/dev/null
	[ "$(csv frameworks_registry framework_id title status version hash)" = "FMWK-1 Law active 1.0.0 $(hash f)
FMWK-2 FMWK-2 proposed 0.1.0 $(hash x)" ]
	[ "$(csv specs_registry spec_id framework_id status version hash)" = "SPEC-1 FMWK-1 draft 1.2.0 $(hash s)" ]
	event governance FRAMEWORK_PROPOSED '{framework_id: "FMWK-1", version: "2.0.0", hash: "'"$(hash x)"'"}'
	cp-project >/dev/null
	[ "$(csv frameworks_registry framework_id status version | head -n 1)" = 'FMWK-1 active 1.0.0' ]
}

@test "two packages that own one path are a finding, and nothing is written" {
	law
	for id in A B; do
		manifest PKG-$id 1.0.0 '.output = {type: "extension"} | .assets[1].source = "only-'$id'"'
		about INSTALLED PKG-$id 1.0.0
	done
	run_status 1 cp-project
	findings_are 'DUPLICATE a.py'
	has 'owned by PKG-A and by PKG-B'
	[ ! -e registries ]
}

@test "where assets go: by type, as a module, as an extension, outside" {
	law
	manifest PKG-A 1.0.0 '.framework_id = "FMWK-1" | .spec_id = "SPEC-1" | .assets = ([["law_doc", "d/l.md"], ["spec", "s/m.yaml"],
		["library", "x"], ["agent", "x"], ["prompt", "x"], ["gate", "x"], ["config", "x"], ["test", "x"], ["other", "x/y"]] |
		map({source: .[1], hash: $a, plane: "ho3", type: .[0]}))'
	about INSTALLED PKG-A 1.0.0
	manifest PKG-M 1.0.0 '.output = {type: "module"}'
	about INSTALLED PKG-M 1.0.0
	manifest PKG-E 1.0.0 '.output = {type: "extension", path: "scripts/e.py"} | .assets |= .[:1]'
	about INSTALLED PKG-E 1.0.0
	manifest PKG-X 1.0.0 '.output = {type: "external", path: "/opt/x"}'
	about INSTALLED PKG-X 1.0.0
	cp-project >/dev/null
	[ "$(csv file_ownership file_path)" = 'agents/PKG-A/x
config/PKG-A/x
frameworks/FMWK-1/l.md
gates/PKG-A/x
libs/PKG-A/x
modules/PKG-M/a.py
modules/PKG-M/sub/b.py
packages/PKG-A/x/y
prompts/PKG-A/x
scripts/e.py
specs/SPEC-1/s/m.yaml
tests/PKG-A/x' ]
	for path in ../x /x a/../../x ''; do
		rm -rf registries ledger
		law
		manifest PKG-E 1.0.0 ".assets[0].source = \"$path\""
		about INSTALLED PKG-E 1.0.0
		run_status 1 cp-project
		[ ! -e registries ]
	done
}

@test "manifests of earlier versions, real ones" {
	shared real/installed >/dev/null
	law
	for id in PKG-ADMIN-EXT-001 PKG-KERNEL-001 PKG-ROUTER-EXT-001; do
		version=$(jq -r .version "$shared/$id/manifest.json")
		mkdir -p "manifests/$id/$version"
		cp "$shared/$id/manifest.json" "manifests/$id/$version/package.manifest.json"
		sum=$(document_hash "$id" "$version")
		event packages INSTALLED "{package_id: \"$id\", version: \"$version\", document_hash: \"$sum\"}"
	done
	run_status 0 cp-project
	[ "$(csv packages_registry id category deps source_spec_id | cut -c1-70)" = \
		'PKG-ADMIN-EXT-001 module PKG-BASELINE-HO3-000 SPEC-ADMIN-001
PKG-KERNEL-001 kernel
PKG-ROUTER-EXT-001 module PKG-BASELINE-HO3-000 SPEC-ROUTER-001' ]
	[ "$(csv file_ownership file_path owner_package_id | sed -n '1p;$p')" = 'lib/cursor.py PKG-KERNEL-001
tests/test_tools_first_dryrun.py PKG-ADMIN-EXT-001' ]
	[ "$(wc -l <registries/file_ownership.csv)" -eq 17 ]
}

@test "what was adopted stands as long as its registry is vouched for" {
	law
	mkdir lib registries
	echo x >lib/x
	export CONTROL_PLANE_ROOT=$PWD
	{ cp-walk | cp-hash | cp-baseline --owner PKG-BASE-1 --force; } >../baseline
	sum=$(jq -r 'select(.hash) | .hash' ../baseline)
	n=$(($(wc -l <registries/file_ownership.csv) - 1))
	event packages ADOPTED "{owner: \"PKG-BASE-1\", files: $n, registry_hash: \"$sum\"}"
	cp registries/file_ownership.csv ../kept
	run_status 0 cp-project
	cmp registries/file_ownership.csv ../kept
	[ "$(csv packages_state package_id status package_type)" = 'PKG-BASE-1 installed baseline' ]
	sed -i 's/,0644,/,0755,/' registries/file_ownership.csv
	before=$(tree_of .)
	run_status 1 cp-project
	findings_are 'STALE registries/file_ownership.csv'
	unchanged "$before"
	mkdir ledger/blobs
	cp ../kept "ledger/blobs/${sum#sha256:}"
	run_status 0 cp-project
	cmp registries/file_ownership.csv ../kept
	installed PKG-A 1.0.0
	run_status 0 cp-project
	[ "$(csv file_ownership owner_package_id | sort | uniq -c | xargs)" = "2 PKG-A $n PKG-BASE-1" ]
	echo >>"ledger/blobs/${sum#sha256:}"
	run_status 3 cp-project
}

@test "an entry that says what the registry came to is believed over the projection" {
	law
	installed PKG-A 1.0.0
	cp-project >/dev/null
	sum=$(sha256sum registries/file_ownership.csv | cut -d' ' -f1)
	installed PKG-B 1.0.0
	manifest PKG-C 1.0.0
	about INSTALLED PKG-C 1.0.0 "{registry_hash: \"sha256:$sum\"}"
	run_status 1 cp-project
	findings_are 'STALE registries/file_ownership.csv'
	has "the ledger says that it came to sha256:$sum"
}

@test "a ledger that does not hold is not believed" {
	some
	cp-project >/dev/null
	cp -a . ../base
	again() {
		rm -rf ledger
		cp -a ../base/ledger .
	}
	before=$(tree_of registries)
	sed -i '3s/PKG-B/PKG-Z/' ledger/packages.jsonl
	run_status 1 cp-project
	has ALTERED
	[ "$(tree_of registries)" = "$before" ]
	again
	sed -i 2d ledger/packages.jsonl
	run_status 1 cp-project
	again
	cp ledger/governance.jsonl ledger/packages.jsonl
	run_status 1 cp-project
	has 'it is no ledger of packages'
	again
	: >ledger/packages.jsonl
	run_status 3 cp-project
	rm ledger/packages.jsonl
	run_status 4 cp-project
	again
	cp "$(shared real/ledger/clean-210.jsonl)" ledger/packages.jsonl
	run_status 1 cp-project
	[ "$(tree_of registries)" = "$before" ]
}

@test "--dry-run changes nothing at all; a plane that somebody changes is left alone" {
	some
	before=$(find . | sort | xargs ls -ld --time-style=full-iso)
	run_status 0 cp-project --dry-run
	has '"changed":true,"dry_run":true'
	[ "$(find . | sort | xargs ls -ld --time-style=full-iso)" = "$before" ]
	need flock
	mkdir -m 700 .cp
	cp-project >/dev/null
	cd / && run_status 2 env -u CONTROL_PLANE_ROOT cp-project
}

@test "what is in the way is refused before anything is replaced" {
	some
	mkdir -p registries/specs_registry.csv
	before=$(tree_of .)
	run_status 4 cp-project
	unchanged "$before"
	rmdir registries/specs_registry.csv registries
	mkdir ../elsewhere
	ln -s ../elsewhere registries
	run_status 4 cp-project
	[ -z "$(ls ../elsewhere)" ]
}

@test "names that are hostile: quotes, commas, line feeds, formulas, and what no terminal should see" {
	law
	manifest PKG-A 1.0.0 '.assets[0].source = "a,\"b\"\nc" | .assets[1].source = "=1+1" |
		.metadata = {title: "t\u001b[2J,\"", maintainer: "\r\n"}'
	about INSTALLED PKG-A 1.0.0
	run_status 0 cp-project
	[ "$(cp-registry-read | jq -c 'select(.path) | .path')" = '"libs/PKG-A/=1+1"
"libs/PKG-A/a,\"b\"\nc"' ]
	run_sh 1 'cp-registry-read registries/packages_registry.csv | cp-registry-check'
	[ "$(jq -r 'select(.kind == "finding") | .detail' <<<"$output")" = 'PKG-A: name t\x1b[2J," holds a control character
PKG-A: owner \x0d\n holds a control character' ]
	jq -e . registries/compiled/packages.json >/dev/null
}

# What the gates of a plane would say once a plan is carried out: asked before anything is.
load ../helper
load ../gate/signed
load ../spec/law

setup() {
	need jq openssl
	cd "$BATS_TEST_TMPDIR" || return
	mkdir P
	export HOME=$PWD CONTROL_PLANE_ROOT=$PWD/P
	genesis P
	mkdir -p P/packages_store P/registries
	cp-ledger-init --ledger test/intent --type L-INTENT --tier ho3 P/ledger/governance.jsonl >/dev/null
	cp-project >/dev/null
	key me
	law P/frameworks/FMWK-900/FMWK-900.md
	specs
}

# made ID [JQ]: a draft of that package in the directory of that name, signed by $key, in the store as cp-stage names it.
made() {
	draft "$1" ".package_id = \"$1\""
	changed "$1" "${2-.}"
	signed "$1" "${key-me}"
	cp-pack --force --out "P/packages_store/$1_$(jq -r .version "$1/package.manifest.yaml").tar.gz" "$1" >/dev/null
}

# try STATUS PLAN...: cp-apply of what cp-plan says; nothing changes where it says no.
try() {
	"${@:2}" >plan || return
	before=$(tail -n 1 P/ledger/packages.jsonl | jq .seq)
	run_sh "$1" 'cp-apply --keyring R --sync none --work-order WO-20261126-001 <plan'
	[ "$1" -eq 0 ] || ! cp-ledger-read P/ledger/packages.jsonl | jq -e --argjson n "$before" \
		'select(.entry.seq > $n and .entry.event_type == "INSTALL_STARTED")' >started || { cat started; return 1; }
}
new() {
	cp-package-read "P/packages_store/$1.tar.gz" | cp-plan "${@:2}"
}

# specs: a spec that allows what PKG-USER-001 has, in a package of its own.
specs() {
	rm -rf s && mkdir s
	spec s/manifest.yaml
	sed -i 's|^  - libs/PKG-TEST-900/a.c|  - libs/PKG-USER-001/lib/a|; s|^  - docs/a.md|  - libs/PKG-USER-001/lib/b|' s/manifest.yaml
	jq -n --arg h "$(sum <s/manifest.yaml)" '{schema_version: "1.1", package_id: "PKG-SPEC-900", version: "1.0.0", type: "spec",
		spec_id: "SPEC-TEST-900", requires_framework: "FMWK-900", assets: [
		{source: "manifest.yaml", hash: $h, plane: "ho3", type: "spec", spec_owner: "SPEC-TEST-900"}]}' >s/package.manifest.yaml
	signed s me
	cp-pack --force --out P/packages_store/PKG-SPEC-900_1.0.0.tar.gz s >/dev/null
}

@test "G0-SPEC: a spec does not go while the files of another are its own, nor drops them" {
	try 0 new PKG-SPEC-900_1.0.0
	made PKG-USER-001 '.assets[].spec_owner = "SPEC-TEST-900"'
	try 0 new PKG-USER-001_1.0.0
	try 1 cp-plan --remove PKG-SPEC-900
	findings_are 'CHAIN libs/PKG-USER-001/lib/a' 'CHAIN libs/PKG-USER-001/lib/b'
	has 'Unknown spec owner'
	[ -e P/specs/SPEC-TEST-900/manifest.yaml ]
	sed -i '/lib.b$/d' s/manifest.yaml
	changed s ".version = \"2.0.0\" | .assets[0].hash = \"$(sum <s/manifest.yaml)\""
	signed s me
	cp-pack --out P/packages_store/PKG-SPEC-900_2.0.0.tar.gz s >/dev/null
	try 1 new PKG-SPEC-900_2.0.0 --upgrade
	findings_are 'CHAIN libs/PKG-USER-001/lib/b'
	has 'does not list it'
	# One that is broken already does not hinder who mends another.
	mv P/frameworks f
	try 0 cp-plan --remove PKG-SPEC-900
	jq -es 'map(select(.code)) | length == 2 and all(.severity == "warning")' <<<"$output" >/dev/null
	mv f P/frameworks
	try 0 cp-plan --remove PKG-USER-001
}

@test "G0-PACKAGE: a registry of a lower plane that is not what the ledger comes to" {
	made PKG-LOW-001 '.assets[].plane = "ho2"'
	try 0 new PKG-LOW-001_1.0.0
	echo evil >P/planes/ho2/libs/PKG-LOW-001/lib/a
	cp P/planes/ho2/registries/file_ownership.csv good
	sed -i "s/$(sum <PKG-LOW-001/lib/a)/$(echo evil | sum)/" P/planes/ho2/registries/file_ownership.csv
	made PKG-OTHER-001
	try 1 new PKG-OTHER-001_1.0.0
	has '"code":"STALE","severity":"error","path":"planes/ho2/registries/file_ownership.csv"'
	cp good P/planes/ho2/registries/file_ownership.csv
	try 0 new PKG-OTHER-001_1.0.0
}

@test "G-INTEGRITY: what is signed by a key that was revoked stops what comes, but not what replaces it" {
	key other
	key=other made PKG-OLD-001
	try 0 new PKG-OLD-001_1.0.0
	key=other made PKG-OLD-002
	try 0 new PKG-OLD-002_1.0.0
	cp-keyring --keyring R revoke other@example >/dev/null
	made PKG-NEW-001
	try 1 new PKG-NEW-001_1.0.0
	findings_are 'UNTRUSTED manifests/PKG-OLD-001/1.0.0/package.manifest.yaml' \
		'UNTRUSTED manifests/PKG-OLD-002/1.0.0/package.manifest.yaml'
	has 'Invalid signature: '
	made PKG-OLD-001 '.version = "2.0.0"'
	try 0 new PKG-OLD-001_2.0.0 --upgrade
	findings_are 'UNTRUSTED manifests/PKG-OLD-002/1.0.0/package.manifest.yaml'
	try 0 cp-plan --remove PKG-OLD-002
	try 0 new PKG-NEW-001_1.0.0
	findings_are
}

@test "the archive is found by its hash, under its own name or another's" {
	made PKG-A-001
	made PKG-B-001
	new PKG-A-001_1.0.0 >plan.a
	mv P/packages_store/PKG-A-001_1.0.0.tar.gz P/packages_store/x.tar.gz
	cp P/packages_store/PKG-B-001_1.0.0.tar.gz P/packages_store/PKG-A-001_1.0.0.tar.gz
	try 0 cat plan.a
	rm P/packages_store/x.tar.gz
	try 1 cat plan.a
	err 'not in packages_store'
}

@test "what the entry at its end could not say is not begun: an upgrade without an order, an order that is none" {
	made PKG-A-001
	new PKG-A-001_1.0.0 >asked
	for order in 'no order' WO-1 '' '../../x'; do
		run_status 2 cp-apply --keyring R --sync none --work-order "$order" <asked
		[ "$(wc -l <P/ledger/packages.jsonl)" -eq 1 ]
	done
	try 0 cat asked
	made PKG-A-001 '.version = "2.0.0"'
	new PKG-A-001_2.0.0 --upgrade >asked
	run_sh 1 'cp-apply --keyring R --sync none <asked'
	findings_are 'ORDER -'
	cp-chain-check P/ledger/packages.jsonl >chain
	try 0 cat asked
	cp-chain-check P/ledger/packages.jsonl >chain
}

@test "a clock that is behind the ledger is not believed: a key that had ended by its last entry signs nothing" {
	key late --valid-until "$(date -u -d '+2 minutes' +%FT%TZ)"
	key=late made PKG-A-001
	new PKG-A-001_1.0.0 >asked
	python3 - "$CP_TOP/t/attack" P/ledger/packages.jsonl "$(date -u -d '+4 minutes' +%FT%T.000Z)" <<-'END'
		import json, sys
		sys.path.insert(0, sys.argv[1])
		import forge
		lines = open(sys.argv[2]).read().splitlines()
		ledger = forge.Ledger(prefix='PKGLOG')
		ledger.prev, ledger.seq = json.loads(lines[-1])['entry_hash'], len(lines)
		ledger.add({'event_type': 'PACKED', 'package_id': 'PKG-X-001', 'version': '1.0.0', 'archive_hash': forge.ZERO},
			timestamp=sys.argv[3])
		open(sys.argv[2], 'a').write(ledger.lines[-1] + '\n')
	END
	rm -f P/ledger/packages.jsonl.*
	run_sh 0 'cp-package-read P/packages_store/PKG-A-001_1.0.0.tar.gz | cp-gate-g5 --keyring R'
	run_sh 1 'cp-apply --keyring R --sync none <asked'
	findings_are 'UNTRUSTED -'
}

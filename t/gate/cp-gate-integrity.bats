load ../helper
load signed

setup() {
	need jq openssl
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$PWD
	genesis P
	mkdir -p P/packages_store P/registries P/planes/ho2
	cp-ledger-init --ledger test/intent --type L-INTENT --tier ho3 P/ledger/governance.jsonl >/dev/null
	cp-project --root P >/dev/null
	key me
	draft p
	signed p me
	install p
}

# install DIR: through cp-apply, before genesis is complete.
install() {
	cp-pack --force --out "P/packages_store/$1.tar.gz" "$1" >/dev/null
	cp-package-read "P/packages_store/$1.tar.gz" | cp-plan --root P | cp-apply --root P --keyring R --sync none >/dev/null
}

# judge STATUS [OPTION...]
judge() {
	run_sh "$1" "cp-walk --root ${root:-P} | cp-hash --root ${root:-P} | cp-gate-integrity --root ${root:-P} --keyring R ${*:2}"
}

# says 'CODE PATH: TITLE'...: all findings, with what their details begin with.
says() {
	diff <(printf '%s\n' "$@" | LC_ALL=C sort) <(jq -r 'select(.code) | "\(.code) \(.path // "-"): " +
		(.detail | split(": ")[0])' <<<"$output" | LC_ALL=C sort -u) || { show_run; return 1; }
	has '"gate":"G-INTEGRITY","pass":false'
}

manifest=manifests/PKG-SIGNED-001/1.0.0/package.manifest.yaml

@test "what is installed, signed and recorded passes; all that came in goes on" {
	cp-walk --root P | cp-hash --root P >tree
	run_sh 0 'cp-gate-integrity --root P --keyring R <tree'
	silent
	findings_are
	has '"gate":"G-INTEGRITY","pass":true,"checked":2,"findings":0'
	has '"anchor":"ledger"'
	diff <(sed '$d' tree) <(sed '$d' <<<"$output" | grep -v '"kind":"verdict"')
	run_sh 0 'cp-gate --root P --gate G0B,G-INTEGRITY --print'
	has 'cp-gate-integrity --root'
}

@test "Hash mismatch: a file, a registry altered with it, a manifest altered with both" {
	was=$(sum <P/libs/PKG-SIGNED-001/lib/a)
	echo evil >P/libs/PKG-SIGNED-001/lib/a
	now=$(sum <P/libs/PKG-SIGNED-001/lib/a)
	judge 1
	says 'MODIFIED libs/PKG-SIGNED-001/lib/a: Hash mismatch'
	sed -i "s/$was/$now/" P/registries/file_ownership.csv
	judge 1
	says 'STALE registries/file_ownership.csv: Hash mismatch'
	sed -i "s/$was/$now/" "P/$manifest"
	judge 1
	says "MODIFIED $manifest: Hash mismatch" "SIGNATURE $manifest: Invalid signature"
	rm P/libs/PKG-SIGNED-001/lib/b
	judge 1
	has 'Hash mismatch: owned, but absent'
}

@test "Invalid signature: taken out, another's, of a key that is revoked since, or unknown" {
	jq 'del(.integrity.signature, .integrity.binding)' "P/$manifest" >m && cp "P/$manifest" good && cp m "P/$manifest"
	judge 1
	says "UNSIGNED $manifest: Invalid signature"
	jq --arg s "$(echo other | signature me)" '.integrity.signature = $s' good >"P/$manifest"
	judge 1
	says "SIGNATURE $manifest: Invalid signature"
	jq 'del(.integrity.binding)' good >"P/$manifest"
	judge 1
	says "UNBOUND $manifest: Invalid signature"
	cp good "P/$manifest"
	# Retired later, by the second, it was good when it came; revoked it never was.
	sleep 1
	cp-keyring --keyring R retire me@example >/dev/null
	judge 0
	cp-keyring --keyring R revoke me@example >/dev/null
	judge 1
	says "UNTRUSTED $manifest: Invalid signature"
	ring=S key other
	run_sh 1 'cp-walk --root P | cp-hash --root P | cp-gate-integrity --root P --keyring S'
	says "UNKNOWN_KEY $manifest: Invalid signature"
	# Another who may sign did it over again: the ledger knows who it was.
	cp -r p q && signed q other
	cp q/package.manifest.yaml "P/$manifest"
	run_sh 1 'cp-walk --root P | cp-hash --root P | cp-gate-integrity --root P --keyring S'
	says "SIGNATURE $manifest: Invalid signature"
	has 'signed by me@example'
	jq '.integrity.signature = "base64:AA=="' good >"P/$manifest"
	judge 3
	err "$manifest"
	hasnt '"kind":"verdict"'
}

@test "Missing provenance: nobody's file, an owner that no entry knows, no manifest, no ledger" {
	echo x >P/libs/PKG-SIGNED-001/lib/x
	judge 1
	says 'ORPHAN libs/PKG-SIGNED-001/lib/x: Missing provenance'
	rm P/libs/PKG-SIGNED-001/lib/x
	cp P/registries/file_ownership.csv kept
	sed -i 's/,PKG-SIGNED-001,/,PKG-GHOST-001,/' P/registries/file_ownership.csv
	judge 1
	says 'STALE registries/file_ownership.csv: Hash mismatch' 'UNRECORDED registries/file_ownership.csv: Missing provenance'
	cp kept P/registries/file_ownership.csv
	mv "P/$manifest" m
	judge 1
	says "MISSING ${manifest%.yaml}.json: Missing provenance"
	mv m "P/$manifest"
	mv P/ledger l
	judge 1
	says 'UNRECORDED -: Missing provenance'
}

@test "Chain corruption: an entry altered, taken out, or put in by hand" {
	cp -r P/ledger l
	for edit in '2s/1.0.0/1.0.1/' 2d '$d' '$s/}$/,"x":1}/'; do
		rm -rf P/ledger && cp -r l P/ledger && rm -f P/ledger/*.durable
		sed -i "$edit" P/ledger/packages.jsonl
		judge 1
		[ "$edit" = '$d' ] || has '"detail":"Chain corruption: '
		hasnt Invalid
		has '"pass":false'
	done
	rm -rf P/ledger && cp -r l P/ledger
	sed -i '1s/intent/other/' P/ledger/governance.jsonl
	judge 1
	has 'Chain corruption'
	: >P/ledger/packages.jsonl
	judge 3
	hasnt '"kind":"verdict"'
}

@test "unsigned in a plane for development is told; but not where the ledger knows a signature" {
	mkdir D
	genesis D/P --development
	mv P P.signed && mv D/P P && mkdir -p P/packages_store P/registries
	cp-project --root P >/dev/null
	draft q
	CONTROL_PLANE_ALLOW_UNSIGNED=1 install q
	judge 0
	findings_are "UNSIGNED $manifest"
	draft r '.version = "2.0.0"'
	signed r me
	cp-pack --out P/packages_store/r.tar.gz r >/dev/null
	cp-package-read P/packages_store/r.tar.gz | cp-plan --root P --upgrade |
		cp-apply --root P --keyring R --sync none --work-order WO-20261126-001 >/dev/null
	manifest=manifests/PKG-SIGNED-001/2.0.0/package.manifest.yaml
	judge 0
	findings_are
	jq 'del(.integrity)' "P/$manifest" >m && cp m "P/$manifest"
	judge 1
	says "UNSIGNED $manifest: Invalid signature"
}

@test "the plane beneath is judged by the ledger above it" {
	draft q '.package_id = "PKG-LOW-001" | .assets[].plane = "ho2"'
	signed q me
	install q
	root=P/planes/ho2 judge 0
	has '"checked":2'
	has '"anchor":"ledger"'
	was=$(sum <P/planes/ho2/libs/PKG-LOW-001/lib/a)
	echo evil >P/planes/ho2/libs/PKG-LOW-001/lib/a
	sed -i "s/$was/$(sum <P/planes/ho2/libs/PKG-LOW-001/lib/a)/" P/planes/ho2/registries/file_ownership.csv
	root=P/planes/ho2 judge 1
	says 'STALE planes/ho2/registries/file_ownership.csv: Hash mismatch'
}

@test "a verdict of its own, a cut stream, nothing to judge" {
	run_sh 3 'cp-walk --root P | cp-hash --root P | cp-gate-integrity --root P --keyring R | cp-gate-integrity --root P --keyring R'
	err 'verdict of G-INTEGRITY already'
	run_sh 3 "cp-walk --root P | cp-hash --root P | sed '\$d' | cp-gate-integrity --root P --keyring R"
	hasnt '"kind":"verdict"'
	cp-plan --root P --remove PKG-SIGNED-001 | cp-apply --root P --keyring R --sync none >/dev/null
	# A registry without rows is none.
	judge 3
	hasnt '"kind":"verdict"'
}

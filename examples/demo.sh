#!/bin/sh
# The main job on a plane of its own: begin it, give it law, bring packages in and out, sweep it, tamper with it, sweep
# again. `make demo` runs this.
set -u
made=${BUILD:-build}/demo
unset CONTROL_PLANE_TOKEN CONTROL_PLANE_AUTH_PROVIDER

fail() {
	printf 'demo: %s\n' "$1" >&2
	exit 1
}

# run WANT PIPELINE: prints it, runs it, and insists on its status.
run() {
	printf '$ %s\n' "$2"
	sh -c "$2"
	got=$?
	[ "$got" -eq 0 ] || printf '(status %s)\n' "$got"
	[ "$got" -eq "$1" ] || fail "the status was to be $1"
}

say() {
	printf '\n# %s\n' "$1"
}

rm -rf "$made"
mkdir -p "$made" || fail "unable to make $made"
cd "$made" || fail "unable to enter $made"
export XDG_STATE_HOME="$PWD/state" CONTROL_PLANE_ROOT=plane
printf 'A plane is a tree of files, each owned by exactly one package. This one lies in %s/plane.\n' "$PWD"

say 'Begin a plane for development: its ledgers, its settings, a key of its own, and the suite as the first package.'
run 0 "cp-genesis --dev --root plane && ls plane | paste -sd' '"

say 'Law comes in packages, too: a framework, and a spec under it; registered, they are on record as law.'
run 0 'cp-scaffold framework PKG-LAW-001 --framework FMWK-900 --out law >log'
run 0 'cp-scaffold spec PKG-SPEC-001 --spec SPEC-900 --framework FMWK-900 --out spec >log'
run 0 'sed -i "s/status: draft/status: active/" law/FMWK-900.md spec/manifest.yaml'
run 0 'cp-pack law --out law.tar.gz >log && cp-install law.tar.gz --work-order WO-20261121-001 >log'
echo '{"signature":"base64:AA==","approver":"ann","signed_by":"k","nonce":"n"}' >approval
run 0 'cp-register framework frameworks/FMWK-900/FMWK-900.md --approval approval >log'
run 0 'cp-pack spec --out spec.tar.gz >log && cp-install spec.tar.gz --work-order WO-20261121-002 >log'
run 0 'cp-register spec specs/SPEC-900 >log'

say 'Two packages, the second needs the first: packed, signed, and asked what every package is asked.'
run 0 'cp-scaffold library PKG-GREET-001 --out greet >log && cp-scaffold library PKG-HELLO-001 --out hello >log'
run 0 "sed -i 's/^\"type\":.*/&\"dependencies\":[{\"package_id\":\"PKG-GREET-001\"}],/' hello/package.manifest.yaml"
run 0 'cp-pack greet --out greet.tar.gz >log && cp-pack hello --out hello-1.tar.gz >log'
run 1 'cp-preflight hello-1.tar.gz'

say 'In the order of their needs they come in, wholly or not at all. What runs is a pipeline, which --print shows.'
run 0 'cp-install greet.tar.gz --work-order WO-20261121-003 >log'
run 0 'cp-install hello-1.tar.gz --work-order WO-20261121-004 --print'
run 0 'cp-install hello-1.tar.gz --work-order WO-20261121-004 >log'

say 'A later version; then what it changes, and nothing else.'
run 0 'sed -i s/0.1.0/0.2.0/ hello/package.manifest.yaml && echo news >hello/lib/NEWS'
run 0 'cp-pack hello --out hello-2.tar.gz >log'
run 0 'cp-upgrade hello-2.tar.gz --work-order WO-20261121-005 --dry-run --json | grep -o "\"libs[^,]*,\"action[^,]*"'
run 0 'cp-upgrade hello-2.tar.gz --work-order WO-20261121-005 >log'
run 0 'cp-receipts | cp-show --columns package_id,version'

say 'The whole plane is swept: every file is there, unchanged, and nothing else is.'
run 0 'cp-sweep --summary'

say 'Tamper with the law, leave a stray file.'
run 0 'sed -i s/always/seldom/ plane/frameworks/FMWK-900/FMWK-900.md && echo mine >plane/libs/PKG-HELLO-001/stray'
run 1 'cp-walk | cp-hash | cp-own-diff | cp-show'
run 3 'cp-walk | cp-hash | head -n 2 | cp-own-diff | cp-show'
run 0 'sed -i s/seldom/always/ plane/frameworks/FMWK-900/FMWK-900.md && rm plane/libs/PKG-HELLO-001/stray'

say 'They go again: not one that another needs; what is gone is gone.'
run 1 'cp-uninstall PKG-GREET-001 --work-order WO-20261121-006'
run 0 'cp-uninstall PKG-HELLO-001 --work-order WO-20261121-007 >log'
run 0 'cp-uninstall PKG-GREET-001 --work-order WO-20261121-008 >log && ls plane/libs && cp-sweep'

say 'The ledgers tell how it came about, and hold.'
for ledger in governance packages; do
	run 0 "cp-ledger-read plane/ledger/$ledger.jsonl | grep -o 'event_type\":\"[A-Z_]*' | cut -c14- | paste -sd' '"
	run 0 "cp-chain-check plane/ledger/$ledger.jsonl >log"
done
printf '\ndemo: everything said what it should.\n'

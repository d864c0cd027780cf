#!/bin/sh
# The main job on a small plane: adopt it, sweep it clean, tamper with it, sweep again. `make demo` runs this.
set -u
plane=${BUILD:-build}/demo
export CONTROL_PLANE_ROOT="$plane"

fail() {
	printf 'demo: %s\n' "$1" >&2
	exit 1
}

# run WANT PIPELINE: prints it, runs it, and insists on its status.
run() {
	printf '\n$ %s\n' "$2"
	sh -c "$2"
	got=$?
	printf '(status %s)\n' "$got"
	[ "$got" -eq "$1" ] || fail "the status was to be $1"
}

say() {
	printf '\n# %s\n' "$1"
}

rm -rf "$plane"
mkdir -p "$plane/lib" "$plane/docs" "$plane/config" || fail "unable to make $plane"
printf 'int answer(void)\n{\n\treturn 42;\n}\n' >"$plane/lib/answer.c"
printf 'Ask, and it answers.\n' >"$plane/docs/answer.txt"
printf '{"loglevel":"info"}\n' >"$plane/config/answer.json"
printf 'A plane is a tree of files, each owned by exactly one package.\nThis one lies in %s.\n' "$plane"

say 'Adopt what is there under one owner.'
run 0 'cp-walk | cp-hash | cp-baseline --owner PKG-BASELINE-HO3-000 | cp-show'

say 'Sweep it: everything is there, unchanged, and nothing else is.'
run 0 'cp-walk | cp-hash | cp-own-diff | cp-show'

say 'Change one byte, add one stray file.'
run 0 "printf 3 | dd of=$plane/lib/answer.c bs=1 seek=28 conv=notrunc 2>/dev/null"
run 0 "echo 'nobody asked for this' >$plane/lib/stray"

say 'Sweep again: two findings, status 1.'
run 1 'cp-walk | cp-hash | cp-own-diff | cp-show'

say 'The same for cron: silent when clean, loud when not.'
run 1 'cp-sweep'

say 'A pipeline that is cut says no, and invents nothing.'
run 3 'cp-walk | cp-hash | head -n 2 | cp-own-diff | cp-show'

say 'Packages: a plane made for development, with a key of its own, and a package from an empty directory.'
made=${BUILD:-build}/demo-packages
rm -rf "$made"
mkdir -p "$made" || fail "unable to make $made"
export XDG_STATE_HOME="$made/state" CONTROL_PLANE_ROOT="$made/plane"
run 0 "cp-genesis --dev --root $made/plane"
run 0 "cp-scaffold library PKG-HELLO-001 --out $made/hello | cp-show"
run 0 "cp-preflight $made/hello"
run 0 "cp-pack $made/hello --out $made/hello-1.tar.gz | cp-show"
run 0 "cp-install $made/hello-1.tar.gz --work-order WO-20261121-001"
run 0 'cp-sweep --summary'

say 'A later version, in its place; then it goes again, and leaves nothing.'
run 0 "sed -i 's/0\\.1\\.0/0.2.0/' $made/hello/package.manifest.yaml && echo 'and more' >$made/hello/more.txt"
run 0 "cp-pack $made/hello --out $made/hello-2.tar.gz | cp-show"
run 0 "cp-upgrade $made/hello-2.tar.gz --work-order WO-20261121-002"
run 0 'cp-receipts | cp-show'
run 0 'cp-uninstall PKG-HELLO-001 --work-order WO-20261121-003'
run 0 'cp-sweep --summary'

say 'Whoever tampers is found; the ledger tells how it came about.'
run 0 "echo tampered >>$made/plane/config/roles.json"
run 1 'cp-sweep'
run 0 "cp-ledger-read $made/plane/ledger/packages.jsonl | grep -o '\"event_type\":\"[A-Z_]*\"'"
printf '\ndemo: everything said what it should.\n'

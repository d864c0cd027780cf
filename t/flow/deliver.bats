# Output that is external (cp-manifest(5)), and the ways to make a change last, from package to sweep.
load ../helper
load ../package/package
load flow

setup() {
	out=$BATS_FILE_TMPDIR/out
	rm -rf "$out"
	mkdir -p "$out/sub/d"
	dev_plane --outlet "$out"
	order=(--work-order WO-20261121-001)
}

# external VERSION PATH [FILE TEXT]...: o.tar.gz, PKG-OUT of that version for that path, its d/b to be run.
external() {
	package PKG-OUT "$1" o "${@:3}"
	[ ! -e o/d/b ] || chmod +x o/d/b
	jq --arg path "$2" '.output = {type: "external", path: $path} | .assets = [.assets[] |
		if .source == "d/b" then .mode = "0755" else . end]' o/package.manifest.yaml >o.json
	cp o.json o/package.manifest.yaml
	cp-manifest-make --force --out o/package.manifest.yaml o >log && cp-pack --force --out o.tar.gz o >log
}

sum() {
	printf 'sha256:%s' "$(sha256sum <"$1" | cut -c1-64)"
}

@test "delivered: outside of the plane, as it was packed, on record, and nobody's" {
	external 1.0.0 "$out/sub/" a one d/b two
	run_status 0 cp-install o.tar.gz "${order[@]}"
	cmp o/a "$out/sub/a" && cmp o/d/b "$out/sub/d/b"
	[ "$(stat -c %a "$out/sub/a" "$out/sub/d/b" | paste -sd' ')" = '644 755' ]
	[ "$(find "$out" -type f | wc -l)" -eq 2 ]
	[ "$(jq -r 'select(.event_type == "DELIVERED") | .path + " " + .hash' p/ledger/packages.jsonl)" = \
		"$out/sub/a $(sum o/a)
$out/sub/d/b $(sum o/d/b)" ]
	if grep PKG-OUT p/registries/file_ownership.csv; then return 1; fi
	clean
	# It is no longer ours: a change is no finding, and it stays when the package goes.
	echo mine >"$out/sub/a"
	clean
	run_status 0 cp-uninstall PKG-OUT --work-order WO-20261121-002
	[ "$(cat "$out/sub/a")" = mine ]
	clean
}

@test "not delivered: where something is, where no policy says, where no directory is; nothing is left of a try" {
	external 1.0.0 "$out/sub/" a one d/b two
	echo mine >"$out/sub/d/b"
	run_status 1 cp-install o.tar.gz "${order[@]}"
	has 'OCCUPIED'
	[ ! -e "$out/sub/a" ] && [ "$(cat "$out/sub/d/b")" = mine ]
	rm -r "$out/sub/d"
	run_status 1 cp-install o.tar.gz "${order[@]}"
	has 'MISSING'
	# Planned while it was free: the second file stops the first, too.
	mkdir "$out/sub/d"
	cp-package-read o.tar.gz | cp-plan >planned
	echo mine >"$out/sub/d/b"
	run_sh 1 'cp-apply --work-order WO-20261121-001 <planned'
	[ ! -e "$out/sub/a" ] && [ "$(cat "$out/sub/d/b")" = mine ]
	for path in "$BATS_TEST_TMPDIR/else" "$out/../else" "$T/config/else"; do
		external 1.0.1 "$path" a one
		run_status 1 cp-install o.tar.gz "${order[@]}"
		hasnt '"kind":"ack"'
		[ ! -e "$BATS_TEST_TMPDIR/else" ] && [ ! -e "$BATS_FILE_TMPDIR/else" ] && [ ! -e p/config/else ]
	done
	if grep -q DELIVERED p/ledger/packages.jsonl; then return 1; fi
	clean
}

@test "--sync=files: each file for itself, and the same in the end" {
	need strace
	packed PKG-A 1.0.0 a.tar.gz a one d/b two
	cp-package-read a.tar.gz | cp-stage >log
	for how in files syncfs; do
		rm -rf q
		cp -a p q
		cp-package-read a.tar.gz | cp-plan --root q >planned
		run_sh 0 "strace -o trace -e trace=fsync,fdatasync,syncfs \
			cp-apply --root q --sync=$how --work-order WO-20261121-001 <planned"
		grep -c 'sync(' trace >"$how" || :
		[ "$how" = syncfs ] || [ "$(grep -c 'syncfs(' trace)" -eq 0 ]
		[ "$how" = files ] || [ "$(grep -c 'syncfs(' trace)" -ge 2 ]
		[ "$(cat q/libs/PKG-A/{a,d/b} | paste -sd' ')" = 'one two' ]
		T=$PWD/q CONTROL_PLANE_ROOT=$PWD/q clean
	done
	[ "$(cat files)" -gt "$(($(cat syncfs) + 2))" ]
}

load ../helper
load ../package/package
load ../fault/sweep
load flow

setup() {
	dev_plane
	packed PKG-A 1.0.0 a.tar.gz a one d/b two
	order=(--work-order WO-20261121-001)
}

@test "three commands of a newcomer" {
	run_sh 0 'cp-scaffold library PKG-HELLO-001 --out hello && cp-preflight hello'
	run_sh 0 'cp-pack hello --out hello.tar.gz && cp-install hello.tar.gz --work-order WO-20261121-001'
	[ -e p/installed/PKG-HELLO-001/receipt.json ]
	clean
}

@test "installed, owned, recorded, swept clean; again is no news" {
	run_status 0 cp-install a.tar.gz "${order[@]}" --json
	[ "$(cat p/libs/PKG-A/a p/libs/PKG-A/d/b)" = 'one
two' ]
	grep -q '^libs/PKG-A/a,PKG-A,' p/registries/file_ownership.csv
	[ "$(jq -r 'select(.package_id == "PKG-A") | .event_type + " " + .author' p/ledger/packages.jsonl | paste -sd,)" = \
		'PACKED dev,INSTALL_STARTED dev,INSTALLED dev' ]
	clean
	run_status 0 cp-install a.tar.gz "${order[@]}"
	[ "$(grep -c '"INSTALLED".*PKG-A' p/ledger/packages.jsonl)" -eq 1 ]
	clean
}

@test "--dry-run shows the plan and changes nothing at all" {
	packed PKG-B 1.0.0 b.tar.gz
	cp-install b.tar.gz "${order[@]}" >log
	# From here the archive is in the store, too.
	packed PKG-B 1.1.0 b.tar.gz a two
	run_status 0 cp-install a.tar.gz "${order[@]}"
	same 0 cp-upgrade b.tar.gz "${order[@]}" --dry-run --json
	has '"kind":"plan","action":"upgrade"'
	packed PKG-C 1.0.0 c.tar.gz
	same 0 cp-install c.tar.gz "${order[@]}" --dry-run --json
	has '"kind":"step"'
}

@test "refused: what a gate finds, an unowned file in the way, an archive of the same version, no token" {
	same 4 cp-install u.tar.gz "${order[@]}"
	for wo in nonsense WO-2026-001 WO-20261121-01 WO-20261121-001x $'WO-20261121-001\n'; do
		same 2 cp-install a.tar.gz --work-order "$wo"
		err 'cp-install: unable to use --work-order'
	done
	# In a plane that trusts what is signed, what nobody signed: packed where no plane lends its key.
	CONTROL_PLANE_ROOT="" package PKG-A 1.0.0 u a one
	env -u CONTROL_PLANE_ROOT cp-pack --force --out u.tar.gz u >log
	same 1 cp-install u.tar.gz "${order[@]}"
	[ ! -e p/libs/PKG-A ]
	same 1 env CONTROL_PLANE_AUTH_PROVIDER=hmac cp-install a.tar.gz "${order[@]}"
	same 1 env CONTROL_PLANE_TOKEN=mallory CONTROL_PLANE_AUTH_PROVIDER=passthrough cp-install a.tar.gz "${order[@]}"
	err 'mallory has no role'
	cp-install a.tar.gz "${order[@]}" >log
	packed PKG-A 1.0.0 a.tar.gz a other
	same 1 cp-install a.tar.gz "${order[@]}"
}

@test "who is refused sees what was found, by code, as a table and as records" {
	package PKG-U 1.0.0 u a one
	env -u CONTROL_PLANE_ROOT cp-manifest-make --force --out u/package.manifest.yaml u >log
	env -u CONTROL_PLANE_ROOT cp-pack --force --out u.tar.gz u >log
	same 1 cp-install u.tar.gz "${order[@]}"
	err 'cp-install: u.tar.gz is refused'
	[ "$(grep -cE '^error +(UNSIGNED +nobody has signed it|GATE +G5 has not passed)$' <<<"$output")" -eq 2 ]
	same 1 cp-install u.tar.gz "${order[@]}" --json
	[ "$(jq -r 'select(.kind == "finding") | .code' <<<"$output" | paste -sd,)" = UNSIGNED,GATE ]
	# By the plan.
	mkdir -p p/libs/PKG-A
	echo mine >p/libs/PKG-A/a
	run_status 1 cp-install a.tar.gz "${order[@]}"
	grep -qE '^error +[A-Z]+ +libs/PKG-A/a ' <<<"$output"
	[ "$(cat p/libs/PKG-A/a)" = mine ]
}

@test "where the system fails in the middle, that is the answer" {
	rm -r p/packages_store && : >p/packages_store
	same 4 cp-install a.tar.gz "${order[@]}"
	err 'cp-stage: unable to open packages_store'
}

@test "--print runs when it is pasted" {
	run_sh 4 'exec cp-install --print a.tar.gz >/dev/full'
	[ "$stderr" = 'cp-install: unable to write standard output' ]
	run_status 0 cp-install --print a.tar.gz "${order[@]}"
	run_sh 0 "$output"
	[ -e p/installed/PKG-A/receipt.json ]
	clean
}

load ../helper
load ../package/package
load flow

setup() {
	dev_plane
	packed PKG-A 1.0.0 a.tar.gz a one
	order=(--work-order WO-20261121-002)
	cp-install a.tar.gz --work-order WO-20261121-001 >log
}

@test "its files go, its manifests and its archive stay" {
	run_status 0 cp-uninstall PKG-A "${order[@]}" --json
	[ ! -e p/libs/PKG-A ] && [ ! -e p/installed/PKG-A ]
	[ -e p/packages_store/PKG-A_1.0.0.tar.gz ] && [ -e p/manifests/PKG-A/1.0.0 ]
	[ "$(tail -n 1 p/ledger/packages.jsonl | jq -r .event_type)" = UNINSTALLED ]
	clean
	same 1 cp-uninstall PKG-A "${order[@]}"
}

@test "called wrongly, or what is not there" {
	same 1 cp-uninstall PKG-NONE "${order[@]}"
	has 'PKG-NONE is not installed'
	run_status 2 cp-uninstall 'no package; touch x' "${order[@]}"
	run_status 2 cp-uninstall PKG- "${order[@]}"
	[ ! -e x ]
	same 2 cp-uninstall
}

@test "--print runs when it is pasted, --dry-run changes nothing" {
	same 0 cp-uninstall PKG-A "${order[@]}" --dry-run --json
	has '"action":"remove"'
	run_status 0 cp-uninstall --print PKG-A "${order[@]}"
	run_sh 0 "$output"
	[ ! -e p/libs/PKG-A ]
}

@test "what an earlier change left is finished first, with the keyring that is named" {
	keyring=$(echo "$XDG_STATE_HOME"/cp-filters/dev/*/trusted_keys.json)
	packed PKG-B 1.0.0 b.tar.gz a two
	status=0
	FAULT_AT=1 FAULT_DO=kill FAULT_MATCH='^renameat2 0$' FAULT_PROGRAM=cp-apply LD_PRELOAD=$CP_BUILD/shim.so \
		ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 cp-install b.tar.gz "${order[@]}" >log 2>&1 || status=$?
	[ "$status" -ne 0 ] && [ -n "$(ls -A p/.cp/txn)" ]
	cp -a p cut
	for next in 'cp-uninstall PKG-A' 'cp-install b.tar.gz'; do
		rm -rf p && cp -a cut p
		same 0 $next "${order[@]}" --print
		mv "$keyring" ring
		run_status 0 $next "${order[@]}" --keyring "$PWD/ring"
		mv ring "$keyring"
		[ -e p/libs/PKG-B/a ]
		clean
	done
}

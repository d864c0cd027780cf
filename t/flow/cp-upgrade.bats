load ../helper
load ../package/package
load flow

setup() {
	dev_plane
	packed PKG-A 1.0.0 a.tar.gz a one b two
	packed PKG-A 1.1.0 b.tar.gz a other b two c three
	order=(--work-order WO-20261121-002)
	cp-install a.tar.gz --work-order WO-20261121-001 >log
}

@test "a later version takes the place of the earlier one" {
	run_status 0 cp-upgrade b.tar.gz "${order[@]}" --json
	[ "$(cat p/libs/PKG-A/{a,b,c} | paste -sd' ')" = 'other two three' ]
	[ "$(tail -n 1 p/ledger/packages.jsonl | jq -r '[.event_type, .previous_version, .version] | join(" ")')" = 'UPGRADED 1.0.0 1.1.0' ]
	clean
}

@test "refused: what is not installed, what is not later" {
	packed PKG-B 1.0.0 n.tar.gz
	run_status 1 cp-upgrade n.tar.gz "${order[@]}"
	has 'PKG-B is not installed'
	[ ! -e p/libs/PKG-B ]
	cp-upgrade b.tar.gz "${order[@]}" >log
	run_status 1 cp-upgrade a.tar.gz --work-order WO-20261121-003
	[ "$(cat p/libs/PKG-A/a)" = other ]
	clean
}

@test "--print runs when it is pasted, --dry-run changes nothing" {
	same 0 cp-upgrade b.tar.gz "${order[@]}" --dry-run --json
	has '"action":"upgrade"'
	run_status 0 cp-upgrade --print b.tar.gz "${order[@]}"
	run_sh 0 "$output"
	[ "$(cat p/libs/PKG-A/a)" = other ]
}

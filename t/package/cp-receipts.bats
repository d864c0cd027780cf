load ../helper
load plane

setup() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
	export CONTROL_PLANE_ALLOW_UNSIGNED=1 CONTROL_PLANE_ROOT=$PWD/P
	new_plane P
	mkdir one
	echo a >one/a
	store P one PKG-A-001 1.0.0
	plan P "$archive" | cp-apply --work-order WO-20261126-001 >log
	receipt=P/installed/PKG-A-001/receipt.json
}

code() {
	jq -r 'select(.kind == "finding") | "\(.code) \(.path)"' <<<"$output"
}

@test "a receipt is handed on and holds" {
	run_status 0 cp-receipts
	[ "$(jq -r 'select(.kind == "receipt") | "\(.package_id) \(.version) \(.actor) \(.work_order_id)"' <<<"$output")" = \
		'PKG-A-001 1.0.0 uid:0 WO-20261126-001' ]
	[ "$(jq -c 'select(.kind == "verdict") | [.gate, .pass, .checked]' <<<"$output")" = '["RECEIPTS",true,1]' ]
	cp-schema-check <<<"$output" >checked
	jq -c '. + {kind: "receipt"}' "$receipt" >alone
	cmp alone <(jq -c 'select(.kind == "receipt") | (del(.kind)) + {kind: "receipt"}' <<<"$output")
}

@test "one that says something else is STALE, whatever it is" {
	cp "$receipt" whole
	for edit in 's/1\.0\.0/1.0.1/' 's/uid:0/uid:1/' 's/"size":2/"size":3/' 's/WO-20261126-001/WO-20261126-002/' '$ s/$/ /'; do
		sed "$edit" whole >"$receipt"
		! cmp -s whole "$receipt"
		run_status 1 cp-receipts
		[ "$(code)" = 'STALE installed/PKG-A-001/receipt.json' ]
	done
	: >"$receipt"
	run_status 1 cp-receipts
	[ "$(code)" = 'STALE installed/PKG-A-001/receipt.json' ]
}

@test "one that is gone is MISSING, and so is a link in its place; one of nobody is UNRECORDED" {
	mv "$receipt" away
	run_status 1 cp-receipts
	[ "$(code)" = 'MISSING installed/PKG-A-001/receipt.json' ]
	ln -s "$PWD/away" "$receipt"
	run_status 1 cp-receipts
	[ "$(code)" = 'MISSING installed/PKG-A-001/receipt.json' ]
	rm "$receipt"
	mv away "$receipt"
	mkdir P/installed/PKG-B-001
	cp "$receipt" P/installed/PKG-B-001/
	run_status 1 cp-receipts
	[ "$(code)" = 'UNRECORDED installed/PKG-B-001/receipt.json' ]
}

@test "a plane without packages has not passed; a ledger that does not hold is no ledger" {
	new_plane Q
	run_status 1 cp-receipts --root Q
	run_status 0 cp-receipts --root Q --allow-empty
	sed -i 's/PKG-A-001/PKG-A-002/' P/ledger/packages.jsonl
	run_status 1 cp-receipts
	[ "$(jq -r 'select(.kind == "verdict").pass' <<<"$output")" = false ]
	[ -z "$(jq -r 'select(.kind == "receipt")' <<<"$output")" ]
}

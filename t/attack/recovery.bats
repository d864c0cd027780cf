#!/usr/bin/env bats
# What lies in .cp/txn is carried out only if it could be begun now: by somebody who may, by an order that allows it.
load ../helper
load ../fault/sweep
load ../gate/signed
load ../gate/orders

setup() {
	need jq openssl
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$PWD CONTROL_PLANE_ROOT=$PWD/P
	mkdir P
	role=wo_approver key bob --owner bob
	key me
	draft p
	signed p me
	genesis P
	mkdir -p P/packages_store P/registries P/config
	cp-ledger-init --ledger test/intent --type L-INTENT --tier ho3 P/ledger/governance.jsonl >/dev/null
	cp-project >/dev/null
	cp-pack --out P/packages_store/PKG-SIGNED-001_1.0.0.tar.gz p >/dev/null
	orders=P/planes/ho2/ledger/workorder.jsonl
	begin_orders
	archive=$(sum <P/packages_store/PKG-SIGNED-001_1.0.0.tar.gz)
	cp-package-read P/packages_store/*.tar.gz | cp-plan >plan
}

# stop: what was planned is begun, before genesis, and nothing more.
stop() {
	local status=0
	(
		export FAULT_AT=1 FAULT_DO=kill FAULT_MATCH='^renameat2 (0|a)$' FAULT_PROGRAM=cp-apply LD_PRELOAD=$CP_BUILD/shim.so
		export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
		cp-apply --keyring R --work-order "$wo" <plan
	) >log 2>&1 || status=$?
	[ "$status" -eq 137 ]
	plan_hash=$(jq -r 'select(.kind == "plan").plan_hash' plan)
}

# begun ACTOR: the plane is sealed, and its ledger says that this actor began it.
begun() {
	cp P/ledger/packages.jsonl .before
	stop
	tail -n 1 P/ledger/packages.jsonl >.started
	cp .before P/ledger/packages.jsonl
	rm -f P/ledger/packages.jsonl.*
	again "$1"
	seal
}

# again ACTOR [JQ [AUTHOR]]: the beginning, said anew.
again() {
	jq -c --arg actor "$1" '{kind: "event"} + del(.seq, .prev_hash, .entry_hash, .entry_id, .timestamp, .uid, .author) |
		.actor = $actor | '"${2-.}" .started | cp-ledger-append --author "${3-$1}" P/ledger/packages.jsonl >/dev/null
}

seal() {
	: >P/.genesis_complete
	jq -n '{schema_version: "1.0", users: {ann: ["maintainer"], eve: ["reader"]}}' >P/config/roles.json
	chmod 600 P/config/roles.json
}

# comes_to OUTCOME [STATUS]
comes_to() {
	run_status "${2-0}" cp-recover --keyring R
	[ "$(jq -r 'select(.kind == "recovery").outcome' <<<"$output")" = "$1" ] || { show_run; return 1; }
	[ -z "$(ls P/.cp/txn)" ]
	case $1 in
	undone)
		[ ! -e P/libs ]
		[ "$(cp-ledger-read P/ledger/packages.jsonl | jq -r 'select(.entry).entry.event_type' | tail -n 1)" = INSTALL_ABORTED ]
		;;
	finished) [ -e P/libs/PKG-SIGNED-001/lib/a ] && cp-receipts >receipts ;;
	esac
}

@test "by an order that allows it, what was begun is finished" {
	propose
	approve 1
	begun ann
	comes_to finished
}

@test "a beginning without an order, or with one that nobody approved, proposed himself, or rejected" {
	begun ann
	cp -a P kept
	comes_to undone 1
	findings_are 'ORDER -'
	for case in 'propose' 'propose . bob; approve 1' \
		'propose; approve 2; event REJECTED ".reason = \"no\"" | cp-ledger-append "$orders" >/dev/null' \
		'propose; approve 3 ".archive_hash = \"$payload\""' 'propose; approve 4 ".plan_hash = \"$payload\""' \
		'propose; approve 5 ".package_id = \"PKG-OTHER-001\""'; do
		rm -rf P && cp -a kept P
		export XDG_STATE_HOME=$PWD/state.${#case}
		eval "$case"
		comes_to undone 1
		findings_are 'ORDER -'
	done
}

# after SECONDS: that long after the beginning.
after() {
	date -u -d "$(tail -n 1 P/ledger/packages.jsonl | jq -r .timestamp) $1 seconds" +%FT%T.%3NZ
}

@test "an order that expired meanwhile was good; one that had expired, or that another change used up, was not" {
	begun ann
	cp -a P kept
	propose
	approve 1 ".expires_at = \"$(after +1)\""
	until [[ $(date -u +%FT%T.%3NZ) > $(after +1) ]]; do sleep 0.1; done
	comes_to finished
	rm -rf P && cp -a kept P
	export XDG_STATE_HOME=$PWD/state.2
	propose
	approve 1 ".expires_at = \"$(after -1)\""
	comes_to undone 1
	has 'it has expired'
	rm -rf P && cp -a kept P
	export XDG_STATE_HOME=$PWD/state.3
	propose
	approve 1
	cp .before P/ledger/packages.jsonl
	rm -f P/ledger/packages.jsonl.*
	jq -nc --arg wo "$wo" --arg h "$plan_hash" '{kind: "event", event_type: "INSTALL_STARTED", txn: "TXN-20260101T000000-1",
		work_order_id: $wo, package_id: "PKG-SIGNED-001", version: "1.0.0", plan_hash: $h}' |
		cp-ledger-append P/ledger/packages.jsonl >/dev/null
	again ann
	comes_to undone 1
	has 'used up'
}

@test "an actor who may not, whom nobody knows, who is nobody, or is not the author" {
	propose
	approve 1
	begun eve
	cp -a P kept
	comes_to undone 1
	err 'eve is reader, which may not install'
	rm -rf P && cp -a kept P
	jq '.users = {bob: ["maintainer"]}' P/config/roles.json >r && cp r P/config/roles.json
	comes_to undone 1
	err 'eve has no role'
	rm -rf P && cp -a kept P
	jq '.users.eve = ["admin"]' P/config/roles.json >r && cp r P/config/roles.json
	comes_to finished
	for author in ann mallory; do
		export XDG_STATE_HOME=$PWD/state.$author
		rm -rf P && cp -a kept P && cp .before P/ledger/packages.jsonl && rm -f P/ledger/packages.jsonl.*
		again ann . "$author"
		if [ "$author" = ann ]; then comes_to finished; else comes_to undone 1; fi
	done
	err 'not by the actor that it names'
}

@test "before genesis it is whose uid began it, and nobody else" {
	stop
	cp -a P kept
	comes_to finished
	rm -rf P && cp -a kept P
	export XDG_STATE_HOME=$PWD/state.sealed
	seal
	comes_to undone 1
	err 'uid:'
}

@test "a removal is judged like an install" {
	cp-apply --keyring R --work-order "$wo" <plan >log
	cp-plan --remove PKG-SIGNED-001 >plan
	begun ann
	cp -a P kept
	run_status 1 cp-recover --keyring R
	[ "$(jq -r 'select(.kind == "recovery").outcome' <<<"$output")" = undone ]
	[ -e P/libs/PKG-SIGNED-001/lib/a ]
	cp-receipts >receipts
	rm -rf P && cp -a kept P
	export XDG_STATE_HOME=$PWD/state.2
	wo=WO-20261126-002
	propose
	cp .before P/ledger/packages.jsonl && rm -f P/ledger/packages.jsonl.*
	again ann ".work_order_id = \"$wo\""
	cp -a P kept2
	# An order for the archive lets it come, and not go.
	approve 1
	run_status 1 cp-recover --keyring R
	has 'for another archive'
	[ -e P/libs/PKG-SIGNED-001/lib/a ]
	rm -rf P && cp -a kept2 P
	export XDG_STATE_HOME=$PWD/state.3
	approve 1 "del(.archive_hash) | .plan_hash = \"$plan_hash\""
	run_status 0 cp-recover --keyring R
	[ "$(jq -r 'select(.kind == "recovery").outcome' <<<"$output")" = finished ]
	[ ! -e P/libs/PKG-SIGNED-001/lib/a ]
}

# Work orders, as whoever changes a plane asks for them (admit/order.h).
load ../helper
load signed
load orders

setup() {
	need jq openssl
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$PWD
	mkdir -p bin plane/planes/ho2/ledger
	cp "$CP_BUILD/t/unit/admit/test_order" bin/ask-order
	ln -s "$CP_BUILD/share" share
	role=wo_approver key bob --owner bob
	genesis plane
	orders=plane/planes/ho2/ledger/workorder.jsonl
	begin_orders
	archive=$(echo archive | sum) plan=$(echo plan | sum)
}

# ask STATUS [OPTION...]
ask() {
	run_status "$1" bin/ask-order --root plane --keyring R --order "$wo" --archive "$archive" --plan "$plan" "${@:2}"
}

# no SAYS [OPTION...]: it is refused for that.
no() {
	ask 1 "${@:2}"
	findings_are 'ORDER -'
	has "$1"
}

# change TYPE TXN [JQ]: an entry of the packages' ledger.
change() {
	jq -nc --arg t "$1" --arg txn "$2" --arg wo "$wo" --arg h "$plan" '{kind: "event", event_type: $t, txn: $txn,
		work_order_id: $wo, package_id: "PKG-SIGNED-001", version: "1.0.0", plan_hash: $h, reason: "r"}' | jq -c "${3-.}" |
		cp-ledger-append plane/ledger/packages.jsonl >/dev/null
}

@test "proposed by one, approved by another: it may be done" {
	propose
	approve 1
	ask 0
	err 'approved by bob'
	# By a plan instead, and by both.
	wo=WO-20261126-002
	propose
	approve 2 "del(.archive_hash) | .plan_hash = \"$plan\""
	ask 0
	no 'for another plan' --plan "$payload"
	wo=WO-20261126-003
	propose
	approve 3 ".plan_hash = \"$plan\""
	ask 0
	no 'for another archive' --archive "$payload"
	no 'for another archive' --archive ''
	no 'for another plan' --plan ''
}

@test "none given, one that is no id, one that nobody knows; made for development, before GENESIS" {
	no 'nobody proposed it'
	ask 0 --development
	err unproven
	ask 0 --before --order ''
	ask 0 --before
	no 'no id' --before --order 'x'
	rm "$orders"*
	no 'nobody proposed it'
	ask 0 --development
	wo=''
	no 'no work order is given'
	no 'no work order is given' --development
	wo=../../x
	no 'no id' --development
}

@test "known and not approved is no order, not even in development" {
	propose
	no 'not approved' --development
	approve 1 '.package_id = "PKG-OTHER-001"'
	no 'not for this package' --development
	approve 2 '.version = "2.0.0"'
	no 'not for this version'
	approve 3 'del(.archive_hash)'
	no 'neither the archive nor the plan'
	approve 4 ".payload_hash = \"$plan\""
	no 'not what was proposed'
	approve 5 '.expires_at = "2020-01-01T00:00:00Z"'
	no 'it has expired'
	event REJECTED '.reason = "no"' | cp-ledger-append "$orders" >/dev/null
	no 'it was rejected' --development
	approve 6
	ask 0
	event REJECTED '.reason = "no"' | cp-ledger-append "$orders" >/dev/null
	no 'it was rejected'
}

@test "an approval before anything was proposed, and another content proposed behind it" {
	approve 1
	propose
	no 'not approved'
	approve 2
	ask 0
	payload=$(echo other | sum)
	propose
	no 'proposed again with another content'
}

@test "who proposes does not approve, whatever the provider, by whichever key" {
	for author in bob hmac:bob oidc:bob; do
		wo=WO-20261126-10${#author}
		propose . "$author"
		approve "$author"
		no 'who proposed it approved it'
	done
	wo=WO-20261126-201
	propose
	approve later
	ask 0
	propose . bob
	no 'who proposed it approved it'
	role=wo_approver key nobody
	wo=WO-20261126-202
	propose
	approve unowned . nobody
	no 'whose the key is'
}

@test "an approval of a key without the role, revoked, unknown, or false" {
	key eve --owner eve
	propose
	approve 1 . eve
	no 'has not the role'
	approve 2
	ask 0
	cp-keyring --keyring R revoke bob@example >/dev/null
	no 'it is revoked'
	ring=S role=wo_approver key carl --owner carl
	approve 3 . carl
	no 'does not have its key'
}

@test "a keyring in which the approver has another key, or another owner" {
	propose
	approve 1
	ask 0
	mv bob.pem old.pem
	ring=S role=wo_approver key bob --owner bob
	ask 1 --keyring S
	has 'does not hold'
	# Whoever looks for the first time has not seen another one of that version.
	jq '.keys[0].owner = "ann"' R >T
	chmod 600 T
	export XDG_STATE_HOME=$PWD/state.t
	ask 1 --keyring T
	has 'who proposed it approved it'
	jq '.keys[0].roles = ["package_signer"]' R >T
	XDG_STATE_HOME=$PWD/state.u
	ask 1 --keyring T
	has 'has not the role'
}

@test "a signature that is moved: to another order, nonce, ledger, plane or body" {
	propose
	approve 1
	wo=WO-20261126-002
	propose
	jq -c '.work_order_id = "WO-20261126-002" | .nonce = "2"' .approved | cp-ledger-append "$orders" >/dev/null
	no 'does not hold'
	jq -c '.work_order_id = "WO-20261126-002"' .approved | cp-ledger-append "$orders" >/dev/null
	no 'nonce was there before'
	event APPROVED ".nonce = \"3\" | .package_id = \"PKG-SIGNED-001\" | .version = \"1.0.0\" | .archive_hash = \"$archive\"" >draft
	authorised bob test/other <draft | cp-ledger-append "$orders" >/dev/null
	no 'does not hold'
	jq -c '.nonce = "4"' draft | authorised bob test/orders '*' | cp-ledger-append "$orders" >/dev/null
	no 'does not hold'
	jq -c '.nonce = "5"' draft | authorised bob test/orders other-plane | cp-ledger-append "$orders" >/dev/null
	no 'does not hold'
	jq -c '.nonce = "6" | .version = "0.1.0"' draft | authorised bob test/orders | jq -c '.version = "1.0.0"' |
		cp-ledger-append "$orders" >/dev/null
	no 'does not hold'
	jq -c '.nonce = "7"' draft | authorised bob test/orders | cp-ledger-append "$orders" >/dev/null
	ask 0
}

@test "an order is used once; what came to nothing does not count" {
	propose
	approve 1
	change INSTALL_STARTED T1
	no 'used up'
	ask 0 --txn T1
	change INSTALL_ABORTED T1 'del(.work_order_id)'
	ask 0
	change INSTALL_STARTED T2
	change INSTALL_FAILED T2
	ask 0
	# A name that came to nothing once is not free for ever.
	change INSTALL_STARTED T2
	no 'used up'
	change INSTALL_ABORTED T2 'del(.work_order_id)'
	ask 0
	change INSTALL_FAILED T4 'del(.txn)'
	change INSTALL_STARTED T3
	no 'used up'
	no 'used up' --txn T2
	change INSTALL_STARTED T4 '.work_order_id = "WO-20261126-009"'
	no 'used up'
}

@test "a ledger that was altered, went back, or is another one, answers nothing" {
	propose
	approve 1
	cp-chain-check "$orders" >/dev/null
	cp "$orders" whole
	event REJECTED '.reason = "no"' | cp-ledger-append "$orders" >/dev/null
	cp-chain-check "$orders" >/dev/null
	cp whole "$orders"
	rm -f "$orders".durable
	ask 3
	sed -i 's/"version":"1.0.0"/"version":"1.0.1"/' "$orders"
	ask 3
	rm "$orders"*
	cp-ledger-init --ledger test/else --type L-OBSERVE --tier ho2 "$orders" >/dev/null
	ask 3
	err 'another type'
	hasnt '"kind":"finding"'
}

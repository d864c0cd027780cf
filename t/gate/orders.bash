# shellcheck shell=bash
# shellcheck disable=SC2154 # what who loads this has set
# Work orders for tests: $wo, whose content is $payload, in the ledger $orders; needs signed.bash. They are for version 1.0.0 of
# PKG-SIGNED-001 from $archive.

# begin_orders: the ledger begins, and there is a first order.
begin_orders() {
	mkdir -p "${orders%/*}"
	cp-ledger-init --ledger test/orders --type L-WORKORDER --tier ho2 "$orders" >/dev/null
	wo=WO-20261126-001 payload=$(echo order | sum)
}

# event TYPE [JQ]: of the order.
event() {
	jq -nc --arg t "$1" --arg wo "$wo" --arg h "$payload" \
		'{kind: "event", event_type: $t, work_order_id: $wo, payload_hash: $h, type: "package_install"}' | jq -c "${2-.}"
}

propose() { # [JQ [AUTHOR]]
	event PROPOSED "${1-.}" | cp-ledger-append --author "${2-ann}" "$orders" >/dev/null
}

# approve NONCE [JQ [KEY]]: for the archive, unless JQ says otherwise.
approve() {
	event APPROVED ".nonce = \"$1\" | .package_id = \"PKG-SIGNED-001\" | .version = \"1.0.0\" | .archive_hash = \"$archive\"" |
		jq -c "${2-.}" | authorised "${3-bob}" test/orders >.approved
	cp-ledger-append "$orders" <.approved >/dev/null
}

# shellcheck shell=bash
# shellcheck disable=SC2154 # output is the test's
# Ledgers for tests. Needs t/helper.bash.

# ledger NAME [OPTION...]: begins an L-EXEC ledger of that name (origin example/ho1/NAME).
ledger() {
	local name=$1
	shift
	cp-ledger-init "$name" --ledger "example/ho1/${name%.jsonl}" --type L-EXEC --tier ho1 --author test "$@" >/dev/null
}

# events N [FIRST]: N events that such a ledger takes, without an end.
events() {
	seq -f '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20261121-001","task_id":"T-%.0f"}' \
		"${2:-1}" $((${2:-1} + $1 - 1))
}

# fill NAME N [FIRST]: appends N of them in one batch.
fill() {
	events "$2" "${3:-1}" >"$BATS_TEST_TMPDIR/.events"
	cp-end cat "$BATS_TEST_TMPDIR/.events" | cp-ledger-append "$1" --author test >/dev/null
}

# key FILE: makes an Ed25519 key.
key() {
	openssl genpkey -algorithm ed25519 -out "$1" 2>/dev/null && chmod 600 "$1"
}

# report_of KEY: a member of the last report record in $output.
report_of() {
	jq -r "select(.kind == \"report\").$1" <<<"$output" | tail -n 1
}

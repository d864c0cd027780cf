# shellcheck shell=bash
# shellcheck disable=SC2154 # output and leaves are the test's
# What is done to ledgers behind the programs' backs, and how their findings read. Needs t/ledger/ledger.bash.

# faults: "CODE line seq" of each finding in $output in their order, - for what it does not name; its severity behind that
# when it is no error.
faults() {
	sed -nE 's/^\{"kind":"finding","code":"([A-Z]+)","severity":"([a-z]+)",("path":"[^"]*",)?("source":"[^"]*",)?("line":([0-9]+),'\
')?("seq":([0-9]+),)?"detail":.*/\1 =\6 =\8 \2/; T; s/ error$//; s/ = / - /; s/ =( |$)/ -\1/; s/=//g; p' <<<"$output"
}

# faults_are 'CODE line seq'...: exactly these, and a report that counts them.
faults_are() {
	local found want='' errors=0 fault
	found=$(faults)
	for fault; do
		want+=${want:+$'\n'}$fault
		[[ $fault == *' '*' '*' '* ]] || errors=$((errors + 1))
	done
	[ "$found" = "$want" ] || {
		diff -u --label expected --label found <(printf '%s\n' "$want") <(printf '%s\n' "$found")
		show_run
		return 1
	}
	report_has faults "$errors"
}

# report_has KEY VALUE...: members of the last report.
report_has() {
	local report=${output##*'{"kind":"report",'}
	[ "$report" != "$output" ] || report=
	report=,${report%%$'\n'*}
	while [ $# -gt 0 ]; do
		[[ $report == *",\"$1\":"?(\")"$2"?(\")[,\}]* ]] || {
			echo "the report does not have $1 = $2"
			show_run
			return 1
		}
		shift 2
	done
}

# no_report: nothing was concluded.
no_report() {
	hasnt '"kind":"report"' && hasnt '"status":0'
}

# --- lines ---

# line FILE N: that line.
line() {
	sed -n "$2p" "$1"
}

# hash_of LINE: its entry_hash.
hash_of() {
	[[ $1 =~ \"entry_hash\":\"(sha256:[0-9a-f]{64})\" ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

# forge_line LINE [PREV]: the entry with that prev_hash (its own, unless given) and the entry_hash that goes with both.
forge_line() {
	if [ $# -eq 1 ]; then
		rehash <<<"$1"
	else
		printf '"entry_hash":"%s"\n%s\n' "$2" "$1" | rehash 2 | tail -n 1
	fi
}

# put_line FILE N LINE: puts it in the place of line N.
put_line() {
	local all
	mapfile -t all <"$1"
	all[$2 - 1]=$3
	printf '%s\n' "${all[@]}" >"$1"
}

# edit FILE N SED: changes line N and leaves its hash as it is.
edit() {
	sed -i "$2{$3}" "$1"
}

# forge FILE N SED: changes line N and hashes it anew.
forge() {
	edit "$@"
	put_line "$1" "$2" "$(forge_line "$(line "$1" "$2")")"
}

# forge_on FILE N [SED]: changes line N, and hashes it and all behind it anew, each bound to the one before it.
forge_on() {
	[ -z "${3-}" ] || edit "$@"
	rehash "$2" <"$1" >"$1.forged" && cat "$1.forged" >"$1" && rm "$1.forged"
}

# durable FILE LINE OFFSET: FILE.durable says that it was synced up to there, where LINE ends.
durable() {
	local hash check
	hash=$(hash_of "$2")
	check=$(printf '0 %d %s' "$3" "$hash" | sha256sum | cut -c 1-16)
	printf '%-191s\n' "{\"check\":\"$check\",\"first_seq\":0,\"head_hash\":\"$hash\",\"offset\":$3}" >"$1.durable"
}

# pad FILE SIZE: appends one entry, so that FILE has SIZE bytes.
pad() {
	local before grown note
	before=$(stat -c %s "$1")
	cp "$1" "$1.try"
	noted "$1.try" ''
	grown=$(stat -c %s "$1.try")
	rm "$1.try" "$1.try".*
	note=$(head -c $(($2 - grown)) /dev/zero | tr '\0' x)
	noted "$1" "$note"
	[ "$(stat -c %s "$1")" -eq "$2" ] || { echo "$before + $grown + ${#note} is not $2"; return 1; }
}

# noted FILE NOTE: appends one entry with that note.
noted() {
	printf '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20261121-001","task_id":"T","note":"%s"}\n' "$2" |
		cp-ledger-append "$1" --author test >/dev/null
}

# --- hashes and trees (RFC 6962), in hex ---

# leaf LINE: its leaf hash.
leaf() {
	printf '\0%s' "$1" | sha256sum | cut -c 1-64
}

# node LEFT RIGHT: the hash of two.
node() {
	printf '01%s%s' "$1" "$2" | xxd -r -p | sha256sum | cut -c 1-64
}

# below N: the largest power of two below it.
below() {
	local k=1
	while [ $((2 * k)) -lt "$1" ]; do k=$((2 * k)); done
	echo "$k"
}

# tree BEGIN END: the root of those of ${leaves[@]}; $tree has what was computed.
declare -gA tree
tree() {
	local k
	if [ $(($2 - $1)) -eq 1 ]; then
		tree[$1-$2]=${leaves[$1]}
	elif [ -z "${tree[$1-$2]-}" ]; then
		k=$(($1 + $(below $(($2 - $1)))))
		tree "$1" "$k"
		tree "$k" "$2"
		tree[$1-$2]=$(node "${tree[$1-$k]}" "${tree[$k-$2]}")
	fi
}

# --- signed notes (c2sp.org/signed-note, c2sp.org/tlog-cosignature), by openssl alone ---

# base64_of HEX
base64_of() {
	xxd -r -p <<<"$1" | base64 -w 0
}

# public KEY: its 32 bytes, in hex.
public() {
	openssl pkey -in "$1" -pubout -outform DER | tail -c 32 | xxd -p -c 64
}

# key_id NAME ALGORITHM PUBLIC: in hex; algorithm 01 signs, 04 cosigns.
key_id() {
	{ printf '%s\n' "$1"; xxd -r -p <<<"$2$3"; } | sha256sum | cut -c 1-8
}

# vkey_of NAME ALGORITHM KEY: the verifier key.
vkey_of() {
	local pub
	pub=$(public "$3")
	printf '%s+%s+%s\n' "$1" "$(key_id "$1" "$2" "$pub")" "$(base64_of "$2$pub")"
}

# signature KEY <TEXT: in hex. openssl wants files.
signature() {
	cat >"$BATS_TEST_TMPDIR/.text"
	openssl pkeyutl -sign -rawin -inkey "$1" -in "$BATS_TEST_TMPDIR/.text" | xxd -p -c 64
}

# sign_note NAME KEY TEXT: the note; TEXT without its last line feed.
sign_note() {
	printf '%s\n\n— %s %s\n' "$3" "$1" "$(base64_of "$(key_id "$1" 01 "$(public "$2")")$(signature "$2" <<<"$3")")"
}

# cosign NAME KEY NOTE [TIME]: adds a witness's signature to the file NOTE.
cosign() {
	local time=${4:-1794000000}
	printf '— %s %s\n' "$1" "$(base64_of "$(key_id "$1" 04 "$(public "$2")")$(printf %016x "$time")$(
		{ printf 'cosignature/v1\ntime %d\n' "$time"; sed '/^$/,$d' "$3"; } | signature "$2")")" >>"$3"
}

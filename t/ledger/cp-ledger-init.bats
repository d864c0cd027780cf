load ../helper
load ledger

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
	asked=(--ledger example/ho1/l --type L-EXEC --tier ho1)
}

@test "GENESIS says what the format asks for, and its hash, id and root can be computed anew" {
	run_status 0 cp-ledger-init l.jsonl "${asked[@]}" --author ann
	silent
	[ "$(wc -l <l.jsonl)" -eq 1 ]
	cmp l.jsonl <(jq -cS . l.jsonl)
	cmp <(jq 'del(.entry_hash, .entry_id, .timestamp)' l.jsonl) <(jq -n --arg zeros "sha256:$(printf '%064d' 0)" \
		--argjson uid "$(id -u)" '{author: "ann", event_type: "GENESIS", format: "cp-ledger/1", ledger: "example/ho1/l",
		ledger_type: "L-EXEC", parent: null, prev_hash: $zeros, seq: 0, tier: "ho1", uid: $uid}')
	line=$(cat l.jsonl)
	[ "$(jq -r .entry_hash l.jsonl)" = "$(hash_of_entry "$line")" ]
	stamp=$(jq -r .timestamp l.jsonl)
	[[ $stamp =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$ ]]
	[ "$(date -d "$stamp" +%s)" -ge $(($(date +%s) - 60)) ]
	[ "$(jq -r .entry_id l.jsonl)" = "EXEC-$(date -ud "$stamp" +%Y%m%d-%H%M%S)-000" ]
	chain_holds l.jsonl
	run_status 0 cp-chain-check l.jsonl
	[ "$(report_of root_hash)" = "$(root_of_lines <l.jsonl)" ]
}

@test "the ack is of what stands there, the file is readable by all, and only FILE.durable lies beside it" {
	run_status 0 cp-ledger-init l.jsonl "${asked[@]}"
	is "$(jq -c '{kind: "ack", ledger, seq, entry_id, entry_hash}' l.jsonl)
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-ledger-init\"}"
	[ "$(ls -A | paste -sd' ')" = 'l.jsonl l.jsonl.durable' ]
	[ "$(stat -c '%a %h' l.jsonl)" = '644 1' ]
	[ "$(jq .first_seq l.jsonl.durable)" -eq 0 ]
	[ "$(jq .offset l.jsonl.durable)" -eq "$(stat -c %s l.jsonl)" ]
	[ "$(jq -r .head_hash l.jsonl.durable)" = "$(jq -r .entry_hash l.jsonl)" ]
	cp-schema-check --known <"$BATS_TEST_TMPDIR/.out" >/dev/null
	whole l.jsonl
}

@test "each type has its prefix, each tier and level its word" {
	for t in L-INTENT:INTENT L-PACKAGE:PKGLOG L-WORKORDER:WO L-EXEC:EXEC L-EVIDENCE:EVID L-OBSERVE:OBS; do
		run_status 0 cp-ledger-init "$t" --ledger x --type "${t%:*}" --tier ho2
		[[ "$(jq -r '.ledger_type + " " + .entry_id' "$t")" == "${t%:*} ${t#*:}-"* ]]
		whole "$t"
	done
	for t in ho3 ho2 ho1; do
		run_status 0 cp-ledger-init "$t" --ledger x --type L-EXEC --tier "$t"
		[ "$(jq -r .tier "$t")" = "$t" ]
		whole "$t"
	done
	run_status 0 cp-ledger-init none "${asked[@]}"
	[ "$(jq 'has("rollback_level")' none)" = false ]
	for t in unchecked local anchored witnessed; do
		run_status 0 cp-ledger-init "$t" "${asked[@]}" --rollback-level "$t"
		[ "$(jq -r .rollback_level "$t")" = "$t" ]
		chain_holds "$t"
	done
	whole unchecked
	run_status 3 cp-chain-check --no-seen anchored
	err 'its GENESIS asks for anchored'
}

@test "who says so is --author, else the user's number" {
	cp-ledger-init a "${asked[@]}" >/dev/null
	[ "$(jq -r .author a)" = "uid:$(id -u)" ]
	long=$(printf 'é%.0s' {1..127})x
	for who in 'oidc:https://example#ann' '-' 'a b' $'q"\\\t\x7f' "$long"; do
		rm -f b b.*
		run_status 0 cp-ledger-init b "${asked[@]}" --author "$who"
		[ "$(jq -r .author b)" = "$who" ]
		chain_holds b
		whole b
	done
	for who in '' "${long}y" $'\xff' $'a\xc3'; do
		frozen 2 cp-ledger-init c "${asked[@]}" --author "$who"
		err 'unable to use --author: 1 to 255 bytes of UTF-8 are wanted'
	done
}

@test "called wrongly is status 2, and nothing is made" {
	frozen 2 cp-ledger-init l.jsonl --type L-EXEC --tier ho1
	err '--ledger'
	frozen 2 cp-ledger-init l.jsonl --ledger x --tier ho1
	err '--type'
	frozen 2 cp-ledger-init l.jsonl --ledger x --type L-EXEC
	err '--tier'
	frozen 2 cp-ledger-init "${asked[@]}"
	frozen 2 cp-ledger-init a b "${asked[@]}"
	frozen 2 cp-ledger-init l.jsonl --ledger x --type EXEC --tier ho1
	frozen 2 cp-ledger-init l.jsonl --ledger x --type L-EXEC --tier HO1
	frozen 2 cp-ledger-init l.jsonl "${asked[@]}" --rollback-level all
	frozen 2 cp-ledger-init l.jsonl "${asked[@]}" --key k
	for name in '' 'a b' 'a+b' $'a\tb' $'a\nb' $'a\x7f' $'\xff' $'a\u00a0b' "$(printf '%0256d' 0)"; do
		frozen 2 cp-ledger-init l.jsonl --ledger "$name" --type L-EXEC --tier ho1
		err 'unable to use --ledger'
	done
	[ -z "$(ls -A)" ]
}

@test "a name that is taken, by whatever it may be, is status 1 and stays what it is" {
	touch empty
	ledger old.jsonl
	mkdir dir
	mkfifo fifo
	ln -s nowhere dangling
	ln -s old.jsonl link
	ln -s dir dirlink
	for name in empty old.jsonl dir dir/ fifo dangling link dirlink; do
		refused 1 timeout 10 cp-ledger-init "$name" "${asked[@]}"
		err 'there is something of that name'
		is '{"kind":"end","count":0,"status":1,"by":"cp-ledger-init"}'
	done
}

@test "where there is no directory, or a name is too long for one, it is status 4" {
	touch file
	for name in missing/l file/l missing/ "$(printf '%0201d' 0)" ''; do
		refused 4 cp-ledger-init "$name" "${asked[@]}"
		err "unable to make the ledger $name"
	done
	run_status 0 cp-ledger-init "$(printf '%0200d' 0)" "${asked[@]}"
}

@test "a directory that one may not write in is status 4" {
	chmod 755 .
	[ "$(id -u)" -eq 0 ] || chmod 555 .
	refused 4 as_user cp-ledger-init l.jsonl "${asked[@]}"
	err 'unable to make the ledger l.jsonl: Permission denied'
}

@test "a ledger below another directory, and one begun through a link to it" {
	mkdir -p a/b
	ln -s a/b ab
	run_status 0 cp-ledger-init ab/l.jsonl "${asked[@]}"
	[ "$(ls -A a/b | paste -sd' ')" = 'l.jsonl l.jsonl.durable' ]
	whole ab/l.jsonl
}

@test "--dry-run says what it would do and makes nothing" {
	frozen 0 cp-ledger-init l.jsonl "${asked[@]}" --dry-run
	[ "$(jq -c 'select(.kind == "ack") | [.ledger, .seq, .dry_run]' <<<"$output")" = '["example/ho1/l",0,true]' ]
	ledger p.jsonl
	frozen 0 cp-ledger-init l.jsonl "${asked[@]}" --parent p.jsonl --dry-run
	[ "$(jq -c 'select(.kind == "ack") | [.ledger, .seq, .dry_run]' <<<"$output")" = \
		$'["example/ho1/l",0,true]\n["example/ho1/p",1,true]' ]
	frozen 1 cp-ledger-init p.jsonl "${asked[@]}" --dry-run
	frozen 4 cp-ledger-init l.jsonl "${asked[@]}" --parent missing --dry-run
}

@test "--parent binds it to how far the ledger above had come, and tells that one" {
	ledger p.jsonl
	fill p.jsonl 4
	root=$(root_of_lines <p.jsonl)
	head=$(tail -n 1 p.jsonl | jq -r .entry_hash)
	run_status 0 cp-ledger-init c.jsonl --ledger example/ho1/c --type L-OBSERVE --tier ho1 --parent p.jsonl --author ann
	silent
	[ "$(jq -c .parent c.jsonl)" = "{\"head_hash\":\"$head\",\"ledger\":\"example/ho1/p\",\"root_hash\":\"$root\",\"size\":5}" ]
	[ "$(jq -c 'select(.seq == 5) | del(.dedupe_key, .entry_hash, .entry_id, .timestamp, .uid, .prev_hash)' p.jsonl)" = \
		"$(jq -c '{author: "ann", event_type: "CHILD_OPENED", genesis_hash: .entry_hash, ledger: "example/ho1/c",
		ledger_type: "L-OBSERVE", seq: 5, tier: "ho1"}' c.jsonl)" ]
	[ "$(jq -r 'select(.kind == "ack") | "\(.ledger) \(.seq) \(.entry_hash)"' <<<"$output")" = \
		"$(jq -r '"\(.ledger) 0 \(.entry_hash)"' c.jsonl)
example/ho1/p 5 $(jq -r 'select(.seq == 5).entry_hash' p.jsonl)" ]
	cp-schema-check --known <"$BATS_TEST_TMPDIR/.out" >/dev/null
	chain_holds p.jsonl
	chain_holds c.jsonl
	whole p.jsonl
	whole c.jsonl --parent p.jsonl
}

@test "a parent that was rotated and archived is bound to as a whole" {
	ledger p.jsonl
	fill p.jsonl 3
	cp-ledger-rotate p.jsonl >/dev/null
	cp-ledger-archive p.jsonl >/dev/null
	fill p.jsonl 2 4
	root=$(stored p.jsonl | root_of_lines)
	run_status 0 cp-ledger-init c.jsonl "${asked[@]}" --parent p.jsonl
	[ "$(jq -r '.parent | "\(.size) \(.root_hash)"' c.jsonl)" = "8 $root" ]
	whole c.jsonl --parent p.jsonl
}

@test "a parent that is none, or that does not hold, is refused before anything is made" {
	refused 4 cp-ledger-init c.jsonl "${asked[@]}" --parent missing.jsonl
	err 'unable to open the ledger missing.jsonl: No such file'
	mkdir dir
	refused 4 cp-ledger-init c.jsonl "${asked[@]}" --parent dir
	touch empty
	refused 3 cp-ledger-init c.jsonl "${asked[@]}" --parent empty
	err 'it is empty'
	printf '{"event_type":"X","previous_hash":"","entry_hash":"00"}\n' >legacy
	refused 3 cp-ledger-init c.jsonl "${asked[@]}" --parent legacy
	ledger p.jsonl
	fill p.jsonl 3
	sed -i '2s/T-1/T-9/' p.jsonl
	refused 3 cp-ledger-init c.jsonl "${asked[@]}" --parent p.jsonl
	err 'unable to trust the ledger: line 2: ALTERED'
	sed -i '2s/T-9/T-1/; $d' p.jsonl
	refused 3 cp-ledger-init c.jsonl "${asked[@]}" --parent p.jsonl
	err 'it is shorter than what was synced of it'
}

@test "a parent that cannot be told now: the ledger is there, and cp-ledger-anchor tells it later" {
	for why in poisoned linked; do
		rm -rf ./*
		ledger p.jsonl
		case $why in
		poisoned) echo 'a sync failed' >p.jsonl.poisoned; want=4 ;;
		linked) ln p.jsonl second; want=3 ;;
		esac
		cp p.jsonl before
		run_status $want cp-ledger-init c.jsonl "${asked[@]}" --parent p.jsonl
		cmp before p.jsonl
		[ "$(jq -r .ledger <<<"$output")" = example/ho1/l ]
		acked c.jsonl
		whole c.jsonl
		rm -f second
		cp-ledger-recover p.jsonl >/dev/null
		cp-ledger-anchor c.jsonl --parent p.jsonl >/dev/null
		[ "$(types p.jsonl)" = 'GENESIS CHILD_OPENED CHILD_CHECKPOINT' ]
		whole c.jsonl --parent p.jsonl
	done
}

@test "a name that the parent has opened already is not opened again" {
	ledger p.jsonl
	cp-ledger-init c.jsonl "${asked[@]}" --parent p.jsonl >/dev/null
	refused 1 cp-ledger-init d.jsonl "${asked[@]}" --parent p.jsonl
	[ ! -e d.jsonl ]
}

@test "a parent that is written just now has lost nothing" {
	need strace
	ledger p.jsonl
	fill p.jsonl 2
	strace -qq -o /dev/null -P p.jsonl.durable true 2>/dev/null || skip 'no right to trace here'
	# Slow between looking how long it is and how far it was synced, in whatever order.
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o /dev/null -P p.jsonl.durable -e trace=openat \
		-e inject=openat:delay_enter=1500000:when=1 cp-ledger-init c.jsonl "${asked[@]}" --parent p.jsonl >out 2>err &
	sleep 0.5
	fill p.jsonl 1 3
	wait $! || { cat err; return 1; }
	whole c.jsonl --parent p.jsonl
}

@test "what a killed one left behind does not hinder the next" {
	printf '{"author":' >.l.jsonl.new
	run_status 0 cp-ledger-init l.jsonl "${asked[@]}"
	[ "$(ls -A | paste -sd' ')" = 'l.jsonl l.jsonl.durable' ]
	whole l.jsonl
}

# Either it is not begun there at all, or it works as any other does.
@test "bytes that an earlier ledger of that name once lost are not taken for its own" {
	ledger l.jsonl
	printf 'torn' >>l.jsonl
	fill l.jsonl 1
	[ "$(types l.jsonl)" = 'GENESIS TAIL_REPAIRED TASK_START' ]
	rm l.jsonl
	if cp-ledger-init l.jsonl "${asked[@]}" >/dev/null; then
		fill l.jsonl 1
		[ "$(types l.jsonl)" = 'GENESIS TASK_START' ]
	else
		[ ! -e l.jsonl ]
	fi
}

@test "segments that an earlier ledger of that name left do not hinder its own" {
	ledger l.jsonl
	fill l.jsonl 1
	cp-ledger-rotate l.jsonl >/dev/null
	rm l.jsonl
	if cp-ledger-init l.jsonl "${asked[@]}" >/dev/null; then
		fill l.jsonl 1
		run_status 0 cp-ledger-rotate l.jsonl
		fill l.jsonl 1
		whole l.jsonl
	else
		[ ! -e l.jsonl ]
	fi
}

@test "an ack that nobody takes is status 4; the ledger stands" {
	run_sh 4 'cp-ledger-init l.jsonl --ledger x --type L-EXEC --tier ho1 >/dev/full'
	err 'unable to write standard output: No space left on device'
	whole l.jsonl
	run_sh 4 'cp-ledger-init m.jsonl --ledger x --type L-EXEC --tier ho1 >&-'
	[ ! -e m.jsonl ]
}

@test "a full disk is status 4, and leaves nothing" {
	refused 4 limited 0 cp-ledger-init l.jsonl --ledger x --type L-EXEC --tier ho1
	has 'unable to make the ledger l.jsonl: File too large'
	[ -z "$(ls -A)" ]
	for what in ENOSPC EIO; do
		for call in openat write fsync renameat2; do
			rm -rf ./* .[!.]*
			run_status 4 faulted $what "^$call .*l.jsonl.new" cp-ledger-init l.jsonl "${asked[@]}"
			err 'unable to make the ledger l.jsonl'
			[ -z "$(ls -A)" ] || { ls -A; return 1; }
		done
	done
}

@test "what a plane pins stands in GENESIS, canonical, and only what was asked for" {
	one=sha256:$(printf '%064d' 1) two=sha256:$(printf '%064d' 2)
	asked=(--ledger example/p --type L-PACKAGE --tier ho3)
	run_status 0 cp-ledger-init p.jsonl "${asked[@]}" --plane-uid plane-1 --development --keyring-hash "$one" --keyring-version 3 \
		--provider oidc --provider hmac --jwks-hash "$two" --rollback-level unchecked
	cmp <(jq -S '{development, jwks_hash, keyring_hash, keyring_version, plane_uid, providers, rollback_level}' p.jsonl) \
		<(jq -nS --arg one "$one" --arg two "$two" '{development: true, jwks_hash: $two, keyring_hash: $one, keyring_version: 3,
		plane_uid: "plane-1", providers: ["oidc", "hmac"], rollback_level: "unchecked"}')
	cmp p.jsonl <(jq -cS . p.jsonl)
	whole p.jsonl
	rm p.jsonl*
	run_status 0 cp-ledger-init q.jsonl "${asked[@]}"
	[ "$(jq -c 'del(.entry_hash, .entry_id, .timestamp, .uid, .prev_hash, .author) | keys' q.jsonl)" = \
		'["event_type","format","ledger","ledger_type","parent","seq","tier"]' ]
}

@test "a pin that is none: status 2, and nothing is made" {
	for pin in --plane-uid= '--plane-uid=a b' '--plane-uid=*' $'--plane-uid=a\x7f' $'--plane-uid=\xff' --keyring-hash=x \
		--jwks-hash=sha256:12 --keyring-version=0 --provider= --provider=Hmac --provider=a/b; do
		frozen 2 cp-ledger-init p.jsonl "${asked[@]}" "$pin"
	done
	frozen 2 cp-ledger-init p.jsonl "${asked[@]}" --provider hmac --provider hmac
}

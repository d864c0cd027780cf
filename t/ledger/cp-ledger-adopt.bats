load ../helper
load ledger

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
	asked=(--ledger example/ho1/l --type L-EXEC --tier ho1)
}

# old NAME: the real ledger of that name, here as l.jsonl, and once more as kept.
old() {
	rm -rf l.* .l.*
	cp "$(shared "real/ledger/$1.jsonl")" l.jsonl
	cp l.jsonl kept
}

# seed N: a ledger by the letter of CP-LEDGER-001: SHA-256 over the canonical entry without its hash, then prev_hash.
seed() {
	local n prev body hash
	prev=sha256:$(printf '%064d' 0)
	for ((n = 0; n < $1; n++)); do
		body="{\"author\":\"ann\",\"entry_id\":\"E-$n\",\"event_type\":\"NOTE\",\"prev_hash\":\"$prev\"}"
		hash=sha256:$(printf '%s%s' "$body" "$prev" | sha256sum | cut -c1-64)
		printf '%s,"entry_hash":"%s"}\n' "${body%\}}" "$hash"
		prev=$hash
	done
}

@test "real ledgers are sealed as they are, and GENESIS commits to their bytes and to what is wrong with them" {
	# name, entries, issues
	while read -r name entries issues; do
		old "$name"
		inode=$(stat -c %i l.jsonl)
		run_status 0 cp-ledger-adopt l.jsonl "${asked[@]}" --author ann
		sum=$(sha256sum <kept | cut -c1-64)
		cmp <(jq 'del(.entry_hash, .entry_id, .timestamp)' l.jsonl) <(jq -n --argjson uid "$(id -u)" --arg sum "$sum" \
			--arg zeros "sha256:$(printf '%064d' 0)" --arg last "$(jq -r '.entry_hash // empty' kept | tail -n 1)" \
			--argjson n "$entries" --argjson issues "$(jq -nc '{altered: 0, forks: 0, malformed: 0, missing_parents: 0,
			restarts: 0, unhashed: 0} + '"$issues")" '{author: "ann", event_type: "GENESIS", format: "cp-ledger/1",
			ledger: "example/ho1/l", ledger_type: "L-EXEC", legacy: {entries: $n, file: "l.d/legacy-\($sum[0:12]).jsonl",
			issues: $issues, last_entry_hash: $last, profile: "legacy", sha256: "sha256:\($sum)"}, parent: null,
			prev_hash: $zeros, seq: 0, tier: "ho1", uid: $uid}')
		cmp kept "l.d/legacy-${sum:0:12}.jsonl"
		[ "$(stat -c '%a %h %i' l.d/legacy-*)" = "444 1 $inode" ]
		is "$(jq -c '{kind: "ack", ledger, seq, entry_id, entry_hash}' l.jsonl)
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-ledger-adopt\"}"
		if [ "$issues" = '{}' ]; then
			silent
		else
			err 'GENESIS counts'
		fi
		[ "$(jq -r .head_hash l.jsonl.durable)" = "$(jq -r .entry_hash l.jsonl)" ]
		[ "$(ls -A | paste -sd' ')" = 'kept l.d l.jsonl l.jsonl.durable l.jsonl.lock' ]
		chain_holds l.jsonl
		whole l.jsonl
		fill l.jsonl 2
		cp-ledger-rotate l.jsonl >/dev/null
		whole l.jsonl
	done <<-'EOT'
		clean-210 210 {}
		legacy-lines-269 269 {"unhashed":2,"restarts":1}
		tampered-19 19 {"altered":2}
		kernel 6 {}
		ho1-worker 1 {}
		ho2-workorder 1 {}
	EOT
}

@test "a seed ledger: by what its lines say, or by --profile" {
	seed 3 >l.jsonl
	run_status 0 cp-ledger-adopt l.jsonl "${asked[@]}"
	silent
	[ "$(jq -c '.legacy | [.profile, .entries, .issues.altered, .issues.restarts]' l.jsonl)" = '["seed",3,0,0]' ]
	[ "$(jq -r .legacy.last_entry_hash l.jsonl)" = "$(seed 3 | tail -n 1 | jq -r .entry_hash)" ]
	whole l.jsonl
	seed 3 | sed '2s/ann/eve/' >m.jsonl
	run_status 0 cp-ledger-adopt m.jsonl "${asked[@]}" --profile seed
	err 'GENESIS counts'
	[ "$(jq -c '.legacy | [.profile, .entries, .issues.altered]' m.jsonl)" = '["seed",3,1]' ]
	seed 3 >n.jsonl
	run_status 0 cp-ledger-adopt n.jsonl "${asked[@]}" --profile legacy
	[ "$(jq -c '.legacy | [.profile, .entries, .issues.altered]' n.jsonl)" = '["legacy",3,3]' ]
	old clean-210
	run_status 0 cp-ledger-adopt l.jsonl "${asked[@]}" --profile legacy
	[ "$(jq -c '.legacy | [.profile, .issues.altered]' l.jsonl)" = '["legacy",0]' ]
}

@test "all types and tiers" {
	for t in L-INTENT:INTENT L-PACKAGE:PKGLOG L-WORKORDER:WO L-EXEC:EXEC L-EVIDENCE:EVID L-OBSERVE:OBS; do
		old kernel
		run_status 0 cp-ledger-adopt l.jsonl --ledger x --type "${t%:*}" --tier ho3
		[[ "$(jq -r '.ledger_type + " " + .entry_id + .tier' l.jsonl)" == "${t%:*} ${t#*:}-"*ho3 ]]
		whole l.jsonl
	done
}

@test "called wrongly is status 2, and nothing is touched" {
	old kernel
	frozen 2 cp-ledger-adopt "${asked[@]}"
	frozen 2 cp-ledger-adopt l.jsonl kept "${asked[@]}"
	frozen 2 cp-ledger-adopt l.jsonl --type L-EXEC --tier ho1
	frozen 2 cp-ledger-adopt l.jsonl --ledger x --tier ho1
	frozen 2 cp-ledger-adopt l.jsonl --ledger x --type L-EXEC
	frozen 2 cp-ledger-adopt l.jsonl --ledger 'a b' --type L-EXEC --tier ho1
	err 'unable to use --ledger: the name has a blank'
	frozen 2 cp-ledger-adopt l.jsonl "${asked[@]}" --profile v1
	frozen 2 cp-ledger-adopt l.jsonl "${asked[@]}" --author ''
	frozen 2 cp-ledger-adopt l.jsonl "${asked[@]}" --rollback-level local
}

@test "a ledger in our own format is not adopted, whatever one calls it" {
	ledger l.jsonl
	fill l.jsonl 2
	for profile in '' --profile=legacy --profile=seed; do
		refused 1 cp-ledger-adopt l.jsonl "${asked[@]}" $profile
		err 'unable to adopt l.jsonl: it is '
		is '{"kind":"end","count":0,"status":1,"by":"cp-ledger-adopt"}'
	done
	cp-ledger-rotate l.jsonl >/dev/null
	refused 1 cp-ledger-adopt l.jsonl "${asked[@]}"
	cp "$(shared vectors/cp-ledger-v1/packages.jsonl)" v.jsonl
	refused 1 cp-ledger-adopt v.jsonl "${asked[@]}"
	# Mangled, it is still none of an earlier one.
	sed '1s/.*/garbage/' v.jsonl >m.jsonl
	refused 1 cp-ledger-adopt m.jsonl "${asked[@]}"
	sed '1s/"format"/"previous_hash":"","format"/' v.jsonl >m.jsonl
	refused 1 cp-ledger-adopt m.jsonl "${asked[@]}"
}

@test "adopted twice is refused" {
	old clean-210
	cp-ledger-adopt l.jsonl "${asked[@]}" >/dev/null
	refused 1 cp-ledger-adopt l.jsonl "${asked[@]}"
	err 'unable to adopt l.jsonl: it is '
	fill l.jsonl 1
	refused 1 cp-ledger-adopt l.jsonl "${asked[@]}"
}

@test "what is no ledger at all" {
	refused 4 cp-ledger-adopt missing "${asked[@]}"
	err 'unable to open the ledger missing: No such file or directory'
	mkdir dir
	refused 4 cp-ledger-adopt dir "${asked[@]}"
	mkfifo fifo
	refused 4 timeout 10 cp-ledger-adopt fifo "${asked[@]}"
	: >empty
	refused 3 cp-ledger-adopt empty "${asked[@]}"
	err 'it is empty'
	echo garbage >garbage
	refused 1 cp-ledger-adopt garbage "${asked[@]}"
	printf 'no line' >cut
	refused 1 cp-ledger-adopt cut "${asked[@]}"
	head -c 100000 /dev/urandom >noise
	refused 1 cp-ledger-adopt noise "${asked[@]}"
}

@test "lines that are none, and a last one that is cut, are sealed with the rest and told" {
	old kernel
	sed '3s/.*/garbage/' kept | head -c -1 >l.jsonl
	cp l.jsonl kept
	run_status 0 cp-ledger-adopt l.jsonl "${asked[@]}"
	err 'GENESIS counts'
	sum=$(sha256sum <kept | cut -c1-64)
	[ "$(jq -r .legacy.sha256 l.jsonl)" = "sha256:$sum" ]
	cmp kept "l.d/legacy-${sum:0:12}.jsonl"
	[ "$(jq -c '.legacy | [.entries, .issues.malformed, .issues.missing_parents]' l.jsonl)" = '[5,1,1]' ]
	whole l.jsonl
}

@test "--dry-run says what it would do, and touches nothing" {
	old tampered-19
	frozen 0 cp-ledger-adopt l.jsonl "${asked[@]}" --dry-run
	[ "$(jq -c 'select(.kind == "ack") | [.ledger, .seq, .dry_run]' <<<"$output")" = '["example/ho1/l",0,true]' ]
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
	ledger m.jsonl
	frozen 1 cp-ledger-adopt m.jsonl "${asked[@]}" --dry-run
}

@test "through a link, without an ending, in another directory" {
	mkdir sub
	cp "$(shared real/ledger/kernel.jsonl)" sub/old
	chmod 640 sub/old
	ln -s sub/old link
	run_status 0 cp-ledger-adopt link "${asked[@]}"
	[ -L link ]
	[ "$(stat -c %a sub/old)" = 640 ]
	[[ $(jq -r .legacy.file sub/old) == old.d/legacy-????????????.jsonl ]]
	whole link
	cp "$(shared real/ledger/kernel.jsonl)" sub/two.jsonl
	run_status 0 cp-ledger-adopt sub/two.jsonl "${asked[@]}"
	[[ $(jq -r .legacy.file sub/two.jsonl) == two.d/legacy-????????????.jsonl ]]
	whole sub/two.jsonl
}

@test "a name that is not UTF-8, or needs escapes: adopted like any other, or refused" {
	for name in $'a\n"\\\x01\x7f.jsonl' $'\xff.jsonl'; do
		cp "$(shared real/ledger/kernel.jsonl)" "$name"
		before=$(state)
		status=0
		cp-ledger-adopt "$name" "${asked[@]}" >out 2>err || status=$?
		rm -f out err
		[ "$status" -le 4 ]
		if [ "$status" -eq 0 ]; then
			whole "$name"
			fill "$name" 1
		else
			diff <(echo "$before") <(state)
		fi
	done
}

@test "what was sealed cannot be altered unseen" {
	old clean-210
	cp-ledger-adopt l.jsonl "${asked[@]}" >/dev/null
	whole l.jsonl
	chmod 644 l.d/legacy-*
	sed -i '1s/ALLOWED/DENIED/' l.d/legacy-*
	run_status 1 cp-chain-check --no-seen l.jsonl
	has 'is not what was sealed'
	rm l.d/legacy-*
	run_status 1 cp-chain-check --no-seen l.jsonl
	has 'cannot be read: No such file or directory'
}

@test "where there is no place for what is sealed, nothing is changed" {
	old kernel
	echo mine >l.d
	refused 4 cp-ledger-adopt l.jsonl "${asked[@]}"
	rm l.d
	mkdir elsewhere
	ln -s elsewhere l.d
	refused 4 cp-ledger-adopt l.jsonl "${asked[@]}"
	rm l.d
	mkdir l.d
	cp l.jsonl "l.d/legacy-$(sha256sum <l.jsonl | cut -c1-12).jsonl"
	refused 4 cp-ledger-adopt l.jsonl "${asked[@]}"
	rm -r l.d elsewhere
	[ "$(id -u)" -eq 0 ] || chmod 555 .
	refused 4 as_user cp-ledger-adopt l.jsonl "${asked[@]}"
	chmod 755 .
}

@test "a full disk and a failing one are status 4, and the ledger stays what it was" {
	for what in ENOSPC EIO; do
		for at in '^mkdirat' '^openat .*new' '^write .*new' '^fsync .*new' '^linkat' '^renameat2'; do
			old kernel
			run_status 4 faulted $what "$at" cp-ledger-adopt l.jsonl "${asked[@]}"
			err 'unable to '
			cmp kept l.jsonl
			hasnt '"kind":"ack"'
			run_status 0 cp-ledger-adopt l.jsonl "${asked[@]}"
			[ -z "$(find . -name '.*.new')" ]
			whole l.jsonl
		done
	done
	old kernel
	refused 4 limited 0 cp-ledger-adopt l.jsonl "${asked[@]}" || [ "$(find l.d -type f | wc -l)" -eq 0 ]
	cmp kept l.jsonl
}

@test "an ack that nobody takes is status 4, and the ledger is adopted" {
	old kernel
	run_sh 4 'cp-ledger-adopt l.jsonl --ledger x --type L-EXEC --tier ho1 >/dev/full'
	err 'unable to write standard output'
	whole l.jsonl
	[ "$(jq -r .event_type l.jsonl)" = GENESIS ]
}

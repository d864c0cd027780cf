load ../helper
load auth

setup() {
	people
	export CONTROL_PLANE_ALLOW_PASSTHROUGH=1
}

@test "the name is the token, up to a colon" {
	for t in alice "$vector" alice: alice:x:y:z '{"kind":"token","token":"alice"}'; do
		run_sh 0 "printf '%s\n' '$t' | cp-auth-passthrough"
		is "$(actor_line alice '["maintainer"]' passthrough)
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-auth-passthrough\"}"
	done
	run_sh 0 'echo ann | cp-auth-passthrough'
	[ "$(member origin)" = BUILDER ]
}

@test "only where it is allowed" {
	echo ann >t
	unset CONTROL_PLANE_ALLOW_PASSTHROUGH
	denied cp-auth-passthrough <t
	for no in '' 0 2 yes true '1 '; do
		denied env CONTROL_PLANE_ALLOW_PASSTHROUGH="$no" cp-auth-passthrough <t
	done
	run_status 0 cp-auth-passthrough --allow-passthrough <t
	run_status 0 env CONTROL_PLANE_ALLOW_PASSTHROUGH=1 cp-auth-passthrough <t
}

@test "what is no name is denied" {
	for t in : ':alice' "$(printf 'a%.0s' {1..256})" $'a\xff'; do
		printf '%s\n' "$t" >t
		denied cp-auth-passthrough <t
	done
	run_sh 3 'cp-auth-passthrough </dev/null'
}

@test "no roles of its own: a name that the file does not have may do nothing" {
	run_sh 1 'echo mallory | cp-auth-passthrough | cp-authz verify'
	err 'mallory has no role'
	rm "$T/config/roles.json"
	echo ann >t
	denied cp-auth-passthrough <t
}

# pinned [OPTION...]: the plane's ledger of packages is begun anew with these pins.
pinned() {
	rm -rf "$T/ledger"
	mkdir "$T/ledger"
	cp-ledger-init "$T/ledger/packages.jsonl" --ledger p --type L-PACKAGE --tier ho3 "$@" >/dev/null
}

@test "past genesis only in a plane made for development, whatever the environment says" {
	echo ann >t
	pinned
	run_status 0 cp-auth-passthrough <t
	pinned --plane-uid x
	denied cp-auth-passthrough --allow-passthrough <t
	denied cp-auth --provider passthrough --token ann
	err 'only for planes made for development'
	pinned
	: >"$T/.genesis_complete"
	denied cp-auth-passthrough --allow-passthrough <t
	denied cp-auth --provider passthrough --token ann
	actor_line ann '["admin"]' passthrough BUILDER >a
	run_sh 1 'cp-end cat a | cp-authz install'
	err 'passthrough is not allowed'
	rm -r "$T/ledger"
	denied cp-auth-passthrough --allow-passthrough <t
	pinned --development
	run_status 0 env -u CONTROL_PLANE_ALLOW_PASSTHROUGH cp-auth-passthrough <t
	run_sh 0 'unset CONTROL_PLANE_ALLOW_PASSTHROUGH; cp-auth --provider passthrough --token ann | cp-authz install'
}

@test "in a plane for development who says nothing is dev; who says something is asked" {
	roles '{"dev":["admin"]}'
	unset CONTROL_PLANE_AUTH_PROVIDER CONTROL_PLANE_ALLOW_PASSTHROUGH
	denied cp-auth
	pinned --development
	: >"$T/.genesis_complete"
	run_sh 0 'cp-auth | cp-authz install'
	run_status 0 cp-auth
	is "$(actor_line dev '["admin"]' passthrough)
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-auth\"}"
	denied cp-auth --provider hmac
	denied cp-auth --token dev
	run_sh 1 'CONTROL_PLANE_TOKEN=ann cp-auth --provider passthrough | cp-authz verify'
	err 'ann has no role'
	pinned --development --provider hmac
	denied cp-auth
	err 'does not have the provider passthrough'
	denied env CONTROL_PLANE_ALLOW_PASSTHROUGH=1 cp-auth
	run_status 0 cp-auth --provider hmac --token "$vector"
}

@test "pins that were tampered with are believed by nobody: status 3" {
	echo ann >t
	pinned --development
	first=$(cat "$T/ledger/packages.jsonl")
	for bad in "${first/true/false}" "${first/:true/:1}" "${first/cp-ledger\/1/cp-ledger\/2}" "${first/GENESIS/TURN}" \
		"$(jq -c 'del(.entry_hash)' <<<"$first")" "${first:0:100}" ''; do
		printf '%s' "$bad${bad:+
}" >"$T/ledger/packages.jsonl"
		run_status 3 cp-auth-passthrough --allow-passthrough <t
		err 'unable to trust what the plane pins'
		run_status 3 cp-auth --provider passthrough --token ann
	done
	rm "$T/ledger/packages.jsonl"*
	cp-ledger-init "$T/ledger/packages.jsonl" --ledger p --type L-EXEC --tier ho3 --development >/dev/null
	run_status 3 cp-auth-passthrough <t
	rm "$T/ledger/packages.jsonl"*
	pinned --development
	mv "$T/ledger/packages.jsonl" elsewhere
	ln -s "$PWD/elsewhere" "$T/ledger/packages.jsonl"
	run_status 4 cp-auth-passthrough <t
}

@test "the pins outlive a rotation, also an archived one, and a segment that is not theirs does not count" {
	echo ann >t
	pinned --development
	: >"$T/.genesis_complete"
	cp-ledger-rotate "$T/ledger/packages.jsonl" >/dev/null
	run_status 0 cp-auth-passthrough <t
	cp-ledger-archive "$T/ledger/packages.jsonl" >/dev/null
	[ -z "$(find "$T/ledger" -name '0*.jsonl')" ]
	run_status 0 cp-auth-passthrough <t
	mv "$T/ledger" mine
	pinned
	cp-ledger-rotate "$T/ledger/packages.jsonl" >/dev/null
	denied cp-auth-passthrough <t
	rm -r "$T/ledger/packages.d"
	cp -r mine/packages.d "$T/ledger/"
	run_status 3 cp-auth-passthrough <t
}

@test "a ledger of an earlier format pins nothing" {
	echo ann >t
	mkdir "$T/ledger"
	echo '{"event_type":"INSTALLED","development":true,"entry_hash":"x"}' >"$T/ledger/packages.jsonl"
	run_status 0 cp-auth-passthrough <t
	: >"$T/.genesis_complete"
	denied cp-auth-passthrough <t
}

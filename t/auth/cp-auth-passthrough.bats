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

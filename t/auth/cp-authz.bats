load ../helper
load auth

setup() {
	people
}

decide() { # STATUS ACTION RECORD... [-- OPTION...]
	local want=$1 action=$2
	shift 2
	printf '%s' "${@/%/$'\n'}" >stream
	printf '{"kind":"end","count":%d,"status":0,"by":"x"}\n' $# >>stream
	run_status "$want" cp-authz "$action" <stream
}

@test "the table: every role and action" {
	local role user action want
	for role in admin:ann maintainer:alice auditor:otto reader:rita none:nemo none:nobody; do
		user=${role#*:} role=${role%:*}
		for action in create install update remove pack verify hash_update checkpoint rollback register; do
			want=1
			case $role,$action in
			none,*) ;;
			admin,* | *,verify) want=0 ;;
			maintainer,install | maintainer,update | maintainer,remove | maintainer,pack | maintainer,checkpoint) want=0 ;;
			esac
			actor_line "$user" "$([ "$role" = none ] && echo '[]' || echo "[\"$role\"]")" hmac \
				"$([ "$user" = ann ] && echo BUILDER || echo BUILT)" >stream
			echo '{"kind":"end","count":1,"status":0,"by":"x"}' >>stream
			status=0
			cp-authz "$action" <stream >out 2>err || status=$?
			[ "$status" -eq "$want" ] || { echo "$role $action: $status"; cat out err; false; }
			[ "$(jq -r 'select(.action) | .allowed' out)" = "$([ $want -eq 0 ] && echo true || echo false)" ]
			[ "$(wc -l <err)" -eq "$want" ]
		done
	done
}

@test "a user with several roles has what any of them may" {
	roles '{"eve":["reader","admin","auditor"]}'
	decide 0 rollback "$(actor_line eve '["admin","auditor","reader"]')"
	[ "$(member why)" = 'eve is admin, which may rollback' ]
	decide 1 rollback "$(actor_line eve '["auditor","reader"]')"
	err 'eve is auditor and reader, which may not rollback'
	decide 0 verify "$(actor_line eve '["reader"]')"
	cp-schema-check --quiet <<<"$output" >/dev/null
}

@test "an action that is none: status 2, which names those there are" {
	for action in '' Install installs uninstall delete '*' admin; do
		run_status 2 cp-authz "$action" </dev/null
		err 'create, install, update, remove, pack, verify, hash_update, checkpoint, rollback, register'
	done
	run_status 2 cp-authz </dev/null
	run_status 2 cp-authz install remove </dev/null
	run_status 2 cp-authz --at now install </dev/null
	cd / && run_status 2 env -u CONTROL_PLANE_ROOT cp-authz install </dev/null
}

@test "roles that the file does not give are worth nothing, however they came" {
	decide 1 rollback "$(actor_line alice '["admin"]')"
	err 'alice has no role'
	decide 1 rollback "$(actor_line alice '["admin","maintainer"]')"
	err 'alice is maintainer, which may not rollback'
	decide 1 verify "$(actor_line mallory '["admin"]')"
	err 'mallory has no role'
	decide 1 verify "$(actor_line oidc:alice '["maintainer"]' oidc)"
	roles '{}'
	decide 1 verify "$(actor_line alice '["maintainer"]')"
}

@test "an origin that the file does not give is denied" {
	decide 1 verify "$(actor_line alice '["maintainer"]' hmac BUILDER)"
	err "the actor's origin is not the one that config/roles.json gives"
	decide 1 verify "$(actor_line ann '["admin"]' hmac BUILT)"
	decide 0 verify "$(actor_line ann '["admin"]' hmac BUILDER)"
}

@test "an actor that has ended is denied" {
	soon=$(actor_line alice '["maintainer"]' hmac BUILT '"2026-01-01T01:00:00Z"')
	printf '%s\n{"kind":"end","count":1,"status":0,"by":"x"}\n' "$soon" >stream
	run_status 0 cp-authz --at 2026-01-01T00:59:59Z install <stream
	denied cp-authz --at 2026-01-01T01:00:00Z install <stream
	err 'has ended'
	denied cp-authz install <stream
}

@test "claims: what the file could give by an issuer's claims counts of its users alone" {
	roles '{"oidc:https://i.example#1":["reader"]}' \
		',"claims":[{"issuer":"https://i.example","claim":"g","value":"r","roles":["maintainer"]}]'
	decide 0 install "$(actor_line 'oidc:https://i.example#7' '["maintainer"]' oidc)"
	decide 1 rollback "$(actor_line 'oidc:https://i.example#7' '["admin","maintainer"]' oidc)"
	decide 1 install "$(actor_line 'oidc:https://i.example.evil#7' '["maintainer"]' oidc)"
	decide 1 install "$(actor_line 'oidc:https://evil#https://i.example#7' '["maintainer"]' oidc)"
	decide 1 install "$(actor_line 'oidc:https://i.example' '["maintainer"]' oidc)"
	decide 1 install "$(actor_line alice '["maintainer"]')"
	decide 1 verify "$(actor_line 'ldap:https://i.example#7' '["maintainer"]' ldap)"
	decide 0 verify "$(actor_line 'oidc:https://i.example#1' '["reader"]' oidc)"
}

@test "no actor, two of them, another record: status 3, and nothing is decided" {
	a=$(actor_line alice '["maintainer"]')
	decide 3 install
	err 'there is no actor' || { show_run; false; }
	decide 3 install "$a" "$a"
	decide 3 install "$a" '{"kind":"x"}'
	decide 3 install '{"kind":"x"}' "$a"
	hasnt '"decision"'
	echo "$a" >open
	run_status 3 cp-authz install <open
	hasnt '"decision"'
	head -c -1 open >cut
	run_status 3 cp-authz install <cut
}

@test "every bad example of an actor is status 3" {
	while IFS= read -r line; do
		printf '%s\n{"kind":"end","count":1,"status":0,"by":"x"}\n' "$line" >stream
		run_status 3 cp-authz verify <stream
		hasnt '"decision"'
	done <"$CP_TOP/t/golden/schemas/actor.bad"
	while IFS= read -r line; do
		printf '%s\n{"kind":"end","count":1,"status":0,"by":"x"}\n' "$line" >stream
		run_status 1 cp-authz --at 2026-01-01T00:00:00Z register <stream
	done <"$CP_TOP/t/golden/schemas/actor.good"
}

@test "a stream that says no is no: whoever it names" {
	for s in 1 3 4; do
		printf '%s\n{"kind":"end","count":1,"status":%d,"by":"x"}\n' "$(actor_line alice '["maintainer"]')" "$s" >stream
		run_status "$s" cp-authz install <stream
		has '"allowed":false'
		printf '{"kind":"end","count":0,"status":%d,"by":"x"}\n' "$s" >stream
		run_status "$s" cp-authz install <stream
		[ "$(member why)" = 'nobody was authenticated' ]
		silent
	done
}

@test "roles.json: every bad example denies, every good one is read" {
	a=$(actor_line alice '["maintainer"]')
	while IFS= read -r line; do
		printf '%s\n' "$line" >"$T/config/roles.json"
		decide 1 verify "$a"
		has 'config/roles.json cannot be used' || { echo "$line"; false; }
	done <"$CP_TOP/t/golden/schemas/roles.bad"
	while IFS= read -r line; do
		printf '%s\n' "$line" >"$T/config/roles.json"
		run_status "$(jq 'if .users.alice then if .origins.alice then 1 else 0 end else 1 end' <<<"$line")" cp-authz verify <stream
		hasnt 'cannot be used'
	done <"$CP_TOP/t/golden/schemas/roles.good"
}

@test "roles.json absent, cut, huge, deep, a link, a directory, a fifo, doubled: denied" {
	a=$(actor_line alice '["maintainer"]') f=$T/config/roles.json
	good=$(cat "$f")
	cannot() { # REASON
		decide 1 verify "$a"
		err "config/roles.json cannot be used: $1"
		rm -rf "$f"
	}
	rm "$f"
	cannot 'No such file'
	printf %s "${good%?}" >"$f"
	cannot ''
	: >"$f"
	cannot ''
	{ printf '%s' "${good%\}}"; head -c 1100000 /dev/zero | tr '\0' ' '; echo '}'; } >"$f"
	cannot 'it is longer than 1 MiB'
	printf '{"schema_version":"1.0","users":%s%s}' "$(printf '{"a":%.0s' {1..70})" "$(printf '}%.0s' {1..70})" >"$f"
	cannot ''
	echo "$good" >elsewhere
	ln -s "$PWD/elsewhere" "$f"
	cannot 'a symbolic link leads there'
	mkdir "$f"
	cannot ''
	mkfifo "$f"
	cannot 'it is no regular file'
	echo '{"schema_version":"1.0","users":{"alice":["maintainer"],"alice":["admin"]}}' >"$f"
	cannot 'duplicate key'
	echo '{"schema_version":"1.0","users":{"alice":["maintainer"],"al\u0069ce":["admin"]}}' >"$f"
	cannot 'duplicate key'
	printf '\xef\xbb\xbf%s\n' "$good" >"$f"
	cannot ''
	mv "$T/config" "$PWD/c"
	ln -s "$PWD/c" "$T/config"
	echo "$good" >"$PWD/c/roles.json"
	decide 1 verify "$a"
	err 'a symbolic link leads there'
}

@test "what others may write is not law: the file, config, the root" {
	a=$(actor_line alice '["maintainer"]')
	for where in "$T/config/roles.json" "$T/config" "$T"; do
		was=$(stat -c %a "$where")
		for mode in 775 777 722; do
			chmod "$mode" "$where"
			decide 1 verify "$a"
			err 'others may write to'
		done
		chmod "$was" "$where"
		decide 0 verify "$a"
		[ "$(id -u)" -eq 0 ] || continue
		[ "$where" != "$T" ] || continue
		chown 12345 "$where"
		decide 1 verify "$a"
		err 'belongs to somebody else'
		chown 0 "$where"
	done
}

@test "the owner of the plane may be another than who asks" {
	[ "$(id -u)" -eq 0 ] || skip 'not root here'
	chown -R 12345 "$T"
	decide 0 verify "$(actor_line alice '["maintainer"]')"
	chown 54321 "$T/config/roles.json"
	decide 1 verify "$(actor_line alice '["maintainer"]')"
}

@test "a file that cannot be read denies" {
	decide 0 verify "$(actor_line alice '["maintainer"]')"
	chmod 000 "$T/config/roles.json"
	[ "$(id -u)" -ne 0 ] || {
		chmod 600 "$T/config/roles.json"
		chmod -R go+rX "$BATS_TEST_TMPDIR"
		chmod 600 "$T/config/roles.json"
	}
	status=0
	as_user cp-authz verify <stream >out 2>err || status=$?
	[ "$status" -eq 1 ] && grep -q '"allowed":false' out && grep -q 'Permission denied' err
}

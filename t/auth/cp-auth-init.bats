load ../helper
load ../fault/sweep
load auth

setup() {
	people
	unset CONTROL_PLANE_SHARED_SECRET
	F=$HOME/.control_plane/auth_secrets.json
}

@test "a secret of 32 random bytes, 0600, shown nowhere" {
	run_status 0 cp-auth-init --secrets S
	silent
	[ "$(jq -c 'select(.kind == "secrets") | [.file, .rotated, .former_until]' <<<"$output")" = "[\"$PWD/S\",false,null]" ]
	cp-schema-check --quiet <<<"$output" >/dev/null
	[ "$(stat -c '%a %h %F' S)" = '600 1 regular file' ]
	grep -qxE '\{"schema_version":"1.0","secret":"[0-9a-f]{64}"\}' S
	hasnt "$(jq -r .secret S)"
	cp-auth-init --secrets S2 >/dev/null
	! cmp -s S S2
	[ -z "$(find . -name '.S*')" ]
}

@test "the user's own place is made on the way, for nobody else" {
	(umask 0; run_status 0 cp-auth-init)
	[ "$(stat -c %a "$F") $(stat -c %a "$HOME/.control_plane")" = '600 700' ]
	run_status 2 env -u HOME cp-auth-init
}

@test "what is there is left alone" {
	echo mine >file
	mkfifo fifo
	mkdir dir
	for f in file fifo dir; do
		run_status 1 cp-auth-init --secrets $f
		err 'there is something of that name'
	done
	ln -s nowhere link
	run_status 4 cp-auth-init --secrets link
	[ "$(cat file)" = mine ] && [ ! -e nowhere ]
	run_status 1 cp-auth-init --secrets none --rotate
	err 'there is none to rotate'
	[ ! -e none ]
}

@test "never in a plane, nor where others may write" {
	mkdir open other
	touch other/.genesis_complete
	chmod 777 open
	for f in "$T/S" "$T/config/S" other/S open/S; do
		run_status 2 cp-auth-init --secrets "$f"
		[ ! -e "$f" ]
	done
	cd other && run_status 2 env -u CONTROL_PLANE_ROOT cp-auth-init --secrets ../S
	[ ! -e ../S ]
}

@test "rotation: the former counts until its time" {
	cp-auth-init >/dev/null
	one=$(jq -r .secret "$F")
	run_status 0 cp-auth-init --rotate --at 2026-01-01T00:00:00Z --keep 90m
	cp-schema-check --quiet <<<"$output" >/dev/null
	[ "$(jq -r 'select(.file).former_until' <<<"$output")" = 2026-01-01T01:30:00Z ]
	[ "$(jq -c .former "$F")" = "{\"secret\":\"$one\",\"until\":\"2026-01-01T01:30:00Z\"}" ]
	two=$(jq -r .secret "$F")
	[ "$one" != "$two" ]
	run_status 0 cp-auth-init --rotate --at 2026-01-01T00:00:00Z
	[ "$(jq -c .former "$F")" = "{\"secret\":\"$two\",\"until\":\"2026-01-02T00:00:00Z\"}" ]
	run_status 0 cp-auth-init --rotate --keep 0s
	[ "$(jq -c 'keys' "$F")" = '["schema_version","secret"]' ]
	[ "$(stat -c %a "$F")" = 600 ]
	[ "$(ls -A "$HOME/.control_plane")" = auth_secrets.json ]
}

@test "what is no secrets file is not rotated: status 3, and it stays" {
	mkdir -p "$HOME/.control_plane"
	for text in '' 'secret' '{"schema_version":"1.0"}'; do
		printf %s "$text" >"$F"
		chmod 600 "$F"
		run_status 3 cp-auth-init --rotate
		[ "$(cat "$F")" = "$text" ]
	done
	echo '{"schema_version":"1.0","secret":"a"}' >"$F"
	chmod 644 "$F"
	run_status 3 cp-auth-init --rotate
	err 'others may read it'
	[ "$(ls -A "$HOME/.control_plane")" = auth_secrets.json ]
}

@test "--admin begins the roles; others that are there stay, and nothing is made" {
	run_status 1 cp-auth-init --admin eve
	err 'there is another config/roles.json'
	[ ! -e "$F" ]
	rm -r "$T/config"
	run_status 0 cp-auth-init --admin eve
	[ "$(cat "$T/config/roles.json")" = '{"schema_version":"1.0","users":{"eve":["admin"]},"origins":{"eve":"BUILDER"}}' ]
	[ "$(jq -r 'select(.file).roles' <<<"$output")" = config/roles.json ]
	cp-schema-check --as roles "$T/config/roles.json" >/dev/null
	run_status 0 sh -c 'cp-token-mint eve | cp-auth --token-file - | cp-authz register'
	# The same again, as after a crash between the two.
	rm "$F"
	run_status 0 cp-auth-init --admin eve
	rm "$F"
	ln -sfn "$PWD/x" "$T/config/roles.json"
	run_status 4 cp-auth-init --admin eve
	[ ! -e x ] && [ ! -e "$F" ]
}

@test "--dry-run makes nothing" {
	rm -r "$T/config"
	run_status 0 cp-auth-init --admin eve --dry-run --secrets S
	has '"dry_run":true'
	[ ! -e S ] && [ ! -e "$T/config" ]
	run_status 2 cp-auth-init --dry-run --secrets nowhere/S || run_status 4 cp-auth-init --dry-run --secrets nowhere/S
	cp-auth-init --secrets S >/dev/null
	cp S copy
	run_status 0 cp-auth-init --secrets S --rotate --dry-run
	cmp S copy
}

@test "called wrongly: status 2" {
	run_status 2 cp-auth-init --keep 1h
	run_status 2 cp-auth-init --rotate --keep soon
	run_status 2 cp-auth-init --rotate --admin eve
	run_status 2 cp-auth-init --admin a:b
	run_status 2 cp-auth-init --at now
	run_status 2 env -u CONTROL_PLANE_ROOT cp-auth-init
	[ ! -e "$F" ]
}

@test "two at once: one makes it" {
	for _ in 1 2 3 4 5 6 7 8; do
		cp-auth-init --secrets S >/dev/null 2>&1 &
	done
	wait
	jq -e .secret S >/dev/null
}

# whole: the secrets file is absent or one that can be used; nothing of a secret is left where others may read it.
whole() {
	[ ! -e S ] || jq -e '.secret | length == 64' S >/dev/null || return
	[ ! -e .S.new ] || [ "$(stat -c %a .S.new)" = 600 ]
}

@test "killed at any call: the old file or the new, and the next run goes through" {
	fault_sweep 'rm -rf S .S.new "$T/config"' 'cp-auth-init --secrets S --admin eve' \
		'whole && { [ -e S ] || cp-auth-init --secrets S --admin eve >/dev/null; } && [ -s "$T/config/roles.json" ]'
	fault_sweep 'rm -f S .S.new; echo "{\"schema_version\":\"1.0\",\"secret\":\"old\"}" >S; chmod 600 S' \
		'cp-auth-init --secrets S --rotate' \
		'jq -r ".secret, .former.secret" S | grep -qx old && cp-auth-init --secrets S --rotate >/dev/null'
}

@test "a full disk or a failing one is status 4, and leaves nothing behind" {
	for what in ENOSPC EIO; do
		fault_sweep -d $what 'rm -rf S .S.new' 'cp-auth-init --secrets S' \
			'[ ! -e .S.new ] && case $status in 0 | 4) ;; *) false ;; esac && { [ ! -e S ] || jq -e .secret S >/dev/null; }'
	done
}

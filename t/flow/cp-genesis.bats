load ../helper
load ../package/package
load flow

setup() {
	need jq flock
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state HOME=$BATS_TEST_TMPDIR/home T=$BATS_TEST_TMPDIR/p
	mkdir -p "$XDG_STATE_HOME" "$HOME"
	cd "$BATS_TEST_TMPDIR" || return
}

@test "a plane for development, absent or empty before: sealed, clean, pinned" {
	run_status 0 cp-genesis --dev --root p
	silent
	complete
	uid=$(jq -r .plane_uid p/.genesis_complete)
	ring=$XDG_STATE_HOME/cp-filters/dev/$uid/trusted_keys.json
	cmp <(head -n 1 p/ledger/packages.jsonl | jq -S '{development, plane_uid, keyring_hash, keyring_version, providers}') \
		<(jq -nS --arg uid "$uid" --arg hash "sha256:$(sha256sum <"$ring" | cut -c1-64)" '{development: true, plane_uid: $uid,
		keyring_hash: $hash, keyring_version: 1, providers: ["hmac", "passthrough"]}')
	[ "$(stat -c %a "${ring%/*}/key.pem")" = 600 ]
	[ "$(jq -r .name p/libs/PKG-PM-CORE-001/programs.jsonl | grep -c '^cp-apply$')" -eq 1 ]
	mkdir q
	# Whatever is left open to others is trusted by no program after it.
	run_sh 0 'umask 000; cp-genesis --dev --root q'
	[ -z "$(find q "$XDG_STATE_HOME" -mindepth 1 -perm /022)" ]
}

@test "a second genesis is refused, always, and so is a directory with something in it" {
	cp-genesis --dev --root p
	same 1 cp-genesis --dev --root p
	err 'genesis is complete'
	same 1 cp-genesis --dev --root p --dry-run
	mkdir q
	echo mine >q/.hidden
	run_status 1 cp-genesis --dev --root q
	err 'it is not empty'
	[ "$(ls -A q)" = .hidden ]
	echo mine >f
	run_status 1 cp-genesis --dev --root f
	[ "$(cat f)" = mine ]
}

@test "called wrongly: status 2, nothing made" {
	run_status 2 cp-genesis --root p
	run_status 2 env -u CONTROL_PLANE_ROOT cp-genesis --dev
	run_status 2 cp-genesis --dev --root p --keyring x
	run_status 2 cp-genesis --dev --root p --plane-uid '../../x'
	run_status 2 cp-genesis --dev --root p --outlet out
	run_status 2 cp-genesis --dev --root p --outlet '/a"b'
	run_status 2 cp-genesis --dev --root p --outlet $'/a\n'
	run_status 2 cp-genesis --dev --root $'p\n'
	run_status 2 env -u HOME -u XDG_STATE_HOME cp-genesis --dev --root p
	err 'set XDG_STATE_HOME or HOME'
	run_status 2 cp-genesis --dev --root p x
	[ ! -e p ] && [ ! -e "$XDG_STATE_HOME/cp-filters" ]
}

@test "--dry-run makes nothing at all" {
	mkdir full && : >full/x
	run_status 1 cp-genesis --dev --root full --dry-run
	run_status 0 cp-genesis --dev --root p --dry-run
	[ ! -e p ] && [ ! -e "$XDG_STATE_HOME/cp-filters" ]
}

@test "a plane that is none for development: what is given is pinned, passthrough is denied, unsigned stays out" {
	cp-keygen --key-id me --owner me --role package_signer --role root --out k.pem | cp-keyring --keyring ring add >log
	package PKG-PM-CORE-001 1.0.0 core
	cp-pack --out core.tar.gz core >log
	given=(--root p --keyring "$PWD/ring" --package core.tar.gz --admin ann)
	run_status 1 cp-genesis "${given[@]}"
	[ ! -e p/.genesis_complete ] && [ ! -e p/libs ]
	run_status 4 cp-genesis "${given[@]}" --package absent
	[ "$stderr" = 'cp-genesis: unable to open absent: No such file or directory' ]
	run_status 4 cp-genesis "${given[@]}" --keyring absent
	[ "$stderr" = 'cp-genesis: unable to open absent: No such file or directory' ]
	rm core.tar.gz*
	cp-pack --out core.tar.gz --key k.pem --key-id me core >log
	run_sh 4 'cp-package-read core.tar.gz | cp-gate-g5 --keyring absent'
	err "unable to read the keyring $PWD/absent: No such file"
	run_status 1 cp-genesis "${given[@]}" --dev || run_status 2 cp-genesis "${given[@]}" --dev
	run_status 0 cp-genesis "${given[@]}"
	complete
	[ "$(head -n 1 p/ledger/packages.jsonl | jq -c '[.development, .providers]')" = '[null,["hmac"]]' ]
	run_status 1 env CONTROL_PLANE_ROOT="$T" CONTROL_PLANE_ALLOW_PASSTHROUGH=1 cp-auth --provider passthrough --token ann
	run_sh 0 'export CONTROL_PLANE_ROOT=$T CONTROL_PLANE_SHARED_SECRET=s; CONTROL_PLANE_TOKEN=$(cp-token-mint --bare ann)
		export CONTROL_PLANE_TOKEN; cp-auth --provider hmac | cp-authz install'
	# A mark that is gone is no plane before its genesis, where nobody has to say who he is: the ledger knows better.
	rm p/.genesis_complete
	export CONTROL_PLANE_ROOT=$T
	run_sh 1 'cp-package-read core.tar.gz | cp-stage --root p'
	err 'unable to authenticate'
}

@test "the keyring of a plane that is none for development is changed as cp-approval(5) says" {
	cp-keygen --key-id root@example --role package_signer --role root --out root.pem | cp-keyring --keyring trusted_keys.json add >log
	package PKG-PM-CORE-001 1.0.0 core
	cp-pack --out core.tar.gz --key root.pem --key-id root@example core >log
	cp-genesis --root p --keyring "$PWD/trusted_keys.json" --package core.tar.gz --admin ann --plane-uid UID >log
	cmp trusted_keys.json "p/ledger/blobs/$(sha256sum <trusted_keys.json | cut -c1-64)"
	export CONTROL_PLANE_ROOT=$PWD/p
	package PKG-A 1.0.0 a
	cp-keygen --key-id me@example --role package_signer --out me.pem >me.key
	cp-pack --out a.tar.gz --key me.pem --key-id me@example a >log
	# The lines of the manual, but that the next keyring has a key more where that one has one less.
	sed -n '/^cp trusted_keys.json next.json/,/^mv next.json/p' "$CP_TOP/man/cp-approval.5" |
		sed -e 's|retire me@example|add <me.key|' -e 's|"LEDGER"|"UID/ho3/governance"|' >recipe
	[ "$(wc -l <recipe)" -eq 12 ]
	run_sh 1 'cp-package-read a.tar.gz | cp-gate-g5 --keyring trusted_keys.json'
	has UNKNOWN_KEY
	run_status 0 sh -eu ./recipe
	run_sh 0 'cp-package-read a.tar.gz | cp-gate-g5 --keyring trusted_keys.json'
	cp-chain-check p/ledger/governance.jsonl >log
	tar -xOf a.tar.gz package.manifest.yaml >log
}

@test "what a beginning that was cut short left in its last steps, or in a sync that failed, is no end of it" {
	cp-genesis --dev --root p
	cp -a p q
	: >p/.cp/journal
	run_status 1 cp-genesis --dev --root p --dry-run
	[ -e p/.cp/journal ]
	run_status 0 cp-genesis --dev --root p
	complete
	run_status 1 cp-genesis --dev --root p
	uid=$(jq -r .plane_uid q/.genesis_complete)
	printf '{"development":true,"plane_uid":"%s"}\n' "$uid" >q/.cp/journal
	rm q/.genesis_complete
	: >q/ledger/governance.jsonl.poisoned
	: >q/planes/ho2/ledger/workorder.jsonl.poisoned
	: >q/ledger/packages.jsonl.poisoned
	run_status 0 cp-genesis --dev --root q
	[ -z "$(find q -name '*.poisoned')" ]
	rm -rf p && mv q p
	complete
}

@test "killed after any of its steps, the same command finishes it" {
	real=$CP_BUILD/bin
	for step in cp-keygen cp-keyring cp-manifest-make cp-pack cp-ledger-init:1 cp-ledger-init:2 cp-ledger-init:3 cp-baseline \
		cp-ledger-append cp-stage cp-plan cp-apply cp-project; do
		rm -rf p s
		mkdir s
		# The program does its work, and then it is as if the power went.
		cp-options --help >log 2>&1 || :
		cat >s/kill <<-'KILL'
			#!/bin/sh
			name=${0##*/}
			"$REAL/$name" "$@"
			got=$?
			n=$(($(cat "$COUNT" 2>/dev/null || echo 0) + 1))
			echo $n >"$COUNT"
			[ $n -lt "$AT" ] || kill -9 -"$(ps -o pgid= -p $$ | tr -d ' ')"
			exit $got
		KILL
		chmod +x s/kill
		for program in "$real"/*; do
			ln -s "$program" "s/${program##*/}"
		done
		at=1 name=${step%:*}
		[ "$name" = "$step" ] || at=${step#*:}
		ln -sf kill "s/$name"
		mkdir -p share
		ln -sfn "$CP_BUILD/share/cp-filters" share/cp-filters
		rm -f count
		status=0
		REAL=$real COUNT=$PWD/count AT=$at setsid -w s/cp-genesis --dev --root p >log 2>&1 || status=$?
		[ "$status" -ne 0 ] && [ ! -e p/.genesis_complete ] || { echo "$step was not killed"; return 1; }
		cp-genesis --dev --root p && complete || { echo "after $step"; return 1; }
	done
}

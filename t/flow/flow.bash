# shellcheck shell=bash
# Planes for development and packages for them. Needs t/helper.bash and t/package/package.bash.

# dev_plane [OPTION...]: $T, a plane for development, of a genesis with these options; goes to the directory that it is in.
# The first of a file is made, the others are copies.
dev_plane() {
	need jq flock
	export XDG_STATE_HOME=$BATS_FILE_TMPDIR/state HOME=$BATS_FILE_TMPDIR/home
	mkdir -p "$XDG_STATE_HOME" "$HOME"
	unset CONTROL_PLANE_TOKEN CONTROL_PLANE_AUTH_PROVIDER
	cd "$BATS_TEST_TMPDIR" || return
	[ -e "$BATS_FILE_TMPDIR/plane" ] || cp-genesis --dev --root "$BATS_FILE_TMPDIR/plane" "$@" || return
	cp -a "$BATS_FILE_TMPDIR/plane" p
	# What one test did to its copy is no news of another's.
	rm -rf "$XDG_STATE_HOME/cp-filters/seen"
	export T=$PWD/p CONTROL_PLANE_ROOT=$PWD/p
}

# same N CMD...: that status, and the plane is as it was.
same() {
	image p >before
	run_status "$@" && diff before <(image p)
}

# clean: the plane is swept clean, its ledgers hold, its registries follow from them, nothing lies about.
clean() {
	cp-sweep && cp-chain-check --no-seen "$T/ledger/packages.jsonl" >log && cp-project --check >log &&
		[ -z "$(ls -A "$T/.cp/txn" 2>/dev/null)" ]
}

# complete: it is sealed, holds, is clean, and nothing of its making is left.
complete() {
	[ -e p/.genesis_complete ] && [ ! -e p/.cp/journal ] && CONTROL_PLANE_ROOT=$T clean &&
		[ "$(jq -r 'select(.event_type == "INSTALLED").package_id' p/ledger/packages.jsonl)" = PKG-PM-CORE-001 ] &&
		[ "$(grep -c CHILD_OPENED p/ledger/governance.jsonl)" -eq 1 ] &&
		cp-chain-check --no-seen p/planes/ho2/ledger/workorder.jsonl p/ledger/governance.jsonl >log
}

# shellcheck shell=bash
# What every .bats file loads: where the programs are, scratch planes, and words for what a test expects.

CP_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${CP_BUILD:=$CP_TOP/build}"
: "${CP_SHARED:=$CP_TOP/../shared}"
export CP_TOP CP_BUILD CP_SHARED
PATH=$CP_BUILD/bin:$PATH
export LC_ALL=C.UTF-8
unset CONTROL_PLANE_ROOT CONTROL_PLANE_ALLOW_UNSIGNED COLUMNS NO_COLOR
# How far a ledger was seen is kept for each test apart, and never with what the person who runs it has seen.
export XDG_STATE_HOME=${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-/nonexistent}}/.state
umask 022

# `shared` is mostly called as $(shared FILE), where bats' own skip would end the subshell alone.
trap 'skip "$(cat "$BATS_TEST_TMPDIR/.skip")"' USR1

# make_plane DIR [bare]: the scratch plane of tests and manual examples, adopted unless bare.
make_plane() {
	mkdir -p "$1/lib" "$1/docs"
	printf 'alpha\n' >"$1/lib/a"
	printf 'beta\n' >"$1/lib/b"
	printf 'read me\n' >"$1/docs/readme"
	chmod 644 "$1/lib/a" "$1/lib/b" "$1/docs/readme"
	[ "${2-}" = bare ] || adopt "$1"
}

# adopt DIR: writes its registry from what is there.
adopt() {
	cp-walk --root "$1" | cp-hash --root "$1" |
		cp-baseline --root "$1" --owner PKG-BASELINE-HO3-000 >/dev/null
}

# plane [bare]: makes the scratch plane, goes there, exports CONTROL_PLANE_ROOT.
plane() {
	make_plane "$BATS_TEST_TMPDIR/plane" "$@" || return
	cd "$BATS_TEST_TMPDIR/plane" || return
	export CONTROL_PLANE_ROOT=$PWD
}

# run_status N CMD...: runs it; fails unless its status is N. $output is its stdout, $stderr its stderr.
run_status() {
	local want=$1
	shift
	status=0
	"$@" >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" || status=$?
	# Bash drops a NUL and says so.
	{ output=$(<"$BATS_TEST_TMPDIR/.out") stderr=$(<"$BATS_TEST_TMPDIR/.err"); } 2>/dev/null
	# shellcheck disable=SC2034 # for the test
	mapfile -t lines <"$BATS_TEST_TMPDIR/.out"
	[ "$status" -eq "$want" ] && return
	echo "status is $status, not $want: $*"
	show_run
	return 1
}

# run_sh N 'PIPELINE': the same for a line of plain sh.
run_sh() {
	run_status "$1" sh -c "$2"
}

show_run() {
	printf '%s\n' '-- stdout' "${output:0:4000}" '-- stderr' "${stderr:0:4000}" '--'
}

# has TEXT, hasnt TEXT: in $output; err TEXT, err_not TEXT: in $stderr.
has() {
	[[ $output != *"$1"* ]] || return 0
	echo "stdout does not have: $1"
	show_run
	return 1
}

hasnt() {
	[[ $output == *"$1"* ]] || return 0
	echo "stdout has: $1"
	show_run
	return 1
}

err() {
	[[ $stderr != *"$1"* ]] || return 0
	echo "stderr does not have: $1"
	show_run
	return 1
}

err_not() {
	[[ $stderr == *"$1"* ]] || return 0
	echo "stderr has: $1"
	show_run
	return 1
}

# is TEXT: $output is exactly TEXT; silent: nothing on stderr.
is() {
	[ "$output" = "$1" ] && return
	diff -u --label expected --label stdout <(printf '%s\n' "$1") <(printf '%s\n' "$output")
	show_run
	return 1
}

silent() {
	[ -z "$stderr" ] && return
	echo 'stderr is not empty'
	show_run
	return 1
}

# findings: "CODE path" of each finding in $output, sorted by bytes.
findings() {
	jq -r 'select(.kind == "finding") | "\(.code) \(.path // .path_b64 // "-")"' <<<"$output" | LC_ALL=C sort
}

# findings_are 'CODE path'...: exactly these, in any order. Who wrote nothing has not found nothing.
findings_are() {
	local want=
	[ -n "$output" ] || {
		echo 'there are no records to find anything in'
		show_run
		return 1
	}
	[ $# -eq 0 ] || want=$(printf '%s\n' "$@" | LC_ALL=C sort)
	diff -u --label expected --label findings <(printf '%s' "${want:+$want
}") <(findings) && return
	show_run
	return 1
}

# need TOOL: skips, with the reason, where it is absent.
need() {
	command -v "$1" >/dev/null || skip "no $1 here"
}

# need_tty: skips where no pseudo-terminal can be made.
need_tty() {
	need script
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip 'no pseudo-terminal here'
}

# shared FILE: prints (and puts into $shared) the path of ../shared/FILE; skips where it is absent.
shared() {
	shared=$CP_SHARED/$1
	if [ ! -e "$shared" ]; then
		[ "$BASH_SUBSHELL" -gt 0 ] || skip "no ../shared/$1 here"
		printf 'no ../shared/%s here' "$1" >"$BATS_TEST_TMPDIR/.skip"
		kill -USR1 $$
	fi
	printf '%s\n' "$shared"
}

# as_user CMD...: runs it as nobody, who may enter the test's own directory; as oneself when that is not root.
as_user() {
	local d=$BATS_TEST_TMPDIR
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
		return
	fi
	while [ "$d" != / ] && [ "$(stat -c %a "$d")" != 1777 ]; do
		chmod go+x "$d"
		d=$(dirname "$d")
	done
	if ! setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$CP_BUILD/bin/cp-walk" &&
		[ ! -d "$BATS_FILE_TMPDIR/bin" ]; then
		cp -r "$CP_BUILD/bin" "$BATS_FILE_TMPDIR/bin"
		chmod -R go+rX "$BATS_FILE_TMPDIR"
	fi
	PATH=$BATS_FILE_TMPDIR/bin:$PATH setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

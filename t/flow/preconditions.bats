# The preconditions of dependencies (§9), upgrade (§10), uninstall (§11) and bootstrap (§12), one a row: what is broken, the
# status, and all that is found. What cp-plan and cp-apply find cp-install, cp-upgrade and cp-uninstall show. Nothing is installed
# or gone afterwards.
load ../helper
load ../package/package
load flow

setup_file() {
	need jq flock openssl
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	export BATS_TEST_TMPDIR
	dev_plane
	made PKG-B 1.2.0 .
	made PKG-A 1.0.0 '.dependencies = [{package_id: "PKG-B", version: ">=1.0.0,<2.0.0"}] |
		.conflicts = [{package_id: "PKG-FOE"}]' a one b two
	made PKG-D 1.0.0 '.dependencies = [{package_id: "PKG-B"}]'
	cp-install PKG-B-1.2.0.tar.gz --work-order WO-20261121-001 >log
	cp-install PKG-A-1.0.0.tar.gz --work-order WO-20261121-002 >log
	cp-install PKG-D-1.0.0.tar.gz --work-order WO-20261121-003 >log
	jq -nc '{kind: "event", event_type: "PROPOSED", work_order_id: "WO-20261121-009", type: "package_install",
		payload_hash: ("sha256:" + "0" * 64)}' | cp-ledger-append p/planes/ho2/ledger/workorder.jsonl >log
}

setup() {
	need jq flock openssl
	export HOME=$BATS_FILE_TMPDIR/home T=$BATS_FILE_TMPDIR/p CONTROL_PLANE_ROOT=$BATS_FILE_TMPDIR/p
	export XDG_STATE_HOME=$BATS_FILE_TMPDIR/state
	cd "$BATS_FILE_TMPDIR" || return
}

# made ID VERSION JQ [FILE TEXT]...: ID-VERSION.tar.gz, whose manifest is what JQ makes of it.
made() {
	local dir=$1-$2 change=$3
	package "$1" "$2" "$dir" "${@:4}"
	jq "$change" "$dir/package.manifest.yaml" >"$dir.json" && cp "$dir.json" "$dir/package.manifest.yaml" &&
		cp-manifest-make --force --out "$dir/package.manifest.yaml" "$dir" >/dev/null &&
		cp-pack --force --out "$dir.tar.gz" "$dir" >/dev/null
}

# owned: all that an install, upgrade or uninstall is about.
owned() {
	(cd p && find libs installed manifests registries/file_ownership.csv -type f -exec sha256sum {} + | LC_ALL=C sort -k 2 &&
		grep -cE '"event_type":"(INSTALLED|UPGRADED|UNINSTALLED)"' ledger/packages.jsonl)
}

# row STATUS FOUND WHAT COMMAND...: FOUND is 'CODE detail' of each finding but GATE's; - where nobody asks.
row() {
	local want=$1 found=$2 what=$3
	shift 3
	rows=$((${rows-0} + 1))
	owned >before
	run_status "$want" "$@" || {
		echo "of the row: $what"
		return 1
	}
	[ "$found" = - ] || diff -u --label "$what" --label found <(printf '%s\n' "$found") \
		<(jq -r 'select(.kind == "finding" and .code != "GATE") | .code + " " + .detail' <<<"$output")
	diff -u --label before --label "$what" before <(owned)
}

# planned OPTION ARCHIVE
planned() {
	# shellcheck disable=SC2086 # no word when it is an install
	cp-package-read "$2" | cp-plan $1
}

# table OPTION ID VERSION [FILE TEXT]...: rows of `what | JQ of the manifest | STATUS | found` on stdin, planned.
table() {
	local option=$1 what change want found
	while IFS='|' read -r what change want found; do
		made "$2" "$3" "$change" "${@:4}"
		row "$want" "$found" "$what" planned "$option" "$2-$3.tar.gz"
	done
}

@test "9.1 dependencies: not there, out of range, in a circle, in conflict" {
	table '' PKG-N 1.0.0 <<-'EOT'
		it is there|.dependencies = [{package_id: "PKG-B", version: ">=1.0.0,<2.0.0"}]|0|-
		not installed|.dependencies = [{package_id: "PKG-X"}]|1|MISSING PKG-N needs PKG-X, which is not there
		below it|.dependencies = [{package_id: "PKG-B", version: ">=1.3.0"}]|1|RANGE PKG-N needs PKG-B >=1.3.0, and there is 1.2.0
		above it|.dependencies = [{package_id: "PKG-B", version: "<1.2.0"}]|1|RANGE PKG-N needs PKG-B <1.2.0, and there is 1.2.0
		needs itself|.dependencies = [{package_id: "PKG-N"}]|1|CYCLE PKG-N > PKG-N
		conflicts with one that is there|.conflicts = [{package_id: "PKG-D"}]|1|CONFLICT PKG-N conflicts with PKG-D 1.0.0
	EOT
	table '' PKG-FOE 1.0.0 <<-'EOT'
		one that is there conflicts with it|.|1|CONFLICT PKG-A conflicts with PKG-FOE 1.0.0
	EOT
	# Over another one: what is needed needs what it is for.
	table --upgrade PKG-B 1.3.0 <<-'EOT'
		in a circle|.dependencies = [{package_id: "PKG-A"}]|1|CYCLE PKG-A > PKG-B > PKG-A
	EOT
	[ "$rows" -eq 8 ]
}

@test "10.1 upgrade: installed, newer, its needs there, dependents content" {
	table --upgrade PKG-N 1.0.0 <<-'EOT'
		not installed|.|1|MISSING PKG-N is not installed
	EOT
	table --upgrade PKG-B 1.2.0 <<-'EOT'
		the same version|.|1|VERSION 1.2.0 is not newer than 1.2.0, which is installed
	EOT
	table --upgrade PKG-B 1.1.9 <<-'EOT'
		a lower version|.|1|VERSION 1.1.9 is not newer than 1.2.0, which is installed
	EOT
	table --upgrade PKG-B 1.3.0 <<-'EOT'
		newer, and all accept it|.|0|-
		a new need is not there|.dependencies = [{package_id: "PKG-X"}]|1|MISSING PKG-B needs PKG-X, which is not there
	EOT
	table --upgrade PKG-B 2.0.0 <<-'EOT'
		a dependent does not accept it|.|1|RANGE PKG-A needs PKG-B >=1.0.0,<2.0.0, and there is 2.0.0
	EOT
	[ "$rows" -eq 6 ]
}

@test "10.2 upgrade: what a new version drops" {
	local no='the new version has no such file, and upgrade_policy.allow_asset_removal is not true'
	table --upgrade PKG-A 1.1.0 a one <<-EOT
		dropped, nothing said|.|1|REMOVAL $no
		dropped, not allowed|.upgrade_policy = {allow_asset_removal: false}|1|REMOVAL $no
		dropped, allowed|.upgrade_policy = {allow_asset_removal: true}|0|-
	EOT
	table --upgrade PKG-A 1.1.0 a one b two c three <<-'EOT'
		nothing dropped, not allowed|.upgrade_policy = {allow_asset_removal: false}|0|-
		nothing dropped, allowed|.upgrade_policy = {allow_asset_removal: true}|0|-
	EOT
	[ "$rows" -eq 5 ]
}

@test "10.1, 11.1 work orders: none, no id, not approved" {
	made PKG-N 1.0.0 .
	made PKG-B 1.3.0 .
	for command in 'cp-install PKG-N-1.0.0.tar.gz' 'cp-upgrade PKG-B-1.3.0.tar.gz' 'cp-uninstall PKG-D'; do
		while IFS='|' read -r what order found; do
			# shellcheck disable=SC2086 # several words
			row 1 "$found" "$command: $what" $command --json $order
		done <<-'EOT'
			none||ORDER no work order is given
			not approved|--work-order WO-20261121-009|ORDER the work order WO-20261121-009: it is not approved
		EOT
		# shellcheck disable=SC2086
		row 2 - "$command: no id" $command --json --work-order WO-1
		err 'it is no id such as WO-20260131-001'
	done
	[ "$rows" -eq 9 ]
	cp-sweep && cp-chain-check --no-seen p/ledger/packages.jsonl >log
}

@test "11 uninstall: installed, no dependents, no cascade" {
	row 1 'MISSING PKG-X is not installed' 'not installed' cp-uninstall PKG-X --json --work-order WO-20261121-005
	row 1 'DEPENDENCY Cannot uninstall: dependent packages exist: PKG-A, PKG-D' 'dependents' \
		cp-uninstall PKG-B --json --work-order WO-20261121-005
	row 2 - 'no cascade' cp-uninstall PKG-B --cascade --work-order WO-20261121-005
	row 0 - 'no dependents' cp-uninstall PKG-A --dry-run --json --work-order WO-20261121-005
}

# last_says JQ HASH: the last entry of q has these members with these values.
last_says() {
	jq -e --arg h "sha256:$2" ". as \$e | $1 | to_entries | all(\$e[.key] == .value)" < <(tail -n 1 q/ledger/packages.jsonl) && return
	tail -n 1 q/ledger/packages.jsonl
	return 1
}

@test "10.3, 11.4 the ledger says what went" {
	local gone
	cp -a p q
	export CONTROL_PLANE_ROOT=$PWD/q
	gone=$(sha256sum <q/libs/PKG-A/b)
	made PKG-A 2.0.0 '.upgrade_policy = {allow_asset_removal: true}' a one
	run_status 0 cp-upgrade PKG-A-2.0.0.tar.gz --work-order WO-20261121-005
	last_says '{event_type: "UPGRADED", package_id: "PKG-A", version: "2.0.0", previous_version: "1.0.0", removed_assets:
		[{path: "libs/PKG-A/b", hash: $h, type: "library", plane: "ho3"}], work_order_id: "WO-20261121-005"}' "${gone%% *}"
	gone=$(sha256sum <q/libs/PKG-A/a)
	run_status 0 cp-uninstall PKG-A --work-order WO-20261121-006
	last_says '{event_type: "UNINSTALLED", package_id: "PKG-A", version: "2.0.0", removed_assets:
		[{path: "libs/PKG-A/a", hash: $h, type: "library", plane: "ho3"}], work_order_id: "WO-20261121-006"}' "${gone%% *}"
}

genesis() { # STATUS [OPTION...]
	run_status "$1" env -u CONTROL_PLANE_ROOT cp-genesis --root n --admin ann --keyring "$PWD/ring" "${@:2}"
}

# begun STATUS SAYS WHAT [OPTION...]: no plane begins in n, and why.
begun() {
	local want=$1 says=$2 what=$3
	shift 3
	rows=$((${rows-0} + 1))
	rm -rf n
	genesis "$want" "$@" && err "$says" && [ ! -e n ] && return
	echo "of the row: $what"
	return 1
}

# suite KEY [ID [JQ]]: the archive suite.tar.gz, which that key signed.
suite() {
	package "${2-PKG-PM-CORE-001}" 1.0.0 suite
	jq "${3-.}" suite/package.manifest.yaml >suite.json && cp suite.json suite/package.manifest.yaml
	env -u CONTROL_PLANE_ROOT cp-manifest-make --force --out suite/package.manifest.yaml ${1:+--key "$1.pem" --key-id "$1"} suite >log
	env -u CONTROL_PLANE_ROOT cp-pack --force --out suite.tar.gz ${1:+--key "$1.pem" --key-id "$1"} suite >log
}

@test "12 bootstrap: the suite itself, signed by a key that is believed, once" {
	cp-keygen --key-id me --owner me --role package_signer --role root --out me.pem | cp-keyring --keyring ring add >log
	cp-keygen --key-id him --owner him --role package_signer --out him.pem >log
	suite me PKG-OTHER-001
	begun 1 'it is not PKG-PM-CORE-001' 'another package' --package suite.tar.gz
	suite me PKG-PM-CORE-001 '.type = "agent"'
	begun 1 'it is no library' 'another type' --package suite.tar.gz
	suite ''
	begun 1 'UNSIGNED' 'nobody signed it' --package suite.tar.gz
	export CONTROL_PLANE_ALLOW_UNSIGNED=1
	begun 1 'UNSIGNED' 'nobody signed it, whatever is said' --package suite.tar.gz
	unset CONTROL_PLANE_ALLOW_UNSIGNED
	suite him
	begun 1 'UNKNOWN_KEY' 'a key that nobody knows' --package suite.tar.gz
	suite me
	head -c 300 suite.tar.gz >cut.tar.gz
	begun 3 'unable to read the archive' 'it is cut' --package cut.tar.gz
	begun 4 'unable to open none.tar.gz' 'it is not there' --package none.tar.gz
	begun 2 'without --package, --keyring and --admin' 'none is given'
	[ "$rows" -eq 8 ]
	genesis 0 --package suite.tar.gz
	[ "$(jq -r .event_type n/ledger/packages.jsonl | paste -sd,)" = GENESIS,ADOPTED,PACKED,INSTALL_STARTED,INSTALLED ]
	[ -e n/.genesis_complete ]
	genesis 1 --package suite.tar.gz
	err 'genesis is complete'
}

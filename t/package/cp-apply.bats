load ../helper
load ../fault/sweep
load ../fault/whole
load plane

setup() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
	export CONTROL_PLANE_ALLOW_UNSIGNED=1 CONTROL_PLANE_ROOT=$PWD/P
	new_plane P
	mkdir -p one/lib one/ho2 one/ho1
	echo a >one/lib/a
	echo b >one/lib/b
	echo c >one/ho2/c
	echo d >one/ho1/d
	chmod +x one/lib/b
	store P one PKG-A-001 1.0.0
	first=$archive
	cp -r one two
	echo changed >two/lib/a
	rm two/lib/b two/ho1/d
	mkdir two/lib/deep
	echo new >two/lib/deep/e
	store P two PKG-A-001 2.0.0 'upgrade_policy: {allow_asset_removal: true}'
	second=$archive
}

install() { # ARCHIVE [OPTION...]
	plan P "$@" >plan && cp-apply --work-order WO-20261126-001 <plan
}

remove() {
	cp-plan --remove PKG-A-001 >plan && cp-apply --work-order WO-20261126-001 <plan
}

events() {
	cp-ledger-read P/ledger/packages.jsonl | jq -r 'select(.kind == "entry").entry.event_type' | paste -sd' '
}

@test "install, upgrade, uninstall: owned, recorded, and nothing left over" {
	run_status 0 install "$first"
	[ "$(jq -r 'select(.kind == "ack").ledger' <<<"$output")" = test/packages ]
	clean
	[ "$(stat -c %a P/libs/PKG-A-001/lib/b)" = 755 ]
	[ "$(jq -r '.files[] | "\(.plane) \(.path) \(.mode) \(.size)"' P/installed/PKG-A-001/receipt.json | head -n 1)" = \
		'ho1 libs/PKG-A-001/ho1/d 0644 2' ]
	run_status 0 install "$second" --upgrade
	clean
	[ "$(cat P/libs/PKG-A-001/lib/a P/libs/PKG-A-001/lib/deep/e)" = "$(printf 'changed\nnew')" ]
	[ ! -e P/libs/PKG-A-001/lib/b ]
	[ ! -e P/planes/ho1/libs/PKG-A-001 ]
	[ "$(jq -r .upgraded_from P/installed/PKG-A-001/receipt.json)" = 1.0.0 ]
	run_status 0 remove
	clean
	[ "$(find P/libs P/planes/ho?/libs -type f | wc -l)" -eq 0 ]
	[ ! -e P/installed/PKG-A-001 ]
	[ -e P/manifests/PKG-A-001/2.0.0/package.manifest.yaml ]
	is_events='GENESIS INSTALL_STARTED INSTALLED INSTALL_STARTED UPGRADED INSTALL_STARTED UNINSTALLED'
	[ "$(events)" = "$is_events" ]
	cp-ledger-read P/ledger/packages.jsonl | jq -c 'select(.entry.event_type == "UPGRADED").entry.removed_assets[].path' >removed
	[ "$(paste -sd' ' removed)" = '"libs/PKG-A-001/ho1/d" "libs/PKG-A-001/lib/b"' ]
}

@test "a plan turned round is the one that planning comes to, and can be carried out" {
	same_plan() { # FILE FILE: but for where the archive lies
		diff <(jq -cS 'del(select(.kind == "plan").path)' "$1") <(jq -cS 'del(select(.kind == "plan").path)' "$2")
	}
	install "$first" >log
	cp-plan --invert <plan >inverse
	cp-plan --remove PKG-A-001 >want
	same_plan inverse want
	run_status 0 cp-apply --work-order WO-20261126-001 <inverse
	clean
	[ ! -e P/installed/PKG-A-001 ]
	cp-plan --invert <inverse >again
	plan P "$first" >want
	same_plan again want
	run_status 0 cp-apply --work-order WO-20261126-001 <again
	clean
	# It is of the plane behind the upgrade: before that there is no such plan.
	plan P "$second" --upgrade >plan
	cp-apply --work-order WO-20261126-001 <plan >log
	cp-plan --invert <plan >inverse
	cp-schema-check <inverse >checked
	[ "$(jq -r 'select(.kind == "plan") | "\(.action) \(.previous_version) \(.version)"' inverse)" = 'upgrade 2.0.0 1.0.0' ]
	[ "$(jq -r 'select(.kind == "step") | "\(.action) \(.path)"' inverse | paste -sd' ')" = \
		'create libs/PKG-A-001/ho1/d replace libs/PKG-A-001/lib/a create libs/PKG-A-001/lib/b remove libs/PKG-A-001/lib/deep/e' ]
	[ "$(jq -r 'select(.after and .path == "libs/PKG-A-001/lib/a").after' inverse)" = "sha256:$(sha256sum <one/lib/a | cut -c1-64)" ]
	cp-plan --invert <inverse >twice
	diff <(jq -cS 'del(select(.kind == "plan") | .path, .plan_hash, .registry_hash)' plan) \
		<(jq -cS 'del(.plan_hash, .registry_hash)' twice)
	run_status 1 cp-apply --work-order WO-20261126-001 <inverse
	clean
	[ -e P/libs/PKG-A-001/lib/deep/e ]
}

@test "the same again is no change" {
	install "$first" >log
	[ -e P/installed/PKG-A-001/receipt.json ]
	image P >before
	cp P/ledger/packages.jsonl ledger
	run_status 0 install "$first"
	image P | cmp - before
	cmp P/ledger/packages.jsonl ledger
}

@test "a plan that was edited, cut or made for another plane is refused, and nothing changes" {
	plan P "$first" >plan
	image P >before
	for edit in 's/"mode":"0644"/"mode":"0755"/' 's|libs/PKG-A-001/lib/a|libs/PKG-A-001/lib/x|' 's/"steps":4/"steps":3/' \
		's/"action":"install"/"action":"upgrade"/' '/lib\/b/d'; do
		sed "$edit" plan | jq -c 'if .kind == "end" then empty else . end' | cp-end --by-hand >edited 2>/dev/null ||
			sed "$edit" plan | grep -v '"kind":"end"' | cp-end >edited
		if cmp -s plan edited; then return 1; fi
		run_sh 3 'cp-apply --open --work-order WO-20261126-001 <edited'
		image P | cmp - before
	done
	run_sh 3 'head -n 3 plan | cp-apply --work-order WO-20261126-001'
	run_sh 3 'cat plan plan | cp-apply --work-order WO-20261126-001'
	image P | cmp - before
	mkdir -p P/libs/PKG-A-001/lib
	echo foreign >P/libs/PKG-A-001/lib/a
	image P >before
	run_sh 1 'cp-apply --work-order WO-20261126-001 <plan'
	image P | cmp - before
	[[ $(events) = 'GENESIS INSTALL_FAILED' ]]
}

@test "a verdict that says no stops it, whatever the end says" {
	image P >before
	with_no() {
		{
			grep -v '"kind":"end"' "$1"
			echo '{"kind":"verdict","gate":"X","pass":false,"checked":1,"findings":1,"subject":null}'
		} >lines
		cat lines && printf '{"kind":"end","count":%d,"status":0,"by":"x"}\n' "$(wc -l <lines)"
	}
	cp-package-read "$first" >good
	with_no good >stream
	run_sh 1 'cp-plan <stream'
	err 'a verdict of the stream says no'
	hasnt '"kind":"plan"'
	plan P "$first" >good
	with_no good >forged
	run_sh 1 'cp-apply --work-order WO-20261126-001 <forged'
	err 'a verdict of the stream says no'
	image P | cmp - before
}

@test "a plan of nothing that has a name is refused before the ledger hears of it" {
	resummed() { # JQ: the plan, changed, with the hash that it then has
		jq -c "if .kind == \"plan\" then $1 else . end" plan >changed
		hash=$(jq -cS 'select(.kind == "plan" or .kind == "step") | del(select(.kind == "plan") | .plan_hash, .path)' changed |
			sha256sum | cut -c1-64)
		jq -c "if .kind == \"plan\" then .plan_hash = \"sha256:$hash\" else . end" changed
	}
	plan P "$first" >plan
	resummed . | cmp - plan
	for edit in '.package_id = 7' 'del(.package_id)' '.package_id = "PKG-\u001b[31m"' '.package_id = "../x"' '.package_id = ""' \
		'.package_id = "PKG-" + "A" * 70000' '.version = "../../x"' '.version = 1' '.version = ""' '.action = "explode"' \
		'.archive_hash = "sha256:"' 'del(.archive_hash)' '.manifest_hash = 1'; do
		resummed "$edit" >forged
		run_sh 3 'cp-apply --work-order WO-20261126-001 <forged'
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
		[ "$(events)" = GENESIS ]
	done
}

@test "--dry-run is the plan, and writes not one byte" {
	plan P "$first" >plan
	(cd P && find . -printf '%p %i %s %T@ %C@\n' | sort) >before
	run_sh 0 'cp-apply --dry-run --work-order WO-20261126-001 <plan'
	grep -E '"kind":"(plan|step)"' plan | cmp - <(grep -E '"kind":"(plan|step)"' <<<"$output")
	(cd P && find . -printf '%p %i %s %T@ %C@\n' | sort) | cmp - before
}

@test "an archive that is not in packages_store, or not what was planned any more, is refused" {
	plan P "$first" >plan
	mv "$first" away.tar.gz
	run_sh 1 'cp-apply --work-order WO-20261126-001 <plan'
	err 'not in packages_store'
	cp "$second" "$first"
	run_sh 1 'cp-apply --work-order WO-20261126-001 <plan'
	ln -s "$PWD/away.tar.gz" P/packages_store/link.tar.gz
	run_sh 1 'cp-apply --work-order WO-20261126-001 <plan'
	rm P/packages_store/link.tar.gz
	cp away.tar.gz "$first"
	run_sh 0 'cp-apply --work-order WO-20261126-001 <plan'
	clean
}

@test "what lies there and is nobody's stops it; with --force it goes into quarantine, and can come back" {
	mkdir -p P/libs/PKG-A-001/lib
	echo foreign >P/libs/PKG-A-001/lib/a
	run_status 1 install "$first"
	run_status 0 eval 'plan P "$first" --force | cp-apply --force --work-order WO-20261126-001'
	[ "$(cat P/libs/PKG-A-001/lib/a)" = a ]
	[ "$(cat P/.cp/quarantine/TXN-*/files/libs/PKG-A-001/lib/a)" = foreign ]
	clean
}

@test "a foreign file that comes between plan and step undoes all of it" {
	plan P "$first" >plan
	image P >before
	mkdir -p P/libs/PKG-A-001/lib/b
	image P >before
	run_sh 1 'cp-apply --work-order WO-20261126-001 <plan'
	image P | cmp - before
}

@test "what lies where its receipt is to be stops it before it begins" {
	plan P "$first" >plan
	mkdir -pm 700 P/.cp/txn
	for way in 'echo mine >P/installed/PKG-A-001' 'ln -s .. P/installed/PKG-A-001' 'mkdir -p P/installed/PKG-A-001/receipt.json' \
		'rmdir P/installed && ln -s libs P/installed'; do
		mkdir -p P/installed
		eval "$way"
		image P >before
		run_sh 1 'cp-apply --work-order WO-20261126-001 <plan'
		err 'its receipt '
		image P | cmp - before
		rm -rf P/installed
	done
	run_sh 0 'cp-apply --work-order WO-20261126-001 <plan'
	clean
}

# --- crashes ---

# Kept beside: the plane before, so that each run begins anew.
prepare() { # BEFORE-COMMAND...
	for c in "$@"; do eval "$c" >log; done
	rm -rf base && cp -a P base
}

sweep() { # COMMAND
	both "$1" || return
	for what in ${2:-kill EIO ENOSPC}; do
		fault_sweep -d "$what" -p cp-apply restore "$1" whole || return
		[ "$fault_points" -gt 30 ]
	done
}

@test "killed, failed or out of room at any call of an install" {
	prepare 'plan P "$first" >plan'
	sweep 'cp-apply --work-order WO-20261126-001 <plan'
}

@test "killed, failed or out of room at any call of an upgrade" {
	prepare 'install "$first"' 'plan P "$second" --upgrade >plan'
	sweep 'cp-apply --work-order WO-20261126-001 <plan'
}

@test "killed, failed or out of room at any call of an uninstall" {
	prepare 'install "$first"' 'cp-plan --remove PKG-A-001 >plan'
	sweep 'cp-apply --work-order WO-20261126-001 <plan'
}

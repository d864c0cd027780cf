load ../helper
load plan

setup() {
	base
}

# step PATH MEMBER...: what the step of that path says, joined by blanks.
step() {
	local path=$1
	shift
	jq -r --arg path "$path" --args 'select(.kind == "step" and .path == $path) | . as $s |
		[$ARGS.positional[] | $s[.] | tostring] | join(" ")' "$@" <<<"$output"
}

sum() {
	printf 'sha256:%s' "$(sha256sum "$1" | cut -d' ' -f1)"
}

@test "an install: each file is made, in the order of plane and path" {
	pack PKG-A 1.0.0 '.assets[1].plane = "ho1" | .assets[2].mode = "0755" | .assets[3].plane = "ho2"' a=alpha a-b=x b=beta c=gamma
	before=$(find . | sort | xargs ls -ld --time-style=full-iso)
	plan 0 PKG-A 1.0.0
	silent
	steps_are 'create ho1 libs/PKG-A/a-b' 'create ho2 libs/PKG-A/c' 'create ho3 libs/PKG-A/a' 'create ho3 libs/PKG-A/b'
	[ "$(find . | sort | xargs ls -ld --time-style=full-iso)" = "$before" ]
	d=$BATS_TEST_TMPDIR/store/PKG-A-1.0.0
	[ "$(step libs/PKG-A/b after mode size source type before occupied)" = "$(sum "$d/b") 0755 5 b library null null" ]
	[ "$(step libs/PKG-A/a mode size)" = '0644 6' ]
	[ "$(jq -r 'select(.kind == "plan") | [.action, .package_id, .version, .package_type, .path, .archive_hash, .registry_hash,
		.nothing, .previous_version] | map(tostring) | join(" ")' <<<"$output")" = \
		"install PKG-A 1.0.0 library $d.tar.gz $(sum "$d.tar.gz") null null null" ]
	run_sh 0 'cp-plan <"$BATS_TEST_TMPDIR/records" | cp-schema-check'
}

@test "the hash is that of the canonical records, by other means than ours" {
	have PKG-B 1.0.0 ''
	pack PKG-A 1.0.0 '' "$(printf 'caf\303\251')=x" b=beta
	plan 0 PKG-A 1.0.0
	[ "$(jq -r 'select(.registry_hash).registry_hash' <<<"$output")" = "$(sum registries/file_ownership.csv)" ]
	[ "$(jq -cS 'select(.kind == "plan" or .kind == "step") | del(.plan_hash, select(.kind == "plan").path)' <<<"$output" |
		sha256sum | cut -d' ' -f1)" = "$(jq -r 'select(.kind == "plan").plan_hash[7:]' <<<"$output")" ]
}

@test "the same plan from another name and another day; another one where the plane, the archive or the action differs" {
	have PKG-B 1.0.0 ''
	pack PKG-A 1.0.0 ''
	hash_now() {
		jq -r 'select(.kind == "plan").plan_hash' <<<"$output"
	}
	plan 0 PKG-A 1.0.0
	first=$(hash_now)
	cp "$(archive PKG-A 1.0.0)" ../other.tar.gz
	touch -d 2001-01-01 registries/*.csv ledger
	output=$(cd / && cp-package-read "$OLDPWD/../other.tar.gz" | TZ=Asia/Tokyo cp-plan)
	[ "$(hash_now)" = "$first" ]
	gzip -dc ../other.tar.gz | gzip -n1 >../again.tar.gz
	output=$(cp-package-read ../again.tar.gz | cp-plan)
	[ "$(hash_now)" != "$first" ]
	have PKG-C 1.0.0 ''
	plan 0 PKG-A 1.0.0
	[ "$(hash_now)" != "$first" ]
}

@test "the very package again: nothing to do, unless its files are not what they were" {
	have PKG-A 1.0.0 '' a=alpha b=beta
	plan 0 PKG-A 1.0.0
	steps_are
	has '"nothing":true'
	echo x >libs/PKG-A/a
	plan 1 PKG-A 1.0.0
	refused 'MODIFIED: the content is not the registered one'
}

@test "what is installed is not installed over" {
	have PKG-A 1.0.0 ''
	pack PKG-A 1.0.0 '' a=other
	plan 1 PKG-A 1.0.0
	refused 'VERSION: PKG-A 1.0.0 is installed already, with other content'
	pack PKG-A 1.0.0 '.dependencies = []'
	plan 1 PKG-A 1.0.0
	refused 'VERSION: PKG-A 1.0.0 is installed already, with other content'
	pack PKG-A 1.1.0 ''
	plan 1 PKG-A 1.1.0
	refused 'VERSION: PKG-A 1.0.0 is installed already: use --upgrade'
	pack PKG-A 0.9.0 ''
	plan 1 PKG-A 0.9.0
	refused 'VERSION: PKG-A 1.0.0 is installed already: use --upgrade'
}

@test "what was installed once: not below the highest version, not with other content" {
	have PKG-A 1.0.0 ''
	pack PKG-A 2.0.0 '' a=second
	put PKG-A 2.0.0 UPGRADED '"previous_version":"1.0.0","removed_assets":[]'
	run_status 0 cp-plan --remove PKG-A
	vouch UNINSTALLED PKG-A 2.0.0 '"removed_assets":[]'
	rm -r libs
	plan 1 PKG-A 1.0.0
	refused 'VERSION: PKG-A 1.0.0 is below 2.0.0, which was installed once'
	pack PKG-A 1.9.0 ''
	plan 1 PKG-A 1.9.0
	refused 'VERSION: PKG-A 1.9.0 is below 2.0.0, which was installed once'
	pack PKG-A 2.0.0-rc.1 ''
	plan 1 PKG-A 2.0.0-rc.1
	refused 'VERSION: PKG-A 2.0.0-rc.1 is below 2.0.0, which was installed once'
	plan 0 PKG-A 2.0.0
	steps_are 'create ho3 libs/PKG-A/a'
	pack PKG-A 2.0.0 '' a=other
	plan 1 PKG-A 2.0.0
	refused 'VERSION: PKG-A 2.0.0 was installed once with other content'
	pack PKG-A 2.0.1 '' a=other
	plan 0 PKG-A 2.0.1
}

@test "an upgrade: only what changes is a step" {
	have PKG-A 1.0.0 '.assets[3].plane = "ho2"' a=alpha b=beta c=gamma d=delta
	pack PKG-A 1.1.0 '.assets[2].mode = "0755" | .assets[3].plane = "ho2"' a=alpha b=other c=gamma d=else e=new
	plan 0 PKG-A 1.1.0 --upgrade
	silent
	steps_are 'replace ho2 libs/PKG-A/d' 'replace ho3 libs/PKG-A/b' 'replace ho3 libs/PKG-A/c' 'create ho3 libs/PKG-A/e'
	[ "$(step libs/PKG-A/b before before_mode after mode)" = \
		"$(sum libs/PKG-A/b) 0644 $(sum ../store/PKG-A-1.1.0/b) 0644" ]
	[ "$(step libs/PKG-A/c before before_mode after mode)" = "$(sum libs/PKG-A/c) 0644 $(sum libs/PKG-A/c) 0755" ]
	[ "$(jq -r 'select(.kind == "plan") | .action + " " + .previous_version + " " + .version' <<<"$output")" = 'upgrade 1.0.0 1.1.0' ]
	run_sh 0 'cp-plan --upgrade <"$BATS_TEST_TMPDIR/records" | cp-schema-check'
	pack PKG-A 1.2.0 '.assets[3].plane = "ho2" | .metadata = {title: "only that"}' a=alpha b=beta c=gamma d=delta
	plan 0 PKG-A 1.2.0 --upgrade
	steps_are
	hasnt nothing
}

@test "an upgrade needs an installed version, and a lower one" {
	pack PKG-A 1.0.0 ''
	plan 1 PKG-A 1.0.0 --upgrade
	refused 'MISSING: PKG-A is not installed'
	event packages PACKED '{package_id: "PKG-A", version: "1.0.0", archive_hash: "'"$(hash x)"'"}'
	plan 1 PKG-A 1.0.0 --upgrade
	refused 'MISSING: PKG-A is not installed'
	put PKG-A 1.0.0
	plan 1 PKG-A 1.0.0 --upgrade
	refused 'VERSION: 1.0.0 is not newer than 1.0.0, which is installed'
	for v in 0.9.9 1.0.0-rc.1 1.0.0+build; do
		pack PKG-A $v ''
		plan 1 PKG-A $v --upgrade
		refused "VERSION: $v is not newer than 1.0.0, which is installed"
	done
	pack PKG-A 1.0.1-rc.1 ''
	plan 0 PKG-A 1.0.1-rc.1 --upgrade
}

@test "a file that a new version drops" {
	have PKG-A 1.0.0 '.assets[2].plane = "ho1"' a=alpha b=beta c=gamma
	for policy in . '.upgrade_policy = {}' '.upgrade_policy = {allow_asset_removal: false}' \
		'.upgrade_policy = {allow_asset_removal: "true"}' '.upgrade_policy = {migration: null}'; do
		pack PKG-A 2.0.0 "$policy" a=alpha
		plan 1 PKG-A 2.0.0 --upgrade
		refused 'REMOVAL: the new version has no such file, and upgrade_policy.allow_asset_removal is not true' \
			'REMOVAL: the new version has no such file, and upgrade_policy.allow_asset_removal is not true'
		[ "$(findings | xargs)" = 'REMOVAL libs/PKG-A/b REMOVAL planes/ho1/libs/PKG-A/c' ]
	done
	pack PKG-A 2.0.0 '.upgrade_policy = {allow_asset_removal: true}' a=alpha
	plan 0 PKG-A 2.0.0 --upgrade
	steps_are 'remove ho1 libs/PKG-A/c' 'remove ho3 libs/PKG-A/b'
	[ "$(step libs/PKG-A/b before before_mode type after)" = "$(sum libs/PKG-A/b) 0644 library null" ]
	run_sh 0 'cp-plan --upgrade <"$BATS_TEST_TMPDIR/records" | cp-schema-check'
	# A file that moves to another plane is dropped in the one and made in the other.
	pack PKG-A 3.0.0 '.assets[1].plane = "ho2" | .assets[2].plane = "ho1" | .upgrade_policy = {allow_asset_removal: true}' \
		a=alpha b=beta c=gamma
	plan 0 PKG-A 3.0.0 --upgrade
	steps_are 'create ho2 libs/PKG-A/b' 'remove ho3 libs/PKG-A/b'
}

@test "migrations are not supported, and other manifests are not installed" {
	for how in '' --upgrade; do
		[ -z "$how" ] || have PKG-A 0.1.0 ''
		for migration in '"m.sh"' '{}' false; do
			pack PKG-A 1.0.0 ".upgrade_policy = {migration: $migration}"
			# shellcheck disable=SC2086
			plan 1 PKG-A 1.0.0 $how
			has 'MANIFEST'
			has 'upgrade_policy.migration is not supported: it must be null'
		done
	done
	for form in '.schema_version = "1.0"' '.schema_version = 1.1' 'del(.schema_version)'; do
		pack PKG-B 1.0.0 "$form"
		plan 1 PKG-B 1.0.0
		refused 'MANIFEST: a manifest of another version than 1.1 cannot be installed'
	done
	pack PKG-B 1.0.0 '.assets[0].type = "registry"'
	plan 1 PKG-B 1.0.0
	has 'the asset a is of a type that has no place'
}

@test "a removal: all that it owns goes" {
	have PKG-A 1.0.0 '.assets[1].plane = "ho2" | .assets[2].mode = "0755"' a=alpha b=beta c=gamma
	run_status 0 cp-plan --remove PKG-A </dev/null
	silent
	steps_are 'remove ho2 libs/PKG-A/b' 'remove ho3 libs/PKG-A/a' 'remove ho3 libs/PKG-A/c'
	[ "$(step libs/PKG-A/c before before_mode)" = "$(sum libs/PKG-A/c) 0755" ]
	[ "$(jq -r 'select(.kind == "plan") | [.action, .version, .package_type, .archive_hash, .registry_hash] | join(" ")' \
		<<<"$output")" = "remove 1.0.0 library $(sum "$(archive PKG-A 1.0.0)") $(sum registries/file_ownership.csv)" ]
	run_sh 0 'cp-plan --remove PKG-A | cp-schema-check'
	# Its input is not looked at: it would wait for a person.
	run_sh 0 'echo nonsense | cp-plan --remove PKG-A'
	run_status 1 cp-plan --remove PKG-B
	refused 'MISSING: PKG-B is not installed'
	run_status 2 cp-plan --remove ../PKG
	run_status 2 cp-plan --remove PKG-A --upgrade
	run_status 2 cp-plan --remove PKG-A --force
}

@test "nothing goes that others need, and all of them are named" {
	have PKG-A 1.0.0 ''
	have PKG-C 1.0.0 '.dependencies = [{package_id: "PKG-A"}]'
	have PKG-B 1.0.0 '.dependencies = [{package_id: "PKG-A", version: ">=1.0.0,<2.0.0"}]'
	have PKG-D 1.0.0 '.dependencies = [{package_id: "PKG-B"}]'
	run_status 1 cp-plan --remove PKG-A
	refused 'DEPENDENCY: Cannot uninstall: dependent packages exist: PKG-B, PKG-C'
	run_status 1 cp-plan --remove PKG-B
	refused 'DEPENDENCY: Cannot uninstall: dependent packages exist: PKG-D'
	run_status 0 cp-plan --remove PKG-D
}

@test "a framework does not go while a spec stands under it" {
	have PKG-F 1.0.0 '.type = "framework" | .framework_id = "FMWK-1" | .assets[0].type = "law_doc"' FMWK-1.md=law
	have PKG-S 1.0.0 '.type = "spec" | .spec_id = "SPEC-1" | .requires_framework = "FMWK-1" | .assets[0].type = "spec"' m.yaml=spec
	run_status 1 cp-plan --remove PKG-F
	refused 'DEPENDENCY: Cannot uninstall: dependent packages exist: PKG-S'
	run_status 0 cp-plan --remove PKG-S
	steps_are 'remove ho3 specs/SPEC-1/m.yaml'
}

@test "what a package needs" {
	have PKG-B 1.2.0 ''
	while read -r range want; do
		pack PKG-A 1.0.0 ".dependencies = [{package_id: \"PKG-B\", version: \"$range\"}]"
		plan "$want" PKG-A 1.0.0
		[ "$want" = 0 ] || refused "RANGE: PKG-A needs PKG-B $range, and there is 1.2.0"
	done <<-EOT
		>=1.0.0,<2.0.0 0
		^1.0.0 0
		>=1.3.0 1
		<1.2.0 1
	EOT
	pack PKG-A 1.0.0 '.dependencies = [{package_id: "PKG-X"}]'
	plan 1 PKG-A 1.0.0
	refused 'MISSING: PKG-A needs PKG-X, which is not there'
	pack PKG-A 1.0.0 '.conflicts = [{package_id: "PKG-B", version: "<2.0.0"}]'
	plan 1 PKG-A 1.0.0
	refused 'CONFLICT: PKG-A conflicts with PKG-B 1.2.0'
	pack PKG-A 1.0.0 '.dependencies = [{package_id: "PKG-A"}]'
	plan 1 PKG-A 1.0.0
	refused 'CYCLE: PKG-A > PKG-A'
	pack PKG-A 1.0.0 '.dependencies = [{package_id: "PKG-B", version: "one"}]'
	plan 1 PKG-A 1.0.0
	has '"code":"FIELD"'
	# What is packed is not installed, and what was installed is not either.
	event packages PACKED '{package_id: "PKG-X", version: "1.0.0", archive_hash: "'"$(hash x)"'"}'
	pack PKG-A 1.0.0 '.dependencies = [{package_id: "PKG-X"}]'
	plan 1 PKG-A 1.0.0
	refused 'MISSING: PKG-A needs PKG-X, which is not there'
}

@test "what is installed has its say, too: conflicts, circles, and who needs the old version" {
	have PKG-A 1.0.0 ''
	have PKG-B 1.0.0 '.dependencies = [{package_id: "PKG-A", version: "^1.0.0"}] | .conflicts = [{package_id: "PKG-C"}]'
	pack PKG-C 1.0.0 ''
	plan 1 PKG-C 1.0.0
	refused 'CONFLICT: PKG-B conflicts with PKG-C 1.0.0'
	pack PKG-A 2.0.0 ''
	plan 1 PKG-A 2.0.0 --upgrade
	refused 'RANGE: PKG-B needs PKG-A ^1.0.0, and there is 2.0.0'
	pack PKG-A 1.5.0 '.dependencies = [{package_id: "PKG-B"}]'
	plan 1 PKG-A 1.5.0 --upgrade
	refused 'CYCLE: PKG-A > PKG-B > PKG-A'
	pack PKG-A 1.5.0 ''
	plan 0 PKG-A 1.5.0 --upgrade
}

@test "a target that somebody owns, on each plane, whatever is said" {
	have PKG-B 1.0.0 '.output = {type: "extension", path: "lib/x"}'
	have PKG-C 1.0.0 '.output = {type: "extension", path: "lib/y"} | .assets[0].plane = "ho1"'
	pack PKG-A 1.0.0 '.output = {type: "extension", path: "lib/x"}'
	for how in '' --force; do
		# shellcheck disable=SC2086
		plan 1 PKG-A 1.0.0 $how
		refused 'DUPLICATE: it is owned by PKG-B'
		[ "$(findings)" = 'DUPLICATE lib/x' ]
	done
	pack PKG-A 1.0.0 '.output = {type: "extension", path: "lib/y"} | .assets[0].plane = "ho1"'
	plan 1 PKG-A 1.0.0 --force
	refused 'DUPLICATE: it is owned by PKG-C'
	[ "$(findings)" = 'DUPLICATE planes/ho1/lib/y' ]
	# Not there is still owned.
	rm planes/ho1/lib/y
	plan 1 PKG-A 1.0.0 --force
	refused 'DUPLICATE: it is owned by PKG-C'
	pack PKG-A 1.0.0 '.output = {type: "extension", path: "lib/y"}'
	plan 0 PKG-A 1.0.0
	have PKG-A 1.0.0 ''
	pack PKG-A 2.0.0 '.upgrade_policy = {allow_asset_removal: true} | .output = {type: "extension", path: "lib/x"}'
	plan 1 PKG-A 2.0.0 --upgrade
	refused 'DUPLICATE: it is owned by PKG-B'
}

@test "a new name that differs from an owned one only in case is a note" {
	have PKG-B 1.0.0 '.output = {type: "extension"} | .assets[0].plane = "ho1"' tools/b=y
	have PKG-A 1.0.0 '.output = {type: "extension"}' Tools/B=one
	pack PKG-C 1.0.0 '.output = {type: "extension"}' TOOLS/B=two TOOLS/c=three
	plan 0 PKG-C 1.0.0
	[ "$(jq -r 'select(.code) | [.severity, .code, .path, .detail] | join(" ")' <<<"$output")" = \
		'note CASE TOOLS/B differs only in case from Tools/B, which PKG-A owns' ]
	steps_are 'create ho3 TOOLS/B' 'create ho3 TOOLS/c'
	# What is there already is no news.
	put PKG-C 1.0.0
	pack PKG-C 1.1.0 '.output = {type: "extension"}' TOOLS/B=other TOOLS/c=three
	plan 0 PKG-C 1.1.0 --upgrade
	hasnt CASE
	steps_are 'replace ho3 TOOLS/B'
}

@test "a target that is owned is not free because a registry does not say so" {
	have PKG-B 1.0.0 '.output = {type: "extension", path: "lib/x"} | .assets[0].plane = "ho2"'
	sed -i 2d planes/ho2/registries/file_ownership.csv
	rm planes/ho2/lib/x
	pack PKG-A 1.0.0 '.output = {type: "extension", path: "lib/x"} | .assets[0].plane = "ho2"'
	plan 1 PKG-A 1.0.0
	refused 'DUPLICATE: it is owned by PKG-B, as its manifest says'
}

@test "an owner by adoption is no package, and what it owns is not free" {
	mkdir lib registries
	echo old >lib/x
	printf '%s\n%s\n' file_path,owner_package_id,owner_spec_id,sha256,mode,classification,installed_at \
		"lib/x,PKG-BASE,,$(sum lib/x),,lib,2026-01-01T00:00:00Z" >registries/file_ownership.csv
	event packages ADOPTED "{owner: \"PKG-BASE\", files: 1, registry_hash: \"$(sum registries/file_ownership.csv)\"}"
	pack PKG-BASE 1.0.0 ''
	plan 1 PKG-BASE 1.0.0
	refused 'CONFLICT: PKG-BASE is an owner by adoption, and cannot be installed'
	plan 1 PKG-BASE 1.0.0 --upgrade
	refused 'MISSING: PKG-BASE is not installed'
	run_status 1 cp-plan --remove PKG-BASE
	refused 'MISSING: PKG-BASE is not installed'
	pack PKG-A 1.0.0 '.output = {type: "extension", path: "lib/x"}'
	plan 1 PKG-A 1.0.0 --force
	refused 'DUPLICATE: it is owned by PKG-BASE'
	pack PKG-A 1.0.0 ''
	plan 0 PKG-A 1.0.0
}

@test "one package brings the law of a framework, or the document of a spec" {
	have PKG-F 1.0.0 '.type = "framework" | .framework_id = "FMWK-1" | .assets[0].type = "law_doc"' FMWK-1.md=law
	have PKG-S 1.0.0 '.type = "spec" | .spec_id = "SPEC-1" | .requires_framework = "FMWK-1" | .assets[0].type = "spec"' m.yaml=spec
	pack PKG-G 1.0.0 '.type = "framework" | .framework_id = "FMWK-1" | .assets[].type = "law_doc"' a/other.md=law b.md=x
	plan 1 PKG-G 1.0.0
	refused 'DUPLICATE: FMWK-1 is of PKG-F already, and only one package may bring it'
	pack PKG-T 1.0.0 '.type = "spec" | .spec_id = "SPEC-2" | .requires_framework = "FMWK-1" | .assets[].type = "spec" |
		.assets[0].spec_owner = "SPEC-1"' n.yaml=spec o.yaml=spec
	plan 1 PKG-T 1.0.0
	refused 'DUPLICATE: SPEC-1 is of PKG-S already, and only one package may bring it'
	pack PKG-G 1.0.0 '.type = "framework" | .framework_id = "FMWK-11" | .assets[].type = "law_doc"' FMWK-11.md=law
	plan 0 PKG-G 1.0.0
	pack PKG-F 1.1.0 '.type = "framework" | .framework_id = "FMWK-1" | .assets[].type = "law_doc"' FMWK-1.md=law more.md=x
	plan 0 PKG-F 1.1.0 --upgrade
	# A file of another kind may lie there without being the law.
	pack PKG-L 1.0.0 '.output = {type: "extension", path: "frameworks/FMWK-1/x"}'
	plan 0 PKG-L 1.0.0
}

@test "something else is where a file belongs" {
	pack PKG-A 1.0.0 '' a=alpha b=beta
	mkdir -p libs/PKG-A
	echo mine >libs/PKG-A/a
	chmod 600 libs/PKG-A/a
	plan 1 PKG-A 1.0.0
	refused 'OCCUPIED: a file that nobody owns is there (--force replaces it)'
	[ "$(findings)" = 'OCCUPIED libs/PKG-A/a' ]
	plan 0 PKG-A 1.0.0 --force
	steps_are 'replace ho3 libs/PKG-A/a' 'create ho3 libs/PKG-A/b'
	[ "$(step libs/PKG-A/a occupied before before_mode mode)" = "true $(sum libs/PKG-A/a) 0600 0644" ]
	[ "$(step libs/PKG-A/b occupied)" = null ]
	run_sh 0 'cp-plan --force <"$BATS_TEST_TMPDIR/records" | cp-schema-check'
	# Also where it has the very content already: whose it is does not follow from that.
	cp ../store/PKG-A-1.0.0/a libs/PKG-A/a
	plan 1 PKG-A 1.0.0
	refused 'OCCUPIED: a file that nobody owns is there (--force replaces it)'
	for how in '' --force; do
		rm -rf libs/PKG-A/a
		mkdir libs/PKG-A/a
		# shellcheck disable=SC2086
		plan 1 PKG-A 1.0.0 $how
		refused 'OCCUPIED: a directory is there'
		rmdir libs/PKG-A/a
		ln -s b libs/PKG-A/a
		# shellcheck disable=SC2086
		plan 1 PKG-A 1.0.0 $how
		refused 'OCCUPIED: a symbolic link is there'
		rm libs/PKG-A/a
		mkfifo libs/PKG-A/a
		# shellcheck disable=SC2086
		plan 1 PKG-A 1.0.0 $how
		refused 'OCCUPIED: something that is no file is there'
	done
}

@test "a name above it that is no directory: nobody is led elsewhere" {
	pack PKG-A 1.0.0 ''
	mkdir -p libs ../elsewhere
	ln -s ../../elsewhere libs/PKG-A
	for how in '' --force; do
		# shellcheck disable=SC2086
		plan 1 PKG-A 1.0.0 $how
		refused 'OCCUPIED: a name above it is no directory'
	done
	rm libs/PKG-A
	echo x >libs/PKG-A
	plan 1 PKG-A 1.0.0 --force
	refused 'OCCUPIED: a name above it is no directory'
	rm -r libs
	ln -s ../elsewhere libs
	plan 1 PKG-A 1.0.0 --force
	refused 'OCCUPIED: a name above it is no directory'
	pack PKG-A 1.0.0 '.assets[0].plane = "ho2"'
	ln -s ../elsewhere planes
	plan 3 PKG-A 1.0.0
	err 'planes/ho1/registries/file_ownership.csv is no file (STALE)'
}

@test "drift: what it owns is not what was installed; nothing is planned over it" {
	have PKG-A 1.0.0 '.assets[1].plane = "ho2"' a=alpha b=beta
	have PKG-B 1.0.0 ''
	pack PKG-A 1.1.0 '.assets[1].plane = "ho2"' a=other b=beta
	cp -a . ../base
	all() { # FINDING PATH
		plan 1 PKG-A 1.1.0 --upgrade
		refused "$1"
		[ "$(findings)" = "${1%%:*} $2" ]
		plan 1 PKG-A 1.1.0 --upgrade --force
		refused "$1"
		run_status 1 cp-plan --remove PKG-A
		refused "$1"
		rm -rf libs planes
		cp -a ../base/libs ../base/planes .
	}
	echo x >>libs/PKG-A/a
	all 'MODIFIED: the content is not the registered one' libs/PKG-A/a
	echo bet_ >planes/ho2/libs/PKG-A/b
	all 'MODIFIED: the content is not the registered one' planes/ho2/libs/PKG-A/b
	rm libs/PKG-A/a
	all 'MISSING: owned, but absent' libs/PKG-A/a
	chmod 755 libs/PKG-A/a
	all 'MODE: the mode is 0755, and 0644 is registered' libs/PKG-A/a
	chmod 4644 libs/PKG-A/a
	all 'MODE: the mode is 4644, and 0644 is registered' libs/PKG-A/a
	cp libs/PKG-A/a ../same
	ln -sf ../../../same libs/PKG-A/a
	all 'TYPE: not a regular file where only a regular file may be' libs/PKG-A/a
	# Another package's drift is not in the way.
	echo x >libs/PKG-B/a
	plan 0 PKG-A 1.1.0 --upgrade
}

# extends PATH PLANE: the records of what pack made last, as an extension that is put there.
extends() {
	[ -e ../plain ] || cp-package-read "$(archive PKG-A 1.0.0)" >../plain
	jq -c --arg path "$1" --arg plane "$2" 'if .kind == "package" then .manifest.output = {type: "extension", path: $path}
		elif .kind == "asset" then .target = $path | .plane = $plane else . end' ../plain >../records
}

@test "what no package may write" {
	pack PKG-A 1.0.0 ''
	for path in ledger/x ledger .cp/x installed/x manifests/x versions/x registries/file_ownership.csv packages_store/x \
		planes/ho2/x planes .genesis_complete MANIFEST.json tier.json config/roles.json config/governed_roots.json \
		config/outputs.json config/keyring.json config Config/roles.json LEDGER/x Manifest.JSON tier.json/x; do
		for plane in ho3 ho2; do
			extends "$path" "$plane"
			run_status 1 cp-plan --force <../records
			has '"code":"UNAUTHORIZED"'
			has 'no package may write there'
			hasnt '"kind":"plan"'
		done
	done
	for path in ledgers/x config/PKG-A/roles.json tier.jsonx lib/MANIFEST.json; do
		extends "$path" ho3
		run_status 0 cp-plan <../records
		[ "$(step "$path" action)" = create ]
	done
}

@test "names that lead elsewhere or cannot be trusted" {
	pack PKG-A 1.0.0 ''
	for path in ../x /etc/x a//b a/./b a/../../b . a/ "$(printf 'a%.0s' $(seq 256))"; do
		extends "$path" ho3
		sed -i 's/"target":"[^"]*",*//; s/,}/}/' ../records
		run_status 1 cp-plan <../records
		has '"code":"MANIFEST"'
		hasnt '"kind":"plan"'
	done
	for path in "$(printf 'a\033[2J')" $'a\nb' "$(printf 'a\342\200\256b')" \
		"$(printf 'aaaaaaa/%.0s' $(seq 600))x"; do
		extends "$path" ho3
		run_status 1 cp-plan <../records
		has '"code":"PATH_ESCAPE"'
		hasnt '"kind":"plan"'
	done
	extends aXb ho3
	sed -i 's/aXb/a\\u0000b/g' ../records
	run_status 1 cp-plan <../records
	hasnt '"kind":"plan"'
}

@test "two assets with one target, or one within the other" {
	pack PKG-A 1.0.0 '.type = "framework" | .framework_id = "FMWK-1" | .assets[].type = "law_doc"' a/x.md=1 b/x.md=2
	plan 1 PKG-A 1.0.0
	refused 'DUPLICATE: the target of a/x.md and of b/x.md'
	pack PKG-A 1.0.0 '.output = {type: "extension", path: "lib/x"}' a=1 b=2
	plan 1 PKG-A 1.0.0
	refused 'DUPLICATE: the target of a and of b'
	pack PKG-A 1.0.0 '.type = "framework" | .framework_id = "FMWK-1" | .assets[0].type = "law_doc" | .assets[1].type = "spec" |
		.assets[1].spec_owner = "SPEC-1"' x/a=1 y/b=2
	plan 0 PKG-A 1.0.0
	plan 0 PKG-A 1.0.0
	pack PKG-A 1.0.0 '.assets[0].plane = "ho1"' a=1 b=2
	plan 0 PKG-A 1.0.0
}

@test "an archive that does not hold what it declares" {
	pack PKG-A 1.0.0 '' a=alpha b=beta
	records() { # JQ
		cp-package-read "$(archive PKG-A 1.0.0)" | jq -c "$1" | sed '$d' | cp-end >../records
		run_status "$2" cp-plan --open <../records
	}
	records 'select(.kind != "member" or .path != "a")' 1
	refused 'MISSING: a is declared, but not in the package'
	records 'if .kind == "member" and .path == "a" then .hash = "sha256:" + "0" * 64 else . end' 1
	refused 'MODIFIED: a is in the package, but not as it is declared'
	records 'if .kind == "member" and .path == "a" then .mode = "0755" else . end' 1
	refused 'MODIFIED: a is in the package, but not as it is declared'
	records 'if .kind == "member" and .path == "a" then .type = "symlink" else . end' 1
	refused 'MODIFIED: a is in the package, but not as it is declared'
	records 'select(.kind != "asset")' 1
	refused 'MANIFEST: it has no assets'
	for lie in 'if .kind == "asset" then .target = "libs/PKG-B/a" else . end' 'if .kind == "asset" then del(.target) else . end' \
		'if .kind == "asset" then .plane = "ho4" else . end' 'if .kind == "asset" then .hash = "x" else . end' \
		'if .kind == "asset" then .source = "../a" else . end' 'select(.kind != "package")' \
		'if .kind == "package" then ., . else . end' \
		'if .kind == "package" then del(.archive_hash) else . end' 'if .kind == "package" then .document_hash = "x" else . end' \
		'if .kind == "package" then .manifest.version = "one" else . end' 'if .kind == "package" then del(.manifest) else . end' \
		'if .kind == "package" then .manifest.package_id = "../x" else . end' \
		'if .kind == "package" then .manifest.assets = [] else . end' 'if .kind == "package" then .manifest = 1 else . end'; do
		records "$lie" 3
		hasnt '"kind":"plan"'
	done
}

@test "no plan of a stream that is cut, forged, or says no" {
	pack PKG-A 1.0.0 ''
	plan 0 PKG-A 1.0.0
	records=$BATS_TEST_TMPDIR/records
	for n in $(seq 0 $(($(wc -l <"$records") - 1))); do
		head -n "$n" "$records" >../cut
		run_status 3 cp-plan <../cut
		hasnt '"kind":"plan"'
	done
	head -c -1 "$records" >../cut
	run_status 3 cp-plan <../cut
	hasnt '"kind":"plan"'
	sed '$s/"status":0/"status":1/' "$records" >../no
	run_status 1 cp-plan <../no
	[ "$(jq -r .kind <<<"$output")" = end ]
	run_status 3 cp-plan </dev/null
	printf '%s\n' '{"kind":"plan"}' '{"kind":"end","count":1,"status":0,"by":"x"}' >../forged
	run_status 3 cp-plan <../forged
	err 'it has a plan already'
	printf '%s\n' '{"kind":"end","count":0,"status":0,"by":"x"}' >../empty
	run_status 1 cp-plan <../empty
	refused 'MISSING: no package came, so there is nothing to plan'
}

@test "verdicts and findings go on in front; what a gate said no to is not planned" {
	pack PKG-A 1.0.0 ''
	cp-pack --help >/dev/null
	run_sh 1 'cp-package-read "$(ls ../store/*.gz)" | cp-gate-g0a | cp-plan'
	has '"gate":"G0A","pass":false'
	hasnt '"kind":"plan"'
	verdict='{"kind":"verdict","gate":"G1","pass":true,"checked":1,"findings":0}'
	cp-package-read "$(archive PKG-A 1.0.0)" | sed '$d' >../records
	n=$(($(wc -l <../records) + 1))
	{ cat ../records && echo "$verdict" && echo "{\"kind\":\"end\",\"count\":$n,\"status\":0,\"by\":\"x\"}"; } >../judged
	run_status 0 cp-plan <../judged
	[ "$(jq -r .kind <<<"$output" | xargs)" = 'verdict plan step end' ]
	[ "${lines[0]}" = "$verdict" ]
}

@test "a plane that nothing vouches for" {
	pack PKG-A 1.0.0 ''
	mv ledger ../away
	plan 3 PKG-A 1.0.0
	err 'the plane has no ledger/packages.jsonl'
	err 'cp-genesis'
	run_status 3 cp-plan --remove PKG-A
	mv ../away ledger
	have PKG-B 1.0.0 '.assets[0].plane = "ho1"'
	cp -a . ../base
	stale() {
		plan 3 PKG-A 1.0.0
		err "$1"
		hasnt '"kind":"plan"'
		run_status 3 cp-plan --remove PKG-B
		hasnt '"kind":"plan"'
		rm -rf ./* && cp -a ../base/. .
	}
	echo "libs/PKG-B/b,PKG-B,,$(hash x),0644,library,2026-01-01T00:00:00Z" >>registries/file_ownership.csv
	stale 'registries/file_ownership.csv is not the one that the ledger vouches for (STALE)'
	rm registries/file_ownership.csv
	stale 'registries/file_ownership.csv is not there, and the ledger vouches for one (STALE)'
	event packages INSTALLED "$(jq -c 'select(.event_type == "INSTALLED") | {package_id, version, manifest_hash, document_hash}' \
		ledger/packages.jsonl | tail -n 1)"
	stale 'is vouched for by no entry of the ledger (STALE)'
	ln -sf ../../base/registries/file_ownership.csv registries/file_ownership.csv
	stale 'is no file (STALE)'
	: >registries/file_ownership.csv
	stale 'it is empty'
	sed -i 's/PKG-B/PKG-C/g' planes/ho1/registries/file_ownership.csv
	run_status 3 cp-plan --remove PKG-B
	err 'what the registries say that the package owns is not what its manifest says (STALE)'
	pack PKG-C 1.0.0 ''
	plan 3 PKG-C 1.0.0
}

@test "a ledger or a manifest that does not hold" {
	have PKG-A 1.0.0 ''
	have PKG-B 1.0.0 ''
	pack PKG-C 1.0.0 ''
	cp -a . ../base
	sed -i '2s/PKG-A/PKG-Z/' ledger/packages.jsonl
	plan 1 PKG-C 1.0.0
	has ALTERED
	hasnt '"kind":"plan"'
	cp -a ../base/ledger .
	m=manifests/PKG-A/1.0.0/package.manifest.yaml
	jq -c '.dependencies = [{package_id: "PKG-X"}]' "../base/$m" >$m
	for p in "plan 1 PKG-C 1.0.0" "run_status 1 cp-plan --remove PKG-A" "run_status 1 cp-plan --remove PKG-B"; do
		$p
		findings_are "MODIFIED $m"
		hasnt '"kind":"plan"'
	done
	rm $m
	plan 1 PKG-C 1.0.0
	findings_are "MISSING ${m%yaml}json"
}

# outlets JSON: the plane's policy.
outlets() {
	mkdir -p config
	printf '%s\n' "$1" >config/outputs.json
	chmod 644 config/outputs.json
}

@test "files outside of the plane: only where the policy lists it, and only new ones" {
	out=$BATS_TEST_TMPDIR/out
	mkdir "$out"
	pack PKG-A 1.0.0 '.output = {type: "external", path: "'"$out"'/a.conf"}'
	plan 1 PKG-A 1.0.0
	refused "UNAUTHORIZED: it lies in no directory that config/outputs.json lists and that is there"
	[ "$(jq -r 'select(.code).source' <<<"$output")" = "$out/a.conf" ]
	outlets "{\"schema_version\":\"1.0\",\"directories\":[\"$out\"]}"
	plan 0 PKG-A 1.0.0
	steps_are "deliver ho3 $out/a.conf"
	[ "$(step "$out/a.conf" after mode size source)" = "$(sum ../store/PKG-A-1.0.0/a) 0644 6 a" ]
	run_sh 0 'cp-plan <"$BATS_TEST_TMPDIR/records" | cp-schema-check'
	: >"$out/a.conf"
	for how in '' --force; do
		# shellcheck disable=SC2086
		plan 1 PKG-A 1.0.0 $how
		refused 'OCCUPIED: it is there already, and only new files are delivered'
	done
	rm "$out/a.conf"
	ln -s /nonexistent "$out/a.conf"
	plan 1 PKG-A 1.0.0
	refused 'OCCUPIED: it is there already, and only new files are delivered'
	pack PKG-A 1.0.0 '.output = {type: "external", path: "'"$out"'/d/"}' x/a=1 b=2
	mkdir "$out/d"
	plan 1 PKG-A 1.0.0
	refused 'MISSING: the directory that it would be delivered to is not there'
	mkdir "$out/d/x"
	plan 0 PKG-A 1.0.0
	steps_are "deliver ho3 $out/d/b" "deliver ho3 $out/d/x/a"
	rm -r "$out/d"
	ln -s "$BATS_TEST_TMPDIR" "$out/d"
	plan 1 PKG-A 1.0.0
	refused 'OCCUPIED: a name above it is no directory' 'OCCUPIED: a name above it is no directory'
	rm "$out/d"
	pack PKG-A 1.0.0 '.output = {type: "external", path: "'"$out"'/d"}' a=1 b=2
	plan 1 PKG-A 1.0.0
	has 'output.path must end in / where there are several assets'
	for path in '' x/a "$out" "$out/" "$out/../p/x" "${out}x/a" "$out//a" "$out/./a" /etc/a "$out/a\\u001b"; do
		pack PKG-A 1.0.0 '.output = {type: "external", path: "'"$path"'"}'
		[ "$path" = "$out/" ] || plan 1 PKG-A 1.0.0
		hasnt '"kind":"step"'
	done
	outlets "{\"schema_version\":\"1.0\",\"directories\":[\"$BATS_TEST_TMPDIR\"]}"
	pack PKG-A 1.0.0 '.output = {type: "external", path: "'"$PWD"'/config/roles.json"}'
	plan 1 PKG-A 1.0.0
	refused 'UNAUTHORIZED: it is external, and lies in the plane'
	ln -s out "$BATS_TEST_TMPDIR/link"
	outlets "{\"schema_version\":\"1.0\",\"directories\":[\"$BATS_TEST_TMPDIR/link\"]}"
	pack PKG-A 1.0.0 '.output = {type: "external", path: "'"$BATS_TEST_TMPDIR"'/link/z"}'
	plan 1 PKG-A 1.0.0
	has UNAUTHORIZED
}

@test "variables in the path: only those that the policy lists, and what they are is in the plan" {
	out=$BATS_TEST_TMPDIR/out
	mkdir -p "$out/x"
	outlets "{\"schema_version\":\"1.0\",\"directories\":[\"$out\"],\"variables\":[\"WHERE\",\"NAME_2\"]}"
	pack PKG-A 1.0.0 '.output = {type: "external", path: "${WHERE}/x/$NAME_2"}'
	export WHERE=$out NAME_2=n
	plan 0 PKG-A 1.0.0
	steps_are "deliver ho3 $out/x/n"
	first=$(jq -r 'select(.plan_hash).plan_hash' <<<"$output")
	NAME_2=m plan 0 PKG-A 1.0.0
	steps_are "deliver ho3 $out/x/m"
	[ "$(jq -r 'select(.plan_hash).plan_hash' <<<"$output")" != "$first" ]
	NAME_2=../../p/x plan 1 PKG-A 1.0.0
	has '"code":"PATH_ESCAPE"'
	NAME_2='' plan 1 PKG-A 1.0.0
	refused 'UNAUTHORIZED: output.path needs the variable NAME_2, which is not set'
	for path in '$HOME/a' '${HOME}/a' '$WHERE_NOT/a'; do
		pack PKG-A 1.0.0 ".output = {type: \"external\", path: \"$path\"}"
		plan 1 PKG-A 1.0.0
		has 'which config/outputs.json does not list'
	done
	for path in '$WHERE/$' '$WHERE/${NAME_2' '$WHERE/${}' '$WHERE/$(id)' '$WHERE/$2x' '$$WHERE'; do
		pack PKG-A 1.0.0 ".output = {type: \"external\", path: \"$path\"}"
		plan 1 PKG-A 1.0.0
		has 'output.path has a $ without a name behind it'
	done
}

@test "a policy that cannot be trusted delivers nothing" {
	out=$BATS_TEST_TMPDIR/out
	mkdir "$out"
	pack PKG-A 1.0.0 '.output = {type: "external", path: "'"$out"'/a"}'
	good="{\"schema_version\":\"1.0\",\"directories\":[\"$out\"]}"
	cp-package-read "$(archive PKG-A 1.0.0)" >../records
	while IFS= read -r line; do
		outlets "$line"
		run_status 3 cp-plan <../records
		err 'unable to trust config/outputs.json'
		hasnt '"kind":"step"'
	done < <(cat "$CP_TOP/t/golden/schemas/outputs.bad" && printf '%s\n' '' '{' "${good/\"schema/\"schema_version\":\"1.0\",\"schema}")
	while IFS= read -r line; do
		outlets "$line"
		run_status 1 cp-plan <../records
		has UNAUTHORIZED
	done <"$CP_TOP/t/golden/schemas/outputs.good"
	outlets "$good"
	plan 0 PKG-A 1.0.0
	chmod 666 config/outputs.json
	plan 3 PKG-A 1.0.0
	chmod 644 config/outputs.json
	chmod 777 config
	plan 3 PKG-A 1.0.0
	chmod 755 config
	mv config/outputs.json ../
	ln -s ../../outputs.json config/outputs.json
	plan 3 PKG-A 1.0.0
	# Of no concern to a package that stays within.
	pack PKG-B 1.0.0 ''
	plan 0 PKG-B 1.0.0
}

@test "what was delivered is not owned: a removal leaves it, and the very package again is nothing to do" {
	out=$BATS_TEST_TMPDIR/out
	mkdir "$out"
	outlets "{\"schema_version\":\"1.0\",\"directories\":[\"$out\"]}"
	have PKG-A 1.0.0 '.output = {type: "external", path: "'"$out"'/a"}'
	cp ../store/PKG-A-1.0.0/a "$out/a"
	plan 0 PKG-A 1.0.0
	has '"nothing":true'
	run_status 0 cp-plan --remove PKG-A
	steps_are
}

@test "--invert: only of a plan that is whole, and says what it takes" {
	have PKG-B 1.0.0 ''
	pack PKG-A 1.0.0 '' a=alpha b=beta
	plan 0 PKG-A 1.0.0
	cp "$BATS_TEST_TMPDIR/records" records
	cp-plan <records >made
	run_status 0 cp-plan --invert <made
	steps_are 'remove ho3 libs/PKG-A/a' 'remove ho3 libs/PKG-A/b'
	[ "$(step libs/PKG-A/a before before_mode before_size before_source type after)" = \
		"$(sum ../store/PKG-A-1.0.0/a) 0644 6 a library null" ]
	run_sh 3 "sed 's/\"size\":6/\"size\":7/' made | cp-plan --invert"
	err 'its plan_hash is of another one'
	run_sh 3 "grep -v '/b\"' made | sed 's/\"count\":3/\"count\":2/' | cp-plan --invert"
	err 'its plan_hash is of another one'
	run_sh 3 'sed "\$d" made | cp-plan --invert'
	run_sh 3 'cp-plan --invert <records'
	err 'there is none'
	# Whoever wrote it hashed it, too.
	forged() { # SED
		jq -c 'select(.kind != "end")' made | sed "$1" | jq -cS 'del(.plan_hash, select(.kind == "plan").path)' >lines
		jq -c --arg h "sha256:$(sha256sum lines | cut -c1-64)" 'if .kind == "plan" then .plan_hash = $h else . end' lines
		printf '{"kind":"end","count":%d,"status":0,"by":"test"}\n' "$(wc -l <lines)"
	}
	forged 's/"source":"a",//' >forged
	run_status 1 cp-plan --invert <forged
	refused 'MISSING: the plan does not say all that its inverse needs: source'
	for wrong in 's/"size":6/"size":"6"/' 's/"mode":"0644"/"mode":"644x"/' 's|libs/PKG-A/a|../a|' 's/"after":"sha256/"after":"x/'; do
		forged "$wrong" >forged
		run_status 1 cp-plan --invert <forged
		has 'MISSING'
		hasnt '"kind":"step"'
	done
	put PKG-A 1.0.0
	cp-plan <records >made
	run_status 1 cp-plan --invert <made
	refused 'MISSING: the plan does nothing, so there is nothing to take back'
	for more in --upgrade --force '--remove PKG-A'; do
		run_sh 2 "cp-plan --invert $more <made"
	done
}

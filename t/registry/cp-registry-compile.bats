load ../helper
load registry
load ../fault/sweep

csv=registries/file_ownership.csv

setup() {
	plane bare
	list lib
	list docs PKG-DOCS-001
}

compile() {
	cp-walk | cp-hash | cp-registry-compile "$@"
}

# found CODE PATH...: exactly these findings, status 1, nothing written.
found() {
	run_status 1 compile
	findings_are "$@"
	[ ! -e registries ]
}

@test "the registries of directories become one, and the sweep is clean" {
	run_status 0 compile
	silent
	[ "$(jq -c 'select(.hash) | [.kind, .path, .registries, .files]' <<<"$output")" = \
		"[\"compiled\",\"$csv\",2,5]" ]
	[ "$(jq -r 'select(.hash) | .hash' <<<"$output")" = "sha256:$(sha256sum <$csv | cut -c-64)" ]
	sum() { sha256sum <"$1" | cut -c-64; }
	diff - $csv <<-EOF
		file_path,owner_package_id,owner_spec_id,sha256,mode,classification,installed_at
		docs/.file_registry.csv,PKG-DOCS-001,,sha256:$(sum docs/.file_registry.csv),0644,documentation,
		docs/readme,PKG-DOCS-001,,sha256:$(sum docs/readme),0644,documentation,
		lib/.file_registry.csv,PKG-TEST-001,,sha256:$(sum lib/.file_registry.csv),0644,library,
		lib/a,PKG-TEST-001,,sha256:$(sum lib/a),0644,library,
		lib/b,PKG-TEST-001,,sha256:$(sum lib/b),0644,library,
	EOF
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
}

@test "the same tree gives the same bytes, in place of what was there" {
	run_status 0 compile
	cp $csv ../one
	echo junk >$csv
	run_status 0 compile
	cmp $csv ../one
	run_status 0 compile --at 2026-01-01T00:00:00Z
	[ "$(grep -c ',2026-01-01T00:00:00Z$' $csv)" -eq 5 ]
	cp $csv ../two
	run_status 0 compile --dry-run
	has '"dry_run":true'
	cmp $csv ../two
	run_status 2 cp-registry-compile --at now </dev/null
}

@test "framework and spec owners, links, modes and classes that are listed" {
	ln -s a lib/link
	chmod 4755 lib/b
	printf '%s\n' 'owner_registry,file_path,owner_id,content_hash,mode,owner_spec_id,classification,note' \
		'package,.file_registry.csv,PKG-A,,,,,' \
		"framework,a,FMWK-100,sha256:$(sha256sum <lib/a | cut -c-64),,SPEC-X,,note" \
		"spec,b,SPEC-B,sha256:$(sha256sum <lib/b | cut -c-64),4755,,word," \
		"package,link,PKG-A,sha256:$(printf a | sha256sum | cut -c-64),link,,," >lib/.file_registry.csv
	run_status 0 compile
	[ "$(grep ^lib/ $csv | cut -d, -f1-3,5,6)" = 'lib/.file_registry.csv,PKG-A,,0644,library
lib/a,FMWK-100,SPEC-X,0644,library
lib/b,SPEC-B,SPEC-B,4755,word
lib/link,PKG-A,,link,library' ]
}

@test "a registry may list what lies beneath, but not instead of that directory's own" {
	mkdir lib/sub
	echo x >lib/sub/x
	echo "sub/x,PKG-TEST-001,package,sha256:$(sha256sum <lib/sub/x | cut -c-64)" >>lib/.file_registry.csv
	found 'GAP lib/sub'
	printf '%s\n' file_path,owner_id,owner_registry,content_hash .file_registry.csv,PKG-A,package, \
		>lib/sub/.file_registry.csv
	run_status 0 compile
	grep -q '^lib/sub/x,PKG-TEST-001,' $csv
}

@test "each thing that is wrong is one finding, and nothing is written" {
	echo new >lib/new
	found 'ORPHAN lib/new'
	rm lib/new
	mv lib/b ../b
	found 'MISSING lib/b'
	mv ../b lib/b
	echo changed >lib/a
	found 'MODIFIED lib/a'
	printf 'alpha\n' >lib/a
	tail -n 1 lib/.file_registry.csv >>lib/.file_registry.csv
	found 'DUPLICATE lib/b'
	has 'listed once more by lib/.file_registry.csv:5'
	list lib
	mkdir new
	run_status 0 compile
}

@test "a directory without a registry, the root too, is one gap" {
	mkdir -p deep/er
	touch deep/er/x deep/er/y
	found 'GAP deep/er'
	list deep/er
	touch top
	found 'GAP -'
	has 'the root directory has no .file_registry.csv'
	list .
	run_status 0 compile
	rm -r registries lib/.file_registry.csv
	ln -s ../docs/.file_registry.csv lib/.file_registry.csv
	found 'GAP lib'
}

@test "a registry that does not list itself is nobody's" {
	sed -i '/^.file_registry/d' lib/.file_registry.csv
	found 'ORPHAN lib/.file_registry.csv'
}

@test "set-id and world-writable modes, and modes that differ" {
	chmod 4755 lib/a
	found 'MODE lib/a'
	chmod 666 lib/a
	found 'MODE lib/a'
	chmod 755 lib/a
	run_status 0 compile
	rm -r registries
	sed -i '1s/$/,mode/; 2,$s/$/,/; s/^\(a,.*\)$/\10644/' lib/.file_registry.csv
	found 'MODE lib/a'
	chmod 644 lib/a
	run_status 0 compile
}

# wrong WHY LINE: with this line added to lib's registry there is one REGISTRY finding, which says why and where.
wrong() {
	list lib
	printf '%s\n' "$2" >>lib/.file_registry.csv
	found 'REGISTRY lib/.file_registry.csv'
	has "\"line 5: $1"
}

@test "registries that are wrong in themselves" {
	h=sha256:$empty_sum
	wrong '2 fields where the header has 4' x,y
	wrong 'a blank line' ''
	wrong 'file_path is no path' "../docs/x,PKG-A,package,$h"
	wrong 'file_path is no path' "/x,PKG-A,package,$h"
	wrong 'file_path is no path' ",PKG-A,package,$h"
	wrong 'content_hash is not' 'x,PKG-A,package,'
	wrong 'content_hash is not' "x,PKG-A,package,$empty_sum"
	wrong 'a registry cannot hold its own hash' ".file_registry.csv,PKG-A,package,$h"
	wrong 'owner_registry is none of' "x,PKG-A,,$h"
	wrong 'owner_registry is none of' "x,PKG-A,packages,$h"
	wrong 'owner_id is no id of what' "x,SPEC-A,package,$h"
	wrong 'owner_id is no id of what' "x,PKG-a,package,$h"
	wrong 'owner_id is no id of what' "x,,package,$h"
	list lib
	printf 'x\0,PKG-A,package,%s\n' "$h" >>lib/.file_registry.csv
	found 'REGISTRY lib/.file_registry.csv'
	list lib
	sed -i 1s/owner_id/owner/ lib/.file_registry.csv
	found 'REGISTRY lib/.file_registry.csv'
	has 'line 1: no column is named owner_id'
	: >lib/.file_registry.csv
	found 'REGISTRY lib/.file_registry.csv'
	has 'it is empty'
	echo file_path,owner_id,owner_registry,content_hash >lib/.file_registry.csv
	found 'REGISTRY lib/.file_registry.csv'
	sed -i '1s/^/\xef\xbb\xbf/' lib/.file_registry.csv
	found 'REGISTRY lib/.file_registry.csv'
	has 'a byte-order mark'
}

@test "two bad rows are two findings; owners must be known where they are given" {
	printf '%s\n' 'id,name' 'PKG-TEST-001,x' >../packages.csv
	printf '%s\n' 'title,spec_id,framework_id' 'x,SPEC-1,FMWK-1' >../specs.csv
	run_status 1 compile --owners ../packages.csv --owners ../specs.csv
	findings_are 'REGISTRY docs/.file_registry.csv' 'REGISTRY docs/.file_registry.csv'
	has 'line 2: the owner is unknown'
	has 'line 3: the owner is unknown'
	[ ! -e registries ]
	echo PKG-DOCS-001,y >>../packages.csv
	run_status 0 compile --owners ../packages.csv --owners ../specs.csv
	: >../none.csv
	run_status 3 cp-registry-compile --owners ../none.csv </dev/null
	err 'it names nobody, it is empty'
	echo name >../none.csv
	run_status 3 cp-registry-compile --owners ../none.csv </dev/null
	err 'no column is named package_id'
	run_status 4 cp-registry-compile --owners ../absent.csv </dev/null
	run_status 4 cp-registry-compile --owners .. </dev/null
}

@test "the real registries name owners" {
	for f in packages_registry packages_state frameworks_registry specs_registry; do
		shared real/registries/$f.csv >/dev/null
		run_status 1 compile --owners "$shared"
		has 'the owner is unknown'
	done
	shared real/registries/prompts_registry.csv >/dev/null
	run_status 3 cp-registry-compile --owners "$shared" </dev/null
}

@test "a registry that changed behind the walk is not believed" {
	cp-walk | cp-hash >../in
	echo "x,PKG-A,package,sha256:$empty_sum" >>lib/.file_registry.csv
	run_sh 1 'cp-registry-compile <../in'
	findings_are 'CHANGING lib/.file_registry.csv'
	rm lib/.file_registry.csv
	run_sh 1 'cp-registry-compile <../in'
	findings_are 'CHANGING lib/.file_registry.csv'
	mkfifo lib/.file_registry.csv
	run_sh 1 'timeout 10 cp-registry-compile <../in'
	[ ! -e registries ]
}

@test "names with newline, comma, quote, escape and formulas" {
	echo x >"$(printf 'lib/n\n,"\033')"
	echo y >'lib/=1+1'
	printf '"n\n,""\033",PKG-A,package,sha256:%s\n=1+1,PKG-A,package,sha256:%s\n' \
		"$(echo x | sha256sum | cut -c-64)" "$(echo y | sha256sum | cut -c-64)" >>lib/.file_registry.csv
	run_status 0 compile
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
}

@test "CRLF registries are read" {
	sed -i 's/$/\r/' lib/.file_registry.csv
	run_status 0 compile
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	findings_are
}

@test "nothing to compile, a cut stream, an upstream that said no, past genesis: nothing is written" {
	run_sh 3 'cp-walk | cp-hash | head -n 4 | cp-registry-compile'
	hasnt finding
	run_sh 3 'cp-walk | cp-registry-compile'
	touch .genesis_complete
	run_status 1 compile
	err 'past its genesis'
	rm -r .genesis_complete lib docs
	run_status 1 compile
	err 'there is no file in the tree'
	[ ! -e registries ]
}

@test "killed or failed at any call, the registry is wholly old or wholly new" {
	run_status 0 compile
	sed 's/PKG-DOCS-001/PKG-OLD/' $csv >../old
	cp $csv ../new
	cp-walk | cp-hash >../in
	old_or_new() {
		cmp -s $csv ../old || cmp -s $csv ../new || { echo "the registry is neither old nor new"; return 1; }
		[ "$status" -ne 0 ] || cmp $csv ../new || return 1
		cp-registry-compile <../in >/dev/null && cmp $csv ../new &&
			[ "$(ls -A registries)" = file_ownership.csv ]
	}
	for what in kill ENOSPC EIO; do
		fault_sweep -d "$what" -p cp-registry-compile 'cp ../old registries/file_ownership.csv' \
			'cp-registry-compile <../in' old_or_new
		[ "$fault_points" -ge 3 ]
	done
}

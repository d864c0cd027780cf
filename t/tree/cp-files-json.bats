load ../helper
load ../fault/sweep

setup() {
	plane
}

pipe='cp-walk | cp-hash | cp-files-json'

@test "the inventory lists each file, counts them and has cp-merkle's root" {
	ln -s a lib/l
	run_sh 0 "$pipe"
	silent
	root=$(cp-walk | cp-hash | cp-merkle | jq -r '.root_hash // empty')
	h() { printf 'sha256:%s' "$(sha256sum | cut -c1-64)"; }
	diff - MANIFEST.json <<-EOF
		{"schema_version":"1.0","files":[
		{"path":"docs/readme","size":8,"mode":"0644","hash":"$(h <docs/readme)"},
		{"path":"lib/a","size":6,"mode":"0644","hash":"$(h <lib/a)"},
		{"path":"lib/b","size":5,"mode":"0644","hash":"$(h <lib/b)"},
		{"path":"lib/l","mode":"link","hash":"$(printf a | h)"}
		],"count":4,"root_hash":"$root"}
	EOF
	is '{"kind":"inventory","path":"MANIFEST.json","count":4,"root_hash":"'"$root"'","hash":"'"$(
		h <MANIFEST.json)"'","changed":true}
{"kind":"end","count":1,"status":0,"by":"cp-files-json"}'
	jq -e . MANIFEST.json >/dev/null
	[ "$(stat -c %a MANIFEST.json)" = 644 ]
	run_sh 0 "$pipe --check"
	findings_are
}

@test "the same tree is not written again; a sweep does not mind the file" {
	run_sh 0 "$pipe"
	before=$(stat -c '%i %Y %Z' MANIFEST.json)
	run_sh 0 "$pipe"
	has '"changed":false'
	[ "$(stat -c '%i %Y %Z' MANIFEST.json)" = "$before" ]
	run_sh 0 'cp-walk | cp-hash | cp-own-diff'
	chmod 600 lib/a
	run_sh 0 "$pipe"
	has '"changed":true'
}

@test "an operand names another file; --dry-run writes nothing" {
	run_sh 0 "$pipe $BATS_TEST_TMPDIR/list"
	has "\"file\":\"$BATS_TEST_TMPDIR/list\""
	[ ! -e MANIFEST.json ]
	run_sh 0 "$pipe --check $BATS_TEST_TMPDIR/list"
	rm -rf .cp
	run_sh 0 "$pipe --dry-run"
	has '"changed":true,"dry_run":true'
	[ ! -e MANIFEST.json ] && [ ! -e .cp ]
}

@test "a link in the place of the inventory is replaced, never followed" {
	echo precious >"$BATS_TEST_TMPDIR/precious"
	ln -s "$BATS_TEST_TMPDIR/precious" MANIFEST.json
	run_sh 4 "$pipe --check"
	run_sh 0 "$pipe"
	[ ! -L MANIFEST.json ]
	[ "$(cat "$BATS_TEST_TMPDIR/precious")" = precious ]
}

@test "names with every odd byte come back from the file" {
	for n in $'a\nb' $'a\tb' $'a\eb' 'a"b' 'a\b' $'\x01' 'ä 漢' "$(printf 'x%.0s' {1..255})"; do
		echo "$n" >"lib/$n"
	done
	run_sh 0 "$pipe"
	run_sh 0 "$pipe --check"
	findings_are
	[ "$(jq -j '.files[].path + "\u0000"' MANIFEST.json | base64)" = \
		"$(find docs lib -type f -print0 | LC_ALL=C sort -z | base64)" ]
}

@test "what cannot be listed is a finding, and nothing is written" {
	touch lib/$'\xff'
	mkfifo lib/pipe
	run_sh 1 "$pipe"
	findings_are "NAME $(printf 'lib/\xff' | base64)" 'TYPE lib/pipe'
	[ ! -e MANIFEST.json ]
	rm -r lib docs registries
	run_sh 1 "$pipe"
	err 'there is no file in it'
	[ ! -e MANIFEST.json ]
}

@test "a cut stream writes nothing" {
	run_sh 3 'cp-walk | cp-hash | head -n 4 | cp-files-json'
	[ ! -e MANIFEST.json ]
	run_sh 3 'cp-walk | cp-files-json'
	err 'not hashed'
	[ ! -e MANIFEST.json ]
	run_sh 0 "$pipe"
	run_sh 3 'cp-walk | cp-hash | head -n 4 | cp-files-json --check'
	hasnt '"kind":'
}

@test "--check finds each difference, once" {
	run_sh 0 "$pipe"
	printf Alpha >lib/a
	rm lib/b
	chmod 600 docs/readme
	echo new >lib/new
	mkfifo lib/pipe
	run_sh 1 "$pipe --check"
	findings_are 'MODIFIED lib/a' 'MISSING lib/b' 'MODE docs/readme' 'ORPHAN lib/new' 'TYPE lib/pipe'
	hasnt '"kind":"inventory"'
	rm -r lib/a lib/pipe lib/new
	mkdir lib/a
	touch lib/a/x
	run_sh 1 "$pipe --check"
	findings_are 'TYPE lib/a' 'MISSING lib/b' 'MODE docs/readme'
}

@test "a count, a root or a size that is not true is REGISTRY" {
	run_sh 0 "$pipe"
	cp MANIFEST.json good
	mv good "$BATS_TEST_TMPDIR"
	lie() {
		sed "$1" "$BATS_TEST_TMPDIR/good" >MANIFEST.json
		! cmp -s "$BATS_TEST_TMPDIR/good" MANIFEST.json
		run_sh 1 "$pipe --check"
		findings_are 'REGISTRY MANIFEST.json'
		has "$2"
	}
	lie 's/"count":3/"count":4/' 'counts 4 entries and has 3'
	lie "s/\"root_hash\":\"[^\"]*\"/\"root_hash\":\"sha256:$(printf %064d 1)\"/" 'root_hash is not'
	lie 's/"size":6/"size":7/' 'root_hash is not'
	run_sh 0 'cp-walk | cp-hash | sed "/lib.a/s/\"size\":6/\"size\":7/" | cp-files-json'
	run_sh 1 "$pipe --check"
	findings_are 'REGISTRY MANIFEST.json'
	has 'its sizes are not those on disk'
}

@test "an absent, empty, cut, malformed or respelled inventory is status 3, with the line" {
	run_sh 3 "$pipe --check"
	err 'there is none'
	run_sh 0 "$pipe"
	mv MANIFEST.json "$BATS_TEST_TMPDIR/good"
	good=$BATS_TEST_TMPDIR/good
	wrong() {
		run_sh 3 "$pipe --check"
		hasnt '"kind":'
		err "$1"
	}
	: >MANIFEST.json
	wrong 'it is empty'
	jq . "$good" >MANIFEST.json
	wrong 'MANIFEST.json:1:'
	head -n 3 "$good" >MANIFEST.json
	wrong 'it ends early'
	head -c -30 "$good" >MANIFEST.json
	wrong 'MANIFEST.json:5:'
	sed '3s/,$//' "$good" >MANIFEST.json
	wrong 'MANIFEST.json:4:'
	sed '3{h;d};4G' "$good" >MANIFEST.json
	wrong 'MANIFEST.json:'
	sed '3p' "$good" >MANIFEST.json
	wrong 'not in path order'
	sed '3s/"size"/ "size"/' "$good" >MANIFEST.json
	wrong 'MANIFEST.json:3:'
	sed '3s|lib/a|../a|' "$good" >MANIFEST.json
	wrong 'MANIFEST.json:3:'
	sed '3s/"mode":"0644"/"mode":"9644"/' "$good" >MANIFEST.json
	wrong 'MANIFEST.json:3:'
	{ cat "$good"; echo; } >MANIFEST.json
	wrong 'behind its end'
	{ head -n 1 "$good"; tail -n 1 "$good"; } >MANIFEST.json
	wrong 'it lists nothing'
	printf 'x%.0s' {1..70000} >MANIFEST.json
	wrong 'MANIFEST.json:1:'
	rm MANIFEST.json
	mkdir MANIFEST.json
	wrong 'it is a directory'
}

@test "a kill or a failure at any call leaves the old inventory or the new, whole" {
	run_sh 0 "$pipe"
	cp MANIFEST.json "$BATS_TEST_TMPDIR/old"
	echo more >>lib/a
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/in"
	run_sh 0 "$pipe"
	mv MANIFEST.json "$BATS_TEST_TMPDIR/new"
	either() {
		if cmp -s MANIFEST.json "$BATS_TEST_TMPDIR/old"; then
			[ "$status" -ne 0 ]
		else
			cmp MANIFEST.json "$BATS_TEST_TMPDIR/new"
		fi && { [ "$status" -eq 0 ] || cp-files-json <"$BATS_TEST_TMPDIR/in" >/dev/null; } &&
			cmp MANIFEST.json "$BATS_TEST_TMPDIR/new" && [ ! -e .MANIFEST.json.new ]
	}
	for what in kill EIO ENOSPC EINTR short; do
		fault_sweep -d "$what" -p cp-files-json 'cp "$BATS_TEST_TMPDIR/old" MANIFEST.json' \
			'cp-files-json <"$BATS_TEST_TMPDIR/in"' either
	done
}

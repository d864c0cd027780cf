load ../helper

# Judges one line as a document of that kind.
check_line() {
	printf '%s\n' "$2" >"$BATS_TEST_TMPDIR/line.json"
	cp-schema-check --as "$1" "$BATS_TEST_TMPDIR/line.json"
}

@test "a good tree passes, through a foreign filter too" {
	plane
	run_sh 0 "cp-walk | cp-through jq -c 'select(.size > 0)' | cp-hash | cp-schema-check"
	has '"kind":"verdict","gate":"SCHEMA","pass":true,"checked":4,"findings":0'
	has '"path":"lib/a"'
	run_sh 0 'cp-walk | cp-hash | cp-schema-check --known'
}

@test "strange names and strange things keep their schemas" {
	plane bare
	touch "lib/$(printf 'new\nline')" "lib/$(printf 'tab\t"quote\\')" "lib/$(printf 'bad\377')" 'lib/...' 'lib/.a'
	ln -s "$(printf '\377')" lib/link
	mkfifo lib/fifo
	run_sh 0 'cp-walk | cp-hash | cp-schema-check --known'
	has path_b64
	has target_b64
	has fifo
}

@test "what the programs say of themselves keeps its schema" {
	for p in "$CP_BUILD"/bin/*; do
		run_sh 0 "$p --describe | cp-schema-check --known"
		has '"pass":true'
	done
}

@test "findings and verdicts of a sweep keep their schemas" {
	plane
	printf X >>lib/a
	rm lib/b
	touch "lib/$(printf 'bad\377')"
	run_sh 1 'cp-walk | cp-hash | cp-own-diff | cp-schema-check --known'
	has '"gate":"SCHEMA","pass":true,"checked":'
}

@test "every schema has an example that it takes, and damage that it refuses" {
	local f kind line
	for f in "$CP_TOP"/schemas/*.json; do
		kind=$(basename "$f" .json)
		[ -s "$CP_TOP/t/golden/schemas/$kind.good" ] || { echo "no example of $kind"; false; }
		while IFS= read -r line; do
			run_status 0 check_line "$kind" "$line"
		done <"$CP_TOP/t/golden/schemas/$kind.good"
		[ -s "$CP_TOP/t/golden/schemas/$kind.bad" ] || { echo "no bad example of $kind"; false; }
		while IFS= read -r line; do
			run_status 1 check_line "$kind" "$line"
			has '"code":"SCHEMA"'
		done <"$CP_TOP/t/golden/schemas/$kind.bad"
	done
}

@test "schemas mean what they say: no unknown keyword, and the draft's own metaschema takes them" {
	echo '{"$ref":"https://json-schema.org/draft/2020-12/schema"}' >"$BATS_TEST_TMPDIR/meta.json"
	for f in "$CP_TOP"/schemas/*.json; do
		with=
		case $f in */event-*) with="--preload '$CP_TOP/schemas/event.json'" ;; esac
		run_status 0 cp-schema-check --schema "$BATS_TEST_TMPDIR/meta.json" "$f"
		run_sh 0 "echo '{\"kind\":\"x\"}' | cp-end | cp-schema-check $with --schema '$f' || [ \$? -eq 1 ]"
	done
	echo '{"type":"array","minItems":-1}' >"$BATS_TEST_TMPDIR/bad.json"
	run_status 1 cp-schema-check --schema "$BATS_TEST_TMPDIR/meta.json" "$BATS_TEST_TMPDIR/bad.json"
	has '/minItems: is not at least 0'
}

@test "the real governed roots keep their schema" {
	f=$(shared real/config/governed_roots.json)
	run_status 0 cp-schema-check --as governed_roots "$f"
	jq '.governed_roots += ["../outside"] | .surprise = 1' "$f" >"$BATS_TEST_TMPDIR/g.json"
	run_status 1 cp-schema-check --as governed_roots "$BATS_TEST_TMPDIR/g.json"
	has '/governed_roots/12: does not match'
	has 'has a member surprise, which is not allowed'
}

@test "a bad record is a finding with its path, where, and why; it passes all the same" {
	run_sh 1 'echo "{\"kind\":\"file\",\"path\":\"lib/a\",\"size\":-1,\"mode\":\"644\"}" | cp-end | cp-schema-check'
	[ "${lines[0]}" = '{"kind":"file","path":"lib/a","size":-1,"mode":"644"}' ]
	findings_are 'SCHEMA lib/a' 'SCHEMA lib/a'
	has '/size: is not at least 0 (file.json#/properties/size/minimum)'
	has '/mode: does not match'
	has '"pass":false,"checked":1,"findings":2'
}

@test "a record without a path is named by its line" {
	run_sh 1 'printf "%s\n" "{\"kind\":\"dir\",\"path\":\"a\"}" "{\"kind\":\"finding\"}" | cp-end | cp-schema-check'
	has '"detail":"line 2: has no member by'
	has 'has no member code'
}

@test "bad paths" {
	for p in /a a/ a//b . .. ./a a/. a/../b ''; do
		run_sh 1 "echo '{\"kind\":\"dir\",\"path\":\"$p\"}' | cp-end | cp-schema-check"
	done
	for p in a .a a. a/... a/.b..c '...'; do
		run_sh 0 "echo '{\"kind\":\"dir\",\"path\":\"$p\"}' | cp-end | cp-schema-check"
	done
}

@test "a kind without a schema passes, counted; nothing judged is no pass; --known makes it a finding" {
	run_sh 1 'echo "{\"kind\":\"x-foreign\",\"a\":[]}" | cp-end | cp-schema-check'
	has '{"kind":"x-foreign","a":[]}'
	has '"pass":false,"checked":0'
	has '"unjudged":1'
	run_sh 0 'printf "%s\n" "{\"kind\":\"x-foreign\"}" "{\"kind\":\"dir\",\"path\":\"a\"}" | cp-end |
		cp-schema-check'
	has '"checked":1'
	run_sh 1 'printf "%s\n" "{\"kind\":\"x-foreign\"}" "{\"kind\":\"dir\",\"path\":\"a\"}" | cp-end |
		cp-schema-check --known'
	has "line 1: no schema for the kind x-foreign"
	printf '%s\n' '{"kind":"../schemas/file"}' \
		'{"kind":"end","count":1,"status":0,"by":"x"}' >"$BATS_TEST_TMPDIR/in"
	run_sh 1 "cp-schema-check --known <'$BATS_TEST_TMPDIR/in'"
}

@test "tags pass, foreign structure does not" {
	run_sh 0 'echo "{\"kind\":\"dir\",\"path\":\"a\",\"host\":\"h\"}" | cp-end | cp-schema-check'
	run_sh 1 'echo "{\"kind\":\"dir\",\"path\":\"a\",\"fields\":{}}" | cp-end | cp-schema-check'
	run_sh 1 'echo "{\"kind\":\"dir\",\"path\":\"a\",\"Host\":\"h\"}" | cp-end | cp-schema-check'
}

@test "many faults are summed up" {
	run_sh 1 "jq -nc '{kind: \"dir\", path: \"a\"} + ([range(100) | {key: \"A\(.)\", value: 1}] | from_entries)' |
		cp-end | cp-schema-check"
	has 'and 80 faults more'
}

@test "an open or cut stream gets no verdict" {
	run_sh 3 'echo "{\"kind\":\"dir\",\"path\":\"a\"}" | cp-schema-check'
	hasnt verdict
	run_sh 0 'echo "{\"kind\":\"dir\",\"path\":\"a\"}" | cp-schema-check --open'
	has '"pass":true'
	printf '%s\n' '{"kind":"verdict","gate":"SCHEMA","pass":true,"checked":1,"findings":0}' \
		'{"kind":"end","count":1,"status":0,"by":"x"}' >"$BATS_TEST_TMPDIR/in"
	run_sh 3 "cp-schema-check <'$BATS_TEST_TMPDIR/in'"
	err 'a verdict of this gate'
}

@test "one schema for every record, with remotes that were preloaded" {
	cd "$BATS_TEST_TMPDIR"
	echo '{"properties":{"n":{"$ref":"https://example.com/n.json"}}}' >s.json
	echo '{"$id":"https://example.com/n.json","type":"integer","maximum":5}' >n.json
	run_sh 0 'echo "{\"kind\":\"x\",\"n\":5}" | cp-end | cp-schema-check --schema s.json --preload n.json'
	run_sh 1 'echo "{\"kind\":\"x\",\"n\":6}" | cp-end | cp-schema-check --schema s.json --preload n.json'
	has '/n: is not at most 5 (n.json#/maximum)'
	run_sh 3 'echo "{\"kind\":\"x\",\"n\":5}" | cp-end | cp-schema-check --schema s.json'
	err 'it is not loaded, and nothing is fetched'
}

@test "bad schemas are refused before anything is judged" {
	cd "$BATS_TEST_TMPDIR"
	echo '{"kind":"x"}' | cp-end >in
	for s in '{"typ":1}' '{"$ref":"#/nowhere"}' '{"pattern":"("}' '[]' '{' ''; do
		printf %s "$s" >s.json
		run_sh 3 'cp-schema-check --schema s.json <in'
		[ -z "$output" ]
		err 'unable to use the schema'
	done
	echo '{"typ":1}' >s.json
	run_sh 0 'cp-schema-check --unknown annotate --schema s.json <in'
	run_sh 4 'cp-schema-check --schema nowhere.json <in'
	run_sh 4 'cp-schema-check --schemas nowhere <in'
	mkdir d
	echo 7 >d/x.json
	run_sh 3 'cp-schema-check --schemas d <in'
	echo '{"required":["y"]}' >d/x.json
	run_sh 1 'cp-schema-check --schemas d <in'
}

@test "called wrongly" {
	run_status 2 cp-schema-check --schema a --as b
	run_status 2 cp-schema-check document.json
	run_status 2 cp-schema-check --as nothing-of-ours document.json
	run_status 2 cp-schema-check --unknown ignore
}

@test "documents: malformed is 3, unreadable is 4" {
	cd "$BATS_TEST_TMPDIR"
	echo '{"a":1,"a":2}' >twice.json
	run_status 3 cp-schema-check --as governed_roots twice.json
	err 'twice.json: unable to read the document: duplicate key'
	run_status 4 cp-schema-check --as governed_roots absent.json
}

@test "MANIFEST.json as it is written keeps its schema, and so does what its writer says" {
	plane
	ln -s a lib/l
	run_sh 0 'cp-walk | cp-hash | cp-files-json | cp-schema-check --known'
	has '"pass":true'
	run_status 0 cp-schema-check --as tree_manifest MANIFEST.json
	has '"pass":true'
	run_sh 0 'cp-walk | cp-hash | cp-merkle | cp-schema-check --known'
	has '"pass":true'
}

@test "rows, owners and registries keep their schemas" {
	plane
	run_sh 0 'cp-registry-read | cp-schema-check --known'
	run_sh 0 'cp-csv-read registries/file_ownership.csv | cp-schema-check --known'
	rm registries/file_ownership.csv
	run_sh 0 'cp-walk | cp-hash | cp-baseline --owner PKG-A | cp-schema-check --known'
	has '"kind":"baseline"'
}

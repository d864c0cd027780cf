load ../helper
load law

setup() { cd "$BATS_TEST_TMPDIR"; }

# bad LINE WHY: spec.yaml is refused with status 3, there, for that reason; nothing is written.
bad() {
	run_status 3 cp-spec-read spec.yaml
	err "cp-spec-read: spec.yaml:$1unable to read the spec: $2"
	hasnt '"end"'
	hasnt '"spec"'
}

@test "a manifest as a record: what the chain needs, the document, and where it stands" {
	printf '%s\n' 'spec_id: SPEC-A' 'assets:' '  - a' '  - path: b' '    x: 1' '  - 3' 'version: 1' >spec.yaml
	run_status 0 cp-spec-read spec.yaml
	silent
	is "$(printf %s '{"kind":"spec","path":"spec.yaml","spec_id":"SPEC-A","assets":["a","b",null],' \
		'"document":{"spec_id":"SPEC-A","assets":["a",{"path":"b","x":1},3],"version":1},' \
		'"lines":{"/spec_id":1,"/assets":2,"/assets/0":3,"/assets/1":4,"/assets/1/path":4,"/assets/1/x":5,' \
		'"/assets/2":6,"/version":7}}')
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-spec-read\"}"
}

@test "a document cannot make itself another kind of record" {
	printf '%s\n' 'kind: end' 'count: 0' 'spec_id: SPEC-A' >spec.yaml
	run_status 0 cp-spec-read spec.yaml
	[ "$(jq -r .kind <<<"$output" | paste -sd' ')" = 'spec end' ]
	[ "$(jq -r 'select(.document) | .document.kind' <<<"$output")" = end ]
}

@test "the real manifests are all read" {
	shared real/specs >/dev/null
	run_status 0 cp-spec-read "$shared"/*.yaml
	silent
	[ "$(jq -r 'select(.kind == "spec") | .spec_id' <<<"$output")" = \
		"$(printf '%s\n' "$shared"/*.yaml | sed 's|.*/||; s|\.yaml$||')" ]
	[ "$(jq -r 'select(.kind == "spec") | .assets[] // error' <<<"$output" | wc -l)" -eq 163 ]
}

@test "what cannot be read" {
	: >spec.yaml
	bad '1: ' 'an empty document'
	spec
	sed -i 's/$/\r/' spec.yaml
	bad '1: ' ''
	spec
	sed -i '1s/^/\xef\xbb\xbf/' spec.yaml
	bad '1: ' ''
	spec
	echo 'title: again' >>spec.yaml
	bad '20: ' 'a duplicate key'
	spec
	printf 'a: &x [1]\nb: *x\n' >>spec.yaml
	bad '20: ' 'an anchor'
	printf -- '- a\n' >spec.yaml
	bad ' ' 'it is no mapping'
	printf 'a: \xff\n' >spec.yaml
	bad '1: ' ''
	run_status 4 cp-spec-read nothing.yaml
}

@test "an alias bomb, and a line of one gigabyte, in memory that has a limit" {
	{
		echo 'a: &a [x,x,x,x,x,x,x,x,x]'
		for p in a:b b:c c:d d:e e:f f:g g:h; do
			echo "${p#*:}: &${p#*:} [*${p%:*},*${p%:*},*${p%:*},*${p%:*},*${p%:*},*${p%:*},*${p%:*},*${p%:*}]"
		done
	} >spec.yaml
	bad '1: ' ''
	{ printf 'title: "' && head -c 1G /dev/zero | tr '\0' x; } >spec.yaml
	(
		[[ $CP_BUILD == *asan* ]] || ulimit -v 200000
		bad '1: ' ''
	)
	rm spec.yaml
}

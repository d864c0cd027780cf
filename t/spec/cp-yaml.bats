load ../helper

setup() { cd "$BATS_TEST_TMPDIR"; }

# bad PLACE WHY TEXT: the text (printf format) is refused with status 3 at LINE and COLUMN, and nothing is written.
bad() {
	# shellcheck disable=SC2059
	printf "$3" >in
	run_status 3 cp-yaml in
	err "cp-yaml: in:${1%:*}: unable to read the document: $2"
	err " at column ${1#*:}"
	[ -z "$output" ] || { show_run; return 1; }
}

@test "a document is one record, nested, its members in order" {
	printf 'z: 1\nkind: end\npath: "../x"\na:\n  - no\n  - {b: [true, ~]}\n' >in
	run_status 0 cp-yaml in
	is '{"kind":"document","path":"in","format":"yaml","document":{"z":1,"kind":"end","path":"../x","a":["no",{"b":[true,null]}]}}
{"kind":"end","count":1,"status":0,"by":"cp-yaml"}'
	silent
	run_sh 0 'cp-yaml in | cp-schema-check --known | jq -r "select(.kind == \"verdict\").pass"'
	is true
}

@test "standard input has no path; a name that is none of the plane's is the source" {
	echo 'a: 1' >one
	mkdir -p x
	printf 'a: 1\n' >"$(printf 'n\377')"
	run_sh 0 "printf 'b: 2\n' | cp-yaml one - x/../one '$PWD/one' \"\$(printf 'n\377')\""
	[ "$(jq -c 'select(.document) | [.path, .source, .path_b64, .document]' <<<"$output")" = '["one",null,null,{"a":1}]
[null,null,null,{"b":2}]
[null,"x/../one",null,{"a":1}]
[null,"'"$PWD"'/one",null,{"a":1}]
[null,null,"bv8=",{"a":1}]' ]
	run_sh 0 'cp-yaml x/../one | cp-schema-check --known >/dev/null'
}

@test "what has more than one meaning, or none, is refused with line and column" {
	bad 1:1 'an empty document' ''
	bad 2:1 'a second document' 'a: 1\n---\nb: 2\n'
	bad 1:1 'a directive' '%%YAML 1.1\n---\na: 1\n'
	bad 2:4 'an anchor' 'a: 1\nb: &x 2\n'
	bad 1:4 'an alias' 'a: *x\n'
	bad 1:4 'a tag' 'a: !!python/object:os.system x\n'
	bad 2:3 'a merge key' 'a:\n  <<: {b: 1}\n'
	bad 3:1 'a duplicate key, a' 'a: 1\nb: 2\n"a": 3\n'
	bad 1:1 'a key that is no string' '1: x\n'
	bad 1:2 'a pair without braces in a flow sequence' '[a: 1]\n'
	bad 1:3 'an empty value in a flow collection' '{a}\n'
	bad 1:7 'a number that JSON cannot say so' 'mode: 0644\n'
	bad 2:1 'bad syntax (found character that cannot start any token' 'a:\n\tb: 1\n'
	bad 1:5 'a last line without line feed' 'a: 1'
	bad 1:5 'a carriage return' 'a: 1\r\n'
	bad 1:1 'a byte-order mark' '\357\273\277a: 1\n'
	bad 1:4 'a NUL byte' 'a: \0\n'
	bad 1:4 'text that is not UTF-8' 'a: \377\n'
	bad 1:4 'a control character' 'a: \033[2J\n'
	bad 1:4 'a line separator other than line feed' 'a: \342\200\250\n'
}

@test "bombs: aliases, depth, width, one value or comment without end" {
	bad 1:4 'an anchor' 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n'
	for open in '[' '- ' '{a: ' '? '; do
		head -c 1000000 < <(yes "$open" | tr -d '\n') >in
		run_status 3 timeout 20 cp-yaml in
		hasnt '"end"'
	done
	run_sh 3 '{ printf "a: "; head -c 1000000000 /dev/zero | tr "\0" x; } | cp-yaml'
	err 'a value longer than 1048576 bytes'
	run_sh 3 '{ printf "#"; head -c 1000000000 /dev/zero | tr "\0" x; } | cp-yaml'
	run_sh 3 'head -c 1000000000 /dev/zero | tr "\0" "\n" | cp-yaml'
	run_sh 3 '{ echo "a:"; seq -f "  - %.0f" 1000000; } | cp-yaml'
	err 'a document longer than 1048576 bytes as JSON'
	run_sh 3 '{ echo "a:"; seq -f "  - %.0f" 120000; } >in; cp-yaml in >/dev/null && cp-yaml --positions in'
	err 'in: unable to make a record of the document: it is over 1 MiB'
}

@test "documents before the bad one are handed on, the end is not" {
	echo 'a: 1' >one
	echo 'a: *b' >two
	run_status 3 cp-yaml one two
	has '"document":{"a":1}'
	hasnt '"end"'
	run_status 4 cp-yaml nothing
	err 'unable to open nothing: No such file or directory'
	mkdir -p dir
	run_status 4 cp-yaml dir
}

@test "positions lead from every pointer to where its value begins" {
	printf '# c\na: 1\nb/c:\n  - x\n  - {"~": é, d: [2]}\n' >in
	run_status 0 cp-yaml --positions in
	[ "$(jq -c 'select(.positions).positions' <<<"$output")" = '{"":[2,1],"/a":[2,1],"/b~1c":[3,1],"/b~1c/0":[4,5],'$(
	)'"/b~1c/1":[5,5],"/b~1c/1/~0":[5,6],"/b~1c/1/d":[5,14],"/b~1c/1/d/0":[5,18]}' ]
	run_sh 0 'cp-yaml --positions in | cp-schema-check --known >/dev/null'
}

@test "every real spec is read, and its positions point at what they name" {
	local n=0
	for f in "$(shared real/specs)"/*.yaml; do
		run_status 0 cp-yaml --positions "$f"
		silent
		jq -r 'select(.positions) | .document as $d | .positions | to_entries[] | select(.key | test("^/[a-z_]+$"))
			| "\(.value[0]) \(.key[1:])"' <<<"$output" >keys
		while read -r line key; do
			[[ $(sed -n "${line}p" "$f") == "$key:"* ]]
		done <keys
		[ -s keys ]
		n=$((n + 1))
	done
	[ "$n" -eq 22 ]
}

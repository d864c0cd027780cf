load ../helper
load law

setup() {
	plane bare
	mkdir -p mod/tests
	printf '# Mod\n\n## Overview\n\nx\n\n## Usage\n\ny\n' >mod/README.md
	printf 'x = 1\ny = 2\n' >mod/core.py
	: >mod/tests/test_core.py
	companion='"required_files":["README.md","tests/"],"file_names":{"tests/":"test_*.py"},
		"required_sections":{"README.md":["# Overview","Usage"]},
		"forbidden_patterns":["sk-ant-","password="],"max_lines":{"**/*.py":2}'
}

# judge STATUS [ARG...]: mod/ by $companion
judge() {
	local want=$1
	shift
	printf '{"schema_version":"1.0","framework_id":"FMWK-100",%s}\n' "$companion" >"$BATS_TEST_TMPDIR/compliance.json"
	run_sh "$want" "cp-walk | cp-comply-check --in mod $* '$BATS_TEST_TMPDIR/compliance.json'"
}

@test "a tree that complies; all that came in goes on" {
	judge 0
	located_are ''
	has '"gate":"COMPLIANCE","pass":true,"checked":3,"findings":0'
	has '"path":"docs/readme"'
}

@test "each rule: missing, misnamed, without a section, forbidden, too long" {
	rm mod/tests/test_core.py
	judge 1
	located_are 'mod:- error COMPLIANCE nothing is there as tests/**'
	: >mod/tests/core_test.py
	judge 1
	located_are 'mod/tests/core_test.py:- error COMPLIANCE the name is not one that files in tests/ have: "test_*.py"'
	mv mod/tests/core_test.py mod/tests/test_core.py
	rm mod/README.md
	judge 1
	located_are 'mod/README.md:- error COMPLIANCE nothing is there as README.md'
	printf '# Mod\n\n## usage\n\n```\n## Overview\n```\n' >mod/README.md
	judge 1
	located_are 'mod/README.md:- error COMPLIANCE it has no section # Overview'
	printf '# Overview\r\n' >mod/README.md
	judge 1
	located_are 'mod/README.md:1 error COMPLIANCE its sections cannot be read: a carriage return'
	printf '# Mod\n\n## Overview\n\npassword=x\n\n## Usage\n' >mod/README.md
	judge 1
	located_are 'mod/README.md:5 error COMPLIANCE it holds what may not be there: password='
	sed -i s/password=// mod/README.md
	echo 'z = 3' >>mod/core.py
	judge 1
	located_are 'mod/core.py:3 error COMPLIANCE it has 3 lines, and may have 2'
}

@test "a last line without line feed counts, bytes that are no text are searched" {
	printf 'a\nb\nsk-ant-' >mod/core.py
	judge 1
	located_are 'mod/core.py:3 error COMPLIANCE it holds what may not be there: sk-ant-' \
		'mod/core.py:3 error COMPLIANCE it has 3 lines, and may have 2'
	printf '\xff\0sk-ant-\xfe\n' >mod/core.py
	judge 1
	located_are 'mod/core.py:1 error COMPLIANCE it holds what may not be there: sk-ant-'
	companion='"forbidden_patterns":["^s\\u00e9cret.$"]'
	printf 's\xe9cret\xe9\n' >mod/core.py
	judge 1
	located_are 'mod/core.py:1 error COMPLIANCE it holds what may not be there: ^s\u00e9cret.$'
}

@test "forbidden patterns of some files, with a reason" {
	companion='"forbidden_patterns":[{"pattern":"^x","files":"*.py","why":"names are long"}]'
	echo x >mod/x.txt
	judge 1
	located_are 'mod/core.py:1 error COMPLIANCE it holds what may not be there: ^x: names are long'
}

@test "conditions: by a fact given, by what a file says, else" {
	companion='"facts":{"altitude":{"file":"08_commit.md","section":"ALTITUDE"}},
		"when":[{"if":{"altitude":["L4","L3"]},"then":{"required_files":["00_overview.md"]},"else":{"required_files":["code.c"]}},
		{"if":{"altitude":"L4","type":"agent"},"then":{"forbidden_patterns":["x ="]}}]'
	judge 1
	located_are 'mod/code.c:- error COMPLIANCE nothing is there as code.c'
	judge 1 --fact altitude=L3
	located_are 'mod/00_overview.md:- error COMPLIANCE nothing is there as 00_overview.md'
	printf '# C\n\n## ALTITUDE\nL4 (Vision)\n' >mod/08_commit.md
	judge 1
	located_are 'mod/00_overview.md:- error COMPLIANCE nothing is there as 00_overview.md'
	: >mod/00_overview.md
	judge 0
	judge 1 --fact type=agent
	located_are 'mod/core.py:1 error COMPLIANCE it holds what may not be there: x ='
	judge 1 --fact altitude=L1
	located_are 'mod/code.c:- error COMPLIANCE nothing is there as code.c'
}

@test "the whole plane, without --in" {
	companion='"required_files":["lib/","*.toml"],"file_names":{"./":["*"]}'
	judge 1
	printf '{"schema_version":"1.0","framework_id":"FMWK-100","required_files":["lib/","*.toml","docs/x"]}' >"$BATS_TEST_TMPDIR/c.json"
	run_sh 1 "cp-walk | cp-comply-check '$BATS_TEST_TMPDIR/c.json'"
	located_are '-:- error COMPLIANCE nothing is there as *.toml' 'docs/x:- error COMPLIANCE nothing is there as docs/x'
}

@test "a companion that is none" {
	for c in '"required_file":[]' '"max_lines":0' '"forbidden_patterns":["("]' '"required_files":["["]' '"max_lines":1,"max_lines":2' \
		'"forbidden_patterns":[{"pattern":"a","files":"a//b"}]' '"file_names":{"t[/":"*"}' \
		'"when":[{"if":{"a":"b"},"then":{"forbidden_patterns":["(?i)x"]}}]'; do
		companion=$c
		judge 3
		err 'compliance.json: unable to use the companion: '
		hasnt verdict
	done
	: >c
	run_sh 3 'cp-walk | cp-comply-check c'
	run_sh 4 'cp-walk | cp-comply-check nothing'
	run_sh 2 'cp-walk | cp-comply-check --in ../x c'
	run_sh 2 'cp-walk | cp-comply-check --fact x c'
}

@test "a pattern that would take for ever ends soon, and is no pass" {
	companion='"forbidden_patterns":["^(a+)+$"]'
	printf '%s!\n' "$(head -c 60000 /dev/zero | tr '\0' a)" >mod/core.py
	judge 1
	has 'could not be searched for ^(a+)+$ in bounded time'
}

@test "links are not followed, and what cannot be read is no pass" {
	echo password= >"$BATS_TEST_TMPDIR/secret"
	cp-walk >"$BATS_TEST_TMPDIR/tree"
	rm mod/core.py
	ln -s "$BATS_TEST_TMPDIR/secret" mod/core.py
	judge 0
	run_sh 1 "cp-comply-check --in mod '$BATS_TEST_TMPDIR/compliance.json' <'$BATS_TEST_TMPDIR/tree'"
	located_are 'mod/core.py:- error COMPLIANCE it could not be judged: it is a symbolic link, or behind one'
	rm mod/core.py
	head -c 2000000 /dev/zero >mod/core.py
	judge 1
	located_are 'mod/core.py:- error COMPLIANCE it could not be judged: a line is longer than 1 MiB'
}

@test "nothing judged is nothing passed" {
	printf '{"schema_version":"1.0","framework_id":"FMWK-100"}' >c
	run_sh 1 'cp-walk | cp-comply-check --in nowhere c'
	has '"pass":false,"checked":0'
	run_sh 3 'cp-walk | sed "\$d" | cp-comply-check c'
}

@test "the assets of a package, at their source" {
	printf '{"schema_version":"1.0","framework_id":"FMWK-100",%s}\n' "$companion" >"$BATS_TEST_TMPDIR/compliance.json"
	printf '{"kind":"asset","source":"%s","hash":"sha256:%064d","plane":"ho3","type":"other"}\n' \
		README.md 0 core.py 0 tests/test_core.py 0 >"$BATS_TEST_TMPDIR/assets"
	assets="cp-end cat '$BATS_TEST_TMPDIR/assets' | cp-comply-check"
	run_sh 0 "$assets --files mod '$BATS_TEST_TMPDIR/compliance.json'"
	has '"gate":"COMPLIANCE","pass":true,"checked":3,"findings":0'
	echo 'password=x' >>mod/core.py
	run_sh 1 "$assets --files mod '$BATS_TEST_TMPDIR/compliance.json'"
	has 'it holds what may not be there: password='
	run_sh 3 "$assets '$BATS_TEST_TMPDIR/compliance.json'"
	err 'unable to judge a package without its files'
	sed -i 's|core.py|../core.py|' "$BATS_TEST_TMPDIR/assets"
	run_sh 3 "$assets --files mod '$BATS_TEST_TMPDIR/compliance.json'"
	hasnt '"kind":"verdict"'
	rm mod/core.py && ln -s /etc/passwd mod/core.py
	sed -i 's|\.\./core.py|core.py|' "$BATS_TEST_TMPDIR/assets"
	run_sh 1 "$assets --files mod '$BATS_TEST_TMPDIR/compliance.json'"
	has 'it is a symbolic link'
}

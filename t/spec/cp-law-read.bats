load ../helper
load law

setup() { cd "$BATS_TEST_TMPDIR"; }

# reads LINE WHY: law.md is refused with status 3, there, for that reason; nothing but the reason is written.
bad() {
	run_status 3 cp-law-read law.md
	err "cp-law-read: law.md:$1unable to read the law document: $2"
	hasnt '"end"'
	hasnt '"framework"'
}

# facts: what the record says of the document's identity.
facts() {
	jq -r 'select(.kind == "framework") | [.framework_id, .version, .status, .plane, .metadata.style] |
		map(. // "-") | join(" ")' <<<"$output"
}

@test "a document as the template has it" {
	law
	run_status 0 cp-law-read law.md
	silent
	is "$(printf %s '{"kind":"framework","path":"law.md","framework_id":"FMWK-900","title":"Test Law",' \
		'"version":"1.2.0","status":"active","plane":"ho3","metadata":{"style":"list","fields":[' \
		'{"name":"framework_id","value":"FMWK-900","style":"list","line":4},' \
		'{"name":"version","value":"1.2.0","style":"list","line":5},' \
		'{"name":"status","value":"active","style":"list","line":6},' \
		'{"name":"plane","value":"ho3","style":"list","line":7},' \
		'{"name":"framework_id","value":"FMWK-900","style":"title","line":1},' \
		'{"name":"title","value":"Test Law","style":"title","line":1}]},' \
		'"sections":[{"title":"FMWK-900: Test Law","level":1,"line":1},' \
		'{"name":"metadata","title":"Metadata","level":2,"line":3},' \
		'{"name":"invariants","title":"Invariants","level":2,"line":9},' \
		'{"name":"path_authorizations","title":"Path Authorizations","level":2,"line":16},' \
		'{"name":"required_gates","title":"Required Gates","level":2,"line":21},' \
		'{"name":"change_control","title":"Change Control","level":2,"line":26},' \
		'{"name":"security_posture","title":"Security Posture","level":2,"line":30}],' \
		'"invariants":[{"level":"MUST","text":"Every file has an owner","line":10},' \
		'{"level":"MUST NOT","text":"Nobody owns a file twice","line":11},' \
		'{"level":"SHOULD","text":"Names are short","line":12},' \
		'{"level":"SHOULD NOT","text":"Names are funny","line":13},' \
		'{"level":"MAY","text":"Files are empty","line":14}],' \
		'"path_authorizations":[{"pattern":"libs/{package_id}/**","line":17},' \
		'{"pattern":"specs/{spec_id}/**","line":18},{"pattern":"docs/*.md","line":19}],' \
		'"required_gates":[{"gate":"G0-PACKAGE","line":22},{"gate":"G0-SPEC","line":23},' \
		'{"gate":"G-INTEGRITY","line":24}],' \
		'"change_control":[{"type":"code_change","line":27},{"type":"spec_delta","line":28}],' \
		'"security_posture":[{"text":"Fail-closed on all gate failures","line":31}],"content":[]}')
{\"kind\":\"end\",\"count\":1,\"status\":0,\"by\":\"cp-law-read\"}"
}

@test "metadata in each of their spellings, and no asterisk in a value" {
	printf '# FMWK-1: A\n\n**Version:** 1.0.0  \n**Status:** DRAFT\n**Plane**: ho2\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(facts)" = 'FMWK-1 1.0.0 draft ho2 bold' ]
	printf '# FMWK-1: A\n\n## Metadata\n\n- **Framework ID**: FMWK-1\n- **Version:** 1.0.0\n- **Status**: Active\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(facts)" = 'FMWK-1 1.0.0 active - bold_list' ]
	printf '# FMWK-1: A\n\n## Status\n- Version: 1.0.0\n- State: draft\n- Owner: x\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(facts)" = 'FMWK-1 1.0.0 draft - status' ]
	printf '# A\n\n## Metadata\n\n```yaml\nframework_id: FMWK-2\nversion: 1.0.0\nplane_id: ho1\n```\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(facts)" = 'FMWK-2 1.0.0 - ho1 yaml' ]
	printf '# FMWK-3\n\ntext\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(facts)" = 'FMWK-3 - - - none' ]
}

@test "the better spelling is believed, and where each stands is told" {
	printf '# FMWK-1: A\n\n**Version:** 1.0.0\n\n## Metadata\n- version: 2.0.0\n\n## Status\n- Version: 3.0.0\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(facts)" = 'FMWK-1 2.0.0 - - list' ]
	[ "$(jq -r '.metadata.fields // [] | .[] | select(.name == "version") | "\(.value) \(.line)"' <<<"$output" |
		paste -sd,)" = '2.0.0 6,1.0.0 3,3.0.0 9' ]
}

@test "what looks like metadata elsewhere is none" {
	printf '# FMWK-1: A\n\n## Purpose\n\n**Version:** 9.9.9\n\n- version: 8.8.8\n\n> ## Metadata\n> - version: 7.7.7\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(facts)" = 'FMWK-1 - - - none' ]
}

@test "tables, numbered headings, sections within sections" {
	cat >law.md <<-'EOF'
		# FMWK-1: A

		## 2. Required Gates (all of them)

		| Gate | Why |
		|------|-----|
		| G0A | a |
		| `G1` | b |

		## Invariants
		### Some
		- [MUST] a
		  - not a rule
		### Security Posture
		- closed
		### More
		- [MUST] b
	EOF
	run_status 0 cp-law-read law.md
	[ "$(jq -c 'select(.invariants) | [(.required_gates[] | .gate, .line), (.invariants[] | .text, .line),
		(.security_posture[] | .text, .line)]' <<<"$output")" = '["G0A",7,"G1",8,"a",12,"b",17,"closed",15]' ]
}

@test "what a law document may not hold is told, with its line" {
	cat >law.md <<-'EOF'
		# FMWK-1: A

		Uses `lib/a.py` and lib/b.py, `verify(x)` and `pytest -v`;
		`{"a": 1}` is data, `openssl==3.0` a version, [this](scripts/c.sh) a link.

		```python
		x = 1
		```

		    drawn by indentation
	EOF
	run_status 0 cp-law-read law.md
	[ "$(jq -r 'select(.content) | .content[] | "\(.line) \(.what) \(.text | split("\n")[0])"' <<<"$output")" = \
		'3 path lib/a.py
3 path lib/b.py
3 signature verify(x)
3 command pytest -v
4 payload {"a": 1}
4 pin openssl==3.0
4 path scripts/c.sh
6 code x = 1
10 block drawn by indentation' ]
}

@test "what is no such content" {
	cat >law.md <<-'EOF'
		# FMWK-1: A

		`lib/*.py`, `libs/{package_id}/a.c`, `planes/<tier>/x.json`, `tests/`, and/or, I/O, 1.0/2.0, `.tar.gz`, `G0A`,
		`builder.tool`, `framework_id`, v1.0, >=1.0.0, a@b.example, tests(s), see [the law](FMWK-2_other.md#part).
		https://example.org/a.html

		```markdown
		# FMWK-{NNN}: {Title}
		```
	EOF
	run_status 0 cp-law-read law.md
	[ "$(jq -c 'select(.content) | .content' <<<"$output")" = '[]' ]
}

@test "the real documents are all read" {
	shared real/frameworks >/dev/null
	run_status 0 cp-law-read "$shared"/*.md
	silent
	[ "$(jq -r 'select(.kind == "framework") | [.framework_id, .version, .status, .plane, .metadata.style] |
		map(. // "-") | join(" ")' <<<"$output")" = 'FMWK-000 2.0.0 active ho3 list
FMWK-100 2.0.0 draft - yaml
FMWK-101 1.0.0 draft - yaml
FMWK-102 1.0.0 draft - yaml
FMWK-107 - draft - bold
FMWK-200 1.0.0 draft - status
FMWK-ATT-001 1.0.0 active - bold
FMWK-CHAT-001 1.0.0 active ho3 bold_list
FMWK-PKG-001 1.0.0 active - bold
FMWK-PROMPT-001 - - - none
FMWK-SHELL-001 1.1.0 active - yaml' ]
}

@test "what cannot be read" {
	: >law.md
	bad ' ' 'an empty document'
	law
	sed -i 's/$/\r/' law.md
	bad '1: ' 'a carriage return'
	law
	sed -i '1s/^/\xef\xbb\xbf/' law.md
	bad '1: ' 'a byte-order mark'
	printf '# FMWK-1: A\n\n\xff\n' >law.md
	bad '3: ' 'text that is not UTF-8'
	printf '# FMWK-1: A\n\n\0\n' >law.md
	bad '3: ' 'a NUL byte'
	run_status 4 cp-law-read nothing.md
	err 'unable to read nothing.md: No such file or directory'
}

@test "a line of one gigabyte, in memory that has a limit" {
	truncate -s 1G law.md
	(
		[[ $CP_BUILD == *asan* ]] || ulimit -v 200000
		run_status 3 cp-law-read law.md
		err 'more than 256 KiB'
	)
	rm law.md
}

@test "a block of metadata that is no YAML is handed on as such" {
	printf '# FMWK-1: A\n\n## Metadata\n\n```yaml\na: 1\nb: &x 2\n```\n' >law.md
	run_status 0 cp-law-read law.md
	[ "$(jq -r 'select(.metadata) | .metadata.unreadable.line' <<<"$output")" = 7 ]
}

@test "a name that is no path of the plane is a source" {
	mkdir d
	cd d
	law ../law.md
	run_status 0 cp-law-read ../law.md
	has '"source":"../law.md"'
}

load ../helper
load registry

setup() { cd "$BATS_TEST_TMPDIR"; }

# bad LINE WHY: the file r is refused with status 3, there, for that reason, and no end is written.
bad() {
	run_status 3 cp-registry-read r
	err "cp-registry-read: r:$1unable to read the registry: $2"
	hasnt '"end"'
}

row() { echo "$1,PKG-A,$empty_sum"; }

@test "the real registries, each in its dialect" {
	shared real/registries/file_ownership.csv >/dev/null
	run_status 0 cp-registry-read "$shared"
	silent
	sum=$(sed -n 's|^lib/auth.py,.*,sha256:\([0-9a-f]*\),.*|\1|p' "$shared")
	[ "$(jq -c 'select(.path == "lib/auth.py") | del(.kind, .path)' <<<"$output")" = "$(printf %s \
		'{"owner":"PKG-BASELINE-HO3-000","hash":"sha256:' "$sum" '","classification":"library",' \
		'"installed_at":"2026-02-03T06:11:46.817227+00:00"}')" ]
	[ "$(jq 'select(.count) | .count' <<<"$output")" -eq 345 ]
	run_status 0 cp-registry-read "$(shared real/registries/control_plane_registry.csv)"
	err 'the registry is not sorted by path; it is sorted first'
	jq -r 'select(.path) | .path' <<<"$output" >paths
	LC_ALL=C sort -c paths
	[ "$(wc -l <paths)" -eq 147 ]
	[ "$(grep -c '^/' paths)" -eq 0 ]
	[ "$(jq -r 'select(.path == "lib/merkle.py") | [.owner, .spec, .hash[:7]] | join(" ")' <<<"$output")" = \
		'system SPEC-INT-001 sha256:' ]
}

@test "the snapshots kept with real versions: the registry's own row has no hash, and it alone" {
	shared real/versions >/dev/null
	for f in "$shared"/*_registry.csv; do
		run_status 0 cp-registry-read "$f"
		[ "$(jq -r 'select(.path and (.hash | not)) | .path' <<<"$output")" = registries/control_plane_registry.csv ]
	done
	sed '2s/[0-9a-f]\{64\}//' "$f" >snapshot.csv
	run_status 3 cp-registry-read snapshot.csv
	err 'snapshot.csv:2'
}

@test "our own columns: mode, link, spec; columns nobody knows are ignored" {
	cat >r <<-EOF
		note,file_path,owner_package_id,owner_spec_id,sha256,mode,classification,installed_at
		x,a,PKG-A,SPEC-A,sha256:$empty_sum,4755,library,2026-01-01T00:00:00Z
		x,b,PKG-A,,sha256:$empty_sum,link,,
		x,c,PKG-A,,sha256:$empty_sum,,,
	EOF
	run_status 0 cp-registry-read r
	is "{\"kind\":\"owner\",\"path\":\"a\",\"owner\":\"PKG-A\",\"spec\":\"SPEC-A\",\"hash\":\"sha256:$empty_sum\",\
\"mode\":\"4755\",\"classification\":\"library\",\"installed_at\":\"2026-01-01T00:00:00Z\"}
{\"kind\":\"owner\",\"path\":\"b\",\"owner\":\"PKG-A\",\"hash\":\"sha256:$empty_sum\",\"mode\":\"link\"}
{\"kind\":\"owner\",\"path\":\"c\",\"owner\":\"PKG-A\",\"hash\":\"sha256:$empty_sum\"}
{\"kind\":\"end\",\"count\":3,\"status\":0,\"by\":\"cp-registry-read\"}"
}

@test "what every file has: empty, a header alone, a header without what matters" {
	: >r
	bad ' ' 'it is empty'
	registry
	bad ' ' 'it is empty: a header and no row'
	echo path,owner_id,content_hash >r
	bad '1: ' 'no registry has these columns'
	echo file_path,content_hash >r
	bad '1: ' 'no column is named owner_package_id'
	echo file_path,owner_id >r
	bad '1: ' 'no column is named sha256 or content_hash'
	echo file_path,owner_id,file_path,sha256 >r
	bad '1: ' 'two columns of one name'
}

@test "rows nobody can believe" {
	registry "$(row a)" a,PKG-A
	bad '3: ' '2 fields where the header has 3'
	for p in /a a/ a//b ./a a/../b .. ''; do
		registry "$p,PKG-A,$empty_sum"
		bad '2: ' 'the path '
	done
	for h in x "sha256:$empty_sum"0 "${empty_sum^^}" "sha512:$empty_sum" "${empty_sum#e}"; do
		registry "a,PKG-A,$h"
		bad '2: ' 'the hash is not'
	done
	registry a,PKG-A,
	bad '2: ' 'the hash is empty'
	registry "a,,$empty_sum"
	bad '2: ' 'the owner is empty'
	for m in 888 -1 0o644 644x 17777 Link; do
		printf 'file_path,owner_id,sha256,mode\na,PKG-A,%s,%s\n' "$empty_sum" "$m" >r
		bad '2: ' 'the mode is neither'
	done
	registry "$(row a)"
	printf 'b\0,PKG-A,%s\n' "$empty_sum" >>r
	bad '3: ' 'a NUL byte'
	registry "$(row a)" '' "$(row b)"
	bad '3: ' 'a blank line'
	registry "$(row a)"
	printf '%s' "$(row b)" >>r
	bad '3: ' 'a last row without line feed'
	registry "$(row a)"
	sed -i '1s/^/\xef\xbb\xbf/' r
	bad '1: ' 'a byte-order mark'
	registry "$(row $'\xff')"
	bad '2: ' 'text that is not UTF-8'
}

@test "names with everything in them" {
	registry '"a,""b""
c",PKG-A,'"$empty_sum" "$(row '=cmd|x!A0')" "$(row $'\033[2J')" "$(row 'ü')"
	run_status 0 cp-registry-read r
	[ "$(jq -c 'select(.path) | .path' <<<"$output")" = '"\u001b[2J"
"=cmd|x!A0"
"a,\"b\"\nc"
"ü"' ]
}

@test "the message of a hostile name stays on one line" {
	registry $'"\033]0;x\n",PKG-A,no'
	run_status 3 cp-registry-read r
	[ "$(wc -l <"$BATS_TEST_TMPDIR/.err")" -eq 1 ]
}

@test "a path listed twice is given twice, side by side" {
	registry "$(row b)" "$(row a)" "a,PKG-B,$empty_sum" "$(row c)" "$(row a)"
	run_status 0 cp-registry-read r
	[ "$(jq -r 'select(.path) | .path + " " + .owner' <<<"$output")" = 'a PKG-A
a PKG-B
a PKG-A
b PKG-A
c PKG-A' ]
}

@test "the order is that of trees: a directory's files behind what sorts before a slash" {
	registry "$(row a+)" "$(row a.txt)" "$(row a/b)" "$(row a0)"
	run_status 0 cp-registry-read r
	silent
	[ "$(jq -r 'select(.kind == "owner") | .path' <<<"$output" | paste -sd' ')" = 'a+ a.txt a/b a0' ]
}

@test "only the registry's own row, and a directory's, may have no hash" {
	mkdir registries
	printf '%s\n' artifact_path,owner,content_hash /lib/,system, /registries/r.csv,system, >registries/r.csv
	run_status 0 cp-registry-read registries/r.csv
	is '{"kind":"owner","path":"lib","owner":"system","dir":true}
{"kind":"owner","path":"registries/r.csv","owner":"system"}
{"kind":"end","count":2,"status":0,"by":"cp-registry-read"}'
	cp registries/r.csv other.csv
	run_status 3 cp-registry-read other.csv
	err 'other.csv:3: unable to read the registry: the hash is empty'
	printf '%s\n' artifact_path,owner,content_hash "/lib/,system,$empty_sum" >r
	bad '2: ' 'a directory has a hash'
	printf '%s\n' artifact_path,owner,content_hash "//lib,system,$empty_sum" >r
	bad '2: ' 'the path is absolute'
}

@test "the plane's own registry, and what is no file" {
	mkdir -p p/registries
	registry "$(row a)"
	cp r p/registries/file_ownership.csv
	run_status 0 cp-registry-read --root p
	has '"path":"a"'
	run_status 4 cp-registry-read nothing
	err 'nothing: unable to read the registry: No such file or directory'
	mkfifo fifo
	run_status 4 timeout 10 cp-registry-read fifo
	err 'not a regular file'
	run_status 4 cp-registry-read p
	run_status 2 cp-registry-read -
}

@test "a million unsorted rows, in memory that has a limit" {
	seq 1 1000000 | awk -v h="$empty_sum" 'BEGIN { print "file_path,owner_id,content_hash" }
		{ printf "d%03d/f%07d,PKG-A,%s\n", $1 % 997, $1, h }' >r
	(
		[ -n "${ASAN_OPTIONS-}" ] || [[ $CP_BUILD == *asan* ]] || ulimit -v 120000
		cp-registry-read --quiet r >out
	)
	[ "$(wc -l <out)" -eq 1000001 ]
	head -n 1000000 out | LC_ALL=C sort -c
	rm out r
}

@test "the real catalogues: a row each, with the line it stands on, under the name of its registry" {
	shared real/registries >/dev/null
	while read -r name rows; do
		run_status 0 cp-registry-read "$shared/$name.csv"
		silent
		[ "$(jq -r 'select(.fields) | .registry' <<<"$output" | sort | uniq -c | xargs)" = "$rows ${name%_registry}" ]
		[ "$(jq 'select(.fields) | .line' <<<"$output" | xargs)" = "$(seq -s' ' 2 $((rows + 1)))" ]
		jq -r 'select(.fields) | .fields | to_entries | map(.value) | @csv' <<<"$output" | head -n 1 >first
		[ "$(tr -d '"' <first)" = "$(sed -n 2p "$shared/$name.csv" | tr -d '"\r')" ]
	done <<-EOF
		frameworks_registry 10
		packages_registry 5
		packages_state 1
		prompts_registry 4
		specs_registry 20
	EOF
}

@test "every real registry is read as rows and written again the same, to the byte" {
	shared real/registries >/dev/null
	n=0
	for f in "$shared"/*.csv "$shared"/../versions/*_registry.csv; do
		crlf=
		! grep -q $'\r' "$f" || crlf=--crlf
		# shellcheck disable=SC2086
		cp-registry-read --rows "$f" | cp-csv-write $crlf | cmp - "$f"
		cp-registry-read --rows "$f" | cp-schema-check >/dev/null
		n=$((n + 1))
	done
	[ "$n" -eq 15 ]
}

@test "--rows: a registry of owned paths as it lies, in its own order and with what nobody else knows" {
	registry "$(row b)" "$(row a)"
	run_status 0 cp-registry-read --rows r
	silent
	is "{\"kind\":\"row\",\"registry\":\"file_ownership\",\"fields\":{\"file_path\":\"b\",\"owner_id\":\"PKG-A\",\
\"content_hash\":\"$empty_sum\"},\"source\":\"r\",\"line\":2}
{\"kind\":\"row\",\"registry\":\"file_ownership\",\"fields\":{\"file_path\":\"a\",\"owner_id\":\"PKG-A\",\
\"content_hash\":\"$empty_sum\"},\"source\":\"r\",\"line\":3}
{\"kind\":\"end\",\"count\":2,\"status\":0,\"by\":\"cp-registry-read\"}"
}

@test "a header is known by its columns, not by their order; one that nobody has is refused" {
	printf '%s\n' created_at,plane_id,version,status,title,framework_id x,ho3,1,y,z,FMWK-1 >r
	run_status 0 cp-registry-read r
	has '"registry":"frameworks"'
	printf '%s\n' framework_id,spec_id,title,note FMWK-1,SPEC-1,t,n >r
	run_status 0 cp-registry-read r
	has '"registry":"specs"'
	for h in id,name framework_id,version Framework_id,title 'framework_id ,title' a; do
		printf '%s\n' "$h" 1,2 >r
		bad '1: ' 'no registry has these columns'
	done
}

@test "a catalogue without a row is none, unless that is accepted" {
	echo framework_id,title >r
	bad ' ' 'it is empty: a header and no row'
	run_status 0 cp-registry-read --allow-empty r
	is '{"kind":"end","count":0,"status":0,"by":"cp-registry-read"}'
	: >r
	run_status 3 cp-registry-read --allow-empty r
}

@test "a catalogue that an attacker wrote" {
	frameworks() { printf 'framework_id,title\n%b' "$1" >r; }
	frameworks 'FMWK-1,x\r\n'
	bad '2: ' 'a carriage return'
	frameworks 'FMWK-1,x\n\nFMWK-2,y\n'
	bad '3: ' 'a blank line'
	frameworks 'FMWK-1,"x\n'
	bad '2: ' ''
	frameworks 'FMWK-1,x"y"\n'
	bad '2: ' ''
	frameworks 'FMWK-1\n'
	bad '2: ' '1 fields where the header has 2'
	frameworks 'FMWK-1,\377\n'
	bad '2: ' 'text that is not UTF-8'
	printf '\357\273\277framework_id,title\nFMWK-1,x\n' >r
	bad '1: ' 'a byte-order mark'
	printf 'framework_id,title,title\nFMWK-1,x,y\n' >r
	bad '1: ' 'two columns of one name'
	frameworks 'FMWK-1,"=HYPERLINK(""x"")"\nFMWK-2,"a\n""b"",c"\n'
	run_sh 0 'cp-registry-read r | cp-csv-write | cmp - r'
	run_status 0 cp-registry-read r
	[ "$(jq -c 'select(.fields) | [.line, .fields.title]' <<<"$output")" = '[2,"=HYPERLINK(\"x\")"]
[3,"a\n\"b\",c"]' ]
	{
		echo framework_id,title
		printf FMWK-1,
		head -c 64M /dev/zero | tr '\0' x
	} >r
	(
		[ -n "${ASAN_OPTIONS-}" ] || [[ $CP_BUILD == *asan* ]] || ulimit -v 60000
		run_status 3 cp-registry-read r
		err 'r:2: unable to read the registry: '
	)
	rm r
}

@test "fields that would pass for a record stay fields" {
	printf 'framework_id,title,kind,count\nFMWK-1,x,end,0\n' >r
	run_status 0 cp-registry-read r
	has '"fields":{"framework_id":"FMWK-1","title":"x","kind":"end","count":"0"}'
}

@test "a million rows of a catalogue, in memory that has a limit" {
	seq 1 1000000 | awk 'BEGIN { print "framework_id,title" } { print "FMWK-" $1 ",t" }' >r
	(
		[ -n "${ASAN_OPTIONS-}" ] || [[ $CP_BUILD == *asan* ]] || ulimit -v 60000
		cp-registry-read r >out
	)
	[ "$(wc -l <out)" -eq 1000001 ]
	rm r out
}

load ../helper

setup() { cd "$BATS_TEST_TMPDIR"; }

# package ID VERSION [DEPENDENCIES [CONFLICTS]]: a record, the last two in JSON.
package() {
	echo "{\"kind\":\"package\",\"package_id\":\"$1\",\"version\":\"$2\",\"dependencies\":${3:-[]},\"conflicts\":${4:-[]}}"
}

# needs ID [RANGE]: one dependency.
needs() {
	echo "{\"package_id\":\"$1\"${2:+,\"version\":\"$2\"}}"
}

closed() {
	cp-through cat >stream
}

# resolve N [OPTION...]: what is in the file in, closed by an end.
resolve() {
	local want=$1
	shift
	cp-end <in >stream
	run_status "$want" cp-resolve "$@" <stream
}

order() {
	jq -r 'select(.kind == "package") | .package_id // .manifest.package_id' <<<"$output" | paste -sd' '
}

told() {
	jq -r 'select(.kind == "finding") | "\(.code) \(.line) \(.detail)"' <<<"$output"
}

@test "each behind what it needs, whatever the order they came in" {
	{
		package PKG-D 1.0.0 "[$(needs PKG-B),$(needs PKG-C ^1)]"
		package PKG-B 1.0.0 "[$(needs PKG-A '>=1.0.0,<2.0.0')]"
		package PKG-C 1.5.0 "[$(needs PKG-A)]"
		package PKG-A 1.9.9
		package PKG-0 1.0.0
	} >in
	resolve 0
	[ "$(order)" = 'PKG-0 PKG-A PKG-B PKG-C PKG-D' ]
	cp "$BATS_TEST_TMPDIR/.out" first
	for seed in 1 2 3 4 5; do
		shuf --random-source=<(yes "$seed") in >x
		mv x in
		resolve 0
		[ "$(order)" = 'PKG-0 PKG-A PKG-B PKG-C PKG-D' ]
		grep package "$BATS_TEST_TMPDIR/.out" | cmp - <(grep package first)
	done
}

@test "records are handed on byte for byte, and what follows a package stays with it" {
	cat >in <<-'EOF'
		{"kind":"plane","root":"/p"}
		{ "kind" : "package" , "package_id":"PKG-B","version":"1.0.0","dependencies":["PKG-A"] }
		{"kind":"asset","of":"B"}
		{"kind":"member","of":"B"}
		{"kind":"package","manifest":{"package_id":"PKG-A","version":"1.0.0"}}
		{"kind":"asset","of":"A"}
	EOF
	resolve 0
	[ "$(head -n 6 "$BATS_TEST_TMPDIR/.out")" = "$(sed -n 1p in && sed -n 5,6p in && sed -n 2,4p in)" ]
	[ "$(jq -r 'select(.kind == "verdict") | [.gate, .pass, .checked] | join(" ")' <<<"$output")" = 'RESOLVE true 2' ]
}

@test "missing, out of range, a circle, a conflict: named, and no order is given" {
	package PKG-A 1.0.0 "[$(needs PKG-B)]" >in
	resolve 1
	[ "$(told)" = 'MISSING 1 PKG-A needs PKG-B, which is not there' ]
	[ -z "$(order)" ]
	{
		package PKG-A 1.0.0 "[$(needs PKG-B '>=2.0.0')]"
		package PKG-B 1.9.0
	} >in
	resolve 1
	[ "$(told)" = 'RANGE 1 PKG-A needs PKG-B >=2.0.0, and there is 1.9.0' ]
	{
		package PKG-C 1.0.0 "[$(needs PKG-A)]"
		package PKG-B 1.0.0 "[$(needs PKG-C)]"
		package PKG-A 1.0.0 "[$(needs PKG-B)]"
	} >in
	resolve 1
	[ "$(told)" = 'CYCLE 3 PKG-A > PKG-B > PKG-C > PKG-A' ]
	{
		package PKG-A 1.0.0 '[]' "[$(needs PKG-B '<2')]"
		package PKG-B 1.9.0
	} >in
	resolve 1
	[ "$(told)" = 'CONFLICT 1 PKG-A conflicts with PKG-B 1.9.0' ]
	{
		package PKG-A 1.0.0
		package PKG-A 1.0.1
	} >in
	resolve 1
	[ "$(told)" = 'DUPLICATE 2 PKG-A is listed more than once' ]
	has '"pass":false'
}

@test "a pre-release is in no range that does not name one" {
	{
		package PKG-A 1.0.0 "[$(needs PKG-B '>=1.0.0')]"
		package PKG-B 2.0.0-rc.1
	} >in
	resolve 1
	[ "$(told)" = 'RANGE 1 PKG-A needs PKG-B >=1.0.0, and there is 2.0.0-rc.1' ]
}

@test "two circles are two findings, each the shortest from its first member" {
	{
		package PKG-A 1.0.0 "[$(needs PKG-B),$(needs PKG-C)]"
		package PKG-B 1.0.0 "[$(needs PKG-C)]"
		package PKG-C 1.0.0 "[$(needs PKG-A)]"
		package PKG-X 1.0.0 "[$(needs PKG-X),$(needs PKG-A)]"
	} >in
	resolve 1
	[ "$(told)" = 'CYCLE 1 PKG-A > PKG-C > PKG-A
CYCLE 4 PKG-X > PKG-X' ]
}

@test "--want: one and what it needs, and nothing is said of the others" {
	{
		package PKG-C 1.0.0 "[$(needs PKG-B)]"
		package PKG-B 1.0.0 "[$(needs PKG-A)]"
		package PKG-A 1.0.0 '[]' "[$(needs PKG-Z)]"
		package PKG-Z 1.0.0 "[$(needs PKG-NONE)]"
	} >in
	resolve 0 --want PKG-B
	[ "$(order)" = 'PKG-A PKG-B' ]
	resolve 1
	resolve 1 --want PKG-B --want PKG-Y
	has 'PKG-Y is wanted, and is not there'
	[ -z "$(order)" ]
}

@test "rows of the packages' registry, and of the control plane's" {
	shared real/registries >/dev/null
	run_sh 0 "cp-registry-read '$shared/packages_registry.csv' | cp-resolve"
	[ "$(jq -r 'select(.fields) | .fields.id' <<<"$output" | xargs)" = \
		'PKG-FMWK-100 PKG-FMWK-101 PKG-FMWK-102 PKG-FMWK-107 PKG-FMWK-200' ]
	run_sh 0 "cp-registry-read --rows '$shared/control_plane_registry.csv' | cp-resolve"
	jq -r 'select(.fields) | .fields | .id as $i | (.dependencies / ",")[] | select(. != "") | "\(.) \($i)"' \
		<<<"$output" >pairs
	jq -r 'select(.fields) | .fields.id' <<<"$output" | awk '{ print $1, NR }' >places
	[ "$(wc -l <places)" -eq 147 ]
	awk 'NR == FNR { at[$1] = $2; next } { n++ } !(at[$1] < at[$2]) { exit 1 } END { if (n < 100) exit 1 }' places pairs
}

@test "fields that are not what they must be" {
	{
		package pkg 1.0.0
		package PKG-B 1
		package PKG-C 1.0.0 "[$(needs PKG-B '>>1'),$(needs 'PKG-B,PKG-X')]"
		package PKG-D 1.0.0 '["PKG-B >>"]'
	} >in
	resolve 1
	[ "$(told | cut -d' ' -f1,2 | xargs)" = 'FIELD 1 FIELD 2 FIELD 3 FIELD 3 FIELD 4' ]
	for d in '{}' '[1]' '"x"'; do
		package PKG-A 1.0.0 "$d" >in
		resolve 3
		hasnt verdict
	done
}

@test "a stream that is cut, or has no package in it" {
	package PKG-A 1.0.0 >in
	run_sh 3 'cp-resolve <in'
	hasnt PKG-A
	echo '{"kind":"other"}' >in
	resolve 1
	has '"pass":false,"checked":0'
	resolve 0 --allow-empty
	has '{"kind":"other"}'
}

@test "texts as long as a record: what is said of them is short" {
	long=$(head -c 200000 /dev/zero | tr '\0' X)
	package "PKG-$long" "$long" "[$(needs "PKG-$long"),$(needs PKG-B "$long")]" >in
	resolve 1
	[ "$(told | awk '{ if (length > most) most = length } END { print most }')" -lt 900 ]
}

@test "ten thousand packages, and a chain of a hundred thousand, in a moment" {
	seq 0 9999 | awk 'BEGIN { srand(1) } { printf "{\"kind\":\"package\",\"package_id\":\"PKG-%d\",\"version\":\"1.0.0\"," \
		"\"dependencies\":[", $1; for (i = 0; i < 5 && $1; i++)
			printf "%s{\"package_id\":\"PKG-%d\",\"version\":\"^1.0.0\"}", i ? "," : "", int(rand() * $1)
		print "]}" }' | shuf --random-source=<(yes) >in
	cp-end <in >stream
	timeout 10 cp-resolve <stream >out
	jq -r 'select(.kind == "package") | .package_id + " " + (.dependencies | map(.package_id) | join(" "))' out |
		awk '{ for (i = 2; i <= NF; i++) if (!($i in seen)) exit 1; seen[$1] = 1 } END { if (NR != 10000) exit 1 }'
	seq 1 100000 | awk '{ printf "{\"kind\":\"package\",\"package_id\":\"PKG-%d\",\"version\":\"1.0.0\",\"dependencies\":[%s]}\n",
		$1, ($1 > 1 ? "\"PKG-" $1 - 1 "\"" : "") }' | tac >in
	cp-end <in >stream
	timeout 20 cp-resolve <stream >out
	[ "$(head -n 2 out | jq -r .package_id | xargs)" = 'PKG-1 PKG-2' ]
}

load ../helper
load registry

setup() { cd "$BATS_TEST_TMPDIR"; }

digest=8f2589b3fec3ab42ac918b54b90d1c4c08b28ddbbbc79b13b89bf1b1598fc6fc
columns=id,name,entity_type,category,version,source,source_type,digest,signature,attestation_path,attestation_digest,\
attestation_signature_path,platform,arch,deps,conflicts,license,artifact_path,output_type,output_path,status,selected,\
priority,owner,created_at,source_spec_id,content_hash

# package ID [COLUMN=TEXT...]: a good row of packages with these columns changed; its hash last, of what stands there.
package() {
	local row sum
	row=$(printf '%s\n' "id=$1" "name=$1" entity_type=package category=library version=1.0.0 source=x.tar.gz \
		source_type=tar "digest=$digest" platform=any arch=any license=MIT status=active selected=yes priority=P1 \
		created_at=2026-01-30 "${@:2}" | jq -Rnc --arg columns "$columns" \
		'(reduce inputs as $l ({}; . + {($l[:($l | index("="))]): $l[($l | index("=")) + 1:]})) as $row |
		$columns / "," | map({key: ., value: ($row[.] // "")}) | from_entries')
	if [[ " $*" != *' content_hash='* ]]; then
		sum=$(jq -jc 'del(.content_hash) | [.[]]' <<<"$row" | sha256sum)
		row=$(jq -c --arg sum "${sum%% *}" '.content_hash = $sum' <<<"$row")
	fi
	jq -r '[.[]] | @csv' <<<"$row"
}

packages() {
	{
		echo "$columns"
		"$@"
	} >packages.csv
}

# told: "CODE LINE DETAIL" of each finding.
told() {
	jq -r 'select(.kind == "finding") | "\(.code) \(.line) \(.detail)"' <<<"$output"
}

# check N: judges packages.csv, the status is N.
check() {
	run_sh "$1" 'cp-registry-read packages.csv | cp-registry-check'
}

# field COLUMN TEXT WHY: one package with this text in that column has one finding, which says so.
field() {
	packages package PKG-A "$1=$2"
	check 1
	[ "$(told)" = "FIELD 2 PKG-A: $1 $3" ] && return
	show_run
	return 1
}

# fine COLUMN TEXT: that is a good text.
fine() {
	packages package PKG-A "$1=$2"
	check 0
	[ -z "$(told)" ]
}

# The findings of the real registries, judged by reading them: their fields are what they must be, every id is there
# once, their dependencies hold; their packages have no row hash, and name a spec that no registry has.
@test "the real registries, each alone" {
	shared real/registries >/dev/null
	while read -r name rows; do
		run_sh 0 "cp-registry-read --rows '$shared/$name.csv' | cp-registry-check"
		findings_are
		[ "$(jq -c 'select(.kind == "verdict") | [.pass, .checked, .registries]' <<<"$output")" = \
			"[true,$rows,\"${name%_registry}\"]" ]
	done <<-EOF
		control_plane_registry 147
		file_ownership 345
		frameworks_registry 10
		packages_state 1
		prompts_registry 4
		specs_registry 20
	EOF
	run_sh 0 "cp-registry-read '$shared/packages_registry.csv' | cp-registry-check"
	[ "$(told)" = "$(n=1
	for id in 100 101 102 107 200; do
		n=$((n + 1))
		echo "UNHASHED $n PKG-FMWK-$id: content_hash is empty: nothing vouches for the row"
	done)" ]
	for f in "$shared"/../versions/*_registry.csv; do
		run_sh 0 "cp-registry-read --rows '$f' | cp-registry-check"
		findings_are
	done
}

@test "the real registries together: what the packages refer to is not there" {
	shared real/registries >/dev/null
	for f in packages frameworks specs; do
		cp-registry-read "$shared/${f}_registry.csv" >"$f"
	done
	cp-registry-read --rows "$shared/control_plane_registry.csv" >plane
	run_sh 1 'cp-merge frameworks specs plane packages | cp-registry-check'
	[ "$(told | grep -v UNHASHED)" = "$(n=1
	for id in 100 101 102 107 200; do
		n=$((n + 1))
		echo "REFERENCE $n PKG-FMWK-$id: source_spec_id SPEC-026 is not in the registry specs"
	done)" ]
	has '"registries":"frameworks specs control_plane packages"'
	sed 2d "$shared/frameworks_registry.csv" >f.csv
	run_sh 1 'cp-registry-read f.csv >f && cp-merge f specs | cp-registry-check'
	[ "$(told | wc -l)" -eq "$(grep -c ,FMWK-000, "$shared/specs_registry.csv")" ]
	has 'SPEC-CORE-001: framework_id FMWK-000 is not in the registry frameworks'
}

@test "the rows are handed on as they are, then the findings, then the verdict" {
	shared real/registries/packages_registry.csv >/dev/null
	cp-registry-read "$shared" >rows
	cp-registry-check <rows >out
	head -n 5 out | cmp - <(head -n 5 rows)
	[ "$(jq -r .kind <out | uniq -c | xargs)" = '5 row 5 finding 1 verdict 1 end' ]
	cp-show <out >table
	[ "$(grep -c 'PKG-FMWK-' table)" -ge 5 ]
}

@test "a good row with its hash has no finding; another byte in any field has one" {
	packages package PKG-A 'name=a "quoted", name é' source_spec_id=SPEC-A
	check 0
	findings_are
	cp packages.csv good.csv
	for edit in s/MIT/BSD-3-Clause/ s/P1/P2/ s/2026-01-30/2026-01-31/ 's/é/e/' s/SPEC-A/SPEC-B/; do
		sed "2$edit" good.csv >packages.csv
		check 1
		[ "$(told)" = 'ALTERED 2 PKG-A: content_hash is not the hash of the other fields' ]
	done
	packages package PKG-A content_hash=
	check 0
	[ "$(told)" = 'UNHASHED 2 PKG-A: content_hash is empty: nothing vouches for the row' ]
	run_sh 1 'cp-registry-read packages.csv | cp-registry-check --fail-on warning'
	packages package PKG-A
	sed -i '2s/\([0-9a-f]\{64\}\)$/sha256:\1/' packages.csv
	check 0
}

@test "the row hash is what another implementation makes of it" {
	need jq
	packages package PKG-A
	sum=$(cp-registry-read packages.csv |
		jq -jc 'select(.fields) | .fields | del(.content_hash) | [.[]]' | sha256sum | cut -d' ' -f1)
	[ "$sum" = "$(cp-registry-read packages.csv | jq -r 'select(.fields) | .fields.content_hash')" ]
}

@test "every field that is not what it must be" {
	field version 1.0 '1.0 is not a version as semver has it'
	field version '' 'is empty'
	field version 01.0.0 '01.0.0 is not a version as semver has it'
	field status done 'done is none of proposed, draft, validated, active, superseded, deprecated, retired, archived, yanked'
	field selected Yes 'Yes is none of yes, no'
	field priority P4 'P4 is none of P0, P1, P2, P3'
	field source_type svn 'svn is none of git, pypi, tar, oci, local'
	field digest "${digest%c}" "${digest%c} is not 64 lower-case hex digits"
	field digest "${digest^^}" "${digest^^} is not 64 lower-case hex digits"
	field digest '' 'is empty, and only a local package may have none'
	field source '' 'is empty, and only a local package may have none'
	field platform win 'win is none of any, linux, darwin'
	field arch i386 'i386 is none of any, x86_64, arm64'
	field license '' 'is empty'
	field license 'MIT AND' 'MIT AND is not of the shape of an SPDX license'
	field output_type file 'file is none of extension, module, external'
	field created_at 2026-02-29 '2026-02-29 is neither a day nor a time of RFC 3339'
	field created_at 30.1.2026 '30.1.2026 is neither a day nor a time of RFC 3339'
	field source_spec_id SPEC-a 'SPEC-a is not SPEC- and then A-Z, 0-9 or -'
	field category 'A b' 'A b is not of a-z, 0-9, _ and -'
	field artifact_path /a/../b '/a/../b has a .. component'
	field deps PKG-B, 'PKG-B, holds what is no id'
	field deps LIB-A 'LIB-A holds what is no id'
	field conflicts 'PKG-B >=1..0' 'PKG-B >=1..0 holds what is no range of versions'
	field name $'\e[2J' '\x1b[2J holds a control character'
}

@test "what may stand in a field" {
	for v in 0.0.0 1.2.3-rc.1+b 10.20.30; do fine version "$v"; done
	for v in MIT Apache-2.0 GPL-2.0+ 'MIT OR (Apache-2.0 AND GPL-2.0-only WITH Classpath-exception-2.0)' \
		LicenseRef-ours DocumentRef-x:LicenseRef-y NOASSERTION proprietary; do fine license "$v"; done
	for v in 2026-01-30 2024-02-29 2026-02-03T06:11:46Z 2026-02-03T06:11:46.817227+00:00; do fine created_at "$v"; done
	fine digest "sha256:$digest"
	packages package PKG-A source_type=local source= digest=
	check 0
	packages package PKG-A output_type=external
	check 1
	[ "$(told)" = 'FIELD 2 PKG-A: output_path is empty, and output_type is external' ]
}

@test "licenses that are of no shape" {
	for v in 'MIT MIT' '(MIT' 'MIT)' '()' 'AND MIT' 'MIT or BSD' 'WITH x' 'a:b' 'MIT WITH' 'MIT;x' ' '; do
		packages package PKG-A "license=$v"
		check 1
		has 'is not of the shape of an SPDX license'
	done
}

@test "ids: a bad one, none, one twice, in one file and over two" {
	packages package pkg-a
	check 1
	[ "$(told)" = 'FIELD 2 pkg-a: id pkg-a is not PKG- and then A-Z, 0-9 or -' ]
	packages package '' name=x
	check 1
	[ "$(told)" = 'FIELD 2 id is empty' ]
	packages eval 'package PKG-A; package PKG-B; package PKG-A'
	check 1
	[ "$(told)" = 'DUPLICATE 4 PKG-A: listed already in packages.csv:2' ]
	packages package PKG-A
	cp packages.csv other.csv
	run_sh 1 'cp-registry-read packages.csv >a && cp-registry-read other.csv >b && cp-merge a b | cp-registry-check'
	[ "$(told)" = 'DUPLICATE 2 PKG-A: listed already in packages.csv:2' ]
	has '"source":"other.csv"'
}

@test "dependencies: missing, out of range, in a circle; conflicts" {
	packages eval 'package PKG-A "deps=PKG-B >=1.0.0,<2.0.0,PKG-C"; package PKG-B deps=PKG-A version=2.0.0'
	check 1
	[ "$(told)" = 'RANGE 2 PKG-A needs PKG-B >=1.0.0,<2.0.0, and there is 2.0.0
MISSING 2 PKG-A needs PKG-C, which is not there
CYCLE 2 PKG-A > PKG-B > PKG-A' ]
	packages package PKG-A deps=PKG-A
	check 1
	[ "$(told)" = 'CYCLE 2 PKG-A > PKG-A' ]
	packages eval 'package PKG-A deps=PKG-B conflicts=PKG-B; package PKG-B; package PKG-C "conflicts=PKG-B >=2"'
	check 1
	[ "$(told)" = 'CONFLICT 2 PKG-A needs PKG-B and conflicts with it' ]
	packages eval 'package PKG-B; package PKG-C "conflicts=PKG-B ^1,PKG-X"'
	check 1
	[ "$(told)" = 'CONFLICT 3 PKG-C conflicts with PKG-B 1.0.0' ]
}

@test "the same name with another digest" {
	packages eval "package PKG-A name=n; package PKG-B name=n; package PKG-C name=n digest=${digest/8/9}"
	check 1
	[ "$(told)" = 'CONFLICT 4 the name n has another digest in packages.csv:3' ]
}

@test "columns: one that is missing, one that nobody knows" {
	packages package PKG-A
	sed -i 's/,priority,/,prio,/' packages.csv
	check 1
	[ "$(told)" = 'REGISTRY 2 the registry packages has no column priority
FIELD 2 the registry packages knows no column prio' ]
	cp-csv-read <<<'a
1' >r
	run_sh 1 'cp-registry-check <r'
	[ "$(told)" = 'REGISTRY 2 no registry has the columns of this row' ]
	has '"pass":false'
}

@test "the other registries: what is wrong with their rows" {
	printf '%s\n' framework_id,title,status,version,plane_id,created_at FMWK-1,t,active,1.0.0,ho4,2026-01-01 >f.csv
	run_sh 1 'cp-registry-read f.csv | cp-registry-check'
	[ "$(told)" = 'FIELD 2 FMWK-1: plane_id ho4 is none of ho3, ho2, ho1' ]
	printf '%s\n' package_id,status,manifest_hash,package_type,plane_id,assets_count,installed_at,uninstalled_at \
		"PKG-A,installed,sha256:$digest,library,ho3,1,2026-01-01,2026-01-02" \
		"PKG-B,uninstalled,$digest,library,ho3,01,2026-01-01," >f.csv
	run_sh 1 'cp-registry-read f.csv | cp-registry-check'
	[ "$(told)" = "FIELD 2 PKG-A: uninstalled_at is filled, and status is not uninstalled
FIELD 3 PKG-B: manifest_hash $digest is not sha256: and 64 lower-case hex digits
FIELD 3 PKG-B: assets_count 01 is not a number
FIELD 3 PKG-B: uninstalled_at is empty, and status is uninstalled" ]
	printf '%s\n' prompt_id,title,status,hash,created,updated "PRM-,t,active,$digest,2026-01-02,2026-01-01" >f.csv
	run_sh 1 'cp-registry-read f.csv | cp-registry-check'
	[ "$(told)" = "FIELD 2 PRM-: prompt_id PRM- is not PRM- and then A-Z, 0-9 or -
FIELD 2 PRM-: hash ${digest} is not sha256: and 64 lower-case hex digits
FIELD 2 PRM-: it was updated before it was created" ]
	sed '3s/,[0-9a-f]\{64\},/,,/' "$(shared real/registries/control_plane_registry.csv)" >f.csv
	run_sh 1 'cp-registry-read --rows f.csv | cp-registry-check'
	[ "$(told)" = "FIELD 3 SCRIPT-PKG-SYNC: content_hash is empty, and it is neither a directory's nor the registry's own row" ]
}

@test "it judges nothing of a stream that is cut, empty or of something else" {
	packages package PKG-A
	run_sh 3 'cp-registry-read packages.csv | head -n 1 | cp-registry-check'
	hasnt finding
	hasnt verdict
	run_sh 1 'cp-end </dev/null | cp-registry-check'
	has '"pass":false,"checked":0'
	run_sh 3 'echo "{\"kind\":\"row\",\"fields\":{\"id\":[1]}}" | cp-end | cp-registry-check'
	run_sh 3 'echo "{\"kind\":\"row\",\"fields\":1}" | cp-end | cp-registry-check'
	run_sh 3 'echo "{\"kind\":\"row\"}" | cp-end | cp-registry-check'
	run_sh 0 'printf "{\"kind\":\"other\",\"x\":1}\n" | cp-end | cp-registry-check --allow-empty'
	has '{"kind":"other","x":1}'
}

@test "a row of everything at its longest: its findings are still records" {
	long=$(head -c 100000 /dev/zero | tr '\0' x)
	packages package PKG-A
	sed -i -f - packages.csv <<<"2s/1.0.0/ü${long}ü/;2s/active/$long/;2s/MIT/${long}ü/"
	check 1
	[ "$(told | wc -l)" -eq 4 ]
	[ "$(told | awk '{ if (length > most) most = length } END { print most }')" -lt 400 ]
}

@test "a hundred thousand rows that all need one another: in time, one finding for the circle" {
	seq 0 99999 | awk -v n=100000 '{ printf "{\"kind\":\"row\",\"registry\":\"control_plane\",\"fields\":{\"id\":\"A-%d\"," \
		"\"version\":\"1.0.0\",\"dependencies\":\"A-%d,A-%d\"},\"line\":%d}\n", $1, ($1 + 1) % n, int($1 / 2), $1 + 2 }' >in
	cp-end <in >rows
	run_sh 0 "timeout 60 cp-registry-check <rows | grep -c '\"CYCLE\"'"
	[ "$output" = 1 ]
}

# Independent readers of the formats of the data floor, on pseudo-random input: npm's semver, minimatch, yaml
# and ajv. They are found as t/oracle/readers.bats says, with CP_ORACLES; whatever is absent skips its tests.

load ../helper
load oracle

setup() { cd "$BATS_TEST_TMPDIR"; }

# answers UNIT: what our unit test says of the pairs in want, into got.
answers() {
	cut -f1,2 want | "$CP_BUILD/t/unit/data/$1" pairs >got
	[ "$(wc -l <got)" -eq 100000 ]
	diff want got | head -n 20
	cmp want got
}

# at_least N VERDICT: so often it was said.
at_least() {
	local n
	n=$(cut -f3 want | grep -cx "$2")
	echo "$2: $n"
	[ "$n" -ge "$1" ]
}

@test "100,000 versions satisfy ranges as npm's semver says" {
	need_module semver
	script semver.mjs 100000 7 >want
	answers test_semver
	at_least 20000 in
	at_least 20000 out
	at_least 5000 bad
}

@test "100,000 paths match patterns as npm's minimatch says" {
	need_module minimatch
	script minimatch.mjs 100000 5 >want
	answers test_glob
	at_least 20000 yes
	at_least 20000 no
}

# tally WORD: how many documents.
tally() {
	tail -n 1 compared | grep -oE "\\b$1 [0-9]+" | cut -d' ' -f2
}

# What npm's yaml alone refuses is a quoted scalar whose further lines are not indented, or a comment that touches `|`; what it
# alone reads is an empty key, mostly. Neither is read in two ways.
@test "20,000 YAML documents mean what npm's yaml makes of them" {
	local files=() specs
	need_module yaml
	specs=$CP_SHARED/real/specs
	[ ! -d "$specs" ] || files=("$specs"/*.yaml)
	script yaml.mjs make 20000 3 "${files[@]}" >documents
	"$CP_BUILD/t/unit/document/test_yaml" documents <documents >answers
	script yaml.mjs compare documents answers >compared
	grep ^different compared || :
	tail -n 1 compared
	[ "$(tally different)" -eq 0 ]
	[ "$(tally equal)" -ge 5000 ]
	[ "$(tally both_refuse)" -ge 2000 ]
	[ "$(tally stricter)" -le 400 ]
	[ "$(tally laxer)" -le 200 ]
}

@test "every real spec means what npm's yaml makes of it" {
	need_module yaml
	script yaml.mjs make 0 1 "$(shared real/specs)"/*.yaml >documents
	"$CP_BUILD/t/unit/document/test_yaml" documents <documents >answers
	script yaml.mjs compare documents answers >compared
	cat compared
	[ "$(tally equal)" -eq 22 ]
	[ "$(wc -l <compared)" -eq 1 ]
}

@test "npm's ajv agrees on every schema, its examples, and what damage makes of them" {
	need_module ajv
	script ajv.mjs "$CP_TOP/schemas" "$CP_TOP/t/golden/schemas" 100 3 >want
	cut -f1,2 want | "$CP_BUILD/t/unit/schema/test_schema" judge "$CP_TOP/schemas" >got
	diff want got | head -n 20
	cmp want got
	at_least 3000 valid
	at_least 8000 invalid
}

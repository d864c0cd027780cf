# Independent readers of the formats of the data floor, on pseudo-random input: npm's semver and minimatch.
# They are found as t/oracle/readers.bats says, with CP_ORACLES; whatever is absent skips its tests.

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

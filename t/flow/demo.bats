load ../helper

@test "the demo shows two findings as a table and every pipeline before it runs" {
	export BUILD=$BATS_TEST_TMPDIR
	run_sh 0 "sh $CP_TOP/examples/demo.sh"
	has '$ cp-walk | cp-hash | cp-own-diff | cp-show'
	has 'MODIFIED'
	has 'ORPHAN'
	has 'everything said what it should'
}

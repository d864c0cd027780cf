load ../helper

@test "the demo brings law and packages in and out, shows what tampering leaves, and fits two screens" {
	export BUILD=$BATS_TEST_TMPDIR
	run_sh 0 "sh $CP_TOP/examples/demo.sh"
	has '$ cp-walk | cp-hash | cp-own-diff | cp-show'
	has 'MODIFIED'
	has 'ORPHAN'
	has 'Cannot uninstall: dependent packages exist: PKG-HEL'
	has 'GENESIS CHILD_OPENED FRAMEWORK_APPROVED SPEC_REGISTERED'
	has 'UPGRADED INSTALL_STARTED UNINSTALLED INSTALL_STARTED UNINSTALLED'
	[ "${#lines[@]}" -le 100 ]
	has 'everything said what it should'
}

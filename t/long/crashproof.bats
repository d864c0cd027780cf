#!/usr/bin/env bats
load ../helper

@test "changes cut short at every call, in all layers" {
	need jq
	cd "$BATS_TEST_TMPDIR"
	"$CP_TOP/t/fault/crashproof" --jobs 1 --step "${CRASHPROOF_STEP:-1}" "$CP_BUILD" >table || { cat table; return 1; }
	sed 's/^/# /' table >&3
}

#!/usr/bin/env bats
# Former outputs made to have changed files taken for unchanged.
load ../helper

setup() {
	plane
	touch -d '1 hour ago' lib/a lib/b docs/readme
	former=$BATS_TEST_TMPDIR/former
	cp-walk | cp-hash >"$former"
}

@test "a former run of the future is not trusted: nothing would be too young for it" {
	sed -i '1s/"time":"[0-9]*/"time":"2200/' "$former"
	run_sh 3 "cp-walk | cp-hash --since '$former'"
	err 'future'
	hasnt reused
}

@test "a former output in the tree is refused by whatever way it is named" {
	cp "$former" former
	ln -s "$PWD/former" "$BATS_TEST_TMPDIR/link"
	ln -s "$PWD" "$BATS_TEST_TMPDIR/root"
	run_sh 3 "cp-walk | cp-hash --since '$BATS_TEST_TMPDIR/link'"
	err 'lies in the tree'
	run_sh 3 "cp-walk | cp-hash --since '$BATS_TEST_TMPDIR/root/former'"
	err 'lies in the tree'
	unset CONTROL_PLANE_ROOT
	sed -i "1s|\"root\":\"[^\"]*\"|\"root\":\"$BATS_TEST_TMPDIR/root\"|" former
	run_sh 3 "{ head -n 1 former; echo '{\"kind\":\"file\",\"path\":\"lib/a\"}'; } | cp-hash --since former"
	err 'lies in the tree'
}

@test "fifos, devices, cut and forged former outputs" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for file in "$BATS_TEST_TMPDIR/fifo" /dev/zero /dev/null "$BATS_TEST_TMPDIR"; do
		run_sh 3 "timeout 20 cp-hash --since '$file' <'$former'"
	done
	sed '$d' "$former" >"$former.cut"
	run_sh 3 "cp-walk | cp-hash --since '$former.cut'"
	sed '2,$s/"hash":"sha256:./"hash":"sha256:G/' "$former" >"$former.bad"
	run_sh 3 "cp-walk | cp-hash --since '$former.bad'"
	hasnt '"kind":"end"'
}

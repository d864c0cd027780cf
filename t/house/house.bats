load ../helper
load ../fault/sweep

# The tools of the tests, tested: one that cannot fail proves nothing.

setup() {
	export FAULT_STEP=1
}

@test "the fault sweep kills at every call and ends with a clean run" {
	need cp
	printf 'data\n' >"$BATS_TEST_TMPDIR/from"
	cd "$BATS_TEST_TMPDIR"
	fault_sweep 'rm -f to' 'cp from to' '[ "$status" -eq 137 ] || cmp -s from to'
	[ "$fault_points" -ge 2 ]
}

@test "the fault sweep sees a plane left half way" {
	cd "$BATS_TEST_TMPDIR"
	mkdir from
	touch from/a
	run fault_sweep 'rm -rf d' 'cp -r from d' '[ ! -e d ] || [ -e d/a ]'
	[ "$status" -ne 0 ]
	[[ $output == *'after kill at call'* ]]
}

@test "a chosen errno reaches the program" {
	cd "$BATS_TEST_TMPDIR"
	fault_sweep -d ENOSPC 'rm -rf d' 'mkdir d' '[ -e d ] || grep -q "No space" fault.err'
}

@test "the runner counts what fails, what is skipped and what died" {
	mkdir -p "$BATS_TEST_TMPDIR/t/house" "$BATS_TEST_TMPDIR/b/t/unit" "$BATS_TEST_TMPDIR/t/unit"
	cp "$CP_TOP/t/run" "$BATS_TEST_TMPDIR/t/run"
	cd "$BATS_TEST_TMPDIR"
	for i in 0 1 77 9; do
		printf '#!/bin/sh\necho reason %s\nexit %s\n' "$i" "$i" >b/t/unit/test_$i
		chmod +x b/t/unit/test_$i
		: >t/unit/test_$i.c
	done
	printf '@test "a" { true; }\n@test "b" { skip "because"; }\n@test "c" { false; }\n' >t/x.bats
	printf '@test "a" {\n' >t/broken.bats
	run t/run b
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = '2 passed, 4 failed, 2 skipped' ]
	[[ $output == *'b: because'* && $output == *'reason 77'* && $output == *'reason 9'* ]]
	[[ $output == *'broken.bats'* ]]
}

@test "the examples of a page are run, and a wrong one is found" {
	cat >"$BATS_TEST_TMPDIR/page.1" <<'END'
.Sh EXAMPLES
.Bd -literal -offset indent
$ echo one \e
two
one two
$ cat lib/a; echo $?
alpha
0
.Ed
END
	command -v cp-baseline >/dev/null || skip 'no cp-baseline yet'
	"$CP_TOP/t/house/man-examples" "$BATS_TEST_TMPDIR/page.1"
	sed -i s/alpha/beta/ "$BATS_TEST_TMPDIR/page.1"
	run "$CP_TOP/t/house/man-examples" "$BATS_TEST_TMPDIR/page.1"
	[ "$status" -eq 1 ]
	[[ $output == *-beta*+alpha* ]]
}

@test "completions, pages and programs are laid out for an install" {
	command -v cp-walk >/dev/null || skip 'no cp-walk yet'
	"$CP_TOP/t/house/completions" bash "$CP_BUILD/bin" "$BATS_TEST_TMPDIR/bash"
	"$CP_TOP/t/house/completions" zsh "$CP_BUILD/bin" "$BATS_TEST_TMPDIR/zsh"
	"$CP_TOP/t/house/completions" fish "$CP_BUILD/bin" "$BATS_TEST_TMPDIR/fish"
	for f in "$BATS_TEST_TMPDIR"/bash/*; do
		bash -n "$f"
	done
	run bash -c '. "$1"; COMP_WORDS=(cp-walk --des); COMP_CWORD=1; _cp_walk; echo "${COMPREPLY[@]}"' sh "$BATS_TEST_TMPDIR/bash/cp-walk"
	[ "$output" = --describe ]
	grep -q -- "--describe\[" "$BATS_TEST_TMPDIR/zsh/_cp-walk"
	grep -q -- "-l describe" "$BATS_TEST_TMPDIR/fish/cp-walk.fish"
}

@test "what is installed names its place, and works there without a PATH that knows it" {
	command -v cp-sweep >/dev/null || skip 'no cp-sweep yet'
	to=$BATS_TEST_TMPDIR/to
	(cd "$CP_TOP" && t/house/stage "$CP_BUILD" "$to" "$to")
	grep -qF "ExecStart=$to/bin/cp-sweep " "$to/lib/systemd/system/cp-sweep.service"
	grep -qF "PATH=$to/bin:" "$to/share/doc/cp-filters/examples/crontab"
	! grep -r /usr/local "$to/share/doc" "$to/lib"
	make_plane "$BATS_TEST_TMPDIR/plane"
	run_status 0 env -i ASAN_OPTIONS="${ASAN_OPTIONS-}" PATH=/usr/bin:/bin "$to/bin/cp-sweep" --root "$BATS_TEST_TMPDIR/plane" --summary
	has '3 checked: yes'
	# The schemas are found: cp-tag knows what they define.
	run_status 2 env -i ASAN_OPTIONS="${ASAN_OPTIONS-}" "$to/bin/cp-tag" size=1
	err 'a schema of the suite defines it'
}

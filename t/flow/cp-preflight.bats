load ../helper
load ../package/package
load flow

setup() {
	dev_plane
	package PKG-A 1.0.0 a
	cp-pack --out a.tar.gz a >log
}

@test "a directory and an archive pass; nothing changes, nothing is left" {
	export TMPDIR=$PWD/tmp
	mkdir tmp
	for what in a a.tar.gz; do
		same 0 cp-preflight --json $what
		silent
		verdicts=$(jq -r 'select(.kind == "verdict") | .gate + (.pass | tostring)' <<<"$output" | paste -sd' ')
		[ "$verdicts" = 'G0Atrue G1true G5true' ]
		same 0 cp-preflight $what
		has G5
	done
	[ -z "$(ls -A tmp)" ]
	[ "$(ls a)" = 'a
package.manifest.yaml' ]
}

@test "what a gate finds: status 1, shown" {
	mkdir x
	tar -xzf a.tar.gz -C x
	echo stray >x/stray
	tar -czf b.tar.gz -C x a package.manifest.yaml stray
	same 1 cp-preflight b.tar.gz
	has UNDECLARED
	CONTROL_PLANE_ROOT='' package PKG-B 1.0.0 u
	env -u CONTROL_PLANE_ROOT cp-pack --out u.tar.gz u >log
	same 1 cp-preflight --json u.tar.gz
	has UNSIGNED
}

@test "what is none: status 3 or 4; called wrongly 2" {
	head -c 100 a.tar.gz >cut.tar.gz
	same 3 cp-preflight cut.tar.gz
	err_not 'cp-show'
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	same 4 cp-preflight absent.tar.gz
	[ "$stderr" = 'cp-preflight: unable to open absent.tar.gz: No such file or directory' ]
	mkdir d.tar.gz
	same 4 cp-install d.tar.gz --work-order WO-20261121-001
	[ "$stderr" = 'cp-install: unable to read d.tar.gz: Is a directory' ]
	same 3 cp-upgrade cut.tar.gz --work-order WO-20261121-001
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	run_status 0 cp-preflight --print cut.tar.gz
	run_sh 3 "$output"
	# The plane lends its key: what is wrong is wrong with what is to be signed.
	mkdir e
	same 3 cp-preflight e
	err 'cp-pack: unable to describe the directory'
	run_status 4 cp-manifest-make absent
	err 'unable to open absent: No such file'
	same 2 cp-preflight
	same 2 cp-preflight a b
	run_status 2 env -u CONTROL_PLANE_ROOT cp-preflight a.tar.gz
}

@test "what a terminal obeys is not said, however it is written" {
	for odd in $'\e[31m' $'\x9b31m' $'\xc2\x9b31m' $'\xe2\x80\xae' $'\n' $'\x80\x9d0;x\x9c' $'\xc3\x9b'; do
		run_status 4 cp-preflight "no${odd}where"
		grep -q '^cp-preflight: unable to open no.*where: No such file or directory$' <<<"$stderr"
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
		# A character that only has such a byte in it stays as it is.
		[ "$odd" != $'\xc3\x9b' ] || { grep -q $'\xc3\x9b' <<<"$stderr" && continue; }
		LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f-\x9f]' <<<"$stderr" && return 1
	done
}

@test "names are quoted, and --print runs when it is pasted" {
	mv a "it's \$(touch pwned) a"
	run_status 0 cp-preflight --print "it's \$(touch pwned) a"
	run_sh 0 "$output"
	has '"gate":"G5","pass":true'
	cp a.tar.gz -- '-x;y.tar.gz'
	run_status 0 cp-preflight -- '-x;y.tar.gz'
	[ ! -e pwned ]
}

#!/usr/bin/env bats
# Archives that were made to hurt: each is refused for what its name says, nothing is written anywhere, and none takes
# long or much.
load ../helper

setup() {
	need jq python3
	cd "$BATS_TEST_TMPDIR" || return
	mkdir tmp here
	export TMPDIR=$PWD/tmp
}

# judge NAME BECOMES: says what is wrong.
judge() {
	local status=0 said
	python3 "$CP_TOP/t/package/archive.py" "$1" a.tar.gz || { echo "$1: cannot be made"; return; }
	# A sanitizer maps more than any limit.
	said=$( ([[ $CP_BUILD == *asan ]] || ulimit -v 2000000; cd here && timeout 20 cp-package-read ../a.tar.gz) 2>err >read) || status=$?
	[ "$(wc -l <err)" -le 1 ] || echo "$1: more than one line on stderr"
	if [ "$2" = 3 ] || { [ "$2" = any ] && [ "$status" -eq 3 ]; }; then
		[ "$status" -eq 3 ] || echo "$1: status $status where it cannot be read"
		[ ! -s read ] || echo "$1: records of what cannot be read"
		return
	fi
	[ "$status" -eq 0 ] || { echo "$1: status $status: $(cat err)"; return; }
	cp-gate-g0a <read >judged || status=$?
	cp-schema-check <judged >checked || [ $? -eq 1 ] || echo "$1: findings against their schema"
	said=$(jq -r 'select(.kind == "finding").code' judged | sort -u | paste -sd' ')
	if [ "$2" = good ]; then
		[ "$status$said" = 0 ] || echo "$1: status $status, $said"
		return
	fi
	[ "$status" -eq 1 ] || echo "$1: status $status"
	jq -es 'any(.kind == "verdict" and (.pass | not))' judged >checked || echo "$1: no verdict against it"
	[ "$2" = any ] || [[ " $said " == *" $2 "* ]] || echo "$1: $said, not $2"
}

@test "each hostile archive is refused for what it is, and leaves nothing" {
	python3 "$CP_TOP/t/package/archive.py" --list >list
	[ "$(wc -l <list)" -gt 60 ]
	while read -r name becomes; do
		judge "$name" "$becomes"
	done <list >wrong
	cat wrong
	[ ! -s wrong ]
	[ -z "$(ls -A tmp; ls -A here)" ]
}

@test "an archive that ends after any 64 bytes of it is none" {
	python3 "$CP_TOP/t/package/archive.py" good good.tar.gz
	for ((n = 0; n < $(stat -c %s good.tar.gz); n += 64)); do
		head -c "$n" good.tar.gz >cut.tar.gz
		run_status 3 cp-package-read cut.tar.gz
		[ -z "$output" ]
	done
}

@test "a tar file that ends after any block of it is none, or not what it was" {
	python3 "$CP_TOP/t/package/archive.py" good good.tar.gz
	gzip -dc good.tar.gz >good.tar
	run_sh 0 'cp-package-read good.tar.gz | cp-gate-g0a'
	has '"pass":true'
	for ((n = 0; n < $(stat -c %s good.tar); n += 512)); do
		head -c "$n" good.tar | gzip -n >cut.tar.gz
		run_sh 0 'cp-package-read cut.tar.gz 2>err | cp-gate-g0a 2>err && exit 1 || [ $? -ne 0 ]'
		run_sh 0 'cp-package-read cut.tar.gz 2>err | cp-gate-g0a 2>err | grep -c "\"pass\":true" | grep -qx 0'
	done
}

@test "no bit of an archive can be turned" {
	python3 "$CP_TOP/t/package/archive.py" good good.tar.gz
	size=$(stat -c %s good.tar.gz)
	for ((n = 10; n < size; n += 17)); do
		python3 -c 'import sys; d = bytearray(sys.stdin.buffer.read()); d[int(sys.argv[1])] ^= 1; sys.stdout.buffer.write(d)' \
			"$n" <good.tar.gz >turned.tar.gz
		run_status 3 cp-package-read turned.tar.gz
	done
}

# shellcheck shell=bash
# What the long tests of packages share. Needs t/helper.bash, t/package/plane.bash and t/fault/whole.bash.

# ready FILES: base is a plane on which nothing is installed; the archive of PKG-A-001, of that many files over three planes,
# is in its store.
# shellcheck disable=SC2034,SC2154 # archive is of store; what is set here is for the test
ready() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
	export CONTROL_PLANE_ALLOW_UNSIGNED=1 CONTROL_PLANE_ROOT=$PWD/P
	new_plane P
	mkdir -p one/ho1/x one/ho2/y
	local i
	for ((i = 0; i < $1; i++)); do
		case $((i % 10)) in
		0) echo "lower $i" >"one/ho1/x/f$i" ;;
		1) echo "middle $i" >"one/ho2/y/f$i" ;;
		*)
			[ $((i % 200)) -ne 2 ] || mkdir -p "one/lib/d$((i / 200))"
			echo "upper $i" >"one/lib/d$((i / 200))/f$i"
			;;
		esac
	done
	store P one PKG-A-001 1.0.0
	first=$archive
	cp -a P base
	order='cp-apply --work-order WO-20261126-001'
}

# second: PKG-B-001 is in the store of base, too.
# shellcheck disable=SC2034
second() {
	rm -rf P && cp -a base P
	mkdir two
	echo b >two/b
	store P two PKG-B-001 1.0.0
	second=$archive
	rm -rf base && cp -a P base
}

# milliseconds since COMMAND began; it must succeed.
took() {
	local begun
	begun=$(date +%s%N)
	eval "$1" >log 2>&1 || { cat log; return 1; }
	echo $((($(date +%s%N) - begun) / 1000000))
}

# random_below N: a number, another one each time; RANDOM=SEED makes the row the same again.
random_below() {
	echo $(((RANDOM * 32768 + RANDOM) % $1))
}

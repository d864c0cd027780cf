# What is large enough for threads is read, judged and carried out as what is small.
load ../helper
load ../fault/sweep
load ../fault/whole
load plane

setup() {
	need jq taskset
	[ "$(nproc)" -gt 1 ] || skip 'there is one processor only'
	cd "$BATS_TEST_TMPDIR" || return
	export CONTROL_PLANE_ALLOW_UNSIGNED=1 CONTROL_PLANE_ROOT=$PWD/P
	new_plane P
}

# alike ARCHIVE: it is read in the same way by one thread and by two.
alike() {
	local one=0 two=0
	taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" cp-package-read "$1" >one.out 2>one.err || one=$?
	cp-package-read "$1" >two.out 2>two.err || two=$?
	cmp one.out two.out && cmp one.err two.err && [ "$one" -eq "$two" ] && [ "$one" -eq "${2:-3}" ]
}

@test "a large archive: whole, cut, damaged, doubled, followed by something" {
	mkdir big
	for i in {1..40}; do head -c 60000 /dev/urandom >"big/f$i"; done
	head -c 700000 /dev/zero >big/zeros
	store P big PKG-BIG-001 1.0.0
	size=$(stat -c %s "$archive")
	[ "$size" -gt 2000000 ]
	alike "$archive" 0
	[ "$(grep -c '^{"kind":"member"' two.out)" -eq 42 ]
	# It was packed by more threads than one, too.
	taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" cp-pack big --out one.tar.gz >log
	cmp one.tar.gz "$archive"
	# It is read while the gates judge it, as well.
	run_sh 0 "cp-package-read $archive | cp-gate-g0a | cp-stage --dry-run $archive >three.out"
	cmp <(grep -E '^{"kind":"(package|asset|member)"' one.out) <(grep -E '^{"kind":"(package|asset|member)"' three.out)
	for n in 1050000 1100000 1500000 $((size - 8)) $((size - 1)); do
		head -c "$n" "$archive" >x.tar.gz
		alike x.tar.gz
		grep -q 'it ends early$' two.err
	done
	for n in 100000 1200000 $((size - 6)); do
		cp "$archive" x.tar.gz
		printf '\377\000\377\000' | dd of=x.tar.gz bs=1 seek="$n" conv=notrunc status=none
		alike x.tar.gz
		grep -q 'it is damaged$' two.err
	done
	cat "$archive" "$archive" >x.tar.gz
	alike x.tar.gz
	{ cat "$archive" && head -c 500000 /dev/zero; } >x.tar.gz
	alike x.tar.gz
	# That there is a hole in the tar file is no news where the archive is none.
	{ gzip -dc "$archive" | head -c 1500000 && head -c 1000000 /dev/urandom; } | gzip -n >x.tar.gz
	alike x.tar.gz
	head -c 1200000 x.tar.gz >y.tar.gz
	alike y.tar.gz
	grep -q 'it ends early$' two.err
	head -c 100000000 /dev/zero | gzip -n >zeros.gz
	{ head -c 1100000 /dev/urandom && head -c 400000000 /dev/zero; } | gzip -n >x.tar.gz
	alike x.tar.gz
	alike zeros.gz
}

@test "an archive that is named beforehand must be the one that the stream is about" {
	mkdir one two
	echo a >one/a
	echo b >two/a
	store P one PKG-A-001 1.0.0
	mv "$archive" a.tar.gz
	store P two PKG-A-001 1.0.0
	mv "$archive" b.tar.gz
	rm P/packages_store/*
	cp-package-read a.tar.gz >stream
	image P >before
	run_sh 3 'cp-stage b.tar.gz <stream'
	err 'unable to stage b.tar.gz: the stream is about a.tar.gz'
	cp b.tar.gz c.tar.gz
	run_sh 3 'sed "s/a.tar.gz/c.tar.gz/" stream | cp-stage c.tar.gz'
	err 'it is not the archive that was judged'
	run_sh 4 'sed "s/a.tar.gz/absent.tar.gz/" stream | cp-stage absent.tar.gz'
	err 'unable to open absent.tar.gz'
	head -c 100 a.tar.gz >d.tar.gz
	run_sh 3 'sed "s/a.tar.gz/d.tar.gz/" stream | cp-stage d.tar.gz'
	err 'unable to read the archive: it ends early'
	# Who judged it has said so already.
	run_sh 3 'cp-package-read d.tar.gz 2>said | cp-stage d.tar.gz'
	[ "$(grep -c 'ends early' said)" -eq 1 ] && ! grep 'ends early' <<<"$stderr" || return 1
	image P | cmp - before
	run_sh 0 'cp-stage a.tar.gz <stream'
	[ -e P/packages_store/PKG-A-001_1.0.0.tar.gz ]
}

@test "while the archive that was staged is handed on the plane can be changed already" {
	mkdir one
	for i in {1..1100}; do echo "file $i" >"one/f$i"; done
	store P one PKG-A-001 1.0.0
	mv "$archive" a.tar.gz && rm P/packages_store/*
	cp-package-read a.tar.gz >stream
	cp-stage a.tar.gz <stream | {
		head -n 1 >first
		# What is not read stays in the pipe, and who writes it alive.
		cp-recover --root P >log || echo "$?" >refused
		wc -c >rest
	}
	[ -s first ]
	[ ! -e refused ]
	[ "$(cat rest)" -gt 200000 ]
}

@test "killed, failed, out of room or short while many files are staged side by side" {
	mkdir -p one/lib one/ho1
	for i in {1..1100}; do echo "file $i" >"one/lib/f$i"; done
	head -c 300000 /dev/urandom >one/lib/large
	store P one PKG-A-001 1.0.0
	plan P "$archive" >plan
	cp -a P base
	both 'cp-apply --work-order WO-20261126-001 <plan'
	# Which thread's call is the N-th is another one each time: a few of each do.
	export FAULT_MAX=20000
	for what in kill EIO ENOSPC short; do
		FAULT_STEP=$((${FAULT_STEP:-1} > 5 ? 1777 : 397)) fault_sweep -d "$what" -p cp-apply restore \
			'cp-apply --work-order WO-20261126-001 <plan && sleep 0' finished
		[ "$fault_points" -gt 3000 ]
	done
}

# finished: whole, and where it failed by itself before the commit nothing waits for recovery.
finished() {
	[ "$status" -gt 4 ] || grep -q INSTALL_STARTED P/ledger/packages.jsonl || [ -z "$(ls -A P/.cp/txn 2>/dev/null)" ] ||
		{ echo "left: $(ls P/.cp/txn)"; return 1; }
	whole
}

load ../helper

# shellcheck source=t/fault/sweep.bash
. "$CP_TOP/t/fault/sweep.bash"

setup() {
	need python3
	cd "$BATS_TEST_TMPDIR" || return
	python3 "$CP_TOP/t/package/archive.py" good good.tar.gz
	mkdir p
	tar -C p -xzf good.tar.gz
	cp-pack --out new.tar.gz p >log
	cp -r p q
	echo more >q/lib/c
	cp-manifest-make --force --out q/package.manifest.yaml q >log
	cp-pack --out old.tar.gz q >log
}

# No archive is there by half, and no digest is beside one that it is not of.
honest() {
	[ ! -e a.tar.gz ] || cmp -s a.tar.gz old.tar.gz || cmp -s a.tar.gz new.tar.gz || return 1
	[ ! -e a.tar.gz.sha256 ] || sha256sum --quiet -c a.tar.gz.sha256 || return 1
	[ "$status" != 0 ] || { cmp -s a.tar.gz new.tar.gz && [ -e a.tar.gz.sha256 ]; }
}

fresh='rm -f a.tar.gz a.tar.gz.sha256 .a.tar.gz*.new'
replaced="$fresh; cp old.tar.gz a.tar.gz; sed s/old/a/ old.tar.gz.sha256 >a.tar.gz.sha256"

@test "cp-pack killed at any call: no half archive, no digest that lies, and the next run puts it right" {
	fault_sweep "$fresh" 'cp-pack --out a.tar.gz p' honest
	fault_sweep "$replaced" 'cp-pack --force --out a.tar.gz p' \
		'honest && { [ "$status" -lt 128 ] || { cp-pack --force --out a.tar.gz p >log && sha256sum --quiet -c a.tar.gz.sha256; }; }'
}

@test "cp-pack on a full disk: an archive and its digest, the old ones or the new ones" {
	same() {
		honest && [ -e a.tar.gz ] && [ -e a.tar.gz.sha256 ]
	}
	fault_sweep -d ENOSPC -m '^(write|pwrite|writev)' "$replaced" 'cp-pack --force --out a.tar.gz p' same
}

@test "cp-manifest-make killed at any call: the old manifest or the new one" {
	cp q/package.manifest.yaml right
	either() {
		cmp -s q/package.manifest.yaml wrong || cmp -s q/package.manifest.yaml right
	}
	sed 's/sha256:[0-9a-f]\{8\}/sha256:00000000/' right >wrong
	fault_sweep 'rm -f q/.package*; cp wrong q/package.manifest.yaml' \
		'cp-manifest-make --force --out q/package.manifest.yaml q' 'rm -f q/.package*; either'
	cmp q/package.manifest.yaml right
}

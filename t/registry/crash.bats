load ../helper
load ../fault/sweep
load registry
load project

# What projects is killed, or meets a failing or full disk, at each of its calls in turn. Each file is then wholly the old
# or wholly the new, nothing but a temporary lies about, and doing it again makes what an undisturbed run makes.

setup() {
	mkdir "$BATS_TEST_TMPDIR/p" "$BATS_TEST_TMPDIR/base"
	base=$BATS_TEST_TMPDIR/base
	cd "$BATS_TEST_TMPDIR/p"
	law
	installed PKG-A 1.0.0
	cp-project >/dev/null
	cp -a registries "$BATS_TEST_TMPDIR/old"
	manifest PKG-B 1.0.0 '.assets[0].plane = "ho2"'
	about INSTALLED PKG-B 1.0.0
	cp -a . "$base"
	cp-project >/dev/null
	cp -a registries "$BATS_TEST_TMPDIR/new"
	good=$(tree_of .)
}

again() {
	find . -mindepth 1 -delete
	cp -a "$base"/. .
}

# whole: each file is the old or the new one; then a run makes all of them new.
whole() {
	local f
	case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
	for f in registries/*.csv registries/compiled/*.json; do
		cmp -s "$f" "../old/${f#registries/}" || cmp -s "$f" "../new/${f#registries/}" || {
			echo "$f is neither"
			return 1
		}
	done
	[ "$status" -eq 137 ] || [ -z "$(find . -name '.*.new')" ] || { echo 'a temporary is left'; return 1; }
	for f in registries/*.csv registries/compiled/*.json; do
		! cmp -s registries/compiled/packages.json ../new/compiled/packages.json ||
			cmp -s "$f" "../new/${f#registries/}" || {
			echo "the file that binds the others came before $f"
			return 1
		}
	done
	[ "$status" -ne 0 ] || cp-project --check >/dev/null || { echo 'it said yes'; return 1; }
	cp-project >/dev/null && [ "$(tree_of .)" = "$good" ] && return
	echo 'the next run does not repair it'
	find . -name '.*.new'
	return 1
}

@test "project, killed at every call" {
	fault_sweep -d kill -p cp-project again 'cp-project' whole
}

@test "project on a disk that fails, is full, or writes by half" {
	for what in EIO ENOSPC short; do
		fault_sweep -d "$what" -p cp-project again 'cp-project' whole
	done
}

@test "the check changes nothing whatever it meets" {
	checked() {
		case $status in 1 | 4) ;; *) echo "status $status"; return 1 ;; esac
		[ "$(tree_of .)" = "$before" ]
	}
	again
	before=$(tree_of .)
	fault_sweep -d EIO -p cp-project : 'cp-project --check' checked
}

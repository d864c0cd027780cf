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

@test "register, killed at every call: one entry or none, and doing it again ends the same" {
	law_doc() {
		printf '%s\n' '# FMWK-1: Law' '' '## Metadata' '- framework_id: FMWK-1' '- version: 1.0.0' '- status: active' \
			'- plane: ho3' '' '## Invariants' '- [MUST] hold' '' '## Path Authorizations' '- `libs/**`' '' \
			'## Required Gates' '- G1' '' '## Change Control' '- code_change' '' '## Security Posture' '- Fail-closed'
	}
	again
	mkdir frameworks
	law_doc >frameworks/FMWK-1.md
	echo '{"signature":"base64:AA==","approver":"ann","signed_by":"k","nonce":"n"}' >../approval
	rm -rf "$base" && cp -a . "$base"
	registered() {
		case $status in 0 | 4 | 137) ;; *) echo "status $status"; return 1 ;; esac
		[ ! -e ledger/governance.jsonl.poisoned ] || cp-ledger-recover ledger/governance.jsonl >/dev/null || return
		[ "$(grep -c FRAMEWORK_APPROVED ledger/governance.jsonl)" -le 1 ] || { echo twice; return 1; }
		[ "$status" -ne 0 ] || cp-project --check >/dev/null || { echo 'it said yes'; return 1; }
		cp-register framework frameworks/FMWK-1.md --approval ../approval >/dev/null &&
			[ "$(grep -c FRAMEWORK_APPROVED ledger/governance.jsonl)" -eq 1 ] && cp-project --check >/dev/null &&
			cp-chain-check --no-seen ledger/governance.jsonl >/dev/null && return
		echo 'the next one does not end it'
		return 1
	}
	for what in kill EIO; do
		fault_sweep -d "$what" -p cp-register again \
			'cp-register framework frameworks/FMWK-1.md --approval ../approval' registered
	done
}

# shellcheck shell=bash
# What must hold of a plane P after a change of it was cut short, at any call and however: any next command makes it the
# old one or the new one, whole. Needs t/fault/sweep.bash; all functions work in the current directory.
#
#   base       the plane before, as it is laid down for each run
#   old.forms  what `forms` says of it, new.forms: of the plane after

# forms ROOT: its files, modes and contents without what depends on the time of day.
forms() {
	(
		local names=() plain=() f
		cd "$1" && shopt -s globstar dotglob nullglob || return
		for f in **; do
			case $f in
			ledger | ledger/* | .cp | .cp/* | registries/compiled | registries/compiled/*) continue ;;
			esac
			names+=("$f")
			[ ! -f "$f" ] || [ -L "$f" ] || plain+=("$f")
		done
		stat -c '%N %F %a' -- . "${names[@]}"
		LC_ALL=C sed -sE -e 1F -e 's/20[0-9]{2}-[0-9-]+T[0-9:.]+Z/TIME/g; s/"entry_(id|hash)":"[^"]*"/ENTRY/g' \
			-e 's/TIME,,[0-9a-f]{64}/TIME,,ROW/' -- "${plain[@]}"
	) </dev/null
}

# sound: its ledger holds, its registries follow from it, its receipts match, and nothing lies about.
sound() {
	cp-chain-check P/ledger/packages.jsonl >chain || { cat chain; return 1; }
	cp-project --root P --check >drift || { cat drift; return 1; }
	cp-receipts --root P --allow-empty >receipts || { cat receipts; return 1; }
	find P \( -path 'P/.cp/*' ! -path P/.cp/lock ! -path P/.cp/txn ! -path 'P/.cp/quarantine*' \) -o -name '.*.new' >debris
	[ ! -s debris ] || { cat debris; return 1; }
}

# clean: sound, and each plane is what its registry says.
clean() {
	local p
	for p in P P/planes/ho1 P/planes/ho2; do
		if [ -e "$p/registries/file_ownership.csv" ] && [ "$(wc -l <"$p/registries/file_ownership.csv")" -gt 1 ]; then
			(unset CONTROL_PLANE_ROOT
				cp-walk --root "$p" | cp-hash --root "$p" | cp-own-diff --root "$p") >differs || { cat differs; return 1; }
		else
			[ -z "$(find "$p"/libs -type f 2>/dev/null)" ] || { find "$p"/libs -type f; return 1; }
		fi
	done
	sound
}

# restore: P is the plane before, and no check knows what an earlier run came to.
restore() {
	rm -rf P state && cp -a base P && mkdir state && export XDG_STATE_HOME=$PWD/state
}

# both COMMAND: learns from a run of it without any fault what the plane is before and after. It must change it.
both() {
	forms base >old.forms && restore && { eval "$1"; } >log 2>&1 && clean && forms P >new.forms || return
	if cmp -s old.forms new.forms; then return 1; fi
}

# shellcheck disable=SC2154 # status is of fault_sweep
# whole [COMMAND]: after that command, which recovers (cp-recover), the plane is the old one or the new one; the new one,
# if who changed it said so ($status 0).
whole() {
	{ eval "${1:-cp-recover --root P}"; } >recovered 2>recovered.err ||
		{ echo "recover: $?"; cat recovered recovered.err; return 1; }
	sound || return
	forms P >now
	cmp -s now new.forms || { [ "$status" -ne 0 ] && cmp -s now old.forms; } || {
		diff -a now new.forms | head -n 12
		diff -a now old.forms | head -n 12
		return 1
	}
}

# Trees that people really have: adopted as they stand, swept clean, then damaged in every way, alone and all together.
load ../helper

# adopt_tree DIR: its registry, outside it, in $csv.
adopt_tree() {
	csv=$BATS_FILE_TMPDIR/$(basename "$1").csv
	rm -f "$csv"
	cp-walk --root "$1" | cp-hash --root "$1" |
		cp-baseline --root "$1" --owner PKG-BASELINE-HO3-000 "$csv" >/dev/null
}

sweep() { # STATUS
	run_sh "$1" "cp-walk --root $tree | cp-hash --root $tree | cp-own-diff --root $tree $csv"
}

# A copy small enough to damage: real headers, links among them.
setup_file() {
	mkdir "$BATS_FILE_TMPDIR/copy"
	cp -a /usr/include/linux "$BATS_FILE_TMPDIR/copy/linux"
	ln -s linux "$BATS_FILE_TMPDIR/copy/link"
	echo data >"$BATS_FILE_TMPDIR/copy/file"
}

setup() {
	tree=$BATS_TEST_TMPDIR/tree
	cp -a "$BATS_FILE_TMPDIR/copy" "$tree"
	csv=$BATS_FILE_TMPDIR/tree.csv
	[ -e "$csv" ] || adopt_tree "$tree"
}

@test "/usr/include is adopted and clean" {
	tree=/usr/include
	adopt_tree $tree
	sweep 0
	findings_are
	has "\"checked\":$(find /usr/include -xdev ! -type d | wc -l),"
}

@test "/usr/share is adopted and clean" {
	tree=/usr/share
	adopt_tree $tree
	sweep 0
	findings_are
	has "\"checked\":$(find /usr/share -xdev ! -type d | wc -l),"
}

@test "a copy is clean" {
	sweep 0
	findings_are
}

@test "one flipped byte" {
	printf X | dd of="$tree/linux/fs.h" bs=1 seek=100 conv=notrunc 2>/dev/null
	sweep 1
	findings_are 'MODIFIED linux/fs.h'
}

@test "a deleted file, an added one" {
	rm "$tree/linux/fs.h"
	sweep 1
	findings_are 'MISSING linux/fs.h'
	cp -a /usr/include/linux/fs.h "$tree/linux/fs.h"
	echo >"$tree/linux/zz.h"
	sweep 1
	findings_are 'ORPHAN linux/zz.h'
}

@test "a rename, a swap of two files' contents" {
	mv "$tree/linux/fs.h" "$tree/linux/fs2.h"
	sweep 1
	findings_are 'MISSING linux/fs.h' 'ORPHAN linux/fs2.h'
	mv "$tree/linux/fs2.h" "$tree/linux/fs.h"
	mv "$tree/linux/fs.h" "$tree/x"
	mv "$tree/linux/if.h" "$tree/linux/fs.h"
	mv "$tree/x" "$tree/linux/if.h"
	sweep 1
	findings_are 'MODIFIED linux/fs.h' 'MODIFIED linux/if.h'
}

@test "chmod" {
	chmod 600 "$tree/linux/fs.h"
	sweep 1
	findings_are 'MODE linux/fs.h'
}

@test "a file replaced by a symlink, a directory, a fifo" {
	rm "$tree/linux/fs.h" && ln -s /etc/passwd "$tree/linux/fs.h"
	sweep 1
	findings_are 'TYPE linux/fs.h'
	rm "$tree/linux/fs.h" && mkdir -p "$tree/linux/fs.h/x" && echo >"$tree/linux/fs.h/x/y"
	sweep 1
	findings_are 'TYPE linux/fs.h'
	rm -r "$tree/linux/fs.h" && mkfifo "$tree/linux/fs.h"
	sweep 1
	findings_are 'TYPE linux/fs.h'
}

@test "a directory replaced by a symlink to a copy of itself is found, once" {
	mv "$tree/linux" "$BATS_TEST_TMPDIR/elsewhere" && ln -s "$BATS_TEST_TMPDIR/elsewhere" "$tree/linux"
	sweep 1
	findings_are 'TYPE linux'
}

@test "a symlink that points elsewhere" {
	ln -sfn . "$tree/link"
	sweep 1
	findings_are 'MODIFIED link'
}

@test "names that no shell loves, one finding each" {
	local long name
	long=$(printf 'n%.0s' {1..255})
	for name in $'new\nline' $'tab\there' 'quo"te' 'back\slash' $'es\ec[2J' "$long"; do
		: >"$tree/linux/$name"
		sweep 1
		[ "$(jq -s '[.[] | select(.kind == "finding")] | length' <<<"$output")" -eq 1 ]
		[ "$(jq -r 'select(.kind == "finding") | .code' <<<"$output")" = ORPHAN ]
		[ "$(jq -j 'select(.kind == "finding") | .path' <<<"$output")" = "linux/$name" ]
		rm "$tree/linux/$name"
	done
	: >"$tree/linux/"$'caf\xe9'
	sweep 1
	[ "$(findings)" = "NAME $(printf 'linux/caf\xe9' | base64)" ]
}

@test "two hundred levels deep" {
	deep=$(printf 'd/%.0s' {1..200})
	mkdir -p "$tree/$deep" && : >"$tree/${deep}x"
	sweep 1
	findings_are "ORPHAN ${deep}x"
}

@test "a file that changes while it is hashed is CHANGING, one that vanishes is MISSING" {
	truncate -s 3G "$tree/big"
	csv=$BATS_TEST_TMPDIR/big.csv
	zeros=$(printf '%064d' 0)
	sed "1a big,PKG-X-1,,sha256:$zeros,0644,root,2026-01-01T00:00:00Z" "$BATS_FILE_TMPDIR/tree.csv" >"$csv"
	cp-walk --root "$tree" >"$BATS_TEST_TMPDIR/walk"
	{ sleep 0.3; echo more >>"$tree/big"; } &
	run_sh 1 "cp-hash --root $tree <$BATS_TEST_TMPDIR/walk | cp-own-diff --root $tree $csv"
	wait
	findings_are 'CHANGING big'
	truncate -s 3G "$tree/big"
	cp-walk --root "$tree" >"$BATS_TEST_TMPDIR/walk"
	rm "$tree/big"
	run_sh 1 "cp-hash --root $tree <$BATS_TEST_TMPDIR/walk | cp-own-diff --root $tree $csv"
	findings_are 'MISSING big'
}

@test "an unreadable file, an unreadable directory, for who may not read them" {
	pipe="cp-walk --root $tree | cp-hash --root $tree | cp-own-diff --root $tree $csv"
	[ "$(id -u)" -eq 0 ] || skip 'only root can give files away'
	chmod 000 "$tree/linux/fs.h"
	run_status 1 as_user sh -c "$pipe"
	findings_are 'UNREADABLE linux/fs.h'
	chmod 644 "$tree/linux/fs.h"
	chmod 000 "$tree/linux/netfilter"
	run_status 1 as_user sh -c "$pipe"
	findings_are 'UNREADABLE linux/netfilter'
}

@test "all at once: each has its own finding, and there is no other" {
	printf X >>"$tree/linux/fs.h"
	rm "$tree/linux/if.h"
	: >"$tree/linux/zz.h"
	chmod 666 "$tree/linux/in.h"
	rm "$tree/linux/ip.h" && ln -s in.h "$tree/linux/ip.h"
	rm -r "$tree/linux/netfilter" && : >"$tree/linux/netfilter"
	rm "$tree/file" && mkdir "$tree/file"
	sweep 1
	findings_are 'MODIFIED linux/fs.h' 'MISSING linux/if.h' 'ORPHAN linux/zz.h' 'MODE linux/in.h' \
		'TYPE linux/ip.h' 'TYPE linux/netfilter' 'TYPE file'
}

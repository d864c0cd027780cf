load ../helper
load ledger

setup() {
	mkdir "$BATS_TEST_TMPDIR/led"
	cd "$BATS_TEST_TMPDIR/led"
}

# sealed N: a ledger with N sealed segments of four entries each, and one entry behind them.
sealed() {
	local n
	ledger l.jsonl
	for ((n = 1; n <= $1; n++)); do
		fill l.jsonl 2 $((2 * n - 1))
		cp-ledger-rotate l.jsonl >/dev/null
	done
	fill l.jsonl 1 99
}

@test "what comes out of an archive is what went in, and sha256sum agrees" {
	for format in zstd:zst gzip:gz; do
		rm -rf ./*
		sealed 2
		mkdir plain
		cp l.d/* plain
		cp l.jsonl active
		run_status 0 cp-ledger-archive l.jsonl --format "${format%:*}"
		silent
		for f in 000000000000-000000000003 000000000004-000000000007; do
			[ ! -e l.d/$f.jsonl ]
			case $format in
			zstd:*) zstd -dcq l.d/$f.jsonl.zst >l.d/$f.jsonl ;;
			gzip:*) gzip -dc l.d/$f.jsonl.gz >l.d/$f.jsonl ;;
			esac
			cmp plain/$f.jsonl l.d/$f.jsonl
			(cd l.d && sha256sum --quiet --strict -c $f.jsonl.sha256)
			cmp l.d/$f.jsonl.sha256 <(cd plain && sha256sum $f.jsonl)
			grep -F "\"file\":\"l.d/$f.jsonl.${format#*:}\"" <<<"$output" >record
			[ "$(jq -r '"\(.first_seq) \(.last_seq) \(.hash) \(.size) \(.archive_size)"' record)" = \
				"$((10#${f%-*})) $((10#${f#*-})) sha256:$(sha256sum <plain/$f.jsonl | cut -c1-64)$(
					) $(stat -c %s plain/$f.jsonl) $(stat -c %s l.d/$f.jsonl.${format#*:})" ]
			rm l.d/$f.jsonl
		done
		[ "$(tail -n 1 <<<"$output")" = '{"kind":"end","count":2,"status":0,"by":"cp-ledger-archive"}' ]
		cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
		[ "$(ls -A l.d | wc -l)" -eq 4 ]
		[ "$(stat -c %a l.d/* | sort -u)" = 444 ]
		cmp active l.jsonl
		chain_holds l.jsonl
		whole l.jsonl
	done
}

@test "the default is zstd; the same bytes make the same archive" {
	sealed 1
	cp -r . ../other
	run_status 0 cp-ledger-archive l.jsonl
	[ "$(ls -A l.d | paste -sd' ')" = '000000000000-000000000003.jsonl.sha256 000000000000-000000000003.jsonl.zst' ]
	sleep 1.1
	(cd ../other && cp-ledger-archive l.jsonl >/dev/null)
	cmp l.d/000000000000-000000000003.jsonl.zst ../other/l.d/000000000000-000000000003.jsonl.zst
}

@test "--keep leaves the newest as they are" {
	sealed 4
	run_status 0 cp-ledger-archive l.jsonl --keep 5
	is '{"kind":"end","count":0,"status":0,"by":"cp-ledger-archive"}'
	refused 0 cp-ledger-archive l.jsonl --keep 4
	run_status 0 cp-ledger-archive l.jsonl --keep 3
	[ "$(jq -r 'select(.file).first_seq' <<<"$output" | paste -sd' ')" = 0 ]
	run_status 0 cp-ledger-archive l.jsonl --keep 1
	[ "$(jq -r 'select(.file).first_seq' <<<"$output" | paste -sd' ')" = '4 8' ]
	[ "$(find l.d -name '*.jsonl' -printf '%f\n')" = 000000000012-000000000015.jsonl ]
	whole l.jsonl
	run_status 0 cp-ledger-archive l.jsonl --keep 0
	[ "$(jq -r 'select(.file).first_seq' <<<"$output")" = 12 ]
	refused 0 cp-ledger-archive l.jsonl
	is '{"kind":"end","count":0,"status":0,"by":"cp-ledger-archive"}'
	[ "$(types l.jsonl | wc -w)" -eq 18 ]
	whole l.jsonl
}

@test "where nothing is sealed there is nothing to do, and nothing is made" {
	ledger l.jsonl
	fill l.jsonl 1
	refused 0 cp-ledger-archive l.jsonl
	is '{"kind":"end","count":0,"status":0,"by":"cp-ledger-archive"}'
	[ ! -e l.d ]
	mkdir l.d
	refused 0 cp-ledger-archive l.jsonl
}

@test "what else lies in the directory is left alone" {
	cp "$(shared real/ledger/kernel.jsonl)" l.jsonl
	cp-ledger-adopt l.jsonl --ledger l --type L-EXEC --tier ho1 >/dev/null
	cp-ledger-rotate l.jsonl >/dev/null
	echo mine >l.d/notes
	echo mine >l.d/1-2.jsonl
	cp l.d/legacy-* legacy
	run_status 0 cp-ledger-archive l.jsonl
	[ "$(jq -r 'select(.file).file' <<<"$output")" = l.d/000000000000-000000000001.jsonl.zst ]
	cmp legacy l.d/legacy-*
	[ "$(cat l.d/notes l.d/1-2.jsonl | paste -sd' ')" = 'mine mine' ]
	whole l.jsonl
}

@test "--dry-run names what would be archived, and writes nothing" {
	sealed 3
	frozen 0 cp-ledger-archive l.jsonl --dry-run --keep 1
	[ "$(jq -c 'select(.kind == "archived") | [.file, .first_seq, .last_seq, .dry_run]' <<<"$output")" = \
		'["l.d/000000000000-000000000003.jsonl.zst",0,3,true]
["l.d/000000000004-000000000007.jsonl.zst",4,7,true]' ]
	cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
	frozen 0 cp-ledger-archive l.jsonl --dry-run --format gzip
	has 'l.d/000000000008-000000000011.jsonl.gz'
	frozen 4 cp-ledger-archive missing --dry-run
}

@test "called wrongly is status 2; what is no ledger is status 4" {
	sealed 1
	refused 2 cp-ledger-archive
	refused 2 cp-ledger-archive l.jsonl l.jsonl
	refused 2 cp-ledger-archive l.jsonl --format xz
	err 'one of zstd|gzip is wanted'
	refused 2 cp-ledger-archive l.jsonl --keep -1
	refused 2 cp-ledger-archive l.jsonl --keep many
	refused 4 cp-ledger-archive missing
	err 'unable to open the ledger missing: No such file or directory'
	refused 4 cp-ledger-archive l.d
	mkfifo fifo
	refused 4 timeout 10 cp-ledger-archive fifo
}

@test "a link to the ledger, a name that is not UTF-8" {
	sealed 1
	mkdir sub
	ln -s ../l.jsonl sub/link.jsonl
	run_status 0 cp-ledger-archive sub/link.jsonl
	has '"file":"l.d/000000000000-000000000003.jsonl.zst"'
	[ -e l.d/000000000000-000000000003.jsonl.zst ]
	for name in $'a\n"\\\x01\x7f.jsonl' $'\xff.jsonl'; do
		cp-ledger-init "$name" --ledger x --type L-EXEC --tier ho1 >/dev/null
		cp-ledger-rotate "$name" >/dev/null
		run_status 0 cp-ledger-archive "$name"
		cp-schema-check <"$BATS_TEST_TMPDIR/.out" >/dev/null
		whole "$name"
	done
}

@test "a directory that is a link, a segment that is none" {
	sealed 1
	mv l.d real
	ln -s real l.d
	refused 4 cp-ledger-archive l.jsonl
	rm l.d
	mv real l.d
	seg=l.d/000000000000-000000000003.jsonl
	mv $seg kept
	ln -s ../kept $seg
	refused 4 cp-ledger-archive l.jsonl
	err 'unable to read l.d/'
	rm $seg
	mkdir $seg
	refused 4 cp-ledger-archive l.jsonl
	rmdir $seg
	mkfifo $seg
	refused 4 timeout 10 cp-ledger-archive l.jsonl
	[ -p $seg ]
}

@test "who may not write there archives nothing" {
	sealed 1
	[ "$(id -u)" -eq 0 ] || chmod 555 l.d
	refused 4 as_user cp-ledger-archive l.jsonl
	err 'Permission denied'
	chmod 755 l.d
}

@test "the part that is being sealed just now is not among them" {
	ledger l.jsonl
	fill l.jsonl 2
	run_status 137 faulted kill '^renameat2' cp-ledger-rotate l.jsonl
	[ -e l.d/000000000000-000000000003.jsonl ]
	refused 0 cp-ledger-archive l.jsonl
	is '{"kind":"end","count":0,"status":0,"by":"cp-ledger-archive"}'
	cp-ledger-recover l.jsonl >/dev/null
	run_status 0 cp-ledger-archive l.jsonl
	[ ! -e l.d/000000000000-000000000003.jsonl ]
	whole l.jsonl
}

@test "one that was killed left the segment; the next run begins again and leaves nothing behind" {
	for format in zstd gzip; do
		for at in '^openat .*zst.new|^openat .*gz.new' '^write .*jsonl.(zst|gz).new' '^renameat2 .*jsonl.(zst|gz).new' \
			'^openat .*sha256.new' '^renameat2 .*sha256.new' '^unlinkat .*jsonl$'; do
			rm -rf ./*
			sealed 2
			cp -r l.d plain
			run_status 137 faulted kill "$at" cp-ledger-archive l.jsonl --format $format
			diff -q plain/000000000000-000000000003.jsonl l.d/000000000000-000000000003.jsonl
			whole l.jsonl
			run_status 0 cp-ledger-archive l.jsonl --format $format
			[ "$(ls -A l.d | wc -l)" -eq 4 ]
			cat plain/*.jsonl l.jsonl | cmp - <(stored l.jsonl)
			whole l.jsonl
		done
	done
}

@test "an archive of the other kind, that a killed one left, is not left beside the new one" {
	sealed 1
	run_status 137 faulted kill '^unlinkat .*jsonl$' cp-ledger-archive l.jsonl
	run_status 0 cp-ledger-archive l.jsonl --format gzip
	[ "$(find l.d -type f | wc -l)" -eq 2 ]
	whole l.jsonl
}

@test "a full disk and a failing one are status 4, and the segment stays" {
	for what in ENOSPC EIO; do
		for at in '^openat .*zst.new' '^write .*zst.new' '^fsync .*zst.new' '^renameat2 .*zst.new' '^openat .*sha256.new' \
			'^write .*sha256.new' '^renameat2 .*sha256.new' '^unlinkat .*jsonl$'; do
			rm -rf ./*
			sealed 1
			cp l.d/000000000000-000000000003.jsonl plain
			run_status 4 faulted $what "$at" cp-ledger-archive l.jsonl
			err 'unable to '
			hasnt '"kind":"archived"'
			cmp plain l.d/000000000000-000000000003.jsonl
			[ -z "$(find . -name '.*.new')" ]
			whole l.jsonl
		done
	done
	refused 4 limited 0 cp-ledger-archive l.jsonl
	has 'File too large'
	run_status 0 cp-ledger-archive l.jsonl
	whole l.jsonl
}

@test "a write that falls short is gone on with" {
	sealed 1
	cp l.d/000000000000-000000000003.jsonl plain
	run_status 0 faulted short '^write .*zst.new' cp-ledger-archive l.jsonl
	zstd -dcq l.d/000000000000-000000000003.jsonl.zst | cmp plain -
	whole l.jsonl
}

@test "a record that nobody takes is status 4, and the segment is archived whole" {
	sealed 2
	run_sh 4 'cp-ledger-archive l.jsonl >/dev/full'
	err 'unable to write standard output'
	whole l.jsonl
	run_status 0 cp-ledger-archive l.jsonl
	whole l.jsonl
}

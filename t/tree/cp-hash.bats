load ../helper

hash_of() {
	printf 'sha256:%s' "$(sha256sum <"$1" | cut -c1-64)"
}

# what PATH: hash or error that $output gives it.
what() {
	jq -r --arg p "$1" 'select(.path == $p) | .hash // .error' <<<"$output"
}

# old: makes every file of the plane old enough for its hash to be taken over.
old() {
	sleep 2.2
}

@test "hashes in order and keeps every byte of the rest" {
	plane bare
	ln -s 'some where' lib/link
	mkfifo lib/pipe
	run_sh 0 'cp-walk >"$BATS_TEST_TMPDIR/w"; cp-hash <"$BATS_TEST_TMPDIR/w"'
	[ "$(what lib/a)" = "$(hash_of lib/a)" ]
	[ "$(what lib/link)" = "sha256:$(printf 'some where' | sha256sum | cut -c1-64)" ]
	[ "$(sed -E 's/,"hash":"[^"]*"//; s/cp-hash/cp-walk/' <<<"$output")" = "$(<"$BATS_TEST_TMPDIR/w")" ]
}

@test "a bare record is enough, and no end makes none" {
	plane bare
	run_sh 0 'printf "{\"kind\":\"file\",\"path\":\"lib/a\"}\n" | cp-hash'
	is "{\"kind\":\"file\",\"path\":\"lib/a\",\"size\":6,\"mode\":\"0644\",\"hash\":\"$(hash_of lib/a)\"}"
	run_sh 0 'printf " { \"path\" : \"lib/b\" , \"kind\" : \"file\" } \n{\"kind\":\"other\",\"x\": [ 1 ]}\n" |
		cp-hash --jobs 1'
	is " { \"path\" : \"lib/b\" , \"kind\" : \"file\" ,\"size\":5,\"mode\":\"0644\",\"hash\":\"$(hash_of lib/b)\"}
{\"kind\":\"other\",\"x\": [ 1 ]}"
}

@test "answers at once as a coprocess" {
	plane bare
	coproc cp-hash
	for f in lib/a lib/b lib/a; do
		printf '{"kind":"file","path":"%s"}\n{"kind":"other"}\n' $f >&"${COPROC[1]}"
		read -r -t 10 -u "${COPROC[0]}" line
		[ "$(jq -r .hash <<<"$line")" = "$(hash_of $f)" ]
		read -r -t 10 -u "${COPROC[0]}" line
		[ "$line" = '{"kind":"other"}' ]
	done
}

@test "sizes around the blocks it reads" {
	plane bare
	for n in 0 1 65535 65536 65537 262144 1048576 3000001; do
		head -c "$n" /dev/urandom >"lib/n$n"
	done
	run_sh 0 'cp-walk | cp-hash'
	for n in 0 1 65535 65536 65537 262144 1048576 3000001; do
		[ "$(what "lib/n$n")" = "$(hash_of "lib/n$n")" ]
	done
}

@test "many files, any number of threads, one answer" {
	run_sh 0 'cp-walk --root /usr/include/linux >"$BATS_TEST_TMPDIR/w"; cp-hash --jobs 1 <"$BATS_TEST_TMPDIR/w"'
	[ "$(grep -c '"hash"' <<<"$output")" -gt 100 ]
	local one=$output
	for jobs in 2 3 16; do
		run_sh 0 "cp-hash --jobs $jobs <\"\$BATS_TEST_TMPDIR/w\""
		[ "$output" = "$one" ]
	done
	(cd /usr/include/linux && jq -r 'select(.kind == "file") | .hash[7:] + "  " + .path' <<<"$one" |
		sha256sum --quiet -c)
}

@test "paths that leave the root" {
	plane bare
	for path in ../a /etc/passwd lib/../lib/a ./lib/a lib//a lib/ ''; do
		run_sh 3 "printf '{\"kind\":\"file\",\"path\":\"$path\"}\n' | cp-hash" || { echo "$path"; return 1; }
		[ -z "$output" ]
	done
	run_sh 3 'printf "{\"kind\":\"file\",\"path\":\"lib/a\"}\n{\"kind\":\"file\"}\n" | cp-hash'
	has "$(hash_of lib/a)"
	err 'stdin:2: unable to hash a file: it has no path'
	run_sh 3 'printf "{\"kind\":\"file\",\"path\":\"lib/a\",\"path_b64\":\"/w==\"}\n" | cp-hash'
	run_sh 3 'printf "{\"kind\":\"file\",\"path\":\"lib/a\",\"size\":\"6\"}\n" | cp-hash'
	run_sh 3 'printf "{\"kind\":\"file\",\"path\":\"lib/a\",\"ino\":12}\n" | cp-hash'
	run_sh 3 'cp-walk | cp-hash | cp-hash'
	err 'it has a hash already'
}

@test "gone, replaced, changed since the walk: no hash" {
	plane bare
	mkdir "$BATS_TEST_TMPDIR/elsewhere" lib/sub lib/kept
	echo secret | tee "$BATS_TEST_TMPDIR/elsewhere/s" "$BATS_TEST_TMPDIR/elsewhere/c" >/dev/null
	for f in sub/s gone grown touched chmodded twin linked fifo dir; do echo "$f" >"lib/$f"; done
	cp-walk >"$BATS_TEST_TMPDIR/w"
	rm lib/gone lib/linked lib/fifo lib/dir
	echo more >>lib/grown
	touch lib/touched
	chmod 600 lib/chmodded
	cp -p lib/twin lib/x && mv lib/x lib/twin
	ln -s "$BATS_TEST_TMPDIR/elsewhere/s" lib/linked
	mkfifo lib/fifo
	mkdir lib/dir
	mv lib/sub "$BATS_TEST_TMPDIR/old-sub"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" lib/sub
	run_sh 0 'cp-hash <"$BATS_TEST_TMPDIR/w"'
	[ "$(what lib/gone)" = GONE ]
	for f in sub/s grown touched chmodded twin linked fifo dir; do
		[ "$(what "lib/$f")" = CHANGING ] || { echo "$f"; return 1; }
	done
	hasnt "$(hash_of "$BATS_TEST_TMPDIR/elsewhere/s")"
	[ "$(what lib/a)" = "$(hash_of lib/a)" ]
	has '"end"'
}

@test "links and other things named by hand are not read" {
	plane bare
	ln -s a lib/link
	ln -s lib/ way
	mkfifo lib/fifo
	run_sh 0 'printf "{\"kind\":\"file\",\"path\":\"%s\"}\n" lib/link way/a lib/fifo lib lib/a/x | cp-hash'
	[ "$(jq -r '.error' <<<"$output" | xargs)" = 'CHANGING CHANGING CHANGING CHANGING GONE' ]
}

@test "a file that changes or vanishes while it is hashed" {
	plane bare
	truncate -s 1536M lib/grows lib/vanishes
	cp-walk >"$BATS_TEST_TMPDIR/w"
	cp-hash <"$BATS_TEST_TMPDIR/w" >"$BATS_TEST_TMPDIR/h" &
	sleep 0.2
	echo x >>lib/grows
	rm lib/vanishes
	wait $!
	output=$(<"$BATS_TEST_TMPDIR/h")
	[ "$(what lib/grows)" = CHANGING ]
	[[ $(what lib/vanishes) == CHANGING || $(what lib/vanishes) == GONE ]]
	[ "$(what lib/b)" = "$(hash_of lib/b)" ]
}

@test "unreadable files" {
	plane bare
	[ "$(id -u)" -eq 0 ] || skip 'root can make a file that another may not read'
	chmod 600 lib/a
	chmod 700 docs
	run_status 0 as_user sh -c 'cp-walk | cp-hash'
	[ "$(what lib/a)" = UNREADABLE ]
	[ "$(what docs)" = UNREADABLE ]
	[ "$(what lib/b)" = "$(hash_of lib/b)" ]
}

@test "hostile names" {
	plane bare
	touch lib/$'new\nline' lib/$'tab\t' lib/'q"' lib/'b\' lib/$'\e[1m' lib/$'\xff'
	run_sh 0 'cp-walk | cp-hash'
	[ "$(grep -c "$(hash_of /dev/null)" <<<"$output")" -eq 6 ]
	hasnt '"error"'
}

@test "--since takes over what is as it was, and says so" {
	plane bare
	old
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/former"
	echo more >>lib/a
	touch -r docs/readme lib/new
	touch docs/readme
	run_sh 0 'cp-walk | cp-hash --since "$BATS_TEST_TMPDIR/former"'
	[ "$(jq -r 'select(.kind == "file") | "\(.path) \(.reused)"' <<<"$output" | xargs)" = \
		'docs/readme null lib/a null lib/b true lib/new null' ]
	for f in lib/a lib/b docs/readme lib/new; do
		[ "$(what $f)" = "$(hash_of $f)" ]
	done
}

@test "--since does not trust a time as young as the former run" {
	plane bare
	old
	touch lib/a
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/former"
	run_sh 0 'cp-walk | cp-hash --since "$BATS_TEST_TMPDIR/former"'
	[ "$(jq -r 'select(.kind == "file") | "\(.path) \(.reused)"' <<<"$output" | xargs)" = \
		'docs/readme true lib/a null lib/b true' ]
}

@test "--since re-uses each fact only if it is equal" {
	plane bare
	old
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/former"
	run_sh 0 'cp-walk | cp-hash --since "$BATS_TEST_TMPDIR/former"'
	has '"reused":true'
	for member in dev ino size mtime ctime; do
		jq -c --arg m $member 'if .kind == "file" then .[$m] |= (if type == "number" then . + 1
			else .[:-1] + (if endswith("0") then "1" else "0" end) end) else . end' \
			"$BATS_TEST_TMPDIR/former" >"$BATS_TEST_TMPDIR/other"
		run_sh 0 'cp-walk | cp-hash --since "$BATS_TEST_TMPDIR/other"'
		hasnt reused
	done
	jq -c 'del(.ctime)' "$BATS_TEST_TMPDIR/former" >"$BATS_TEST_TMPDIR/other"
	run_sh 0 'cp-walk | cp-hash --since "$BATS_TEST_TMPDIR/other"'
	hasnt reused
}

@test "--since refuses what is no complete output of cp-hash about this tree" {
	plane bare
	cp-walk | cp-hash >"$BATS_TEST_TMPDIR/former"
	cd "$BATS_TEST_TMPDIR"
	head -n -1 former >cut
	head -c -5 former >torn
	sed 3d former >short
	grep -v '"plane"' former | jq -c 'if .kind == "end" then .count -= 1 else . end' >planeless
	jq -c 'if .kind == "end" then .status = 3 else . end' former >failed
	jq -c 'if .kind == "plane" then .root = "/elsewhere" else . end' former >other
	jq -c 'if .kind == "plane" then del(.time) else . end' former >timeless
	jq -c 'if .kind == "end" then .by_hand = true else . end' former >by-hand
	jq -c 'if .path == "docs/readme" then .path = "lib/aa" else . end' former >unsorted
	jq -c 'if .path == "lib/a" then .hash = "sha256:0" else . end' former >hashless
	: >empty
	for f in cut torn short planeless failed other timeless by-hand unsorted hashless empty .; do
		run_sh 3 "cp-walk | cp-hash --since $f" || { echo "$f"; return 1; }
		hasnt '"end"'
	done
	run_sh 4 'cp-walk | cp-hash --since nowhere'
	cp former plane/former
	run_sh 3 'cp-walk | cp-hash --since plane/former'
	err 'it lies in the tree it is about'
	ln -s plane/former way
	run_sh 3 'cp-walk | cp-hash --since way'
}

@test "a stream about another root" {
	plane bare
	mkdir "$BATS_TEST_TMPDIR/other"
	run_sh 3 'cp-walk | cp-hash --root "$BATS_TEST_TMPDIR/other"'
	run_sh 4 'echo "{\"kind\":\"file\",\"path\":\"a\"}" | cp-hash --root /nowhere'
	unset CONTROL_PLANE_ROOT
	run_sh 0 "cp-walk --root $PWD >../w; cd /; cp-hash <$BATS_TEST_TMPDIR/w"
	[ "$(what lib/a)" = "$(hash_of lib/a)" ]
}

@test "what upstream could not read passes as it is" {
	plane bare
	run_sh 0 'echo "{\"kind\":\"file\",\"path\":\"lib/a\",\"error\":\"UNREADABLE\"}" | cp-hash'
	is '{"kind":"file","path":"lib/a","error":"UNREADABLE"}'
}

@test "--progress draws on a terminal only" {
	plane bare
	run_sh 0 'cp-walk | cp-hash --progress'
	silent
	need_tty
	script -qec 'cp-walk | cp-hash --progress >/dev/null' /dev/null </dev/null | grep -q 'cp-hash: .* files'
}

@test "a lazy walk and a full one are the same to a judge" {
	plane
	run_sh 0 'cp-walk --lazy | cp-hash | cp-own-diff'
	ln lib/a lib/twin
	chmod 4755 lib/b
	touch lib/$'\xff'
	cp-walk --lazy | jq -es 'map(select(.kind == "file") | keys == ["kind", "path"] or keys == ["kind", "path_b64"]) | all'
	run_sh 1 'cp-walk | cp-hash | cp-own-diff'
	local full
	full=$(findings)
	[ "$(wc -l <<<"$full")" -ge 4 ]
	run_sh 1 'cp-walk --lazy | cp-hash | cp-own-diff'
	[ "$(findings)" = "$full" ]
	run_sh 0 'cp-walk --lazy | cp-hash >"$BATS_TEST_TMPDIR/former"; cp-walk | cp-hash --since "$BATS_TEST_TMPDIR/former"'
	hasnt reused
}

load ../helper

setup() {
	plane
}

# leaf HASH MODE PATH SIZE: hex of the RFC 6962 leaf hash; node LEFT RIGHT. By sha256sum, not by our own code.
leaf() {
	printf '\0{"hash":"%s","mode":"%s","path":"%s","size":%d}' "$@" | sha256sum | cut -c1-64
}

node() {
	printf '01%s%s' "$1" "$2" | xxd -r -p | sha256sum | cut -c1-64
}

hash_of() {
	printf 'sha256:%s' "$(sha256sum <"$1" | cut -c1-64)"
}

root() {
	jq -r 'select(.kind == "root").root_hash' <<<"$output"
}

@test "the root of three files is what RFC 6962 says" {
	need xxd
	run_sh 0 'cp-walk | cp-hash | cp-merkle'
	silent
	d=$(leaf "$(hash_of docs/readme)" 0644 docs/readme 8)
	a=$(leaf "$(hash_of lib/a)" 0644 lib/a 6)
	b=$(leaf "$(hash_of lib/b)" 0644 lib/b 5)
	is '{"kind":"root","root_hash":"sha256:'"$(node "$(node "$d" "$a")" "$b")"'","tree_size":3,"alg":"rfc6962"}
{"kind":"end","count":1,"status":0,"by":"cp-merkle"}'
}

@test "content, mode, name, a symlink and its target each change the root" {
	run_sh 0 'cp-walk | cp-hash | cp-merkle'
	seen=$(root)
	for change in 'printf Alpha >lib/a' 'chmod 755 lib/a' 'mv lib/a lib/c' 'ln -s b lib/l' 'ln -sfn c lib/l'; do
		eval "$change"
		run_sh 0 'cp-walk | cp-hash | cp-merkle'
		[[ $seen != *$(root)* ]]
		seen+=" $(root)"
	done
	has '"tree_size":4'
}

@test "--check: 0 when equal, a finding and 1 when not, 2 when it is no hash" {
	run_sh 0 'cp-walk | cp-hash | cp-merkle'
	r=$(root)
	run_sh 0 "cp-walk | cp-hash | cp-merkle --check $r"
	run_sh 0 "cp-walk | cp-hash | cp-merkle --check ${r#sha256:}"
	findings_are
	echo more >>lib/a
	run_sh 1 "cp-walk | cp-hash | cp-merkle --check $r"
	findings_are 'MODIFIED -'
	run_sh 2 'cp-merkle --check sha256:12 </dev/null'
	run_sh 2 'cp-merkle --check "" </dev/null'
}

@test "--legacy gives every merkle_root of the real versions" {
	dir=$(shared real/versions)
	n=0
	for csv in "$dir"/*_registry.csv; do
		want=$(jq -r .merkle_root "${csv%_registry.csv}.json")
		run_sh 0 "cp-csv-read '$csv' | cp-merkle --legacy --check $want"
		has "\"root_hash\":\"sha256:$want\""
		has '"alg":"legacy"'
		n=$((n + 1))
	done
	[ "$n" -eq 8 ]
}

@test "--legacy over a walk joins the hashes of its files" {
	run_sh 0 'cp-walk | cp-hash | cp-merkle --legacy'
	mapfile -t h < <(sha256sum lib/a lib/b docs/readme | cut -c1-64 | sort)
	left=$(printf %s "${h[0]}${h[1]}" | sha256sum | cut -c1-64)
	right=$(printf %s "${h[2]}${h[2]}" | sha256sum | cut -c1-64)
	[ "$(root)" = "sha256:$(printf %s "$left$right" | sha256sum | cut -c1-64)" ]
	run_sh 0 'cp-registry-read | cp-merkle --legacy'
	[ "$(root)" = "sha256:$(printf %s "$left$right" | sha256sum | cut -c1-64)" ]
}

@test "what cannot be stated is one finding and no root" {
	touch lib/$'\xff'
	run_sh 1 'cp-walk | cp-hash | cp-merkle'
	findings_are "NAME $(printf 'lib/\xff' | base64)"
	hasnt '"kind":"root"'
	rm lib/$'\xff'
	mkfifo lib/pipe
	run_sh 1 'cp-walk | cp-hash | cp-merkle'
	findings_are 'TYPE lib/pipe'
	hasnt '"kind":"root"'
	for e in UNREADABLE CHANGING; do
		printf '{"kind":"file","path":"a","error":"%s"}\n' "$e" | cp-end --quiet >"$BATS_TEST_TMPDIR/in"
		run_sh 1 "cp-merkle <$BATS_TEST_TMPDIR/in"
		findings_are "$e a"
		hasnt '"kind":"root"'
	done
}

@test "an empty tree: status 1, and with --allow-empty the hash of nothing" {
	rm -r lib docs registries
	run_sh 1 'cp-walk | cp-hash | cp-merkle'
	err 'there is no file in the tree'
	hasnt '"kind":"root"'
	run_sh 0 'cp-walk | cp-hash | cp-merkle --allow-empty'
	has '"root_hash":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","tree_size":0'
	run_sh 1 'cp-walk | cp-hash | cp-merkle --allow-empty --legacy'
	hasnt '"kind":"root"'
}

@test "unsorted, doubled, unhashed, half known and cut streams are status 3 without a root" {
	h=sha256:$(printf %064d 1)
	bad() {
		printf '%s\n' "$@" | cp-end --quiet >"$BATS_TEST_TMPDIR/in"
		run_sh 3 "cp-merkle <$BATS_TEST_TMPDIR/in"
		hasnt '"kind":'
	}
	a='{"kind":"file","path":"a","size":1,"mode":"0644","hash":"'$h'"}'
	b='{"kind":"file","path":"b","size":1,"mode":"0644","hash":"'$h'"}'
	bad "$b" "$a"
	err 'path order'
	bad "$a" "$a"
	bad '{"kind":"file","path":"a","size":1,"mode":"0644"}'
	err 'not hashed'
	bad "${a/,\"mode\":\"0644\"/}"
	err 'has no mode'
	bad "${a/\"size\":1,/}"
	err 'has no size'
	run_sh 3 'cp-walk | cp-hash | head -n 3 | cp-merkle'
	hasnt '"kind":'
	run_sh 0 'cp-walk | cp-hash | head -n 5 | cp-merkle --open'
	has '"kind":"root"'
}

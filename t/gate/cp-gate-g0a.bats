load ../helper

setup() {
	need jq python3
	cd "$BATS_TEST_TMPDIR" || return
	python3 "$CP_TOP/t/package/archive.py" good good.tar.gz
	cp-package-read good.tar.gz >good
}

# judge STATUS JQ: judges the good package, changed by a jq program over all its records but the end.
judge() {
	sed '$d' good | jq -c "$2" >changed
	printf '{"kind":"end","count":%d,"status":0,"by":"test"}\n' "$(wc -l <changed)" >>changed
	run_sh "$1" 'cp-gate-g0a <changed'
}

@test "a package in order passes, byte for byte; its verdict is about the archive" {
	run_sh 0 'cp-gate-g0a <good'
	silent
	diff <(sed '$d' good) <(grep -v '"kind":"\(verdict\|end\)"' <<<"$output")
	has '"gate":"G0A","pass":true,"checked":6,"findings":0,"subject":"sha256:'"$(sha256sum <good.tar.gz | cut -c1-64)"'"'
}

@test "what is not declared, missing, modified, special, twice or leads out" {
	judge 1 'if .path == "lib/b" then .path = "lib/c" else . end'
	findings_are 'MISSING lib/b' 'UNDECLARED lib/c'
	judge 1 'if .path == "lib/b" then .hash = "sha256:" + "0" * 64 else . end'
	findings_are 'MODIFIED lib/b'
	judge 1 'if .path == "lib/b" then .mode = "0755" else . end'
	findings_are 'MODIFIED lib/b'
	judge 1 'if .path == "lib/b" then ., (.path = "lib/d" | .type = "symlink" | .target = "b") else . end'
	findings_are 'SPECIAL lib/d'
	judge 1 'if .path == "lib/b" then ., . else . end'
	findings_are 'DUPLICATE lib/b'
	judge 1 'if .path == "lib/b" then ., (.path = "../b") else . end'
	findings_are 'PATH_ESCAPE -'
	has '../b has a .. component'
}

@test "the manifest: its schema, its hashes" {
	judge 1 'if .manifest then .manifest.type = "spec" else . end'
	findings_are 'MANIFEST -' 'MANIFEST -'
	judge 1 'if .manifest then .manifest.type = "registry" else . end'
	findings_are 'MANIFEST -'
	judge 1 'if .source == "lib/b" then .type = "registry" else . end'
	findings_are 'MANIFEST -'
	judge 1 'if .manifest then .manifest.integrity.manifest_hash = "sha256:" + "0" * 64 else . end'
	findings_are 'HASH -'
	judge 1 'if .manifest then .manifest.integrity.document_hash = "sha256:" + "0" * 64 else . end'
	findings_are 'HASH -'
	judge 0 'if .manifest then .manifest.integrity.document_hash = .document_hash else . end'
}

@test "an archive that others may read otherwise; a directory has no archive to ask that of" {
	judge 1 'if .manifest then .canonical = false else . end'
	findings_are 'NONCANONICAL -'
	judge 1 'if .manifest then del(.canonical) else . end'
	findings_are 'NONCANONICAL -'
	judge 0 'if .manifest then del(.canonical, .archive_hash, .tar_hash) else . end'
}

@test "a stream that contradicts itself is not judged" {
	judge 3 'if .source == "lib/b" then .hash = "sha256:" + "0" * 64 else . end'
	err 'manifest_hash'
	judge 3 'if .manifest then ., . else . end'
	err 'more than one package'
	judge 3 'select(.manifest | not)'
	err 'before its package'
	hasnt verdict
}

@test "nothing judged is nothing passed; a cut stream has no verdict" {
	run_sh 1 'echo "{\"kind\":\"end\",\"count\":0,\"status\":0,\"by\":\"test\"}" | cp-gate-g0a'
	has '"pass":false,"checked":0'
	run_sh 3 'head -n 4 good | cp-gate-g0a'
	hasnt verdict
}

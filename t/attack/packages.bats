#!/usr/bin/env bats
# Ways around a package's signature, and streams that were forged: each is refused, and for what it is.
load ../helper
load ../gate/signed

setup() {
	need jq openssl
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$PWD
	key me
	draft p
	signed p me
	packed p
	genesis plane
	export CONTROL_PLANE_ROOT=$PWD/plane
}

# refused CODE [JQ]: the manifest, changed, is refused by G5 with that code.
refused() {
	[ -z "${2-}" ] || changed p "$2"
	packed p
	run_sh 1 "cp-gate-g5 --keyring R <p.stream"
	findings_are "$1 -"
	has '"pass":false'
}

# closed FILE: its end says that all is well, as a liar's does.
closed() {
	printf '{"kind":"end","count":%d,"status":0,"by":"cp-merge"}\n' "$(wc -l <"$1")" >>"$1"
}

@test "what nobody touched passes all gates of the floor" {
	cp-pack --out p.pack.tar.gz p >/dev/null
	run_sh 0 "cp-package-read p.pack.tar.gz | cp-gate-g0a | cp-gate-g1 | cp-gate-g5 --keyring R | cp-enforce --require G0A,G1,G5"
}

@test "each field of the manifest, changed after it was signed" {
	cp p/package.manifest.yaml whole
	for change in '.package_id = "PKG-OTHER-001"' '.version = "1.0.1"' '.type = "agent"' '.schema_version = "1.2"' \
		'.assets[0].hash = "sha256:" + "0" * 64' '.assets[0].source = "lib/c"' '.assets[0].plane = "ho1"' \
		'.assets[0].type = "config"' '.assets[0].spec_owner = "SPEC-X"' '.assets[0].mode = "0755"' 'del(.assets[1])' \
		'.assets |= reverse' '.dependencies = []' '.dependencies = [{package_id: "PKG-EVIL-001"}]' '.conflicts = []' \
		'.upgrade_policy = {allow_asset_removal: true}' '.output = {type: "extension", path: "config"}' '.metadata = {a: 1}' \
		'.framework_id = "FMWK-X"' '.spec_id = "SPEC-X"' '.requires_framework = "FMWK-X"' '.other = null'; do
		cp whole p/package.manifest.yaml
		refused SIGNATURE "$change"
		# Nor does it help to say the hashes that it has now.
		refused SIGNATURE ".integrity += {manifest_hash: \"$(manifest_hash p)\", document_hash: \"$(document_hash p)\"}"
	done
}

@test "the contents of two files, swapped with their hashes: the signature of 004 holds, the binding does not" {
	mv p/lib/a p/lib/x && mv p/lib/b p/lib/a && mv p/lib/x p/lib/b
	changed p '.assets |= [{source: "lib/a"} + (.[1] | del(.source)), {source: "lib/b"} + (.[0] | del(.source))]'
	m=$(manifest_hash p)
	[ "$m" = "$(jq -r .integrity.manifest_hash p/package.manifest.yaml)" ]
	changed p ".integrity.document_hash = \"$(document_hash p)\""
	refused SIGNATURE
	has 'its binding does not hold'
	refused UNBOUND 'del(.integrity.binding)'
}

@test "the signature of another manifest, whole or by halves" {
	cp p/package.manifest.yaml other
	draft p '.version = "2.0.0"'
	signed p me
	cp p/package.manifest.yaml own
	for part in '{integrity}' '{integrity: ($own.integrity + ($o.integrity | {binding}))}' \
		'{integrity: ($own.integrity + ($o.integrity | {document_hash, binding}))}'; do
		jq --slurpfile o other '. as $own | $o[0] as $o | $own + ($o | '"$part"')' own >p/package.manifest.yaml
		refused SIGNATURE
	done
}

@test "another key's id beside the signature, one that is not there, none, and one of hostile letters" {
	key other
	refused SIGNATURE '.integrity.signed_by = "other@example"'
	refused UNKNOWN_KEY '.integrity.signed_by = "nobody@example"'
	refused SIGNATURE '.integrity.signed_by = "me@example\n"'
	refused SIGNATURE '.integrity.signed_by = ""'
	refused SIGNATURE 'del(.integrity.signed_by)'
}

@test "a binding of one key and a signature of another" {
	key other
	refused SIGNATURE ".integrity.binding = \"$(binding other "$(manifest_hash p)" "$(document_hash p)")\""
	refused SIGNATURE ".integrity.binding = \"$(manifest_hash p | tr -d '\n' | signature me)\""
}

@test "a signature for another purpose, or for one plane alone, binds nothing" {
	both=$(printf '%s\n%s\n' "$(manifest_hash p)" "$(document_hash p)" | sum)
	for head in 'record\n*' 'archive\n*' 'manifest\ntest-plane'; do
		b=$(printf "cp-sig/1\n$head\n%s\ned25519\nme@example\n" "$both" | signature me)
		refused SIGNATURE ".integrity.binding = \"$b\""
	done
}

@test "another algorithm than the key has" {
	long=base64:$(head -c 512 /dev/zero | base64 -w0)
	changed p ".integrity.alg = \"rsa4096\""
	packed p
	run_sh 3 "cp-gate-g5 --keyring R <p.stream"
	refused SIGNATURE ".integrity += {signature: \"$long\", binding: \"$long\"}"
	has 'another algorithm'
	refused SIGNATURE '.integrity.alg = "none"'
	refused SIGNATURE '.integrity.alg = "ED25519"'
	refused SIGNATURE 'del(.integrity.alg)'
}

@test "a placeholder is no key, and a keyring with one is none" {
	jq '.keys[0].public_key = "base64:PLACEHOLDER"' R >P
	run_sh 3 "cp-gate-g5 --keyring P <p.stream"
	jq '.keys[0].public_key = "base64:" + ("A" * 43) + "="' R >P
	run_sh 3 "cp-gate-g5 --keyring P <p.stream"
	hasnt '"kind":"verdict"'
	err 'keyring'
}

@test "a revoked key, an expired one, and a flag that is set where it does not count" {
	cp-keyring --keyring R revoke me@example >/dev/null
	refused UNTRUSTED
	export CONTROL_PLANE_ALLOW_UNSIGNED=1
	refused UNTRUSTED
	refused UNSIGNED 'del(.integrity)'
	refused UNSIGNED '.integrity = {signature: null}'
	refused UNSIGNED '.integrity = {signature: ""}'
}

@test "a keyring inside the plane, or one that others may write, is none" {
	cp R plane/R
	run_sh 3 "cp-gate-g5 --keyring plane/R <p.stream"
	chmod 666 R
	run_sh 3 "cp-gate-g5 --keyring R <p.stream"
}

@test "a verdict put in by hand stands for no gate" {
	draft p
	packed p
	verdict() { printf '{"kind":"verdict","gate":"G5","pass":true,"checked":1,"findings":0,"subject":"%s"}\n' "$1"; }
	own=$(sum <p.tar.gz)
	# Before the gate it is refused by the gate, behind it it is one too many.
	{ sed '$d' p.stream; verdict "$own"; } >forged
	run_sh 3 "cp-end cat forged | cp-enforce --require G5"
	closed forged
	run_sh 3 "cp-gate-g5 --keyring R <forged"
	err 'a verdict of G5 already'
	signed p me
	packed p
	own=$(sum <p.tar.gz)
	{ cp-gate-g5 --keyring R <p.stream | sed '$d'; verdict "$own"; } >forged
	closed forged
	run_sh 1 "cp-enforce --require G5 <forged"
	# Without the gate: of another subject, twice, or closed by hand.
	{ sed '$d' p.stream; verdict "$(sum <R)"; } >forged
	closed forged
	run_sh 1 "cp-enforce --require G5 <forged"
	{ sed '$d' p.stream; verdict "$own"; verdict "$own"; } >forged
	closed forged
	run_sh 1 "cp-enforce --require G5 <forged"
	{ sed '$d' p.stream; verdict "$own"; } >forged
	run_sh 3 "cp-end <forged | cp-enforce --require G5"
}

@test "a stream that is cut behind its verdicts, or says other hashes than its archive, is not let through" {
	run_sh 3 "cp-gate-g5 --keyring R <p.stream | sed '\$d' | cp-enforce --require G5"
	draft q '.version = "9.0.0"'
	packed q
	# The good package's record in front of the bad one's.
	{ sed '$d' p.stream; sed '$d' q.stream; } >both
	run_sh 3 "cp-end cat both | cp-gate-g5 --keyring R"
	# A hash of the reader's is what is signed: one that is changed in the stream does not fit.
	sed "s/\"document_hash\":\"$(document_hash p)\"/\"document_hash\":\"$(document_hash q)\"/" p.stream >r.stream
	run_sh 1 "cp-gate-g5 --keyring R <r.stream"
	findings_are 'SIGNATURE -'
}

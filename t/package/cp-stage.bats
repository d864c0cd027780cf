load ../helper
load package
load ../fault/sweep

setup() {
	need jq
	cd "$BATS_TEST_TMPDIR" || return
	bare_plane p
	export CONTROL_PLANE_ROOT=$PWD/p
	packed PKG-A 1.0.0 a.tar.gz
	name=packages_store/PKG-A_1.0.0.tar.gz
}

stage='cp-package-read a.tar.gz | cp-gate-g0a | cp-stage'

# refused N PIPELINE: with that status, and nothing changed.
refused() {
	image p >before
	run_sh "$1" "$2" && diff before <(image p)
}

@test "the archive, its digest, an entry that says all of it, and a row" {
	run_sh 0 "$stage"
	silent
	cmp a.tar.gz p/$name
	(cd p/packages_store && sha256sum --quiet -c ./*.sha256)
	[ "$(stat -c %a p/$name p/$name.sha256 | sort -u)" = 644 ]
	hex=$(sha256sum <a.tar.gz | cut -c1-64)
	cmp <(tail -n 1 p/ledger/packages.jsonl | jq -S '{event_type, package_id, version, archive_hash, digest, source, source_type,
		tar_hash, author}') <(jq -nS --arg hex "$hex" \
		--arg tar "$(zcat a.tar.gz | sha256sum | cut -c1-64)" --arg uid "$(id -u)" \
		'{event_type: "PACKED", package_id: "PKG-A", version: "1.0.0", archive_hash: ("sha256:" + $hex), digest: $hex,
		source: "packages_store/PKG-A_1.0.0.tar.gz", source_type: "tar", tar_hash: ("sha256:" + $tar), author: ("uid:" + $uid)}')
	[ "$(jq -r '[.manifest_hash, .document_hash] | join(" ")' <(tail -n 1 p/ledger/packages.jsonl))" = \
		"$(cp-package-read a.tar.gz | jq -r 'select(.kind == "package") | [.manifest_hash, .document_hash] | join(" ")')" ]
	grep -q "^PKG-A,.*$name,.*$hex" p/registries/packages_registry.csv
	cp-chain-check --no-seen p/ledger/packages.jsonl >log
	cp-project --check >log
}

@test "the same again is the same entry; another archive of that version is refused" {
	sh -c "$stage" >log
	run_sh 0 "$stage"
	has '"again":true'
	[ "$(grep -c PACKED p/ledger/packages.jsonl)" -eq 1 ]
	packed PKG-A 1.0.0 a.tar.gz a otherwise
	refused 1 "$stage"
	err 'packages_store has other bytes of that name'
	packed PKG-A 1.0.1 a.tar.gz a otherwise
	run_sh 0 "$stage"
	[ "$(find p/packages_store -type f | wc -l)" -eq 4 ]
}

@test "where the plane gives names to roles, only one that may pack" {
	mkdir p/config
	: >p/.genesis_complete
	printf '{"schema_version":"1.0","users":{"ann":["admin"],"rita":["reader"]}}\n' >p/config/roles.json
	export CONTROL_PLANE_AUTH_PROVIDER=hmac CONTROL_PLANE_SHARED_SECRET=secret
	refused 1 "$stage"
	for who in rita mallory; do
		token=$(cp-token-mint --bare $who)
		refused 1 "CONTROL_PLANE_TOKEN=$token; export CONTROL_PLANE_TOKEN; $stage"
	done
	token=$(cp-token-mint --bare ann)
	run_sh 0 "cp-package-read a.tar.gz | cp-gate-g0a | CONTROL_PLANE_TOKEN=$token cp-stage"
	[ "$(tail -n 1 p/ledger/packages.jsonl | jq -r .author)" = ann ]
}

@test "a stream that says no, in whatever way, or is none" {
	cp-package-read a.tar.gz >s
	no='{"kind":"verdict","gate":"X","pass":false,"checked":1,"findings":1,"subject":null}'
	with() {
		{ grep -v '"end"' s; echo "$1"; } >t
		printf '{"kind":"end","count":%d,"status":0,"by":"x"}\n' "$(wc -l <t)" >>t
	}
	with "$no"
	refused 1 'cp-stage <t'
	err 'a verdict of the stream says no'
	for odd in '"no"' 1 null; do
		with "${no/false/$odd}"
		refused 1 'cp-stage <t'
	done
	refused 1 "sed 's/\"status\":0/\"status\":1/' s | cp-stage"
	refused 3 "grep -v '\"end\"' s | cp-stage"
	refused 3 "grep -v '\"end\"' s | cp-end | cp-stage"
	refused 3 "head -n 1 s | cp-stage"
	refused 3 'cp-end true | cp-stage'
	refused 3 'cp-merge s s | cp-stage'
	refused 3 "sed 's/\"archive_hash\":\"sha256:....../\"archive_hash\":\"sha256:000000/' s | cp-stage"
	refused 3 "jq -c 'if .kind == \"package\" then del(.path) else . end' s | cp-stage"
}

@test "another archive under the name that was judged; a bad one with a stream that praises it" {
	cp-package-read a.tar.gz >s
	packed PKG-A 1.0.0 a.tar.gz a otherwise
	refused 3 'cp-stage <s'
	err 'it is not the archive that was judged'
	mkdir x
	tar -xzf a.tar.gz -C x
	echo more >x/stray
	tar -czf a.tar.gz -C x a package.manifest.yaml stray
	rm a.tar.gz.sha256
	refused 1 'cp-package-read a.tar.gz | cp-stage'
	has UNDECLARED
	rm a.tar.gz
	refused 4 'cp-stage <s'
	mkfifo a.tar.gz
	refused 3 'timeout 5 cp-stage <s'
}

@test "of the package it hands on what the archive says, whatever the stream said; the rest as it came" {
	cp-package-read a.tar.gz >s
	records() { jq -cS 'select(.kind | IN("package", "asset", "member"))' "$1"; }
	jq -c 'if .kind == "member" then .mode = "0755" elif .kind == "asset" then .path = "libs/else" else . end' s >t
	sed -i 's/"canonical":true/"canonical":false,"x":1/' t
	sed -i '1i{"kind":"odd","n":1.50}\n{"kind":"verdict","gate":"X","pass":true,"checked":1,"findings":0,"subject":null}' t
	# Law that the archive does not bring.
	sed -i '3i{"kind":"framework","framework_id":"FMWK-001","status":"active"}' t
	sed -i 's/"count":\([0-9]*\)/"count":'$(($(wc -l <t) - 1))/ t
	for option in --dry-run '' ''; do
		run_sh 0 "cp-stage $option <t >u"
		diff <(records s) <(records u)
		grep -q '^{"kind":"ack",' <(head -n 1 u)
		head -n 2 t | diff - <(sed -n 2,3p u)
		! grep '"kind":"framework"' u || return 1
	done
	# Nothing of it where it is not staged.
	packed PKG-A 1.0.0 a.tar.gz a otherwise
	run_sh 1 'cp-package-read a.tar.gz | cp-stage'
	[ -z "$(records /dev/stdin <<<"$output")" ]
}

@test "the law that a package brings is handed on in front of it" {
	env -u CONTROL_PLANE_ROOT cp-scaffold framework PKG-FMWK-900 --framework FMWK-900 --out f >log
	cp-pack f --out f.tar.gz >log
	cp-package-read f.tar.gz >s
	grep -q '^{"kind":"framework",' s
	run_sh 0 'cp-stage f.tar.gz <s'
	diff <(grep -v '"kind":"end"' s) <(grep -v '"kind":"\(ack\|end\)"' <<<"$output")
}

@test "a ledger whose sync had failed is read again first; one that does not hold stays stopped" {
	: >p/ledger/packages.jsonl.poisoned
	run_sh 0 "$stage"
	[ ! -e p/ledger/packages.jsonl.poisoned ]
	cp-project --check >log
	packed PKG-A 1.0.1 a.tar.gz
	sed -i '2s/PACKED/PACKEX/' p/ledger/packages.jsonl
	: >p/ledger/packages.jsonl.poisoned
	refused 3 "$stage"
	[ -e p/ledger/packages.jsonl.poisoned ]
}

@test "what stands in the way in the store is not followed, nor replaced" {
	mkdir p/packages_store
	ln -s ../elsewhere p/$name
	refused 4 "$stage" || refused 1 "$stage"
	[ ! -e p/elsewhere ]
	rm p/$name
	mkdir p/$name
	refused 1 "$stage"
	rmdir p/$name
	echo wrong >p/$name.sha256
	refused 1 "$stage"
	rm -r p/packages_store
	ln -s .. p/packages_store
	refused 4 "$stage"
	[ ! -e PKG-A_1.0.0.tar.gz ]
}

@test "registries that cannot be made, or no ledger: nothing is stored" {
	mkdir -p p/registries
	printf 'id,version,source_type,digest\nPKG-HAND,1,local,\n' >p/registries/packages_registry.csv
	refused 1 "$stage"
	has UNRECORDED
	rm -r p/registries p/ledger
	image p >before
	run_sh 4 "$stage"
	[ ! -e p/packages_store ]
}

@test "--dry-run says what would be, and changes nothing at all" {
	sh -c "$stage" >log
	packed PKG-B 1.0.0 b.tar.gz
	refused 0 'cp-package-read b.tar.gz | cp-gate-g0a | cp-stage --dry-run'
	has '"dry_run":true'
}

@test "killed, or failing, at any call: the next run finishes it" {
	cp-package-read a.tar.gz >s
	before=$(sha256sum <p/ledger/packages.jsonl)
	fresh() {
		rm -rf p && cp -a q p
	}
	finished() {
		[ "$status" -eq 0 ] || [ ! -e p/$name ] || cmp a.tar.gz p/$name || return 1
		[ ! -e p/$name.sha256 ] || [ -e p/$name ] || return 1
		! grep -q PACKED p/ledger/packages.jsonl || [ -e p/$name.sha256 ] || return 1
		cp-stage <s >log && cmp a.tar.gz p/$name && (cd p/packages_store && sha256sum --quiet -c ./*.sha256) &&
			[ "$(grep -c PACKED p/ledger/packages.jsonl)" -eq 1 ] && cp-project --check >log &&
			[ "$(ls -A p/packages_store | wc -l)" -eq 2 ]
	}
	cp -a p q
	for what in kill ENOSPC; do
		FAULT_STEP=${FAULT_STEP:-3} fault_sweep -d $what -p cp-stage fresh 'cp-stage <s' finished
		[ "$fault_points" -ge 10 ]
	done
}

load helper
load spec/law
load package/plane

# What every program keeps, whatever it is for: a loop over all that was built, which knows of each only what
# `--describe` says. Each test names all the programs that fail it, not only the first.

setup_file() {
	need jq
	trap - DEBUG
	export FACTS=$BATS_FILE_TMPDIR/facts STREAMS=$BATS_FILE_TMPDIR/streams PLANE=$BATS_FILE_TMPDIR/plane
	mkdir "$FACTS" "$STREAMS"
	local p
	for p in "$CP_BUILD"/bin/*; do
		"$p" --describe >"$FACTS/${p##*/}" </dev/null
	done
	ask_facts
	export STAGED=$BATS_FILE_TMPDIR/staged/p
	make_plane "$PLANE"
	echo stray >"$PLANE/lib/stray"
	make_ledger
	make_staged
	cp -a "$PLANE" "$PLANE.pristine"
	cp -a "$STAGED" "$STAGED.pristine"
	snapshot "$PLANE" >"$PLANE.before"
	snapshot "$STAGED" >"$STAGED.before"
	# A program refuses what is not for it: some want hashes, one refuses them, some want rows.
	mkdir "$STREAMS"/{hashed,walked,other,facts,findings,rows,events,entries,requests,actors,tokens}
	cp-walk --root "$PLANE" | sed '$d' >"$STREAMS/walked/open"
	cp-walk --root "$PLANE" | cp-hash --root "$PLANE" | sed '$d' >"$STREAMS/hashed/open"
	cp-own-diff --root "$PLANE" >"$STREAMS/findings/all" < <(cp-walk --root "$PLANE" | cp-hash --root "$PLANE") || :
	grep '"kind":"finding"' "$STREAMS/findings/all" >"$STREAMS/findings/open"
	printf '{"kind":"x-torture","n":%d}\n' 1 2 3 >"$STREAMS/other/open"
	sed '$d' "$FACTS/cp-walk" >"$STREAMS/facts/open"
	printf 'id,version,deps\nPKG-A,1.0.0,\nPKG-B,1.0.0,PKG-A\n' >"$STREAMS/rows/csv"
	cp-csv-read <"$STREAMS/rows/csv" | sed '$d' >"$STREAMS/rows/open"
	printf '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20260101-001","task_id":"T-%d"}\n' 1 2 3 \
		>"$STREAMS/events/open"
	cp-ledger-read "$LEDGER" | sed '$d' >"$STREAMS/entries/open"
	printf '{"kind":"key_request","key_id":"torture-%d"}\n' 1 2 3 >"$STREAMS/requests/open"
	echo '{"kind":"actor","user":"torture","roles":["admin"],"origin":"BUILT","provider":"hmac","expires_at":null}' \
		>"$STREAMS/actors/open"
	echo '{"kind":"token","token":"torture"}' >"$STREAMS/tokens/open"
	make_law
	mkdir "$STREAMS"/{packages,plans}
	cp-package-read "$SEALS/new.package" | sed '$d' >"$STREAMS/packages/open"
	cp-plan --root "$STAGED" --remove PKG-TORTURE-001 | sed '$d' >"$STREAMS/plans/open"
	for p in "$STREAMS"/*; do
		good_streams "$p"
		bad_streams "$p"
	done
	unclosed_streams
	mkdir "$STREAMS/csv"
	cp "$STREAMS/rows/csv" "$STREAMS/csv/good"
	choose_streams
}

# What is asked of the descriptions again and again, asked once.
ask_facts() {
	local p kind text
	(cd "$FACTS" && jq -r 'input_filename as $f | if .kind == "program" then
			"\($f) program \(.role)|\(.operands_min)|\(.flags | join(","))|\(.args)",
			(if .reads == [] then "\($f) deaf " else empty end),
			(if .role == "mapper" and (.writes | index("*")) and (.flags | index("text") | not)
				then "\($f) passes " else empty end),
			(.reads - (if .reads | index("file") then ["row"] else [] end) | .[] |
				{finding: "findings", program: "facts", event: "events", entry: "entries", row: "rows",
					key_request: "requests", actor: "actors", token: "tokens", spec: "laws", framework: "laws",
					package: "packages", plan: "plans"}[.] // empty | "\($f) sets \(.)")
		elif .kind == "option" then "\($f) options \(.name)",
			(if .required then "\($f) required --\(.name)\t\(.value)" else empty end)
		else empty end' -- * >"$BATS_FILE_TMPDIR/answers")
	for p in "$FACTS"/*; do
		: >"$p.required"
		: >"$p.sets"
	done
	while read -r p kind text; do
		printf '%s\n' "$text" >>"$FACTS/$p.$kind"
	done <"$BATS_FILE_TMPDIR/answers"
}

# A plane for development, with something installed, and packages to come.
make_staged() {
	export CONTROL_PLANE_ALLOW_UNSIGNED=1
	mkdir -p "$STAGED" "$SEALS/one"
	new_plane "$STAGED"
	echo one >"$SEALS/one/a"
	store "$STAGED" "$SEALS/one" PKG-TORTURE-001 1.0.0
	plan "$STAGED" "$archive" | cp-apply --root "$STAGED" --work-order WO-20260101-001 --sync none
	package "$SEALS/one" PKG-TORTURE-001 1.1.0
	cp-pack "$SEALS/one" --out "$SEALS/higher.package"
	package "$SEALS/one" PKG-TORTURE-002 1.0.0
	cp-pack "$SEALS/one" --out "$SEALS/new.package"
	unset CONTROL_PLANE_ALLOW_UNSIGNED
} >"$BATS_FILE_TMPDIR/staged.out"

# A ledger in the plane, with what its programs want of it beside the plane.
make_ledger() {
	export LEDGER=$PLANE/ledger/torture.jsonl PARENT=$PLANE/ledger/parent.jsonl SEALS=$BATS_FILE_TMPDIR/seals
	mkdir "$PLANE/ledger" "$SEALS"
	openssl genpkey -algorithm ed25519 -out "$SEALS/key" 2>/dev/null
	(umask 77 && echo 1234 >"$SEALS/pin")
	chmod 600 "$SEALS/key"
	cp-ledger-init "$PARENT" --ledger torture/ho2 --type L-WORKORDER --tier ho2
	cp-ledger-init "$LEDGER" --ledger torture/ho1 --type L-EXEC --tier ho1 --parent "$PARENT"
	echo '{"kind":"event","event_type":"TASK_START","work_order_id":"WO-20260101-001","task_id":"T"}' |
		cp-ledger-append "$LEDGER"
	cp-ledger-rotate "$LEDGER"
	cp-ledger-checkpoint "$LEDGER" --key "$SEALS/key" >"$SEALS/checkpoint"
	cp-ledger-prove "$LEDGER" --checkpoint "$LEDGER.checkpoint" >"$SEALS/proof"
	jq -r 'select(.vkey).vkey' "$SEALS/checkpoint" >"$SEALS/vkey"
	tail -n 1 "$LEDGER" >"$SEALS/entry"
	cp-ledger-init "$PLANE/ledger/packages.jsonl" --ledger torture/packages --type L-PACKAGE --tier ho3
	cp-ledger-init "$PLANE/ledger/governance.jsonl" --ledger torture/governance --type L-INTENT --tier ho3
	echo '{"approver":"ann","signature":"base64:AA==","signed_by":"k","nonce":"n"}' >"$SEALS/approval"
	mkdir "$PLANE/frameworks"
	printf '%s\n' '# FMWK-TORTURE: Law' '' '## Metadata' '- framework_id: FMWK-TORTURE' '- version: 1.0.0' '- status: active' \
		'- plane: ho3' '' '## Invariants' '- [MUST] hold' '' '## Path Authorizations' '- `libs/**`' '' '## Required Gates' \
		'- G1' '' '## Change Control' '- code_change' '' '## Security Posture' '- Fail-closed' \
		>"$PLANE/frameworks/FMWK-TORTURE.md"
	cp-keygen --key-id torture --out "$SEALS/own" | cp-keyring --keyring "$SEALS/keyring" add
	printf '{"a": 1, "entry_hash": "%s", "previous_hash": ""}\n' \
		"$(printf '{"a": 1, "previous_hash": ""}' | sha256sum | cut -c1-64)" >"$PLANE/ledger/old.jsonl"
} >"$BATS_FILE_TMPDIR/ledger.out"

# Documents of the law, and what is read of them.
make_law() {
	law "$SEALS/law.md"
	spec "$SEALS/spec.yaml"
	echo '{"schema_version":"1.0","framework_id":"FMWK-900"}' >"$SEALS/compliance.json"
	need python3
	python3 "$CP_TOP/t/package/archive.py" good "$SEALS/package.tar.gz"
	printf '{"package_id":"PKG-OLD-001","version":"1.0.0","package_type":"module","assets":[{"path":"a","sha256":"sha256:%064d"}]}' \
		1 >"$SEALS/old.json"
	mkdir "$SEALS/package"
	tar -C "$SEALS/package" -xzf "$SEALS/package.tar.gz"
	mkdir "$STREAMS/laws"
	cp-law-read "$SEALS/law.md" | sed '$d' >"$STREAMS/laws/open"
	cp-spec-read "$SEALS/spec.yaml" | sed '$d' >>"$STREAMS/laws/open"
}

# For what closes a stream that has no end: the same records without one.
unclosed_streams() {
	local f
	mkdir "$STREAMS/unclosed"
	for f in "$STREAMS"/walked/{good,long,bad.*}; do
		case ${f##*/} in
		bad.*end* | bad.count* | bad.*behind*) ;;
		bad.cut*) cp "$f" "$STREAMS/unclosed/" ;;
		*) sed '$d' "$f" >"$STREAMS/unclosed/${f##*/}" ;;
		esac
	done
}

# Which of the streams each program takes, tried once: what it says it reads, else the tree.
choose_streams() {
	local p role operands flags args argv status out err streams set
	for p in $(programs); do
		for set in $(<"$FACTS/$p.sets") hashed walked other facts findings rows unclosed csv; do
			echo "$set" >"$FACTS/$p.streams"
			facts "$p"
			first "$p" || break
			[ "$status" -gt 1 ] || continue 2
		done
		echo hashed >"$FACTS/$p.streams"
		facts "$p"
		first "$p" || :
	done
}

# What each program makes of its good stream is kept: it is the measure of the calls that follow.
first() { # P
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR feed "$1" "$streams/good" || return
	mv "$BATS_FILE_TMPDIR/out" "$FACTS/$1.out"
	mv "$BATS_FILE_TMPDIR/err" "$FACTS/$1.err"
	echo "$status" >"$FACTS/$1.status"
}

good_streams() { # DIR
	local i d=$1
	cp "$d/open" "$d/good"
	end "$(wc -l <"$d/open")" 0 >>"$d/good"
	for i in 1 3 4; do
		cp "$d/open" "$d/status$i"
		end "$(wc -l <"$d/open")" "$i" >>"$d/status$i"
	done
	{
		cat "$d/open"
		seq 20000 | sed 's/.*/{"kind":"x-torture","text":"a record that no program knows","n":&}/'
	} >"$d/long"
	end "$(wc -l <"$d/long")" 0 >>"$d/long"
}

end() { # COUNT STATUS
	printf '{"kind":"end","count":%d,"status":%d,"by":"torture"}\n' "$1" "$2"
}

bad() { # NAME FORMAT: the good records, then that line, then an end that counts it
	local n
	n=$(wc -l <"$d/open")
	{
		cat "$d/open"
		# shellcheck disable=SC2059 # the format is the line
		printf "$2\n"
		end $((n + 1)) 0
	} >"$d/bad.$1"
}

bad_streams() { # DIR
	local n nest d=$1
	n=$(wc -l <"$d/open")
	nest=$(printf '[%.0s' $(seq 65))$(printf ']%.0s' $(seq 65))
	{ cat "$d/open"; printf '{"kind":"x-torture"}'; } >"$d/bad.cut-line"
	head -c -20 "$d/open" >"$d/bad.cut-record"
	head -c -2 "$d/good" >"$d/bad.cut-end"
	{ cat "$d/open"; end $((n + 1)) 0; } >"$d/bad.count-high"
	{ cat "$d/open"; end $((n - 1)) 0; } >"$d/bad.count-low"
	{ cat "$d/good"; printf '\n'; } >"$d/bad.line-behind"
	{ cat "$d/good"; printf 'x'; } >"$d/bad.byte-behind"
	{ cat "$d/good"; tail -n 1 "$d/good"; } >"$d/bad.two-ends"
	{ cat "$d/open"; printf '{"kind":"end","count":"%d","status":0,"by":"x"}\n' "$n"; } >"$d/bad.end-text"
	{ cat "$d/open"; printf '{"kind":"end","status":0,"by":"x"}\n'; } >"$d/bad.end-no-count"
	{ cat "$d/open"; printf '{"kind":"end","count":%d,"by":"x"}\n' "$n"; } >"$d/bad.end-no-status"
	{ cat "$d/open"; printf '{"kind":"end","count":%d,"status":-1,"by":"x"}\n' "$n"; } >"$d/bad.end-negative"
	{ printf '\357\273\277'; cat "$d/good"; } >"$d/bad.bom"
	bad empty-line ''
	bad no-json 'hello'
	bad array '[{"kind":"x-torture"}]'
	bad no-kind '{"path":"lib/a"}'
	bad number-kind '{"kind":7}'
	bad escaped-kind '{"kind":"\\u0065nd","count":0,"status":0,"by":"x"}'
	bad duplicate '{"kind":"x-torture","a":1,"a":1}'
	bad duplicate-escaped '{"kind":"x-torture","a":1,"\\u0061":2}'
	bad duplicate-kind '{"kind":"x-torture","kind":"end"}'
	bad nul '{"kind":"x-torture","a":"\000"}'
	bad control '{"kind":"x-torture","a":"\033[2J"}'
	bad utf8 '{"kind":"x-torture","a":"\377"}'
	bad overlong '{"kind":"x-torture","a":"\300\257"}'
	bad surrogate '{"kind":"x-torture","a":"\\ud800"}'
	bad deep "{\"kind\":\"x-torture\",\"a\":$nest}"
	bad behind '{"kind":"x-torture"} {"kind":"x-torture"}'
	bad trailing-comma '{"kind":"x-torture",}'
	bad long "{\"kind\":\"x-torture\",\"a\":\"$(head -c 1048600 /dev/zero | tr '\0' a)\"}"
}

# --- facts and calls ---

programs() {
	find "$CP_BUILD/bin" -type f -printf '%f\n' | sort
}

# facts P: sets role, operands, flags, args, streams.
facts() {
	read -r streams <"$FACTS/$1.streams"
	streams=$STREAMS/$streams
	plane=$PLANE
	[[ " $staged " != *" $1 "* ]] || plane=$STAGED
	IFS='|' read -r role operands flags args <"$FACTS/$1.program"
}

flag() {
	[[ ,$flags, == *,"$1",* ]]
}

# Reads records from stdin?
reads_stdin() {
	[ "$role" != source ] && ! flag own-input
}

# One value for a name in a synopsis, in `value`.
value_for() {
	case ${1%%...} in
	*'|'*) value=${1%%|*} ;;
	KEY=VALUE) value='torture=yes' ;;
	LEDGER) value=$LEDGER ;;
	PARENT) value=$PARENT ;;
	CHECKPOINT) value=$LEDGER.checkpoint ;;
	ORIGIN) value=torture/new ;;
	DOCUMENT) value=frameworks/FMWK-TORTURE.md ;;
	PROOF) value=$SEALS/proof ;;
	VKEY) value=$SEALS/vkey ;;
	MANIFEST) value=$SEALS/package/package.manifest.yaml ;;
	DIR | ROOT) value=${dir-$PLANE} ;;
	FILE | STREAM) value=@input ;;
	COMMAND) value=cat ;;
	OWNER | PACKAGE | PKG-ID | PACKAGE_ID | ID) value=PKG-TORTURE-001 ;;
	KIND | NAME | FIELD | USER) value=file ;;
	ACTION) value=verify ;;
	KEY) value=$SEALS/key ;;
	GATE,) value=G0B ;;
	NEWDIR) value=$SEALS/newdir ;;
	OLD | NEW) value=$SEALS/law.md ;;
	ARCHIVE) value=$SEALS/package.tar.gz ;;
	COMPANION) value=$SEALS/compliance.json ;;
	MODULE) value=$CP_BUILD/faketoken.so ;;
	N | COUNT | NUMBER) value=1 ;;
	FRAMEWORK_ID) value=FMWK-TORTURE ;;
	SPEC_ID) value=SPEC-TORTURE ;;
	VERSION) value=1.0.0 ;;
	TYPE) value=library ;;
	TIME) value=2026-01-01T00:00:00Z ;;
	SCHEMA) value=$CP_TOP/schemas/file.json ;;
	HASH) printf -v value 'sha256:%064d' 0 ;;
	*) echo "torture: no value known for $1: name it in value_for" >&2; return 1 ;;
	esac
}

# What a call must have and no description can say: one of several options, a file that is not there yet.
special() { # P
	case $1 in
	cp-ledger-adopt) argv[${#argv[@]} - 1]=$PLANE/ledger/old.jsonl ;;
	cp-ledger-init) argv[${#argv[@]} - 1]=$PLANE/ledger/new.jsonl ;;
	cp-ledger-bisect) argv[${#argv[@]} - 1]=false ;;
	cp-gate) argv+=(--gate G0B) ;;
	cp-register) argv+=(--approval "$SEALS/approval") ;;
	cp-enforce) argv+=(--require G0B) ;;
	cp-law-read) argv[${#argv[@]} - 1]=$SEALS/law.md ;;
	cp-spec-read) argv[${#argv[@]} - 1]=$SEALS/spec.yaml ;;
	cp-proof-check) argv+=(--entry "$SEALS/entry") ;;
	cp-keygen) argv=("$1" --key-id torture --out "$SEALS/new" --dry-run) ;;
	cp-keyring | cp-verify) argv+=(--keyring "$SEALS/keyring") ;;
	cp-sign | cp-signer-file) argv+=(--key "$SEALS/key") ;;
	cp-signer-pkcs11) argv+=(--object any --pin-file "$SEALS/pin") ;;
	cp-manifest-make) argv=("$1" --plane ho1 "$SEALS/package") ;;
	cp-scaffold) argv=("$1" --dry-run --out "$SEALS/newdir" library PKG-TORTURE-001) ;;
	cp-manifest-upgrade) argv=("$1" "$SEALS/old.json") ;;
	cp-pack) argv=("$1" --dry-run --out "$SEALS/new.tar.gz" "$SEALS/package") ;;
	cp-apply) argv=(env CONTROL_PLANE_ALLOW_UNSIGNED=1 "$1" --work-order WO-20260101-001 --sync none) ;;
	cp-preflight) argv=(env CONTROL_PLANE_ALLOW_UNSIGNED=1 "$1" "$SEALS/new.package") ;;
	cp-install) argv=(env CONTROL_PLANE_ALLOW_UNSIGNED=1 "$1" --work-order WO-20260101-001 "$SEALS/new.package") ;;
	cp-upgrade) argv=(env CONTROL_PLANE_ALLOW_UNSIGNED=1 "$1" --work-order WO-20260101-001 "$SEALS/higher.package") ;;
	cp-uninstall) argv=("$1" --work-order WO-20260101-001 PKG-TORTURE-001) ;;
	cp-genesis) argv=("$1" --dry-run --dev --root "$SEALS/begun") ;;
	cp-auth-init) argv=("$1" --secrets "$SEALS/secrets" --dry-run) ;;
	esac
}

# Reads no records at all, from stdin or elsewhere?
deaf() { # P
	[ -e "$FACTS/$1.deaf" ]
}

# command_of P: sets argv to a call with all that it demands; facts must be set. What the input is called stands there as
# @input. It is made up once.
declare -gA calls
command_of() {
	if [ -z "${calls[$1]-}" ]; then
		make_up "$1" || return
		printf -v "calls[$1]" '%q ' "${argv[@]}"
	fi
	eval "argv=(${calls[$1]})"
	argv=("${argv[@]/#@input/${input-$streams/good}}")
}

make_up() { # P
	local name value word n=0
	argv=("$1")
	while IFS=$'\t' read -r name value; do
		value_for "$value" || return
		argv+=("$name" "$value")
	done <"$FACTS/$1.required"
	# Else the first thing an effect meets is what is there already.
	if [ "$role" = effect ] && [[ $'\n'$(<"$FACTS/$1.options")$'\n' == *$'\n'force$'\n'* ]]; then
		argv+=(--force)
	fi
	for word in $args; do
		# A selection wants to be told what to select, by an option or an operand.
		[ "$n" -lt "$operands" ] || [[ $word == *KEY=VALUE* ]] || break
		value_for "${word//[\[\]]/}" || return
		argv+=("$value")
		n=$((n + 1))
	done
	special "$1"
}

# snapshot DIR: all that is in it. The lock is how an effect waits, not what it does.
snapshot() {
	(cd "$1" && find . -path ./.cp/lock -o -path ./.cp -o -printf '%p %y %m %s %l\n' | LC_ALL=C sort &&
		find . -type f -not -path ./.cp/lock -exec sha256sum {} + | LC_ALL=C sort)
}

# The streams name their root, so the plane stays in its place; what the last effect did to it is undone.
# What changes nothing leaves nothing to restore; where it is `kept`, whether that is so is seen once, behind several.
restore() {
	[ -z "${kept-}" ] || return 0
	if [ -e "$plane.touched" ]; then
		rm -rf "$plane"
		cp -a "$plane.pristine" "$plane"
		rm "$plane.touched"
	fi
	[ "$role" != effect ] || : >"$plane.touched"
}

# feed P FILE [OPTION...]: runs it over that stream in the plane; sets status, argv, and the files out and err.
feed() {
	local p=$1 input=$2
	shift 2
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
	command_of "$p" || return
	again "$input" "$out" "$@"
}

# again INPUT OUT [OPTION...]: the same call. OUT `-` is a closed stdout, `&N` an open descriptor.
again() {
	local input=$1 to=$2 call=() n=1
	shift 2
	[ "${argv[0]}" != env ] || n=3
	call=("${argv[@]:0:n}" "$@" "${argv[@]:n}")
	restore
	status=0
	if [ "$to" = - ]; then
		(cd "$plane" && CONTROL_PLANE_ROOT=$plane exec timeout 60 "${call[@]}" <"$input" >&- 2>"$err") || status=$?
	elif [[ $to == \&* ]]; then
		(cd "$plane" && CONTROL_PLANE_ROOT=$plane exec timeout 60 "${call[@]}" <"$input" >&"${to#&}" 2>"$err") || status=$?
	else
		(cd "$plane" && CONTROL_PLANE_ROOT=$plane exec timeout 60 "${call[@]}" <"$input" >"$to" 2>"$err") || status=$?
	fi
}

unchanged() {
	[ "$role" = effect ] || return 0
	snapshot "$plane" >"$BATS_TEST_TMPDIR/after"
	cmp -s "$BATS_TEST_TMPDIR/after" "$plane.before"
}

# fault P TEXT: one line of the test's answer.
fault() {
	echo "$1: ${*:2}: status ${status-}, stderr: $(head -c 300 "${err:-/dev/null}" | tr '\n' '|')"
	faults=$((${faults-0} + 1))
}

no_faults() {
	[ "${faults-0}" -eq 0 ]
}

one_line() {
	local said
	mapfile -t said <"$err"
	[ "${#said[@]}" -eq 1 ] && [[ ${said[0]} == "$1: "* ]]
}

has_end() {
	local written
	mapfile -t written <"$out"
	[ "${#written[@]}" -gt 0 ] && [[ ${written[-1]} == '{"kind":"end"'* ]]
}

has_verdict() {
	local written
	mapfile -t written <"$out"
	[[ ${written[*]-} == *'"kind":"verdict"'* ]]
}

# What changes a plane by packages has a plane of its own, where something is installed.
staged='cp-apply cp-genesis cp-install cp-preflight cp-stage cp-uninstall cp-upgrade'

# Compositions that begin with something else than their standard input.
unfed='cp-genesis cp-install cp-upgrade cp-uninstall'

each_but() { # PROGRAMS FUNCTION
	local p role operands flags args streams plane argv status out err but=" $1 "
	shift
	trap - DEBUG
	for p in $(programs); do
		case $but in *" $p "*) continue ;; esac
		facts "$p"
		"$1" "$p"
	done
	no_faults
}

# bats notes the line of every command; what fails here says itself which program it was.
each() { # FUNCTION
	local p role operands flags args streams plane argv status out err
	trap - DEBUG
	for p in $(programs); do
		facts "$p"
		"$1" "$p"
	done
	no_faults
}

# --- the tests ---

@test "there are programs, and each describes itself" {
	[ "$(programs | wc -l)" -gt 5 ]
	describes() {
		local f=$FACTS/$1
		jq -es --arg p "$1" '.[0].kind == "program" and .[0].name == $p and .[-1].kind == "end" and .[-1].count == length - 1
			and .[-1].status == 0 and ([.[1:-1][] | .kind == "option"] | all)
			and ([.[] | select(.kind == "option") | .name] | contains(["help", "version", "describe", "quiet"]))
			and (.[0] | .role | IN("source", "mapper", "judge", "effect"))' "$f" >/dev/null ||
			fault "$1" "--describe is not a stream of program, options and end"
		[ "$role" != effect ] || flag dry-run || fault "$1" 'an effect without --dry-run'
	}
	each describes
}

@test "--help and --version answer, whatever stdin is" {
	helps() {
		local o text
		out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err status=0
		"$1" --help >"$out" 2>"$err" <&- || status=$?
		[ "$status" -eq 0 ] && [ ! -s "$err" ] || fault "$1" --help
		text=$(<"$out")
		while read -r o; do
			[[ ${text//$'\n'/ } == *"--$o "* ]] || fault "$1" "--help does not name --$o"
		done <"$FACTS/$1.options"
		status=0
		"$1" --version >"$out" 2>"$err" <&- || status=$?
		[ "$status" -eq 0 ] && [ ! -s "$err" ] && [[ $(<"$out") =~ ^"$1 "[0-9]+\.[0-9]+\.[0-9]+ ]] || fault "$1" --version
	}
	each helps
}

@test "help, version and facts that cannot be written are status 4" {
	full() {
		local o
		err=$BATS_TEST_TMPDIR/err
		for o in --help --version --describe; do
			status=0
			"$1" $o >/dev/full 2>"$err" </dev/null || status=$?
			[ "$status" -eq 4 ] || fault "$1" "$o >/dev/full"
			status=0
			"$1" $o >&- 2>"$err" </dev/null || status=$?
			[ "$status" -eq 4 ] || fault "$1" "$o >&-"
		done
	}
	each full
}

@test "called wrongly: status 2, one line, nothing read" {
	wrongly() {
		local o in line want
		read -r want <"$streams/good"
		cd "$PLANE"
		for o in --no-such-option --hel -Z --help=yes --root; do
			err=$BATS_TEST_TMPDIR/err out=$BATS_TEST_TMPDIR/out status=0
			exec {in}<"$streams/good"
			"$1" $o <&"$in" >"$out" 2>"$err" || status=$?
			read -r line <&"$in" || line=
			exec {in}<&-
			[ "$status" -eq 2 ] && one_line "$1" && [ ! -s "$out" ] || fault "$1" "$o"
			[ "$line" = "$want" ] || fault "$1" "$o: it read its input"
		done
	}
	each wrongly
}

@test "a missing operand or option that is required: status 2" {
	missing() {
		if [ "$operands" -eq 0 ] && [ ! -s "$FACTS/$1.required" ]; then
			return 0
		fi
		out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err status=0
		(cd "$plane" && CONTROL_PLANE_ROOT=$plane "$1" >"$out" 2>"$err" <"$streams/good") || status=$?
		[ "$status" -eq 2 ] && one_line "$1" && [ ! -s "$out" ] || fault "$1" 'nothing given'
	}
	each missing
}

@test "a good stream is understood" {
	good() {
		[ -e "$FACTS/$1.status" ] || { fault "$1" 'no call'; return; }
		out=$FACTS/$1.out err=$FACTS/$1.err
		read -r status <"$FACTS/$1.status"
		[ "$status" -le 1 ] || fault "$1" 'good stream'
		flag text || has_end || fault "$1" 'no end behind a good stream'
		flag text || is_true || fault "$1" 'the end is not true'
	}
	is_true() {
		local written
		mapfile -t written <"$out"
		[[ ${written[-1]} =~ '"count":'$((${#written[@]} - 1))',"status":'$status[,}] ]]
	}
	each good
}

@test "what changes a plane by packages does so, given what it asks for" {
	acts() {
		[ "$role" = effect ] && [ "$1" != cp-genesis ] || return 0
		feed "$1" "$streams/good"
		[ "$status" -eq 0 ] || fault "$1" 'good stream'
		! unchanged || fault "$1" 'changed nothing'
	}
	local p role operands flags args streams plane argv status out err
	for p in $staged; do
		facts "$p"
		acts "$p"
	done
	no_faults
}

# Has it something to say at all?
speaks() { # P
	err=$BATS_TEST_TMPDIR/err
	[ -s "$FACTS/$1.out" ] && input=$streams/good command_of "$1"
}

@test "stdout full is status 4" {
	full() {
		speaks "$1" || return 0
		again "$streams/good" /dev/full
		[ "$status" -eq 4 ] && [ -s "$err" ] || fault "$1" '>/dev/full'
	}
	each full
}

@test "stdout closed is status 4" {
	closed() {
		speaks "$1" || return 0
		again "$streams/good" -
		[ "$status" -eq 4 ] || fault "$1" '>&-'
		unchanged || fault "$1" '>&-: changed the plane'
	}
	each closed
}

@test "a reader that went away: status 4, no message" {
	gone() {
		speaks "$1" || return 0
		again "$streams/good" "&$pipe"
		[ "$status" -eq 4 ] && cmp -s "$err" "$FACTS/$1.err" || fault "$1" '| :'
	}
	# A pipe whose reader is gone before anything is written.
	local pipe reader
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec {reader}<>"$BATS_TEST_TMPDIR/pipe" {pipe}>"$BATS_TEST_TMPDIR/pipe" {reader}<&-
	each gone
}

@test "| head -n 1 of a long stream: status 4, no message" {
	headed() {
		reads_stdin || return 0
		feed "$1" "$streams/long"
		[ "$(wc -c <"$out")" -gt 300000 ] || return 0
		{ again "$streams/long" /dev/stdout; echo "$status" >"$BATS_TEST_TMPDIR/status"; } | head -n 1 >/dev/null
		status=$(cat "$BATS_TEST_TMPDIR/status")
		[ "$status" -eq 4 ] && [ ! -s "$err" ] || fault "$1" '| head -n 1'
	}
	each headed
}

@test "a directory or nothing at all as stdin is not an empty stream" {
	directory() {
		reads_stdin || return 0
		out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
		feed "$1" "$plane"
		[ "$status" -eq 3 ] || [ "$status" -eq 4 ] || fault "$1" 'a directory as stdin'
		! has_end || fault "$1" 'an end behind a directory'
		unchanged || fault "$1" 'a directory as stdin: changed the plane'
		restore
		status=0
		(cd "$plane" && CONTROL_PLANE_ROOT=$plane "${argv[@]}" <&- >"$out" 2>"$err") || status=$?
		[ "$status" -eq 3 ] || [ "$status" -eq 4 ] || fault "$1" 'stdin closed'
	}
	each_but "$unfed" directory
}

@test "every malformed stream is status 3, one line, no end, no change" {
	malformed() {
		local s
		[ "$role" != source ] || [ "${streams##*/}" = unclosed ] || return 0
		! deaf "$1" || return 0
		# Sanitized programs are slow: a third of the streams each, another one than the program before.
		n=$((${n-0} + 1)) every=1
		restore
		local kept=1
		[[ $CP_BUILD != */asan ]] || every=3
		for s in "$streams"/bad.*; do
			n=$((n + 1))
			[ $((n % every)) -eq 0 ] || continue
			feed "$1" "$s"
			[ "$status" -eq 3 ] && one_line "$1" || fault "$1" "${s##*/bad.}"
			! has_end || fault "$1" "${s##*/bad.}: an end behind it"
			! has_verdict || fault "$1" "${s##*/bad.}: a verdict on it"
		done
		unchanged || fault "$1" 'one of them changed the plane'
	}
	each malformed
}

@test "a malformed stream is refused with --open as well" {
	malformed() {
		local s
		[ "$role" != source ] && ! deaf "$1" && [[ $'\n'$(<"$FACTS/$1.options")$'\n' == *$'\n'open$'\n'* ]] || return 0
		restore
		local kept=1
		for s in "$streams"/bad.{cut-line,cut-record,utf8,duplicate,count-low,two-ends,long}; do
			feed "$1" "$s" --open
			[ "$status" -eq 3 ] && one_line "$1" || fault "$1" "--open ${s##*/bad.}"
		done
		unchanged || fault "$1" '--open: one of them changed the plane'
	}
	each malformed
}

@test "without an end: judges and effects refuse, mappers answer 0 and write none" {
	open() {
		local s
		[ "$role" != source ] && ! deaf "$1" || return 0
		for s in "$streams/open" /dev/null; do
			# A program that reads its streams itself may need one that is not empty.
			[ "$s" != /dev/null ] || ! flag own-input || continue
			feed "$1" "$s"
			case $role in
			# What shows records to a person may say that they are cut.
			mapper) [ "$status" -eq 0 ] || { flag text && [ "$status" -eq 3 ]; } || fault "$1" "open stream $s" ;;
			*) [ "$status" -eq 3 ] && one_line "$1" || fault "$1" "open stream $s" ;;
			esac
			! has_end || fault "$1" "an end behind an open stream $s"
			! has_verdict || fault "$1" 'a verdict on an open stream'
			unchanged || fault "$1" 'open stream: changed the plane'
		done
	}
	each open
}

@test "the gravest status comes through; effects refuse it" {
	passes() {
		local i
		[ "$role" != source ] && ! deaf "$1" || return 0
		for i in 1 3 4; do
			feed "$1" "$streams/status$i"
			[ "$status" -ge "$i" ] || fault "$1" "end.status $i"
			flag findings-ok && [ "$i" -eq 1 ] || unchanged || fault "$1" "end.status $i: changed the plane"
		done
	}
	each passes
}

@test "an upstream killed by signal 9: never status 0 for judges and effects, no end, no change" {
	killed() {
		local part
		reads_stdin || return 0
		feed "$1" "$streams/good"
		for part in "$streams/open" "$streams/bad.cut-record"; do
			restore
			status=0
			(cd "$plane" && export CONTROL_PLANE_ROOT=$PWD &&
				PART=$part sh -c "sh -c 'cat \"\$PART\"; kill -9 \$\$' | \"\$@\"" sh "${argv[@]}" >"$out" 2>"$err") ||
				status=$?
			[ "$role" = mapper ] && [ "$part" = "$streams/open" ] || [ "$status" -eq 3 ] || fault "$1" "killed ${part##*/}"
			! has_end || fault "$1" 'an end behind a killed upstream'
			unchanged || fault "$1" 'killed upstream: changed the plane'
		done
	}
	each_but "$unfed" killed
}

@test "a root that is not there, a file, or a link to nothing is never clean" {
	rooted() {
		local r
		flag root || return 0
		ln -sfn /nonexistent/torture "$BATS_TEST_TMPDIR/dangling"
		: >"$BATS_TEST_TMPDIR/file"
		for r in /nonexistent/torture "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/dangling" ''; do
			feed "$1" "$streams/good" --root "$r"
			[ "$status" -ge 2 ] || flag no-plane || fault "$1" "--root '$r'"
			unchanged || fault "$1" "--root $r: changed the plane"
		done
	}
	each rooted
}

@test "effects change nothing under --dry-run" {
	dry() {
		[ "$role" = effect ] || return 0
		feed "$1" "$streams/good" --dry-run
		unchanged || fault "$1" --dry-run
		[ -e "$plane.pristine/.cp" ] || [ ! -e "$plane/.cp" ] || fault "$1" '--dry-run made .cp'
	}
	each dry
}

@test "records of a kind that nobody knows pass byte for byte" {
	odd='{"z" : 1.50, "kind":"x-torture",  "a":"\u0041\/", "n":1E2 }'
	passes() {
		[ -e "$FACTS/$1.passes" ] && reads_stdin || return 0
		printf '%s\n' "$odd" >"$streams/odd"
		feed "$1" "$streams/odd"
		case $1,$args in
		*,KEY=VALUE* | *,*COMMAND*) return 0 ;;
		esac
		[ ! -s "$out" ] || grep -qxF "$odd" "$out" || fault "$1" 'rewrote a record'
	}
	each passes
}

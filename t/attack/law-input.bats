load ../helper
load ../spec/law

# A table: each bad input, as a law document, a spec and a companion, is a finding with file and line or status 3 with
# file and line, and nothing is written anywhere.

setup() {
	plane
	cp -a "$CONTROL_PLANE_ROOT" "$BATS_TEST_TMPDIR/before"
	mkdir "$BATS_TEST_TMPDIR/in"
	cd "$BATS_TEST_TMPDIR/in"
}

# make WHAT: a good document of that sort in the file `doc`
make() {
	case $1 in
	law) law doc ;;
	spec) spec doc ;;
	companion) printf '{"schema_version":"1.0",\n"framework_id":"FMWK-900",\n"max_lines":99}\n' >doc ;;
	esac
}

# judge WHAT: reads and judges `doc`
judge() {
	case $1 in
	law) sh -c 'cp-law-read doc | cp-law-check' ;;
	spec) sh -c 'cp-spec-read doc | cp-spec-check --root "$CONTROL_PLANE_ROOT"' ;;
	companion) sh -c 'cp-walk | cp-comply-check doc' ;;
	esac
}

# refused WHAT WHY PLACE: `doc` is not taken, and the place is named; PLACE is `doc:LINE`, or `doc` where there is no line.
refused() {
	local place=${3%%|*} code
	status=0
	judge "$1" >out 2>err || status=$?
	case $status in
	1)
		code=$(jq -r --arg p "$place" 'select(.kind == "finding" and .severity == "error") |
			"\(.path // .source):\(.line // "")" | sub(":$"; "") | select(. == $p)' out)
		[ -n "$code" ]
		;;
	3) grep -q "$place: " err && ! grep -q '"verdict"' out ;;
	*) false ;;
	esac || {
		echo "$1, $2: status $status, and not at $place"
		cat err
		grep '"finding"' out || :
		return 1
	}
	diff -r "$BATS_TEST_TMPDIR/before" "$CONTROL_PLANE_ROOT"
	[ "$(ls)" = "$(printf 'doc\nerr\nout')" ]
}

@test "the good ones are taken" {
	mkdir "$CONTROL_PLANE_ROOT/frameworks"
	law "$CONTROL_PLANE_ROOT/frameworks/FMWK-900_a.md"
	for what in law spec companion; do
		make "$what"
		judge "$what" >out
	done
}

@test "bad ids, versions, statuses, fields and keys" {
	while IFS='~' read -r what why sed place; do
		make "$what"
		sed -i "$sed" doc
		refused "$what" "$why" "$place"
	done <<-'EOF'
		law~bad id~s/framework_id: FMWK-900/framework_id: FMWK_900/~doc:4
		spec~bad id~s/SPEC-TEST-900/spec-test/~doc:1
		spec~bad framework id~s/FMWK-900/FRAMEWORK/~doc:3
		companion~bad id~s/FMWK-900/FMWK_900/~doc
		law~bad version~s/1\.2\.0/1.02.0/~doc:5
		spec~bad version~s/1\.0\.0/v1.0.0/~doc:5
		companion~bad version~s/"1\.0"/"2.0"/~doc
		law~unknown status~s/status: active/status: live/~doc:6
		spec~unknown status~s/status: active/status: live/~doc:4
		spec~unknown field~$a colour: red~doc:20
		companion~unknown field~s/max_lines/max_line/~doc
		law~duplicate key~7a - version: 9.9.9~doc:8
		spec~duplicate key~$a title: again~doc:20
		companion~duplicate key~s/"max_lines"/"framework_id"/~doc
		law~unknown plane~s/ho3/ho9/~doc:7
		spec~unknown plane~s/ho3/ho9/~doc:6
	EOF
}

@test "bytes: carriage returns, a byte-order mark, nothing, what is no text" {
	while IFS='~' read -r what law spec companion; do
		for sort in law spec companion; do
			make "$sort"
			case $what in
			crlf) sed -i 's/$/\r/' doc ;;
			bom) sed -i '1s/^/\xef\xbb\xbf/' doc ;;
			empty) : >doc ;;
			nul) sed -i '2s/^/\x00/' doc ;;
			latin) sed -i '2s/^/\xe4/' doc ;;
			esac
			[ "${!sort}" = - ] || refused "$sort" "$what" "${!sort}"
		done
	done <<-'EOF'
		crlf~doc:1~doc:1~-
		bom~doc:1~doc:1~doc
		empty~doc~doc:1~doc
		nul~doc:2~doc:2~doc
		latin~doc:2~doc:2~doc
	EOF
}

@test "bombs: aliases, depth, a line of one gigabyte, in memory that has a limit" {
	make spec
	{
		echo 'metadata:'
		echo '  a: &a [x,x,x,x,x,x,x,x,x,x]'
		echo '  b: [*a,*a,*a,*a,*a,*a,*a]'
	} >>doc
	refused spec 'alias bomb' doc:21
	{ printf 'spec_id: ' && head -c 100000 /dev/zero | tr '\0' '['; } >doc
	refused spec depth doc:1
	head -c 200000 /dev/zero | tr '\0' '>' >doc
	refused law depth doc:1
	head -c 100000 /dev/zero | tr '\0' '[' >doc
	refused companion depth doc
	head -c 1G /dev/zero | tr '\0' x >doc
	(
		[[ $CP_BUILD == *asan* ]] || ulimit -v 300000
		refused law 'one gigabyte' doc
		refused spec 'one gigabyte' doc:1
		refused companion 'one gigabyte' doc
	)
	rm doc
}

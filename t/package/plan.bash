# shellcheck shell=bash
# Packages, and a plane on which they are installed by other means than ours, for the tests of plans.

load "$(dirname "${BASH_SOURCE[0]}")/../registry/project"

# base: an empty plane in p, where one now is, and a place for archives.
base() {
	need jq
	mkdir -p "$BATS_TEST_TMPDIR/p" "$BATS_TEST_TMPDIR/store"
	cd "$BATS_TEST_TMPDIR/p" || return
	law
}

# pack ID VERSION JQ [PATH=CONTENT...]: an archive store/ID-VERSION.tar.gz of these files (a=alpha where none is named), all
# ho3 library assets unless the jq expression says else.
pack() {
	local id=$1 version=$2 change=$3 dir=$BATS_TEST_TMPDIR/store/$1-$2 file
	shift 3
	[ $# -gt 0 ] || set -- a=alpha
	rm -rf "$dir"
	mkdir -p "$dir"
	for file; do
		mkdir -p "$dir/$(dirname "${file%%=*}")"
		printf '%s\n' "${file#*=}" >"$dir/${file%%=*}"
	done
	(cd "$dir" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum) | jq -Rnc --arg id "$id" \
		--arg version "$version" '{schema_version: "1.1", package_id: $id, version: $version, type: "library",
		assets: [inputs | {source: .[66:], hash: ("sha256:" + .[:64]), plane: "ho3", type: "library"}]} | '"${change:-.}" \
		>"$dir.json"
	mv "$dir.json" "$dir/package.manifest.yaml"
	case $change in
	*0755*) jq -r '.assets[] | select(.mode == "0755").source' "$dir/package.manifest.yaml" |
		(cd "$dir" && xargs -d '\n' chmod 755) ;;
	esac
	(cd "$dir" && find . -type f -printf '%P\n' | LC_ALL=C sort | tar --owner=0 --group=0 --numeric-owner --mtime=@0 \
		-cf - --no-recursion -T - | gzip -n >"$dir.tar.gz")
}

# archive ID VERSION: where pack put it.
archive() {
	printf '%s' "$BATS_TEST_TMPDIR/store/$1-$2.tar.gz"
}

plane_dir() {
	case $1 in
	ho3) echo . ;;
	*) echo "planes/$1" ;;
	esac
}

# facts ID VERSION: what an entry says of that package; behind it, what goes where.
facts() {
	cp-package-read "$(archive "$1" "$2")" | jq -r 'if .kind == "package" then {package_id: .manifest.package_id,
		version: .manifest.version, archive_hash, manifest_hash, document_hash, work_order_id: "WO-20260101-001"} | tojson
		elif .kind == "asset" and .target then [.source, .target, .plane, .mode // "0644"] | @tsv else empty end'
}

# entry FACTS MEMBERS: an event of packages.
entry() {
	printf '{"kind":"event",%s,%s\n' "$2" "${1#\{}" | cp-ledger-append ledger/packages.jsonl --author test >/dev/null
}

# vouch TYPE ID VERSION [MEMBERS FACTS]: that event, and the registries made anew. Then one that says what they came to: that
# something was installed which is.
vouch() {
	local known=${5-} sum
	[ -n "$known" ] || known=$(facts "$2" "$3" | head -n 1)
	entry "$known" "\"event_type\":\"$1\"${4:+,$4}" || return
	cp-project >/dev/null || return
	[ "$1" != UNINSTALLED ] || return 0
	sum=$(sha256sum registries/file_ownership.csv | cut -d' ' -f1)
	entry "$known" "\"event_type\":\"INSTALLED\",\"registry_hash\":\"sha256:$sum\",\"dedupe_key\":\"$RANDOM-$sum\""
}

# put ID VERSION [TYPE MEMBERS]: installs what pack made, without asking.
put() {
	local id=$1 version=$2 source target plane mode known
	mkdir -p "manifests/$id/$version"
	cp "$BATS_TEST_TMPDIR/store/$id-$version/package.manifest.yaml" "manifests/$id/$version/"
	{
		read -r known
		while IFS=$'\t' read -r source target plane mode; do
			target=$(plane_dir "$plane")/$target
			mkdir -p "${target%/*}"
			cp "$BATS_TEST_TMPDIR/store/$id-$version/$source" "$target"
			chmod "$mode" "$target"
		done
	} < <(facts "$id" "$version")
	vouch "${3-INSTALLED}" "$id" "$version" "${4-}" "$known"
}

# have ID VERSION JQ [PATH=CONTENT...]: both.
have() {
	pack "$@"
	put "$1" "$2"
}

# plan N ID VERSION [OPTION...]: cp-plan of that archive has status N.
plan() {
	local want=$1 archive
	archive=$(archive "$2" "$3")
	shift 3
	cp-package-read "$archive" >"$BATS_TEST_TMPDIR/records" || return
	run_status "$want" cp-plan "$@" <"$BATS_TEST_TMPDIR/records"
}

# steps: what is planned, a step a line.
# shellcheck disable=SC2154 # output is of run_status
steps() {
	jq -r 'select(.kind == "step") | "\(.action) \(.plane) \(.path)"' <<<"$output"
}

# steps_are 'ACTION PLANE PATH'...: exactly these, in this order.
steps_are() {
	local want=
	[ "$(jq -r 'select(.kind == "plan").steps' <<<"$output")" = "$#" ] || {
		echo "the plan does not say that it has $# steps"
		show_run
		return 1
	}
	[ $# -eq 0 ] || want=$(printf '%s\n' "$@")
	diff -u --label expected --label steps <(printf '%s' "$want") <(printf '%s' "$(steps)") && return
	show_run
	return 1
}

# refused 'CODE: detail'...: these findings and no plan.
refused() {
	diff -u --label expected --label findings <(printf '%s\n' "$@" | LC_ALL=C sort) \
		<(jq -r 'select(.kind == "finding") | "\(.code): \(.detail)"' <<<"$output" | LC_ALL=C sort) || {
		show_run
		return 1
	}
	hasnt '"kind":"plan"'
	hasnt '"kind":"step"'
	[ "$(tail -n 1 <<<"$output" | jq -r '.kind + " " + (.status | tostring)')" = 'end 1' ]
}

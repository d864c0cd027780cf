# shellcheck shell=bash
# Independent implementations for tests: where they are, how they are asked. Needs t/helper.bash.

: "${CP_ORACLES:=/nonexistent}"
go_path=/usr/share/gocode

# go_reader: builds t/oracle/reader.go once for a file of tests; skips where Go or its package is absent.
go_reader() {
	need go
	[ -d "$go_path/src/golang.org/x/mod/sumdb/tlog" ] || skip 'no golang.org/x/mod (Debian: golang-golang-x-mod-dev) here'
	[ -x "$BATS_FILE_TMPDIR/reader" ] ||
		GO111MODULE=off GOFLAGS='' GOENV=off GOPROXY=off GOPATH=$go_path:$BATS_FILE_TMPDIR/go GOCACHE=$BATS_FILE_TMPDIR/gocache \
			go build -o "$BATS_FILE_TMPDIR/reader" "$CP_TOP/t/oracle/reader.go"
}

reader() {
	"$BATS_FILE_TMPDIR/reader" "$@"
}

# node_modules NAME: prints the node_modules directory that has the package.
node_modules() {
	local d
	for d in "$CP_ORACLES" "$CP_ORACLES/node_modules" "$CP_TOP/build/oracles/node_modules"; do
		[ ! -f "$d/$1/package.json" ] || { echo "$d"; return 0; }
	done
	d=$(npm root -g 2>/dev/null) && [ -f "$d/$1/package.json" ] && echo "$d"
}

# need_module NAME: the scripts of t/oracle may import it; skips where it or node is absent.
need_module() {
	local d to=$BATS_TEST_TMPDIR/oracle
	need node
	d=$(node_modules "$1") || skip "no npm package $1 here (t/house/deps oracles)"
	mkdir -p "$(dirname "$to/node_modules/$1")"
	ln -s "$d/$1" "$to/node_modules/$1"
	cp "$CP_TOP"/t/oracle/*.mjs "$to"
}

# script NAME ARG...: runs t/oracle/NAME where need_module has put it.
script() {
	local name=$1
	shift
	node "$BATS_TEST_TMPDIR/oracle/$name" "$@"
}

# stored LEDGER: its lines, in order, from every segment, with no program of ours.
stored() {
	local f
	for f in "${1%.jsonl}".d/*.jsonl*; do
		case $f in
		*.jsonl) cat "$f" ;;
		*.jsonl.gz) gzip -dc "$f" ;;
		*.jsonl.zst) zstd -dcq "$f" ;;
		esac
	done
	cat "$1"
}

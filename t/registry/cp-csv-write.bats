load ../helper

setup() { cd "$BATS_TEST_TMPDIR"; }

# round TEXT: read and written again it is the same.
round() {
	# shellcheck disable=SC2059
	printf "$1" >in
	cp-csv-read in | cp-csv-write >out
	cmp in out
}

# refuse WHY FIELDS: a row with these fields is refused with status 3, and nothing is written.
refuse() {
	printf '%s\n' '{"kind":"row","fields":{"a":"1"}}' "{\"kind\":\"row\",\"fields\":$2}" >in
	run_sh 3 'cp-csv-write --open <in'
	err "stdin:2: unable to write the row: $1"
	[ -z "$output" ]
}

@test "what was quoted no more than needed comes out the same to the byte" {
	round 'a,b\n1,2\n'
	round 'a\n""\n'
	round 'a,b\n,\n'
	round 'a,b\n"x,y","q""q"\n"line\nbreak"," blank"\n'
	round '"a,b",c\n=1+1,@x\n'
	round 'a\n\033[31mred\n'
	round 'a\n"carriage\rreturn"\n'
	round 'a\n"\357\273\277mark"\n'
}

@test "every real registry comes out the same to the byte" {
	for f in "$(shared real/registries)"/*.csv; do
		crlf=
		! grep -q $'\r' "$f" || crlf=--crlf
		# shellcheck disable=SC2086
		cp-csv-read $crlf "$f" | cp-csv-write $crlf | cmp - "$f"
	done
}

@test "needless quotes go, the content stays" {
	printf '"a","b"\n"1","2"\n' >in
	run_sh 0 'cp-csv-read in | cp-csv-write'
	is 'a,b
1,2'
}

@test "--columns orders, names the columns of no rows, and must fit" {
	printf 'a,"b,c"\n1,2\n' >in
	run_sh 0 'cp-csv-read in | cp-csv-write --columns "\"b,c\",a"'
	is '"b,c",a
2,1'
	run_sh 3 'cp-csv-read in | cp-csv-write --columns a'
	err '2 fields, and there are 1 columns'
	run_sh 3 'cp-csv-read in | cp-csv-write --columns a,c'
	err 'no field c'
	[ -z "$output" ]
	run_sh 0 'printf "x,y\n" | cp-csv-read | cp-csv-write --columns x,y'
	is x,y
	run_sh 1 'printf "x,y\n" | cp-csv-read | cp-csv-write'
	err 'there is no row, and no --columns'
	for bad in '' a, a,a '"a' 'a
b'; do
		run_status 2 cp-csv-write --columns "$bad" </dev/null
	done
}

@test "rows that differ, that are none, that hold what CSV cannot" {
	refuse 'no field a' '{"b":"1"}'
	refuse '2 fields, and there are 1 columns' '{"a":"1","b":"2"}'
	refuse '0 fields' '{}'
	refuse 'a field that is neither' '{"a":null}'
	refuse 'a field that is neither' '{"a":["x"]}'
	refuse 'a NUL in a field' '{"a":"x\u0000"}'
	refuse 'it has no fields' '[]'
	refuse 'it has no fields' '"x"'
	run_sh 3 'printf "%s\n" "{\"kind\":\"file\",\"path\":\"a\"}" | cp-csv-write --open'
	err 'a record of kind file'
	run_sh 0 'printf "%s\n" "{\"kind\":\"row\",\"fields\":{\"a\":1.50,\"b\":true}}" | cp-csv-write --open'
	is 'a,b
1.50,true'
}

@test "a stream that is cut gives nothing at all" {
	printf 'a\n1\n2\n3,4\n' >in
	run_sh 3 'cp-csv-read in | cp-csv-write'
	[ -z "$output" ]
	err 'it has no end record'
	run_sh 0 'cp-csv-read in 2>/dev/null | cp-csv-write --open'
	is 'a
1
2'
}

@test "a status from upstream is kept, full output is status 4" {
	run_sh 1 'printf "%s\n" "{\"kind\":\"row\",\"fields\":{\"a\":\"1\"}}" \
		"{\"kind\":\"end\",\"count\":1,\"status\":1,\"by\":\"x\"}" | cp-csv-write'
	is 'a
1'
	run_sh 4 'printf "a\n1\n" | cp-csv-read | cp-csv-write >/dev/full'
}

@test "more rows than are kept in memory" {
	{ echo a,b; seq 1 600000 | sed 's/.*/&,"x, y"/'; } >in
	cp-csv-read in | cp-csv-write | cmp - in
}

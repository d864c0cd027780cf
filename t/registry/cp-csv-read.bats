load ../helper

setup() { cd "$BATS_TEST_TMPDIR"; }

# bad WHY TEXT: the text (printf format) is refused with status 3 and that reason, and without an end.
bad() {
	# shellcheck disable=SC2059
	printf "$2" >in
	run_status 3 cp-csv-read in
	err "unable to read the rows: $1"
	hasnt '"end"'
}

@test "rows become records with their fields nested, their source and their line" {
	printf 'kind,path\nend,"a,b"\n"x\n""y""",\n' >in
	run_status 0 cp-csv-read in
	is '{"kind":"row","fields":{"kind":"end","path":"a,b"},"source":"in","line":2}
{"kind":"row","fields":{"kind":"x\n\"y\"","path":""},"source":"in","line":3}
{"kind":"end","count":2,"status":0,"by":"cp-csv-read"}'
	silent
}

@test "standard input has no source; several files keep theirs" {
	printf 'a\n1\n' >one
	printf 'b\n2\n' >two
	run_sh 0 'printf "c\n3\n" | cp-csv-read one - two'
	[ "$(jq -c 'select(.fields) | [.fields, .source, .line]' <<<"$output")" = '[{"a":"1"},"one",2]
[{"c":"3"},null,2]
[{"b":"2"},"two",2]' ]
	run_sh 0 'cp-csv-read <one'
	hasnt source
}

@test "what is not strict CSV is refused, with the line" {
	bad 'there is no header, it is empty' ''
	bad 'a last row without line feed' 'a,b\n1,2'
	bad '1 fields where the header has 2' 'a,b\n1\n'
	bad 'a blank line' 'a,b\n\n1,2\n'
	bad 'a carriage return outside quotes' 'a,b\n1,2\r\n'
	bad 'a line feed without carriage return in a CRLF file' 'a,b\r\n1,2\n'
	bad 'a byte-order mark' '\357\273\277a\n'
	bad 'a NUL byte' 'a\n1\0\n'
	bad 'text that is not UTF-8' 'a\n\377\n'
	bad 'two columns of one name' 'a,b,a\n1,2,3\n'
	bad 'a column without a name' 'a,,b\n'
	bad 'a quoted field that is never closed' 'a\n"1\n'
	bad 'a quote in a field that is not quoted' 'a\n1"\n'
	bad 'text behind a closing quote' 'a\n"1"2\n'
	err 'in:2:'
}

@test "rows before the bad one are handed on, the end is not" {
	printf 'a\n1\n2,3\n' >in
	run_status 3 cp-csv-read in
	has '"a":"1"'
	hasnt '"end"'
	err 'cp-csv-read: in:3: unable to read the rows'
}

@test "CRLF is read; --crlf insists on it" {
	printf 'a,b\r\n1,"x\r\ny"\r\n' >in
	run_status 0 cp-csv-read in
	has '{"a":"1","b":"x\r\ny"}'
	run_status 0 cp-csv-read --crlf in
	printf 'a\n1\n' >in
	run_status 3 cp-csv-read --crlf in
}

@test "blanks, formulas, escapes and large fields stay what they are" {
	printf 'a,b\n = 1+1 ,=cmd|x\n\033[2J,\t\n' >in
	run_status 0 cp-csv-read in
	has '{"a":" = 1+1 ","b":"=cmd|x"}'
	has '{"a":"\u001b[2J","b":"\t"}'
	{ echo a; head -c 1000000 /dev/zero | tr '\0' x; echo; } >in
	run_sh 0 'cp-csv-read in | jq -r "select(.fields) | .fields.a | length"'
	is 1000000
	{ echo a; head -c 2000000 /dev/zero | tr '\0' x; echo; } >in
	run_status 3 cp-csv-read in
	err 'in:2: unable to read the rows: a row longer than 1 MiB'
	{ echo a; head -c 500000 /dev/zero | tr '\0' '\033'; echo; } >in
	run_status 3 cp-csv-read in
	err 'in:2: unable to make a record of the row: it is over 1 MiB'
}

@test "a column named twice after unquoting, and names JSON must escape" {
	printf '"a",a\n1,2\n' >in
	run_status 3 cp-csv-read in
	printf '"a""\n","\\"\n1,2\n' >in
	run_status 0 cp-csv-read in
	has '{"a\"\n":"1","\\":"2"}'
}

@test "a file that is absent, a directory" {
	run_status 4 cp-csv-read nothing
	err 'unable to open nothing: No such file or directory'
	mkdir dir
	run_status 4 cp-csv-read dir
	hasnt '"end"'
}

@test "every real registry is read" {
	for f in "$(shared real/registries)"/*.csv; do
		run_status 0 cp-csv-read "$f"
		[ "$(jq -r 'select(.kind == "end") | .count' <<<"$output")" -eq $(($(wc -l <"$f") - 1)) ]
	done
}

@test "a reader at the other end of a pipe gets its row at once" {
	mkfifo to from
	cp-csv-read <to >from &
	exec 8>to 9<from
	printf 'a\n1\n' >&8
	read -r -t 10 line <&9
	[ "$line" = '{"kind":"row","fields":{"a":"1"},"line":2}' ]
	exec 8>&-
	wait $!
}

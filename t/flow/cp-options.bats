load ../helper

setup() {
	facts=$BATS_TEST_TMPDIR/facts
	cat >"$facts" <<'FACTS'
{"kind":"program","name":"x","summary":"do x","role":"judge","flags":["root","gate"],"args":"[A]","operands_max":2}
{"kind":"option","name":"loud","summary":"be loud"}
{"kind":"option","name":"some-file","value":"FILE","summary":"a file"}
{"kind":"option","name":"mode","value":"a|b","summary":"one of two"}
{"kind":"option","name":"tag","value":"T","summary":"many","repeat":true}
FACTS
}

# opts ARG...: what the composition would see.
opts() {
	eval "$(cp-options -- "$@" <"$facts")"
}

@test "flags, values, choices, repeated values and operands arrive whatever is in them" {
	local opt_loud opt_some_file opt_mode opt_tag opt_fail_on
	opts --loud --some-file $'a\'b\n$(touch pwned) "' --mode=b --tag 'one two' --tag "it's" \
		--fail-on note -- -x $'y\nz'
	[ "$opt_loud" = 1 ]
	[ "$opt_some_file" = $'a\'b\n$(touch pwned) "' ]
	[ "$opt_mode" = b ]
	[ "$opt_fail_on" = note ]
	[ ! -e pwned ]
	eval "set -- $opt_tag"
	[ "$#" -eq 2 ] && [ "$1" = 'one two' ] && [ "$2" = "it's" ]
	run_sh 0 "cp-options -- -- -x 'y z' <$facts"
	has "set -- '-x' 'y z'"
}

@test "a wrong call speaks in the composition's name and is status 2" {
	run_sh 2 "cp-options -- --soft <$facts"
	err 'x: unable to use --soft'
	run_sh 2 "cp-options -- --mode c <$facts"
	err 'one of a|b is wanted'
	run_sh 2 "cp-options -- a b c <$facts"
	run_sh 2 "cp-options -- --some-file <$facts"
	[ -z "$output" ]
}

@test "--help and --describe are answered by the text, with the composition's own facts" {
	run_sh 0 "eval \"\$(cp-options -- --help <$facts)\"; echo not reached"
	has 'usage: x [OPTION]... [A]'
	has '--some-file FILE'
	hasnt 'not reached'
	run_sh 0 "eval \"\$(cp-options -- --describe <$facts)\""
	has '"kind":"program","name":"x"'
	has '"kind":"end"'
}

@test "facts that are malformed, cut or empty are status 3" {
	run_sh 3 'cp-options -- </dev/null'
	run_sh 3 'echo "{}" | cp-options --'
	run_sh 3 "head -c -5 $facts | cp-options --"
	run_sh 3 "sed 's/judge/king/' $facts | cp-options --"
	run_sh 3 "sed '2s/option/other/' $facts | cp-options --"
	[ -z "$output" ]
}

#!/usr/bin/env bats
# Records made to be read in two ways: by one program so, by the next one otherwise.
load ../helper

setup() {
	plane
	unset CONTROL_PLANE_ROOT
	sum=sha256:$(printf 'alpha\n' | sha256sum | cut -c 1-64)
}

@test "a member's name written with escapes hides nothing from cp-hash and the judges" {
	printf '{"kind":"file","path":"lib/a","h\\u0061sh":"%s"}\n' "$sum" >in
	run_sh 3 "cp-hash --root . <in"
	hasnt '"hash"'
	err 'escapes'
	printf '{"kind":"file","path":"lib/a","hash":"%s","m\\u006fde":"0600"}\n{"kind":"end","count":1,"status":0,"by":"x"}\n' \
		"$sum" >in
	run_sh 3 "cp-own-diff --root . registries/file_ownership.csv <in"
	err 'escapes'
	run_sh 3 "cp-hash-check --root . <in"
	err 'escapes'
}

@test "nobody but cp-hash says that a hash was used again" {
	run_sh 3 "echo '{\"kind\":\"file\",\"path\":\"lib/a\",\"reused\":true}' | cp-hash --root ."
	hasnt '"hash"'
	err 'reused'
}

@test "a plane record behind the files it is about must name the root that was taken for them" {
	mkdir -p config
	printf '{"schema_version":"1","governed_roots":["lib"]}\n' >config/governed_roots.json
	run_sh 3 "printf '%s\n' '{\"kind\":\"file\",\"path\":\"lib/a\"}' '{\"kind\":\"plane\",\"root\":\"/etc\"}' | cp-hash"
	err '/etc'
}

@test "a plane record with two roots, or a root hidden in base64, names none" {
	b64=$(printf %s "$PWD" | base64 -w 0)
	run_sh 3 "echo '{\"kind\":\"plane\",\"root\":\"/etc\",\"root_b64\":\"$b64\"}' | cp-hash"
	err 'names no root'
	run_sh 3 "echo '{\"kind\":\"plane\",\"root_b64\":\"$b64\"}' | cp-hash"
	err 'names no root'
}

@test "an end whose by_hand is anything but true or false is no end" {
	for value in '"true"' 1 null '[true]'; do
		run_sh 3 "echo '{\"kind\":\"end\",\"count\":0,\"status\":0,\"by\":\"x\",\"by_hand\":$value}' | cp-sort"
		err 'by_hand'
	done
	run_sh 0 "echo '{\"kind\":\"end\",\"count\":0,\"status\":0,\"by\":\"x\",\"by_hand\":false}' | cp-sort"
}

@test "no program writes a line that the next one must refuse as too long" {
	need python3
	python3 -c 'n = 1 << 20
s = "{\"kind\":\"file\",\"path\":\"lib/a\",\"x\":\""
print(s + "y" * (n - len(s) - 2) + "\"}")' >in
	run_sh 3 'cp-hash --root . <in'
	hasnt '"hash"'
	err '1 MiB'
}

@test "ends and kinds in disguise" {
	end='"count":0,"status":0,"by":"x"'
	for line in '{"kind":"\u0065nd",'"$end}" '{"kind":"a","ki\u006ed":"end",'"$end}" '{"ki\u006ed":"end","kind":"a"}' \
		'{"kind":"end","count":0.0,"status":0,"by":"x"}' '{"kind":"end","count":-1,"status":0,"by":"x"}' \
		'{"kind":"end","count":0e0,"status":0,"by":"x"}' '{"kind":"end","count":"0","status":0,"by":"x"}' \
		'{"kind":"end","count":0,"status":5,"by":"x"}' '{"kind":"end","count":0,"status":-1,"by":"x"}' \
		'{"kind":"end","count":18446744073709551616,"status":0,"by":"x"}' '{"kind":"END",'"$end}" '{"kind":"end "}' \
		'{"kind":"a","x":"{\"kind\":\"end\"}"}'; do
		printf '%s\n' "$line" >in
		run_sh 3 'cp-sort <in'
		hasnt '"by":"cp-sort"'
	done
	printf '{"kind":"end",%s}\n' "$end" >end
	for behind in '\n' ' ' '{"kind":"a"}\n' '\0'; do
		run_sh 3 "{ cat end; printf '$behind'; } | cp-sort"
		hasnt '"by":"cp-sort"'
	done
}

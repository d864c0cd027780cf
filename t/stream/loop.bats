# What the loop promises of every filter and no single program's tests would show.
load ../helper

setup() {
	plane
	cp-walk | cp-hash >../s
}

@test "an effect refuses a stream that was closed by hand, unless --open" {
	rm registries/file_ownership.csv
	head -n -1 ../s | cp-end >../hand
	run_sh 3 'cp-baseline --owner PKG-X-1 <../hand'
	err 'closed by hand'
	[ ! -e registries/file_ownership.csv ]
	run_sh 3 'head -n -1 ../s | cp-baseline --owner PKG-X-1'
	[ ! -e registries/file_ownership.csv ]
	run_sh 0 'cp-baseline --open --owner PKG-X-1 <../hand'
	[ -e registries/file_ownership.csv ]
}

@test "an effect returns the status of a stream that said no, and leaves nothing behind" {
	rm registries/file_ownership.csv
	for n in 1 3 4; do
		sed "\$s/\"status\":0/\"status\":$n/" ../s >../bad
		run_sh "$n" 'cp-baseline --owner PKG-X-1 <../bad'
		err 'said no'
		[ -z "$(ls -A registries)" ]
	done
}

@test "an effect hands on the findings of a whole stream that said no, and of no other" {
	find . -print >../before
	found='{"kind":"finding","code":"ORPHAN","severity":"error","path":"x","by":"up"}'
	for n in 1 3; do
		printf '%s\n{"kind":"end","count":1,"status":%s,"by":"up"}\n' "$found" "$n" >../bad
		run_sh "$n" 'cp-apply <../bad'
		err 'up said no'
		case $n in
		1) [ "$output" = "$(cat ../bad)" ] ;;
		*) hasnt '"kind":"end"' ;;
		esac
	done
	find . -print | diff ../before -
}

@test "status and by of the gravest come through, and a stage's own when it is graver" {
	run_sh 1 "sed '\$s/\"status\":0,\"by\":\"cp-hash\"/\"status\":1,\"by\":\"up\"/' ../s | cp-own-diff"
	has '"status":1,"by":"up"'
	rm lib/a
	run_sh 1 'cp-walk | cp-hash | cp-own-diff | cp-select --kind verdict'
	has '"status":1,"by":"cp-own-diff"'
	run_sh 4 "sed '\$s/\"status\":0/\"status\":4/' ../s | cp-own-diff"
}

@test "a coprocess gets its answer before it asks again" {
	coproc HASH { cp-hash; }
	echo '{"kind":"file","path":"lib/a"}' >&"${HASH[1]}"
	read -r -t 5 answer <&"${HASH[0]}"
	[[ $answer == *'"hash":"sha256:'* ]]
	echo '{"kind":"file","path":"lib/b"}' >&"${HASH[1]}"
	read -r -t 5 answer <&"${HASH[0]}"
	[[ $answer == *'lib/b'*'"hash":"sha256:'* ]]
	kill "$HASH_PID"
}

@test "the root: an option before the environment before the stream before discovery" {
	make_plane ../other
	printf 'other\n' >../other/lib/a
	one='{"kind":"file","path":"lib/a"}'
	mine=$(sha256sum <lib/a | cut -d' ' -f1) theirs=$(sha256sum <../other/lib/a | cut -d' ' -f1)
	run_sh 0 "echo '$one' | cp-hash --root ../other"
	has "$theirs"
	run_sh 0 "echo '$one' | cp-hash"
	has "$mine"
	unset CONTROL_PLANE_ROOT
	run_sh 0 "cp-walk --root ../other | cp-hash"
	has "$theirs"
	mkdir -p config && echo '{"schema_version":"1.0","governed_roots":["lib/"]}' >config/governed_roots.json
	run_sh 0 "cd lib && echo '$one' | cp-hash"
	has "$mine"
	chmod g+w .
	run_sh 2 "cd lib && echo '$one' | cp-hash"
	err 'others may write to it'
	run_sh 2 "cd / && echo '$one' | cp-hash"
	err 'name its root'
}

@test "effects take a root only from an option or the environment" {
	mkdir -p config && echo '{"schema_version":"1.0","governed_roots":["lib/"]}' >config/governed_roots.json
	unset CONTROL_PLANE_ROOT
	run_sh 2 'cp-baseline --owner PKG-X-1 <../s'
	run_sh 2 'cp-hash --root "" <../s'
	run_sh 4 'cp-hash --root /nowhere <../s'
}

@test "a stream about two planes is status 3" {
	make_plane ../other
	unset CONTROL_PLANE_ROOT
	{ cp-walk --root "$PWD" | head -n -1; cp-walk --root ../other | head -n -1; } >../two
	run_sh 3 'cp-hash <../two'
	err 'two planes'
}

@test "findings of a judge stay back until its input proved whole, however many" {
	for i in {1..300}; do : >"lib/stray$i"; done
	cp-walk | cp-hash >../many
	run_sh 3 'head -n -1 ../many | cp-own-diff'
	[ -z "$output" ]
	run_sh 1 'cp-own-diff <../many'
	[ "$(grep -c ORPHAN <<<"$output")" -eq 300 ]
}

#!/usr/bin/env bats
# A ledger that is not what it says, beside it what somebody laid there, and writers that are stopped at the worst time.
load ../helper
load ../ledger/ledger.bash

setup() {
	need python3
	cd "$BATS_TEST_TMPDIR"
	events 1 >one
	events 3 >three.open
	cp-end cat three.open >three
}

# forge: runs the Python on stdin with what t/attack/forge.py has.
forge() {
	{ echo 'from forge import *'; cat; } | PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$CP_TOP/t/attack python3 -
}

check() { # STATUS ARG...
	local want=$1
	shift
	run_status "$want" timeout 30 cp-chain-check --no-seen "$@"
}

# says CODE...: exactly these are found, in any order.
says() {
	diff <(printf '%s\n' "$@" | LC_ALL=C sort | grep .) \
		<(jq -r 'select(.kind == "finding").code' <<<"$output" | LC_ALL=C sort) && return
	show_run
	return 1
}

append() { # STATUS LEDGER ARG...
	local want=$1 to=$2
	shift 2
	run_sh "$want" "timeout 30 cp-ledger-append '$to' --author test $* <one"
}

entries() {
	grep -c '"event_type":"TASK_START"' "$1"
}

# with_key KEY: one event with that dedupe_key, without an end.
with_key() {
	sed "s/}\$/,\"dedupe_key\":\"$1\"}/" one
}

# announce LEDGER START END: what a writer says in FILE.lock of the batch it is writing.
announce() {
	printf '%-63s\n' "{\"end\":$3,\"start\":$2}" >"$1.lock"
}

# meanwhile NAME COMMAND: makes meanwhile.so, which runs the command just before a file is opened or gets another mode
# whose name ends so, once.
meanwhile() {
	need gcc
	[ -e meanwhile.so ] || cat >meanwhile.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
static void now(const char *path)
{
	const char *name = getenv("MEANWHILE_AT"), *command = getenv("MEANWHILE");
	size_t n = strlen(path), m = name ? strlen(name) : 0;
	if (!name || !command || n < m || strcmp(path + n - m, name) != 0)
		return;
	unsetenv("LD_PRELOAD");
	unsetenv("MEANWHILE_AT");
	if (system(command)) {}
}
int openat(int dir, const char *path, int flags, ...)
{
	static int (*real)(int, const char *, int, ...);
	va_list ap;
	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	now(path);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "openat");
	return real(dir, path, flags, mode);
}
int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	static int (*real)(int, const char *, mode_t, int);
	now(path);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fchmodat");
	return real(dir, path, mode, flags);
}
int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags) { return openat(dir, path, flags); }
C
	[ -e meanwhile.so ] || gcc -shared -fPIC -o meanwhile.so meanwhile.c -ldl
	export MEANWHILE_AT=$1 MEANWHILE=$2 ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
}

# --- what vouches for a ledger ---

@test "a checkpoint or a parent that is never compared is no yes: an earlier format, a chain from its middle" {
	key k
	ledger l.jsonl
	fill l.jsonl 9
	cp-ledger-checkpoint l.jsonl --key k | jq -r '.vkey // empty' >vkey
	check 0 --checkpoint l.jsonl.checkpoint --vkey vkey l.jsonl
	forge <<<"legacy('l2.jsonl', 3)"
	check 0 l2.jsonl
	check 3 --checkpoint l.jsonl.checkpoint --vkey vkey l2.jsonl
	check 3 --parent l.jsonl l2.jsonl
	tail -n +4 l.jsonl >late.jsonl
	check 0 --partial late.jsonl
	check 3 --partial --checkpoint l.jsonl.checkpoint --vkey vkey late.jsonl
	check 3 --partial --parent l.jsonl late.jsonl
	run_sh 3 "cp-ledger-read l2.jsonl | cp-chain-check --no-seen --checkpoint l.jsonl.checkpoint --vkey vkey"
}

@test "a checkpoint of nothing vouches for nothing, and one that nobody's signature was asked of neither" {
	key k
	key w
	ledger l.jsonl --rollback-level local
	ledger x.jsonl --rollback-level witnessed
	forge <<-'P'
	for name in 'l', 'x':
	    origin = 'example/ho1/' + name
	    for what, digest in ('none', sha(b'')), ('other', b'\1' * 32):
	        of = checkpoint(origin, 0, digest)
	        note(name + '.' + what, of, signature(of, 'k', origin), signature(of, 'w', 'wit', time=1))
	    open(name + '.vkey', 'w').write(vkey('k', origin))
	open('w.vkey', 'w').write(vkey('w', 'wit', b'\4'))
	P
	for what in none other; do
		check 3 --checkpoint "x.$what" --vkey x.vkey --witness w.vkey x.jsonl
		check 3 --checkpoint "l.$what" --vkey l.vkey l.jsonl
		check 3 --checkpoint "l.$what" l.jsonl
	done
	says FORK
	cp-ledger-checkpoint l.jsonl --key k >/dev/null
	check 3 --checkpoint l.jsonl.checkpoint l.jsonl
	err 'its level is unchecked'
	check 0 --checkpoint l.jsonl.checkpoint --vkey l.vkey l.jsonl
}

@test "what was not trusted is not kept as seen: asking twice changes no answer" {
	key k
	key other
	ledger l.jsonl --rollback-level local
	run_status 3 cp-chain-check l.jsonl
	run_status 3 cp-chain-check l.jsonl
	ledger m.jsonl
	cp-ledger-checkpoint m.jsonl --key k | jq -r '.vkey // empty' >vkey
	cp-ledger-checkpoint m.jsonl --key other --out note >/dev/null
	run_status 1 cp-chain-check m.jsonl --checkpoint note --vkey vkey
	says SIGNATURE
	[ "$(report_of faults)" = 1 ]
	[ -z "$(find "$XDG_STATE_HOME" -type f 2>/dev/null)" ]
}

@test "signatures: unknown keys are passed over, one that does not hold is told, names and origins are what they are" {
	key k
	key other
	forge <<-'P'
	ledger = Ledger()
	ledger.task(6)
	ledger.write('l.jsonl')
	name, r = ledger.name, root(ledger.leaves)
	of = checkpoint(name, 7, r)
	more = checkpoint(name, 7, r, 'an extension', '\u2014 x AAAAAAAA')
	good, bad = signature(of, 'k', name), signature(of, 'k', name, shown='another text\n')
	unknown = signature(of, 'other', name) + signature(of, 'other', 'somebody/else')
	notes = {'plain': (of, good), 'unknown': (of, unknown, good), 'twice': (of, good, good),
	         'bad': (of, bad), 'bad-first': (of, bad, good), 'bad-last': (of, good, bad), 'nobody': (of, unknown),
	         'extended': (more, signature(more, 'k', name)), 'extended-later': (more, good),
	         'longer': (checkpoint(name, 8, r), signature(checkpoint(name, 8, r), 'k', name)),
	         'other-root': (checkpoint(name, 7, sha(b'x')), signature(checkpoint(name, 7, sha(b'x')), 'k', name)),
	         'origin': (checkpoint('another', 7, r), signature(checkpoint('another', 7, r), 'k', name)),
	         'huge': (checkpoint(name, 2 ** 53, r), good), 'minus': (checkpoint(name, -1, r), good),
	         'zeros': (of.replace('\n7\n', '\n07\n'), good)}
	for n, (text_, *lines) in notes.items():
	    note('note.' + n, text_, *lines)
	open('vkey', 'w').write(vkey('k', name))
	open('vkey.named', 'w').write(vkey('k', 'example/ho1/y'))
	open('vkey.witness', 'w').write(vkey('k', name, b'\4'))
	P
	for n in plain unknown twice extended; do
		check 0 --checkpoint note.$n --vkey vkey l.jsonl
		[ "$(report_of level)" = local ]
	done
	for n in bad bad-first bad-last nobody extended-later; do
		check 1 --checkpoint note.$n --vkey vkey l.jsonl
		says SIGNATURE
		[ "$(report_of level)" = unchecked ]
	done
	for k in named witness; do
		check 1 --checkpoint note.plain --vkey "vkey.$k" l.jsonl
		says SIGNATURE
	done
	check 1 --checkpoint note.longer --vkey vkey l.jsonl
	says ROLLBACK
	check 1 --checkpoint note.other-root --vkey vkey l.jsonl
	says FORK
	for n in origin huge minus zeros; do
		check 3 --checkpoint note.$n --vkey vkey l.jsonl
	done
}

@test "the ledger above: two openings of one name, and a position without hashes" {
	ledger=(--type L-EXEC --tier ho1 --ledger a/low --author a --parent top.jsonl)
	cp-ledger-init top.jsonl --ledger a/top --type L-WORKORDER --tier ho2 --author a >/dev/null
	cp-ledger-init low.jsonl "${ledger[@]}" >/dev/null
	check 0 --parent top.jsonl low.jsonl
	rm low.jsonl*
	run_status 1 cp-ledger-init low.jsonl "${ledger[@]}"
	[ ! -e low.jsonl ]
	forge <<-'P'
	top = Ledger('top', 'WO', 'L-WORKORDER', 'ho2')
	low = Ledger('low', parent={'ledger': 'top', 'size': 1, 'head_hash': top.prev, 'root_hash': text(root(top.leaves))})
	top.add({'event_type': 'CHILD_OPENED', 'genesis_hash': low.prev, 'ledger': 'low', 'ledger_type': 'L-EXEC',
	         'tier': 'ho1', 'dedupe_key': 'k'})
	top.add({'event_type': 'CHILD_CHECKPOINT', 'ledger': 'low', 'size': 1})
	top.write('t.jsonl')
	low.write('c.jsonl')
	for n in 'first', 'second':
	    hashes = [text(sha(b'another')), low.prev]
	    twice = Ledger('top', 'WO', 'L-WORKORDER', 'ho2')
	    for h in hashes if n == 'first' else reversed(hashes):
	        twice.add({'event_type': 'CHILD_OPENED', 'genesis_hash': h, 'ledger': 'low', 'ledger_type': 'L-EXEC',
	                   'tier': 'ho1', 'dedupe_key': h})
	    twice.write(n + '.jsonl')
	P
	for top in first second; do
		check 1 --parent $top.jsonl c.jsonl
		has 'opened another ledger of this name'
	done
	check 0 --chain-only --parent t.jsonl c.jsonl
	[ "$(report_of level)" = unchecked ]
	check 1 --parent t.jsonl c.jsonl
}

@test "a stream whose records lie about whose entries they are, or about their numbers" {
	forge <<-'P'
	x = Ledger()
	x.task(3)
	n = range(4)
	stream('true', [record(x.lines[i], i, i + 1) for i in n])
	stream('other', [record(x.lines[i], i, i + 1, ledger='example/ho3/prod') for i in n])
	stream('numbers', [record(x.lines[i], 9 - i, i + 1) for i in n])
	stream('mixed', [record(x.lines[i], i, i + 1, ledger='example/ho1/' + 'xyxx'[i]) for i in n])
	stream('gone', [record(x.lines[i], i, i + 1) for i in (0, 1, 3)])
	stream('late', [record(x.lines[i], i, i + 1) for i in (2, 3)])
	stream('nothing', [])
	P
	run_sh 0 'cp-chain-check --no-seen <true'
	run_sh 1 'cp-chain-check --no-seen <other'
	run_sh 3 'cp-chain-check --no-seen <numbers'
	run_sh 1 'cp-chain-check --no-seen <mixed'
	run_sh 1 'cp-chain-check --no-seen <gone'
	says LINK
	run_sh 1 'cp-chain-check --no-seen <late'
	run_sh 3 'cp-chain-check --no-seen <nothing'
}

# --- forged parts ---

@test "segments: forged roots, frontiers, names, overlaps and gaps are told" {
	forge <<-'P'
	import os
	in_segments('good')
	in_segments('root', seal=({'root_hash': ZERO}, {}))
	in_segments('size', seal=({}, {'tree_size': 3}))
	in_segments('first', seal=({}, {'first_seq': 0}))
	in_segments('last', seal=({}, {'last_seq': 99}))
	in_segments('genesis', start=({}, {'genesis_hash': ZERO}))
	in_segments('name', start=({}, {'ledger': 'other'}))
	in_segments('type', start=({'ledger_type': 'L-WORKORDER'}, {}))
	nodes = [sha(bytes([i])) for i in range(2)]
	in_segments('frontier', start=({}, {'frontier': [text(x) for x in nodes], 'root_hash': text(fold(nodes))}))
	x, b, c = in_segments('overlap'); x.write(segment('overlap', 0, c - 1), 0, c)
	x, b, c = in_segments('inner'); x.write(segment('inner', 1, 1), 1, 2)
	x, b, c = in_segments('gone'); os.unlink(segment('gone', b, c - 1))
	x, b, c = in_segments('begin'); os.unlink(segment('begin', 0, b - 1))
	x, b, c = in_segments('empty'); open(segment('empty', b, c - 1), 'w')
	x, b, c = in_segments('cut'); open(segment('cut', b, c - 1), 'r+').truncate(900)
	x = Ledger(); x.task(); x.seal(0); x.seal(0); x.write('twice.jsonl')
	x = Ledger(); x.task(); x.seal(0); x.task(); x.write('behind.jsonl')
	x = Ledger(); x.task(); x.start(); x.write('start.jsonl')
	x = Ledger(); x.add({k: x.genesis[k] for k in ('event_type', 'format', 'ledger', 'ledger_type', 'parent', 'tier')})
	x.write('again.jsonl')
	x, b, c = in_segments('link'); os.rename(segment('link', b, c - 1), 'aside'); os.symlink('../aside', segment('link', b, c - 1))
	x, b, c = in_segments('fifo'); os.unlink(segment('fifo', b, c - 1)); os.mkfifo(segment('fifo', b, c - 1))
	x, b, c = in_segments('dir'); os.rename('dir.d', 'dir.aside'); os.symlink('dir.aside', 'dir.d')
	P
	check 0 good.jsonl
	for x in root size first last genesis name type frontier overlap inner gone begin empty cut twice behind start; do
		check 1 $x.jsonl
		has '"code":"SEGMENT"'
	done
	check 1 again.jsonl
	has '"code":"GENESIS"'
	for x in link fifo dir; do
		check 4 $x.jsonl
	done
	check 1 --partial root.jsonl
	check 1 --partial frontier.jsonl
	check 1 --partial gone.jsonl
	check 0 --partial begin.jsonl
}

@test "an empty file in the place of the first segment is no part that may be missing" {
	forge <<-'P'
	x, b, c = in_segments('l')
	open(segment('l', 0, b - 1), 'w')
	P
	check 1 l.jsonl
	check 1 --partial l.jsonl
}

@test "an older file of the ledger that came back beside its segments: no yes, and nothing is appended to it" {
	ledger l.jsonl
	fill l.jsonl 3
	cp l.jsonl old
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 2
	check 0 l.jsonl
	cp old l.jsonl
	check 1 l.jsonl
	has '"code":"ROLLBACK"'
	append 3 l.jsonl
	cmp old l.jsonl
	rm l.jsonl.durable
	check 1 l.jsonl
	has '"code":"ROLLBACK"'
	rm l.jsonl
	run_status 1 cp-ledger-init l.jsonl --ledger a/b --type L-EXEC --tier ho1
}

@test "no state of FILE.durable makes an append acknowledge what was not synced" {
	[ -e "$CP_BUILD/shim.so" ]
	ledger l.jsonl
	fill l.jsonl 1
	cp l.jsonl old
	for i in 1 2; do
		cp-ledger-rotate l.jsonl >/dev/null
		fill l.jsonl 1
	done
	cp old l.jsonl # and FILE.durable stays that of a later file
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	run_sh 0 "FAULT_AT=1 FAULT_DO=EIO FAULT_MATCH=fdatasync LD_PRELOAD='$CP_BUILD/shim.so' \
		cp-ledger-append l.jsonl --author test <one; [ \$? -ge 3 ]"
	hasnt '"kind":"ack"'
}

@test "entries in other clothes: escaped and doubled keys, numbers, NUL, blanks, escapes in hashes" {
	forge <<-'P'
	change = {
	    'esc': lambda s: s.replace('"entry_hash"', '"entry_h\\u0061sh"'), 'dup': lambda s: s[:-1] + ',"uid":0}',
	    'exp': lambda s: s.replace('"uid":0', '"uid":0e1'), 'neg': lambda s: s.replace('"uid":0', '"uid":-0'),
	    'nul': lambda s: s.replace('T-2', 'T\0-2'), 'unul': lambda s: s.replace('T-2', 'T\\u0000-2'),
	    'blank': lambda s: s + ' ', 'cr': lambda s: s + '\r', 'bom': lambda s: '\ufeff' + s, 'none': lambda s: '',
	    'up': lambda s: s.replace('sha256:', 'SHA256:'), 'long': lambda s: s[:-1] + ',"z":"' + 'y' * 300000 + '"}'}
	for n, f in change.items():
	    x = Ledger(); x.task(4); x.lines[2] = f(x.lines[2]); x.write('x.' + n)
	x = Ledger(); x.task(); x.add({'event_type': 'TASK_START'}, prev_hash='sha256:' + '\\n' * 32); x.write('x.prev')
	x = Ledger(); x.task(); x.add({'event_type': 'TASK_START'}, entry_hash='sha256:' + '\\n' * 32); x.write('x.hash')
	x = Ledger(); x.task(); x.task(uid=2 ** 53); x.write('x.big')
	x = Ledger(); x.task(); x.add({'event_type': 'TASK_START'}, seq=2 ** 53 - 1); x.write('x.seq')
	x = Ledger(); x.task(2); x.lines[1] = x.lines[1].replace('\u0022entry_hash\u0022', '\u0022entry_hasi\u0022'); x.write('x.strip')
	P
	for f in x.*; do
		check 1 "$f"
		[ "$(report_of faults)" -ge 1 ]
	done
}

@test "the seed's rule: a number that could become another one under the same hash is no number" {
	forge <<-'P'
	def seed(path, shown, hashed):
	    body = '{"event_type":"X","n":%s,"prev_hash":"' + ZERO + '"'
	    e = text(sha((body % hashed + '}' + ZERO).encode()))
	    open(path, 'w').write(body % shown + ',"entry_hash":"%s"}\n' % e)
	seed('good', '1.50', '1.5')
	seed('bad.1', '9007199254740993', '9007199254740992')
	seed('bad.2', '0.30000000000000000001', '0.3')
	seed('bad.3', '-0', '0')
	P
	check 0 --profile seed good
	for f in bad.*; do
		check 1 --profile seed "$f"
	done
}

@test "seams: faults and evidence do not depend on where a piece of the ledger ends" {
	forge <<-'P'
	x = Ledger()
	x.task(2000, note='y' * 700)
	x.write('good')
	for k in (150, 151, 700, 1999):
	    x.lines[k] = '{}'
	x.lines[1200], x.lines[1201] = x.lines[1201], x.lines[1200]
	del x.lines[1500]
	x.write('bad')
	P
	check 0 --jobs 3 good
	for jobs in 0 1 5; do
		check 1 --jobs $jobs bad
		[ -e want ] || cp "$BATS_TEST_TMPDIR/.out" want
		cmp want "$BATS_TEST_TMPDIR/.out"
	done
	jq -c 'select(.kind == "finding") | [.code, .line]' want >a
	# The same lines in a stream are cut elsewhere.
	forge <<-'P'
	lines = open('bad').read().split('\n')[:-1]
	stream('s', [record(s, 0, i + 1).replace('"seq":0,', '', 1) for i, s in enumerate(lines)])
	P
	run_sh 1 'cp-chain-check --no-seen --jobs 0 <s'
	jq -c 'select(.kind == "finding") | [.code, .line]' <<<"$output" | cmp a -
}

@test "archives: other content, cut, without a sum, of another kind, nested, and a bomb" {
	forge <<-'P'
	import gzip
	x, b, c = in_segments('l')
	seg = segment('l', 0, b - 1)
	plain = open(seg, 'rb').read()
	os.unlink(seg)
	cases = {'good': gzip.compress(plain), 'other': gzip.compress(plain.replace(b'T-2', b'T-3')), 'two':
	         gzip.compress(plain[:500]) + gzip.compress(plain[500:]), 'nested': gzip.compress(gzip.compress(plain)),
	         'cut': gzip.compress(plain)[:200], 'plain': plain, 'bomb': gzip.compress(b'\0' * 200000000, 1), 'none': b''}
	for n, data in cases.items():
	    os.system('rm -rf %s.d; cp -r l.d %s.d; cp l.jsonl %s.jsonl' % (n, n, n))
	    open(segment(n, 0, b - 1) + '.gz', 'wb').write(data)
	    open(segment(n, 0, b - 1) + '.sha256', 'w').write(hashlib.sha256(plain).hexdigest() + '  x\n')
	os.system('cp -r good.d nosum.d; cp l.jsonl nosum.jsonl')
	os.unlink(segment('nosum', 0, b - 1) + '.sha256')
	P
	for x in good two nested; do
		check 0 $x.jsonl
		[ "$(report_of archived)" = 1 ]
	done
	for x in other bomb nosum plain none cut; do
		check 1 $x.jsonl
		has '"code":"SEGMENT"'
	done
}

@test "what GENESIS names as its former ledger is a file in its own directory" {
	forge <<-'P'
	import os
	def adopted(path, file, digest):
	    x = Ledger(legacy={'file': file, 'sha256': digest, 'entries': 1, 'last_entry_hash': None, 'profile': 'legacy',
	                       'issues': {}})
	    x.write(path)
	os.mkdir('d')
	open('secret', 'w').write('x')
	open('d/in', 'w').write('x')
	os.mkfifo('d/fifo')
	x = text(sha(b'x'))
	adopted('d/in.jsonl', 'in', x)
	adopted('d/out.jsonl', '../secret', x)
	adopted('d/abs.jsonl', os.path.abspath('secret'), x)
	adopted('d/zero.jsonl', '/dev/zero', x)
	adopted('d/fifo.jsonl', 'fifo', text(sha(b'')))
	P
	check 0 d/in.jsonl
	for x in out abs zero fifo; do
		run_status 1 timeout 10 cp-chain-check --no-seen d/$x.jsonl
		says SEGMENT
	done
}

# --- what lies beside the ledger ---

@test "a fifo in the place of a sidecar stops nobody" {
	ledger l.jsonl
	fill l.jsonl 1
	for side in durable torn-2; do
		rm -f "l.jsonl.$side"
		mkfifo "l.jsonl.$side"
		printf half >>l.jsonl
		run_sh 0 'timeout 10 cp-ledger-append l.jsonl --author test <one; [ $? -ne 124 ]'
		rm -f "l.jsonl.$side"
		run_status 0 timeout 10 cp-ledger-recover l.jsonl
		append 0 l.jsonl
	done
	rm -f l.jsonl.lock
	mkfifo l.jsonl.lock
	run_sh 0 'timeout 10 cp-ledger-append l.jsonl --author test <three; [ $? -ne 124 ]'
	rm l.jsonl.lock
	check 0 l.jsonl
	mkfifo l.jsonl.checkpoint
	run_sh 0 'timeout 10 cp-ledger-tiles l.jsonl tiles; [ $? -ne 124 ]'
}

@test "a link in the place of a sidecar is neither followed nor written through" {
	ledger l.jsonl
	fill l.jsonl 1
	seq 200 >precious
	cp precious same
	for way in 'ln -s' ln; do
		for side in lock durable torn-2 torn-3 torn-4 torn-5 torn-6 poisoned; do
			rm -f "l.jsonl.$side"
			$way "$PWD/precious" "l.jsonl.$side"
			printf half >>l.jsonl
			timeout 10 cp-ledger-append l.jsonl --author test <three >out 2>err || :
			timeout 10 cp-ledger-recover l.jsonl >out 2>err || :
			cmp precious same
			rm -f "l.jsonl.$side"
		done
	done
	append 0 l.jsonl
	check 0 l.jsonl
	mkdir l.d.aside
	ln -s l.d.aside l.d
	run_status 4 cp-ledger-rotate l.jsonl
	[ -z "$(ls -A l.d.aside)" ]
}

@test "what lies in the way of a rotation keeps nobody from appending" {
	ledger l.jsonl
	fill l.jsonl 1
	for way in "ln -s x .l.jsonl.new" "mkfifo .l.jsonl.new" "mkdir .l.jsonl.new" "touch l.d" \
		"mkdir l.d; touch l.d/000000000000-00000000000{2..9}.jsonl"; do
		eval "$way"
		run_status 4 cp-ledger-rotate l.jsonl
		append 0 l.jsonl
		rm -rf .l.jsonl.new l.d
	done
	check 0 l.jsonl
	run_status 0 cp-ledger-rotate l.jsonl
}

@test "what has the name of a segment and is something else keeps its mode and its secret" {
	ledger l.jsonl
	fill l.jsonl 2
	cp-ledger-rotate l.jsonl >/dev/null
	fill l.jsonl 1
	echo secret >secret
	chmod 600 secret
	ln secret l.d/000000000001-000000000002.jsonl
	cp-ledger-recover l.jsonl >/dev/null
	[ "$(stat -c %a secret)" = 600 ]
	cp-ledger-archive l.jsonl >out 2>err || :
	[ ! -e l.d/000000000001-000000000002.jsonl.zst ]
	[ "$(stat -c %h secret)" = 2 ]
	ledger m.jsonl
	meanwhile 0-000000000001.jsonl 'ln -sf ../secret m.d/000000000000-000000000001.jsonl'
	run_sh 0 "LD_PRELOAD='$PWD/meanwhile.so' cp-ledger-rotate m.jsonl"
	[ "$(stat -c %a secret)" = 600 ]
}

@test "whoever owned the ledger still writes it when root has rotated it" {
	[ "$(id -u)" -eq 0 ] || skip 'only root can'
	ledger l.jsonl
	chown 65534:65534 l.jsonl
	chmod 664 l.jsonl
	cp-ledger-rotate l.jsonl >/dev/null
	[ "$(stat -c '%u:%g %a' l.jsonl)" = '65534:65534 664' ]
}

@test "a forged announcement in FILE.lock hides nothing that was synced, and lets nothing be cut off" {
	ledger l.jsonl
	fill l.jsonl 9
	announce l.jsonl "$(head -n 4 l.jsonl | wc -c)" 9007199254740991
	check 0 l.jsonl
	[ "$(report_of entries)" = 10 ]
	run_sh 0 'cp-ledger-read l.jsonl | cp-chain-check --no-seen'
	[ "$(report_of entries)" = 10 ]
	append 0 l.jsonl
	[ "$(entries l.jsonl)" = 10 ]
	# Without FILE.durable all of it is synced: nothing vouches for the announcement.
	announce l.jsonl "$(head -n 4 l.jsonl | wc -c)" 9007199254740991
	rm l.jsonl.durable
	check 1 l.jsonl
	append 3 l.jsonl
	[ "$(entries l.jsonl)" = 10 ]
	run_status 0 cp-ledger-recover l.jsonl
	[ "$(entries l.jsonl)" = 10 ]
	append 0 l.jsonl
	check 0 l.jsonl
}

@test "an announcement that a power loss brought back takes no batch that was finished" {
	ledger l.jsonl
	fill l.jsonl 2
	cp l.jsonl.durable durable # neither is ever synced
	begin=$(stat -c %s l.jsonl)
	fill l.jsonl 3
	end=$(stat -c %s l.jsonl)
	fill l.jsonl 4
	cp durable l.jsonl.durable
	announce l.jsonl "$begin" "$end"
	check 0 l.jsonl
	[ "$(report_of entries)" = 10 ]
	append 0 l.jsonl
	[ "$(entries l.jsonl)" = 10 ]
	check 0 l.jsonl
}

@test "half a FILE.durable is none: no false alarm, and the ledger goes on" {
	[ -e "$CP_BUILD/shim.so" ]
	ledger l.jsonl
	fill l.jsonl 3
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	run_sh 0 "FAULT_AT=1 FAULT_DO=short FAULT_MATCH='pwrite .*durable' LD_PRELOAD='$CP_BUILD/shim.so' \
		cp-ledger-append l.jsonl --author test <one"
	check 0 l.jsonl
	append 0 l.jsonl
	check 0 l.jsonl
}

@test "a ledger that grows or is rotated while it is checked or signed is no ledger that was cut" {
	key k
	ledger l.jsonl
	fill l.jsonl 3
	for what in 'cp-ledger-append l.jsonl --author test <one' 'cp-ledger-rotate l.jsonl' \
		'cp-ledger-rotate l.jsonl; cp-ledger-append l.jsonl --author test <one; cp-ledger-rotate l.jsonl'; do
		for at in .durable .lock l.jsonl l.d; do
			meanwhile $at "{ $what; } >/dev/null"
			run_sh 0 "LD_PRELOAD='$PWD/meanwhile.so' cp-chain-check --no-seen l.jsonl"
			run_sh 0 "LD_PRELOAD='$PWD/meanwhile.so' cp-ledger-checkpoint l.jsonl --key k --out note"
			run_sh 0 "LD_PRELOAD='$PWD/meanwhile.so' cp-ledger-read l.jsonl >r; grep -c '\"kind\":\"entry\"' r"
		done
	done
	check 0 l.jsonl
}

@test "names that are not UTF-8: records stay records, nothing is lost, nothing is left out" {
	name=$'l\x9b\e[31m\nX.jsonl'
	forge <<<"legacy(b'l\x9b\x1b[31m\nX.jsonl', 3)"
	cp "$name" legacy
	run_sh 0 "cp-ledger-adopt '$name' --ledger a/b --type L-EXEC --tier ho1; [ \$? -lt 86 ]"
	cmp legacy "$name" # untouched, or sealed
	rm -r l*X*
	cp-ledger-init "$name" --ledger a/b --type L-EXEC --tier ho1 >/dev/null
	printf torn >>"$name"
	run_sh 0 'cp-chain-check --no-seen l*X.jsonl | iconv -f UTF-8 -t UTF-8'
	run_sh 0 'cp-ledger-append l*X.jsonl --author test <one'
	grep -q TAIL_REPAIRED "$name"
	run_sh 0 'cp-ledger-rotate l*X.jsonl | iconv -f UTF-8 -t UTF-8'
	run_sh 0 'cp-ledger-archive l*X.jsonl | iconv -f UTF-8 -t UTF-8'
	run_sh 0 'cp-ledger-read l*X.jsonl | cp-chain-check --no-seen'
	run_status 4 cp-ledger-append "$name.none"
	[ "$(tr -d '[:print:]\n' <<<"$stderr")" = '' ]
}

@test "at the end of the numbers nothing is acknowledged that could not be read" {
	forge <<-'P'
	x = Ledger()
	x.seq = 2 ** 53 - 1
	nodes = [sha(bytes([i])) for i in range(53)]
	x.start(frontier=[text(n) for n in nodes], root_hash=text(fold(nodes)))
	x.write('l.jsonl', 1)
	P
	check 0 --partial l.jsonl
	cp l.jsonl same
	run_sh 0 'cp-ledger-append l.jsonl --author test <one; [ $? -ge 3 ]'
	hasnt '"kind":"ack"'
	run_sh 0 'cp-ledger-rotate l.jsonl; [ $? -ge 3 ]'
	cmp l.jsonl same
}

# --- writers beside writers ---

@test "who syncs for others does not make half a batch of a dead writer last" {
	[ -e "$CP_BUILD/shim.so" ]
	ledger l.jsonl
	fill l.jsonl 1
	# The turn to sync is taken while A waits for it and B dies in the middle of its batch.
	mkfifo turn
	python3 -c '
import fcntl, struct
f = open("l.jsonl.lock", "r+b")
fcntl.fcntl(f, 38, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 2, 1, 0))
open("held", "w")
open("turn").read()' 3>&- &
	for ((i = 0; i < 100; i++)); do [ -e held ] || sleep 0.05; done
	cp-ledger-append l.jsonl --author A <one >acks 3>&- &
	a=$!
	for ((i = 0; i < 100 && $(wc -l <l.jsonl) < 3; i++)); do sleep 0.05; done
	sleep 0.1
	for ((i = 0; i < 1400; i++)); do cat three.open; done >many.open
	cp-end cat many.open >many
	run_sh 137 "FAULT_AT=2 FAULT_DO=kill FAULT_MATCH='pwrite .*/l.jsonl\$' LD_PRELOAD='$CP_BUILD/shim.so' \
		ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 cp-ledger-append l.jsonl --author B <many"
	[ "$(grep -c '"author":"B"' l.jsonl)" -gt 1000 ]
	: >turn
	wait $a
	grep -q '"kind":"ack"' acks
	append 0 l.jsonl
	[ "$(grep -c '"author":"B"' l.jsonl)" = 0 ]
	grep -q '"author":"A"' l.jsonl
	check 0 l.jsonl
}

@test "two writers of which one finds that a sync fails: who was told yes is synced" {
	[ -e "$CP_BUILD/shim.so" ]
	ledger l.jsonl
	fill l.jsonl 1
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
	FAULT_AT=1 FAULT_DO=EIO FAULT_MATCH=fdatasync LD_PRELOAD=$CP_BUILD/shim.so cp-ledger-append l.jsonl --author A <one >a 2>err 3>&- &
	a=$!
	for i in 1 2 3; do
		cp-ledger-append l.jsonl --author B <one >>b 2>>err || :
	done
	! wait $a || [ -s a ]
	if [ -e l.jsonl.poisoned ]; then
		[ ! -s a ]
		append 4 l.jsonl
		run_status 0 cp-ledger-recover l.jsonl
	fi
	append 0 l.jsonl
	[ "$(grep -c '"author":"B"' l.jsonl)" -ge "$(grep -c '"kind":"ack"' b)" ]
	check 0 l.jsonl
}

@test "a key that is found only in what is cut off is not there" {
	ledger l.jsonl
	fill l.jsonl 2
	cp l.jsonl.durable durable
	append 0 l.jsonl
	with_key K | cp-ledger-append l.jsonl --author test >/dev/null
	# Power was lost before the first of the two reached the disk, the second did; FILE.durable is as old.
	python3 -c '
d = open("l.jsonl", "rb").read().split(b"\n")
d[3] = bytes(len(d[3]))
open("l.jsonl", "wb").write(b"\n".join(d))'
	cp durable l.jsonl.durable
	with_key K >keyed
	run_sh 0 'cp-ledger-append l.jsonl --author test <keyed'
	hasnt '"again"'
	[ "$(grep -c '"dedupe_key":"K"' l.jsonl)" = 1 ]
	run_sh 0 'cp-ledger-append l.jsonl --author test <keyed'
	has '"again":true'
	check 0 l.jsonl
}

@test "where a part of the ledger cannot be looked at nobody says that a key is new" {
	for how in missing altered long; do
		rm -rf l.*
		ledger l.jsonl
		with_key K >keyed
		run_sh 0 'cp-ledger-append l.jsonl --author test <keyed; cp-ledger-rotate l.jsonl'
		part=l.d/000000000000-000000000002.jsonl
		case $how in
		missing) rm -f $part ;;
		altered)
			cp-ledger-archive --format gzip l.jsonl >/dev/null
			zcat $part.gz | grep -v '"K"' | gzip >packed
			mv -f packed $part.gz
			;;
		long)
			{ head -n 1 $part; head -c 1100000 /dev/zero | tr '\0' x; echo; tail -n +2 $part; } >longer
			mv -f longer $part
			;;
		esac
		run_sh 3 'cp-ledger-append l.jsonl --author test <keyed'
		hasnt '"kind":"ack"'
	done
}

@test "a key is found across rotations and archives between the two looks" {
	ledger l.jsonl
	fill l.jsonl 2
	with_key K >keyed
	add='cp-ledger-append l.jsonl --author test <keyed'
	for at in .lock l.d; do
		rm -rf l.*
		ledger l.jsonl
		fill l.jsonl 2
		meanwhile $at "{ $add; cp-ledger-rotate l.jsonl; cp-ledger-rotate l.jsonl; cp-ledger-archive l.jsonl; } >/dev/null"
		run_sh 0 "LD_PRELOAD='$PWD/meanwhile.so' $add"
		run_sh 0 'cp-ledger-read l.jsonl'
		[ "$(grep -c '"dedupe_key":"K"' <<<"$output")" = 1 ]
	done
	check 0 l.jsonl
}

@test "writers, rotators, archivers and checkers side by side: each acknowledged entry once, no false alarm" {
	ledger l.jsonl
	export end=$((SECONDS + 4))
	for w in 1 2 3; do
		while [ $SECONDS -lt $end ]; do
			{ cp-ledger-append l.jsonl --author w$w <one && cp-ledger-append l.jsonl --author w$w <three; } >>acks.$w 2>>errors
		done 3>&- &
	done
	for r in 1 2; do
		while [ $SECONDS -lt $end ]; do
			cp-ledger-rotate l.jsonl >/dev/null 2>>errors
			sleep 0.1
			cp-ledger-archive l.jsonl >/dev/null 2>>busy || :
		done 3>&- &
	done
	while [ $SECONDS -lt $end ]; do
		cp-chain-check --no-seen l.jsonl >checked 2>>errors || cat checked >>alarms
		cp-ledger-read l.jsonl >checked 2>>errors || cat checked >>alarms
	done
	wait
	[ ! -s errors ] || { cat errors; false; }
	[ ! -s alarms ] || { cat alarms; false; }
	jq -r 'select(.kind == "ack").entry_hash' acks.* | sort >acked
	cp-ledger-read l.jsonl | jq -r 'select(.entry.event_type == "TASK_START").entry.entry_hash' | sort >there
	[ -s acked ]
	cmp acked there
	check 0 l.jsonl
}

@test "nobody takes the dedupe keys of the ledger's own entries first" {
	ledger l.jsonl
	for k in opened:sha256:0 position:sha256:0; do
		with_key $k >keyed
		run_sh 0 'cp-ledger-append l.jsonl --author test <keyed; [ $? -ne 0 ]'
		hasnt '"kind":"ack"'
	done
}

"""Ledgers in format cp-ledger/1 written by hand, so that they can be wrong: an implementation of the format that shares
nothing with ours, streams of `entry` records, ledgers of the earlier format, and signed notes."""
import base64
import hashlib
import json
import os
import subprocess

ZERO = 'sha256:' + '0' * 64


def jcs(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False)


def sha(data):
    return hashlib.sha256(data).digest()


def text(digest):
    return 'sha256:' + digest.hex()


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b'')
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1' + root(leaves[:k]) + root(leaves[k:]))


def fold(nodes):
    """The root over a frontier."""
    whole = nodes[-1]
    for node in reversed(nodes[:-1]):
        whole = sha(b'\1' + node + whole)
    return whole


def frontier(leaves):
    out, at = [], 0
    while at < len(leaves):
        k = 1
        while k * 2 <= len(leaves) - at:
            k *= 2
        out.append(root(leaves[at:at + k]))
        at += k
    return out


class Ledger:
    def __init__(self, name='example/ho1/x', prefix='EXEC', ledger_type='L-EXEC', tier='ho1', **genesis):
        self.lines, self.leaves, self.prev, self.seq = [], [], ZERO, 0
        self.name, self.prefix, self.ledger_type, self.tier = name, prefix, ledger_type, tier
        self.genesis = self.add({'event_type': 'GENESIS', 'format': 'cp-ledger/1', 'ledger': name,
                                 'ledger_type': ledger_type, 'parent': None, 'tier': tier, **genesis})

    def add(self, body, **over):
        """An entry of that body; `over` replaces members after its id and before its hash."""
        n = self.seq
        when = over.pop('timestamp', '2026-02-02T12:%02d:%02d.%03dZ' % (n // 60000 % 60, n // 1000 % 60, n % 1000))
        e = {'author': 'test', 'prev_hash': self.prev, 'seq': n, 'timestamp': when, 'uid': 0, **body}
        e['entry_id'] = '%s-%s-%s-%03d' % (self.prefix, when[:10].replace('-', ''), when[11:19].replace(':', ''), n)
        e.update(over)
        e.setdefault('entry_hash', text(sha((jcs(e) + e['prev_hash']).encode())))
        self.lines.append(jcs(e))
        self.leaves.append(sha(b'\0' + self.lines[-1].encode()))
        self.prev, self.seq = e['entry_hash'], e['seq'] + 1
        return e

    def task(self, n=1, **more):
        for _ in range(n):
            self.add({'event_type': 'TASK_START', 'work_order_id': 'WO-20261121-001', 'task_id': 'T-%d' % self.seq,
                      **more})

    def seal(self, first, **over):
        self.add({'event_type': 'SEGMENT_SEALED', 'first_seq': first, 'last_seq': self.seq, 'tree_size': self.seq,
                  'root_hash': text(root(self.leaves)), **over})

    def start(self, **over):
        self.add({'event_type': 'SEGMENT_START', 'first_seq': self.seq, 'tree_size': self.seq,
                  'root_hash': text(root(self.leaves)), 'frontier': [text(x) for x in frontier(self.leaves)],
                  'ledger': self.name, 'ledger_type': self.ledger_type, 'tier': self.tier,
                  'genesis_hash': self.genesis['entry_hash'], **over})

    def write(self, path, begin=0, end=None):
        with open(path, 'wb') as f:
            for line in self.lines[begin:end]:
                f.write(line.encode() + b'\n')


def in_segments(stem, seal=({}, {}), start=({}, {})):
    """Three parts: two sealed segments in STEM.d and STEM.jsonl. Returns the ledger and where the last two begin."""
    ledger, begins = Ledger(), [0]
    for k in range(2):
        ledger.task(3)
        ledger.seal(begins[-1], **seal[k])
        begins.append(ledger.seq)
        ledger.start(**start[k])
    ledger.task(3)
    os.makedirs(stem + '.d', exist_ok=True)
    for k in range(2):
        ledger.write(segment(stem, begins[k], begins[k + 1] - 1), begins[k], begins[k + 1])
    ledger.write(stem + '.jsonl', begins[2])
    return ledger, begins[1], begins[2]


def segment(stem, first, last):
    return '%s.d/%012d-%012d.jsonl' % (stem, first, last)


def legacy(path, n):
    prev = ''
    with open(path, 'w') as f:
        for i in range(n):
            e = {'event_type': 'X', 'id': i, 'previous_hash': prev}
            e['entry_hash'] = prev = hashlib.sha256(json.dumps(e, sort_keys=True).encode()).hexdigest()
            f.write(json.dumps(e) + '\n')


def record(line, seq, number, ledger='example/ho1/x', source='x.jsonl'):
    return '{"kind":"entry","ledger":%s,"source":%s,"seq":%d,"line":%d,"entry":%s}' % (
        json.dumps(ledger), json.dumps(source), seq, number, line)


def stream(path, records):
    with open(path, 'w') as f:
        f.write(''.join(r + '\n' for r in records))
        f.write('{"kind":"end","count":%d,"status":0,"by":"cp-ledger-read"}\n' % len(records))


def checkpoint(origin, size, digest, *extension):
    return '\n'.join([origin, str(size), base64.b64encode(digest).decode(), *extension]) + '\n'


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def public(key):
    return run('openssl', 'pkey', '-in', key, '-pubout', '-outform', 'DER')[-32:]


def key_id(key, name, algorithm):
    return sha(name.encode() + b'\n' + algorithm + public(key))[:4]


def vkey(key, name, algorithm=b'\1'):
    return '%s+%s+%s' % (name, key_id(key, name, algorithm).hex(),
                         base64.b64encode(algorithm + public(key)).decode())


def signature(of, key, name, time=None, shown=None):
    """A signature line; with a time, a witness's. `shown`: signs that text instead."""
    message = (shown or of).encode()
    algorithm, stamp = b'\1', b''
    if time is not None:
        algorithm, stamp = b'\4', time.to_bytes(8, 'big')
        message = b'cosignature/v1\ntime %d\n' % time + message
    with open('.message', 'wb') as f:
        f.write(message)
    signed = run('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', key, '-in', '.message')
    return '\u2014 %s %s\n' % (name, base64.b64encode(key_id(key, name, algorithm) + stamp + signed).decode())


def note(path, of, *lines):
    with open(path, 'w') as f:
        f.write(of + '\n' + ''.join(lines))

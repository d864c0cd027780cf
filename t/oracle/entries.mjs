// entries.mjs LINES [EVENTS]: judges the stored lines of a ledger with npm's canonicalize (RFC 8785) and node's SHA-256:
// each is its own canonical form, each entry_hash is right, each is linked to the one before; and, given the events that
// were appended behind GENESIS, nothing in them was lost or changed.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';

const own = ['author', 'entry_hash', 'entry_id', 'prev_hash', 'seq', 'timestamp', 'uid'];

function fail(why) {
	console.error(`entries.mjs: ${why}`);
	process.exit(1);
}

// Text that is not UTF-8 does not become U+FFFD in silence.
function linesOf(path) {
	const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
	if (text && !text.endsWith('\n'))
		fail(`${path} has a line without an end`);
	return text.split('\n').slice(0, -1);
}

function without(object, names) {
	const copy = Object.create(null);
	for (const k of Object.keys(object))
		if (!names.includes(k))
			Object.defineProperty(copy, k, { value: object[k], enumerable: true });
	return copy;
}

const [linesPath, eventsPath] = process.argv.slice(2);
const lines = linesOf(linesPath), events = eventsPath ? linesOf(eventsPath) : [];
let prev = 'sha256:' + '0'.repeat(64);

lines.forEach((line, i) => {
	const entry = JSON.parse(line), hash = createHash('sha256');
	if (canonicalize(entry) !== line)
		fail(`line ${i + 1} is not canonical: ${line.slice(0, 300)}`);
	hash.update(canonicalize(without(entry, ['entry_hash'])) + entry.prev_hash, 'utf8');
	if (entry.entry_hash !== 'sha256:' + hash.digest('hex'))
		fail(`line ${i + 1}: another entry_hash`);
	if (entry.prev_hash !== prev || entry.seq !== i)
		fail(`line ${i + 1} does not follow the one before`);
	prev = entry.entry_hash;
});
events.forEach((text, i) => {
	const sent = canonicalize(without(JSON.parse(text), ['kind']));
	const stored = i + 1 < lines.length ? canonicalize(without(JSON.parse(lines[i + 1]), own)) : 'nothing';
	if (sent !== stored)
		fail(`event ${i + 1} was sent as\n${sent}\nand stored as\n${stored}`);
});
console.log(`${lines.length} entries, ${events.length} events`);

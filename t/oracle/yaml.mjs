// yaml.mjs make COUNT SEED [FILE...]: documents, each ended by a NUL: the files, and pseudo-random ones.
// yaml.mjs compare DOCUMENTS ANSWERS: an answer a line, JSON or `bad: WHY`; npm's yaml (1.2, core schema, strict) reads the
// documents too. What both read must be the same; what we alone read, or refuse for no reason of the strict subset, is printed.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';

const [mode, ...args] = process.argv.slice(2);
let state = 1;
function random(n) {
	state ^= state << 13;
	state >>>= 0;
	state ^= state >>> 17;
	state ^= state << 5;
	state >>>= 0;
	return state % n;
}
const pick = (list) => list[random(list.length)];

const plain = ['a', 'lib/a.py', 'no', 'yes', 'on', 'true', 'False', 'null', '~', '1', '0', '-7', '1.5', '1e3', '0644', '0x1f', '1.2.3',
	'2026-01-31', '2026-02-04T00:00:00Z', '12:30', 'a b', 'x#y', 'é', '-1.0', '1_000', '.5', 'a: b', '- x', '@x', '%x', '!x', '&x', '*x',
	'|', '>', '{', '}', '[', ']', ',', '?', ':', '-', '<<', '=', 'a:b', 'http://x/y#z', 'x\\ny', '"', "'", '# c', ''];
const quoted = ['"a\\tb"', '"\\u00e9"', '"x: y"', "'it''s'", "''", '""', '"\\x41"', '"a\\\n  b"', '"a\n\n  b"', "'a\n  b'"];
const names = ['a', 'b', 'spec_id', 'x y', '"q"', "'s'", 'é', '1', 'null', '<<', 'a', 'k-1', 'true'];
const scalar = () => (random(5) ? pick(plain) : pick(quoted));

function flow(depth) {
	if (!depth || random(2))
		return scalar();
	const items = Array.from({ length: random(4) }, () => (random(3) ? '' : pick(names) + ': ') + flow(depth - 1));
	if (random(2))
		return `[${items.join(pick([',', ', ', ' , ']))}${random(8) ? '' : ','}]`;
	return `{${items.map((v) => (random(9) ? pick(names) + ': ' : '') + v).join(', ')}}`;
}
function block(indent, depth) {
	const pad = ' '.repeat(indent), comment = random(9) ? '' : ' # c';
	const kind = random(depth ? 10 : 5);
	if (kind < 3)
		return ` ${scalar()}${comment}\n`;
	if (kind < 4)
		return ` ${flow(2)}${comment}\n`;
	if (kind < 5)
		return ` ${pick(['|', '>', '|-', '>+', '>-', '|2'])}\n${pad}  ${pick(['x', 'no', 'a: b', '# c'])}\n${random(2) ? `\n${pad}  y\n` : ''}`;
	let s = '\n';
	for (let n = 1 + random(3); n > 0; n--)
		s += kind < 7 ? `${pad}-${block(indent + 2, depth - 1)}` : `${pad}${pick(names)}:${block(indent + 2, depth - 1)}`;
	return s;
}
const damage = [' ', '\n', '\t', ':', ': ', '- ', '#', '"', "'", '[', ']', '{', '}', ',', '&a ', '*a', '!', '|', '>', '---\n', '...\n', '? ', 'é', '\\'];
function damaged(s) {
	for (let n = 1 + random(2); n > 0; n--) {
		const at = random(s.length + 1);
		s = s.slice(0, at) + pick(damage) + s.slice(at + random(2));
	}
	return s;
}

function make(count, seed, files) {
	state = Number(seed);
	const texts = files.map((f) => readFileSync(f, 'utf8'));
	for (const t of texts)
		process.stdout.write(t + '\0');
	for (let i = 0; i < count; i++) {
		let s = texts.length && !random(5) ? pick(texts).slice(0, 600).replace(/[^\n]*$/, '') : block(0, 4).trimStart();
		if (!random(3))
			s = damaged(s);
		process.stdout.write((s.endsWith('\n') ? s : s + '\n') + '\0');
	}
}

// Why we may refuse what is YAML: cp-yaml(1).
const subset = new RegExp('^bad: (a second document|an empty document|a directive|an anchor|an alias|a tag|a merge key|a duplicate key' +
	'|a key that is no string|a pair without braces|an empty value in a flow|a number that JSON|a depth over|bad syntax .*tab)');

function theirs(text) {
	const found = parseAllDocuments(text, { version: '1.2', schema: 'core', strict: true, uniqueKeys: true, logLevel: 'silent', merge: false });
	if (!Array.isArray(found) || found.length !== 1 || found[0].errors.length)
		return undefined;
	try {
		return { value: found[0].toJS() };
	} catch {
		return undefined; // an alias of nothing
	}
}

function compare(documents, answers) {
	const texts = readFileSync(documents, 'utf8').split('\0').slice(0, -1), lines = readFileSync(answers, 'utf8').split('\n').slice(0, -1);
	const tally = { equal: 0, both_refuse: 0, subset: 0, stricter: 0, laxer: 0, different: 0 };
	if (texts.length !== lines.length)
		throw new Error(`${texts.length} documents, ${lines.length} answers`);
	texts.forEach((text, i) => {
		const ours = lines[i].startsWith('bad: ') ? undefined : { value: JSON.parse(lines[i]) }, other = theirs(text);
		let what;
		if (!ours && !other)
			what = 'both_refuse';
		else if (!ours)
			what = subset.test(lines[i]) ? 'subset' : 'stricter';
		else if (!other)
			what = 'laxer';
		else
			what = isDeepStrictEqual(ours.value, other.value) ? 'equal' : 'different';
		tally[what]++;
		if (what === 'stricter' || what === 'laxer' || what === 'different')
			console.log(`${what}: ${JSON.stringify(text)}: ${lines[i]}: ${JSON.stringify(other?.value)}`);
	});
	console.log(Object.entries(tally).map(([k, n]) => `${k} ${n}`).join(', '));
}

if (mode === 'make')
	make(Number(args[0]), args[1], args.slice(2));
else
	compare(...args);

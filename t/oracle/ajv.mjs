// ajv.mjs SCHEMAS EXAMPLES COUNT SEED: `kind TAB instance TAB verdict` lines, where npm's ajv says valid or invalid: every example
// (KIND.good, KIND.bad, an instance a line), and each damaged COUNT times.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const Ajv = createRequire(import.meta.url)('ajv/dist/2020').default;
const [schemas, examples, count, seed] = process.argv.slice(2);
let state = Number(seed) >>> 0;
function random(n) {
	state ^= state << 13;
	state >>>= 0;
	state ^= state >>> 17;
	state ^= state << 5;
	state >>>= 0;
	return state % n;
}
const pick = (list) => list[random(list.length)];

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false });
const kinds = readdirSync(schemas).filter((f) => f.endsWith('.json')).map((f) => f.slice(0, -5));
for (const kind of kinds)
	ajv.addSchema(JSON.parse(readFileSync(`${schemas}/${kind}.json`, 'utf8')), `${kind}.json`);

const strange = [null, true, false, 0, -1, 1, 1.5, 7, 1e20, '', 'x', 'a/b', '../x', '/x', 'a//b', 'sha256:' + 'ab'.repeat(32), '0644', 'é',
	'2026-11-21T12:00:01Z', 'error', 'PKG-A-001', [], {}, [1], ['x', 'x'], { x: 1 }, { kind: 'end' }];
const names = ['x', 'kind', 'path', 'path_b64', 'X', 'note', 'hash', 'size', 'mode', 'détail', 'scope'];

// Somewhere in a value: the way there, arrays and members by turns.
function ways(v, way = [], found = []) {
	found.push(way);
	if (v && typeof v === 'object')
		for (const k of Object.keys(v))
			ways(v[k], [...way, k], found);
	return found;
}
function letter(s) {
	const at = random(s.length + 1);
	return s.slice(0, at) + pick(['', 'a', 'Z', '0', '/', '.', '\n', ' ', 'é', '\u0001']) + s.slice(at + random(2));
}
function damaged(instance) {
	const copy = structuredClone(instance), way = pick(ways(copy).filter((w) => w.length));
	if (!way)
		return pick(strange);
	let at = copy;
	for (const k of way.slice(0, -1))
		at = at[k];
	const last = way[way.length - 1];
	switch (random(5)) {
	case 0:
		if (Array.isArray(at))
			at.splice(last, 1);
		else
			delete at[last];
		break;
	case 1:
		if (Array.isArray(at))
			at.push(pick(strange));
		else
			at[pick(names)] = pick(strange);
		break;
	case 2:
		at[last] = typeof at[last] === 'string' ? letter(at[last]) : pick(strange);
		break;
	case 3:
		at[last] = typeof at[last] === 'number' ? at[last] + pick([-1, 1, 0.5, -1e9]) : pick(strange);
		break;
	default:
		at[last] = pick(strange);
	}
	return copy;
}

for (const kind of kinds) {
	const validate = ajv.getSchema(`${kind}.json`);
	const say = (instance, text) => console.log(`${kind}\t${text}\t${validate(instance) ? 'valid' : 'invalid'}`);
	for (const which of ['good', 'bad'])
		for (const line of readFileSync(`${examples}/${kind}.${which}`, 'utf8').split('\n').filter(Boolean)) {
			const instance = JSON.parse(line);
			if (validate(instance) !== (which === 'good'))
				throw new Error(`${kind}.${which}: ${line}: ${JSON.stringify(validate.errors)}`);
			say(instance, line);
			for (let n = which === 'good' ? Number(count) : 0; n > 0; n--) {
				const other = damaged(instance);
				say(other, JSON.stringify(other));
			}
		}
}

// semver.mjs COUNT SEED: `version TAB range TAB verdict` lines of pseudo-random pairs, where the verdict of npm's semver is in,
// out or bad. What lies outside the grammar in its README is bad here, whatever its implementation makes of it.
import semver from 'semver';

const [count, seed] = process.argv.slice(2).map(Number);
let state = (seed || 1) >>> 0;
function random(n) {
	state ^= state << 13;
	state >>>= 0;
	state ^= state >>> 17;
	state ^= state << 5;
	state >>>= 0;
	return state % n;
}
const pick = (list) => list[random(list.length)];

const numbers = ['0', '0', '1', '1', '2', '3', '10', '9007199254740990'];
const pres = ['0', '1', '10', 'a', 'alpha', 'alpha.1', 'alpha.beta', 'b', 'rc.1', 'rc.11', '-', 'A', '0a', 'a-b.2'];
const damage = ['', ' ', '.', '-', '+', 'v', '=', '|', '||', '<', '>', '~', '^', 'x', '*', '0', '01', '9007199254740992', 'é', '\u00a0'];

const version = () => [0, 0, 0].map(() => pick(numbers)).join('.') + (random(3) ? '' : '-' + pick(pres)) + (random(8) ? '' : '+b.01');
function partial() {
	const known = random(4), n = Math.max(1, random(4), known);
	let s = Array.from({ length: n }, (_, i) => (i < known || (known && !random(9)) ? pick(numbers) : pick(['x', 'X', '*']))).join('.');
	if (n === 3 && (known === 3 ? !random(3) : !random(12)))
		s += '-' + pick(pres);
	return n === 3 && !random(8) ? s + '+b' : s;
}
const comparator = () => pick(['', '', '=', '<', '<=', '>', '>=', '^', '^', '~', '~']) + pick(['', '', '', ' ']) + partial();
function alternative() {
	if (!random(6))
		return partial() + ' - ' + partial();
	return Array.from({ length: pick([0, 1, 1, 1, 2, 2, 3]) }, comparator).join(pick([' ', ' ', '  ']));
}
const range = () => Array.from({ length: pick([1, 1, 1, 2, 3]) }, alternative).join(pick(['||', ' || ']));
function damaged(s) {
	const at = random(s.length + 1);
	return s.slice(0, at) + pick(damage) + s.slice(at + random(2));
}
// A range near a version, so that bounds are met.
const near = (v) => pick(['', '=', '<', '<=', '>', '>=', '^', '~']) + v.replace(/\d+/, (d) => (random(3) ? d : pick(numbers)));

const nr = '(?:0|[1-9][0-9]*)', x = '[xX*]';
const pre = `(?:-(?:${nr}|[0-9]*[a-zA-Z-][0-9A-Za-z-]*)(?:\\.(?:${nr}|[0-9]*[a-zA-Z-][0-9A-Za-z-]*))*)?`;
const build = '(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?';
const version_part = `(?:${nr}\\.${nr}\\.${nr}${pre}${build}|(?:${nr}\\.${nr}\\.${x}|${nr}\\.${x}\\.${x}|${x}\\.${x}\\.${x})${build}` +
	`|${nr}(?:\\.(?:${nr}|${x}))?|${x}(?:\\.${x})?)`;
const simple = `(?:(?:[<>]?=|[<>^~]) *)?${version_part}`;
const grammar = new RegExp(`^ *(?:${version_part} +- +${version_part}|(?:${simple}(?: +${simple})*)?) *$`);
const strict_version = new RegExp(`^${nr}\\.${nr}\\.${nr}${pre}${build}$`);

for (let i = 0; i < count; i++) {
	let v = version(), r = random(4) ? range() : near(v);
	if (!random(10))
		r = damaged(r);
	if (!random(40))
		v = damaged(v);
	const readable = r.split('||').every((a) => grammar.test(a)) && strict_version.test(v);
	let verdict = 'bad';
	if (readable && semver.valid(v) !== null && semver.validRange(r) !== null)
		verdict = semver.satisfies(v, r) ? 'in' : 'out';
	console.log(`${v}\t${r}\t${verdict}`);
}

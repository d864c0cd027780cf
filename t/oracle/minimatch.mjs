// minimatch.mjs COUNT SEED: `pattern TAB path TAB verdict` lines of pseudo-random pairs, where npm's minimatch says yes or no.
import { Minimatch } from 'minimatch';

const [count, seed] = process.argv.slice(2).map(Number);
const options = { dot: true, nobrace: true, noext: true, nonegate: true, nocomment: true, nocase: false, platform: 'linux' };
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

const letters = ['a', 'a', 'b', 'c', '.', '-', 'é', '_', '1', 'A', ' ', '{', '(', '!', '#', '+', '@', '$', '^', ',', '}', ')'];
const text = (n) => Array.from({ length: 1 + random(n) }, () => pick(letters)).join('');
const quote = (s) => s.replace(/[*?[\]\\]/g, '\\$&');
function set() {
	const members = Array.from({ length: 1 + random(3) }, () => pick(['a', 'b', 'c', 'a-c', '0-9', 'é', '.', 'A-Z', '\\-', '_']));
	return '[' + pick(['', '', '!']) + members.join('') + ']';
}
const piece = () => pick(['*', '*', '?', set(), text(2), quote(pick(['*', '?', '[', '\\'])), '\\' + pick(['a', '.', '*'])]);
// Half of the patterns are made from the path, so that many match.
function loosened(name) {
	switch (random(6)) {
	case 0: return '*';
	case 1: return quote(name.slice(0, random(name.length + 1))) + '*';
	case 2: return '*' + quote(name.slice(random(name.length + 1)));
	case 3: return [...name].map((c) => (random(3) ? quote(c) : pick(['?', '[!x]', '[a-cé.]']))).join('');
	case 4: return Array.from({ length: 1 + random(3) }, piece).join('');
	default: return quote(name);
	}
}
const plain = (name) => name !== '.' && name !== '..' && name !== '';
function path() {
	return Array.from({ length: 1 + random(4) }, () => pick([text(3), text(3), 'lib', '*', 'a[b', 'x\\y'])).map((n) => (plain(n) ? n : 'n'));
}
function pattern(names) {
	const made = random(2) ? names.map(loosened) : Array.from({ length: 1 + random(4) }, () =>
		Array.from({ length: 1 + random(3) }, piece).join(''));
	for (let n = pick([0, 0, 1, 1, 2]); n > 0; n--)
		made.splice(random(made.length + 1), random(2), '**');
	return made;
}
// What is refused here whatever minimatch makes of it.
const ours = (component) => component === '**' || (plain(component) && !/\*\*/.test(component.replace(/\\./g, 'q')));

for (let i = 0; i < count;) {
	const names = path(), made = pattern(names);
	if (!made.length || !made.every(ours))
		continue;
	const matcher = new Minimatch(made.join('/'), options);
	console.log(`${made.join('/')}\t${names.join('/')}\t${matcher.match(names.join('/')) ? 'yes' : 'no'}`);
	i++;
}

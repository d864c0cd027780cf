// bodies.mjs KIND COUNT SEED: events for an L-PACKAGE ledger whose extra members are hard to write canonically.
// KIND hard: chosen content, then COUNT events of pseudo-random content; powers: every power of two that is a double and
// not a long integer. Needs node alone.
const [kind, count, seed] = process.argv.slice(2);

// xorshift: the same seed, the same events.
let state = (Number(seed) || 1) >>> 0;
function random(n) {
	state ^= state << 13;
	state >>>= 0;
	state ^= state >>> 17;
	state ^= state << 5;
	state >>>= 0;
	return state % n;
}
const pick = (list) => list[random(list.length)];

// Integers beyond 2^53 - 1 are refused by the ledger (send strings), and so is minus zero.
const kept = (v) => Number.isFinite(v) && !Object.is(v, -0) && !(Math.abs(v) > Number.MAX_SAFE_INTEGER && Math.abs(v) < 1e21);

const pieces = ['a', 'B', '/', ' ', '~', 'é', 'e\u0301', 'ß', '\u007f', '\u0080', '\u00a0', '\u200d', '\u2028', '\u2029', '\u20ac',
	'\ud7ff', '\ue000', '\ufb33', '\ufeff', '\uffff', '\u{10000}', '\u{1f600}', '\u{1f469}\u200d\u{1f52c}', '\u{10ffff}', '"', '\\',
	'\b', '\f', '\n', '\r', '\t', '\u0000', '\u000b', '\u001f', '<', '&', "'"];
const keys = ['', '0', '1', '10', '9', '-1', '__proto__', 'constructor', 'toJSON', 'toString', 'length', 'A', 'aa', 'AA', 'Z', '_',
	'\u0000', '\u20ac', '\r', '\ufb33', '\u{1f600}', '\u{1f602}', '\u0080', 'ö', '\uffff', '\ue000', '\u{10000}', '\ud7ff', '"', '\\'];
const numbers = [0, 1, -1, 9007199254740991, -9007199254740991, 9007199254740990, 1e21, 1e22, 1e23, 9.999999999999997e22,
	4.35, 0.1, 0.2, 0.30000000000000004, 0.000001, 1e-6, 1e-7, 1.5e-7, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
	-1.7976931348623157e308, 333333333.3333332, 4.5, 2e-3, 1e30, 0.000123, 123456.789, 1e-27, 4503599627370495.5];

function text() {
	let s = '';
	for (let n = random(9); n > 0; n--)
		s += pick(pieces);
	return s;
}

function number() {
	if (random(3) === 0)
		return pick(numbers);
	if (random(3) === 0)
		return (random(2) ? 1 : -1) * (1 + random(2 ** 21) * 2 ** 32 + random(2 ** 32 - 1));
	const bytes = new DataView(new ArrayBuffer(8));
	bytes.setUint32(0, random(2 ** 32 - 1));
	bytes.setUint32(4, random(2 ** 32 - 1));
	return kept(bytes.getFloat64(0)) ? bytes.getFloat64(0) : 0.5;
}

function value(depth) {
	switch (random(depth > 0 ? 8 : 5)) {
	case 0: return pick([null, true, false]);
	case 1: case 2: return number();
	case 3: case 4: return text();
	case 5: return Array.from({ length: random(5) }, () => value(depth - 1));
	default: return object(depth - 1);
	}
}

function object(depth) {
	const o = Object.create(null);
	for (let n = random(8); n > 0; n--)
		Object.defineProperty(o, random(2) ? pick(keys) : text(), { value: value(depth), enumerable: true, configurable: true });
	return o;
}

// --- writing JSON as nobody else does: members in any order, any escape, any spelling of a number ---

function quote(s) {
	let out = '"';
	for (const unit of s.split('')) {
		const code = unit.charCodeAt(0), surrogate = code >= 0xd800 && code < 0xe000;
		const hex = '\\u' + (random(2) ? code.toString(16) : code.toString(16).toUpperCase()).padStart(4, '0');
		if (!surrogate && random(4) === 0)
			out += hex;
		else if (unit === '/' && random(2))
			out += '\\/';
		else
			out += surrogate ? unit : JSON.stringify(unit).slice(1, -1);
	}
	return random(3) ? out + '"' : out.replace(/[\ud800-\udbff][\udc00-\udfff]/g, (pair) =>
		pair.split('').map((u) => '\\u' + u.charCodeAt(0).toString(16)).join('')) + '"';
}

function digits(v) {
	const plain = String(v);
	switch (random(4)) {
	case 0: return v.toExponential().replace('e', pick(['e', 'E'])).replace('+', pick(['+', '']));
	case 1: return /^-?\d+\.\d+$/.test(plain) && plain.length < 17 ? plain + '0' : plain;
	case 2: return /^-?\d{1,15}$/.test(plain) ? plain + pick(['.0', 'e0', 'E+0', '.00e-0']) : plain;
	default: return plain;
	}
}

function shuffled(list) {
	for (let i = list.length - 1; i > 0; i--) {
		const j = random(i + 1);
		[list[i], list[j]] = [list[j], list[i]];
	}
	return list;
}

function write(v) {
	if (typeof v === 'string')
		return quote(v);
	if (typeof v === 'number')
		return digits(v);
	if (Array.isArray(v))
		return '[' + v.map(write).join(pick([',', ', ', ' ,\t'])) + ']';
	if (v === null || typeof v !== 'object')
		return String(v);
	return '{' + shuffled(Object.keys(v)).map((k) => quote(k) + pick([':', ' : ']) + write(v[k])).join(pick([',', ', '])) + '}';
}

function event(more) {
	const packed = random(2) === 0, o = Object.create(null);
	Object.assign(o, { event_type: packed ? 'PACKED' : 'INSTALLED', package_id: 'PKG-' + text(), version: '1.0' + text() });
	if (packed)
		o.archive_hash = 'sha256:' + 'ab'.repeat(32);
	for (const k of Object.keys(more))
		Object.defineProperty(o, k, { value: more[k], enumerable: true });
	console.log('{"kind":"event",' + write(o).slice(1)); // cp-records(5): this member is written plainly
}

const nested = (v, depth) => (depth ? nested(random(2) ? [v] : { 'ö': v, a: depth }, depth - 1) : v);

if (kind === 'powers') {
	for (let e = -1074, list = []; e < 1024; e++) {
		if (kept(2 ** e))
			list.push(2 ** e, -(2 ** e));
		if (list.length > 200 || e === 1023) {
			console.log(JSON.stringify({ kind: 'event', event_type: 'INSTALLED', package_id: 'P', version: '1', list }));
			list = [];
		}
	}
} else {
	event({ keys: Object.fromEntries(keys.map((k, i) => [k, i])), 'members that are arrays': [[], [[]], {}, [{}], [0, [1, [2, [3]]]]] });
	event({ numbers });
	event({ every_piece: pieces, joined: pieces.join('') });
	event(Object.fromEntries(keys.map((k) => [k, [k]])));
	event({ deep: nested('bottom', 55) });
	event({ long: pieces.join('').repeat(400) });
	event({ wide: Object.fromEntries(Array.from({ length: 900 }, (_, i) => [String.fromCodePoint(0xfc00 + i * 3), i])) });
	for (let n = Number(count); n > 0; n--)
		event(object(4));
}

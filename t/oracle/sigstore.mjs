// sigstore.mjs VKEY LINES PROOF...: judges proofs of inclusion, with the checkpoints in them, as a client of Sigstore
// judges an entry of Rekor; and damages each, which must be noticed.
// The public Verifier takes whole bundles only, whose log entry it demands to be one of Rekor's (verifyTLogBody); so the
// function with which it judges inclusion is called by its path. The key goes through the public toTrustMaterial.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import sigstore from '@sigstore/verify';
import tlog from '@sigstore/verify/dist/tlog/index.js';

const [vkey, linesPath, ...proofs] = process.argv.slice(2);

function fail(why) {
	console.error(`sigstore.mjs: ${why}`);
	process.exit(1);
}

// NAME+ID+KEY. Sigstore finds the log by the id of its key, which it is told, and by its name, which must be a part of
// the URL.
function trust(text) {
	const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/.exec(text);
	const bytes = Buffer.from(key, 'base64');
	if (bytes.length !== 33 || bytes[0] !== 1)
		fail('not an Ed25519 key');
	const rawBytes = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes.subarray(1)]);
	const keyId = createHash('sha256').update(`${name}\n`).update(bytes).digest().subarray(0, 4);
	if (keyId.toString('hex') !== id)
		fail('the id is not that of the name and the key');
	const log = {
		baseUrl: `https://${name}`, hashAlgorithm: 1, checkpointKeyId: { keyId },
		logId: { keyId: createHash('sha256').update(rawBytes).digest() },
		publicKey: { rawBytes, keyDetails: 7 /* PKIX_ED25519 */, validFor: { start: new Date(0) } },
	};
	return { keyId, ...sigstore.toTrustMaterial({ certificateAuthorities: [], timestampAuthorities: [], ctlogs: [], tlogs: [log] }) };
}

function entryOf(path, lines, keyId) {
	const text = readFileSync(path, 'utf8'), split = text.indexOf('\n\n');
	const [header, index, ...hashes] = text.slice(0, split).split('\n');
	if (header !== 'c2sp.org/tlog-proof@v1' || !/^index (0|[1-9]\d*)$/.test(index))
		fail(`${path} is no proof of inclusion`);
	const envelope = text.slice(split + 2), logIndex = index.slice(6);
	return {
		logIndex, logId: { keyId }, kindVersion: { kind: 'cp-ledger', version: '1' }, integratedTime: '0',
		inclusionPromise: undefined, canonicalizedBody: Buffer.from(lines[logIndex] ?? fail(`${path}: no such line`), 'utf8'),
		inclusionProof: {
			logIndex, hashes: hashes.map((h) => Buffer.from(h, 'base64')), checkpoint: { envelope },
			treeSize: envelope.split('\n')[1], rootHash: Buffer.from(envelope.split('\n')[2], 'base64'),
		},
	};
}

function refused(entry, logs, change) {
	const p = entry.inclusionProof;
	const bad = { ...entry, inclusionProof: { ...p, hashes: p.hashes.map((h) => Buffer.from(h)), checkpoint: { ...p.checkpoint } } };
	change(bad);
	try {
		tlog.verifyTLogInclusion(bad, logs);
	} catch (e) {
		if (e.code === 'TLOG_INCLUSION_PROOF_ERROR')
			return true;
		throw e;
	}
	return false;
}

function text(change) {
	return (e) => { e.inclusionProof.checkpoint.envelope = change(e.inclusionProof.checkpoint.envelope); };
}
const damages = [
	(e) => { e.canonicalizedBody = Buffer.concat([e.canonicalizedBody, Buffer.from('\n')]); },
	(e) => { e.inclusionProof.logIndex = String(Number(e.inclusionProof.logIndex) ^ 1); },
	(e) => { e.inclusionProof.hashes.push(Buffer.alloc(32)); },
	text((t) => t.replace(/\n(\d+)\n/, (_, n) => `\n${Number(n) + 1}\n`)),
	text((t) => t.replace(/^./, '-')),
	text((t) => t.replace(/(\u2014 \S+ \S{20})(.)/, (_, a, c) => a + (c === 'A' ? 'B' : 'A'))),
];
const ifAny = [ // a proof of the only entry has no hashes
	(e) => { e.inclusionProof.hashes[0][0] ^= 1; },
	(e) => { e.inclusionProof.hashes.at(-1)[31] ^= 128; },
	(e) => { e.inclusionProof.hashes.pop(); },
];

const { keyId, tlogs } = trust(vkey), lines = readFileSync(linesPath, 'utf8').split('\n');
let damaged = 0;
for (const path of proofs) {
	const entry = entryOf(path, lines, keyId);
	try {
		tlog.verifyTLogInclusion(entry, tlogs);
	} catch (e) {
		fail(`${path}: ${e.stack}`);
	}
	for (const change of entry.inclusionProof.hashes.length ? [...damages, ...ifAny] : damages) {
		if (!refused(entry, tlogs, change))
			fail(`${path}: nobody minds ${change}`);
		damaged++;
	}
}
console.log(`${proofs.length} proofs, ${damaged} damages`);

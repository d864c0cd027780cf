/* Signed notes, checkpoints and proofs as text: the examples of the specifications, a log made by another
 * implementation, the known answers of cp-ledger/1, and every byte of a note changed in turn. Ed25519: the edge cases
 * of C2SP/CCTV. */
#include "base/text.h"
#include "data/json.h"
#include "os/in.h"
#include "seal/checkpoint.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *shared = "../shared";
static bool have_shared;

/* RFC 8032 section 7.1 TEST 1, as PKCS #8. */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
			  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			  "-----END PRIVATE KEY-----\n";

static bool vector(const char *file, struct buf *b)
{
	struct buf path = {0};
	bool good;

	buf_printf(&path, "%s/vectors/%s", shared, file);
	buf_reset(b);
	good = slurp(buf_cstr(&path), 1 << 20, b) == 0;
	buf_free(&path);
	return good;
}

static struct span without_lf(struct buf *b)
{
	return (struct span){b->p, b->n && b->p[b->n - 1] == '\n' ? b->n - 1 : b->n};
}

static enum note_answer answer(struct span file, const struct note_key *k)
{
	struct note n;

	return note_parse(&n, file) ? NOTE_UNSIGNED : note_verify(&n, k, NULL);
}

static void known_note(const char *note_file, const char *key_file)
{
	struct buf note = {0}, key = {0}, again = {0};
	struct note_key k;
	unsigned fooled = 0;

	CHECK(vector(note_file, &note) && vector(key_file, &key));
	CHECK_STR(note_key_parse(&k, without_lf(&key)), NULL);
	note_key_write(&again, &k);
	CHECK(span_eq(buf_span(&again), without_lf(&key)));
	CHECK_INT(answer(buf_span(&note), &k), NOTE_VERIFIED);
	for (size_t i = 0; i < note.n; i++) {
		note.p[i] ^= 1;
		fooled += answer(buf_span(&note), &k) == NOTE_VERIFIED;
		note.p[i] ^= 1;
	}
	for (size_t i = 0; i < note.n; i++)
		fooled += answer((struct span){note.p, i}, &k) == NOTE_VERIFIED;
	CHECK_INT(fooled, 0);
	k.key[3] ^= 1;
	CHECK_INT(answer(buf_span(&note), &k), NOTE_FORGED);
	k.id ^= 1;
	CHECK_INT(answer(buf_span(&note), &k), NOTE_UNSIGNED);
	buf_free(&note);
	buf_free(&key);
	buf_free(&again);
}

static void test_vkeys(void)
{
	static const char *const bad[] = {
		"", "a", "a+b", "a+530d903a+", "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	};
	struct note_key k;

	CHECK_STR(note_key_parse(&k, SPAN("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")),
		  NULL);
	CHECK_STR(k.name, "example.com/foo");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!CHECK(note_key_parse(&k, span_of(bad[i])) != NULL))
			printf("\t%s\n", bad[i]);
	CHECK_STR(note_name_bad(SPAN("")), "is empty");
	CHECK_STR(note_name_bad(SPAN("a b")), "has a blank");
	CHECK_STR(note_name_bad(SPAN("a\xc2\xa0""b")), "has a blank");
	CHECK_STR(note_name_bad(SPAN("a\nb")), "has a control character");
	CHECK_STR(note_name_bad(SPAN("a+b")), "has a +");
	CHECK_STR(note_name_bad(SPAN("a\xff")), "is not UTF-8");
	CHECK_STR(note_name_bad(SPAN("example.org/\xc3\xa9")), NULL);
}

/* Every size of the tessera log: signed by its key, each consistent in form. */
static void test_log(void)
{
	struct buf note = {0}, key = {0};
	struct note_key k;
	struct checkpoint c;
	struct note n;

	CHECK(vector("c2sp/tessera/vkey", &key) && !note_key_parse(&k, without_lf(&key)));
	for (unsigned i = 0; i <= 15; i++) {
		char file[80];

		snprintf(file, sizeof file, "c2sp/tessera/testdata/log/checkpoint.%u", i);
		CHECK(vector(file, &note) && !note_parse(&n, buf_span(&note)) && !checkpoint_parse(&c, n.text));
		CHECK_INT(note_verify(&n, &k, NULL), NOTE_VERIFIED);
		CHECK(c.size == i && span_is(c.origin, k.name));
	}
	CHECK(vector("c2sp/spec-examples/tlog-checkpoint.txt", &note) && !note_parse(&n, buf_span(&note)));
	CHECK(!checkpoint_parse(&c, n.text) && c.size == 20852163);
	CHECK(vector("c2sp/spec-examples/tlog-cosignature.txt", &note) && !note_parse(&n, buf_span(&note)));
	CHECK(vector("c2sp/spec-examples/tlog-proof.format-only.txt", &note));
	buf_free(&note);
	buf_free(&key);
}

static void test_checkpoints(void)
{
	static const char *const bad[] = {
		"",
		"\n3\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=\n",
		"a\n",
		"a\n3\n",
		"a\n3\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=",
		"a\n03\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=\n",
		"a\n-3\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=\n",
		"a\n9007199254740992\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=\n",
		"a\n3\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/f==\n",
		"a\n3\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fF=\n",
	};
	struct checkpoint c;
	struct buf b = {0};

	CHECK(!checkpoint_parse(&c, SPAN("a\n3\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=\nmore\n")) && c.size == 3);
	checkpoint_write(&b, &c);
	CHECK_SPAN(b.p, b.n, "a\n3\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=\n");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!CHECK(checkpoint_parse(&c, span_of(bad[i])) != NULL))
			printf("\t%s\n", bad[i]);
	buf_free(&b);
}

static void test_known_ledger(void)
{
	struct buf file = {0}, again = {0}, key = {0};
	struct proof_text p = {0};
	struct checkpoint c;
	struct note_key k;
	struct note n;
	unsigned same = 0;

	CHECK(vector("cp-ledger-v1/pkg-installed.tlog-proof", &file) && vector("cp-ledger-v1/vkey", &key));
	CHECK(!note_key_parse(&k, without_lf(&key)));
	CHECK_STR(proof_parse(&p, buf_span(&file)), NULL);
	CHECK(!p.consistency && p.index == 1 && p.proof.n == 2);
	CHECK(!note_parse(&n, p.note) && note_verify(&n, &k, NULL) == NOTE_VERIFIED && !checkpoint_parse(&c, n.text));
	CHECK_INT(c.size, 3);
	proof_write(&again, &p);
	CHECK(span_eq(buf_span(&again), buf_span(&file)));
	buf_reset(&again);
	p.consistency = true;
	proof_write(&again, &p);
	CHECK(!memcmp(again.p, "old 1\n", 6) && !proof_parse(&p, buf_span(&again)) && p.consistency && p.index == 1);
	/* What is cut within the proof is none. */
	for (size_t i = 0; i + p.note.n < again.n; i++)
		same += !proof_parse(&p, (struct span){again.p, i});
	CHECK_INT(same, 0);
	buf_free(&file);
	buf_free(&again);
	buf_free(&key);
}

static void test_extra(void)
{
	struct proof_text p = {0};

	CHECK_STR(proof_parse(&p, SPAN("c2sp.org/tlog-proof@v1\nextra YWdl\nindex 0\n\n")), NULL);
	CHECK(p.index == 0 && p.proof.n == 0 && p.note.n == 0);
	CHECK(proof_parse(&p, SPAN("c2sp.org/tlog-proof@v1\nextra YWd\nindex 0\n\n")) != NULL);
	CHECK(proof_parse(&p, SPAN("c2sp.org/tlog-proof@v2\nindex 0\n\n")) != NULL);
	CHECK(proof_parse(&p, SPAN("c2sp.org/tlog-proof@v1\nindex 00\n\n")) != NULL);
	CHECK(proof_parse(&p, SPAN("old -1\n\n")) != NULL);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
	close(fd);
}

/* Ed25519 is deterministic: with the key of the known answers we write the same checkpoint byte for byte. */
static void test_signing(void)
{
	static const unsigned char public[] = "\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a"
					      "\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
	char dir[] = "/tmp/cp-note-XXXXXX";
	struct buf got = {0}, want = {0}, path = {0};
	unsigned char key[ED25519_KEY];
	const char *why = NULL;
	struct sign_key *k;
	struct note n;

	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	write_file("k", pem, 0600);
	k = sign_key_open("k", &why);
	CHECK(k != NULL);
	sign_key_raw(k, key);
	CHECK(memcmp(key, public, sizeof key) == 0);
	if (have_shared && CHECK(vector("cp-ledger-v1/checkpoint", &want) && !note_parse(&n, buf_span(&want)))) {
		note_sign(&got, n.text, "cp.example/ho3/packages", k);
		CHECK(span_eq(buf_span(&got), buf_span(&want)));
	}
	sign_key_free(k);
	write_file("open", pem, 0640);
	CHECK(!sign_key_open("open", &why) && errno == 0);
	CHECK_STR(why, "others may read it (chmod 600)");
	CHECK(symlink("k", "link") == 0 && !sign_key_open("link", &why) && errno == 0);
	CHECK_STR(why, "it is a symbolic link");
	CHECK(!sign_key_open("absent", &why) && errno == ENOENT);
	write_file("garbage", "hello\n", 0600);
	CHECK(!sign_key_open("garbage", &why) && errno == 0);
	CHECK(mkdir("d", 0700) == 0 && !sign_key_open("d", &why) && errno == 0);
	for (const char *const *f = (const char *const[]){"k", "open", "link", "garbage", NULL}; *f; f++)
		unlink(*f);
	rmdir("d");
	CHECK(chdir("/") == 0 && rmdir(dir) == 0);
	buf_free(&got);
	buf_free(&want);
	buf_free(&path);
}

/* c2sp.org/tlog-cosignature, made here by its text: nobody's published vector has a key. */
static void test_witness(void)
{
	char dir[] = "/tmp/cp-note-XXXXXX";
	struct buf note = {0}, message = {0}, bytes = {0};
	static const char text[] = "example.org/log\n1\niUFn6CL6GkbxrHh15eX2TIEI61pdidVLMWJEGBCE/fE=\n";
	unsigned char key[ED25519_KEY], signature[SIGNATURE_MAX];
	struct note_key k = {0}, again;
	struct sign_key *private;
	const char *why;
	int64_t time = 0;
	struct note n;

	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	write_file("k", pem, 0600);
	private = sign_key_open("k", &why);
	sign_key_raw(private, key);
	note_key_make(&k, "witness.example", NOTE_COSIGNATURE, key);
	note_key_write(&note, &k);
	CHECK(!note_key_parse(&again, buf_span(&note)) && again.id == k.id && again.algorithm == NOTE_COSIGNATURE);
	note_key_make(&again, "witness.example", NOTE_ED25519, key);
	CHECK(again.id != k.id);
	again.id = k.id;
	buf_printf(&message, "cosignature/v1\ntime 1700000000\n%s", text);
	sign_bytes(private, message.p, message.n, signature);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_char(&bytes, (char)(k.id >> shift & 255));
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_char(&bytes, (char)(INT64_C(1700000000) >> shift & 255));
	buf_add(&bytes, signature, ED25519_SIGNATURE);
	buf_reset(&note);
	buf_printf(&note, "%s\n\xe2\x80\x94 witness.example ", text);
	base64_add(&note, bytes.p, bytes.n);
	buf_char(&note, '\n');
	CHECK(!note_parse(&n, buf_span(&note)));
	CHECK_INT(note_verify(&n, &k, &time), NOTE_VERIFIED);
	CHECK_INT(time, 1700000000);
	CHECK_INT(note_verify(&n, &again, &time), NOTE_FORGED); /* a log's own signature is another thing */
	sign_key_free(private);
	unlink("k");
	CHECK(chdir("/") == 0 && rmdir(dir) == 0);
	buf_free(&note);
	buf_free(&message);
	buf_free(&bytes);
}

static bool has_flag(const struct json *j, uint32_t flags, const char *name)
{
	if (j->node[flags].type != JSON_ARRAY)
		return false;
	for (uint32_t c = json_first(j, flags); c != j->node[flags].end; c = json_next(j, c))
		if (span_is(json_text(j, c), name))
			return true;
	return false;
}

/* Its README: OpenSSL and most others refuse a non-canonical R and what only holds with the cofactor. */
static void test_edges(void)
{
	struct buf b = {0};
	struct json j = {0};
	unsigned accepted = 0, refused = 0, wrong = 0;

	CHECK(vector("ed25519/ed25519vectors.json", &b) && json_parse(&j, b.p, b.n, JSON_DOCUMENT));
	for (uint32_t c = json_first(&j, 0); c != j.node[0].end; c = json_next(&j, c)) {
		struct span key = json_text(&j, json_get(&j, c, "key")), sig = json_text(&j, json_get(&j, c, "sig"));
		struct span msg = json_text(&j, json_get(&j, c, "msg"));
		uint32_t flags = json_get(&j, c, "flags");
		unsigned char k[ED25519_KEY], s[ED25519_SIGNATURE];
		bool want = !has_flag(&j, flags, "non_canonical_R") && !has_flag(&j, flags, "low_order_residue"), got;

		CHECK(key.n == 2 * sizeof k && hex_decode(key.p, key.n, k) && sig.n == 2 * sizeof s &&
		      hex_decode(sig.p, sig.n, s));
		got = verify_ed25519(k, s, msg.p, msg.n);
		accepted += got;
		refused += !got;
		wrong += got != want;
		s[63] |= 0xe0; /* an S far beyond the order */
		wrong += verify_ed25519(k, s, msg.p, msg.n);
	}
	CHECK(accepted > 50 && refused > 50);
	CHECK_INT(wrong, 0);
	json_free(&j);
	buf_free(&b);
}

int main(void)
{
	struct buf probe = {0};
	char *real = NULL;
	int result;

	if (getenv("CP_SHARED") && *getenv("CP_SHARED"))
		shared = getenv("CP_SHARED");
	real = realpath(shared, NULL); /* tests change directory */
	shared = real ? real : shared;
	have_shared = vector("cp-ledger-v1/checkpoint", &probe);
	buf_free(&probe);
	test_vkeys();
	test_checkpoints();
	test_extra();
	test_signing();
	test_witness();
	if (have_shared) {
		known_note("c2sp/spec-examples/signed-note.txt", "c2sp/spec-examples/signed-note.vkey");
		known_note("c2sp/tessera/testdata/log/checkpoint", "c2sp/tessera/vkey");
		known_note("cp-ledger-v1/checkpoint", "cp-ledger-v1/vkey");
		test_log();
		test_known_ledger();
		test_edges();
	}
	free(real);
	result = unit_done();
	if (!result && !have_shared)
		unit_skip("no ../shared/vectors here; our own notes hold");
	return result;
}

#include "seal/note.h"

#include "base/text.h"
#include "seal/digest.h"

enum { ID = 4, TIME = 8 };

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a blank begin a signature line */

static bool blank(uint32_t cp)
{
	return cp == ' ' || cp == 0x85 || cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
	       (cp >= 0x2028 && cp <= 0x2029) || cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

/* `strict`: of our own keys and ledgers; else what c2sp.org/signed-note demands of anybody's. */
static const char *name_bad(struct span name, bool strict)
{
	uint32_t cp;
	size_t len;

	if (!name.n)
		return "is empty";
	if (strict && name.n > NOTE_NAME)
		return "is longer than 255 bytes";
	for (size_t i = 0; i < name.n; i += len) {
		len = utf8_decode(name.p + i, name.n - i, &cp);
		if (!len)
			return "is not UTF-8";
		if (blank(cp))
			return "has a blank";
		if (strict && text_unsafe(cp))
			return "has a control character";
		if (cp == '+')
			return "has a +";
	}
	return NULL;
}

const char *note_name_bad(struct span name)
{
	return name_bad(name, true);
}

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t key_id(const struct note_key *k)
{
	unsigned char sum[DIGEST_LEN], algorithm = (unsigned char)k->algorithm;
	struct digest *d = digest_new();

	digest_start(d);
	digest_add(d, k->name, strlen(k->name));
	digest_add(d, "\n", 1);
	digest_add(d, &algorithm, 1);
	digest_add(d, k->key, ED25519_KEY);
	digest_end(d, sum);
	digest_free(d);
	return big_endian(sum);
}

static void set_key(struct note_key *k, struct span name, enum note_algorithm algorithm, const void *key)
{
	*k = (struct note_key){.algorithm = algorithm};
	memcpy(k->name, name.p, name.n);
	memcpy(k->key, key, ED25519_KEY);
	k->id = key_id(k);
}

void note_key_make(struct note_key *k, const char *name, enum note_algorithm algorithm,
		   const unsigned char key[ED25519_KEY])
{
	set_key(k, span_of(name), algorithm, key);
}

/* Cuts off what stands before `by`, which goes too. False when there is none. */
static bool cut(struct span *rest, char by, struct span *first)
{
	const char *p = rest->n ? memchr(rest->p, by, rest->n) : NULL;

	if (!p)
		return false;
	*first = (struct span){rest->p, (size_t)(p - rest->p)};
	*rest = (struct span){p + 1, rest->n - first->n - 1};
	return true;
}

const char *note_key_parse(struct note_key *k, struct span text)
{
	struct span rest = text, name, hash;
	struct buf key = {0};
	unsigned char id[ID];
	const char *why = NULL;

	if (!cut(&rest, '+', &name) || !cut(&rest, '+', &hash) || note_name_bad(name) || hash.n != 2 * ID ||
	    !hex_decode(hash.p, hash.n, id) || !base64_decode(&key, rest.p, rest.n) || key.n < 1) {
		why = "not of the form NAME+HASH+KEY";
	} else if (key.p[0] != NOTE_ED25519 && key.p[0] != NOTE_COSIGNATURE) {
		why = "its algorithm is not known";
	} else if (key.n != 1 + ED25519_KEY) {
		why = "its key is not 32 bytes long";
	} else {
		set_key(k, name, (enum note_algorithm)key.p[0], key.p + 1);
		if (k->id != big_endian(id))
			why = "its hash is not that of its name and key";
	}
	buf_free(&key);
	return why;
}

static void add_id(struct buf *b, uint32_t id)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_char(b, (char)(id >> shift & 255));
}

void note_key_write(struct buf *b, const struct note_key *k)
{
	struct buf key = {0};

	buf_printf(b, "%s+%08x+", k->name, k->id);
	buf_char(&key, (char)k->algorithm);
	buf_add(&key, k->key, ED25519_KEY);
	base64_add(b, key.p, key.n);
	buf_free(&key);
}

/* One signature line without its LF: `— NAME BASE64`. NULL, or why it is none. */
static const char *signature_line(struct span line, struct span *name, struct buf *bytes)
{
	struct span rest = {line.p + sizeof dash - 1, line.n - (sizeof dash - 1)};

	buf_reset(bytes);
	if (line.n < sizeof dash - 1 || memcmp(line.p, dash, sizeof dash - 1) != 0 || !cut(&rest, ' ', name) ||
	    name_bad(*name, false) || !base64_decode(bytes, rest.p, rest.n) || bytes->n <= ID)
		return "a signature line is malformed";
	return NULL;
}

static const char *check_signatures(struct span rest)
{
	struct span line, name;
	struct buf bytes = {0};
	const char *why = NULL;
	unsigned n = 0;

	while (!why && rest.n) {
		if (!cut(&rest, '\n', &line))
			why = "the last line has no line feed";
		else if (++n > NOTE_SIGNATURES)
			why = "there are too many signatures";
		else
			why = signature_line(line, &name, &bytes);
	}
	buf_free(&bytes);
	return why ? why : n ? NULL : "there is no signature";
}

const char *note_parse(struct note *n, struct span file)
{
	size_t i = file.n;

	if (file.n > NOTE_BYTES)
		return "it is longer than 1 MiB";
	if (!file.n || !utf8_valid(file.p, file.n))
		return "it is not UTF-8";
	for (size_t k = 0; k < file.n; k++)
		if ((unsigned char)file.p[k] < 0x20 && file.p[k] != '\n')
			return "it has a control character";
	/* The last blank line parts them. */
	while (i >= 2 && !(file.p[i - 1] == '\n' && file.p[i - 2] == '\n'))
		i--;
	if (i < 3)
		return "there is no blank line between text and signatures";
	n->text = (struct span){file.p, i - 1};
	n->signatures = (struct span){file.p + i, file.n - i};
	return check_signatures(n->signatures);
}

static bool holds(const struct note *n, const struct note_key *k, const struct buf *bytes, int64_t *time)
{
	const unsigned char *p = (const unsigned char *)bytes->p + ID;
	struct buf message = {0};
	uint64_t at;
	bool good;

	if (k->algorithm == NOTE_ED25519)
		return bytes->n == ID + ED25519_SIGNATURE && verify_ed25519(k->key, p, n->text.p, n->text.n);
	if (bytes->n != ID + TIME + ED25519_SIGNATURE)
		return false;
	at = (uint64_t)big_endian(p) << 32 | big_endian(p + 4);
	buf_printf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)at);
	buf_span_add(&message, n->text);
	good = at <= INT64_MAX && verify_ed25519(k->key, p + TIME, message.p, message.n);
	buf_free(&message);
	if (good && time)
		*time = (int64_t)at;
	return good;
}

enum note_answer note_verify(const struct note *n, const struct note_key *k, int64_t *time)
{
	enum note_answer answer = NOTE_UNSIGNED;
	struct span rest = n->signatures, line, name;
	struct buf bytes = {0};

	if (time)
		*time = 0;
	while (answer != NOTE_FORGED && cut(&rest, '\n', &line)) {
		if (signature_line(line, &name, &bytes) || !span_is(name, k->name) ||
		    big_endian((const unsigned char *)bytes.p) != k->id)
			continue;
		answer = holds(n, k, &bytes, time) ? NOTE_VERIFIED : NOTE_FORGED;
	}
	buf_free(&bytes);
	return answer;
}

void note_signed(struct buf *b, struct span text, const struct note_key *k,
		 const unsigned char signature[ED25519_SIGNATURE])
{
	struct buf bytes = {0};

	add_id(&bytes, k->id);
	buf_add(&bytes, signature, ED25519_SIGNATURE);
	buf_span_add(b, text);
	buf_printf(b, "\n%s%s ", dash, k->name);
	base64_add(b, bytes.p, bytes.n);
	buf_char(b, '\n');
	buf_free(&bytes);
}

void note_sign(struct buf *b, struct span text, const char *name, const struct sign_key *k)
{
	unsigned char signature[SIGNATURE_MAX], public[ED25519_KEY];
	struct note_key key;

	sign_key_raw(k, public);
	note_key_make(&key, name, NOTE_ED25519, public);
	sign_bytes(k, text.p, text.n, signature);
	note_signed(b, text, &key, signature);
}

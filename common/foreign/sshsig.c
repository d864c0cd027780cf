#include "foreign/sshsig.h"

#include "base/text.h"

static const char magic[] = "SSHSIG", begins[] = "-----BEGIN SSH SIGNATURE-----\n",
		  ends[] = "-----END SSH SIGNATURE-----";
enum { MAGIC = sizeof magic - 1, BEGINS = sizeof begins - 1, ENDS = sizeof ends - 1, VERSION = 1, LINE = 70 };
enum { TEXT_BYTES = 64 * 1024 };

/* --- the wire: lengths are four bytes, big-endian (RFC 4251 section 5) --- */

static void put_u32(struct buf *b, size_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_char(b, (char)(v >> shift & 255));
}

static void put(struct buf *b, struct span s)
{
	put_u32(b, s.n);
	buf_span_add(b, s);
}

/* A positive number: a leading zero byte where its highest bit is set. */
static void put_number(struct buf *b, struct span s)
{
	bool zero = s.n && (unsigned char)s.p[0] & 0x80;

	put_u32(b, s.n + zero);
	if (zero)
		buf_char(b, 0);
	buf_span_add(b, s);
}

static bool take_u32(struct span *rest, size_t *v)
{
	*v = 0;
	if (rest->n < 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		*v = *v << 8 | (unsigned char)rest->p[i];
	rest->p += 4;
	rest->n -= 4;
	return true;
}

static bool take(struct span *rest, struct span *out)
{
	size_t n;

	if (!take_u32(rest, &n) || n > rest->n)
		return false;
	*out = (struct span){rest->p, n};
	rest->p += n;
	rest->n -= n;
	return true;
}

/* --- keys --- */

const char *ssh_key_type(enum key_algorithm a)
{
	return a == KEY_ED25519 ? "ssh-ed25519" : "ssh-rsa";
}

void ssh_key_blob(struct buf *b, const struct public_key *k)
{
	enum key_algorithm a = public_key_algorithm(k);
	struct buf one = {0}, two = {0};

	put(b, span_of(ssh_key_type(a)));
	if (a == KEY_ED25519) {
		public_key_bytes(k, &one);
		put(b, buf_span(&one));
	} else {
		public_key_numbers(k, &one, &two);
		put_number(b, buf_span(&one));
		put_number(b, buf_span(&two));
	}
	buf_free(&one);
	buf_free(&two);
}

/* --- signatures --- */

static bool unarmor(struct buf *bytes, struct span text)
{
	struct buf base64 = {0};
	bool good = text.n <= TEXT_BYTES && text.n > BEGINS + ENDS && memcmp(text.p, begins, BEGINS) == 0;

	if (good && text.p[text.n - 1] == '\n')
		text.n--;
	good = good && text.n > BEGINS + ENDS && memcmp(text.p + text.n - ENDS, ends, ENDS) == 0 &&
	       text.p[text.n - ENDS - 1] == '\n';
	for (size_t i = BEGINS; good && i < text.n - ENDS; i++)
		if (text.p[i] != '\n')
			buf_char(&base64, text.p[i]);
	good = good && base64_decode(bytes, base64.p, base64.n);
	buf_free(&base64);
	return good;
}

static const char *read_signature(struct sshsig *s, struct span rest)
{
	struct span type;

	if (!take(&rest, &type) || !take(&rest, &s->signature) || rest.n)
		return "its signature is malformed";
	s->ed25519 = span_is(type, "ssh-ed25519");
	if (!s->ed25519 && !span_is(type, "rsa-sha2-512"))
		return "its signature is neither ssh-ed25519 nor rsa-sha2-512";
	return s->signature.n == key_signature_size(s->ed25519 ? KEY_ED25519 : KEY_RSA4096)
		       ? NULL
		       : "its signature has not the length that its kind has";
}

const char *sshsig_read(struct sshsig *s, struct span text)
{
	struct span rest, reserved, hash, signature;
	size_t version;

	*s = (struct sshsig){.ed25519 = false};
	if (!unarmor(&s->bytes, text))
		return "it is no armored SSH signature";
	rest = buf_span(&s->bytes);
	if (rest.n < MAGIC || memcmp(rest.p, magic, MAGIC) != 0)
		return "it does not begin with SSHSIG";
	rest.p += MAGIC;
	rest.n -= MAGIC;
	if (!take_u32(&rest, &version) || version != VERSION)
		return "it is not of version 1";
	if (!take(&rest, &s->key) || !take(&rest, &s->namespace) || !take(&rest, &reserved) || !take(&rest, &hash) ||
	    !take(&rest, &signature) || rest.n)
		return "it is malformed";
	if (reserved.n)
		return "it has something in its reserved field";
	if (!span_is(hash, "sha512") && !span_is(hash, "sha256"))
		return "its hash is neither sha256 nor sha512";
	s->hash = span_is(hash, "sha512") ? PREHASH_SHA512 : PREHASH_SHA256;
	return read_signature(s, signature);
}

void sshsig_free(struct sshsig *s)
{
	buf_free(&s->bytes);
}

void sshsig_message(struct buf *b, struct span namespace, enum prehash_algorithm hash, struct span digest)
{
	buf_add(b, magic, MAGIC);
	put(b, namespace);
	put(b, (struct span){NULL, 0});
	put(b, span_of(hash == PREHASH_SHA512 ? "sha512" : "sha256"));
	put(b, digest);
}

void sshsig_write(struct buf *b, const struct public_key *k, struct span namespace, struct span signature)
{
	struct buf key = {0}, inner = {0}, bytes = {0}, base64 = {0};

	ssh_key_blob(&key, k);
	put(&inner, span_of(public_key_algorithm(k) == KEY_ED25519 ? "ssh-ed25519" : "rsa-sha2-512"));
	put(&inner, signature);
	buf_add(&bytes, magic, MAGIC);
	put_u32(&bytes, VERSION);
	put(&bytes, buf_span(&key));
	put(&bytes, namespace);
	put(&bytes, (struct span){NULL, 0});
	put(&bytes, SPAN("sha512"));
	put(&bytes, buf_span(&inner));
	base64_add(&base64, bytes.p, bytes.n);
	buf_add(b, begins, BEGINS);
	for (size_t at = 0; at < base64.n; at += LINE) {
		buf_add(b, base64.p + at, base64.n - at < LINE ? base64.n - at : LINE);
		buf_char(b, '\n');
	}
	buf_add(b, ends, ENDS);
	buf_char(b, '\n');
	buf_free(&key);
	buf_free(&inner);
	buf_free(&bytes);
	buf_free(&base64);
}

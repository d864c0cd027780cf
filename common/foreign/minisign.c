#include "foreign/minisign.h"

#include "base/text.h"
#include "seal/digest.h"

static const char untrusted_comment[] = "untrusted comment: ", trusted_comment[] = "trusted comment: ";
enum { KIND = 2, TEXT_BYTES = 64 * 1024 };

static bool line(struct span *rest, struct span *out)
{
	const char *p = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	*out = (struct span){rest->p, p ? (size_t)(p - rest->p) : rest->n};
	rest->p += out->n + (p != NULL);
	rest->n -= out->n + (p != NULL);
	return out->n > 0;
}

static bool begins(struct span *s, const char *with)
{
	size_t n = strlen(with);

	if (s->n < n || memcmp(s->p, with, n) != 0)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

static bool decode(struct span base64, void *out, size_t n)
{
	struct buf b = {0};
	bool good = base64_decode(&b, base64.p, base64.n) && b.n == n;

	if (good)
		memcpy(out, b.p, n);
	buf_free(&b);
	return good;
}

const char *minisign_read(struct minisign *m, struct span text)
{
	unsigned char bytes[KIND + MINISIGN_ID + ED25519_SIGNATURE];
	struct span rest = text, first, second, fourth;

	if (text.n > TEXT_BYTES || !line(&rest, &first) || !begins(&first, untrusted_comment) ||
	    !line(&rest, &second) || !line(&rest, &m->comment) || !begins(&m->comment, trusted_comment) ||
	    !line(&rest, &fourth) || rest.n)
		return "it has not the four lines of a minisign signature";
	if (!decode(second, bytes, sizeof bytes) || !decode(fourth, m->global, sizeof m->global))
		return "its lines are not base64 of the lengths that minisign has";
	if (bytes[0] != 'E' || (bytes[1] != 'd' && bytes[1] != 'D'))
		return "its algorithm is not one of minisign's";
	m->prehashed = bytes[1] == 'D';
	memcpy(m->id, bytes + KIND, MINISIGN_ID);
	memcpy(m->signature, bytes + KIND + MINISIGN_ID, ED25519_SIGNATURE);
	return NULL;
}

void minisign_global(struct buf *b, const struct minisign *m)
{
	buf_add(b, m->signature, ED25519_SIGNATURE);
	buf_span_add(b, m->comment);
}

static void encode(struct buf *b, const char *kind, const unsigned char id[MINISIGN_ID], const void *p, size_t n)
{
	struct buf bytes = {0};

	buf_str(&bytes, kind);
	buf_add(&bytes, id, MINISIGN_ID);
	buf_add(&bytes, p, n);
	base64_add(b, bytes.p, bytes.n);
	buf_free(&bytes);
}

void minisign_write(struct buf *b, const struct minisign *m, struct span untrusted)
{
	buf_str(b, untrusted_comment);
	buf_span_add(b, untrusted);
	buf_char(b, '\n');
	encode(b, m->prehashed ? "ED" : "Ed", m->id, m->signature, ED25519_SIGNATURE);
	buf_printf(b, "\n%s", trusted_comment);
	buf_span_add(b, m->comment);
	buf_char(b, '\n');
	base64_add(b, m->global, ED25519_SIGNATURE);
	buf_char(b, '\n');
}

void minisign_id(const unsigned char key[ED25519_KEY], unsigned char id[MINISIGN_ID])
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];

	digest_bytes(d, key, ED25519_KEY, sum);
	memcpy(id, sum, MINISIGN_ID);
	digest_free(d);
}

void minisign_key(struct buf *b, const unsigned char key[ED25519_KEY])
{
	unsigned char id[MINISIGN_ID];

	minisign_id(key, id);
	encode(b, "Ed", id, key, ED25519_KEY);
}

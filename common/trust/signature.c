#include "trust/signature.h"

#include "base/text.h"

static const char prefix[] = "base64:";
enum { PREFIX = sizeof prefix - 1 };

static void line(struct buf *b, struct span s)
{
	buf_span_add(b, s);
	buf_char(b, '\n');
}

void signature_message(struct buf *b, const struct signature_terms *t)
{
	buf_str(b, "cp-sig/1\n");
	line(b, t->purpose);
	line(b, t->plane_uid);
	line(b, t->hash);
	line(b, span_of(key_algorithm_name(t->algorithm)));
	line(b, t->signed_by);
}

bool signature_text_read(struct buf *bytes, struct span text, enum key_algorithm a)
{
	return text.n > PREFIX && memcmp(text.p, prefix, PREFIX) == 0 &&
	       base64_decode(bytes, text.p + PREFIX, text.n - PREFIX) && bytes->n == key_signature_size(a);
}

void signature_text_write(struct buf *b, const unsigned char *p, size_t n)
{
	buf_str(b, prefix);
	base64_add(b, p, n);
}

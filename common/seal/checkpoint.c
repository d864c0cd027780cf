#include "seal/checkpoint.h"

#include "base/num.h"
#include "base/text.h"

enum { HASH_TEXT = 44 };

static const char header[] = "c2sp.org/tlog-proof@v1";

/* Cuts off the first line; false when there is no whole one. */
static bool next_line(struct span *rest, struct span *line)
{
	const char *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	if (!lf)
		return false;
	*line = (struct span){rest->p, (size_t)(lf - rest->p)};
	*rest = (struct span){lf + 1, rest->n - line->n - 1};
	return true;
}

static bool hash_line(struct span line, unsigned char out[DIGEST_LEN])
{
	struct buf b = {0};
	bool good = line.n == HASH_TEXT && base64_decode(&b, line.p, line.n) && b.n == DIGEST_LEN;

	if (good)
		memcpy(out, b.p, DIGEST_LEN);
	buf_free(&b);
	return good;
}

static void add_hash_line(struct buf *b, const unsigned char hash[DIGEST_LEN])
{
	base64_add(b, hash, DIGEST_LEN);
	buf_char(b, '\n');
}

const char *checkpoint_parse(struct checkpoint *c, struct span text)
{
	struct span rest = text, line;

	if (!next_line(&rest, &c->origin) || !c->origin.n)
		return "it has no origin";
	if (!next_line(&rest, &line) || !num_u64(line.p, line.n, NUM_MAX_SAFE, &c->size))
		return "its second line is no size";
	if (!next_line(&rest, &line) || !hash_line(line, c->root))
		return "its third line is no root hash";
	return NULL;
}

void checkpoint_write(struct buf *b, const struct checkpoint *c)
{
	buf_span_add(b, c->origin);
	buf_char(b, '\n');
	buf_u64(b, c->size);
	buf_char(b, '\n');
	add_hash_line(b, c->root);
}

/* `index 7` and its like. */
static bool number_line(struct span line, const char *word, uint64_t *out)
{
	size_t n = strlen(word);

	return line.n > n && memcmp(line.p, word, n) == 0 && num_u64(line.p + n, line.n - n, NUM_MAX_SAFE, out);
}

static bool extra_line(struct span line)
{
	struct buf b = {0};
	bool good = line.n > 6 && memcmp(line.p, "extra ", 6) == 0 && base64_decode(&b, line.p + 6, line.n - 6);

	buf_free(&b);
	return good;
}

const char *proof_parse(struct proof_text *p, struct span file)
{
	struct span rest = file, line;

	if (!next_line(&rest, &line))
		return "it is cut";
	p->consistency = number_line(line, "old ", &p->index);
	if (!p->consistency) {
		if (!span_is(line, header))
			return "it begins neither as a proof of inclusion nor as one of consistency";
		if (!next_line(&rest, &line))
			return "it is cut";
		if (extra_line(line) && !next_line(&rest, &line))
			return "it is cut";
		if (!number_line(line, "index ", &p->index))
			return "it has no index";
	}
	for (p->proof.n = 0;; p->proof.n++) {
		if (!next_line(&rest, &line))
			return "it is cut";
		if (!line.n)
			break;
		if (p->proof.n == MERKLE_NODES / 2)
			return "it has too many hashes";
		if (!hash_line(line, p->proof.hash[p->proof.n]))
			return "one of its lines is no hash";
	}
	p->note = rest;
	return NULL;
}

void proof_write(struct buf *b, const struct proof_text *p)
{
	if (p->consistency)
		buf_printf(b, "old %llu\n", (unsigned long long)p->index);
	else
		buf_printf(b, "%s\nindex %llu\n", header, (unsigned long long)p->index);
	for (unsigned i = 0; i < p->proof.n; i++)
		add_hash_line(b, p->proof.hash[i]);
	buf_char(b, '\n');
	buf_span_add(b, p->note);
}

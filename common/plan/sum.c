#include "plan/sum.h"

#include "data/canon.h"

/* The plan's without what only says where it lies and what it comes to. */
static bool canonical(struct plan_sum *s, struct span line, bool plan)
{
	if (!json_parse(&s->json, line.p, line.n, JSON_RECORD))
		return false;
	if (!plan)
		return canon_jcs(&s->canon, &s->json, 0);
	buf_reset(&s->part);
	return canon_jcs_without(&s->part, &s->json, 0, "path") &&
	       json_parse(&s->json, s->part.p, s->part.n, JSON_RECORD) &&
	       canon_jcs_without(&s->canon, &s->json, 0, "plan_hash");
}

void plan_sum_add(struct plan_sum *s, struct span line)
{
	bool first = !s->digest;

	if (first) {
		s->digest = digest_new();
		digest_start(s->digest);
	}
	buf_reset(&s->canon);
	s->bad = s->bad || !canonical(s, line, first);
	buf_char(&s->canon, '\n');
	digest_add(s->digest, s->canon.p, s->canon.n);
}

bool plan_sum_end(struct plan_sum *s, char out[DIGEST_TEXT])
{
	unsigned char sum[DIGEST_LEN];
	bool good = s->digest && !s->bad;

	if (good) {
		digest_end(s->digest, sum);
		digest_text(sum, out);
	}
	digest_free(s->digest);
	json_free(&s->json);
	buf_free(&s->canon);
	buf_free(&s->part);
	*s = (struct plan_sum){.digest = NULL};
	return good;
}

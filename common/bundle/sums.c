#include "bundle/sums.h"

#include <stdlib.h>

void sums_add(struct sums *s, const unsigned char sum[DIGEST_LEN])
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->sum = xreallocarray(s->sum, s->cap, sizeof *s->sum);
	}
	memcpy(s->sum[s->n++], sum, DIGEST_LEN);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_LEN);
}

void sums_hash(struct sums *s, struct digest *d, char out[DIGEST_TEXT])
{
	unsigned char sum[DIGEST_LEN];
	char line[DIGEST_TEXT + 1];

	if (s->n)
		qsort(s->sum, s->n, sizeof *s->sum, compare);
	digest_start(d);
	line[DIGEST_TEXT] = '\n';
	for (size_t i = 0; i < s->n; i++) {
		digest_text(s->sum[i], line);
		digest_add(d, line, sizeof line);
	}
	digest_end(d, sum);
	digest_text(sum, out);
}

void sums_free(struct sums *s)
{
	free(s->sum);
	*s = (struct sums){.n = 0};
}

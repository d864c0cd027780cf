#include "audit/leaves.h"

#include "filter/filter.h"
#include "seal/merkle.h"

#include <errno.h>

static uint64_t each_line(struct source *s, uint64_t left, struct digest *d,
			  void (*leaf)(void *, struct span, const unsigned char *), void *ctx)
{
	unsigned char hash[DIGEST_LEN];
	struct span line;
	uint64_t n = 0;

	for (; n < left && source_must_line(s, &line); n++) {
		merkle_hash_leaf(d, line.p, line.n, hash);
		leaf(ctx, line, hash);
	}
	return n;
}

void leaves_each(const char *path, uint64_t size, struct digest *d,
		 void (*leaf)(void *ctx, struct span line, const unsigned char hash[DIGEST_LEN]), void *ctx)
{
	const struct segment *part;
	struct place p;
	struct source s;
	uint64_t n = 0;

	if (place_open(&p, path, true) < 0 || source_open(&s, &p, NULL) < 0)
		sys_fail(errno, "unable to open the ledger %s", path);
	while (n < size && source_must(&s, &part)) {
		if ((part ? part->first : s.opening.first_seq) != n)
			bad_input("unable to use %s: it begins before the segment before it ends", buf_cstr(&s.name));
		n += each_line(&s, size - n, d, leaf, ctx);
	}
	if (n < size)
		bad_input("unable to use %s: it holds %llu entries, %llu were vouched for", path, (unsigned long long)n,
			  (unsigned long long)size);
	source_close(&s);
	place_close(&p);
}

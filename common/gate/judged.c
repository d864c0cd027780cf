#include "gate/judged.h"

#include <stdlib.h>

struct judged {
	struct digest *lines;
	char archive[DIGEST_TEXT];
	bool has_archive;
};

struct judged *judged_new(void)
{
	struct judged *j = xcalloc(1, sizeof *j);

	j->lines = digest_new();
	digest_start(j->lines);
	return j;
}

static bool added_by_a_judge(const struct record *r)
{
	static const char *const kinds[] = {"finding", "verdict", "judgement"};

	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (record_is(r, kinds[i]))
			return true;
	return false;
}

/* Two archives on one stream are no one archive: then the lines count. */
static void note_archive(struct judged *j, const struct record *r)
{
	struct buf scratch = {0};
	struct span hash;

	if (record_str(r, "archive_hash", &hash, &scratch) && record_hash_ok(hash) && !j->archive[0]) {
		memcpy(j->archive, hash.p, DIGEST_TEXT);
		j->has_archive = true;
	} else {
		j->has_archive = false;
		j->archive[0] = '-';
	}
	buf_free(&scratch);
}

bool judged_add(struct judged *j, const struct record *r)
{
	if (added_by_a_judge(r))
		return false;
	if (record_is(r, "package"))
		note_archive(j, r);
	digest_add(j->lines, r->line.p, r->line.n);
	digest_add(j->lines, "\n", 1);
	return true;
}

void judged_end(struct judged *j, char subject[DIGEST_TEXT])
{
	unsigned char sum[DIGEST_LEN];

	digest_end(j->lines, sum);
	if (j->has_archive)
		memcpy(subject, j->archive, DIGEST_TEXT);
	else
		digest_text(sum, subject);
}

void judged_free(struct judged *j)
{
	digest_free(j->lines);
	free(j);
}

#include "model/state.h"

#include "base/text.h"
#include "unit.h"

#define HASH "sha256:0000000000000000000000000000000000000000000000000000000000000001"

static struct disk file(const char *path)
{
	return (struct disk){.path = span_of(path), .type = DISK_FILE, .hash = SPAN(HASH), .size = 6, .mode = 0644,
			     .utf8 = true};
}

static void leaves(void)
{
	struct disk d = file("lib/\"\n\xc3\xa4");
	struct buf b = {0};

	CHECK(state_leaf(&b, &d) == NULL);
	CHECK_SPAN(b.p, b.n, "{\"hash\":\"" HASH "\",\"mode\":\"0644\",\"path\":\"lib/\\\"\\n\xc3\xa4\",\"size\":6}");
	buf_reset(&b);
	d.mode = 04755;
	CHECK(state_leaf(&b, &d) == NULL);
	CHECK(memmem(b.p, b.n, "\"4755\"", 6) != NULL);
	buf_reset(&b);
	d.type = DISK_SPECIAL;
	d.size = -1;
	CHECK(state_leaf(&b, &d) == NULL);
	CHECK_SPAN(b.p, b.n, "{\"hash\":\"" HASH "\",\"mode\":\"link\",\"path\":\"lib/\\\"\\n\xc3\xa4\"}");
	d = file("a");
	d.mode = MODE_UNKNOWN;
	CHECK_STR(state_leaf(&b, &d), "has no mode");
	d = file("a");
	d.size = -1;
	CHECK_STR(state_leaf(&b, &d), "has no size");
	d.hash = (struct span){0};
	CHECK(state_leaf(&b, &d) != NULL);
	buf_free(&b);
}

/* One leaf for each character: its hash. */
static void legacy(const char *order, const char *want)
{
	struct digest *d = digest_new();
	struct legacy_tree t = {0};
	unsigned char sum[DIGEST_LEN];
	char hex[2 * DIGEST_LEN];

	for (const char *p = order; *p; p++) {
		digest_bytes(d, p, 1, sum);
		legacy_tree_add(&t, sum);
	}
	CHECK(legacy_tree_root(&t, d, sum));
	hex_encode(sum, DIGEST_LEN, hex);
	CHECK_SPAN(hex, sizeof(hex), want);
	digest_free(d);
}

/* Expected values: Python's hashlib, by the rule as the header states it. */
static void legacy_roots(void)
{
	struct digest *d = digest_new();
	struct legacy_tree none = {0};
	unsigned char sum[DIGEST_LEN];

	CHECK(!legacy_tree_root(&none, d, sum));
	digest_free(d);
	legacy("1", "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b");
	legacy("12", "33b675636da5dcc86ec847b38c08fa49ff1cace9749931e0a5d4dfdbdedd808a");
	legacy("21", "33b675636da5dcc86ec847b38c08fa49ff1cace9749931e0a5d4dfdbdedd808a");
	legacy("123", "5cd934b660b61c1b30d1af8f0bef8f86e5c5172c67c154c27331b0e7148976ba");
	legacy("31245", "6e7b4416f109f0e42ae5b429b27a1e4c43b3957adf51ee31acc78606877168b1");
	legacy("1234567", "148ba40a801a2bf5e802b87382a01544511b7aa81a4a32014e9cb750bde701ae");
}

int main(void)
{
	leaves();
	legacy_roots();
	return unit_done();
}

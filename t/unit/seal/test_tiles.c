/* Tiles: those of the log that another implementation wrote, byte for byte; and for every size to 70,000 in steps the
 * paths and hashes that c2sp.org/tlog-tiles asks for. */
#include "os/in.h"
#include "seal/tiles.h"
#include "unit.h"

static struct digest *d;

struct seen {
	struct buf names; /* "path bytes\n" */
	unsigned files;
	struct buf last_level; /* of the highest tile */
};

static void note(void *ctx, const char *path, struct span bytes)
{
	struct seen *s = ctx;

	s->files++;
	buf_printf(&s->names, "%s %zu\n", path, bytes.n);
	if (strncmp(path, "tile/entries/", 13) != 0) {
		buf_reset(&s->last_level);
		buf_span_add(&s->last_level, bytes);
	}
}

static void make(uint64_t n, struct seen *s, struct merkle *m)
{
	struct tiles t;
	unsigned char leaf[DIGEST_LEN];

	*s = (struct seen){.files = 0};
	tiles_begin(&t, d, note, s);
	merkle_init(m, d);
	for (uint64_t i = 0; i < n; i++) {
		struct span entry = {(const char *)&i, sizeof i};

		merkle_hash_leaf(d, entry.p, entry.n, leaf);
		merkle_leaf_hash(m, leaf);
		tiles_leaf(&t, entry, leaf);
	}
	tiles_end(&t);
}

static void drop(struct seen *s)
{
	buf_free(&s->names);
	buf_free(&s->last_level);
}

static void has(const struct seen *s, const char *line)
{
	if (!CHECK(memmem(s->names.p, s->names.n, line, strlen(line)) != NULL))
		printf("\t%s\n", line);
}

static void test_paths(void)
{
	struct merkle m;
	struct seen s;

	make(0, &s, &m);
	CHECK_INT(s.files, 0);
	drop(&s);
	make(1, &s, &m);
	CHECK_SPAN(s.names.p, s.names.n, "tile/entries/000.p/1 10\ntile/0/000.p/1 32\n");
	drop(&s);
	make(256, &s, &m);
	CHECK_SPAN(s.names.p, s.names.n, "tile/entries/000 2560\ntile/0/000 8192\ntile/1/000.p/1 32\n");
	drop(&s);
	make(257, &s, &m);
	CHECK_INT(s.files, 5);
	has(&s, "tile/entries/001.p/1 10\n");
	has(&s, "tile/0/001.p/1 32\n");
	has(&s, "tile/1/000.p/1 32\n");
	drop(&s);
	make(70000, &s, &m); /* 273 full tiles and 112 hashes, one full tile of level 1 and 17, one hash of level 2 */
	has(&s, "tile/0/272 8192\n");
	has(&s, "tile/0/273.p/112 3584\n");
	has(&s, "tile/entries/273.p/112 1120\n");
	has(&s, "tile/1/000 8192\n");
	has(&s, "tile/1/001.p/17 544\n");
	has(&s, "tile/2/000.p/1 32\n");
	CHECK_INT(s.files, 274 + 274 + 2 + 1);
	drop(&s);
}

/* A tile of level 1 holds the roots of 256 leaves each. */
static void test_levels(void)
{
	struct merkle whole, first;
	unsigned char root[DIGEST_LEN];
	struct seen s;

	make(65536, &s, &whole);
	merkle_root(&whole, root);
	CHECK_INT(s.last_level.n, 32); /* tile/2/000.p/1 is the root of all */
	CHECK(memcmp(s.last_level.p, root, DIGEST_LEN) == 0);
	drop(&s);
	make(256, &s, &first);
	merkle_root(&first, root);
	CHECK(memcmp(s.last_level.p, root, DIGEST_LEN) == 0);
	drop(&s);
}

/* x001/x234/067, without making a million tiles. */
static void test_large_numbers(void)
{
	static const unsigned char leaf[DIGEST_LEN];
	struct seen s = {.files = 0};
	struct tiles t;

	tiles_begin(&t, d, note, &s);
	t.done[0] = 1234067;
	tiles_leaf(&t, SPAN("x"), leaf);
	tiles_end(&t);
	has(&s, "tile/entries/x001/x234/067.p/1 3\n");
	has(&s, "tile/0/x001/x234/067.p/1 32\n");
	drop(&s);
}

static const char *shared(void)
{
	const char *s = getenv("CP_SHARED");

	return s && *s ? s : "../shared";
}

static unsigned same;

static void compare(void *ctx, const char *path, struct span bytes)
{
	struct buf name = {0}, want = {0};

	(void)ctx;
	buf_printf(&name, "%s/vectors/c2sp/tessera/testdata/log/%s", shared(), path);
	if (!CHECK(slurp(buf_cstr(&name), 1 << 20, &want) == 0 && span_eq(buf_span(&want), bytes)))
		printf("\t%s\n", path);
	same++;
	buf_free(&name);
	buf_free(&want);
}

static bool test_vector(void)
{
	struct buf entries = {0}, path = {0};
	unsigned char leaf[DIGEST_LEN];

	buf_printf(&path, "%s/vectors/c2sp/tessera/testdata/log/tile/entries/000.p/15", shared());
	if (slurp(buf_cstr(&path), 1 << 20, &entries) < 0)
		return false;
	for (unsigned size = 1; size <= 15; size++) {
		struct tiles t;
		size_t at = 0;

		tiles_begin(&t, d, compare, NULL);
		for (unsigned i = 0; i < size; i++) {
			const unsigned char *p = (const unsigned char *)entries.p + at;
			struct span entry = {entries.p + at + 2, (size_t)p[0] << 8 | p[1]};

			merkle_hash_leaf(d, entry.p, entry.n, leaf);
			tiles_leaf(&t, entry, leaf);
			at += 2 + entry.n;
		}
		tiles_end(&t);
	}
	CHECK_INT(same, 30);
	buf_free(&entries);
	buf_free(&path);
	return true;
}

int main(void)
{
	bool had;
	int result;

	d = digest_new();
	test_paths();
	test_levels();
	test_large_numbers();
	had = test_vector();
	digest_free(d);
	result = unit_done();
	if (!result && !had)
		unit_skip("no ../shared/vectors here; our own tiles hold");
	return result;
}

#include "base/text.h"
#include "data/json.h"
#include "os/in.h"
#include "seal/merkle.h"
#include "unit.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The leaves and roots of the reference implementation of RFC 6962. */
static const struct span leaves[] = {
	SPAN(""),
	SPAN("\0"),
	SPAN("\x10"),
	SPAN("\x20\x21"),
	SPAN("\x30\x31"),
	SPAN("\x40\x41\x42\x43"),
	SPAN("\x50\x51\x52\x53\x54\x55\x56\x57"),
	SPAN("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
};
static const char *const roots[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static struct digest *d;

static void known_root(uint64_t n, unsigned char out[DIGEST_LEN])
{
	struct merkle m;
	merkle_init(&m, d);
	for (uint64_t i = 0; i < n; i++)
		merkle_leaf(&m, leaves[i].p, leaves[i].n);
	merkle_root(&m, out);
}

static void check_hex(const unsigned char sum[DIGEST_LEN], const char *want)
{
	char text[2 * DIGEST_LEN];
	hex_encode(sum, DIGEST_LEN, text);
	CHECK_SPAN(text, sizeof text, want);
}

static void test_known(void)
{
	unsigned char root[DIGEST_LEN];
	struct merkle m;
	merkle_init(&m, d);
	for (unsigned n = 0; n <= 8; n++) {
		known_root(n, root);
		check_hex(root, roots[n]);
		merkle_root(&m, root); /* and on the way, which changes nothing */
		check_hex(root, roots[n]);
		if (n < 8)
			merkle_leaf(&m, leaves[n].p, leaves[n].n);
	}
}

/* Section 2.1 as it is written. */
static void by_definition(const unsigned char (*leaf)[DIGEST_LEN], uint64_t n, unsigned char out[DIGEST_LEN])
{
	unsigned char pair[1 + 2 * DIGEST_LEN] = {1};
	uint64_t k = 1;
	if (n == 1) {
		memcpy(out, leaf, DIGEST_LEN);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	by_definition(leaf, k, pair + 1);
	by_definition(leaf + k, n - k, pair + 1 + DIGEST_LEN);
	digest_bytes(d, pair, sizeof pair, out);
}

static void test_definition(void)
{
	enum { MOST = 300 };
	static unsigned char leaf[MOST][DIGEST_LEN];
	unsigned char got[DIGEST_LEN], want[DIGEST_LEN];
	struct merkle m;
	unsigned wrong = 0;
	merkle_init(&m, d);
	for (unsigned n = 1; n <= MOST; n++) {
		digest_bytes(d, &n, sizeof n, leaf[n - 1]);
		merkle_leaf_hash(&m, leaf[n - 1]);
		merkle_root(&m, got);
		by_definition((const unsigned char (*)[DIGEST_LEN])leaf, n, want);
		wrong += memcmp(got, want, DIGEST_LEN) != 0;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(m.leaves, MOST);
}

static bool read_shared(const char *file, struct buf *b)
{
	const char *top = getenv("CP_SHARED");
	struct buf path = {0};
	buf_printf(&path, "%s/vectors/%s", top && *top ? top : "../shared", file);
	buf_reset(b);
	bool good = slurp(buf_cstr(&path), 1 << 20, b) == 0;
	buf_free(&path);
	return good;
}

/* transparency-dev/merkle: the roots of its consistency proofs are roots of the leaves above. */
static unsigned test_consistency_vectors(void)
{
	struct buf b = {0}, want = {0}, scratch = {0};
	struct json j = {0};
	unsigned seen = 0;
	for (unsigned i = 0; i <= 4; i++) {
		char file[80];
		snprintf(file, sizeof file, "merkle/testdata/consistency/%u/happy-path.json", i);
		if (!read_shared(file, &b) || !CHECK(json_parse(&j, b.p, b.n, JSON_DOCUMENT)))
			continue;
		for (int which = 1; which <= 2; which++) {
			unsigned char root[DIGEST_LEN];
			int64_t size = 0;
			uint32_t text = json_get(&j, 0, which == 1 ? "root1" : "root2");
			CHECK(json_int(&j, json_get(&j, 0, which == 1 ? "size1" : "size2"), 0, 8, &size));
			struct span coded = json_string(&j, text, &scratch);
			buf_reset(&want);
			CHECK(base64_decode(&want, coded.p, coded.n) && want.n == DIGEST_LEN);
			known_root((uint64_t)size, root);
			CHECK(want.n == DIGEST_LEN && memcmp(root, want.p, DIGEST_LEN) == 0);
			seen++;
		}
	}
	json_free(&j);
	buf_free(&b);
	buf_free(&want);
	buf_free(&scratch);
	return seen;
}

/* transparency-dev/tessera: a log of 15 entries, with the root of each size in its checkpoint's third line. */
static unsigned test_log_vectors(void)
{
	struct buf entries = {0}, note = {0}, want = {0};
	struct merkle m;
	unsigned seen = 0;
	merkle_init(&m, d);
	if (!read_shared("c2sp/tessera/testdata/log/tile/entries/000.p/15", &entries))
		return 0;
	for (size_t at = 0; at + 2 <= entries.n;) {
		const unsigned char *p = (const unsigned char *)entries.p + at;
		size_t n = (size_t)p[0] << 8 | p[1];
		char file[80];
		unsigned char root[DIGEST_LEN];
		if (!CHECK(at + 2 + n <= entries.n))
			break;
		merkle_leaf(&m, p + 2, n);
		merkle_root(&m, root);
		at += 2 + n;
		snprintf(file, sizeof file, "c2sp/tessera/testdata/log/checkpoint.%u", ++seen);
		buf_reset(&want);
		if (!CHECK(read_shared(file, &note)))
			break;
		const char *line = strchr(buf_cstr(&note), '\n');
		line = line ? strchr(line + 1, '\n') : NULL;
		CHECK(line && base64_decode(&want, line + 1, 44));
		CHECK(want.n == DIGEST_LEN && memcmp(want.p, root, DIGEST_LEN) == 0);
	}
	CHECK_INT(seen, 15);
	buf_free(&entries);
	buf_free(&note);
	buf_free(&want);
	return seen;
}

static void test_digest(void)
{
	static char block[300000];
	unsigned char sum[DIGEST_LEN], again[DIGEST_LEN];
	char text[DIGEST_TEXT];
	uint64_t bytes = 0;
	digest_bytes(d, "abc", 3, sum); /* FIPS 180-4 */
	check_hex(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_start(d);
	digest_add(d, "a", 1);
	digest_add(d, NULL, 0);
	digest_add(d, "bc", 2);
	digest_end(d, again);
	CHECK(memcmp(sum, again, DIGEST_LEN) == 0);
	digest_text(sum, text);
	CHECK(digest_parse((struct span){text, sizeof text}, again) && memcmp(sum, again, DIGEST_LEN) == 0);
	CHECK(!digest_parse((struct span){text, sizeof text - 1}, again) && !digest_parse(SPAN(""), again));
	text[10] = 'A';
	CHECK(!digest_parse((struct span){text, sizeof text}, again));
	text[10] = '0';
	text[0] = 'S';
	CHECK(!digest_parse((struct span){text, sizeof text}, again));
	memset(block, 'a', sizeof block);
	int fd = memfd_create("digest", MFD_CLOEXEC);
	CHECK(digest_fd(d, fd, sum, &bytes) == 0 && bytes == 0);
	check_hex(sum, roots[0]);
	CHECK(write(fd, block, sizeof block) == sizeof block && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(digest_fd(d, fd, sum, &bytes) == 0 && bytes == sizeof block);
	digest_bytes(d, block, sizeof block, again);
	CHECK(memcmp(sum, again, DIGEST_LEN) == 0);
	close(fd);
	errno = 0;
	CHECK(digest_fd(d, -1, sum, NULL) < 0 && errno == EBADF);
	digest_bytes(d, "abc", 3, sum); /* the context is good again */
	check_hex(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	d = digest_new();
	test_digest();
	test_known();
	test_definition();
	unsigned shared = test_consistency_vectors();
	shared += test_log_vectors();
	digest_free(d);
	int result = unit_done();
	if (result == 0 && shared == 0)
		unit_skip("no ../shared/vectors here; the built-in roots hold");
	return result;
}

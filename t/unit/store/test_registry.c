/* Registries, and what their compilation needs: ids and gaps. */
#include "base/err.h"
#include "model/gap.h"
#include "store/registry.h"
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

static char path[] = "/tmp/test_registry.XXXXXX";

static void put(const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

#define SUM "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD "file_path,owner_id,content_hash\n"

/* Paths and lines of all rows, or "!status". */
static void lists(const char *text, const char *want)
{
	struct buf got = {0};
	struct registry_row row;
	int status = 0, more = -1;
	put(text);
	struct registry *r = registry_open(path, &status);
	while (r && (more = registry_next(r, &row, &status)) > 0) {
		buf_span_add(&got, row.path);
		buf_printf(&got, "%s:%lu ", row.dir ? "/" : "", row.line);
	}
	if (more < 0)
		buf_printf(&got, "!%d", status);
	CHECK_STR(buf_cstr(&got), want);
	if (r && more == 0)
		CHECK_INT(registry_next(r, &row, &status), 0);
	registry_close(r);
	buf_free(&got);
}

static void order(void)
{
	lists(HEAD "a,o," SUM "\nb,o," SUM "\n", "a:2 b:3 ");
	lists(HEAD "b,o," SUM "\na,o," SUM "\n", "a:3 b:2 ");
	lists(HEAD "b,o," SUM "\na,o," SUM "\nb,o," SUM "\n", "a:3 b:2 b:4 ");
	lists("artifact_path,owner,content_hash\n/a/,o,\n/a-b,o," SUM "\n/a/c,o," SUM "\n", "a-b:3 a/:2 a/c:4 ");
	lists(HEAD "b,o," SUM "\na,o,bad\n", "!3");
	lists(HEAD "a,o," SUM "\nb,o,bad\n", "a:2 !3");
	lists("", "!3");
	lists(HEAD, "!3");
}

/* The file's hash is that of its bytes, whether it was sorted or not. */
static void hash(void)
{
	static const char *const texts[] = {HEAD "a,o," SUM "\nb,o," SUM "\n", HEAD "b,o," SUM "\na,o," SUM "\n"};
	for (int i = 0; i < 2; i++) {
		unsigned char sum[DIGEST_LEN], want[DIGEST_LEN];
		struct registry_row row;
		int status;
		struct digest *d = digest_new();
		digest_bytes(d, texts[i], strlen(texts[i]), want);
		digest_free(d);
		put(texts[i]);
		struct registry *r = registry_open(path, &status);
		while (r && registry_next(r, &row, &status) > 0)
			CHECK_INT(row.hash.n, DIGEST_TEXT);
		if (!CHECK(r != NULL))
			continue;
		registry_hash(r, sum);
		CHECK(memcmp(sum, want, sizeof sum) == 0);
		CHECK_INT(registry_rows(r), 2);
		registry_close(r);
	}
}

/* Of a descriptor a header alone will do, and nothing else that would not. */
static void opened(void)
{
	struct registry_row row;
	unsigned char sum[DIGEST_LEN], want[DIGEST_LEN];
	struct digest *d = digest_new();
	struct registry *r;
	int status = 0;

	put(HEAD);
	digest_bytes(d, HEAD, strlen(HEAD), want);
	digest_free(d);
	r = registry_open_fd(open(path, O_RDONLY | O_CLOEXEC), path, &status);
	if (CHECK(r != NULL)) {
		CHECK_INT(registry_next(r, &row, &status), 0);
		registry_hash(r, sum);
		CHECK(memcmp(sum, want, sizeof sum) == 0);
		CHECK_INT(registry_rows(r), 0);
	}
	registry_close(r);
	put("");
	CHECK(!registry_open_fd(open(path, O_RDONLY | O_CLOEXEC), path, &status));
	CHECK_INT(status, STATUS_INPUT);
	CHECK(!registry_open_fd(-1, path, &status));
	CHECK_INT(status, STATUS_SYSTEM);
}

/* Appended to while it is read: no clean end. */
static void changing(void)
{
	struct registry_row row;
	int status = 0, got;
	put(HEAD "a,o," SUM "\n");
	struct registry *r = registry_open(path, &status);
	if (!CHECK(r != NULL))
		return;
	int fd = open(path, O_WRONLY | O_APPEND);
	CHECK(write(fd, "b,o," SUM "\n", 69) == 69);
	close(fd);
	while ((got = registry_next(r, &row, &status)) > 0)
		;
	CHECK_INT(got, -1);
	CHECK_INT(status, STATUS_INPUT);
	registry_close(r);
}

static struct buf gaps_seen;

static void note(struct span dir)
{
	buf_span_add(&gaps_seen, dir);
	buf_char(&gaps_seen, ' ');
}

/* `things`: paths in tree order, separated by blanks; a name `R` is a registry. */
static void gaps_are(const char *things, const char *want)
{
	struct gaps *g = gaps_new(note);
	buf_reset(&gaps_seen);
	for (const char *p = things; *p;) {
		size_t n = strcspn(p, " ");
		gaps_add(g, (struct span){p, n}, p[n - 1] == 'R');
		p += n + (p[n] == ' ');
	}
	gaps_finish(g);
	CHECK_STR(buf_cstr(&gaps_seen), want);
	for (const char *p = want; *p; p += strcspn(p, " ") + 1) {
		struct buf inside = {0};
		size_t n = strcspn(p, " ");
		buf_add(&inside, p, n);
		buf_str(&inside, n ? "/any" : "any");
		CHECK(gaps_hold(g, buf_span(&inside)));
		buf_free(&inside);
	}
	gaps_free(g);
}

static void gaps(void)
{
	gaps_are("", "");
	gaps_are("a", " ");
	gaps_are("R a", "");
	gaps_are("d/R d/a", "");
	gaps_are("d/a", "d ");
	gaps_are("R d/a", "d ");
	gaps_are("d/e/f/R d/e/f/a", "");
	gaps_are("d/e/f/a", "d/e/f ");
	gaps_are("R d/R d/e/a d/f/R d/g", "d/e ");
	gaps_are("d/a d/e/x d/z de/x", "d/e d de ");
	gaps_are("a/b/c/d a/b/c/e/f b/c", "a/b/c/e a/b/c b ");
	gaps_are("d+/R d/a", "d ");
	struct gaps *g = gaps_new(note);
	gaps_add(g, SPAN("d/a"), false);
	gaps_add(g, SPAN("e/R"), true);
	gaps_finish(g);
	CHECK(gaps_hold(g, SPAN("d/x")));
	CHECK(!gaps_hold(g, SPAN("e/x")));
	CHECK(!gaps_hold(g, SPAN("d/e/x")));
	gaps_free(g);
	buf_free(&gaps_seen);
}

int main(void)
{
	int fd = mkstemp(path), null = open("/dev/null", O_WRONLY);
	close(fd);
	err_program("test_registry");
	dup2(null, 2); /* the diagnostics are expected */
	order();
	hash();
	opened();
	changing();
	unlink(path);
	gaps();
	return unit_done();
}

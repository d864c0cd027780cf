/* The same verdict as jansson's on fifty thousand damaged texts, but for what jansson bounds and we do not, or we do
 * and jansson does not. Its functions have names that ours have too, so it is loaded, not linked. */
#include "unit.h"

#include "data/json.h"
#include "os/in.h"

#include <dirent.h>
#include <dlfcn.h>

enum { CASES = 50000, TEXT_BYTES = 2000 };
enum { REJECT_DUPLICATES = 1, DECODE_ANY = 4, ALLOW_NUL = 16 };

struct error { /* json_error_t */
	int line, column, position;
	char source[80], text[160];
};
static void *(*loadb)(const char *p, size_t n, size_t flags, struct error *e);
static void (*delete)(void *json);

static struct buf *seeds;
static size_t seeds_n;
static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
static unsigned both_accept, both_refuse, set_aside;

static uint32_t pick(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

static void read_seeds(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		struct buf path = {0}, text = {0};

		buf_printf(&path, "%s/%s", dir, e->d_name);
		if (strstr(e->d_name, ".json") && slurp(buf_cstr(&path), TEXT_BYTES, &text) == 0 && text.n) {
			seeds = xreallocarray(seeds, seeds_n + 1, sizeof *seeds);
			seeds[seeds_n++] = text;
		} else {
			buf_free(&text);
		}
		buf_free(&path);
	}
	if (d)
		closedir(d);
}

/* Replaces `cut` bytes at `at` by what is put in. */
static void splice(struct buf *b, size_t at, size_t cut, const char *p, size_t n)
{
	struct buf out = {0};

	buf_add(&out, b->p, at);
	buf_add(&out, p, n);
	buf_add(&out, b->p + at + cut, b->n - at - cut);
	buf_free(b);
	*b = out;
}

static void damage(struct buf *b)
{
	static const char *const tokens[] = {
		"{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\u0000", "\\ud83d\\ude00", "\\ud800", "0", "-", "-0",
		"1e5", ".", "E+", "true", "null", "false", "\"a\":1,", "\xc3\xa9", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xff", " ", "\n", "\x1f",
		"\\/", "\\x", "[1]", "{\"a\":{}}", "9007199254740993", "\xef\xbb\xbf",
	};
	const struct buf *other = &seeds[pick((uint32_t)seeds_n)];
	const char *token = tokens[pick(sizeof tokens / sizeof *tokens)];
	size_t at = pick((uint32_t)b->n + 1), left = b->n - at;
	size_t cut = left ? pick(left < 8 ? (uint32_t)left + 1 : 8) : 0;
	char byte = (char)pick(256);

	switch (pick(5)) {
	case 0:
		splice(b, at, 0, token, strlen(token));
		break;
	case 1:
		splice(b, at, cut, "", 0);
		break;
	case 2:
		splice(b, at, cut, &byte, 1);
		break;
	case 3:
		splice(b, at, 0, other->p, other->n);
		break;
	default:
		splice(b, at, cut, token, strlen(token));
	}
}

/* jansson holds numbers in 64 bits and keys in C strings, goes deeper, and overlooks a NUL behind a word or
 * a number. */
static bool by_design(bool ours, const struct json *j, size_t n, const struct error *e)
{
	if (ours)
		return strstr(e->text, "too big") || strstr(e->text, "overflow") ||
		       strstr(e->text, "NUL byte in object key");
	return strcmp(j->error, "too deep") == 0 ||
	       (j->error_offset < n && !j->text[j->error_offset]);
}

static void compare(const struct buf *b)
{
	struct json j = {0};
	struct error e = {0};
	bool ours = json_parse(&j, b->p ? b->p : "", b->n, JSON_DOCUMENT);
	void *theirs = loadb(b->p ? b->p : "", b->n, REJECT_DUPLICATES | DECODE_ANY | ALLOW_NUL, &e);

	if (ours == (theirs != NULL)) {
		both_accept += ours;
		both_refuse += !ours;
	} else if (by_design(ours, &j, b->n, &e)) {
		set_aside++;
	} else {
		printf("%s, jansson %s: %.*s\n", ours ? "accepted" : j.error,
		       theirs ? "accepts" : e.text, (int)b->n, b->p);
		CHECK(!"the same verdict");
	}
	if (theirs)
		delete(theirs);
	json_free(&j);
}

int main(void)
{
	const char *shared = getenv("CP_SHARED");
	void *lib = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
	struct buf dir = {0};

	if (!lib)
		unit_skip("no jansson here");
	*(void **)&loadb = dlsym(lib, "json_loadb");
	*(void **)&delete = dlsym(lib, "json_delete");
	if (!CHECK(loadb && delete))
		return unit_done();
	buf_printf(&dir, "%s/vectors/json/test_parsing", shared ? shared : "../shared");
	read_seeds(buf_cstr(&dir));
	buf_reset(&dir);
	buf_printf(&dir, "%s/vectors/jcs/testdata/input", shared ? shared : "../shared");
	read_seeds(buf_cstr(&dir));
	buf_free(&dir);
	if (!seeds_n)
		unit_skip("no JSON parsing tests beside the tree to start from");
	for (unsigned i = 0; i < CASES; i++) {
		struct buf b = {0};

		buf_span_add(&b, buf_span(&seeds[pick((uint32_t)seeds_n)]));
		for (unsigned n = pick(4); n; n--)
			damage(&b);
		compare(&b);
		buf_free(&b);
	}
	printf("%u texts: both accept %u, both refuse %u, %u differ by design\n", CASES, both_accept,
	       both_refuse, set_aside);
	CHECK(both_accept > CASES / 20 && both_refuse > CASES / 20);
	for (size_t i = 0; i < seeds_n; i++)
		buf_free(&seeds[i]);
	free(seeds);
	return unit_done();
}

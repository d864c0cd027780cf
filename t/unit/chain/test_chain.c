/* Entries and chains: the known answers of cp-ledger/1 (read, and written again to the byte), and a ledger of 200
 * entries under everything that can be done to it: each byte flipped, cut at each byte, each entry dropped, doubled,
 * swapped, inserted, stripped of its hash, hashed anew; followed as a whole and in pieces cut anywhere. */
#include "chain/chain.h"
#include "base/text.h"
#include "data/canon.h"
#include "data/jsonw.h"
#include "os/in.h"
#include "unit.h"

enum { ENTRIES = 200 };

static struct digest *d;

struct seen {
	unsigned n;
	enum code first;
	uint64_t line;
	char text[200];
};

static void note(void *ctx, enum code code, uint64_t line, int64_t seq, const char *detail)
{
	struct seen *s = ctx;

	(void)seq;
	if (s->n++)
		return;
	s->first = code;
	s->line = line;
	snprintf(s->text, sizeof s->text, "%s", detail);
}

/* --- a ledger --- */

struct lines {
	struct buf text;
	size_t at[ENTRIES + 2]; /* where line i begins; at[n]: the end */
	unsigned n;
};

static void canonical(struct buf *out, const char *body)
{
	struct json j = {0};

	buf_reset(out);
	CHECK(json_parse(&j, body, strlen(body), JSON_RECORD) && canon_jcs(out, &j, 0));
	json_free(&j);
}

static void add_entry(struct lines *l, const char *body, char head[DIGEST_TEXT])
{
	struct entry_stamp s = {.prefix = "EXEC", .seq = l->n, .uid = 0};
	struct buf canon = {0};
	struct json j = {0};

	canonical(&canon, body);
	CHECK(json_parse(&j, canon.p, canon.n, JSON_RECORD));
	snprintf(s.timestamp, sizeof s.timestamp, "2026-02-02T12:%02u:%02u.%03uZ", l->n / 60 % 60, l->n % 60, l->n);
	memcpy(s.prev_hash, head, DIGEST_TEXT);
	l->at[l->n++] = l->text.n;
	entry_write(&l->text, d, &j, &s, head);
	buf_char(&l->text, '\n');
	l->at[l->n] = l->text.n;
	json_free(&j);
	buf_free(&canon);
}

static void make(struct lines *l, unsigned n)
{
	char head[DIGEST_TEXT], body[300];

	*l = (struct lines){.n = 0};
	memcpy(head, entry_genesis_hash, DIGEST_TEXT);
	add_entry(l,
		  "{\"event_type\":\"GENESIS\",\"author\":\"a\",\"format\":\"cp-ledger/1\",\"ledger\":\"t/ho1/exec\","
		  "\"ledger_type\":\"L-EXEC\",\"tier\":\"ho1\",\"parent\":null}",
		  head);
	while (l->n < n) {
		snprintf(body, sizeof body,
			 "{\"event_type\":\"TASK_START\",\"author\":\"agent:1\",\"task_id\":\"T-%u\","
			 "\"work_order_id\":\"WO-20260202-001\",\"entry_hasi\":%u,\"\\n\":\"\\u00e9\\\"\"}",
			 l->n, l->n);
		add_entry(l, body, head);
	}
}

static struct chain chain_new(struct seen *s)
{
	*s = (struct seen){.n = 0};
	return (struct chain){.law = {"EXEC", L_EXEC}, .fault = note, .ctx = s, .tree = true};
}

/* Follows the text; what has no LF at its end is TORN, as the files' reader has it. */
static unsigned follow(const char *p, size_t n, struct seen *s, unsigned char root[DIGEST_LEN], struct chain_tally *t)
{
	struct chain c = chain_new(s);
	uint64_t number = 0;
	size_t at = 0;

	chain_begin(&c, CHAIN_WHOLE);
	while (at < n) {
		const char *lf = memchr(p + at, '\n', n - at);

		if (!lf) {
			note(s, CODE_TORN, number + 1, -1, "cut");
			break;
		}
		chain_line(&c, (struct span){p + at, (size_t)(lf - p) - at}, ++number);
		at = (size_t)(lf - p) + 1;
	}
	if (root && !chain_root(&c, root))
		memset(root, 0, DIGEST_LEN);
	if (t)
		*t = c.tally;
	chain_free(&c);
	return s->n;
}

static void test_good(void)
{
	struct lines l;
	struct seen s;
	struct chain_tally t;
	unsigned char root[DIGEST_LEN], want[DIGEST_LEN];
	struct merkle m;

	make(&l, ENTRIES);
	if (!CHECK(!follow(l.text.p, l.text.n, &s, root, &t)))
		printf("\tline %llu: %s %s\n", (unsigned long long)s.line, code_name(s.first), s.text);
	CHECK(t.entries == ENTRIES && t.hash_ok == ENTRIES && t.roots == 1 && t.lines == ENTRIES);
	merkle_init(&m, d);
	for (unsigned i = 0; i < l.n; i++)
		merkle_leaf(&m, l.text.p + l.at[i], l.at[i + 1] - l.at[i] - 1);
	merkle_root(&m, want);
	CHECK(memcmp(root, want, DIGEST_LEN) == 0);
	buf_free(&l.text);
}

static struct span line_of(const struct lines *l, unsigned i)
{
	return (struct span){l->text.p + l->at[i], l->at[i + 1] - l->at[i] - 1};
}

/* Lines by number, into a text. */
static void compose(struct buf *b, const struct lines *l, const unsigned *which, unsigned n)
{
	buf_reset(b);
	for (unsigned i = 0; i < n; i++)
		buf_add(b, l->text.p + l->at[which[i]], l->at[which[i] + 1] - l->at[which[i]]);
}

/* The lines `order` in three pieces, cut before `one` and `two`: as many faults as `faults`, and that root (NULL:
 * none). */
static bool same_in_pieces(const struct lines *l, const unsigned *order, const unsigned end[4], unsigned faults,
			   const unsigned char *root)
{
	struct seen s;
	struct chain whole = chain_new(&s), piece = whole;
	unsigned char got[DIGEST_LEN];
	bool good;

	chain_begin(&whole, CHAIN_WHOLE);
	for (unsigned p = 0; p < 3; p++) {
		chain_begin(&piece, CHAIN_PIECE);
		for (unsigned i = end[p]; i < end[p + 1]; i++)
			chain_line(&piece, line_of(l, order[i]), i + 1);
		chain_join(&whole, &piece, NULL);
	}
	good = s.n == faults && whole.tally.lines == end[3] && whole.tally.roots == 1 &&
	       chain_root(&whole, got) == (root != NULL) && (!root || memcmp(got, root, DIGEST_LEN) == 0);
	chain_free(&whole);
	chain_free(&piece);
	return good;
}

/* In pieces, cut between any two lines: the same faults, the same root; with an entry gone, one fault. */
static void test_pieces(void)
{
	struct lines l;
	struct seen s;
	unsigned char root[DIGEST_LEN];
	unsigned bad = 0, order[ENTRIES], n;
	struct buf text = {0};

	make(&l, 40);
	for (unsigned gone = 0; gone < l.n; gone += 10) { /* 0: none */
		n = 0;
		for (unsigned i = 0; i < l.n; i++)
			if (!gone || i != gone)
				order[n++] = i;
		compose(&text, &l, order, n);
		CHECK_INT(follow(text.p, text.n, &s, root, NULL), gone > 0);
		CHECK(!gone || (s.first == CODE_LINK && s.line == gone + 1));
		for (unsigned one = 0; one <= n; one++)
			for (unsigned two = one; two <= n; two += 3)
				bad += !same_in_pieces(&l, order, (unsigned[]){0, one, two, n}, gone > 0,
						       gone ? NULL : root);
	}
	CHECK_INT(bad, 0);
	buf_free(&text);
	buf_free(&l.text);
}

/* Lines from..to of the text as they are now, from GENESIS on or as a piece from the middle. */
static unsigned follow_part(const char *p, size_t n, enum chain_from from, struct seen *s)
{
	struct chain c = chain_new(s);
	size_t at = 0;

	chain_begin(&c, from);
	for (unsigned number = 1; at < n; number++) {
		const char *lf = memchr(p + at, '\n', n - at);

		if (!lf) {
			s->n++;
			break;
		}
		chain_line(&c, (struct span){p + at, (size_t)(lf - p) - at}, number);
		at = (size_t)(lf - p) + 1;
	}
	chain_free(&c);
	return s->n;
}

/* Damage shows in its own line or in the next; the line before gives it something to follow. */
static void test_flips(void)
{
	static const char masks[] = {1, 2, 4, 8, 0x10, 0x20, 0x40, (char)0x80};
	struct lines l;
	struct seen s;
	unsigned missed = 0;

	make(&l, ENTRIES);
	for (unsigned i = 0; i < l.n; i++) {
		unsigned first = i ? i - 1 : 0, end = i + 3 < l.n ? i + 3 : l.n;

		for (size_t k = l.at[i]; k < l.at[i + 1]; k++) {
			char mask = masks[k % 8];

			l.text.p[k] ^= mask;
			missed += !follow_part(l.text.p + l.at[first], l.at[end] - l.at[first],
					       first ? CHAIN_PIECE : CHAIN_WHOLE, &s);
			l.text.p[k] ^= mask;
		}
	}
	CHECK_INT(missed, 0);
	buf_free(&l.text);
}

static void test_cuts(void)
{
	struct lines l;
	struct seen s;
	unsigned missed = 0, invented = 0, line = 0;

	make(&l, 30);
	for (size_t i = 1; i < l.text.n; i++) {
		while (l.at[line] < i)
			line++;
		if (l.at[line] == i) /* between two entries: a shorter ledger, which only evidence can tell */
			invented += follow(l.text.p, i, &s, NULL, NULL) != 0;
		else
			missed += follow(l.text.p, i, &s, NULL, NULL) == 0;
	}
	CHECK_INT(missed, 0);
	CHECK_INT(invented, 0);
	buf_free(&l.text);
}

static void test_places(void)
{
	struct lines l;
	struct buf b = {0};
	struct seen s;
	unsigned order[ENTRIES + 1], missed = 0, wrong = 0;

	make(&l, ENTRIES);
	for (unsigned i = 0; i < ENTRIES; i++) {
		unsigned n = 0;

		for (unsigned k = 0; k < ENTRIES; k++) /* dropped */
			if (k != i)
				order[n++] = k;
		compose(&b, &l, order, n);
		missed += i + 1 < ENTRIES && !follow(b.p, b.n, &s, NULL, NULL);
		wrong += i + 1 < ENTRIES && (s.n != 1 || s.line != i + 1);
		n = 0;
		for (unsigned k = 0; k < ENTRIES; k++) { /* doubled */
			order[n++] = k;
			if (k == i)
				order[n++] = k;
		}
		compose(&b, &l, order, n);
		missed += !follow(b.p, b.n, &s, NULL, NULL);
		wrong += s.n != 1 || s.line != i + 2;
		for (unsigned k = 0; k < ENTRIES; k++) /* swapped with the next, and with one far away */
			order[k] = k;
		for (unsigned far = 1; far < ENTRIES; far += 57) {
			unsigned other = (i + far) % ENTRIES;

			order[i] = other;
			order[other] = i;
			compose(&b, &l, order, ENTRIES);
			missed += !follow(b.p, b.n, &s, NULL, NULL);
			order[i] = i;
			order[other] = other;
		}
		n = 0;
		for (unsigned k = 0; k < ENTRIES; k++) { /* another inserted */
			order[n++] = k;
			if (k == i)
				order[n++] = (i * 7 + 3) % ENTRIES;
		}
		compose(&b, &l, order, n);
		missed += !follow(b.p, b.n, &s, NULL, NULL);
	}
	CHECK_INT(missed, 0);
	CHECK_INT(wrong, 0);
	buf_free(&b);
	buf_free(&l.text);
}

/* The entry without its entry_hash, or with another note and a hash to match. */
static void rewrite(struct buf *out, struct span line, bool strip, bool change)
{
	struct entry e = {0};
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	CHECK(!entry_read(&e, line));
	buf_reset(out);
	if (strip) {
		CHECK(canon_jcs_without(out, &e.json, 0, "entry_hash"));
	} else {
		buf_span_add(out, line);
		for (size_t i = 0; change && i + 3 < out->n; i++)
			if (memcmp(out->p + i, "\"T-", 3) == 0)
				out->p[i + 1] = 'U';
		CHECK(!entry_read(&e, buf_span(out)));
		entry_sum(d, &e, sum);
		digest_text(sum, text);
		memcpy(out->p + (e.entry_hash.p - e.line.p), text, DIGEST_TEXT);
	}
	buf_char(out, '\n');
	entry_free(&e);
}

static void test_hashes(void)
{
	struct lines l;
	struct buf b = {0}, one = {0};
	struct seen s;
	unsigned missed = 0, wrong = 0;

	make(&l, ENTRIES);
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct span line = line_of(&l, i);

		for (int strip = 0; strip < 2; strip++) {
			if (!strip && !i)
				continue; /* GENESIS has no task to change */
			rewrite(&one, line, strip, true);
			buf_reset(&b);
			buf_add(&b, l.text.p, l.at[i]);
			buf_span_add(&b, buf_span(&one));
			buf_add(&b, l.text.p + l.at[i + 1], l.text.n - l.at[i + 1]);
			if (follow(b.p, b.n, &s, NULL, NULL))
				wrong += s.n != 1 || s.first != (strip ? CODE_UNHASHED : CODE_LINK) ||
					 s.line != i + 1 + !strip;
			else
				missed += strip || i + 1 < ENTRIES; /* the last may be hashed anew: evidence tells */
		}
	}
	CHECK_INT(missed, 0);
	CHECK_INT(wrong, 0);
	buf_free(&b);
	buf_free(&one);
	buf_free(&l.text);
}

/* Lines that are no entry, or not in their place, by what is said of them. */
static void test_bad_lines(void)
{
	static const struct {
		const char *body;
		enum code code;
	} bad[] = {
		{"{\"event_type\":\"SOMETHING\",\"author\":\"a\"}", CODE_EVENT},
		{"{\"event_type\":\"INSTALLED\",\"author\":\"a\"}", CODE_EVENT},
		{"{\"event_type\":\"GENESIS\",\"author\":\"a\"}", CODE_GENESIS},
		{"{\"event_type\":\"SEGMENT_START\",\"author\":\"a\",\"first_seq\":1,\"tree_size\":1,\"root_hash\":"
		 "\"x\"}",
		 CODE_SEGMENT},
		{"{\"event_type\":\"SEGMENT_SEALED\",\"author\":\"a\",\"first_seq\":0,\"last_seq\":2,\"tree_size\":1}",
		 CODE_SEGMENT},
		{"{\"event_type\":\"TASK_START\",\"author\":7}", CODE_MALFORMED},
		{"{\"event_type\":\"TASK_START\"}", CODE_MALFORMED},
		{"{\"author\":\"a\"}", CODE_MALFORMED},
	};
	struct lines l;
	struct seen s;
	char head[DIGEST_TEXT];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct entry e = {0};

		make(&l, 1);
		CHECK(!entry_read(&e, (struct span){l.text.p, l.text.n - 1}));
		memcpy(head, e.entry_hash.p, DIGEST_TEXT);
		add_entry(&l, bad[i].body, head);
		if (!CHECK(follow(l.text.p, l.text.n, &s, NULL, NULL) && s.first == bad[i].code && s.line == 2))
			printf("\t%s: %s %s\n", bad[i].body, code_name(s.first), s.text);
		entry_free(&e);
		buf_free(&l.text);
	}
}

/* --- the known answers --- */

static bool shared_file(const char *name, struct buf *b)
{
	const char *top = getenv("CP_SHARED");
	struct buf path = {0};
	bool good;

	buf_printf(&path, "%s/vectors/cp-ledger-v1/%s", top && *top ? top : "../shared", name);
	good = slurp(buf_cstr(&path), 1 << 20, b) == 0;
	buf_free(&path);
	return good;
}

static void same_hash(const struct json *j, const char *list, unsigned i, struct span got)
{
	uint32_t c = json_first(j, json_get(j, 0, list));

	while (i--)
		c = json_next(j, c);
	CHECK(span_eq(json_text(j, c), got));
}

/* The body of an entry, and the entry again. */
static void write_again(const struct entry *e)
{
	struct entry_stamp s = {.prefix = "PKGLOG", .seq = e->seq, .uid = -1};
	struct buf body = {0}, again = {0};
	struct json j = {0};
	char hash[DIGEST_TEXT];

	memcpy(s.timestamp, e->timestamp.p, ENTRY_STAMP);
	memcpy(s.prev_hash, e->prev_hash.p, DIGEST_TEXT);
	buf_char(&body, '{');
	for (uint32_t k = json_first(&e->json, 0); k != e->json.node[0].end; k = json_next_member(&e->json, k)) {
		struct span key = json_text(&e->json, k);

		if (span_is(key, "entry_hash") || span_is(key, "entry_id") || span_is(key, "prev_hash") ||
		    span_is(key, "seq") || span_is(key, "timestamp"))
			continue;
		if (body.n > 1)
			buf_char(&body, ',');
		buf_printf(&body, "\"%.*s\":", (int)key.n, key.p);
		buf_span_add(&body, json_source(&e->json, k + 1));
	}
	buf_char(&body, '}');
	CHECK(json_parse(&j, body.p, body.n, JSON_RECORD));
	entry_write(&again, d, &j, &s, hash);
	CHECK(span_eq(buf_span(&again), e->line));
	CHECK(memcmp(hash, e->entry_hash.p, DIGEST_TEXT) == 0);
	json_free(&j);
	buf_free(&body);
	buf_free(&again);
}

static bool test_vector(void)
{
	struct buf text = {0}, expect = {0};
	struct json j = {0};
	struct entry e = {0};
	struct seen s;
	struct chain c = chain_new(&s);
	unsigned i = 0;

	if (!shared_file("packages.jsonl", &text))
		return false;
	CHECK(shared_file("expect.json", &expect) && json_parse(&j, expect.p, expect.n, JSON_DOCUMENT));
	c.law = (struct chain_law){"PKGLOG", L_PACKAGE};
	chain_begin(&c, CHAIN_WHOLE);
	for (size_t at = 0; at < text.n; i++) {
		size_t n = (size_t)((char *)memchr(text.p + at, '\n', text.n - at) - text.p) - at;
		unsigned char sum[DIGEST_LEN];
		char hex[2 * DIGEST_LEN];
		struct span line = {text.p + at, n};

		CHECK_STR(entry_read(&e, line), NULL);
		CHECK(entry_hash_holds(d, &e));
		same_hash(&j, "entry_hashes", i, e.entry_hash);
		merkle_hash_leaf(d, line.p, line.n, sum);
		hex_encode(sum, DIGEST_LEN, hex);
		same_hash(&j, "leaf_hashes", i, (struct span){hex, sizeof hex});
		chain_line(&c, line, i + 1);
		CHECK(chain_root(&c, sum));
		hex_encode(sum, DIGEST_LEN, hex);
		same_hash(&j, "roots", i, (struct span){hex, sizeof hex});
		write_again(&e);
		at += n + 1;
	}
	CHECK_INT(i, 3);
	if (!CHECK(!s.n))
		printf("\t%s\n", s.text);
	chain_free(&c);
	entry_free(&e);
	json_free(&j);
	buf_free(&text);
	buf_free(&expect);
	return true;
}

int main(void)
{
	bool shared;
	int result;

	d = digest_new();
	test_good();
	test_pieces();
	test_flips();
	test_cuts();
	test_places();
	test_hashes();
	test_bad_lines();
	shared = test_vector();
	digest_free(d);
	result = unit_done();
	if (!result && !shared)
		unit_skip("no ../shared/vectors here; our own ledgers hold");
	return result;
}

#include "base/num.h"
#include "filter/effect.h"
#include "filter/filter.h"
#include "record/order.h"
#include "store/extsort.h"

#include <errno.h>

static const char *by;
static struct extsort *sorter;
static struct spool *behind;
static struct buf key;
static bool past_head;

static const struct opt options[] = {
	{.name = "by", .value = "KEY", .kind = OPT_STR, .target = &by,
	 .summary = "sort by this member instead of the path"},
	{0},
};

/* Eight bytes that compare as the integers do. */
static void integer_key(const struct json *j, uint32_t at)
{
	int64_t v;
	uint64_t bits;

	if (!json_int(j, at, -NUM_MAX_SAFE, NUM_MAX_SAFE, &v))
		bad_input("unable to sort by %s: the number is no integer", by);
	bits = (uint64_t)v ^ UINT64_C(1) << 63;
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_char(&key, (char)(bits >> shift));
}

/* null, false, true, numbers, strings: in this order. 0: the record has no such member. */
static int member_key(struct record *r)
{
	static struct buf text;
	const struct json *j = &r->json;
	uint32_t at = record_get(r, by);

	if (!at)
		return 0;
	if (j->node[at].type >= JSON_ARRAY)
		bad_input("unable to sort by %s: it is no string, number, true, false or null", by);
	buf_char(&key, (char)j->node[at].type);
	if (j->node[at].type == JSON_NUMBER)
		integer_key(j, at);
	else if (j->node[at].type == JSON_STRING)
		buf_span_add(&key, json_string(j, at, &text));
	return 1;
}

static void step(struct record *r)
{
	const char *why;
	int found;

	buf_reset(&key);
	found = by ? member_key(r) : record_order(r, &key, &why);
	if (found < 0)
		bad_input("unable to sort by path: %s", why);
	if (found > 0) {
		past_head = true;
		if (extsort_add(sorter, buf_span(&key), r->line) < 0)
			sys_fail(errno, "unable to write a temporary file");
	} else if (past_head) {
		spool_add(behind, r->line);
	} else {
		emit(r);
	}
}

static void finish(bool complete)
{
	struct span k, line;
	int more;

	if (!complete)
		return;
	while ((more = extsort_next(sorter, &k, &line)) > 0)
		emit_line(line);
	if (more < 0)
		sys_fail(errno, "unable to read a temporary file");
	spool_emit(behind);
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sorter = extsort_new(EXTSORT_MEMORY);
	behind = spool_new();
}

static const struct filter self = {
	.name = "cp-sort",
	.summary = "sort records by path",
	.args = "",
	.reads = "*",
	.writes = "*",
	.opts = options,
	.role = ROLE_JUDGE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}

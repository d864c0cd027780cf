/* LIBS: -lyaml */
/* What is accepted is JSON that a record can hold, each of its nodes has a place in the text, and it reads the same in
 * pieces. Its JSON read as YAML is itself. Taken element by element it is the same. */
#include "document/yaml.h"

#include <stdint.h>
#include <stdlib.h>

enum { LIMIT = 1 << 16 };

struct text {
	const char *p;
	size_t n, step;
};

static ssize_t read_text(void *ctx, void *p, size_t n)
{
	struct text *t = ctx;
	size_t take = t->n < t->step ? t->n : t->step;

	take = take < n ? take : n;
	if (take)
		memcpy(p, t->p, take);
	t->p += take;
	t->n -= take;
	return (ssize_t)take;
}

static bool read_as(struct yamldoc *y, const char *p, size_t n, size_t step, struct buf *elements,
		    bool (*element)(void *, struct yamldoc *))
{
	struct text t = {p, n, step};

	return yamldoc_read(y, &(struct yaml_source){.read = read_text,
						     .ctx = &t,
						     .limit = LIMIT,
						     .each = element ? "a" : NULL,
						     .element = element,
						     .element_ctx = elements});
}

static bool add_element(void *ctx, struct yamldoc *e)
{
	struct buf *b = ctx;

	if (e->n != e->json.n)
		abort();
	if (b->n)
		buf_char(b, ',');
	buf_span_add(b, buf_span(&e->text));
	return true;
}

static void check_places(const struct yamldoc *y, const char *p, size_t n)
{
	uint32_t lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	if (y->n != y->json.n)
		abort();
	for (uint32_t i = 0; i < y->n; i++)
		if (!y->place[i].line || y->place[i].line > lines || !y->place[i].column)
			abort();
}

/* Where JSON's text is no YAML of ours: characters that must be escaped here, and a key longer than a line's
 * look-ahead. */
static bool may_differ(const struct yamldoc *y, size_t n)
{
	return strcmp(y->error, "a control character") == 0 || strcmp(y->error, "a byte-order mark") == 0 ||
	       strncmp(y->error, "a line separator", 16) == 0 ||
	       (n > 1000 && strncmp(y->error, "bad syntax", 10) == 0);
}

static void check_again(const struct yamldoc *y)
{
	struct yamldoc again = {0};
	struct buf text = {0};

	buf_span_add(&text, buf_span(&y->text));
	buf_char(&text, '\n');
	if (yamldoc_parse(&again, text.p, text.n, LIMIT)) {
		if (!span_eq(buf_span(&again.text), buf_span(&y->text)))
			abort();
	} else if (!may_differ(&again, text.n)) {
		abort();
	}
	yamldoc_free(&again);
	buf_free(&text);
}

/* The elements put back are the document. */
static void check_each(const struct yamldoc *whole, const char *p, size_t n)
{
	struct yamldoc y = {0};
	struct buf elements = {0}, want = {0};
	uint32_t a = json_get(&whole->json, 0, "a");

	if (!read_as(&y, p, n, n + 1, &elements, add_element))
		abort();
	if (a && whole->json.node[a].type == JSON_ARRAY) {
		const struct json_node *node = &whole->json.node[a];

		buf_add(&want, whole->text.p + node->off + 1, node->len - 2);
		if (!span_eq(buf_span(&want), buf_span(&elements)) || y.text.n != whole->text.n - want.n)
			abort();
	} else if (elements.n || !span_eq(buf_span(&y.text), buf_span(&whole->text))) {
		abort();
	}
	buf_free(&elements);
	buf_free(&want);
	yamldoc_free(&y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct yamldoc y = {0}, pieces = {0};
	struct json json = {0};
	struct buf record = {0};
	bool good = read_as(&y, p, size, size + 1, NULL, NULL);

	if (read_as(&pieces, p, size, 1, NULL, NULL) != good)
		abort();
	if (!good && (!y.error || y.error_errno))
		abort();
	if (good) {
		buf_str(&record, "{\"document\":");
		buf_span_add(&record, buf_span(&y.text));
		buf_char(&record, '}');
		if (!json_parse(&json, record.p, record.n, JSON_RECORD))
			abort();
		if (!span_eq(buf_span(&pieces.text), buf_span(&y.text)))
			abort();
		check_places(&y, p, size);
		check_again(&y);
		check_each(&y, p, size);
	}
	json_free(&json);
	buf_free(&record);
	yamldoc_free(&y);
	yamldoc_free(&pieces);
	return 0;
}

#include "admit/brings.h"

#include "charter/plane.h"
#include "filter/filter.h"
#include "pack/tarin.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

struct brought {
	enum admit_document what;
	char *source, *path;
};

struct bringing {
	struct brought *document;
	size_t n;
	struct buf scratch[3];
};

static struct span text(struct record *r, const char *key, struct buf *b)
{
	struct span s;

	return record_str(r, key, &s, b) ? s : (struct span){"", 0};
}

static bool may_bring(const struct record *r, struct buf *b)
{
	uint32_t manifest = record_get(r, "manifest"), at = manifest ? json_get(&r->json, manifest, "type") : 0;
	struct span type = at && r->json.node[at].type == JSON_STRING ? json_string(&r->json, at, b) : SPAN("");

	return span_is(type, "framework") || span_is(type, "spec");
}

static void note(struct bringing *g, struct record *r)
{
	struct span path = text(r, "target", &g->scratch[0]), source = text(r, "source", &g->scratch[1]);
	unsigned what = charter_place(path);

	if (!what || !span_is(text(r, "plane", &g->scratch[2]), "ho3"))
		return;
	g->document = xreallocarray(g->document, g->n + 1, sizeof *g->document);
	g->document[g->n++] = (struct brought){what == CHARTER_FRAMEWORKS ? ADMIT_FRAMEWORK : ADMIT_SPEC,
					       xstrndup(source.p, source.n), xstrndup(path.p, path.n)};
}

static void find(struct bringing *g, struct bundle *b)
{
	struct record r = {0};
	struct span line;
	bool may = false;

	spool_rewind(b->declared);
	while (spool_next(b->declared, &line)) {
		if (record_parse(&r, line))
			bad_input("unable to read the package: it has a record that is none");
		if (record_is(&r, "package"))
			may = may_bring(&r, &g->scratch[0]);
		else if (may && record_is(&r, "asset"))
			note(g, &r);
	}
	record_free(&r);
}

static void slurp(struct tarin *in, struct buf *to, const char *path)
{
	static char piece[PIECE];
	const char *why = NULL;
	ssize_t got;

	buf_reset(to);
	while ((got = tarin_read(in, piece, sizeof piece, &why)) > 0) {
		buf_add(to, piece, (size_t)got);
		if (to->n > RECORD_BYTES)
			bad_input("unable to read %s of the package: it is over 1 MiB", path);
	}
	if (got < 0)
		bad_input("unable to read the archive: it %s", why);
}

static void read_members(struct bringing *g, struct bundle *b, brings_each *each, void *ctx)
{
	struct tarmember m;
	struct buf content = {0};
	const char *why = NULL;
	struct tarin *in;
	int got = -1;

	if (lseek(b->tar, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read the archive");
	in = tarin_open(b->tar, &why);
	while (in && (got = tarin_next(in, &m, &why)) > 0)
		for (size_t i = 0; i < g->n; i++) {
			if (!span_is(m.path, g->document[i].source) || strcmp(m.type, "file") != 0)
				continue;
			slurp(in, &content, g->document[i].path);
			each(ctx, g->document[i].what, buf_span(&content), g->document[i].path);
			break;
		}
	if (got < 0)
		bad_input("unable to read the archive: it %s", why);
	tarin_close(in);
	buf_free(&content);
}

void brings_law(struct bundle *b, brings_each *each, void *ctx)
{
	struct bringing g = {.n = 0};

	find(&g, b);
	if (g.n)
		read_members(&g, b, each, ctx);
	for (size_t i = 0; i < g.n; i++) {
		free(g.document[i].source);
		free(g.document[i].path);
	}
	free(g.document);
	for (size_t i = 0; i < sizeof g.scratch / sizeof *g.scratch; i++)
		buf_free(&g.scratch[i]);
}

static void emit_document(void *ctx, enum admit_document what, struct span text, const char *path)
{
	struct buf *line = ctx;

	buf_reset(line);
	admit_law_record(line, what, text, path);
	emit_line(buf_span(line));
}

void brings_emit(struct bundle *b)
{
	struct buf line = {0};

	brings_law(b, emit_document, &line);
	buf_free(&line);
}

/* Everything that has a path, as the tree of directories it lies in. A sorted stream names each directory once; an
 * unsorted one names it again. Holds one path. */
#include "base/text.h"
#include "view/cell.h"

#include <stdlib.h>

enum { STEP = 2, DEEPEST = 32 }; /* blanks a level; deeper levels are not moved further: 32,000 of them fit in a path */

struct tree {
	const struct view_ask *ask;
	struct buf last; /* the path that was shown last */
	struct buf path, line;
	bool shown;
};

static void *tree_open(const struct view_ask *ask, struct buf *out)
{
	struct tree *t = xcalloc(1, sizeof *t);

	(void)out;
	t->ask = ask;
	return t;
}

static void put_line(struct tree *t, struct buf *out)
{
	text_fit(out, buf_span(&t->line), t->ask->width, KEEP_START);
	buf_char(out, '\n');
	t->shown = true;
}

static void indent(struct tree *t, size_t depth)
{
	buf_reset(&t->line);
	for (size_t i = 0; i < STEP * (depth < DEEPEST ? depth : DEEPEST); i++)
		buf_char(&t->line, ' ');
}

/* The directories of `path` that the last one did not lie in. Returns where the name starts; *depth is how deep. */
static size_t put_dirs(struct tree *t, struct buf *out, size_t *depth)
{
	const char *path = t->path.p, *last = t->last.p;
	size_t start = 0;
	bool same = true;

	*depth = 0;
	for (size_t i = 0; i < t->path.n; i++) {
		if (path[i] != '/')
			continue;
		/* Was it named, as a directory of the last path or as that path itself? */
		same = same && t->last.n && i <= t->last.n && memcmp(path + start, last + start, i - start) == 0 &&
		       (i == t->last.n || last[i] == '/');
		if (!same) {
			indent(t, *depth);
			text_escape(&t->line, path + start, i + 1 - start);
			put_line(t, out);
		}
		start = i + 1;
		++*depth;
	}
	return start;
}

static void note(struct tree *t, struct record *r, const char *key)
{
	size_t before = t->line.n;

	buf_str(&t->line, "  ");
	cell_text(&t->line, r, span_of(key));
	if (t->line.n == before + 2)
		t->line.n = before;
}

static void annotate(struct tree *t, struct record *r)
{
	if (record_is(r, "finding")) {
		note(t, r, "severity");
		note(t, r, "code");
		note(t, r, "detail");
	} else if (record_is(r, "file") || record_is(r, "dir") || record_is(r, "special")) {
		note(t, r, "mode");
		note(t, r, "size");
		note(t, r, "filetype");
		note(t, r, "target");
		note(t, r, record_get(r, "hash") ? "hash" : "error");
	} else {
		buf_str(&t->line, "  (");
		text_escape(&t->line, r->kind.p, r->kind.n);
		buf_char(&t->line, ')');
	}
}

static void tree_record(void *state, struct record *r, struct buf *out)
{
	struct tree *t = state;
	size_t depth, start;
	struct buf swap;

	buf_reset(&t->path);
	cell_raw(&t->path, r, SPAN("path"));
	if (!t->path.n && !record_is(r, "finding")) /* a plane, a verdict: the summary speaks of it */
		return;
	if (record_is(r, "dir"))
		buf_char(&t->path, '/');
	start = put_dirs(t, out, &depth);
	if (start < t->path.n || !record_is(r, "dir")) {
		indent(t, depth);
		if (t->path.n)
			text_escape(&t->line, t->path.p + start, t->path.n - start);
		else
			buf_str(&t->line, "(no path)");
		annotate(t, r);
		put_line(t, out);
	}
	swap = t->last;
	t->last = t->path;
	t->path = swap;
}

static void tree_close(void *state, const struct view_end *end, struct buf *out)
{
	struct tree *t = state;

	if (t->shown)
		buf_char(out, '\n');
	view_summary(out, end);
	if (!end->complete)
		buf_printf(out, "(cut: %s)\n", view_cut);
	buf_free(&t->last);
	buf_free(&t->path);
	buf_free(&t->line);
	free(t);
}

const struct view view_tree = {"tree", true, tree_open, tree_record, tree_close};

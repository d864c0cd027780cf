/* LIBS: -lcmark */
/* Whatever is accepted has an outline that holds together: lines go up, sections nest, slices lie within. */
#include "document/markdown.h"

#include <stdint.h>
#include <stdlib.h>

static void within(struct markdown_slice s, struct span all)
{
	if ((size_t)s.off + s.n > all.n)
		abort();
}

static void check_node(const struct markdown *m, uint32_t at)
{
	const struct markdown_node *n = &m->node[at];
	struct span text = buf_span(&m->text);

	within(n->text, text);
	within(n->info, text);
	if (!n->line || n->line > m->lines || (at && n->line < m->node[at - 1].line))
		abort();
	if (n->end <= at || n->end > m->n || n->part + n->parts > m->parts || n->cell + n->cells > m->cells)
		abort();
	if (n->section != MARKDOWN_NONE &&
	    (n->section >= at || m->node[n->section].kind != MARKDOWN_HEADING || m->node[n->section].end <= at ||
	     m->node[n->section].end < n->end))
		abort();
	for (uint32_t i = n->part; i < n->part + n->parts; i++) {
		const struct markdown_part *p = &m->part[i];

		within(p->target, buf_span(&m->targets));
		if (p->line < n->line || p->text.off < n->text.off ||
		    p->text.off + p->text.n > n->text.off + n->text.n)
			abort();
	}
	for (uint32_t i = n->cell; i < n->cell + n->cells; i++)
		within(m->cell[i], text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct markdown m = {0};
	struct span source = {(const char *)data, size};
	bool good = markdown_read(&m, source);

	if (!good && !m.error)
		abort();
	for (uint32_t i = 0; good && i < m.n; i++) {
		check_node(&m, i);
		if (m.node[i].kind == MARKDOWN_HEADING && !m.node[i].nested) {
			struct span s = markdown_section(&m, i);

			if (s.p < source.p || s.p + s.n > source.p + source.n || !s.n)
				abort();
		}
	}
	markdown_free(&m);
	return 0;
}

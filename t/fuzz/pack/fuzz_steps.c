/* The lines of a plan as they lie in a transaction: what is read as one has steps beneath the root, or absolute ones
 * outside of it, with all that doing and undoing needs; read once more it is the same. */
#include "apply/steps.h"

#include "data/relpath.h"

#include <stdint.h>
#include <stdlib.h>

static void check(const struct step *s)
{
	bool comes = s->action != STEP_REMOVE;

	if (s->mode > 0777 || s->before_mode > 0777 || !s->path || !s->plane || (comes && !s->source))
		abort();
	if (s->action == STEP_DELIVER ? s->path[0] != '/' || relpath_bad(span_of(s->path + 1)) :
					relpath_bad(span_of(s->path)) != NULL)
		abort();
}

static struct spool *lines_of(struct span text)
{
	struct spool *lines = spool_new();

	while (text.n) {
		const char *lf = memchr(text.p, '\n', text.n);
		size_t n = lf ? (size_t)(lf - text.p) : text.n;

		spool_add(lines, (struct span){text.p, n});
		text.p += n + (lf != NULL);
		text.n -= n + (lf != NULL);
	}
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spool *lines = lines_of((struct span){(const char *)data, size});
	struct steps s, again;

	if (!steps_read(&s, lines)) {
		for (size_t i = 0; i < s.n; i++)
			check(&s.step[i]);
		if (steps_read(&again, lines) || again.n != s.n || memcmp(again.hash, s.hash, DIGEST_TEXT) != 0)
			abort();
		(void)steps_text(&s, "package_id");
		(void)steps_bring(&s);
		steps_free(&again);
	}
	steps_free(&s);
	spool_free(lines);
	return 0;
}

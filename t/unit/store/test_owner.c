/* The merge join against a plain reading of the rules, over random pairs of small trees whose names sort around each
 * other's `name/` keys. */
#include "data/relpath.h"
#include "model/owner.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

enum { NODES = 200, PATH_BYTES = 64, ROUNDS = 30000 };

struct node {
	char path[PATH_BYTES];
	bool dir;
};

struct tree {
	struct node node[NODES];
	unsigned n;
};

struct notes {
	char text[NODES][PATH_BYTES + 16];
	unsigned n;
};

static unsigned seed = 1;

static unsigned roll(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

/* A directory's worth of names, some of them directories with more. */
static void grow(struct tree *t, const char *dir, unsigned depth)
{
	static const char *const names[] = {"a", "a!", "a-", "a!b", "b"};

	for (unsigned i = 0; i < 5; i++) {
		struct node *n = &t->node[t->n];

		if (roll(3) == 0 || t->n > NODES - 10)
			continue;
		snprintf(n->path, sizeof n->path, "%s%s%s", dir, *dir ? "/" : "", names[i]);
		n->dir = depth < 3 && roll(3) == 0;
		t->n++;
		if (n->dir) {
			char copy[PATH_BYTES];

			memcpy(copy, n->path, sizeof copy);
			grow(t, copy, depth + 1);
		}
	}
}

static int node_cmp(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return relpath_cmp(span_of(x->path), x->dir, span_of(y->path), y->dir);
}

static const struct node *find(const struct tree *t, const char *path)
{
	for (unsigned i = 0; i < t->n; i++)
		if (strcmp(t->node[i].path, path) == 0)
			return &t->node[i];
	return NULL;
}

/* The nearest directory above `path` that is a file in t. */
static const struct node *file_above(const struct tree *t, const char *path)
{
	for (unsigned i = 0; i < t->n; i++)
		if (!t->node[i].dir && relpath_beneath(span_of(path), span_of(t->node[i].path)))
			return &t->node[i];
	return NULL;
}

static bool file_beneath(const struct tree *t, const char *path)
{
	for (unsigned i = 0; i < t->n; i++)
		if (!t->node[i].dir && relpath_beneath(span_of(t->node[i].path), span_of(path)))
			return true;
	return false;
}

static void note(struct notes *n, const char *code, struct span path)
{
	snprintf(n->text[n->n++], sizeof n->text[0], "%s %.*s", code, (int)path.n, path.p);
}

/* The rules, without any order. */
static void expect(const struct tree *disk, const struct tree *law, struct notes *out)
{
	for (unsigned i = 0; i < law->n; i++) {
		const char *path = law->node[i].path;
		const struct node *there = find(disk, path);

		if (law->node[i].dir || (there && !there->dir))
			continue;
		if (there)
			note(out, "TYPE", span_of(path));
		else if (!file_above(disk, path))
			note(out, "MISSING", span_of(path));
	}
	for (unsigned i = 0; i < disk->n; i++) {
		const char *path = disk->node[i].path;
		const struct node *there = find(law, path);

		if (disk->node[i].dir || (there && !there->dir) || file_above(law, path))
			continue;
		note(out, file_beneath(law, path) ? "TYPE" : "ORPHAN", span_of(path));
	}
}

struct side {
	const struct tree *law;
	unsigned at;
	struct notes found;
};

static bool next(void *ctx, struct owned *o)
{
	struct side *s = ctx;

	while (s->at < s->law->n && s->law->node[s->at].dir)
		s->at++;
	if (s->at == s->law->n)
		return false;
	*o = (struct owned){.path = span_of(s->law->node[s->at++].path), .hash = SPAN("h"), .mode = MODE_UNKNOWN};
	return true;
}

static void report(void *ctx, enum code c, struct span path, const char *detail)
{
	(void)detail;
	note(&((struct side *)ctx)->found, code_name(c), path);
}

static void join(const struct tree *disk, struct side *s)
{
	struct owner_join *j = owner_join_new((struct owner_ends){next, report, s});

	for (unsigned i = 0; i < disk->n; i++) {
		struct disk d = {.path = span_of(disk->node[i].path), .dir = disk->node[i].dir, .utf8 = true,
				 .type = disk->node[i].dir ? DISK_DIR : DISK_FILE, .hash = SPAN("h"),
				 .mode = MODE_UNKNOWN, .links = 1};

		CHECK(owner_join_disk(j, &d) == NULL);
	}
	owner_join_finish(j);
	owner_join_free(j);
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool same(struct notes *a, struct notes *b)
{
	qsort(a->text, a->n, sizeof a->text[0], text_cmp);
	qsort(b->text, b->n, sizeof b->text[0], text_cmp);
	for (unsigned i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->text[i], b->text[i]) != 0)
			return false;
	return a->n == b->n;
}

int main(void)
{
	static struct tree disk, law;
	static struct notes want;
	static struct side side;
	unsigned findings = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		disk.n = law.n = want.n = 0;
		grow(&disk, "", 0);
		grow(&law, "", 0);
		qsort(disk.node, disk.n, sizeof disk.node[0], node_cmp);
		qsort(law.node, law.n, sizeof law.node[0], node_cmp);
		side = (struct side){.law = &law};
		expect(&disk, &law, &want);
		join(&disk, &side);
		CHECK(same(&want, &side.found));
		findings += want.n;
	}
	CHECK(findings > ROUNDS);
	return unit_done();
}

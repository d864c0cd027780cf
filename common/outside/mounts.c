#include "outside/mounts.h"

#include "base/buf.h"
#include "base/num.h"
#include "os/in.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOUNTINFO_BYTES = 16 << 20 };

/* A line of proc(5), /proc/self/mountinfo: its first fields. */
struct mount {
	uint64_t id;
	struct span device, root, point; /* as they stand there */
};

static struct span field(struct span *line)
{
	const char *blank = line->n ? memchr(line->p, ' ', line->n) : NULL;
	struct span one = {line->p, blank ? (size_t)(blank - line->p) : line->n};

	line->p += one.n + (blank != NULL);
	line->n -= one.n + (blank != NULL);
	return one;
}

static bool next_mount(struct span *text, struct mount *m)
{
	const char *lf = text->n ? memchr(text->p, '\n', text->n) : NULL;
	struct span line, id;

	if (!lf)
		return false;
	line = (struct span){text->p, (size_t)(lf - text->p)};
	*text = (struct span){lf + 1, text->n - line.n - 1};
	id = field(&line);
	field(&line);
	m->device = field(&line);
	m->root = field(&line);
	m->point = field(&line);
	return num_u64(id.p, id.n, UINT64_MAX, &m->id);
}

/* Blanks and such are written \040 there. */
static void add_unescaped(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool octal = s.p[i] == '\\' && i + 3 < s.n;

		buf_char(b, octal ? (char)((s.p[i + 1] - '0') << 6 | (s.p[i + 2] - '0') << 3 | (s.p[i + 3] - '0'))
				  : s.p[i]);
		i += octal ? 3 : 0;
	}
}

/* Does it show what lies above `below`, on the same device? *rest is how it goes on from there. */
static bool shows_more(const struct mount *m, const struct mount *below, struct span *rest)
{
	size_t n = span_is(m->root, "/") ? 0 : m->root.n;

	*rest = (struct span){below->root.p + n, below->root.n - (n < below->root.n ? n : below->root.n)};
	return span_eq(m->device, below->device) && m->root.n < below->root.n &&
	       memcmp(m->root.p, below->root.p, n) == 0 && rest->p[0] == '/';
}

/* Each directory of the path, from / to the last. */
static bool any_above(const char *path, bool (*is)(int dir, const void *ctx), const void *ctx)
{
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool found = false;

	while (dir >= 0 && !(found = is(dir, ctx)) && *path) {
		size_t n = strcspn(++path, "/");
		char *name = xstrndup(path, n);
		int next = n ? openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

		free(name);
		close(dir);
		dir = next;
		path += n;
	}
	if (dir >= 0)
		close(dir);
	return found;
}

static bool own_mount(int fd, struct span text, struct mount *m)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 || !(st.stx_mask & STATX_MNT_ID))
		return false;
	while (next_mount(&text, m))
		if (m->id == st.stx_mnt_id)
			return m->root.n > 0 && m->root.p[0] == '/';
	return false;
}

bool mounts_hide(int fd, bool (*is)(int dir, const void *ctx), const void *ctx)
{
	struct buf text = {0}, path = {0};
	struct mount own, m;
	struct span lines, rest;
	bool found = false;

	if (slurp("/proc/self/mountinfo", MOUNTINFO_BYTES, &text) == 0 && own_mount(fd, buf_span(&text), &own) &&
	    !span_is(own.root, "/"))
		for (lines = buf_span(&text); !found && next_mount(&lines, &m);) {
			if (!shows_more(&m, &own, &rest))
				continue;
			buf_reset(&path);
			if (!span_is(m.point, "/"))
				add_unescaped(&path, m.point);
			add_unescaped(&path, rest);
			found = any_above(buf_cstr(&path), is, ctx);
		}
	buf_free(&text);
	buf_free(&path);
	return found;
}

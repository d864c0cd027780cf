#include "bundle/collect.h"

#include "base/text.h"
#include "bundle/bundle.h"
#include "filter/filter.h"
#include "os/walk.h"
#include "pack/squeeze.h"
#include "pack/tarin.h"
#include "pack/tarout.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static int squeeze(void *ctx, const void *p, size_t n, const char **why)
{
	return squeeze_add(ctx, p, n, why);
}

/* Is it a file that a package can hold? */
static bool takes(const struct walk_entry *e)
{
	static struct buf shown;
	const char *why;

	if (e->error != WALK_FINE)
		sys_fail(e->number, "unable to read %.*s", (int)e->path.n, e->path.p);
	if (S_ISDIR(e->type))
		return false;
	why = tar_path_bad(e->path);
	if (why) {
		buf_reset(&shown);
		text_escape(&shown, e->path.p, e->path.n);
		finding(CODE_PATH_ESCAPE, (struct span){0}, "%s %s", buf_cstr(&shown), why);
		return false;
	}
	if (S_ISREG(e->type))
		return true;
	finding(CODE_SPECIAL, e->path, "it is a %s", walk_filetype(e->type));
	return false;
}

static int open_file(const struct walk_entry *e)
{
	return openat(e->parent, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void add_file(struct tarout *t, int fd, struct span path)
{
	static char piece[PIECE];
	const char *why = NULL;
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		sys_fail(errno, "unable to read %.*s", (int)path.n, path.p);
	if (!S_ISREG(st.st_mode))
		bad_input("unable to pack %.*s: it changed while it was read", (int)path.n, path.p);
	if (tarout_member(t, path, (uint64_t)st.st_size, st.st_mode & S_IXUSR, &why) == 0)
		while ((got = read(fd, piece, sizeof piece)) != 0) {
			if (got < 0 && errno == EINTR)
				continue;
			if (got < 0)
				sys_fail(errno, "unable to read %.*s", (int)path.n, path.p);
			if (tarout_data(t, piece, (size_t)got, &why) != 0)
				break;
		}
	if (why)
		bad_input("unable to pack %.*s: it %s", (int)path.n, path.p, why);
}

static void add_manifest(struct tarout *t, struct span text)
{
	const char *why = NULL;

	if (tarout_member(t, SPAN(BUNDLE_MANIFEST), text.n, false, &why) != 0 ||
	    tarout_data(t, text.p, text.n, &why) != 0)
		bad_input("unable to pack the manifest: it %s", why);
}

static void add_entry(struct tarout *t, const struct walk_entry *e, struct span manifest)
{
	int fd;

	if (manifest.p && span_is(e->path, BUNDLE_MANIFEST)) {
		add_manifest(t, manifest);
		return;
	}
	fd = open_file(e);
	add_file(t, fd, e->path);
	close(fd);
}

static void finish(struct tarout *t, struct squeeze *s)
{
	const char *why = NULL;

	if (tarout_close(t, &why) != 0 || squeeze_close(s, &why) != 0)
		sys_fail(0, "unable to write the archive: it %s", why);
}

void bundle_collect(int dir, int fd, struct span manifest)
{
	struct squeeze *s = squeeze_open(fd, SQUEEZE_GZIP);
	struct tarout *t = tarout_open(squeeze, s);
	struct walk *w = walk_open(dir, 0, NULL, NULL);
	struct walk_entry e;

	if (!w)
		sys_fail(errno, "unable to read the directory");
	while (walk_next(w, &e))
		if (takes(&e))
			add_entry(t, &e, manifest);
	walk_close(w);
	finish(t, s);
}

void bundle_collect_file(int file, struct span path, int fd, struct span manifest)
{
	struct squeeze *s = squeeze_open(fd, SQUEEZE_GZIP);
	struct tarout *t = tarout_open(squeeze, s);
	bool first = span_cmp(SPAN(BUNDLE_MANIFEST), path) < 0;

	if (lseek(file, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read %.*s", (int)path.n, path.p);
	if (first)
		add_manifest(t, manifest);
	add_file(t, file, path);
	if (!first)
		add_manifest(t, manifest);
	finish(t, s);
}

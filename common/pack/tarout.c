#include "pack/tarout.h"

#include "base/err.h"
#include "pack/libarchive.h"

#include <locale.h>
#include <stdlib.h>

struct tarout {
	struct archive *a;
	locale_t locale; /* libarchive reads names as the locale has them */
	pack_sink *sink;
	void *ctx;
	struct buf last;
	uint64_t left; /* of the member's content */
	bool begun, failed;
	const char *why; /* what the sink said */
};

static la_ssize_t written(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct tarout *t = ctx;

	(void)a;
	if (t->failed || t->sink(t->ctx, p, n, &t->why) != 0) {
		t->failed = true;
		return -1;
	}
	return (la_ssize_t)n;
}

struct tarout *tarout_open(pack_sink *sink, void *ctx)
{
	struct tarout *t = xcalloc(1, sizeof *t);
	const struct libarchive *la = libarchive();

	t->sink = sink;
	t->ctx = ctx;
	t->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!t->locale)
		die(STATUS_SYSTEM, "unable to use the locale C.UTF-8");
	t->a = la->archive_write_new();
	if (!t->a || la->archive_write_set_format_pax_restricted(t->a) != ARCHIVE_OK ||
	    la->archive_write_set_bytes_in_last_block(t->a, 1) != ARCHIVE_OK ||
	    la->archive_write_open(t->a, t, NULL, written, NULL) != ARCHIVE_OK)
		die(STATUS_SYSTEM, "unable to write a tar file: libarchive refuses");
	return t;
}

static int fail(struct tarout *t, const char *what, const char **why)
{
	t->failed = true;
	*why = t->why ? t->why : what;
	return -1;
}

static int finish_member(struct tarout *t, const char **why)
{
	if (t->failed)
		return fail(t, "failed before", why);
	if (t->left)
		return fail(t, "became shorter while it was read", why);
	if (t->begun && libarchive()->archive_write_finish_entry(t->a) != ARCHIVE_OK)
		return fail(t, "cannot be written", why);
	return 0;
}

int tarout_member(struct tarout *t, struct span path, uint64_t size, bool execute, const char **why)
{
	const struct libarchive *la = libarchive();
	struct archive_entry *e;
	locale_t before;
	int result;

	if (finish_member(t, why) != 0)
		return -1;
	if (t->begun && span_cmp(buf_span(&t->last), path) >= 0)
		return fail(t, "does not stand behind the one before it", why);
	buf_reset(&t->last);
	buf_span_add(&t->last, path);
	e = la->archive_entry_new();
	if (!e)
		die(STATUS_SYSTEM, "unable to get memory");
	before = uselocale(t->locale);
	la->archive_entry_set_pathname(e, buf_cstr(&t->last));
	la->archive_entry_set_filetype(e, AE_IFREG);
	la->archive_entry_set_perm(e, execute ? 0755 : 0644);
	la->archive_entry_set_size(e, (la_int64_t)size);
	la->archive_entry_set_mtime(e, 0, 0);
	result = la->archive_write_header(t->a, e);
	uselocale(before);
	la->archive_entry_free(e);
	if (result != ARCHIVE_OK)
		return fail(t, "has a name that a tar file cannot hold", why);
	t->begun = true;
	t->left = size;
	return 0;
}

int tarout_data(struct tarout *t, const void *p, size_t n, const char **why)
{
	if (t->failed)
		return fail(t, "failed before", why);
	if (n > t->left)
		return fail(t, "became longer while it was read", why);
	if (n && libarchive()->archive_write_data(t->a, p, n) != (la_ssize_t)n)
		return fail(t, "cannot be written", why);
	t->left -= n;
	return 0;
}

int tarout_close(struct tarout *t, const char **why)
{
	int result = finish_member(t, why);

	if (result == 0 && libarchive()->archive_write_close(t->a) != ARCHIVE_OK)
		result = fail(t, "cannot be written", why);
	tarout_drop(t);
	return result;
}

void tarout_drop(struct tarout *t)
{
	t->failed = true; /* freeing closes, and closing would write */
	libarchive()->archive_write_free(t->a);
	freelocale(t->locale);
	buf_free(&t->last);
	free(t);
}

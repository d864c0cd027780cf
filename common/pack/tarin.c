#include "pack/tarin.h"

#include "base/err.h"
#include "base/text.h"
#include "data/relpath.h"
#include "pack/libarchive.h"

#include <locale.h>
#include <stdlib.h>

enum { BLOCK = 64 * 1024 };

struct tarin {
	struct archive *a;
	tar_more *more;
	void *ctx;
	locale_t locale;
	struct buf path, target;
	uint64_t left, paths;
	unsigned members;
};

static struct tarin *new(void)
{
	struct tarin *t = xcalloc(1, sizeof *t);

	t->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!t->locale)
		die(STATUS_SYSTEM, "unable to use the locale C.UTF-8");
	t->a = libarchive()->archive_read_new();
	if (!t->a || libarchive()->archive_read_support_format_tar(t->a) != ARCHIVE_OK)
		die(STATUS_SYSTEM, "unable to get memory");
	return t;
}

static struct tarin *opened(struct tarin *t, int result, const char **why)
{
	if (result == ARCHIVE_OK)
		return t;
	*why = "holds no tar file";
	tarin_close(t);
	return NULL;
}

struct tarin *tarin_open(int fd, const char **why)
{
	struct tarin *t = new();

	return opened(t, libarchive()->archive_read_open_fd(t->a, fd, BLOCK), why);
}

static la_ssize_t more(struct archive *a, void *ctx, const void **piece)
{
	struct tarin *t = ctx;

	(void)a;
	return t->more(t->ctx, piece);
}

struct tarin *tarin_open_from(tar_more *from, void *ctx, const char **why)
{
	struct tarin *t = new();

	t->more = from;
	t->ctx = ctx;
	return opened(t, libarchive()->archive_read_open(t->a, t, NULL, more, NULL), why);
}

static const char *type_of(struct archive_entry *e)
{
	if (libarchive()->archive_entry_hardlink(e))
		return "hardlink";
	switch (libarchive()->archive_entry_filetype(e)) {
	case AE_IFREG:
		return "file";
	case AE_IFDIR:
		return "dir";
	case AE_IFLNK:
		return "symlink";
	case AE_IFIFO:
		return "fifo";
	case AE_IFBLK:
		return "block";
	case AE_IFCHR:
		return "char";
	default:
		return "unknown";
	}
}

static bool take_names(struct tarin *t, struct tarmember *m, struct archive_entry *e)
{
	const char *path = libarchive()->archive_entry_pathname(e), *target = libarchive()->archive_entry_hardlink(e);

	if (!path)
		return false;
	if (!target)
		target = libarchive()->archive_entry_symlink(e);
	buf_reset(&t->path);
	buf_str(&t->path, path);
	buf_reset(&t->target);
	buf_str(&t->target, target ? target : "");
	m->path = buf_span(&t->path);
	m->target = buf_span(&t->target);
	return true;
}

/* What is in the member, and whether there may be one more of it. */
static const char *take(struct tarin *t, struct tarmember *m, struct archive_entry *e)
{
	const struct libarchive *la = libarchive();

	if (!take_names(t, m, e))
		return "has a member whose name cannot be read";
	m->type = type_of(e);
	m->mode = (unsigned)la->archive_entry_perm(e) & 07777;
	m->size = 0;
	if (!strcmp(m->type, "file")) {
		if (!la->archive_entry_size_is_set(e) || la->archive_entry_size(e) < 0)
			return "has a member without a size";
		m->size = (uint64_t)la->archive_entry_size(e);
	}
	if (la->archive_entry_sparse_count(e))
		return "has a member with holes";
	t->left = m->size;
	t->paths += m->path.n + m->target.n;
	if (++t->members > TAR_MEMBERS || t->paths > TAR_PATHS)
		return "has too many members";
	return NULL;
}

int tarin_next(struct tarin *t, struct tarmember *m, const char **why)
{
	struct archive_entry *e;
	locale_t before = uselocale(t->locale);
	int result = libarchive()->archive_read_next_header(t->a, &e);

	*why = result == ARCHIVE_OK ? take(t, m, e) : result == ARCHIVE_EOF ? NULL : "is damaged";
	uselocale(before);
	if (*why)
		return -1;
	return result == ARCHIVE_OK;
}

ssize_t tarin_read(struct tarin *t, void *p, size_t n, const char **why)
{
	la_ssize_t got = libarchive()->archive_read_data(t->a, p, n);

	if (got < 0 || (uint64_t)got > t->left || (got == 0 && n && t->left)) {
		*why = got < 0 ? "is damaged" : "has a member that is not as long as it says";
		return -1;
	}
	t->left -= (uint64_t)got;
	return (ssize_t)got;
}

void tarin_close(struct tarin *t)
{
	if (!t)
		return;
	libarchive()->archive_read_free(t->a);
	freelocale(t->locale);
	buf_free(&t->path);
	buf_free(&t->target);
	free(t);
}

const char *tar_path_bad(struct span path)
{
	const char *why = relpath_bad(path);

	if (why)
		return why;
	if (path.n > TAR_PATH)
		return "is longer than 4096 bytes";
	for (size_t at = 0, n; at < path.n; at += n) {
		uint32_t cp;

		n = utf8_decode(path.p + at, path.n - at, &cp);
		if (!n)
			return "is not UTF-8";
		if (text_unsafe(cp))
			return "has a control character";
	}
	return NULL;
}

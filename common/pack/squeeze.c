#include "pack/squeeze.h"

#include "pack/gzip.h"
#include "pack/libarchive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 64 * 1024 };

struct squeeze {
	struct gzip *gzip; /* NULL: it is none */
	struct archive *a;
	bool failed;
};

struct unsqueeze {
	struct archive *a;
};

static const char *reason(struct archive *a)
{
	const char *why = libarchive()->archive_errno(a) > 0 ? strerror(libarchive()->archive_errno(a))
							     : libarchive()->archive_error_string(a);

	return why ? why : "libarchive gives no reason";
}

static struct archive *filter_new(void)
{
	struct archive *a = libarchive()->archive_write_new();

	if (!a)
		return NULL;
	if (libarchive()->archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
	    libarchive()->archive_write_set_format_raw(a) != ARCHIVE_OK) {
		libarchive()->archive_write_free(a);
		return NULL;
	}
	libarchive()->archive_write_set_bytes_in_last_block(a, 1);
	return a;
}

struct squeeze *squeeze_open(int fd, enum squeeze_format format)
{
	struct squeeze *s = xcalloc(1, sizeof *s);
	struct archive_entry *e;

	if (format == SQUEEZE_GZIP) {
		s->gzip = gzip_open(fd);
		return s;
	}
	e = libarchive()->archive_entry_new();
	s->a = filter_new();
	s->failed = true;
	if (s->a && e) {
		libarchive()->archive_entry_set_filetype(e, AE_IFREG);
		s->failed = libarchive()->archive_write_open_fd(s->a, fd) != ARCHIVE_OK ||
			    libarchive()->archive_write_header(s->a, e) != ARCHIVE_OK;
	}
	libarchive()->archive_entry_free(e);
	return s;
}

int squeeze_add(struct squeeze *s, const void *p, size_t n, const char **why)
{
	if (s->gzip)
		return gzip_add(s->gzip, p, n, why);
	if (!s->failed && n && libarchive()->archive_write_data(s->a, p, n) != (la_ssize_t)n)
		s->failed = true;
	if (s->failed)
		*why = s->a ? reason(s->a) : "no such filter";
	return s->failed ? -1 : 0;
}

int squeeze_close(struct squeeze *s, const char **why)
{
	static char text[160];
	int result;

	if (s->gzip) {
		result = gzip_close(s->gzip, why);
		free(s);
		return result;
	}
	result = squeeze_add(s, NULL, 0, why);
	if (!result && libarchive()->archive_write_close(s->a) != ARCHIVE_OK) {
		*why = reason(s->a);
		result = -1;
	}
	if (result) { /* the text goes with the archive */
		size_t n = strnlen(*why, sizeof text - 1);

		memmove(text, *why, n);
		text[n] = '\0';
		*why = text;
	}
	libarchive()->archive_write_free(s->a);
	free(s);
	return result;
}

static bool is_compressed(struct archive *a)
{
	int code = libarchive()->archive_filter_code(a, 0);

	return code == ARCHIVE_FILTER_GZIP || code == ARCHIVE_FILTER_ZSTD;
}

struct unsqueeze *unsqueeze_open(int fd, const char **why)
{
	static char text[160];
	struct archive *a = libarchive()->archive_read_new();
	struct archive_entry *e;
	struct unsqueeze *u;
	bool good = a && libarchive()->archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
		    libarchive()->archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
		    libarchive()->archive_read_support_format_raw(a) == ARCHIVE_OK &&
		    libarchive()->archive_read_open_fd(a, fd, BLOCK) == ARCHIVE_OK &&
		    libarchive()->archive_read_next_header(a, &e) == ARCHIVE_OK;

	if (!good || !is_compressed(a)) {
		const char *said = good || !a ? "it is neither gzip nor zstd" : reason(a);
		size_t n = strnlen(said, sizeof text - 1);

		memcpy(text, said, n);
		text[n] = '\0';
		*why = text;
		libarchive()->archive_read_free(a);
		return NULL;
	}
	u = xcalloc(1, sizeof *u);
	u->a = a;
	return u;
}

ssize_t unsqueeze_read(struct unsqueeze *u, void *p, size_t n, const char **why)
{
	la_ssize_t got = libarchive()->archive_read_data(u->a, p, n);

	if (got >= 0)
		return (ssize_t)got;
	*why = reason(u->a);
	return -1;
}

void unsqueeze_close(struct unsqueeze *u)
{
	if (!u)
		return;
	libarchive()->archive_read_free(u->a);
	free(u);
}

#include "tree/thing.h"

#include "base/num.h"
#include "data/jsonw.h"
#include "os/beneath.h"
#include "os/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && (a->st_mode & S_IFMT) == (b->st_mode & S_IFMT);
}

static bool same_content(const struct stat *a, const struct stat *b)
{
	return same_inode(a, b) && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int64_t mtime_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* Of a regular file or a symlink. 0, or -1 with errno. */
static int hash_of(const struct thing *t, struct digest *d, unsigned char sum[DIGEST_LEN])
{
	char target[PATH_MAX];
	ssize_t n;

	if (S_ISREG(t->st.st_mode))
		return lseek(t->fd, 0, SEEK_SET) < 0 ? -1 : digest_fd(d, t->fd, sum, NULL);
	n = readlinkat(t->fd, "", target, sizeof(target));
	if (n < 0)
		return -1;
	digest_bytes(d, target, (size_t)n, sum);
	return 0;
}

static int read_hash(struct thing *t, struct digest *d)
{
	unsigned char sum[DIGEST_LEN];
	struct stat after;

	t->hashed = S_ISREG(t->st.st_mode) || S_ISLNK(t->st.st_mode);
	if (!t->hashed)
		return 0;
	if (hash_of(t, d, sum) != 0 || fstat(t->fd, &after) != 0)
		return -1;
	digest_text(sum, t->hash);
	errno = EAGAIN;
	return same_content(&t->st, &after) ? 0 : -1;
}

/* Opening a device or a fifo can have effects: first only its place is opened, and only a regular file for reading. */
static int open_it(struct thing *t, int dir, struct span path)
{
	struct stat st;
	int fd;

	t->fd = beneath_open(dir, path, O_PATH | O_NOFOLLOW, 0);
	if (t->fd < 0 || fstat(t->fd, &t->st) != 0)
		return -1;
	if (!S_ISREG(t->st.st_mode))
		return 0;
	fd = beneath_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return -1;
	close(t->fd);
	t->fd = fd;
	if (fstat(fd, &st) != 0)
		return -1;
	errno = EAGAIN;
	return same_inode(&st, &t->st) ? 0 : -1;
}

int thing_open(struct thing *t, int dir, struct span path, struct digest *d)
{
	*t = (struct thing){.fd = -1};
	if (open_it(t, dir, path) == 0 && read_hash(t, d) == 0)
		return 0;
	int saved = errno;
	thing_close(t);
	errno = saved;
	return -1;
}

bool thing_unchanged(struct thing *t, struct digest *d)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];
	struct stat st;

	if (fstat(t->fd, &st) != 0 || !same_content(&st, &t->st))
		return false;
	if (!t->hashed)
		return true;
	if (hash_of(t, d, sum) != 0)
		return false;
	digest_text(sum, text);
	return memcmp(text, t->hash, DIGEST_TEXT) == 0;
}

void thing_close(struct thing *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static void number_str(struct buf *b, const char *key, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)v);
	jsonw_cstr(b, key, text);
}

void thing_write(struct buf *b, const struct thing *t)
{
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", (unsigned)t->st.st_mode & 07777);
	jsonw_cstr(b, "filetype", walk_filetype(t->st.st_mode));
	if (S_ISREG(t->st.st_mode))
		jsonw_int(b, "size", t->st.st_size);
	jsonw_cstr(b, "mode", mode);
	if (t->hashed)
		jsonw_str(b, "hash", (struct span){t->hash, DIGEST_TEXT});
	number_str(b, "dev", (int64_t)t->st.st_dev);
	number_str(b, "ino", (int64_t)t->st.st_ino);
	number_str(b, "mtime", mtime_of(&t->st));
}

static bool text_is(const struct record *r, const char *key, const char *text, size_t n)
{
	struct buf scratch = {0};
	struct span s;
	bool is = record_str(r, key, &s, &scratch) && span_eq(s, (struct span){text, n});

	buf_free(&scratch);
	return is;
}

static bool number_is(const struct record *r, const char *key, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	return text_is(r, key, text, (size_t)n);
}

bool thing_is(const struct thing *t, const struct record *r, bool moved)
{
	const char *type = walk_filetype(t->st.st_mode);

	if (!text_is(r, "filetype", type, strlen(type)) || (t->hashed && !text_is(r, "hash", t->hash, DIGEST_TEXT)))
		return false;
	return moved || (number_is(r, "dev", (int64_t)t->st.st_dev) && number_is(r, "ino", (int64_t)t->st.st_ino) &&
			 number_is(r, "mtime", mtime_of(&t->st)));
}

int thing_move(int root, struct span from, struct span to)
{
	struct beneath_parent a = {.fd = -1}, b = {.fd = -1};
	const char *old, *new;
	int from_dir = beneath_parent(&a, root, from, &old);
	int to_dir = from_dir < 0 ? -1 : beneath_parent(&b, root, to, &new);
	int result = to_dir < 0 ? -1 : renameat2(from_dir, old, to_dir, new, RENAME_NOREPLACE);
	int saved = errno;

	beneath_parent_close(&a);
	beneath_parent_close(&b);
	errno = saved;
	return result;
}

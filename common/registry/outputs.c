#include "registry/outputs.h"

#include "filter/effect.h"
#include "os/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };

struct output *output_new(struct outputs *o, const char *path)
{
	struct output *n = &o->output[o->n++];

	*n = (struct output){.path = xstrdup(path), .digest = digest_new()};
	digest_start(n->digest);
	out_open(&n->out, temporary_file());
	return n;
}

void output_add(struct output *o, struct span text)
{
	out_add(&o->out, text.p, text.n);
	digest_add(o->digest, text.p, text.n);
}

void output_close(struct output *o)
{
	unsigned char sum[DIGEST_LEN];

	if (o->closed)
		return;
	if (out_flush(&o->out) != 0)
		sys_fail(errno, "unable to write a temporary file");
	digest_end(o->digest, sum);
	digest_text(sum, o->hash);
	o->closed = true;
}

/* Reads until the block is full or the file ends. */
static size_t fill(int fd, char *p, const char *name)
{
	size_t n = 0;
	ssize_t got;

	while (n < BLOCK && (got = read(fd, p + n, BLOCK - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			sys_fail(errno, "unable to read %s", name);
		n += (size_t)got;
	}
	return n;
}

static bool same(const struct output *o, int fd)
{
	static char a[BLOCK], b[BLOCK];
	size_t n;

	if (lseek(o->out.fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read a temporary file back");
	do {
		n = fill(o->out.fd, a, "a temporary file back");
		if (fill(fd, b, o->path) != n || memcmp(a, b, n) != 0)
			return false;
	} while (n);
	return true;
}

/* Something else than a plain file there is not the same either; saving refuses it. */
static void compare(const struct outputs *all, struct output *o)
{
	int fd = beneath_open(all->root, span_of(o->path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	o->differs = true;
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		sys_fail(errno, "unable to open %s", o->path);
	if (fd < 0)
		return;
	if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode))
		sys_fail(EISDIR, "unable to replace %s", o->path);
	if (S_ISREG(st.st_mode))
		o->differs = !same(o, fd);
	close(fd);
}

void outputs_compare(struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++) {
		output_close(&o->output[i]);
		compare(o, &o->output[i]);
	}
}

/* Nothing half written is left behind. */
_Noreturn static void fail(struct outputs *all, const char *path)
{
	int error = errno;

	for (size_t i = 0; i < all->n; i++)
		if (all->output[i].saving)
			save_abort(&all->output[i].save);
	sys_fail(error, "unable to write %s", path);
}

static void begin(struct outputs *all, struct output *o)
{
	static char block[BLOCK];
	const char *slash = strrchr(o->path, '/');
	struct span dir = {o->path, slash ? (size_t)(slash - o->path) : 0};
	size_t n;
	int fd = all->root;
	int (*make)(int, struct span, mode_t) = all->unsynced ? beneath_mkdirs_unsynced : beneath_mkdirs;

	if (dir.n && make(all->root, dir, 0755) != 0)
		fail(all, o->path);
	if (dir.n)
		fd = beneath_open(all->root, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 || save_begin(&o->save, fd, slash ? slash + 1 : o->path, 0644) != 0)
		fail(all, o->path);
	o->save.unsynced = all->unsynced;
	o->saving = true;
	if (lseek(o->out.fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read a temporary file back");
	while ((n = fill(o->out.fd, block, "a temporary file back")) > 0)
		out_add(&o->save.out, block, n);
	if (save_sync(&o->save) != 0)
		fail(all, o->path);
	if (dir.n)
		close(fd);
}

void outputs_save(struct outputs *o)
{
	int last = -1;

	for (size_t i = 0; i < o->n; i++)
		if (o->output[i].differs) {
			begin(o, &o->output[i]);
			last = o->output[i].save.dir;
		}
	/* Else a power cut may leave a name without what belongs to it. */
	if (o->together && last >= 0 && syncfs(last) != 0)
		fail(o, "the registries");
	for (size_t i = o->n; i-- > 0;)
		if (o->output[i].differs && save_commit(&o->output[i].save) != 0)
			fail(o, o->output[i].path);
}

void outputs_free(struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->output[i].path);
		digest_free(o->output[i].digest);
		close(o->output[i].out.fd);
		buf_free(&o->output[i].out.b);
	}
	o->n = 0;
}

#include "bundle/sidecar.h"

#include "filter/filter.h"
#include "os/in.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SIDECAR_BYTES = 8192 };

static struct span behind(struct span s, size_t n)
{
	return (struct span){s.p + n, s.n - n};
}

static bool starts(struct span s, struct span with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

const char *sidecar_read(struct span text, struct span name, char hash[DIGEST_TEXT])
{
	struct span prefix = SPAN("sha256:");
	unsigned char sum[DIGEST_LEN];

	text.n -= text.n && text.p[text.n - 1] == '\n';
	if (starts(text, prefix))
		text = behind(text, prefix.n);
	memcpy(hash, prefix.p, prefix.n);
	if (text.n < DIGEST_TEXT - prefix.n)
		return "holds no SHA-256 digest";
	memcpy(hash + prefix.n, text.p, DIGEST_TEXT - prefix.n);
	if (!digest_parse((struct span){hash, DIGEST_TEXT}, sum))
		return "holds no SHA-256 digest";
	text = behind(text, DIGEST_TEXT - prefix.n);
	if (text.n == 0)
		return NULL;
	if (!starts(text, SPAN("  ")) && !starts(text, SPAN(" *")))
		return "is of no known form";
	return span_eq(behind(text, 2), name) ? NULL : "is of another file";
}

void sidecar_check(const char *archive, const char hash[DIGEST_TEXT])
{
	const char *slash = strrchr(archive, '/'), *why;
	struct buf path = {0}, text = {0};
	char is[DIGEST_TEXT];
	int fd;

	buf_printf(&path, "%s.sha256", archive);
	fd = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		buf_free(&path);
		return;
	}
	if (fd < 0 || (slurp_fd(fd, SIDECAR_BYTES, &text) != 0 && errno != EFBIG))
		sys_fail(errno, "unable to read %s", buf_cstr(&path));
	close(fd);
	why = sidecar_read(buf_span(&text), span_of(slash ? slash + 1 : archive), is);
	if (why)
		finding(CODE_HASH, (struct span){0}, "the digest beside the archive %s", why);
	else if (memcmp(is, hash, DIGEST_TEXT) != 0)
		finding(CODE_HASH, (struct span){0}, "the archive is %.*s, and the digest beside it %.*s", DIGEST_TEXT,
			hash, DIGEST_TEXT, is);
	buf_free(&path);
	buf_free(&text);
}

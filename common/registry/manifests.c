#include "registry/manifests.h"

#include "filter/filter.h"
#include "os/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct handing {
	manifest_each *each;
	void *ctx;
};

int manifest_open(int root, const struct known *k, struct buf *path)
{
	static const char *const ends[] = {"yaml", "json"};
	int fd = -1;

	for (int i = 0; i < 2 && fd < 0; i++) {
		buf_reset(path);
		buf_printf(path, "manifests/%s/%s/package.manifest.%s", k->text[K_ID], k->text[K_VERSION], ends[i]);
		fd = beneath_open(root, buf_span(path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
		if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != ENOTDIR)
			sys_fail(errno, "unable to open %s", buf_cstr(path));
	}
	return fd;
}

static bool tell(enum code code, const struct buf *path, const struct known *k, const char *why)
{
	finding(code, buf_span(path), "the manifest of %s %s %s", k->text[K_ID], k->text[K_VERSION], why);
	return false;
}

static bool judge(const struct known *k, const struct buf *path, const struct manifest *m,
		  const struct manifest_sums *sums)
{
	if (!span_is(m->text[M_ID], k->text[K_ID]) || !span_is(m->text[M_VERSION], k->text[K_VERSION]))
		return tell(CODE_MODIFIED, path, k, "is of another package or version");
	if (!k->text[K_DOCUMENT_HASH])
		return tell(CODE_UNBOUND, path, k, "is vouched for by no document_hash of the ledger's entry");
	if (!span_is((struct span){sums->document_hash, DIGEST_TEXT}, k->text[K_DOCUMENT_HASH]))
		return tell(CODE_MODIFIED, path, k, "is not the one that the ledger's entry has the hash of");
	if (k->text[K_MANIFEST_HASH] &&
	    !span_is((struct span){sums->manifest_hash, DIGEST_TEXT}, k->text[K_MANIFEST_HASH]))
		return tell(CODE_MODIFIED, path, k, "has assets that the ledger's manifest_hash is not of");
	return true;
}

static void hand(void *ctx, const struct manifest *m, const struct manifest_asset *a, const struct json *j, uint32_t at)
{
	struct handing *h = ctx;

	(void)j;
	(void)at;
	h->each(h->ctx, m, a);
}

bool manifest_of(int root, const struct known *k, struct manifest *m, struct manifest_sums *sums, manifest_each *each,
		 void *ctx)
{
	struct handing h = {.each = each, .ctx = ctx};
	struct buf path = {0};
	int fd = manifest_open(root, k, &path);
	const char *why;
	bool good = false;

	if (fd < 0) {
		tell(CODE_MISSING, &path, k, "is not there");
	} else {
		why = manifestdoc_read(fd, m, sums, hand, &h);
		good = why ? tell(CODE_MODIFIED, &path, k, why) : judge(k, &path, m, sums);
		close(fd);
	}
	buf_free(&path);
	return good;
}

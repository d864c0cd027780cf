/* LIBS: -Wl,--wrap=bad_input,--wrap=finding,--wrap=finding_in,--wrap=share_schemas */
/* Manifests of earlier versions, lists of packages and digests beside archives: the first byte says which. The manifest
 * that is made of an earlier one is one of this version, and hashes to what it says. */
#include "pack.h"

#include "bundle/document.h"
#include "bundle/sidecar.h"
#include "legacy/manifest.h"

static void skip(void *ctx, const struct manifest *m, const struct manifest_asset *a, const struct json *j, uint32_t at)
{
	(void)m;
	(void)a;
	(void)j;
	(void)at;
	++*(uint64_t *)ctx;
}

static void check_made(const struct buf *made)
{
	struct manifest m = {.json = NULL};
	struct manifest_sums sums;
	uint64_t assets = 0;
	int fd = memory(made->p, made->n);

	if (manifestdoc_read(fd, &m, &sums, skip, &assets) || m.legacy || !assets || assets != sums.assets)
		abort();
	if (!memmem(made->p, made->n, sums.manifest_hash, DIGEST_TEXT) ||
	    !memmem(made->p, made->n, sums.document_hash, DIGEST_TEXT))
		abort();
	manifest_free(&m);
	close(fd);
}

static void upgrade(struct span text, const char *type)
{
	struct buf made = {0};
	int fd = memory(text.p, text.n);

	if (!legacy_manifest(&made, fd, type))
		check_made(&made);
	buf_free(&made);
	close(fd);
}

static void list(struct span text)
{
	struct buf made = {0};
	struct json j = {0};

	buf_str(&made, "{\"x\":1");
	if (!legacy_list(&made, "dependencies", text)) {
		buf_char(&made, '}');
		if (!json_parse(&j, made.p, made.n, JSON_RECORD))
			abort();
	}
	json_free(&j);
	buf_free(&made);
}

static void sidecar(struct span text)
{
	unsigned char sum[DIGEST_LEN];
	char hash[DIGEST_TEXT];

	if (!sidecar_read(text, SPAN("a.tar.gz"), hash) && !digest_parse((struct span){hash, DIGEST_TEXT}, sum))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {NULL, "framework", "spec", "library", "agent", "prompt"};
	enum { TYPES = sizeof types / sizeof *types, LIST = TYPES, SIDECAR, KINDS };
	unsigned which = size ? *data % KINDS : 0;
	struct span text = {(const char *)data + 1, size ? size - 1 : 0};

	if (!size)
		return 0;
	if (which == LIST)
		list(text);
	else if (which == SIDECAR)
		sidecar(text);
	else
		upgrade(text, types[which]);
	return 0;
}

/* LIBS: -Wl,--wrap=bad_input,--wrap=finding,--wrap=finding_in,--wrap=share_schemas,--wrap=installed_read */
/* Manifests, YAML and JSON: what is read of one is records, and none of them ends the process that judges them. The
 * files are those that it declares, as it declares them. */
#include "judging.h"

#include "bundle/bundle.h"
#include "data/jsonw.h"

#define HASH "\"archive_hash\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\""

static void put_member(struct spool *to, const struct record *asset)
{
	static const char *const keys[] = {"hash", "mode"};
	struct buf line = {0}, room = {0};
	struct span text;

	if (!record_str(asset, "source", &text, &room))
		abort();
	jsonw_open(&line, NULL);
	jsonw_cstr(&line, "kind", "member");
	jsonw_str(&line, "path", text);
	jsonw_cstr(&line, "type", "file");
	jsonw_int(&line, "size", 1);
	for (int i = 0; i < 2; i++)
		if (record_str(asset, keys[i], &text, &room))
			jsonw_str(&line, keys[i], text);
		else
			jsonw_cstr(&line, keys[i], "0644");
	jsonw_close(&line);
	spool_add(to, buf_span(&line));
	buf_free(&line);
	buf_free(&room);
}

static void judge(struct spool *lines)
{
	struct record r = {.number = 0};
	struct spool *members = spool_new();
	struct judging j;
	struct span line;

	judging_begin(&j, true);
	spool_rewind(lines);
	while (spool_next(lines, &line)) {
		if (record_parse(&r, line))
			abort();
		if (record_is(&r, "asset"))
			put_member(members, &r);
		judging_add(&j, &r);
	}
	spool_rewind(members);
	while (spool_next(members, &line)) {
		if (record_parse(&r, line))
			abort();
		judging_add(&j, &r);
	}
	judging_end(&j);
	spool_free(members);
	record_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spool *lines = spool_new();
	int fd = memory(data, size);

	if (!bundle_declared(lines, fd, SPAN(HASH)))
		judge(lines);
	spool_free(lines);
	close(fd);
	return 0;
}

/* LIBS: -Wl,--wrap=bad_input,--wrap=finding,--wrap=finding_in,--wrap=share_schemas,--wrap=installed_read */
/* The records of a package as a stranger writes them: whatever the lines, judging them ends, and what is said of them
 * is findings. */
#include "judging.h"

/* The first package must have a manifest, and there is one only: what else it may be ends the process at once. */
static bool is_first(const struct record *r, bool *met)
{
	uint32_t manifest = record_get(r, "manifest");

	if (*met || !manifest || r->json.node[manifest].type != JSON_OBJECT)
		return false;
	*met = true;
	return true;
}

static void judge(struct span text)
{
	struct record r = {.number = 0};
	struct judging j;
	bool met = false;

	judging_begin(&j, false);
	while (text.n) {
		const char *lf = memchr(text.p, '\n', text.n);
		struct span line = {text.p, lf ? (size_t)(lf - text.p) : text.n};

		text.p += line.n + (lf != NULL);
		text.n -= line.n + (lf != NULL);
		if (!record_parse(&r, line) && (record_is(&r, "package") ? is_first(&r, &met) : met))
			judging_add(&j, &r);
	}
	judging_end(&j);
	record_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	judge((struct span){(const char *)data, size});
	return 0;
}

/* Where a record is given up half way, what it had is lost. */
int __lsan_is_turned_off(void)
{
	return 1;
}

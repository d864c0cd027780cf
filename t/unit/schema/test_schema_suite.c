/* The required tests of draft 2020-12. Groups whose remotes are not in the suite as we have it must be refused; they
 * are counted apart. Nothing else may differ. */
#include "unit.h"

#include "os/in.h"
#include "schema/schema.h"

#include <dirent.h>

static unsigned files, groups, cases, remote_groups, remote_cases;

/* Files with groups that need a document from http://localhost:1234. */
static const char *const remote[] = {
	"anchor.json", "dynamicRef.json", "refRemote.json", "vocabulary.json", "ref.json", "unevaluatedItems.json",
};

static bool may_be_remote(const char *file, const char *error)
{
	for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
		if (strcmp(file, remote[i]) == 0)
			return strstr(error, "http://localhost:1234/") && strstr(error, "not loaded");
	return false;
}

static void one_case(const char *file, const struct json *j, uint32_t group, uint32_t at, const struct schema *s)
{
	uint32_t valid = json_get(j, at, "valid"), what = json_get(j, at, "description");
	bool got = schema_apply(s, j, json_get(j, at, "data"), NULL, NULL);

	cases++;
	if (got != (j->node[valid].type == JSON_TRUE)) {
		printf("%s: %.*s: %.*s: %s\n", file, (int)json_text(j, group).n, json_text(j, group).p,
		       (int)json_text(j, what).n, json_text(j, what).p, got ? "passes" : "fails");
		CHECK(!"passed");
	}
}

static void one_group(const char *file, const struct json *j, uint32_t at)
{
	uint32_t tests = json_get(j, at, "tests"), what = json_get(j, at, "description");
	struct span text = json_source(j, json_get(j, at, "schema"));
	struct schema_set *set = schema_set_new(SCHEMA_ANNOTATE);
	struct schema *s = schema_load(set, text.p, text.n, NULL);
	bool linked = s && schema_link(set);

	groups++;
	if (!linked && may_be_remote(file, schema_error(set))) {
		remote_groups++;
		printf("not here: %s: %.*s\n", file, (int)json_text(j, what).n, json_text(j, what).p);
		remote_cases += j->node[tests].count;
	} else if (!linked) {
		printf("%s: %.*s: %s\n", file, (int)json_text(j, what).n, json_text(j, what).p, schema_error(set));
		CHECK(!"loads");
	} else {
		for (uint32_t c = json_first(j, tests); c != j->node[tests].end; c = json_next(j, c))
			one_case(file, j, what, c, s);
	}
	schema_set_free(set);
}

static void one_file(const char *dir, const char *file)
{
	struct buf path = {0}, text = {0};
	struct json j = {0};

	buf_printf(&path, "%s/%s", dir, file);
	CHECK(slurp(buf_cstr(&path), 1 << 24, &text) == 0);
	if (CHECK(json_parse(&j, text.p, text.n, JSON_DOCUMENT)))
		for (uint32_t c = json_first(&j, 0); c != j.node[0].end; c = json_next(&j, c))
			one_group(file, &j, c);
	files++;
	json_free(&j);
	buf_free(&path);
	buf_free(&text);
}

int main(void)
{
	const char *shared = getenv("CP_SHARED");
	struct buf dir = {0};
	struct dirent *e;
	DIR *d;

	buf_printf(&dir, "%s/vectors/json-schema/tests/draft2020-12", shared ? shared : "../shared");
	d = opendir(buf_cstr(&dir));
	if (!d)
		unit_skip("no JSON Schema test suite beside the tree");
	while ((e = readdir(d)))
		if (strstr(e->d_name, ".json"))
			one_file(buf_cstr(&dir), e->d_name);
	closedir(d);
	buf_free(&dir);
	printf("%u files, %u groups, %u cases run; "
	       "%u groups with %u cases need remotes that are not here\n", files, groups,
	       cases, remote_groups, remote_cases);
	CHECK_INT(files, 46);
	CHECK_INT(cases, 1250);
	CHECK_INT(remote_groups, 22);
	return unit_done();
}

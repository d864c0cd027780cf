#include "model/scope.h"

#include "unit.h"

static enum scope_class class_of(const struct scope *s, const char *path, enum scope_type type)
{
	return scope_classify(s, span_of(path), type, NULL);
}

static void test_layout(void)
{
	struct scope *s = scope_new(false);

	CHECK_INT(class_of(s, "lib", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, ".hidden", SCOPE_FILE), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "anything", SCOPE_OTHER), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "ledger", SCOPE_DIR), SCOPE_STATE);
	CHECK_INT(class_of(s, "ledger", SCOPE_FILE), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, ".cp", SCOPE_OTHER), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "ledger/a.jsonl", SCOPE_FILE), SCOPE_INSIDE);
	CHECK_INT(class_of(s, "ledger/a.jsonl.durable", SCOPE_FILE), SCOPE_INSIDE);
	CHECK_INT(class_of(s, "ledger/.a.jsonl.durable.new", SCOPE_FILE), SCOPE_INSIDE);
	CHECK_INT(class_of(s, "ledger/a.jsonlx", SCOPE_FILE), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "ledger/.jsonl", SCOPE_FILE), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "ledger/a.jsonl", SCOPE_OTHER), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "ledger/a.d", SCOPE_DIR), SCOPE_INSIDE);
	CHECK_INT(class_of(s, "ledger/a.d", SCOPE_FILE), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "installed/PKG-X-001", SCOPE_DIR), SCOPE_INSIDE);
	CHECK_INT(class_of(s, "installed/PKG-X-001", SCOPE_FILE), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "lib/ledger", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "MANIFEST.json", SCOPE_FILE), SCOPE_DERIVED);
	CHECK_INT(class_of(s, "MANIFEST.json", SCOPE_OTHER), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "lib/MANIFEST.json", SCOPE_FILE), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "registries/file_ownership.csv", SCOPE_FILE), SCOPE_DERIVED);
	CHECK_INT(class_of(s, "registries/file_ownership.csv", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "registries/control_plane_registry.csv", SCOPE_FILE), SCOPE_GOVERNED);
	CHECK(scope_plane(s).p == NULL);
	scope_free(s);
}

static const char *read_text(struct scope **s, const char *text)
{
	*s = scope_new(false);
	return scope_read(*s, span_of(text));
}

static void test_roots(void)
{
	struct span pattern = {0};
	struct scope *s;

	CHECK(read_text(&s, "{\"schema_version\":\"1.1\",\"plane_id\":\"ho\\u0033\","
		"\"governed_roots\":[\"lib/\",\"a/b\"],"
		"\"excluded_patterns\":[\"**/*.tmp\",\"config/**\",\"**/*.pyc\"],"
		"\"derived_registries\":[\"registries/x.csv\"],\"more\":{}}") == NULL);
	CHECK(span_is(scope_plane(s), "ho3"));
	CHECK_INT(class_of(s, "lib", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "lib", SCOPE_OTHER), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "libx", SCOPE_DIR), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "libs", SCOPE_DIR), SCOPE_OUTSIDE);
	CHECK_INT(class_of(s, "libs", SCOPE_FILE), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "a", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "a", SCOPE_FILE), SCOPE_UNEXPECTED);
	CHECK_INT(class_of(s, "a/b", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "a/c", SCOPE_FILE), SCOPE_OUTSIDE);
	CHECK_INT(class_of(s, "a/bc", SCOPE_DIR), SCOPE_OUTSIDE);
	CHECK_INT(class_of(s, "config/x", SCOPE_FILE), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "gates", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "lib/x.pyc", SCOPE_FILE), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "registries/x.csv", SCOPE_FILE), SCOPE_DERIVED);
	CHECK_INT(class_of(s, "registries/y.csv", SCOPE_FILE), SCOPE_OUTSIDE);
	CHECK_INT(scope_classify(s, SPAN("lib/d/x.tmp"), SCOPE_FILE, &pattern), SCOPE_PATTERN);
	CHECK(span_is(pattern, "**/*.tmp"));
	CHECK_INT(class_of(s, "config/x.tmp", SCOPE_FILE), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "lib/__pycache__/x.tmp", SCOPE_FILE), SCOPE_GOVERNED);
	scope_free(s);
}

static void test_malformed(void)
{
	struct scope *s;

	CHECK_STR(read_text(&s, "{\"schema_version\":\"1\",\"governed_roots\":[\"a/../b\"]}"),
		  "governed_roots: \"a/../b\" has a .. component");
	scope_free(s);
	CHECK_STR(read_text(&s, "{\"schema_version\":\"10\",\"governed_roots\":[\"a\"]}"),
		  "schema_version: \"10\" is not a version 1");
	scope_free(s);
	CHECK_STR(read_text(&s, "{\"schema_version\":\"1.0\",\"governed_roots\":[]}"), "governed_roots: names nothing");
	scope_free(s);
	CHECK(read_text(&s, "") != NULL);
	scope_free(s);
}

static void test_plain(void)
{
	struct scope *s = scope_new(true);

	CHECK(scope_exclude(s, SPAN("**/*.pyc")) == NULL);
	CHECK(scope_exclude(s, SPAN("tmp/")) == NULL);
	CHECK(scope_exclude(s, SPAN("[a")) != NULL);
	CHECK_INT(class_of(s, "ledger", SCOPE_DIR), SCOPE_GOVERNED);
	CHECK_INT(class_of(s, "x.pyc", SCOPE_FILE), SCOPE_PATTERN);
	CHECK_INT(class_of(s, "tmp", SCOPE_DIR), SCOPE_PATTERN);
	CHECK_INT(class_of(s, "tmp", SCOPE_FILE), SCOPE_GOVERNED);
	scope_free(s);
}

int main(void)
{
	test_layout();
	test_roots();
	test_malformed();
	test_plain();
	return unit_done();
}

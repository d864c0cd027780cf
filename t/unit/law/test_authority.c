#include "law/authority.h"
#include "unit.h"

static bool allows(const char *pattern, const char *path)
{
	return authority_allows(span_of(pattern), span_of(path), &(struct authority_ids){0}, NULL);
}

static void test_patterns(void)
{
	static const char *const good[] = {"a",
					   "*",
					   "**",
					   "a/**",
					   "libs/{package_id}/**",
					   "{spec_id}",
					   "a/[a-z]?.c",
					   "{framework_id}/{package_id}-{spec_id}",
					   "\\*",
					   NULL};
	static const char *const bad[] = {"",  "/a", "a/",	     "a//b", "a/./b", "..",  "{x}",
					  "{", "}",  "a{package_id", "[a",   "a b",   "<x>", "{package_id}}",
					  NULL};

	for (const char *const *p = good; *p; p++)
		CHECK(!authority_bad(span_of(*p)));
	for (const char *const *p = bad; *p; p++)
		CHECK(authority_bad(span_of(*p)));
	CHECK(authority_is_path(SPAN("a/b.c")));
	CHECK(!authority_is_path(SPAN("a/*.c")));
	CHECK(!authority_is_path(SPAN("{spec_id}")));
	CHECK(!authority_is_path(SPAN("")));
}

static void test_ids(void)
{
	struct authority_ids known = {0}, bound = {0};

	CHECK(allows("libs/{package_id}/**", "libs/PKG-A/b/c"));
	CHECK(!allows("libs/{package_id}/**", "libs/PKG-/b"));
	CHECK(!allows("libs/{package_id}/**", "libs/SPEC-A/b"));
	CHECK(!allows("{package_id}/{package_id}", "PKG-A/PKG-B"));
	CHECK(allows("{package_id}/{package_id}", "PKG-B/PKG-B"));
	CHECK(allows("{package_id}/x", "PKG-B/x"));
	CHECK(!allows("libs/{nothing}/**", "libs/{nothing}/a"));
	known.id[IDENT_PACKAGE] = SPAN("PKG-A");
	CHECK(!authority_allows(SPAN("libs/{package_id}/**"), SPAN("libs/PKG-B/x"), &known, NULL));
	CHECK(authority_allows(SPAN("{package_id}/{spec_id}"), SPAN("PKG-A/SPEC-B"), &known, &bound));
	CHECK_SPAN(bound.id[IDENT_PACKAGE].p, bound.id[IDENT_PACKAGE].n, "PKG-A");
	CHECK_SPAN(bound.id[IDENT_SPEC].p, bound.id[IDENT_SPEC].n, "SPEC-B");
	CHECK(!bound.id[IDENT_FRAMEWORK].n);
}

static void test_covers(void)
{
	CHECK(authority_covers(SPAN("a/**"), SPAN("a/*.c")));
	CHECK(authority_covers(SPAN("a/**"), SPAN("a/b/**")));
	CHECK(authority_covers(SPAN("**"), SPAN("a/b")));
	CHECK(authority_covers(SPAN("a/*"), SPAN("a/*")));
	CHECK(!authority_covers(SPAN("a/**"), SPAN("ab/*")));
	CHECK(!authority_covers(SPAN("a/*.c"), SPAN("a/**")));
	CHECK(!authority_covers(SPAN("a/**"), SPAN("a")));
}

int main(void)
{
	test_patterns();
	test_ids();
	test_covers();
	return unit_done();
}

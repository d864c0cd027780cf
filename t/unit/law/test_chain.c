#include "law/chain.h"
#include "unit.h"

static struct lawbook book;
static struct buf said;

static void report(void *ctx, enum code c, enum severity s, struct span where, uint64_t line, const char *detail)
{
	(void)ctx;
	(void)s;
	(void)line;
	buf_printf(&said, "%s %.*s: %s\n", code_name(c), (int)where.n, where.p, detail);
}

static const struct law_ends ends = {.report = report};

static void add(const char *line)
{
	struct record r = {0};

	CHECK(!record_parse(&r, span_of(line)));
	CHECK(lawbook_add(&book, &r, false));
	record_free(&r);
}

static void make_book(void)
{
	add("{\"kind\":\"framework\",\"framework_id\":\"FMWK-1\",\"status\":\"active\",\"path_authorizations\":["
	    "{\"pattern\":\"libs/{package_id}/**\"},{\"pattern\":\"specs/{spec_id}/*\"}]}");
	add("{\"kind\":\"framework\",\"framework_id\":\"FMWK-2\",\"status\":\"active\"}");
	add("{\"kind\":\"framework\",\"framework_id\":\"FMWK-3\",\"status\":\"draft\"}");
	add("{\"kind\":\"spec\",\"spec_id\":\"SPEC-1\",\"status\":\"active\",\"framework_id\":\"FMWK-1\","
	    "\"assets\":[\"libs/PKG-A/a\",null,\"specs/SPEC-1/m\",\"x\"]}");
	add("{\"kind\":\"spec\",\"spec_id\":\"SPEC-2\",\"status\":\"draft\",\"framework_id\":\"FMWK-1\"}");
	add("{\"kind\":\"spec\",\"spec_id\":\"SPEC-3\",\"status\":\"active\",\"framework_id\":\"FMWK-3\"}");
	add("{\"kind\":\"spec\",\"spec_id\":\"SPEC-4\",\"status\":\"active\",\"framework_id\":\"FMWK-9\"}");
}

/* What is said of a package with that spec and these frameworks. */
static const char *package(const char *framework, const char *spec, const char *requires)
{
	const struct chain_package p = {.package_id = SPAN("PKG-A"),
					.framework_id = span_of(framework),
					.spec_id = span_of(spec),
					.requires_framework = span_of(requires)};

	buf_reset(&said);
	chain_package(&book, &p, SPAN("p"), &ends);
	return buf_cstr(&said);
}

static void test_package(void)
{
	const struct chain_package p = {.package_id = SPAN("PKG-A"), .spec_id = SPAN("SPEC-1")};
	struct law_doc *f = chain_package(&book, &p, SPAN("p"), &ends);

	CHECK(f && span_is(f->id, "FMWK-1"));
	CHECK_STR(package("", "", ""), "");
	CHECK_STR(package("", "SPEC-1", "FMWK-1"), "");
	CHECK_STR(package("FMWK-1", "SPEC-1", "FMWK-1"), "");
	CHECK_STR(package("", "SPEC-1", "FMWK-2"),
		  "CHAIN p: it requires FMWK-2, but its spec SPEC-1 is under FMWK-1\n");
	CHECK_STR(package("FMWK-2", "SPEC-1", ""), "CHAIN p: it is of FMWK-2, but its spec SPEC-1 is under FMWK-1\n");
	CHECK_STR(package("FMWK-9", "", ""), "CHAIN p: framework_id is FMWK-9, and there is no such framework\n");
	CHECK_STR(package("", "", "FMWK-3"), "CHAIN p: requires_framework is FMWK-3, which is draft\n");
	CHECK_STR(package("", "SPEC-9", ""), "CHAIN p: Unknown spec owner: there is no spec SPEC-9\n");
	CHECK_STR(package("", "SPEC-2", ""), "CHAIN p: Broken chain: the spec SPEC-2 is draft\n");
	CHECK_STR(package("", "SPEC-3", ""), "CHAIN p: Broken chain: SPEC-3 is under FMWK-3, which is draft\n");
	CHECK_STR(package("", "SPEC-4", ""),
		  "CHAIN p: Broken chain: SPEC-4 is under FMWK-9, and there is no such framework\n");
}

/* What is said of a file of a package that has that spec. */
static const char *asset(const char *package_spec, const char *framework, const char *path, const char *spec)
{
	const struct chain_package p = {.package_id = SPAN("PKG-A"), .spec_id = span_of(package_spec)};
	const struct chain_file f = {.path = span_of(path), .spec = span_of(spec)};

	buf_reset(&said);
	chain_asset(&book, &p, lawbook_find(&book, LAW_FRAMEWORK, span_of(framework)), &f, &ends);
	return buf_cstr(&said);
}

static void test_asset(void)
{
	CHECK_STR(asset("", "", "anything", ""), "");
	CHECK_STR(asset("", "FMWK-1", "libs/PKG-A/b", ""), "");
	CHECK_STR(asset("", "FMWK-1", "libs/PKG-B/b", ""),
		  "UNAUTHORIZED libs/PKG-B/b: no path authorization of FMWK-1 allows it\n");
	CHECK_STR(asset("", "FMWK-2", "libs/PKG-A/b", ""),
		  "UNAUTHORIZED libs/PKG-A/b: no path authorization of FMWK-2 allows it\n");
	CHECK_STR(asset("SPEC-1", "FMWK-1", "libs/PKG-A/a", ""), "");
	CHECK_STR(asset("SPEC-1", "FMWK-1", "specs/SPEC-1/m", "SPEC-1"), "");
	CHECK_STR(asset("", "FMWK-1", "specs/SPEC-1/m", "SPEC-1"), "");
	CHECK_STR(asset("SPEC-1", "FMWK-1", "libs/PKG-A/b", ""),
		  "CHAIN libs/PKG-A/b: Broken chain: SPEC-1 does not list it among its assets\n");
	CHECK_STR(asset("SPEC-1", "FMWK-1", "x", ""), "UNAUTHORIZED x: no path authorization of FMWK-1 allows it\n");
	CHECK_STR(asset("SPEC-1", "FMWK-1", "libs/PKG-A/a", "SPEC-9"),
		  "CHAIN libs/PKG-A/a: Unknown spec owner: there is no spec SPEC-9\n");
}

int main(void)
{
	make_book();
	test_package();
	test_asset();
	lawbook_free(&book);
	buf_free(&said);
	return unit_done();
}

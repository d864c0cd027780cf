#include "unit.h"

#include "data/ident.h"

static void is(enum ident kind, const char *id, bool want)
{
	unit_check(ident_is(kind, span_of(id)) == want, id, __FILE__, __LINE__);
}

static void idents(void)
{
	char longest[IDENT_MAX + 2];
	is(IDENT_PACKAGE, "PKG-A", true);
	is(IDENT_PACKAGE, "PKG-BASELINE-HO3-000", true);
	is(IDENT_FRAMEWORK, "FMWK-100", true);
	is(IDENT_SPEC, "SPEC-INT-001", true);
	is(IDENT_PACKAGE, "PKG-", false);
	is(IDENT_PACKAGE, "PKG", false);
	is(IDENT_PACKAGE, "", false);
	is(IDENT_PACKAGE, "SPEC-A", false);
	is(IDENT_PACKAGE, "PKG-a", false);
	is(IDENT_PACKAGE, "PKG-A B", false);
	is(IDENT_PACKAGE, "PKG-A\n", false);
	is(IDENT_PACKAGE, "pkg-A", false);
	is(IDENT_FRAMEWORK, "FMWK-PKG-001", true);
	is(IDENT_FRAMEWORK, "FMWK_100", false);
	is(IDENT_FRAMEWORK, "FMWK-{NNN}", false);
	is(IDENT_SPEC, "SPEC-TEST-001\n", false);
	is(IDENT_PACKAGE, "PKG-\xc3\x89", false);
	CHECK(!ident_is(IDENT_PACKAGE, SPAN("PKG-A\0")));
	memset(longest, 'A', sizeof longest);
	memcpy(longest, "PKG-", 4);
	longest[IDENT_MAX + 1] = 0;
	is(IDENT_PACKAGE, longest, false);
	longest[IDENT_MAX] = 0;
	is(IDENT_PACKAGE, longest, true);
}

static void work_orders(void)
{
	is(IDENT_WORK_ORDER, "WO-20260201-001", true);
	is(IDENT_WORK_ORDER, "WO-20260201-12345", true);
	is(IDENT_WORK_ORDER, "WO-20260201-01", false);
	is(IDENT_WORK_ORDER, "WO-2026021-001", false);
	is(IDENT_WORK_ORDER, "WO-20260201001", false);
	is(IDENT_WORK_ORDER, "WO-20260201-00A", false);
	is(IDENT_WORK_ORDER, "WO-2026-201-001", false);
	is(IDENT_WORK_ORDER, "WO-TEST-001", false);
	is(IDENT_WORK_ORDER, "WO-", false);
	is(IDENT_WORK_ORDER, "PKG-20260201-001", false);
}

int main(void)
{
	idents();
	work_orders();
	return unit_done();
}

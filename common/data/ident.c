#include "data/ident.h"

enum { DATE_DIGITS = 8, SERIAL_DIGITS = 3 };

static bool all_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static bool is_serial(struct span s)
{
	return s.n >= DATE_DIGITS + 1 + SERIAL_DIGITS && s.p[DATE_DIGITS] == '-' &&
	       all_digits((struct span){s.p, DATE_DIGITS}) &&
	       all_digits((struct span){s.p + DATE_DIGITS + 1, s.n - DATE_DIGITS - 1});
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
			return false;
	return s.n > 0;
}

bool ident_is(enum ident kind, struct span id)
{
	static const char *const prefix[] = {
		[IDENT_PACKAGE] = "PKG-",
		[IDENT_FRAMEWORK] = "FMWK-",
		[IDENT_SPEC] = "SPEC-",
		[IDENT_WORK_ORDER] = "WO-",
	};
	size_t n = strlen(prefix[kind]);
	struct span rest;

	if (id.n <= n || id.n > IDENT_MAX || memcmp(id.p, prefix[kind], n) != 0)
		return false;
	rest = (struct span){id.p + n, id.n - n};
	return kind == IDENT_WORK_ORDER ? is_serial(rest) : is_name(rest);
}

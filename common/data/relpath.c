#include "data/relpath.h"

static const char *component_bad(const char *p, size_t n)
{
	if (n == 0)
		return "has an empty component";
	if (n == 1 && p[0] == '.')
		return "has a . component";
	if (n == 2 && p[0] == '.' && p[1] == '.')
		return "has a .. component";
	return n > RELPATH_NAME_MAX ? "has a component over 255 bytes" : NULL;
}

const char *relpath_bad(struct span path)
{
	if (path.n == 0)
		return "is empty";
	if (path.p[0] == '/')
		return "is absolute";
	if (path.n > RELPATH_MAX)
		return "is over 65535 bytes";
	if (memchr(path.p, '\0', path.n))
		return "holds a NUL";
	if (path.p[path.n - 1] == '/')
		return "ends in /";
	const char *end = path.p + path.n;
	for (const char *p = path.p, *slash; p < end; p = slash + 1) {
		slash = memchr(p, '/', (size_t)(end - p));
		if (!slash)
			slash = end;
		const char *bad = component_bad(p, (size_t)(slash - p));
		if (bad)
			return bad;
	}
	return NULL;
}

/* The order of a, which is a true prefix of b's bytes, against b. */
static int prefix_cmp(struct span a, bool a_dir, struct span b, bool b_dir)
{
	if (!a_dir)
		return -1;
	if (b.p[a.n] != '/')
		return '/' < (unsigned char)b.p[a.n] ? -1 : 1;
	return b.n > a.n + 1 || b_dir ? -1 : 0;
}

int relpath_cmp(struct span a, bool a_dir, struct span b, bool b_dir)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;
	if (d)
		return d;
	if (a.n == b.n)
		return a_dir - b_dir;
	return a.n < b.n ? prefix_cmp(a, a_dir, b, b_dir) : -prefix_cmp(b, b_dir, a, a_dir);
}

bool relpath_beneath(struct span path, struct span dir)
{
	if (dir.n == 0)
		return true;
	return path.n > dir.n && path.p[dir.n] == '/' && memcmp(path.p, dir.p, dir.n) == 0;
}

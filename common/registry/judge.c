#include "registry/judge.h"

#include "filter/filter.h"
#include "ledger/pins.h"
#include "os/beneath.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* --- owners --- */

/* One finding for each owner, at the first of its files. */
static void judge_owner(const struct project *p, const struct registry_row *row, struct buf *told)
{
	const struct known *k = projection_find(p->state, OF_PACKAGES, row->owner);

	/* One that no entry knows is found when rows are explained, where the registry differs. */
	if (!k || k->state == KNOWN_INSTALLED || k->state == KNOWN_ADOPTED)
		return;
	for (size_t at = 0; at < told->n; at += strlen(told->p + at) + 1)
		if (span_eq(span_of(told->p + at), row->owner))
			return;
	buf_span_add(told, row->owner);
	buf_char(told, '\0');
	finding(CODE_UNRECORDED, row->path, "Owner not installed: %.*s",
		(int)(row->owner.n < 255 ? row->owner.n : 255), row->owner.p);
}

void owners_judge(const struct project *p, const char *name)
{
	int fd = beneath_open(p->root, span_of(name), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0), status, got;
	struct registry *registry;
	struct registry_row row;
	struct buf told = {0};

	if (project_differs(p, name))
		finding(CODE_STALE, span_of(name), NULL);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0)
		sys_fail(errno, "unable to open %s", name);
	registry = registry_open_fd(fd, name, &status);
	if (!registry)
		filter_abandon((enum status)status);
	while ((got = registry_next(registry, &row, &status)) > 0)
		judge_owner(p, &row, &told);
	if (got < 0)
		filter_abandon((enum status)status);
	registry_close(registry);
	buf_free(&told);
}

/* --- the plane --- */

static bool has_ledger(const char *root)
{
	struct buf path = {0};
	bool there;

	buf_printf(&path, "%s/" PINS_LEDGER, root);
	there = faccessat(AT_FDCWD, buf_cstr(&path), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && errno != ENOENT && errno != ENOTDIR)
		sys_fail(errno, "unable to look for " PINS_LEDGER);
	buf_free(&path);
	return there;
}

/* Where the ledger of packages is; `name` is what the judged plane is called there, with a slash behind it. */
static bool find_top(struct buf *top, struct buf *name, const char *root)
{
	const char *last = strrchr(root, '/');
	size_t above = last ? (size_t)(last - root) : 0, n = strlen("/planes");

	buf_str(top, root);
	if (has_ledger(root))
		return true;
	if (above <= n || memcmp(root + above - n, "/planes", n) != 0)
		return false;
	buf_printf(name, "planes/%s/", last + 1);
	buf_reset(top);
	buf_add(top, root, above - n);
	return has_ledger(buf_cstr(top));
}

bool plane_judge(struct plane_judge *j, const char *root)
{
	struct buf registry = {0};
	bool there;

	*j = (struct plane_judge){.root = -1};
	there = find_top(&j->top, &registry, root);
	buf_str(&registry, OWNERSHIP_FILE);
	if (there) {
		j->root = open(buf_cstr(&j->top), O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (j->root < 0)
			sys_fail(errno, "unable to open the plane %s", buf_cstr(&j->top));
		j->project.root = j->root;
		project_run(&j->project, buf_cstr(&j->top), false);
		owners_judge(&j->project, buf_cstr(&registry));
	}
	buf_free(&registry);
	return there;
}

void plane_judge_free(struct plane_judge *j)
{
	project_free(&j->project);
	if (j->root >= 0)
		close(j->root);
	buf_free(&j->top);
}

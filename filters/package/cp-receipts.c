/* cp-receipts: what is installed, and whether each receipt is what ledger and registries come to. */
#include "apply/history.h"
#include "apply/receipt.h"
#include "filter/effect.h"
#include "filter/gate.h"
#include "filter/quiet.h"
#include "os/beneath.h"
#include "os/in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECEIPT_BYTES = 64 << 20 };

/* --- the entries that made them --- */

struct made {
	char *package_id, *line;
	size_t n;
};

struct looking {
	struct made *made; /* by package_id */
	size_t n, cap;
	struct json json;
};

/* Where it stands, or belongs. */
static size_t find(const struct looking *l, struct span id)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_cmp(span_of(l->made[middle].package_id), id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct made *get(struct looking *l, struct span id)
{
	size_t at = find(l, id);

	if (at < l->n && span_is(id, l->made[at].package_id))
		return &l->made[at];
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->made = xreallocarray(l->made, l->cap, sizeof *l->made);
	}
	memmove(l->made + at + 1, l->made + at, (l->n++ - at) * sizeof *l->made);
	l->made[at] = (struct made){.package_id = xstrndup(id.p, id.n)};
	return &l->made[at];
}

/* The last entry that installed or upgraded a package stands for it. */
static void collected(void *ctx, struct span line)
{
	struct looking *l = ctx;
	struct span type, id;
	struct made *m;

	if (!json_parse(&l->json, line.p, line.n, JSON_RECORD))
		return;
	type = history_text(&l->json, "event_type");
	id = history_text(&l->json, "package_id");
	if (!id.n || (!span_is(type, "INSTALLED") && !span_is(type, "UPGRADED")))
		return;
	m = get(l, id);
	free(m->line);
	m->line = xstrndup(line.p, line.n);
	m->n = line.n;
}

static bool look(struct looking *l)
{
	bool holds = history_walk(filter_root(), collected, l);

	json_free(&l->json);
	return holds;
}

/* --- one package --- */

struct judging {
	struct project p;
	struct looking l;
};

/* What lies there; false: nothing does. */
static bool read_receipt(int root, const char *id, struct buf *text)
{
	struct buf path = {0};
	int fd;

	buf_reset(text);
	buf_printf(&path, "installed/%s/receipt.json", id);
	fd = beneath_open(root, buf_span(&path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		sys_fail(errno, "unable to open %s", buf_cstr(&path));
	if (fd >= 0 && slurp_fd(fd, RECEIPT_BYTES, text) != 0)
		sys_fail(errno, "unable to read %s", buf_cstr(&path));
	if (fd >= 0)
		close(fd);
	buf_free(&path);
	return fd >= 0;
}

static struct span place(const char *id)
{
	static struct buf path;

	buf_reset(&path);
	buf_printf(&path, "installed/%s/receipt.json", id);
	return buf_span(&path);
}

/* As a record: what fits in one. */
static void say(struct span text)
{
	struct buf line = {0};

	buf_str(&line, "{\"kind\":\"receipt\",");
	buf_add(&line, text.p + 1, text.n - 2);
	if (line.n <= RECORD_BYTES)
		emit_line(buf_span(&line));
	else
		warn("unable to hand a receipt on: it is over 1 MiB");
	buf_free(&line);
}

static void compare(struct judging *j, const struct known *k, const struct made *m)
{
	struct buf is = {0}, to_be = {0};
	struct json said = {0};
	struct receipt_entry e = {.said = &said};
	const char *id = k->text[K_ID];

	if (!json_parse(&said, m->line, m->n, JSON_RECORD))
		bad_input("unable to trust the ledger: %s", said.error);
	e.id = history_text(&said, "entry_id");
	e.hash = history_text(&said, "entry_hash");
	e.timestamp = history_text(&said, "timestamp");
	if (!read_receipt(j->p.root, id, &is))
		finding(CODE_MISSING, place(id), "%s %s is installed", id, k->text[K_VERSION]);
	else if (receipt_text(&to_be, &j->p, k, &e) && span_eq(buf_span(&is), buf_span(&to_be)))
		say(buf_span(&is));
	else
		finding(CODE_STALE, place(id), "it is not what entry %.*s and the registries come to", (int)e.id.n,
			e.id.p);
	json_free(&said);
	buf_free(&is);
	buf_free(&to_be);
}

static void judge(void *ctx, struct known *k)
{
	struct judging *j = ctx;
	size_t at = find(&j->l, span_of(k->text[K_ID]));

	if (k->state != KNOWN_INSTALLED)
		return;
	gate_checked(1);
	if (at < j->l.n && strcmp(j->l.made[at].package_id, k->text[K_ID]) == 0)
		compare(j, k, &j->l.made[at]);
}

/* --- those that nobody installed --- */

static void judge_strays(struct judging *j)
{
	int fd = beneath_open(j->p.root, SPAN("installed"), O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d && (fd >= 0 || errno != ENOENT))
		sys_fail(errno, "unable to read installed");
	while (d && (e = readdir(d))) {
		const struct known *k;
		struct buf text = {0};

		if (e->d_name[0] == '.')
			continue;
		k = projection_find(j->p.state, OF_PACKAGES, span_of(e->d_name));
		if ((!k || k->state != KNOWN_INSTALLED) && read_receipt(j->p.root, e->d_name, &text)) {
			gate_checked(1);
			finding(CODE_UNRECORDED, place(e->d_name), "no entry of the ledger says that it is installed");
		}
		buf_free(&text);
	}
	if (d)
		closedir(d);
}

static void start(int argc, char **argv)
{
	struct judging j = {.p = {.root = open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC)}};
	int lock;

	(void)argc;
	(void)argv;
	if (j.p.root < 0)
		sys_fail(errno, "unable to open the root %s", filter_root());
	lock = quiet_begin(filter_root());
	if (look(&j.l) && project_run(&j.p, filter_root(), false)) {
		projection_each(j.p.state, OF_PACKAGES, judge, &j);
		judge_strays(&j);
	}
	quiet_end(lock);
	gate_verdict("RECEIPTS", (struct span){NULL, 0}, (struct span){0});
	project_free(&j.p);
	for (size_t i = 0; i < j.l.n; i++) {
		free(j.l.made[i].package_id);
		free(j.l.made[i].line);
	}
	free(j.l.made);
	close(j.p.root);
}

static const struct filter self = {
	.name = "cp-receipts",
	.summary = "show what is installed, and judge each receipt by the ledger",
	.args = "",
	.reads = "",
	.writes = "receipt finding verdict",
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}

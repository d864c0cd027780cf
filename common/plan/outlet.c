#include "plan/internal.h"

#include "identity/config.h"
#include "os/beneath.h"
#include "os/env.h"
#include "pack/tarin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTLETS "config/outputs.json"

struct outlets {
	struct buf text;
	struct json json;
	uint32_t directories, variables; /* arrays of texts; 0: none */
};

/* --- the policy --- */

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && s.p[i] != '_' && !(i && s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return s.n > 0;
}

static bool is_directory(struct span s)
{
	return s.n > 1 && s.p[0] == '/' && !tar_path_bad((struct span){s.p + 1, s.n - 1});
}

static bool is_list(const struct json *j, uint32_t at, bool (*good)(struct span))
{
	struct span text;

	if (at && j->node[at].type != JSON_ARRAY)
		return false;
	if (at)
		for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c))
			if (!config_text(j, c, &text) || !good(text))
				return false;
	return true;
}

/* What is not there allows nothing; what cannot be trusted ends it. */
static void read_outlets(struct planning *p, struct outlets *o)
{
	static const char *const names[] = {"schema_version", "directories", "variables", NULL};
	struct stat st;
	const char *why;

	if (fstatat(p->ask.root, OUTLETS, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return;
	why = config_read(&o->text, &o->json, p->ask.root_path, OUTLETS);
	if (!why) {
		o->directories = json_get(&o->json, 0, "directories");
		o->variables = json_get(&o->json, 0, "variables");
		if (!config_members(&o->json, 0, names))
			why = "it has a member that it may not have";
		else if (!is_list(&o->json, o->directories, is_directory))
			why = "its directories are no list of absolute paths";
		else if (!is_list(&o->json, o->variables, is_name))
			why = "its variables are no list of names";
	}
	if (why)
		bad_input("unable to trust " OUTLETS ": %s", why);
}

static bool lists(const struct outlets *o, struct span name)
{
	const struct json *j = &o->json;

	if (o->variables)
		for (uint32_t c = json_first(j, o->variables); c != j->node[o->variables].end; c = json_next(j, c))
			if (span_eq(json_text(j, c), name))
				return true;
	return false;
}

/* --- the path --- */

/* Takes the name behind a `$`, NAME or {NAME}; n 0: there is none. */
static struct span take_name(const char **at, const char *end)
{
	bool braces = *at < end && **at == '{';
	const char *start = *at + braces, *stop = start;

	while (stop < end && ((*stop >= 'A' && *stop <= 'Z') || *stop == '_' || (*stop >= '0' && *stop <= '9')))
		stop++;
	*at = stop;
	if (braces && (stop == end || *stop != '}'))
		return (struct span){0};
	*at += braces;
	return (struct span){start, (size_t)(stop - start)};
}

static bool put_variable(struct planning *p, const struct outlets *o, struct span name, struct buf *b)
{
	char text[256];
	const char *value;

	if (!is_name(name) || name.n >= sizeof text) {
		plan_fault(p, CODE_MANIFEST, NULL, "output.path has a $ without a name behind it");
		return false;
	}
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	value = lists(o, name) ? env_listed(text) : NULL;
	if (value) {
		buf_str(b, value);
		return true;
	}
	plan_fault(p, CODE_UNAUTHORIZED, NULL, lists(o, name) ? "output.path needs the variable %s, which is not set" :
			   "output.path has the variable %s, which " OUTLETS " does not list", text);
	return false;
}

static bool expand(struct planning *p, const struct outlets *o, struct buf *b)
{
	struct span path = p->manifest.text[M_OUTPUT_PATH];

	for (const char *at = path.p, *end = path.p + path.n; at < end;) {
		if (*at != '$') {
			buf_char(b, *at++);
			continue;
		}
		at++;
		if (!put_variable(p, o, take_name(&at, end), b))
			return false;
	}
	if (b->n && b->p[0] == '/')
		return true;
	plan_fault(p, CODE_MANIFEST, NULL, b->n ? "output.path is not absolute" :
		   "it is external, and has no output.path");
	return false;
}

static bool lies_in(const char *path, struct span dir)
{
	return strncmp(path, dir.p, dir.n) == 0 && path[dir.n] == '/';
}

/* The listed directory that the path is in, and that is there by that very name: so no link leads elsewhere. */
static bool is_listed(const struct outlets *o, const char *path)
{
	const struct json *j = &o->json;
	bool found = false;

	for (uint32_t c = o->directories ? json_first(j, o->directories) : 0;
	     c && !found && c != j->node[o->directories].end; c = json_next(j, c)) {
		struct span dir = json_text(j, c);
		char *name = xstrndup(dir.p, dir.n), *real;

		real = lies_in(path, dir) ? realpath(name, NULL) : NULL;
		found = real && strcmp(real, name) == 0;
		free(real);
		free(name);
	}
	return found;
}

/* Only what is not there yet is made, and no directory. */
static void judge_place(struct planning *p, const struct plan_file *f, int top)
{
	struct beneath_parent parent = {.fd = -1};
	const char *name;
	struct stat st;
	int dir = beneath_parent(&parent, top, span_of(f->path + 1), &name);

	if (dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		plan_fault(p, CODE_OCCUPIED, f, "it is there already, and only new files are delivered");
	else if (dir < 0 && errno == ENOENT)
		plan_fault(p, CODE_MISSING, f, "the directory that it would be delivered to is not there");
	else if (errno == ELOOP || errno == ENOTDIR)
		plan_fault(p, CODE_OCCUPIED, f, "a name above it is no directory");
	else if (errno != ENOENT)
		plan_fault(p, CODE_UNREADABLE, f, "%s", strerror(errno));
	beneath_parent_close(&parent);
}

static void judge_file(struct planning *p, const struct outlets *o, const struct plan_file *f, int top)
{
	const char *why = tar_path_bad(span_of(f->path + 1));

	if (why)
		plan_fault(p, CODE_PATH_ESCAPE, NULL, "the target of %s %s", f->source, why);
	else if (lies_in(f->path, span_of(p->ask.root_path)))
		plan_fault(p, CODE_UNAUTHORIZED, f, "it is external, and lies in the plane");
	else if (!is_listed(o, f->path))
		plan_fault(p, CODE_UNAUTHORIZED, f, "it lies in no directory that " OUTLETS " lists and that is there");
	else
		judge_place(p, f, top);
}

/* A path that ends in a slash is the directory of all assets; another one is the place of the only one. */
static void place_files(struct planning *p, struct span path)
{
	bool several = path.p[path.n - 1] == '/';
	struct buf b = {0};

	if (!several && p->wanted.n > 1)
		plan_fault(p, CODE_MANIFEST, NULL, "output.path must end in / where there are several assets");
	for (size_t i = 0; i < p->wanted.n; i++) {
		struct plan_file *f = &p->wanted.item[i];

		buf_reset(&b);
		buf_span_add(&b, path);
		if (several)
			buf_str(&b, f->source);
		free(f->path);
		f->path = xstrdup(buf_cstr(&b));
	}
	buf_free(&b);
	plan_files_sort(&p->wanted);
}

void outlet_judge(struct planning *p)
{
	struct outlets o = {.text = {0}};
	struct buf path = {0};
	int top;

	if (!p->wanted.n || !p->wanted.item[0].outside)
		return;
	read_outlets(p, &o);
	if (expand(p, &o, &path)) {
		top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (top < 0)
			sys_fail(errno, "unable to open /");
		place_files(p, buf_span(&path));
		for (size_t i = 0; i < p->wanted.n; i++) {
			if (i && plan_file_cmp(&p->wanted.item[i - 1], &p->wanted.item[i]) == 0)
				plan_fault(p, CODE_DUPLICATE, &p->wanted.item[i], "the target of two assets");
			judge_file(p, &o, &p->wanted.item[i], top);
		}
		close(top);
	}
	buf_free(&path);
	buf_free(&o.text);
	json_free(&o.json);
}

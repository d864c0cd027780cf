#include "ledger/pins.h"

#include "base/text.h"
#include "chain/loose.h"
#include "filter/filter.h"
#include "ledger/source.h"
#include "os/beneath.h"
#include "os/env.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UID_BYTES = 255 };

const char *pins_uid_bad(struct span uid)
{
	if (!uid.n || uid.n > UID_BYTES)
		return "is empty or too long";
	if (span_is(uid, "*"))
		return "is *, which means any";
	for (size_t i = 0; i < uid.n; i++)
		if ((unsigned char)uid.p[i] <= ' ' || uid.p[i] == 0x7f)
			return "has a blank or a control character";
	return utf8_valid(uid.p, uid.n) ? NULL : "is not UTF-8";
}

static _Noreturn void distrust(const char *why)
{
	err_place(PINS_LEDGER, 1);
	bad_input("unable to trust what the plane pins: %s", why);
}

static void hold(const struct entry *e)
{
	struct digest *d = digest_new();

	if (!e->entry_hash.p || !entry_hash_holds(d, e))
		distrust("the hash of the first entry does not hold");
	digest_free(d);
}

/* --- the members --- */

static bool is_null(const struct json *j, uint32_t at)
{
	return !at || j->node[at].type == JSON_NULL;
}

static void take_hash(struct buf *out, const struct json *j, const char *key)
{
	unsigned char sum[DIGEST_LEN];
	struct span text;

	if (is_null(j, json_get(j, 0, key)))
		return;
	if (!entry_text(j, 0, key, &text) || !digest_parse(text, sum))
		distrust("a hash that it pins is none");
	buf_span_add(out, text);
}

static void take_providers(struct pins *p, const struct json *j)
{
	uint32_t at = json_get(j, 0, "providers");
	struct span name;

	if (is_null(j, at))
		return;
	if (j->node[at].type != JSON_ARRAY || !j->node[at].count)
		distrust("its providers are no list, or an empty one");
	for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)) {
		name = json_text(j, c);
		if (j->node[c].type != JSON_STRING || !name.n || memchr(name.p, '\\', name.n))
			distrust("one of its providers has no name");
		buf_span_add(&p->providers, name);
		buf_char(&p->providers, '\0');
	}
}

static void take_rest(struct pins *p, const struct json *j)
{
	uint32_t at = json_get(j, 0, "development");

	if (at && j->node[at].type != JSON_TRUE && j->node[at].type != JSON_FALSE)
		distrust("its `development` is neither true nor false");
	p->development = at && j->node[at].type == JSON_TRUE;
	at = json_get(j, 0, "keyring_version");
	if (!is_null(j, at) && !json_int(j, at, 1, INT64_MAX, &p->keyring_version))
		distrust("its keyring_version is none");
}

static void take(struct pins *p, const struct entry *e)
{
	struct genesis g;
	const char *why = genesis_read(&g, e);

	if (why)
		distrust(why);
	if (g.type != L_PACKAGE)
		distrust("it is no ledger of packages");
	hold(e);
	if (g.plane_uid.n && pins_uid_bad(g.plane_uid))
		distrust("its plane_uid is none");
	buf_span_add(&p->plane_uid, g.plane_uid);
	p->level = g.level;
	take_hash(&p->keyring_hash, &e->json, "keyring_hash");
	take_hash(&p->jwks_hash, &e->json, "jwks_hash");
	take_providers(p, &e->json);
	take_rest(p, &e->json);
	p->present = p->plane_uid.n || p->keyring_hash.n || p->jwks_hash.n || p->providers.n || p->development ||
		     p->keyring_version || json_get(&e->json, 0, "rollback_level");
}

/* --- where the first entry is --- */

/* The active file is not the first: its SEGMENT_START says which GENESIS the ledger has. */
static void take_from_segments(struct pins *p, int root, const struct opening *now)
{
	struct buf path = {0};
	struct opening first = {.kind = OPENING_OTHER};
	const struct segment *part;
	struct source s;
	struct place at;
	struct span line;

	hold(&now->entry);
	buf_printf(&path, "/proc/self/fd/%d/" PINS_LEDGER, root);
	if (place_open(&at, buf_cstr(&path), true) < 0)
		sys_fail(errno, "unable to open " PINS_LEDGER);
	at.path = PINS_LEDGER;
	if (source_open(&s, &at, NULL) < 0)
		sys_fail(errno, "unable to read " PINS_LEDGER);
	if (!source_must(&s, &part) || !source_must_line(&s, &line))
		distrust("its first entry is missing");
	opening_parse(&first, line);
	if (first.kind != OPENING_GENESIS || memcmp(first.genesis, now->genesis, DIGEST_LEN) != 0)
		distrust("its first segment does not begin with the GENESIS that the active file names");
	take(p, &first.entry);
	opening_free(&first);
	source_close(&s);
	place_close(&at);
	buf_free(&path);
}

/* A first line that is no entry of ours: of an earlier format, or damaged? */
static bool earlier(const struct opening *o)
{
	enum chain_format format;
	struct json j = {0};
	bool yes = o->line.n && chain_format_of(&j, buf_span(&o->line), &format) && format != FORMAT_V1;

	json_free(&j);
	return yes;
}

static int open_ledger(int root)
{
	int fd = beneath_open(root, SPAN(PINS_LEDGER), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		sys_fail(errno, "unable to open " PINS_LEDGER);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)))
		distrust("it is no regular file");
	return fd;
}

void pins_read(struct pins *p, int root)
{
	struct opening o = {.kind = OPENING_OTHER};
	struct stat st;
	int fd = open_ledger(root);

	*p = (struct pins){0};
	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || opening_read(fd, (uint64_t)st.st_size, &o) < 0)
		sys_fail(errno, "unable to read " PINS_LEDGER);
	close(fd);
	if (o.kind == OPENING_GENESIS)
		take(p, &o.entry);
	else if (o.kind == OPENING_SEGMENT)
		take_from_segments(p, root, &o);
	else if (!earlier(&o))
		distrust(o.why);
	opening_free(&o);
}

void pins_free(struct pins *p)
{
	buf_free(&p->plane_uid);
	buf_free(&p->keyring_hash);
	buf_free(&p->jwks_hash);
	buf_free(&p->providers);
	*p = (struct pins){0};
}

/* --- what a plane for development has outside of it --- */

static bool state_path(struct buf *path, struct span uid, const char *name)
{
	const char *state = env_state_home(), *home = env_home();

	if (state && state[0] == '/')
		buf_str(path, state);
	else if (home && home[0] == '/')
		buf_printf(path, "%s/.local/state", home);
	else
		return false;
	buf_printf(path, "/cp-filters/dev/%.*s/%s", (int)uid.n, uid.p, name);
	return true;
}

bool pins_dev_file(struct buf *path, const char *root, const char *name, struct buf *plane_uid)
{
	int fd = root ? open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	size_t before = path->n;
	struct pins p;
	struct span uid;
	bool found;

	if (fd < 0)
		return false;
	pins_read(&p, fd);
	close(fd);
	uid = buf_span(&p.plane_uid);
	found = p.development && uid.n && uid.p[0] != '.' && !memchr(uid.p, '/', uid.n) &&
		state_path(path, uid, name) && access(buf_cstr(path), F_OK) == 0;
	if (!found)
		path->n = before;
	else if (plane_uid)
		buf_span_add(plane_uid, uid);
	pins_free(&p);
	return found;
}

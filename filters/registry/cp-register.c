/* cp-register: a framework or a spec becomes law of the plane. */
#include "charter/plane.h"
#include "charter/say.h"
#include "data/canon.h"
#include "data/ident.h"
#include "data/jsonw.h"
#include "data/relpath.h"
#include "data/semver.h"
#include "filter/effect.h"
#include "identity/authorise.h"
#include "law/law.h"
#include "law/spec.h"
#include "ledger/book.h"
#include "os/beneath.h"
#include "os/in.h"
#include "registry/enter.h"
#include "registry/project.h"
#include "seal/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { APPROVAL_BYTES = 1 << 16 };

/* What is registered: the kind of its record is the operand. */
static const struct sort {
	const char *kind, *id, *plane, *event;
	enum ident ident;
	enum projection_of of;
} sorts[] = {
	{"framework", "framework_id", "plane", "FRAMEWORK_APPROVED", IDENT_FRAMEWORK, OF_FRAMEWORKS},
	{"spec", "spec_id", "plane_id", "SPEC_REGISTERED", IDENT_SPEC, OF_SPECS},
};

enum fact { F_ID, F_VERSION, F_STATUS, F_TITLE, F_PLANE, F_FRAMEWORK, F_PATH, FACTS };

static struct ask ask;
static struct opt_list approvals;
static const struct sort *sort;
static struct buf fact[FACTS];
static struct actor actor;

/* --- what --- */

static void take(const struct record *r, enum fact f, const char *key)
{
	static struct buf scratch;
	struct span value;

	buf_reset(&fact[f]);
	if (record_str(r, key, &value, &scratch))
		buf_span_add(&fact[f], value);
}

static int open_document(int root)
{
	int dir = beneath_open(root, buf_span(&fact[F_PATH]), O_PATH | O_DIRECTORY, 0);
	int fd;

	if (dir >= 0) {
		buf_str(&fact[F_PATH], "/manifest.yaml");
		close(dir);
	}
	fd = beneath_open(root, buf_span(&fact[F_PATH]), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		sys_fail(errno, "unable to open %s", buf_cstr(&fact[F_PATH]));
	return fd;
}

/* Read once: what is judged is what is hashed. */
static void read_document(int root, struct buf *text, char hash[DIGEST_TEXT])
{
	struct digest *d;
	unsigned char sum[DIGEST_LEN];
	int fd = open_document(root);

	if (slurp_fd(fd, RECORD_BYTES, text) != 0) {
		if (errno == EFBIG)
			bad_input("unable to read %s: it is over 1 MiB", buf_cstr(&fact[F_PATH]));
		sys_fail(errno, "unable to read %s", buf_cstr(&fact[F_PATH]));
	}
	close(fd);
	d = digest_new();
	digest_bytes(d, text->p, text->n, sum);
	digest_text(sum, hash);
	digest_free(d);
}

/* The one place where the document is judged: as its own judge does it, a spec against the law of the plane. */
static bool judge_document(const struct record *r)
{
	struct lawbook book = {0};
	struct law_ends ends = charter_ends();

	lawbook_add(&book, r, true);
	if (sort->of == OF_FRAMEWORKS) {
		law_check(&book, &ends);
	} else {
		charter_read(&book, filter_root(), CHARTER_FRAMEWORKS | CHARTER_SPECS);
		spec_check(&book, &ends, true);
	}
	lawbook_free(&book);
	return filter_findings() == 0;
}

/* False: it is not what it must be, and that was told. */
static bool take_document(struct span text)
{
	struct record r = {0};
	struct buf line = {0};
	struct semver version;
	const char *why;
	bool good;

	(sort->of == OF_FRAMEWORKS ? charter_framework : charter_spec)(&line, text, buf_cstr(&fact[F_PATH]));
	buf_char(&line, '}');
	why = record_parse(&r, buf_span(&line));
	if (why)
		bad_input("unable to make a record of %s: %s", buf_cstr(&fact[F_PATH]), why);
	good = judge_document(&r);
	take(&r, F_ID, sort->id);
	take(&r, F_VERSION, "version");
	take(&r, F_STATUS, "status");
	take(&r, F_TITLE, "title");
	take(&r, F_PLANE, sort->plane);
	take(&r, F_FRAMEWORK, "framework_id");
	if (good &&
	    (!ident_is(sort->ident, buf_span(&fact[F_ID])) || semver_parse(&version, buf_span(&fact[F_VERSION]))))
		bad_input("unable to register %s: it has no id or no version", buf_cstr(&fact[F_PATH]));
	record_free(&r);
	buf_free(&line);
	return good;
}

static bool refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool refuse(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	complain("unable to register %s %s: %s", buf_cstr(&fact[F_ID]), buf_cstr(&fact[F_VERSION]), buf_cstr(&b));
	filter_raise(STATUS_NO);
	buf_free(&b);
	return false;
}

/* Does it fit what is registered already? */
static bool fits(struct project *p, const char *hash)
{
	const struct known *k = projection_find(p->state, sort->of, buf_span(&fact[F_ID]));
	struct semver before, now;

	if (!span_is(buf_span(&p->intent.tier), "ho3"))
		return refuse("only ho3 registers, and ledger/governance.jsonl is %s%s",
			      p->intent.tier.n ? "of " : "absent", buf_cstr(&p->intent.tier));
	if (sort->of == OF_SPECS) {
		const struct known *f = projection_find(p->state, OF_FRAMEWORKS, buf_span(&fact[F_FRAMEWORK]));

		if (!f || !f->text[K_STATUS] || strcmp(f->text[K_STATUS], "active") != 0)
			return refuse("its framework %s is not active here", buf_cstr(&fact[F_FRAMEWORK]));
	}
	if (!k || !k->text[K_VERSION] || semver_parse(&before, span_of(k->text[K_VERSION])) ||
	    (k->text[K_STATUS] && strcmp(k->text[K_STATUS], "proposed") == 0))
		return true;
	semver_parse(&now, buf_span(&fact[F_VERSION]));
	if (semver_cmp(&now, &before) < 0)
		return refuse("%s is registered, which is later", k->text[K_VERSION]);
	if (semver_cmp(&now, &before) == 0 && k->text[K_HASH] &&
	    !span_is((struct span){hash, DIGEST_TEXT}, k->text[K_HASH]))
		return refuse("this version is registered with another hash");
	return true;
}

/* --- the entry --- */

static void add_approvals(struct buf *body)
{
	struct buf text = {0};
	struct json j = {0};

	jsonw_array_open(body, "approval_chain");
	for (unsigned i = 0; i < approvals.n; i++) {
		buf_reset(&text);
		if (slurp(approvals.item[i], APPROVAL_BYTES, &text) != 0)
			sys_fail(errno, "unable to read the approval %s", approvals.item[i]);
		if (!json_parse(&j, text.p, text.n, JSON_RECORD)) {
			err_place(approvals.item[i], 0);
			bad_input("unable to use the approval: %s", j.error);
		}
		buf_str(body, i ? "," : "");
		canon_jcs(body, &j, 0);
	}
	jsonw_array_close(body);
	json_free(&j);
	buf_free(&text);
}

static void add_fact(struct buf *body, const char *key, enum fact f)
{
	if (fact[f].n)
		jsonw_str(body, key, buf_span(&fact[f]));
}

/* Canonical: the members stand in the order they sort into. */
static void write_body(struct buf *body, const char *hash)
{
	struct buf key = {0};

	buf_printf(&key, "%s:%s:%.*s", buf_cstr(&fact[F_ID]), buf_cstr(&fact[F_VERSION]), DIGEST_TEXT, hash);
	jsonw_open(body, NULL);
	if (approvals.n)
		add_approvals(body);
	jsonw_str(body, "dedupe_key", buf_span(&key));
	jsonw_cstr(body, "event_type", sort->event);
	add_fact(body, "framework_id", F_FRAMEWORK);
	jsonw_str(body, "hash", (struct span){hash, DIGEST_TEXT});
	add_fact(body, "path", F_PATH);
	add_fact(body, "plane", F_PLANE);
	if (sort->of == OF_SPECS)
		add_fact(body, "spec_id", F_ID);
	add_fact(body, "status", F_STATUS);
	add_fact(body, "title", F_TITLE);
	add_fact(body, "version", F_VERSION);
	jsonw_close(body);
	buf_free(&key);
}

static bool schema_holds(const struct json *body)
{
	struct buf why = {0};
	bool good = enter_fits(body, sort->event, &why) || refuse("its entry would not be one: %s", buf_cstr(&why));

	buf_free(&why);
	return good;
}

static void enter(int root)
{
	struct project before = {.root = root};
	struct buf body = {0}, path = {0}, text = {0};
	struct json j = {0};
	char hash[DIGEST_TEXT];
	bool entered = false;

	read_document(root, &text, hash);
	buf_printf(&path, "%s/ledger/governance.jsonl", filter_root());
	if (take_document(buf_span(&text))) {
		write_body(&body, hash);
		body_parse(&j, buf_span(&body));
		if (schema_holds(&j) && project_run(&before, filter_root(), true) && fits(&before, hash)) {
			/* They came out before the entry was written, and do so again behind it. */
			enter_append(buf_cstr(&path), &j, &actor.user);
			entered = true;
		}
	}
	if (entered && !filter_dry_run())
		enter_project(root, filter_root());
	project_free(&before);
	json_free(&j);
	buf_free(&body);
	buf_free(&path);
	buf_free(&text);
}

static void start(int argc, char **argv)
{
	int root;

	(void)argc;
	for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
		if (strcmp(argv[0], sorts[i].kind) == 0)
			sort = &sorts[i];
	if (!sort)
		bad_usage("unable to register a %s, only a framework or a spec", argv[0]);
	if (relpath_bad(span_of(argv[1])))
		bad_usage("unable to register %s: its path in the plane %s", argv[1], relpath_bad(span_of(argv[1])));
	identity_authorise(&actor, &ask, ACTION_REGISTER, "register");
	buf_str(&fact[F_PATH], argv[1]);
	root = effect_begin(false);
	enter(root);
	close(root);
	for (int i = 0; i < FACTS; i++)
		buf_free(&fact[i]);
	actor_free(&actor);
}

static const struct opt opts[] = {
	{.name = "approval",
	 .value = "FILE",
	 .summary = "one who approves, signed, as JSON; of a framework at least one",
	 .kind = OPT_LIST,
	 .target = &approvals},
	IDENTITY_OPTS(ask),
	{0},
};

static const struct filter self = {
	.name = "cp-register",
	.summary = "make a framework or a spec law of the plane",
	.args = "framework|spec DOCUMENT",
	.reads = "",
	.writes = "ack finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 2,
	.operands_max = 2,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}

/* cp-stage: an archive that passed comes into the plane's packages_store. */
#include "admit/brings.h"
#include "bundle/judge.h"
#include "data/ident.h"
#include "data/jsonw.h"
#include "data/semver.h"
#include "identity/authorise.h"
#include "ledger/book.h"
#include "os/beneath.h"
#include "os/save.h"
#include "registry/enter.h"
#include "registry/project.h"
#include "seal/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, NAME_BYTES = 200 };
static const char store_name[] = "packages_store", ledger_name[] = "ledger/packages.jsonl";

static struct ask ask;
static struct actor actor;
static struct buf path, archive_hash; /* as the stream has them */
static bool denied, seen;
static struct spool *others; /* of another kind; they go on when all is done */
static const char *named; /* the archive, where it was told beforehand */

/* What the archive says of itself, read anew. */
static struct {
	int fd; /* -1: not read yet */
	struct bundle bundle;
	struct record package;
	struct buf line, id, version, manifest_hash, document_hash, output_type, output_path, name, sum;
} own = {.fd = -1};

/* --- the stream --- */

static void take(struct record *r, const char *key, struct buf *out)
{
	struct buf scratch = {0};
	struct span value;

	if (!record_str(r, key, &value, &scratch) || !value.n)
		bad_input("unable to stage the package: its record has no %s", key);
	buf_span_add(out, value);
	buf_free(&scratch);
}

/* What was found on the way goes on. A verdict of whoever can only say no: what says yes is asked again of the archive
 * itself, and so is what it holds: who comes next hears that from us, and nothing before all is done. */
static void step(struct record *r)
{
	if (record_is(r, "package")) {
		if (seen)
			bad_input("unable to stage the package: the stream is about two");
		seen = true;
		take(r, "path", &path);
		take(r, "archive_hash", &archive_hash);
	} else if (record_is(r, "finding")) {
		emit(r);
	} else if (!record_is(r, "asset") && !record_is(r, "member") && !record_is(r, "framework") &&
		   !record_is(r, "spec")) {
		denied |= record_is(r, "verdict") && !record_true(r, "pass");
		spool_add(others, r->line);
	}
}

/* --- the archive --- */

static _Noreturn void refuse(const char *why)
{
	complain("unable to stage %s: %s", buf_cstr(&path), why);
	filter_deny();
}

static void judge_lines(struct package_judge *judge, struct spool *lines)
{
	struct record r = {.number = 0};
	struct span line;

	spool_rewind(lines);
	while (spool_next(lines, &line)) {
		if (record_parse(&r, line))
			bad_input("unable to stage %s: it has a record that is none", buf_cstr(&path));
		if (record_is(&r, "package"))
			buf_span_add(&own.line, line);
		package_judge_add(judge, &r);
	}
	record_free(&r);
}

static void take_output(void)
{
	const struct json *j = &own.package.json;
	uint32_t output = json_get(j, record_get(&own.package, "manifest"), "output");
	struct buf scratch = {0};
	uint32_t at = json_get(j, output, "type");

	if (output && at && j->node[at].type == JSON_STRING)
		buf_span_add(&own.output_type, json_string(j, at, &scratch));
	at = json_get(j, output, "path");
	if (output && at && j->node[at].type == JSON_STRING)
		buf_span_add(&own.output_path, json_string(j, at, &scratch));
	buf_free(&scratch);
}

static void take_names(void)
{
	const struct json *j = &own.package.json;
	uint32_t manifest = record_get(&own.package, "manifest");
	struct buf scratch = {0};
	struct semver version;

	buf_span_add(&own.id, json_string(j, json_get(j, manifest, "package_id"), &scratch));
	buf_span_add(&own.version, json_string(j, json_get(j, manifest, "version"), &scratch));
	if (!ident_is(IDENT_PACKAGE, buf_span(&own.id)) || semver_parse(&version, buf_span(&own.version)))
		refuse("it has no id or no version");
	buf_printf(&own.name, "%s_%s.tar.gz", buf_cstr(&own.id), buf_cstr(&own.version));
	if (own.name.n > NAME_BYTES)
		refuse("its id and version are too long for the name of a file");
	buf_add(&own.sum, own.bundle.archive_hash + 7, DIGEST_TEXT - 7);
	buf_printf(&own.sum, "  %s\n", buf_cstr(&own.name));
	buf_free(&scratch);
}

static int open_archive(const char *name)
{
	return open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* What is there beforehand is read while others still judge it. That it cannot be read matters only where they see no
 * fault in it: then it is read again, and said. */
static void read_ahead(const char *name)
{
	named = name;
	own.fd = open_archive(name);
	if (own.fd < 0 || !bundle_read(&own.bundle, own.fd, span_of(name)))
		return;
	bundle_free(&own.bundle);
	close(own.fd);
	own.fd = -1;
}

static void read_now(void)
{
	const char *why;

	own.fd = open_archive(buf_cstr(&path));
	if (own.fd < 0)
		sys_fail(errno, "unable to open %s", buf_cstr(&path));
	err_place(buf_cstr(&path), 0);
	why = bundle_read(&own.bundle, own.fd, buf_span(&path));
	if (why)
		bad_input("unable to read the archive: it %s", why);
	err_place(NULL, 0);
}

/* The stream's hash must be that of the very bytes that are judged here. */
static void read_archive(void)
{
	struct package_judge *judge = package_judge_new();

	if (named && !span_is(buf_span(&path), named))
		bad_input("unable to stage %s: the stream is about %s", named, buf_cstr(&path));
	if (own.fd < 0)
		read_now();
	if (!span_eq(buf_span(&archive_hash), (struct span){own.bundle.archive_hash, DIGEST_TEXT}))
		bad_input("unable to stage %s: it is not the archive that was judged", buf_cstr(&path));
	judge_lines(judge, own.bundle.declared);
	judge_lines(judge, own.bundle.members);
	package_judge_end(judge);
	if (filter_findings())
		return;
	if (record_parse(&own.package, buf_span(&own.line)))
		bad_input("unable to stage %s: it has a record that is none", buf_cstr(&path));
	take(&own.package, "manifest_hash", &own.manifest_hash);
	take(&own.package, "document_hash", &own.document_hash);
	take_names();
	take_output();
}

/* --- the store --- */

/* Is there a file of that name, and does it come to that hash? What has the name otherwise is refused. */
static bool is_there(int store, const char *name, const char *hash)
{
	int fd = store < 0 ? -1 : openat(store, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT] = "";
	struct stat st;

	if (fd < 0 && (store < 0 || errno == ENOENT)) {
		digest_free(d);
		return false;
	}
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		refuse("packages_store has something else of that name");
	if (digest_fd(d, fd, sum, NULL) < 0)
		sys_fail(errno, "unable to read %s/%s", store_name, name);
	digest_text(sum, text);
	close(fd);
	digest_free(d);
	if (memcmp(text, hash, DIGEST_TEXT) != 0)
		refuse("packages_store has other bytes of that name");
	return true;
}

static _Noreturn void unwritten(struct save *s, int number)
{
	save_abort(s);
	sys_fail(number, "unable to write %s/%s", store_name, buf_cstr(&own.name));
}

static void copy(int from, struct save *s)
{
	static char piece[PIECE];
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];
	ssize_t got;

	if (lseek(from, 0, SEEK_SET) < 0)
		unwritten(s, errno);
	digest_start(d);
	while ((got = read(from, piece, sizeof piece)) > 0) {
		digest_add(d, piece, (size_t)got);
		out_add(&s->out, piece, (size_t)got);
	}
	if (got < 0)
		unwritten(s, errno);
	digest_end(d, sum);
	digest_text(sum, text);
	digest_free(d);
	if (memcmp(text, own.bundle.archive_hash, DIGEST_TEXT) != 0) {
		save_abort(s);
		bad_input("unable to stage %s: it changed while it was read", buf_cstr(&path));
	}
}

static void begin(struct save *s, int store, const char *name)
{
	if (save_begin(s, store, name, 0644) < 0)
		sys_fail(errno, "unable to write %s/%s", store_name, name);
	s->fresh = true;
}

static void commit(struct save *s, const char *name)
{
	if (save_commit(s) < 0)
		sys_fail(errno, "unable to write %s/%s", store_name, name);
}

/* The archive first: a sidecar without one would be a lie, and without its sidecar it is only not yet vouched for. */
static void store(int root, int archive)
{
	int dir = beneath_open(root, span_of(store_name), O_RDONLY | O_DIRECTORY, 0);
	struct buf sidecar = {0};
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	char sum_hash[DIGEST_TEXT];
	struct save s;
	bool have, have_sum;

	if (dir < 0 && errno != ENOENT)
		sys_fail(errno, "unable to open %s", store_name);
	buf_printf(&sidecar, "%s.sha256", buf_cstr(&own.name));
	digest_bytes(d, own.sum.p, own.sum.n, sum);
	digest_text(sum, sum_hash);
	have = is_there(dir, buf_cstr(&own.name), own.bundle.archive_hash);
	have_sum = is_there(dir, buf_cstr(&sidecar), sum_hash);
	if (!filter_dry_run() && dir < 0 &&
	    (beneath_mkdirs(root, span_of(store_name), 0755) < 0 ||
	     (dir = beneath_open(root, span_of(store_name), O_RDONLY | O_DIRECTORY, 0)) < 0))
		sys_fail(errno, "unable to make %s", store_name);
	if (!filter_dry_run() && !have) {
		begin(&s, dir, buf_cstr(&own.name));
		copy(archive, &s);
		commit(&s, buf_cstr(&own.name));
	}
	if (!filter_dry_run() && !have_sum) {
		begin(&s, dir, buf_cstr(&sidecar));
		out_add(&s.out, own.sum.p, own.sum.n);
		commit(&s, buf_cstr(&sidecar));
	}
	if (dir >= 0)
		close(dir);
	digest_free(d);
	buf_free(&sidecar);
}

/* --- the entry --- */

static void add(struct buf *body, const char *key, const struct buf *value)
{
	if (value->n)
		jsonw_str(body, key, buf_span(value));
}

/* Canonical: the members stand in the order they sort into. The same by another actor is another entry. */
static void write_body(struct buf *body)
{
	const struct bundle *b = &own.bundle;
	struct buf key = {0}, source = {0};

	buf_printf(&key, "PACKED:%s:%s:%.*s:%s", buf_cstr(&own.id), buf_cstr(&own.version), DIGEST_TEXT,
		   b->archive_hash, buf_cstr(&actor.user));
	buf_printf(&source, "%s/%s", store_name, buf_cstr(&own.name));
	jsonw_open(body, NULL);
	jsonw_str(body, "archive_hash", (struct span){b->archive_hash, DIGEST_TEXT});
	add(body, "dedupe_key", &key);
	jsonw_str(body, "digest", (struct span){b->archive_hash + 7, DIGEST_TEXT - 7});
	add(body, "document_hash", &own.document_hash);
	jsonw_cstr(body, "event_type", "PACKED");
	add(body, "manifest_hash", &own.manifest_hash);
	add(body, "output_path", &own.output_path);
	add(body, "output_type", &own.output_type);
	add(body, "package_id", &own.id);
	add(body, "source", &source);
	jsonw_cstr(body, "source_type", "tar");
	jsonw_str(body, "tar_hash", (struct span){b->tar_hash, DIGEST_TEXT});
	add(body, "version", &own.version);
	jsonw_close(body);
	buf_free(&key);
	buf_free(&source);
}

/* The registries must come out before anything is written. What a kill leaves of this the next run finishes: the same
 * archive, sidecar and entry are found, and the registries are made anew. */
static void enter(int root, int archive)
{
	struct project before = {.root = root};
	struct buf body = {0}, ledger = {0}, why = {0};
	struct json j = {0};

	write_body(&body);
	body_parse(&j, buf_span(&body));
	if (!enter_fits(&j, "PACKED", &why))
		refuse(buf_cstr(&why));
	buf_printf(&ledger, "%s/%s", filter_root(), ledger_name);
	if (project_run(&before, filter_root(), true)) {
		store(root, archive);
		enter_append(buf_cstr(&ledger), &j, &actor.user);
		if (!filter_dry_run())
			enter_project(root, filter_root());
	}
	project_free(&before);
	json_free(&j);
	buf_free(&body);
	buf_free(&ledger);
	buf_free(&why);
}

static void start(int argc, char **argv)
{
	others = spool_new();
	if (argc)
		read_ahead(argv[0]);
}

static void finish(bool complete)
{
	int root;

	if (!complete)
		return;
	identity_authorise(&actor, &ask, ACTION_PACK, "stage");
	if (!seen)
		bad_input("unable to stage a package: the stream has none");
	if (denied)
		refuse("a verdict of the stream says no");
	read_archive();
	if (!filter_findings()) {
		root = effect_begin(true);
		enter(root, own.fd);
		close(root);
		/* Who comes next changes the plane before we are gone. */
		effect_unlock();
		spool_emit(others);
		brings_emit(&own.bundle);
		spool_emit(own.bundle.declared);
		spool_emit(own.bundle.members);
	}
	close(own.fd);
	bundle_free(&own.bundle);
	record_free(&own.package);
	actor_free(&actor);
	buf_free(&own.line);
	buf_free(&own.id);
	buf_free(&own.version);
	buf_free(&own.manifest_hash);
	buf_free(&own.document_hash);
	buf_free(&own.output_type);
	buf_free(&own.output_path);
	buf_free(&own.name);
	buf_free(&own.sum);
	buf_free(&path);
	buf_free(&archive_hash);
	spool_free(others);
}

static const struct opt opts[] = {
	IDENTITY_OPTS(ask),
	{0},
};

static const struct filter self = {
	.name = "cp-stage",
	.summary = "put an archive that passed into the plane's packages_store",
	.args = "[ARCHIVE]",
	.reads = "package verdict",
	.writes = "framework spec package asset member ack finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN,
	.operands_max = 1,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}

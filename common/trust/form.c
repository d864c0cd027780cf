#include "trust/form.h"

#include "base/text.h"
#include "data/jsonw.h"
#include "foreign/dsse.h"
#include "foreign/minisign.h"
#include "foreign/sshsig.h"
#include "os/beneath.h"
#include "os/clock.h"
#include "seal/note.h"
#include "trust/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024, LEGACY_BYTES = 64 << 20 };

static const char *const names[FORMS] = {"cp", "sshsig", "minisign", "dsse", "note", "detached"};

const char *form_name(enum form f)
{
	return names[f];
}

bool form_of(struct span name, enum form *out)
{
	for (*out = 0; *out < FORMS; ++*out)
		if (span_is(name, names[*out]))
			return true;
	return false;
}

const char *form_key_bad(enum form f, enum key_algorithm a)
{
	return a != KEY_ED25519 && (f == FORM_MINISIGN || f == FORM_NOTE) ? "only an ed25519 key makes that" : NULL;
}

const char *form_subject_bad(enum form f, const struct subject *s)
{
	bool archive = strcmp(s->purpose, "archive") == 0;

	if (f == FORM_DETACHED && !archive)
		return "only an archive has a detached one";
	return f == FORM_NOTE && archive ? "an archive is no text of a note" : NULL;
}

bool form_has_plane(enum form f)
{
	return f == FORM_CP || f == FORM_DSSE;
}

/* --- the bytes of an archive --- */

static int open_archive(const struct form_terms *t, const struct subject *s, const char **why)
{
	struct stat st;
	int fd = s->path.n ? beneath_open(t->dir, buf_span(&s->path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0) : -1;

	if (fd < 0 && s->path.n && err_is_ours(errno))
		sys_fail(errno, "unable to open an archive");
	if (fd < 0)
		*why = s->path.n ? strerror(errno) : "the archive has no path";
	else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		*why = "the archive is no regular file";
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Reads it to its end, for the digest or into memory. */
static const char *read_to_end(int fd, struct prehash *own, struct prehash *h, struct buf *keep)
{
	static char block[BLOCK];
	ssize_t got;

	while ((got = read(fd, block, sizeof block)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return strerror(errno);
		prehash_add(own, block, (size_t)got);
		if (h)
			prehash_add(h, block, (size_t)got);
		if (keep && keep->n + (size_t)got > LEGACY_BYTES)
			return "the archive is longer than 64 MiB, and it is no signature of its digest";
		if (keep)
			buf_add(keep, block, (size_t)got);
	}
	return NULL;
}

/* NULL: the archive was read, and is as its record says. */
static const char *read_archive(const struct form_terms *t, const struct subject *s, struct prehash *h,
				struct buf *keep, enum code *code)
{
	unsigned char sum[PREHASH_LEN];
	char hash[DIGEST_TEXT];
	struct prehash *own;
	const char *why = NULL;
	int fd = open_archive(t, s, &why);

	*code = CODE_UNREADABLE;
	if (fd < 0)
		return why;
	own = prehash_new(PREHASH_SHA256);
	why = read_to_end(fd, own, h, keep);
	close(fd);
	prehash_end(own, sum);
	if (why)
		return why;
	digest_text(sum, hash);
	*code = CODE_MODIFIED;
	return memcmp(hash, s->hash, DIGEST_TEXT) == 0 ? NULL : "the archive is not what its record says";
}

/* The digest of what a foreign form signs; NULL, or why there is none. */
static const char *prehashed(const struct form_terms *t, const struct subject *s, enum prehash_algorithm a,
			     struct buf *out, enum code *code)
{
	struct prehash *h = prehash_new(a);
	unsigned char sum[PREHASH_LEN];
	const char *why = NULL;

	if (strcmp(s->purpose, "archive") == 0)
		why = read_archive(t, s, h, NULL, code);
	else
		prehash_add(h, s->bytes.p, s->bytes.n);
	buf_add(out, sum, prehash_end(h, sum));
	return why;
}

static void must_prehash(const struct form_terms *t, const struct subject *s, enum prehash_algorithm a,
			 struct buf *out)
{
	enum code code;
	const char *why = prehashed(t, s, a, out, &code);

	if (why)
		bad_input("unable to sign the archive %.*s: %s", (int)s->path.n, s->path.p ? s->path.p : "", why);
}

/* --- SSHSIG --- */

static void namespace_of(struct buf *b, const struct subject *s)
{
	buf_printf(b, "cp-filters/%s", s->purpose);
}

static void write_sshsig(struct buf *text, const struct form_terms *t, const struct subject *s, struct signer *signer)
{
	unsigned char signature[SIGNATURE_MAX];
	struct buf namespace = {0}, digest = {0}, message = {0};
	size_t n;

	namespace_of(&namespace, s);
	must_prehash(t, s, PREHASH_SHA512, &digest);
	sshsig_message(&message, buf_span(&namespace), PREHASH_SHA512, buf_span(&digest));
	n = signer_sign_ssh(signer, message.p, message.n, signature);
	sshsig_write(text, signer->key, buf_span(&namespace), (struct span){(const char *)signature, n});
	buf_free(&namespace);
	buf_free(&digest);
	buf_free(&message);
}

static const char *sshsig_fails(const struct sshsig *g, const struct form_terms *t, const struct subject *s,
				const struct public_key *key, enum code *code)
{
	struct buf namespace = {0}, blob = {0}, digest = {0}, message = {0};
	const char *why = NULL;

	namespace_of(&namespace, s);
	ssh_key_blob(&blob, key);
	if (!span_eq(g->namespace, buf_span(&namespace)))
		why = "it was made for another namespace";
	else if (!span_eq(g->key, buf_span(&blob)) || g->ed25519 != (public_key_algorithm(key) == KEY_ED25519))
		why = "it is of another key than it is said to be";
	else
		why = prehashed(t, s, g->hash, &digest, code);
	if (!why) {
		sshsig_message(&message, buf_span(&namespace), g->hash, buf_span(&digest));
		*code = CODE_SIGNATURE;
		why = public_key_verify_ssh(key, g->signature, message.p, message.n) ? NULL : "it does not hold";
	}
	buf_free(&namespace);
	buf_free(&blob);
	buf_free(&digest);
	buf_free(&message);
	return why;
}

static enum form_answer judge_sshsig(const struct form_terms *t, struct span text, const struct subject *s,
				     const struct public_key *key, enum code *code, const char **why)
{
	struct sshsig g;
	enum form_answer answer = FORM_UNDECODABLE;

	*why = sshsig_read(&g, text);
	if (!*why && key)
		*why = sshsig_fails(&g, t, s, key, code);
	else if (!*why)
		*why = "";
	else
		goto out;
	answer = *why ? FORM_REFUSED : FORM_HOLDS;
out:
	sshsig_free(&g);
	return answer;
}

/* --- minisign --- */

static void write_minisign(struct buf *text, const struct form_terms *t, const struct subject *s,
			   struct signer *signer)
{
	unsigned char signature[SIGNATURE_MAX];
	struct minisign m = {.prehashed = true};
	struct buf key = {0}, digest = {0}, global = {0}, comment = {0};

	public_key_bytes(signer->key, &key);
	minisign_id((const unsigned char *)key.p, m.id);
	must_prehash(t, s, PREHASH_BLAKE2B, &digest);
	signer_sign(signer, digest.p, digest.n, signature);
	memcpy(m.signature, signature, ED25519_SIGNATURE);
	buf_printf(&comment, "timestamp:%lld\tpurpose:%s\tkey_id:%.*s", (long long)(t->at / 1000000000), s->purpose,
		   (int)t->signed_by.n, t->signed_by.p);
	m.comment = buf_span(&comment);
	minisign_global(&global, &m);
	signer_sign(signer, global.p, global.n, signature);
	memcpy(m.global, signature, ED25519_SIGNATURE);
	minisign_write(text, &m, SPAN("signature by cp-sign"));
	buf_free(&key);
	buf_free(&digest);
	buf_free(&global);
	buf_free(&comment);
}

/* Our own comments say what for; where one does, it is believed. */
static bool comment_allows(struct span comment, const char *purpose)
{
	static const char word[] = "purpose:";
	size_t n = sizeof word - 1;

	for (size_t i = 0, end; i < comment.n; i = end + 1) {
		for (end = i; end < comment.n && comment.p[end] != '\t';)
			end++;
		if (end - i >= n && memcmp(comment.p + i, word, n) == 0 &&
		    !span_is((struct span){comment.p + i + n, end - i - n}, purpose))
			return false;
	}
	return true;
}

static const char *minisign_fails(const struct minisign *m, const struct form_terms *t, const struct subject *s,
				  const struct public_key *key, enum code *code)
{
	struct span signature = {(const char *)m->signature, ED25519_SIGNATURE},
		    second = {(const char *)m->global, ED25519_SIGNATURE};
	struct buf message = {0}, global = {0};
	const char *why = NULL;

	if (m->prehashed)
		why = prehashed(t, s, PREHASH_BLAKE2B, &message, code);
	else if (strcmp(s->purpose, "archive") == 0)
		why = read_archive(t, s, NULL, &message, code);
	else
		buf_span_add(&message, buf_span(&s->bytes));
	minisign_global(&global, m);
	if (!why) {
		*code = CODE_SIGNATURE;
		if (!public_key_verify(key, signature, message.p, message.n))
			why = "it does not hold";
		else if (!public_key_verify(key, second, global.p, global.n))
			why = "the signature of its trusted comment does not hold";
		else if (!comment_allows(m->comment, s->purpose))
			why = "it was signed for another purpose";
	}
	buf_free(&message);
	buf_free(&global);
	return why;
}

static enum form_answer judge_minisign(const struct form_terms *t, struct span text, const struct subject *s,
				       const struct public_key *key, enum code *code, const char **why)
{
	struct minisign m;

	*why = minisign_read(&m, text);
	if (*why)
		return FORM_UNDECODABLE;
	*why = key ? minisign_fails(&m, t, s, key, code) : "";
	return *why ? FORM_REFUSED : FORM_HOLDS;
}

/* --- DSSE --- */

static void write_dsse(struct buf *text, const struct form_terms *t, const struct subject *s, struct signer *signer)
{
	unsigned char signature[SIGNATURE_MAX];
	struct buf statement = {0}, message = {0};
	char at[CLOCK_TEXT];
	struct span path = buf_span(&s->path);
	struct dsse_terms d = {
		.purpose = span_of(s->purpose),
		.plane_uid = t->plane_uid,
		.hash = subject_hash(s),
		.name = path.n && utf8_valid(path.p, path.n) ? path : span_of(s->purpose),
		.algorithm = span_of(key_algorithm_name(signer_algorithm(signer))),
		.signed_by = t->signed_by,
	};
	size_t n;

	clock_text(t->at, 0, at);
	d.signed_at = span_of(at);
	dsse_statement(&statement, &d);
	dsse_message(&message, buf_span(&statement));
	n = signer_sign(signer, message.p, message.n, signature);
	dsse_write(text, buf_span(&statement), t->signed_by, (struct span){(const char *)signature, n});
	buf_free(&statement);
	buf_free(&message);
}

static bool dsse_signed(const struct dsse *d, const struct form_terms *t, const struct public_key *key)
{
	struct buf message = {0};
	bool good = false;

	dsse_message(&message, buf_span(&d->payload));
	for (unsigned i = 0; i < d->n && !good; i++)
		if (!d->signature[i].key_id.n || span_eq(d->signature[i].key_id, t->signed_by))
			good = public_key_verify(key, buf_span(&d->signature[i].bytes), message.p, message.n);
	buf_free(&message);
	return good;
}

static const char *dsse_fails(const struct dsse *d, const struct form_terms *t, const struct subject *s,
			      const struct public_key *key)
{
	if (!dsse_signed(d, t, key))
		return "it does not hold";
	if (!dsse_about(d, subject_hash(s)))
		return "its statement is of something else";
	if (!span_is(d->purpose, s->purpose))
		return "it was signed for another purpose";
	if (d->signed_by.p && !span_eq(d->signed_by, t->signed_by))
		return "its statement names another key";
	if (d->algorithm.p && !span_is(d->algorithm, key_algorithm_name(public_key_algorithm(key))))
		return "its statement names another algorithm than the key has";
	return NULL;
}

static enum form_answer judge_dsse(const struct form_terms *t, struct span text, const struct subject *s,
				   const struct public_key *key, struct buf *plane_uid, const char **why)
{
	enum form_answer answer = FORM_UNDECODABLE;
	struct dsse d;

	*why = dsse_read(&d, text);
	if (!*why) {
		*why = key ? dsse_fails(&d, t, s, key) : "";
		answer = *why ? FORM_REFUSED : FORM_HOLDS;
		if (d.plane_uid.p) {
			buf_reset(plane_uid);
			buf_span_add(plane_uid, d.plane_uid);
		}
	}
	dsse_free(&d);
	return answer;
}

/* --- signed notes --- */

/* A checkpoint's text is that of a note already; the bytes of a record become a line. */
static void note_text(struct buf *b, const struct subject *s)
{
	buf_span_add(b, buf_span(&s->bytes));
	if (strcmp(s->purpose, "checkpoint") != 0)
		buf_char(b, '\n');
}

static void note_key_of(struct note_key *k, struct span name, const struct public_key *key)
{
	struct buf bytes = {0}, text = {0};

	public_key_bytes(key, &bytes);
	buf_span_add(&text, name);
	note_key_make(k, buf_cstr(&text), NOTE_ED25519, (const unsigned char *)bytes.p);
	buf_free(&bytes);
	buf_free(&text);
}

static void write_note(struct buf *text, const struct form_terms *t, const struct subject *s, struct signer *signer)
{
	unsigned char signature[SIGNATURE_MAX];
	struct note_key k;
	struct buf body = {0};
	struct note n;
	const char *why;

	note_text(&body, s);
	note_key_of(&k, t->signed_by, signer->key);
	signer_sign(signer, body.p, body.n, signature);
	note_signed(text, buf_span(&body), &k, signature);
	why = note_parse(&n, buf_span(text));
	if (why)
		bad_input("unable to sign it as a note: %s", why);
	buf_free(&body);
}

static enum form_answer judge_note(const struct form_terms *t, struct span text, const struct subject *s,
				   const struct public_key *key, const char **why)
{
	struct buf body = {0};
	struct note_key k;
	struct note n;

	*why = note_parse(&n, text);
	if (*why)
		return FORM_UNDECODABLE;
	note_text(&body, s);
	*why = "";
	if (key && !span_eq(n.text, buf_span(&body))) {
		*why = "its text is another";
	} else if (key) {
		note_key_of(&k, t->signed_by, key);
		*why = note_verify(&n, &k, NULL) == NOTE_VERIFIED ? NULL : "it does not hold";
	}
	buf_free(&body);
	return *why ? FORM_REFUSED : FORM_HOLDS;
}

/* --- the record beside an archive --- */

static void detached_message(struct buf *b, const struct form_terms *t, struct span hash, enum key_algorithm a)
{
	const struct signature_terms terms = {SPAN("archive"), SPAN("*"), hash, a, t->signed_by};

	signature_message(b, &terms);
}

static void write_detached(struct buf *text, const struct form_terms *t, const struct subject *s,
			   struct signer *signer)
{
	unsigned char signature[SIGNATURE_MAX];
	struct buf message = {0}, base64 = {0};
	char at[CLOCK_TEXT];

	detached_message(&message, t, subject_hash(s), signer_algorithm(signer));
	signature_text_write(&base64, signature, signer_sign(signer, message.p, message.n, signature));
	clock_text(t->at, 0, at);
	jsonw_open(text, NULL);
	jsonw_cstr(text, "version", "1.0");
	jsonw_cstr(text, "algorithm", key_algorithm_name(signer_algorithm(signer)));
	jsonw_str(text, "archive_hash", subject_hash(s));
	jsonw_str(text, "key_id", t->signed_by);
	jsonw_cstr(text, "timestamp", at);
	jsonw_str(text, "signature", buf_span(&base64));
	jsonw_close(text);
	buf_free(&message);
	buf_free(&base64);
}

struct detached {
	struct span version, algorithm, hash, key_id, timestamp, signature;
	enum key_algorithm claimed;
	struct buf bytes;
};

static bool text_at(const struct json *j, const char *name, struct span *out)
{
	uint32_t at = json_get(j, 0, name);

	if (!at || j->node[at].type != JSON_STRING || j->node[at].flags & JSON_ESCAPED)
		return false;
	*out = json_text(j, at);
	return true;
}

static const char *read_detached(struct detached *d, const struct json *j)
{
	enum { MEMBERS = 6 };
	int64_t at;

	if (!text_at(j, "version", &d->version) || !text_at(j, "algorithm", &d->algorithm) ||
	    !text_at(j, "archive_hash", &d->hash) || !text_at(j, "key_id", &d->key_id) ||
	    !text_at(j, "timestamp", &d->timestamp) || !text_at(j, "signature", &d->signature) ||
	    j->node[0].count != MEMBERS)
		return "it has not the members of a detached signature";
	if (!span_is(d->version, "1.0"))
		return "its version is not 1.0";
	if (!record_hash_ok(d->hash) || !clock_parse(d->timestamp, &at) ||
	    !key_algorithm_of(d->algorithm, &d->claimed))
		return "its archive_hash, timestamp or algorithm is none";
	return signature_text_read(&d->bytes, d->signature, d->claimed)
		       ? NULL
		       : "its signature is not base64 of the length that its algorithm has";
}

static const char *detached_fails(const struct detached *d, const struct form_terms *t, const struct subject *s,
				  const struct public_key *key)
{
	struct buf message = {0};
	const char *why = NULL;

	if (!span_eq(d->hash, subject_hash(s)))
		return "it is of another archive";
	if (!span_eq(d->key_id, t->signed_by))
		return "it names another key";
	if (d->claimed != public_key_algorithm(key))
		return "it names another algorithm than the key has";
	detached_message(&message, t, d->hash, d->claimed);
	if (!public_key_verify(key, buf_span(&d->bytes), message.p, message.n))
		why = "it does not hold";
	buf_free(&message);
	return why;
}

static enum form_answer judge_detached(const struct form_terms *t, struct span text, const struct subject *s,
				       const struct public_key *key, const char **why)
{
	enum form_answer answer = FORM_UNDECODABLE;
	struct detached d = {.bytes = {0}};
	struct json j = {0};

	*why = json_parse(&j, text.p, text.n, JSON_RECORD) ? read_detached(&d, &j) : "it is no JSON object";
	if (!*why) {
		*why = key ? detached_fails(&d, t, s, key) : "";
		answer = *why ? FORM_REFUSED : FORM_HOLDS;
	}
	json_free(&j);
	buf_free(&d.bytes);
	return answer;
}

/* --- all of them --- */

void form_write(struct buf *text, const struct form_terms *t, const struct subject *s, struct signer *signer)
{
	static void (*const write[FORMS])(struct buf *, const struct form_terms *, const struct subject *,
					  struct signer *) = {
		NULL, write_sshsig, write_minisign, write_dsse, write_note, write_detached,
	};

	write[t->form](text, t, s, signer);
}

enum form_answer form_judge(const struct form_terms *t, struct span text, const struct subject *s,
			    const struct public_key *key, struct buf *plane_uid, enum code *code, const char **why)
{
	const char *bad = key ? form_key_bad(t->form, public_key_algorithm(key)) : NULL;
	enum form_answer answer = FORM_UNDECODABLE;

	*code = CODE_SIGNATURE;
	buf_reset(plane_uid);
	buf_char(plane_uid, '*');
	if (bad)
		key = NULL;
	switch (t->form) {
	case FORM_SSHSIG:
		answer = judge_sshsig(t, text, s, key, code, why);
		break;
	case FORM_MINISIGN:
		answer = judge_minisign(t, text, s, key, code, why);
		break;
	case FORM_DSSE:
		answer = judge_dsse(t, text, s, key, plane_uid, why);
		break;
	case FORM_NOTE:
		answer = judge_note(t, text, s, key, why);
		break;
	default:
		answer = judge_detached(t, text, s, key, why);
	}
	if (bad && answer != FORM_UNDECODABLE)
		*why = bad;
	return answer;
}

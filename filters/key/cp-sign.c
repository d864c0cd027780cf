/* cp-sign: adds signatures to the records of a stream. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "trust/form.h"
#include "trust/keyring.h"
#include "trust/signature.h"

#include <errno.h>
#include <fcntl.h>

static const char *plane_uid, *format = "cp", *at_text, *files = ".";
static struct signer_choice choice;
static struct opt_list kinds;
static struct form_terms terms;
static struct signer signer;
static struct subject subject;
static struct digest *digest;

static void check_options(void)
{
	if (plane_uid && key_id_bad(span_of(plane_uid)))
		bad_usage("unable to use the plane_uid: it %s", key_id_bad(span_of(plane_uid)));
	form_of(span_of(format), &terms.form);
	if (plane_uid && !form_has_plane(terms.form))
		bad_usage("unable to sign for one plane: a signature of the format %s does not say for which", format);
	terms.at = option_time("at", at_text, clock_now());
	terms.plane_uid = span_of(plane_uid ? plane_uid : "*");
	terms.signed_by = span_of(choice.key_id);
}

static void start(int argc, char **argv)
{
	const char *why;

	check_options();
	terms.dir = open(files, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (terms.dir < 0)
		sys_fail(errno, "unable to open the directory %s", files);
	digest = digest_new();
	signer_choose(&signer, &choice, argc, argv);
	why = form_key_bad(terms.form, signer_algorithm(&signer));
	if (why)
		bad_usage("unable to make a signature of the format %s: %s", format, why);
}

/* Our own: over the terms; of a manifest, the bare one of its hash beside it. */
static void write_own(struct buf *b, const struct signature_terms *t)
{
	unsigned char signature[SIGNATURE_MAX];
	struct buf message = {0}, text = {0};

	signature_message(&message, t);
	signature_text_write(&text, signature, signer_sign(&signer, message.p, message.n, signature));
	jsonw_str(b, "signature", buf_span(&text));
	if (span_is(t->purpose, "manifest")) {
		buf_reset(&text);
		signature_text_write(&text, signature, signer_sign(&signer, t->hash.p, t->hash.n, signature));
		jsonw_str(b, "manifest_signature", buf_span(&text));
	}
	buf_free(&message);
	buf_free(&text);
}

static void write_foreign(struct buf *b)
{
	struct buf text = {0};

	form_write(&text, &terms, &subject, &signer);
	jsonw_str(b, "text", buf_span(&text));
	buf_free(&text);
}

static void sign(void)
{
	const struct signature_terms t = {span_of(subject.purpose), terms.plane_uid, subject_hash(&subject),
					  signer_algorithm(&signer), terms.signed_by};
	struct buf *b = out_record("signature");

	if (terms.form != FORM_CP)
		jsonw_cstr(b, "format", format);
	jsonw_str(b, "purpose", t.purpose);
	if (form_has_plane(terms.form))
		jsonw_str(b, "plane_uid", t.plane_uid);
	jsonw_str(b, "hash", t.hash);
	jsonw_cstr(b, "algorithm", key_algorithm_name(t.algorithm));
	jsonw_str(b, "signed_by", t.signed_by);
	if (terms.form == FORM_CP)
		write_own(b, &t);
	else
		write_foreign(b);
	emit_out();
}

static bool is_wanted(const struct record *r)
{
	for (unsigned i = 0; i < kinds.n; i++)
		if (record_is(r, kinds.item[i]))
			return true;
	return !kinds.n;
}

static void step(struct record *r)
{
	const char *why = NULL;
	int is = is_wanted(r) ? subject_of(&subject, r, digest, &why) : 0;

	if (is < 0)
		bad_input("unable to sign the record: %s", why);
	if (is && (why = form_subject_bad(terms.form, &subject)))
		bad_input("unable to sign the record: %s", why);
	emit(r);
	if (is)
		sign();
}

static void finish(bool complete)
{
	(void)complete;
	signer_end(&signer);
	digest_free(digest);
	subject_free(&subject);
}

static const struct opt opts[] = {
	{.name = "key-id",
	 .value = "ID",
	 .summary = "the name of the key",
	 .kind = OPT_STR,
	 .target = &choice.key_id,
	 .required = true},
	SIGNER_KEY_OPTS(choice),
	{.name = "format",
	 .value = "cp|sshsig|minisign|dsse|note|detached",
	 .summary = "of which form signatures are (cp)",
	 .kind = OPT_CHOICE,
	 .target = &format},
	{.name = "kind",
	 .value = "KIND",
	 .summary = "sign records of that kind alone; may be given again",
	 .kind = OPT_LIST,
	 .target = &kinds},
	{.name = "plane-uid",
	 .value = "UID",
	 .summary = "the one plane it is for (any)",
	 .kind = OPT_STR,
	 .target = &plane_uid},
	{.name = "files", .value = "DIR", .summary = "where the archives are (.)", .kind = OPT_STR, .target = &files},
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{0},
};

static const struct filter self = {
	.name = "cp-sign",
	.summary = "sign the records of a stream",
	.args = "[ARGUMENT...]",
	.reads = "*",
	.writes = "* signature",
	.opts = opts,
	.role = ROLE_MAPPER,
	.operands_max = 64,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}

/* cp-scaffold: the directory of a new package. */
#include "bundle/bundle.h"
#include "bundle/head.h"
#include "bundle/make.h"
#include "bundle/newdir.h"
#include "data/jsonw.h"

#include <errno.h>

static const char *out_path;
static struct manifest_head head = {.version = "0.1.0"};

struct starter {
	const char *type, *path, *text; /* `@`: the id that it is about, `%`: the framework, `^`: the version */
};

static const struct starter starters[] = {
	{"framework", "@.md",
	 "# @: A new framework\n\n"
	 "## Metadata\n- framework_id: @\n- version: ^\n- status: draft\n- plane: ho3\n\n"
	 "## Invariants\n- [MUST] Say here what always holds\n\n"
	 "## Path Authorizations\n- `libs/{package_id}/**`\n- `specs/{spec_id}/**`\n\n"
	 "## Required Gates\n- G0-PACKAGE\n- G0-SPEC\n- G-INTEGRITY\n\n"
	 "## Change Control\n- code_change\n- spec_delta\n\n"
	 "## Security Posture\n- Fail-closed on all gate failures\n"},
	{"spec", "manifest.yaml",
	 "spec_id: @\ntitle: A new spec\nframework_id: %\nstatus: draft\nversion: ^\nplane_id: ho3\n"
	 "assets:\n- specs/@/manifest.yaml\ninterfaces: []\ninvariants:\n- MUST say here what always holds\n"
	 "acceptance:\n  tests: []\n  checks:\n  - Somebody has said what always holds\n"
	 "non_goals: []\ndependencies: []\n"},
	{"library", "lib/README.md", "# @\n\nSay here what this library is for.\n"},
	{"agent", "agents/agent.md", "# @\n\nSay here what this agent does, with what, and what it must not do.\n"},
	{"prompt", "prompts/prompt.md", "Say here what is asked.\n"},
	{"gate", "gates/gate.sh",
	 "#!/bin/sh\n# @: hands its records on; say here what it denies.\nexec cat\n"},
	{NULL, NULL, NULL},
};

static const struct starter *starter_of(const char *type)
{
	const struct starter *s = starters;

	while (s->type && strcmp(s->type, type) != 0)
		s++;
	return s->type ? s : NULL;
}

static void expand(struct buf *b, const char *text)
{
	const char *id = head.spec ? head.spec : head.framework ? head.framework : head.package_id;

	for (; *text; text++)
		if (*text == '@')
			buf_str(b, id);
		else if (*text == '%')
			buf_str(b, head.framework);
		else if (*text == '^')
			buf_str(b, head.version);
		else
			buf_char(b, *text);
}

static void make_manifest(struct buf *manifest, const struct newfile *file)
{
	struct buf template = {0};

	jsonw_open(&template, NULL);
	manifest_head_write(&template, &head);
	jsonw_close(&template);
	manifest_make_text(manifest, buf_span(&template), file, &(struct manifest_terms){.plane = "ho3"});
	buf_free(&template);
}

static void start(int argc, char **argv)
{
	const struct starter *s = starter_of(argv[0]);
	struct buf path = {0}, text = {0}, manifest = {0};
	struct newfile files[2];
	const char *why;

	(void)argc;
	head.type = argv[0];
	head.package_id = argv[1];
	why = manifest_head_bad(&head);
	if (why || !s)
		bad_usage("unable to make such a package: %s", why);
	expand(&path, s->path);
	expand(&text, s->text);
	files[0] = (struct newfile){buf_span(&path), buf_span(&text), strncmp(s->text, "#!", 2) == 0};
	make_manifest(&manifest, &files[0]);
	files[1] = (struct newfile){SPAN(BUNDLE_MANIFEST), buf_span(&manifest), false};
	if (!filter_dry_run() && newdir_make(out_path, files, 2) < 0)
		sys_fail(errno, "unable to make %s", out_path);
	manifest_emit(manifest_records(&manifest));
	buf_free(&path);
	buf_free(&text);
	buf_free(&manifest);
}

static const struct opt opts[] = {
	{.name = "out",
	 .value = "NEWDIR",
	 .summary = "the directory to make",
	 .kind = OPT_STR,
	 .target = &out_path,
	 .required = true},
	{.name = "package-version",
	 .value = "VERSION",
	 .summary = "the package's version (0.1.0)",
	 .kind = OPT_STR,
	 .target = &head.version},
	{.name = "framework",
	 .value = "FRAMEWORK_ID",
	 .summary = "the framework it is, or stands under",
	 .kind = OPT_STR,
	 .target = &head.framework},
	{.name = "spec", .value = "SPEC_ID", .summary = "the spec it is", .kind = OPT_STR, .target = &head.spec},
	{.name = NULL},
};

static const struct filter self = {
	.name = "cp-scaffold",
	.summary = "make the directory of a new package",
	.args = "TYPE PACKAGE_ID",
	.reads = "",
	.writes = "package asset",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_DRY_RUN,
	.operands_min = 2,
	.operands_max = 2,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}

#include "catalog/catalogue.h"

static const struct catalogue_column packages[] = {
	{"id", RULE_PACKAGE, MUST, CORE},
	{"name", RULE_TEXT, MUST, CORE},
	{"entity_type", RULE_WORD, MUST, CORE},
	{"category", RULE_WORD, MUST, CORE},
	{"version", RULE_VERSION, MUST, CORE},
	{"source", RULE_TEXT, MAY, CORE},
	{"source_type", RULE_SOURCE_TYPE, MUST, CORE},
	{"digest", RULE_HEX, MAY, CORE},
	{"signature", RULE_TEXT, MAY, CORE},
	{"attestation_path", RULE_TEXT, MAY, CORE},
	{"attestation_digest", RULE_HEX, MAY, CORE},
	{"attestation_signature_path", RULE_TEXT, MAY, CORE},
	{"platform", RULE_PLATFORM, MUST, CORE},
	{"arch", RULE_ARCH, MUST, CORE},
	{"deps", RULE_PACKAGES, MAY, CORE},
	{"conflicts", RULE_PACKAGES, MAY, CORE},
	{"license", RULE_LICENSE, MUST, CORE},
	{"artifact_path", RULE_ARTIFACT, MAY, CORE},
	{"output_type", RULE_OUTPUT, MAY, CORE},
	{"output_path", RULE_TEXT, MAY, CORE},
	{"status", RULE_STATUS, MUST, CORE},
	{"selected", RULE_YESNO, MUST, CORE},
	{"priority", RULE_PRIORITY, MUST, CORE},
	{"owner", RULE_TEXT, MAY, CORE},
	{"created_at", RULE_TIME, MUST, CORE},
	{"source_spec_id", RULE_SPEC, MAY, CORE},
	{"content_hash", RULE_HEX, MAY, CORE},
	{"framework_id", RULE_FRAMEWORK, MAY, LATER},
	{"spec_id", RULE_SPEC, MAY, LATER},
	{"hash", RULE_HASH, MAY, LATER},
	{0},
};

static const struct catalogue_column control_plane[] = {
	{"id", RULE_ID, MUST, CORE},
	{"name", RULE_TEXT, MUST, CORE},
	{"entity_type", RULE_WORD, MUST, CORE},
	{"category", RULE_WORD, MUST, CORE},
	{"purpose", RULE_TEXT, MAY, CORE},
	{"artifact_path", RULE_ARTIFACT, MUST, CORE},
	{"status", RULE_STATUS, MUST, CORE},
	{"selected", RULE_YESNO, MUST, CORE},
	{"priority", RULE_PRIORITY, MUST, CORE},
	{"dependencies", RULE_IDS, MAY, CORE},
	{"output_type", RULE_WORD, MAY, LATER},
	{"output_path", RULE_TEXT, MAY, LATER},
	{"version", RULE_VERSION, MUST, CORE},
	{"owner", RULE_TEXT, MUST, CORE},
	{"created_at", RULE_TIME, MUST, CORE},
	{"source_spec_id", RULE_SPEC, MAY, CORE},
	{"content_hash", RULE_HEX, MAY, CORE},
	{"config", RULE_TEXT, MAY, CORE},
	{0},
};

static const struct catalogue_column specs[] = {
	{"spec_id", RULE_SPEC, MUST, CORE},
	{"title", RULE_TEXT, MUST, CORE},
	{"framework_id", RULE_FRAMEWORK, MUST, CORE},
	{"status", RULE_STATUS, MUST, CORE},
	{"version", RULE_VERSION, MUST, CORE},
	{"plane_id", RULE_PLANE, MUST, CORE},
	{"created_at", RULE_TIME, MUST, CORE},
	{"required_gates", RULE_TEXT, MAY, LATER},
	{"required_metadata", RULE_TEXT, MAY, LATER},
	{"required_assets", RULE_TEXT, MAY, LATER},
	{"hash", RULE_HASH, MAY, LATER},
	{0},
};

static const struct catalogue_column frameworks[] = {
	{"framework_id", RULE_FRAMEWORK, MUST, CORE},
	{"title", RULE_TEXT, MUST, CORE},
	{"status", RULE_STATUS, MUST, CORE},
	{"version", RULE_VERSION, MUST, CORE},
	{"plane_id", RULE_PLANE, MUST, CORE},
	{"created_at", RULE_TIME, MUST, CORE},
	{"allowed_spec_types", RULE_TEXT, MAY, LATER},
	{"required_gates", RULE_TEXT, MAY, LATER},
	{"hash", RULE_HASH, MAY, LATER},
	{0},
};

static const struct catalogue_column prompts[] = {
	{"prompt_id", RULE_PROMPT, MUST, CORE},
	{"title", RULE_TEXT, MUST, CORE},
	{"status", RULE_STATUS, MUST, CORE},
	{"hash", RULE_HASH, MUST, CORE},
	{"created", RULE_TIME, MUST, CORE},
	{"updated", RULE_TIME, MUST, CORE},
	{0},
};

static const struct catalogue_column packages_state[] = {
	{"package_id", RULE_PACKAGE, MUST, CORE},
	{"status", RULE_STATE, MUST, CORE},
	{"manifest_hash", RULE_HASH, MUST, CORE},
	{"package_type", RULE_WORD, MUST, CORE},
	{"plane_id", RULE_PLANE, MUST, CORE},
	{"assets_count", RULE_COUNT, MUST, CORE},
	{"installed_at", RULE_TIME, MUST, CORE},
	{"uninstalled_at", RULE_TIME, MAY, CORE},
	{"version", RULE_VERSION, MAY, LATER},
	{0},
};

static const struct catalogue_column file_ownership[] = {
	{"file_path", RULE_OWNED, MUST, CORE},
	{"owner_package_id", RULE_PACKAGE, MUST, LATER},
	{"owner_id", RULE_ID, MUST, LATER},
	{"owner_spec_id", RULE_SPEC, MAY, LATER},
	{"sha256", RULE_HEX, MAY, LATER},
	{"content_hash", RULE_HEX, MAY, LATER},
	{"classification", RULE_WORD, MAY, LATER},
	{"installed_at", RULE_TIME, MAY, LATER},
	{0},
};

/* In this order: what comes first has marks that a later one lacks. */
static const struct catalogue catalogues[] = {
	{"file_ownership", {"file_path"}, "file_path", file_ownership},
	{"packages", {"id", "version", "source_type", "digest"}, "id", packages},
	{"control_plane", {"id", "artifact_path", "content_hash", "purpose"}, "id", control_plane},
	{"specs", {"spec_id", "framework_id", "title"}, "spec_id", specs},
	{"frameworks", {"framework_id", "title"}, "framework_id", frameworks},
	{"prompts", {"prompt_id", "title"}, "prompt_id", prompts},
	{"packages_state", {"package_id", "status", "manifest_hash"}, "package_id", packages_state},
};

static bool has(const struct span *header, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(header[i], name))
			return true;
	return false;
}

const struct catalogue *catalogue_of(const struct span *header, size_t n)
{
	for (size_t i = 0; i < sizeof catalogues / sizeof *catalogues; i++) {
		const struct catalogue *c = &catalogues[i];
		size_t m = 0;

		while (m < 4 && c->marks[m] && has(header, n, c->marks[m]))
			m++;
		if (m == 4 || !c->marks[m])
			return c;
	}
	return NULL;
}

const struct catalogue *catalogue_named(struct span name)
{
	for (size_t i = 0; i < sizeof catalogues / sizeof *catalogues; i++)
		if (span_is(name, catalogues[i].name))
			return &catalogues[i];
	return NULL;
}

const struct catalogue_column *catalogue_column(const struct catalogue *c, const char *name)
{
	for (const struct catalogue_column *k = c->column; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

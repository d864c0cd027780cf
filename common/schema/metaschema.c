/* The draft's own metaschema (json-schema.org, Core and Validation appendices) without its prose: the same
 * constraints, so that a reference to it works although nothing is ever fetched. */
#include "schema/internal.h"

#define BASE "https://json-schema.org/draft/2020-12/"
#define HEAD(name) "{\"$schema\":\"" BASE "schema\",\"$id\":\"" BASE "meta/" name "\",\"$vocabulary\":{\"" \
	BASE "vocab/" name "\":true},\"$dynamicAnchor\":\"meta\",\"type\":[\"object\",\"boolean\"],\"properties\":{"
#define META "{\"$dynamicRef\":\"#meta\"}"
#define MAP "{\"type\":\"object\",\"additionalProperties\":" META "}"
#define DEF(name) "{\"$ref\":\"#/$defs/" name "\"}"

static const struct {
	const char *uri, *text;
} documents[] = {
	{BASE "schema",
	 "{\"$schema\":\"" BASE "schema\",\"$id\":\"" BASE "schema\",\"$vocabulary\":{"
	 "\"" BASE "vocab/core\":true,\"" BASE "vocab/applicator\":true,\"" BASE "vocab/unevaluated\":true,"
	 "\"" BASE "vocab/validation\":true,\"" BASE "vocab/meta-data\":true,\"" BASE "vocab/format-annotation\":true,"
	 "\"" BASE "vocab/content\":true},\"$dynamicAnchor\":\"meta\","
	 "\"allOf\":[{\"$ref\":\"meta/core\"},{\"$ref\":\"meta/applicator\"},{\"$ref\":\"meta/unevaluated\"},"
	 "{\"$ref\":\"meta/validation\"},{\"$ref\":\"meta/meta-data\"},{\"$ref\":\"meta/format-annotation\"},"
	 "{\"$ref\":\"meta/content\"}],\"type\":[\"object\",\"boolean\"],\"properties\":{"
	 "\"definitions\":" MAP ","
	 "\"dependencies\":{\"type\":\"object\",\"additionalProperties\":"
	 "{\"anyOf\":[" META ",{\"$ref\":\"meta/validation#/$defs/stringArray\"}]}},"
	 "\"$recursiveAnchor\":{\"$ref\":\"meta/core#/$defs/anchorString\"},"
	 "\"$recursiveRef\":{\"$ref\":\"meta/core#/$defs/uriReferenceString\"}}}"},
	{BASE "meta/core",
	 HEAD("core")
	 "\"$id\":{\"$ref\":\"#/$defs/uriReferenceString\",\"pattern\":\"^[^#]*#?$\"},"
	 "\"$schema\":" DEF("uriString") ",\"$ref\":" DEF("uriReferenceString") ",\"$anchor\":" DEF("anchorString") ","
	 "\"$dynamicRef\":" DEF("uriReferenceString") ",\"$dynamicAnchor\":" DEF("anchorString") ","
	 "\"$vocabulary\":{\"type\":\"object\",\"propertyNames\":" DEF("uriString") ","
	 "\"additionalProperties\":{\"type\":\"boolean\"}},"
	 "\"$comment\":{\"type\":\"string\"},\"$defs\":" MAP "},"
	 "\"$defs\":{\"anchorString\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][-A-Za-z0-9._]*$\"},"
	 "\"uriString\":{\"type\":\"string\",\"format\":\"uri\"},"
	 "\"uriReferenceString\":{\"type\":\"string\",\"format\":\"uri-reference\"}}}"},
	{BASE "meta/applicator",
	 HEAD("applicator")
	 "\"prefixItems\":" DEF("schemaArray") ",\"items\":" META ",\"contains\":" META ","
	 "\"additionalProperties\":" META ",\"properties\":" MAP ","
	 "\"patternProperties\":{\"type\":\"object\",\"additionalProperties\":" META ","
	 "\"propertyNames\":{\"format\":\"regex\"}},"
	 "\"dependentSchemas\":" MAP ",\"propertyNames\":" META ",\"if\":" META ",\"then\":" META ",\"else\":" META ","
	 "\"allOf\":" DEF("schemaArray") ",\"anyOf\":" DEF("schemaArray") ",\"oneOf\":" DEF("schemaArray") ","
	 "\"not\":" META "},"
	 "\"$defs\":{\"schemaArray\":{\"type\":\"array\",\"minItems\":1,\"items\":" META "}}}"},
	{BASE "meta/unevaluated",
	 HEAD("unevaluated") "\"unevaluatedItems\":" META ",\"unevaluatedProperties\":" META "}}"},
	{BASE "meta/validation",
	 HEAD("validation")
	 "\"type\":{\"anyOf\":[" DEF("simpleTypes") ",{\"type\":\"array\",\"items\":" DEF("simpleTypes") ","
	 "\"minItems\":1,\"uniqueItems\":true}]},\"const\":true,\"enum\":{\"type\":\"array\",\"items\":true},"
	 "\"multipleOf\":{\"type\":\"number\",\"exclusiveMinimum\":0},"
	 "\"maximum\":{\"type\":\"number\"},\"exclusiveMaximum\":{\"type\":\"number\"},"
	 "\"minimum\":{\"type\":\"number\"},\"exclusiveMinimum\":{\"type\":\"number\"},"
	 "\"maxLength\":" DEF("nonNegativeInteger") ",\"minLength\":" DEF("nonNegativeInteger") ","
	 "\"pattern\":{\"type\":\"string\",\"format\":\"regex\"},"
	 "\"maxItems\":" DEF("nonNegativeInteger") ",\"minItems\":" DEF("nonNegativeInteger") ","
	 "\"uniqueItems\":{\"type\":\"boolean\"},"
	 "\"maxContains\":" DEF("nonNegativeInteger") ",\"minContains\":" DEF("nonNegativeInteger") ","
	 "\"maxProperties\":" DEF("nonNegativeInteger") ",\"minProperties\":" DEF("nonNegativeInteger") ","
	 "\"required\":" DEF("stringArray") ","
	 "\"dependentRequired\":{\"type\":\"object\",\"additionalProperties\":" DEF("stringArray") "}},"
	 "\"$defs\":{\"nonNegativeInteger\":{\"type\":\"integer\",\"minimum\":0},"
	 "\"simpleTypes\":{\"enum\":[\"array\",\"boolean\",\"integer\",\"null\",\"number\",\"object\",\"string\"]},"
	 "\"stringArray\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true}}}"},
	{BASE "meta/meta-data",
	 HEAD("meta-data")
	 "\"title\":{\"type\":\"string\"},\"description\":{\"type\":\"string\"},\"default\":true,"
	 "\"deprecated\":{\"type\":\"boolean\"},\"readOnly\":{\"type\":\"boolean\"},"
	 "\"writeOnly\":{\"type\":\"boolean\"},"
	 "\"examples\":{\"type\":\"array\",\"items\":true}}}"},
	{BASE "meta/format-annotation", HEAD("format-annotation") "\"format\":{\"type\":\"string\"}}}"},
	{BASE "meta/content",
	 HEAD("content")
	 "\"contentEncoding\":{\"type\":\"string\"},\"contentMediaType\":{\"type\":\"string\"},"
	 "\"contentSchema\":" META "}}"},
};

const char *metaschema_text(struct span uri)
{
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
		if (span_is(uri, documents[i].uri))
			return documents[i].text;
	return NULL;
}

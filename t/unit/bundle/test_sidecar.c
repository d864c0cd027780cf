/* The digests beside archives, as three packers wrote them. */
#include "unit.h"

#include "bundle/sidecar.h"

#define HEX "8f2589b3fec3ab42ac918b54b90d1c4c08b28ddbbbc79b13b89bf1b1598fc6fc"

int main(void)
{
	static const struct { const char *text, *why; } cases[] = {
		{HEX, NULL}, {HEX "\n", NULL}, {HEX "  a.tar.gz\n", NULL}, {HEX " *a.tar.gz\n", NULL},
		{"sha256:" HEX "  a.tar.gz\n", NULL}, {"sha256:" HEX, NULL},
		{HEX "\n\n", "is of no known form"}, {HEX " a.tar.gz", "is of no known form"},
		{HEX "  b.tar.gz\n", "is of another file"}, {HEX "  a.tar.gz\n" HEX "  b\n", "is of another file"},
		{HEX "  x/a.tar.gz\n", "is of another file"}, {HEX "0", "is of no known form"},
		{"", "holds no SHA-256 digest"}, {"\n", "holds no SHA-256 digest"},
		{"sha256:", "holds no SHA-256 digest"},
		{"sha512:" HEX, "holds no SHA-256 digest"}, {" " HEX, "holds no SHA-256 digest"},
		{"8F2589B3FEC3AB42AC918B54B90D1C4C08B28DDBBBC79B13B89BF1B1598FC6FC", "holds no SHA-256 digest"},
	};
	char hash[DIGEST_TEXT];

	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_STR(sidecar_read(span_of(cases[i].text), SPAN("a.tar.gz"), hash), cases[i].why);
		if (!cases[i].why)
			CHECK_SPAN(hash, DIGEST_TEXT, "sha256:" HEX);
	}
	return unit_done();
}

/* What a binding covers, against sha256sum(1): `printf '%s\n' MANIFEST_HASH DOCUMENT_HASH | sha256sum`. */
#include "unit.h"

#include "trust/binding.h"

#define ZEROS "000000000000000000000000000000000000000000000000000000000000000"

int main(void)
{
	struct buf b = {0};

	binding_message(&b, SPAN("sha256:" ZEROS "1"), SPAN("sha256:" ZEROS "2"), KEY_ED25519, SPAN("me@here"));
	CHECK_STR(buf_cstr(&b), "cp-sig/1\nmanifest\n*\n"
				"sha256:e8262cccc99cb6fc0dad65c2deb726f89c17351572d1ccb1cd6e11cd610a69cd\n"
				"ed25519\nme@here\n");
	buf_free(&b);
	return unit_done();
}

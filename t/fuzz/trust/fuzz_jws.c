/* ID tokens and the issuers they are checked against: the first line is config/oidc.json, the second the token. Nobody
 * holds a private key of the corpus but for one token, which is good in its time alone. */
#include "provider/oidc.h"
#include "seal/jws.h"

#include <stdint.h>
#include <stdlib.h>

/* A good token has ended by then. */
static const int64_t late = INT64_C(4102444800000000000);

static void split(struct span token)
{
	struct jws parts;

	if (!jws_split(&parts, token) && (parts.header.n + parts.payload.n + parts.signature.n + 2 != token.n ||
					  parts.signed_part.n + 1 + parts.signature.n != token.n ||
					  memchr(parts.signature.p, '.', parts.signature.n)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *lf = size ? memchr(data, '\n', size) : NULL;
	struct span text = {(const char *)data, size}, token = text;
	struct buf copy = {0};
	struct oidc_token t;
	struct oidc o;

	if (lf) {
		buf_add(&copy, text.p, (size_t)(lf - text.p));
		token = (struct span){lf + 1, size - copy.n - 1};
	}
	split(token);
	if (lf && !oidc_read(&o, &copy)) {
		if (!oidc_check(&t, &o, token, late))
			abort();
		oidc_token_free(&t);
		oidc_check(&t, &o, token, 0);
		oidc_token_free(&t);
	}
	if (lf)
		oidc_close(&o);
	buf_free(&copy);
	return 0;
}

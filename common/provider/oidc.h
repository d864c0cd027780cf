/* OpenID Connect ID tokens (OpenID Connect Core 1.0 sections 2 and 3.1.3.7, RFC 7519, RFC 8725) against the issuers
 * that the plane's config/oidc.json names, with their keys: nothing is fetched. cp-roles(5) describes the file. */
#ifndef CP_PROVIDER_OIDC_H
#define CP_PROVIDER_OIDC_H

#include "data/json.h"

#define OIDC_FILE "config/oidc.json"
enum { OIDC_LEEWAY = 60, OIDC_LEEWAY_MAX = 300 };

struct oidc {
	struct buf text;
	struct json json;
	uint32_t issuers;
};

/* NULL, or why no token of any issuer can be believed. */
const char *oidc_open(struct oidc *o, const char *root);
/* The same of a text, which is taken over. */
const char *oidc_read(struct oidc *o, struct buf *text);
void oidc_close(struct oidc *o);

struct oidc_token {
	struct buf header_text, payload, signature; /* never grow: they are wiped whole */
	struct json header, claims;
	struct buf issuer, subject;
	int64_t expires; /* ns since 1970; with the leeway */
};

/* NULL, or why the token is not believed: nothing of it is in the text. `now` in ns since 1970. */
const char *oidc_check(struct oidc_token *t, const struct oidc *o, struct span token, int64_t now);
void oidc_token_free(struct oidc_token *t); /* wipes it */

#endif

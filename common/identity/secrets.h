/* The shared secret of tokens, and its file outside every plane (cp-auth-init(1)):
 *
 *	{"schema_version":"1.0","secret":"...","former":{"secret":"...","until":"2026-11-27T00:00:00Z"}}
 *
 * The key of the MAC is the text, as it stands there. */
#ifndef CP_IDENTITY_SECRETS_H
#define CP_IDENTITY_SECRETS_H

#include "seal/secret.h"

enum { SECRET_RANDOM_BYTES = 32 };

struct secrets {
	struct secret current;
	struct secret former; /* empty: there is none */
	int64_t until;        /* ns since 1970; the former counts until then */
};

void secrets_init(struct secrets *s);
void secrets_free(struct secrets *s);
/* `option`, else $HOME/.control_plane/auth_secrets.json. False: there is no HOME either. */
bool secrets_path(struct buf *path, const char *option);
/* Reads the file. `root` (may be NULL): of the plane in which it may not lie. NULL, or why not; errno is then 0 unless
 * the system failed. */
const char *secrets_read(struct secrets *s, const char *path, const char *root);
/* Of the file that was named, else of CONTROL_PLANE_SHARED_SECRET, else of the user's file. NULL, or why there is none;
 * errno as above. */
const char *secrets_find(struct secrets *s, const char *option, const char *root);
/* The bytes that a program handed on, to the end of the descriptor. */
const char *secrets_receive(struct secrets *s, int fd);
/* The text of a file, at the end of `out`. */
void secrets_write(struct secret *out, const struct secrets *s);

#endif

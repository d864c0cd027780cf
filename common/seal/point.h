/* Ed25519 public keys as points of the curve (RFC 8032 section 5.1). OpenSSL looks at them only when it verifies. */
#ifndef CP_SEAL_POINT_H
#define CP_SEAL_POINT_H

enum { POINT_BYTES = 32 };

/* NULL, or why the bytes are nobody's public key: a point of small order, for which some signatures hold of every
 * message; a y that is not below p, which is a second spelling of another; no point at all. */
const char *point_unfit(const unsigned char key[POINT_BYTES]);

#endif

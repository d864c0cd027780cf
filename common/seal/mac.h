/* HMAC-SHA256 (RFC 2104, FIPS 198-1), through OpenSSL, which wipes what it derives from the key. */
#ifndef CP_SEAL_MAC_H
#define CP_SEAL_MAC_H

#include "base/buf.h"

enum { MAC_HEX = 64 };

/* Lower-case hex, no NUL. It is as secret as what it lets in: wipe it. */
void mac_hex(struct span key, struct span message, char out[MAC_HEX]);

#endif

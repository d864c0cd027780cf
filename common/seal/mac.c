#include "seal/mac.h"

#include "base/err.h"
#include "base/text.h"
#include "seal/secret.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

void mac_hex(struct span key, struct span message, char out[MAC_HEX])
{
	unsigned char mac[MAC_HEX / 2];
	unsigned n = sizeof mac;

	if (key.n > INT_MAX ||
	    !HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)message.p, message.n, mac, &n) ||
	    n != sizeof mac)
		die(STATUS_SYSTEM, "unable to compute a MAC: OpenSSL failed");
	hex_encode(mac, sizeof mac, out);
	secret_wipe(mac, sizeof mac);
}

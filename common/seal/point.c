#include "seal/point.h"

#include "base/err.h"

#include <openssl/bn.h>
#include <stdbool.h>
#include <string.h>

/* The encodings of y of the eight points of small order, canonical or not, without the sign of x (C2SP, "Low-order
 * edwards25519 point encodings"). */
static bool small_order(const unsigned char key[POINT_BYTES])
{
	static const unsigned char y[][POINT_BYTES] = {
		{0},
		{1},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	};
	unsigned char bare[POINT_BYTES], high[POINT_BYTES];
	unsigned char first = key[0];

	memcpy(bare, key, sizeof bare);
	bare[POINT_BYTES - 1] &= 0x7f;
	for (unsigned i = 0; i < sizeof y / sizeof *y; i++)
		if (memcmp(bare, y[i], sizeof bare) == 0)
			return true;
	memset(high, 0xff, sizeof high); /* p - 1, p, p + 1 */
	high[0] = first;
	high[POINT_BYTES - 1] = 0x7f;
	return first >= 0xec && first <= 0xee && memcmp(bare, high, sizeof bare) == 0;
}

/* y of an encoding, without the sign of x. */
static BIGNUM *y_of(const unsigned char key[POINT_BYTES])
{
	unsigned char bare[POINT_BYTES];

	memcpy(bare, key, sizeof bare);
	bare[POINT_BYTES - 1] &= 0x7f;
	return BN_lebin2bn(bare, sizeof bare, NULL);
}

/* There is an x with x^2 = (y^2 - 1) / (d y^2 + 1) where numerator times denominator is a square: p divides neither
 * for a point that is not of small order. 1: yes, 0: no, -1: OpenSSL failed. */
static int has_x(const BIGNUM *y, const BIGNUM *p, BN_CTX *ctx)
{
	BIGNUM *d = NULL, *y2 = BN_CTX_get(ctx), *u = BN_CTX_get(ctx), *v = BN_CTX_get(ctx);
	int symbol = -2;

	if (v && BN_hex2bn(&d, "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3") &&
	    BN_mod_sqr(y2, y, p, ctx) == 1 && BN_mod_sub(u, y2, BN_value_one(), p, ctx) == 1 &&
	    BN_mod_mul(v, d, y2, p, ctx) == 1 && BN_mod_add(v, v, BN_value_one(), p, ctx) == 1 &&
	    BN_mod_mul(u, u, v, p, ctx) == 1)
		symbol = BN_kronecker(u, p, ctx);
	BN_free(d);
	return symbol == -2 ? -1 : symbol >= 0;
}

const char *point_unfit(const unsigned char key[POINT_BYTES])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = NULL, *y = y_of(key);
	const char *why = NULL;
	int curve;

	if (!ctx || !y || !BN_hex2bn(&p, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"))
		die(STATUS_SYSTEM, "unable to look at a key: OpenSSL failed");
	BN_CTX_start(ctx);
	curve = has_x(y, p, ctx);
	if (curve < 0)
		die(STATUS_SYSTEM, "unable to look at a key: OpenSSL failed");
	if (small_order(key))
		why = "it is a point of small order, which is nobody's key";
	else if (BN_cmp(y, p) >= 0)
		why = "it is not the canonical form of a point";
	else if (!curve)
		why = "it is no point of the curve";
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	BN_free(p);
	BN_free(y);
	return why;
}

#include "base/text.h"
#include "seal/jws.h"
#include "seal/digest.h"
#include "unit.h"

static void decode(struct buf *b, const char *text)
{
	CHECK(base64url_decode(b, text, strlen(text)));
}

/* RFC 4231, cases 1, 2, 6 and 7; the last is the vector of the design. */
static void test_mac(void)
{
	static const struct {
		const char *key, *message, *mac;
	} good[] = {
		{"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
		 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"Jefe", "what do ya want for nothing?",
		 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"secret", "alice", "4360c67bc81025114044578d7c4e8e0f02fd0cae99f22d603390e8f9dc9888f8"},
	};
	char key[131], mac[HMAC_HEX];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		hmac_hex(span_of(good[i].key), span_of(good[i].message), mac);
		CHECK(memcmp(mac, good[i].mac, HMAC_HEX) == 0);
	}
	memset(key, 0xaa, sizeof key);
	hmac_hex((struct span){key, sizeof key}, SPAN("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
	CHECK(memcmp(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", HMAC_HEX) == 0);
}

static void check_token(const struct jws_key *k, const char *token, bool good)
{
	struct buf signature = {0};
	struct jws parts;

	CHECK(!jws_split(&parts, span_of(token)));
	CHECK(base64url_decode(&signature, parts.signature.p, parts.signature.n));
	CHECK(jws_verify(k, buf_span(&signature), parts.signed_part) == good);
	if (good && signature.n) { /* neither longer nor shorter, nor anything else */
		struct span s = buf_span(&signature);
		CHECK(!jws_verify(k, (struct span){s.p, s.n - 1}, parts.signed_part));
		buf_char(&signature, 0);
		CHECK(!jws_verify(k, buf_span(&signature), parts.signed_part));
		signature.n--;
		CHECK(!jws_verify(k, buf_span(&signature),
				  (struct span){parts.signed_part.p, parts.signed_part.n - 1}));
		signature.p[signature.n / 2] ^= 1;
		CHECK(!jws_verify(k, buf_span(&signature), parts.signed_part));
	}
	buf_free(&signature);
}

/* RFC 7515 appendix A.2. */
static const char rsa_n[] =
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
	"S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
	"R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD"
	"TW9gb54h4FRWyuXpoQ";
static const char rsa_token[] =
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
	"cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
	"O8W2Fp5jujGbds9uJd"
	"bF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
	"eSN9383LcOLn6"
	"_dO--xi12jzDwusC-"
	"eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc"
	"N_IoypGlUPQGe77Rw";
/* RFC 8037 appendix A.4. */
static const char ed_x[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
static const char ed_token[] =
	"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
	"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

static void test_vectors(void)
{
	struct buf n = {0}, e = {0}, x = {0};
	struct jws_key *rsa, *ed;
	const char *why;

	decode(&n, rsa_n);
	decode(&e, "AQAB");
	decode(&x, ed_x);
	rsa = jws_key_rsa(buf_span(&n), buf_span(&e), &why);
	ed = jws_key_ed25519(buf_span(&x), &why);
	CHECK(rsa && ed);
	if (rsa && ed) {
		CHECK_STR(jws_key_algorithm(rsa), "RS256");
		CHECK_STR(jws_key_algorithm(ed), "EdDSA");
		check_token(rsa, rsa_token, true);
		check_token(ed, ed_token, true);
		check_token(rsa, ed_token, false);
		check_token(ed, rsa_token, false);
	}
	jws_key_free(rsa);
	jws_key_free(ed);
	jws_key_free(NULL);
	buf_free(&n);
	buf_free(&e);
	buf_free(&x);
}

static void test_split(void)
{
	static const char *const bad[] = {"",	  ".",	  "..",	  "...",    "a",       "a.b",
					  "a.b.", ".b.c", "a..c", "a.b.c.", "a.b.c.d", ".a.b.c"};
	struct jws parts;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(jws_split(&parts, span_of(bad[i])) != NULL);
	CHECK(!jws_split(&parts, SPAN("ab.c.def")));
	CHECK(span_is(parts.header, "ab") && span_is(parts.payload, "c") && span_is(parts.signature, "def"));
	CHECK(span_is(parts.signed_part, "ab.c"));
}

int main(void)
{
	test_mac();
	test_vectors();
	test_split();
	return unit_done();
}

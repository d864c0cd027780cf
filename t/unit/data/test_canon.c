/* RFC 8785: the reference vectors, the number checksum over 100,000 lines, and the earlier implementation's writer. */
#include "unit.h"

#include "data/canon.h"
#include "os/in.h"
#include "seal/digest.h"

#include <math.h>

static const char *shared(void)
{
	const char *s = getenv("CP_SHARED");

	return s ? s : "../shared";
}

static void vector(const char *name)
{
	struct buf in = {0}, want = {0}, path = {0}, got = {0};
	struct json j = {0};

	buf_printf(&path, "%s/vectors/jcs/testdata/input/%s.json", shared(), name);
	CHECK(slurp(buf_cstr(&path), 1 << 20, &in) == 0);
	buf_reset(&path);
	buf_printf(&path, "%s/vectors/jcs/testdata/output/%s.json", shared(), name);
	CHECK(slurp(buf_cstr(&path), 1 << 20, &want) == 0);
	CHECK(json_parse(&j, in.p, in.n, JSON_DOCUMENT));
	CHECK(canon_jcs(&got, &j, 0));
	CHECK_SPAN(got.p, got.n, buf_cstr(&want));
	json_free(&j);
	buf_free(&in);
	buf_free(&want);
	buf_free(&path);
	buf_free(&got);
}

/* The generator of vectors/jcs/testdata/README.md. */
static const uint64_t fixed[] = {
	0x0000000000000000, 0x8000000000000000, 0x0000000000000001, 0x8000000000000001, 0xc46696695dbd1cc3,
	0xc43211ede4974a35, 0xc3fce97ca0f21056, 0xc3c7213080c1a6ac, 0xc39280f39a348556, 0xc35d9b1f5d20d557,
	0xc327af4c4a80aaac, 0xc2f2f2a36ecd5556, 0xc2be51057e155558, 0xc28840d131aaaaac, 0xc253670dc1555557,
	0xc21f0b4935555557, 0xc1e8d5d42aaaaaac, 0xc1b3de4355555556, 0xc17fca0555555556, 0xc1496e6aaaaaaaab,
	0xc114585555555555, 0xc0e046aaaaaaaaab, 0xc0aa0aaaaaaaaaaa, 0xc074d55555555555, 0xc040aaaaaaaaaaab,
	0xc00aaaaaaaaaaaab, 0xbfd5555555555555, 0xbfa1111111111111, 0xbf6b4e81b4e81b4f, 0xbf35d867c3ece2a5,
	0xbf0179ec9cbd821e, 0xbecbf647612f3696, 0xbe965e9f80f29212, 0xbe61e54c672874db, 0xbe2ca213d840baf8,
	0xbdf6e80fe033c8c6, 0xbdc2533fe68fd3d2, 0xbd8d51ffd74c861c, 0xbd5774ccac3d3817, 0xbd22c3d6f030f9ac,
	0xbcee0624b3818f79, 0xbcb804ea293472c7, 0xbc833721ba905bd3, 0xbc4ebe9c5db3c61e, 0xbc18987d17c304e5,
	0xbbe3ad30dfcf371d, 0xbbaf7b816618582f, 0xbb792f9ab81379bf, 0xbb442615600f9499, 0xbb101e77800c76e1,
	0xbad9ca58cce0be35, 0xbaa4a1e0a3e6fe90, 0xba708180831f320d, 0xba3a68cd9e985016, 0x446696695dbd1cc3,
	0x443211ede4974a35, 0x43fce97ca0f21056, 0x43c7213080c1a6ac, 0x439280f39a348556, 0x435d9b1f5d20d557,
	0x4327af4c4a80aaac, 0x42f2f2a36ecd5556, 0x42be51057e155558, 0x428840d131aaaaac, 0x4253670dc1555557,
	0x421f0b4935555557, 0x41e8d5d42aaaaaac, 0x41b3de4355555556, 0x417fca0555555556, 0x41496e6aaaaaaaab,
	0x4114585555555555, 0x40e046aaaaaaaaab, 0x40aa0aaaaaaaaaaa, 0x4074d55555555555, 0x4040aaaaaaaaaaab,
	0x400aaaaaaaaaaaab, 0x3fd5555555555555, 0x3fa1111111111111, 0x3f6b4e81b4e81b4f, 0x3f35d867c3ece2a5,
	0x3f0179ec9cbd821e, 0x3ecbf647612f3696, 0x3e965e9f80f29212, 0x3e61e54c672874db, 0x3e2ca213d840baf8,
	0x3df6e80fe033c8c6, 0x3dc2533fe68fd3d2, 0x3d8d51ffd74c861c, 0x3d5774ccac3d3817, 0x3d22c3d6f030f9ac,
	0x3cee0624b3818f79, 0x3cb804ea293472c7, 0x3c833721ba905bd3, 0x3c4ebe9c5db3c61e, 0x3c18987d17c304e5,
	0x3be3ad30dfcf371d, 0x3baf7b816618582f, 0x3b792f9ab81379bf, 0x3b442615600f9499, 0x3b101e77800c76e1,
	0x3ad9ca58cce0be35, 0x3aa4a1e0a3e6fe90, 0x3a708180831f320d, 0x3a3a68cd9e985016, 0x4024000000000000,
	0x4014000000000000, 0x3fe0000000000000, 0x3fa999999999999a, 0x3f747ae147ae147b, 0x3f40624dd2f1a9fc,
	0x3f0a36e2eb1c432d, 0x3ed4f8b588e368f1, 0x3ea0c6f7a0b5ed8d, 0x3e6ad7f29abcaf48, 0x3e35798ee2308c3a,
	0x3ed539223589fa95, 0x3ed4ff26cd5a7781, 0x3ed4f95a762283ff, 0x3ed4f8c60703520c, 0x3ed4f8b72f19cd0d,
	0x3ed4f8b5b31c0c8d, 0x3ed4f8b58d1c461a, 0x3ed4f8b5894f7f0e, 0x3ed4f8b588ee37f3, 0x3ed4f8b588e47da4,
	0x3ed4f8b588e3849c, 0x3ed4f8b588e36bb5, 0x3ed4f8b588e36937, 0x3ed4f8b588e368f8, 0x3ed4f8b588e368f1,
	0x3ff0000000000000, 0xbff0000000000000, 0xbfeffffffffffffa, 0xbfeffffffffffffb, 0x3feffffffffffffa,
	0x3feffffffffffffb, 0x3feffffffffffffc, 0x3feffffffffffffe, 0xbfefffffffffffff, 0xbfefffffffffffff,
	0x3fefffffffffffff, 0x3fefffffffffffff, 0x3fd3333333333332, 0x3fd3333333333333, 0x3fd3333333333334,
	0x0010000000000000, 0x000ffffffffffffd, 0x000fffffffffffff, 0x7fefffffffffffff, 0xffefffffffffffff,
	0x4340000000000000, 0xc340000000000000, 0x4430000000000000, 0x44b52d02c7e14af5, 0x44b52d02c7e14af6,
	0x44b52d02c7e14af7, 0x444b1ae4d6e2ef4e, 0x444b1ae4d6e2ef4f, 0x444b1ae4d6e2ef50, 0x3eb0c6f7a0b5ed8c,
	0x3eb0c6f7a0b5ed8d, 0x41b3de4355555553, 0x41b3de4355555554, 0x41b3de4355555555, 0x41b3de4355555556,
	0x41b3de4355555557, 0xbecbf647612f3696, 0x43143ff3c1cb0959,
};
enum { FIXED_COUNT = sizeof fixed / sizeof *fixed, SERIAL_COUNT = 2000, LINES = 100000 };

struct generator {
	struct digest *d;
	unsigned index, left;
	unsigned char block[32];
};

static double generate(struct generator *g)
{
	uint64_t bits = 0;
	double v = 0;

	if (g->index < FIXED_COUNT + SERIAL_COUNT) {
		bits = g->index < FIXED_COUNT ? fixed[g->index] : UINT64_C(0x0010000000000000) + g->index - FIXED_COUNT;
		g->index++;
		memcpy(&v, &bits, sizeof v);
		return v;
	}
	while (v == 0 || !isfinite(v)) {
		if (!g->left) {
			digest_bytes(g->d, g->block, sizeof g->block, g->block);
			g->left = 4;
		}
		memcpy(&v, g->block + (4 - g->left) * 8, sizeof v);
		g->left--;
	}
	return v;
}

static void number_checksum(void)
{
	struct generator g = {.d = digest_new()};
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];
	struct buf line = {0};

	digest_start(d);
	for (unsigned i = 0; i < LINES; i++) {
		double v = generate(&g);
		uint64_t bits;

		memcpy(&bits, &v, sizeof bits);
		buf_reset(&line);
		buf_printf(&line, "%llx,", (unsigned long long)bits);
		if (!canon_number(&line, v))
			CHECK(!"a finite number is written");
		buf_char(&line, '\n');
		digest_add(d, line.p, line.n);
	}
	digest_end(d, sum);
	digest_text(sum, text);
	CHECK_SPAN(text, DIGEST_TEXT, "sha256:22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7");
	digest_free(d);
	digest_free(g.d);
	buf_free(&line);
}

static void legacy(const char *in, const char *without, const char *want)
{
	struct json j = {0};
	struct buf got = {0};

	CHECK(json_parse(&j, in, strlen(in), JSON_DOCUMENT));
	canon_legacy(&got, &j, 0, without);
	CHECK_SPAN(got.p, got.n, want);
	json_free(&j);
	buf_free(&got);
}

static void jcs(const char *in, const char *without, const char *want)
{
	struct json j = {0};
	struct buf got = {0};
	bool good;

	CHECK(json_parse(&j, in, strlen(in), JSON_DOCUMENT));
	buf_str(&got, "before ");
	good = canon_jcs_without(&got, &j, 0, without);
	CHECK(good == (want != NULL));
	CHECK_SPAN(got.p + 7, got.n - 7, want ? want : "");
	json_free(&j);
	buf_free(&got);
}

static void cases(void)
{
	struct buf b = {0};

	CHECK(!canon_number(&b, NAN) && !canon_number(&b, INFINITY) && !canon_number(&b, -INFINITY) && b.n == 0);
	jcs("[1e400]", NULL, NULL);
	jcs("{\"a\":[-1e309]}", NULL, NULL);
	jcs("[-0, 0.0, 1E-400, 20e1, 1e21, 999999999999999999999, 0.000001, 1e-7]", NULL,
	    "[0,0,0,200,1e+21,1e+21,0.000001,1e-7]");
	/* the shortest at and around powers of two */
	jcs("[9007199254740992, 5.6843418860808015e-14, 4.9406564584124654e-324, 2.2250738585072014e-308]", NULL,
	    "[9007199254740992,5.684341886080802e-14,5e-324,2.2250738585072014e-308]");
	jcs("{\"b\":{\"z\":1,\"b\":2},\"a\":1}", "b", "{\"a\":1}");
	jcs("{\"b\":{\"b\":2},\"\\u0061\":1}", "a", "{\"b\":{\"b\":2}}");
	/* U+1F600 before U+FB33: by UTF-16 code units, not by code point */
	jcs("{\"\xef\xac\xb3\":1,\"\xf0\x9f\x98\x80\":2,\"\\u00e9\":3,\"\":4}", NULL,
	    "{\"\":4,\"\xc3\xa9\":3,\"\xf0\x9f\x98\x80\":2,\"\xef\xac\xb3\":1}");
	jcs("\"\\u0000\\u001F\\u007f\\/\\\"\\\\\\u2028\"", NULL, "\"\\u0000\\u001f\x7f/\\\"\\\\\xe2\x80\xa8\"");
	/* Python: json.dumps(x, sort_keys=True, ensure_ascii=False) */
	legacy("{\"b\":[1,2.50,{}],\"a\":null,\"entry_hash\":\"x\"}", "entry_hash",
	       "{\"a\": null, \"b\": [1, 2.50, {}]}");
	legacy("{\"\xf0\x9f\x98\x80\":1,\"\xef\xac\xb3\":\"\\u00e9\\u0007\\n\"}", NULL,
	       "{\"\xef\xac\xb3\": \"\xc3\xa9\\u0007\\n\", \"\xf0\x9f\x98\x80\": 1}");
	buf_free(&b);
}

/* Texts of which only the canonical ones are their own RFC 8785 form. */
static void is_canonical(void)
{
	static const char *const yes[] = {
		"{}", "{\"a\":1,\"b\":[true,null,{}],\"c\":{\"a\":-1}}", "{\"\":0,\"\\n\":\"\\u001f\\\"\"}",
		"{\"\xf0\x9f\x98\x80\":2,\"\xef\xac\xb3\":1}", "{\"a\":0.000001,\"b\":1e-7,\"c\":9007199254740991}",
		"{\"a\":[],\"b\":[[],[{}]]}", "{\"a\\u0000\":1,\"a\\u0001\":1}",
	};
	static const char *const no[] = {
		"{ }",
		" {}",
		"{} ",
		"{\"b\":1,\"a\":1}",
		"{\"a\": 1}",
		"{\"a\" :1}",
		"{\"a\":1 }",
		"{\"a\":1, \"b\":1}",
		"{\"a\":[1, 2]}",
		"{\"a\":[1 ]}",
		"{\"a\":[ ]}",
		"{\"a\":1.0}",
		"{\"a\":1e2}",
		"{\"a\":\"\\/\"}",
		"{\"a\":\"\\u0041\"}",
		"{\"a\":\"\\u001F\"}",
		"{\"\\u0061\":1}",
		"{\"\xef\xac\xb3\":1,\"\xf0\x9f\x98\x80\":2}",
		"{\"a\\u0001\":1,\"a\\u0000\":1}",
		"{\"a\":0.0000010}",
		"{\"a\":[{ }]}",
		"{\"a\":{\"c\":1,\"b\":1}}",
	};
	struct json j = {0};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (CHECK(json_parse(&j, yes[i], strlen(yes[i]), JSON_RECORD)) &&
		    !CHECK(canon_is_jcs(&j, strlen(yes[i]))))
			printf("\t%s\n", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (CHECK(json_parse(&j, no[i], strlen(no[i]), JSON_RECORD)) &&
		    !CHECK(!canon_is_jcs(&j, strlen(no[i]))))
			printf("\t%s\n", no[i]);
	CHECK(json_parse(&j, "{}", 2, JSON_RECORD) && j.depth == 1);
	CHECK(json_parse(&j, "{\"a\":[[]]}", 10, JSON_RECORD) && j.depth == 3);
	json_free(&j);
}

int main(void)
{
	static const char *const names[] = {"arrays", "french", "structures", "unicode", "values", "weird"};
	struct buf probe = {0}, path = {0};

	cases();
	is_canonical();
	number_checksum();
	buf_printf(&path, "%s/vectors/jcs/testdata/input/weird.json", shared());
	if (slurp(buf_cstr(&path), 1 << 20, &probe) == 0)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			vector(names[i]);
	else
		printf("no RFC 8785 vectors beside the tree: not compared\n");
	buf_free(&probe);
	buf_free(&path);
	return unit_done();
}

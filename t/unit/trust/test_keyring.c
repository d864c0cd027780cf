#include "base/text.h"
#include "os/clock.h"
#include "seal/point.h"
#include "trust/keyring.h"
#include "unit.h"

static void no_fault(void *ctx, struct span key, const char *why)
{
	(void)key;
	fprintf(stderr, "%s\n", why);
	++*(unsigned *)ctx;
}

static int64_t at(const char *text)
{
	int64_t t = KEY_TIME_UNKNOWN;

	CHECK(clock_parse(span_of(text), &t));
	return t;
}

/* Each status, at each place in and about the window, with the time of signing known or not: cp-keyring(5), "When a
 * signature counts". `1`: it counts. */
static const char *const places[] = {
	"1900-01-01T00:00:00Z",		  "2025-12-31T23:59:59.999999999Z", /* the window begins */
	"2026-01-01T00:00:00Z",		  "2026-01-01T00:00:00.000000001Z",
	"2026-03-31T23:59:59.999999999Z", /* it is retired or revoked */
	"2026-04-01T00:00:00Z",		  "2026-04-01T00:00:00.000000001Z",
	"2026-12-30T23:59:59.999999999Z", /* the window ends */
	"2026-12-31T00:00:00Z",		  "2026-12-31T00:00:00.000000001Z",
	"2200-01-01T00:00:00Z",
};
enum { PLACES = sizeof places / sizeof *places };

static const struct {
	enum key_status status;
	const char *ended;	     /* NULL: it is not said */
	const char *known, *unknown; /* by the signing time, and where that is not known by now */
} windows[] = {
	{KEY_ACTIVE, NULL, "00111111100", "00111111100"},
	{KEY_RETIRED, "2026-04-01T00:00:00Z", "00111000000", "00000000000"},
	{KEY_RETIRED, "2025-01-01T00:00:00Z", "00000000000", "00000000000"}, /* before the window */
	{KEY_RETIRED, "2026-01-01T00:00:00Z", "00000000000", "00000000000"}, /* as it begins */
	{KEY_RETIRED, "2026-12-31T00:00:00Z", "00111111000", "00000000000"}, /* as it ends */
	{KEY_RETIRED, "2027-01-01T00:00:00Z", "00111111100", "00000000000"}, /* behind it */
	{KEY_REVOKED, "2026-04-01T00:00:00Z", "00000000000", "00000000000"},
	{KEY_REVOKED, "2027-01-01T00:00:00Z", "00000000000", "00000000000"},
	{KEY_REVOKED, NULL, "00000000000", "00000000000"},
};

static void test_windows(void)
{
	for (unsigned i = 0; i < sizeof windows / sizeof *windows; i++) {
		struct trusted_key k = {.from = at("2026-01-01T00:00:00Z"),
					.until = at("2026-12-31T00:00:00Z"),
					.status = windows[i].status,
					.ended = windows[i].ended ? at(windows[i].ended) : INT64_MIN};

		for (unsigned p = 0; p < PLACES; p++) {
			CHECK_INT(!key_unusable(&k, KEY_TIME_UNKNOWN, at(places[p])), windows[i].unknown[p] == '1');
			/* Where it is known, now does not matter. */
			for (unsigned now = 0; now < PLACES; now++)
				CHECK_INT(!key_unusable(&k, at(places[p]), at(places[now])),
					  windows[i].known[p] == '1');
		}
	}
}

/* A window of one moment, and the ends of all time. */
static void test_narrow_windows(void)
{
	struct trusted_key k = {.from = 7, .until = 7, .status = KEY_ACTIVE, .ended = INT64_MIN};

	CHECK(key_unusable(&k, 6, 0) && !key_unusable(&k, 7, 0) && key_unusable(&k, 8, 0));
	CHECK(key_unusable(&k, INT64_MIN + 1, 7) && key_unusable(&k, INT64_MAX, 7));
	k.from = INT64_MIN + 1;
	k.until = INT64_MAX;
	CHECK(!key_unusable(&k, INT64_MIN + 1, 0) && !key_unusable(&k, INT64_MAX, 0));
	CHECK(!key_unusable(&k, KEY_TIME_UNKNOWN, INT64_MAX));
	k.status = KEY_STATUSES; /* none that we know */
	CHECK(key_unusable(&k, 7, 7) != NULL);
}

static const char document[] =
	"{\"schema_version\":\"1.0\",\"version\":7,\"keys\":[{\"key_id\":\"a\",\"algorithm\":\"ed25519\","
	"\"public_key\":\"base64:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\","
	"\"valid_from\":\"2026-01-01T00:00:00Z\",\"valid_until\":\"2026-12-31T00:00:00Z\","
	"\"status\":\"active\",\"roles\":[\"root\",\"signer\"],\"owner\":\"ann\"}]}";

static void test_reading(void)
{
	struct buf text = {0};
	struct keyring r;
	unsigned faults = 0;
	const struct trusted_key *k;

	buf_str(&text, document);
	CHECK_INT(keyring_read(&r, &text, no_fault, &faults), 0);
	CHECK_INT(faults, 0);
	CHECK_INT(r.version, 7);
	CHECK(!keyring_find(&r, SPAN("b")) && !keyring_find(&r, SPAN("")));
	k = keyring_find(&r, SPAN("a"));
	CHECK(k && k->status == KEY_ACTIVE && k->algorithm == KEY_ED25519 && span_is(k->owner, "ann"));
	CHECK(k && key_has_role(&r, k, "signer") && !key_has_role(&r, k, "sign") && !key_has_role(&r, k, ""));
	keyring_free(&r);
}

static struct public_key *from_hex(const char *hex, const char **why)
{
	unsigned char raw[ED25519_KEY];

	CHECK(hex_decode(hex, 2 * sizeof raw, raw));
	return public_key_read(KEY_ED25519, (struct span){(const char *)raw, sizeof raw}, why);
}

/* C2SP, the fourteen encodings of the eight points of small order. */
static void test_small_order(void)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	const char *why = NULL;
	struct public_key *k;

	for (unsigned i = 0; i < sizeof points / sizeof *points; i++) {
		CHECK(!from_hex(points[i], &why));
		CHECK_STR(why, "it is a point of small order, which is nobody's key");
	}
	k = from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", &why);
	CHECK(k != NULL);
	public_key_free(k);
}

/* The same of what is no point, or is another spelling of one. Whatever openssl makes is one. */
static void test_points(void)
{
	static const struct {
		const char *hex, *why;
	} keys[] = {
		{"0200000000000000000000000000000000000000000000000000000000000000", "it is no point of the curve"},
		{"0200000000000000000000000000000000000000000000000000000000000080", "it is no point of the curve"},
		{"0700000000000000000000000000000000000000000000000000000000000000", "it is no point of the curve"},
		{"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		 "it is not the canonical form of a point"}, /* p + 3 */
		{"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		 "it is not the canonical form of a point"},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		 "it is not the canonical form of a point"},
		{"0300000000000000000000000000000000000000000000000000000000000000", NULL},
		{"0300000000000000000000000000000000000000000000000000000000000080", NULL},
		{"5866666666666666666666666666666666666666666666666666666666666666", NULL}, /* the base point */
	};
	const char *why;

	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct public_key *k = from_hex(keys[i].hex, &why);

		CHECK_INT(k == NULL, keys[i].why != NULL);
		if (!k)
			CHECK_STR(why, keys[i].why);
		public_key_free(k);
	}
	for (unsigned i = 0; i < 50; i++) {
		struct sign_key *k = sign_key_make(KEY_ED25519);
		unsigned char raw[ED25519_KEY];

		sign_key_raw(k, raw);
		CHECK(point_unfit(raw) == NULL);
		sign_key_free(k);
	}
}

int main(void)
{
	test_windows();
	test_narrow_windows();
	test_points();
	test_reading();
	test_small_order();
	return unit_done();
}

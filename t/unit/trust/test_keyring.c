#include "base/text.h"
#include "os/clock.h"
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

/* Each status, before, at the edges of, inside and behind the window, with the time of signing known or not. */
static void test_windows(void)
{
	static const struct {
		enum key_status status;
		const char *time;
		bool known, usable; /* when signing time is not known, `time` is now */
	} table[] = {
		{KEY_ACTIVE, "2025-12-31T23:59:59.999999999Z", true, false},
		{KEY_ACTIVE, "2026-01-01T00:00:00Z", true, true},
		{KEY_ACTIVE, "2026-06-01T00:00:00Z", true, true},
		{KEY_ACTIVE, "2026-12-31T00:00:00Z", true, true},
		{KEY_ACTIVE, "2026-12-31T00:00:00.000000001Z", true, false},
		{KEY_ACTIVE, "2025-12-31T23:59:59Z", false, false},
		{KEY_ACTIVE, "2026-01-01T00:00:00Z", false, true},
		{KEY_ACTIVE, "2026-06-01T00:00:00Z", false, true},
		{KEY_ACTIVE, "2027-01-01T00:00:00Z", false, false},
		{KEY_RETIRED, "2025-12-31T00:00:00Z", true, false},
		{KEY_RETIRED, "2026-03-31T23:59:59.999999999Z", true, true},
		{KEY_RETIRED, "2026-04-01T00:00:00Z", true, false}, /* the moment it was retired */
		{KEY_RETIRED, "2026-06-01T00:00:00Z", true, false},
		{KEY_RETIRED, "2027-06-01T00:00:00Z", true, false},
		{KEY_RETIRED, "2025-12-31T00:00:00Z", false, false},
		{KEY_RETIRED, "2026-02-01T00:00:00Z", false, false},
		{KEY_RETIRED, "2027-06-01T00:00:00Z", false, false},
		{KEY_REVOKED, "2025-12-31T00:00:00Z", true, false},
		{KEY_REVOKED, "2026-02-01T00:00:00Z", true, false},
		{KEY_REVOKED, "2027-06-01T00:00:00Z", true, false},
		{KEY_REVOKED, "2025-12-31T00:00:00Z", false, false},
		{KEY_REVOKED, "2026-02-01T00:00:00Z", false, false},
		{KEY_REVOKED, "2027-06-01T00:00:00Z", false, false},
	};
	struct trusted_key k = {.from = at("2026-01-01T00:00:00Z"), .until = at("2026-12-31T00:00:00Z")};

	for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t t = at(table[i].time), other = at("2026-06-15T00:00:00Z");

		k.status = table[i].status;
		k.ended = k.status == KEY_ACTIVE ? KEY_TIME_UNKNOWN : at("2026-04-01T00:00:00Z");
		/* Where the signing time is known, now does not matter. */
		CHECK_INT(!key_unusable(&k, table[i].known ? t : KEY_TIME_UNKNOWN, table[i].known ? other : t),
			  table[i].usable);
	}
	/* A revoked key that does not say since when is revoked all the same. */
	k.status = KEY_REVOKED;
	k.ended = KEY_TIME_UNKNOWN;
	CHECK(key_unusable(&k, at("2026-02-01T00:00:00Z"), at("2026-02-01T00:00:00Z")) != NULL);
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

int main(void)
{
	test_windows();
	test_reading();
	test_small_order();
	return unit_done();
}

/* Entries with authority, one a line: only what the key signed, as it was signed, and only once; whatever else the
 * lines are. The key is thrown away: all that it ever signed is the seed. */
#include "admit/vouch.h"

#include "chain/entry.h"
#include "os/in.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static const char ring_text[] =
	"{\"schema_version\":\"1.0\",\"version\":1,\"keys\":[{\"key_id\":\"bob@example\",\"algorithm\":\"ed25519\","
	"\"public_key\":\"base64:IxsBqTqZMo+yiAGIdc2fIBk1sd9cwN9Mc6IuH7Gi7Ow=\","
	"\"valid_from\":\"2026-01-01T00:00:00Z\",\"valid_until\":\"2036-01-01T00:00:00Z\",\"status\":\"active\","
	"\"roles\":[\"wo_approver\"],\"owner\":\"bob\"}]}";

static void no_fault(void *ctx, struct span key, const char *why)
{
	(void)ctx;
	(void)key;
	if (why)
		abort();
}

static bool says(const struct entry *e, const char *key, const char *value)
{
	struct span text;

	return entry_text(&e->json, 0, key, &text) && span_is(text, value);
}

static void check(const struct entry *e)
{
	if (!says(e, "event_type", "APPROVED") || !says(e, "work_order_id", "WO-20260101-001") ||
	    !says(e, "package_id", "PKG-A") || !says(e, "version", "1.0.0") || !says(e, "nonce", "n-1"))
		abort();
}

/* The entries of a ledger that holds are canonical; what is not never comes here. How many count. */
static unsigned judge(const struct keyring *ring, struct span text)
{
	struct vouch v = {.ring = ring, .role = "wo_approver", .plane_uid = SPAN("test-plane"),
			  .ledger = SPAN("test/workorder"), .now = INT64_C(1800000000) * 1000000000};
	struct entry e = {.seq = 0};
	unsigned counted = 0;

	while (text.n) {
		const char *lf = memchr(text.p, '\n', text.n);
		size_t n = lf ? (size_t)(lf - text.p) : text.n;

		if (!entry_read(&e, (struct span){text.p, n}) && !vouch_bad(&v, &e.json)) {
			check(&e);
			counted++;
		}
		text.p += n + (lf != NULL);
		text.n -= n + (lf != NULL);
	}
	entry_free(&e);
	vouch_free(&v);
	return counted;
}

/* Fuzzers are run at the top of the tree. */
static void begin(struct keyring *ring)
{
	struct buf text = {0}, seed = {0};
	int fd = open("t/fuzz/corpus/vouch/approved", O_RDONLY | O_CLOEXEC);

	buf_str(&text, ring_text);
	if (keyring_read(ring, &text, no_fault, NULL) || fd < 0 || slurp_fd(fd, 1 << 16, &seed) != 0 ||
	    judge(ring, buf_span(&seed)) != 1)
		abort();
	close(fd);
	buf_free(&seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keyring ring;
	static bool begun;

	if (!begun)
		begin(&ring);
	begun = true;
	if (judge(&ring, (struct span){(const char *)data, size}) > 1)
		abort();
	return 0;
}

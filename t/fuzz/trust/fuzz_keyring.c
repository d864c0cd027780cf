/* Keyrings: whatever the bytes, what is read without a fault refers to the text alone, has keys with distinct names,
 * and says of each key at any time whether it may be used. */
#include "trust/keyring.h"

#include <stdint.h>
#include <stdlib.h>

static void count(void *ctx, struct span key, const char *why)
{
	(void)key;
	if (!why)
		abort();
	++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0};
	struct keyring r;
	size_t told = 0;

	buf_add(&text, data, size);
	if (keyring_read(&r, &text, count, &told) != told)
		abort();
	for (size_t i = 0; !told && i < r.n; i++) {
		const struct trusted_key *k = &r.key[i];

		if (keyring_find(&r, k->id) != k || !k->key || k->id.p < r.text.p ||
		    k->id.p + k->id.n > r.text.p + r.text.n)
			abort();
		if (k->status == KEY_REVOKED && !key_unusable(k, k->from, k->from))
			abort();
		if (k->status == KEY_ACTIVE &&
		    (key_unusable(k, k->from, 0) || key_unusable(k, KEY_TIME_UNKNOWN, k->until)))
			abort();
		key_has_role(&r, k, "root");
	}
	keyring_free(&r);
	return 0;
}

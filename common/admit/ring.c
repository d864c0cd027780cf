#include "admit/ring.h"

#include "filter/filter.h"

void admit_ring_open(struct keyfile *f, const char *option, const struct pins *pins)
{
	char hash[DIGEST_TEXT];

	keyfile_open(f, option, true);
	if (!pins->keyring_hash.n || pins->development)
		return;
	digest_text(f->hash, hash);
	if (!span_eq(buf_span(&pins->keyring_hash), (struct span){hash, sizeof hash}))
		bad_input("unable to trust the keyring: it is not the one that the plane's GENESIS pins");
}

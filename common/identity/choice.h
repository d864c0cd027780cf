/* What a plane leaves of the choice of who says who somebody is: its pins (ledger/pins.h) go before the environment and
 * options, which choose among what is pinned and add nothing. */
#ifndef CP_IDENTITY_CHOICE_H
#define CP_IDENTITY_CHOICE_H

#include "ledger/pins.h"

struct choice {
	struct pins pins;
	bool sealed;      /* its genesis is complete: it bears the mark, or its ledger says so */
	bool open;        /* it is not, and nothing is pinned: the environment and options decide */
	bool passthrough; /* may be believed: in a plane for development, or an open one by
			   * CONTROL_PLANE_ALLOW_PASSTHROUGH */
};

/* Of the plane at `root`, an absolute path. Ends the process with 3 when its pins are damaged, with 4 when they cannot
 * be read. */
void choice_read(struct choice *c, const char *root);
/* May that provider be asked? passthrough answers for itself. */
bool choice_provider(const struct choice *c, struct span name);
void choice_free(struct choice *c);

#endif

/* A plane's registries made anew from its ledgers and the manifests they vouch for (cp-registry(5), 004 §7).
 * Nothing is believed before ledger/packages.jsonl and, where it is there, ledger/governance.jsonl were checked as
 * cp-chain-check does; nothing is written before everything was computed. What is wrong becomes findings. */
#ifndef CP_REGISTRY_PROJECT_H
#define CP_REGISTRY_PROJECT_H

#include "catalog/projection.h"
#include "registry/outputs.h"

/* How far a ledger had come. */
struct project_ledger {
	struct buf name, tier; /* n 0: it is not there */
	uint64_t size;
	char root[DIGEST_TEXT], head[DIGEST_TEXT];
};

struct project {
	int root;              /* a descriptor of the plane's root */
	const char *root_path;
	const struct json *pending; /* an entry that ledger/packages.jsonl is about to get, whose write lock the caller
				     * holds: computed as if it were there. NULL: none */
	struct project_ledger packages, intent;
	struct projection *state; /* of what was replayed, also where findings were made */
	bool replayed; /* the ledgers hold, and are in the state */
	struct outputs outputs;
	bool compared; /* nothing stopped the replay, and it is known which of the outputs differ */
};

/* Computes all outputs and compares them with what is there; `strict`: a registry that cannot be read ends the
 * process with 3, because nobody knows which rows of it would be lost (else it just differs). True: outputs_save
 * may follow. False: findings were made. */
bool project_run(struct project *p, const char *root_path, bool strict);
/* Only replays the ledgers: no output is computed. False: findings were made. */
bool project_replay(struct project *p, const char *root_path);
/* The rest of project_run, of what was replayed. */
bool project_compute(struct project *p, bool strict);
/* Was it compared, and is not what it comes to? `path` is beneath the root. */
bool project_differs(const struct project *p, const char *path);
void project_free(struct project *p);

#endif

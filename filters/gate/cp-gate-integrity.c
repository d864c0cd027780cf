/* cp-gate-integrity: what is installed is what was signed, and the ledger says so. */
#include "admit/installed.h"
#include "filter/gate.h"
#include "os/clock.h"
#include "registry/judge.h"
#include "tree/compare.h"

static const char gate[] = "G-INTEGRITY";
static const char *keyring, *at_text;
static struct compare *compare;
static int64_t now;
static bool of_manifests; /* what is found is about manifests and ledgers, no more about the tree */

/* The four words of 004, section 14.3. */
static const char *title(enum code c)
{
	switch (c) {
	case CODE_SIGNATURE:
	case CODE_UNSIGNED:
	case CODE_UNKNOWN_KEY:
	case CODE_UNTRUSTED:
		return "Invalid signature";
	case CODE_ORPHAN:
	case CODE_UNRECORDED:
	case CODE_UNEXPECTED:
	case CODE_NAME:
	case CODE_SPECIAL:
		return "Missing provenance";
	case CODE_MISSING:
	case CODE_UNBOUND:
		return of_manifests ? "Missing provenance" : "Hash mismatch";
	case CODE_MODIFIED:
	case CODE_MODE:
	case CODE_TYPE:
	case CODE_UNREADABLE:
	case CODE_CHANGING:
	case CODE_STALE:
	case CODE_HASH:
		return "Hash mismatch";
	case CODE_LINKS:
	case CODE_CASE:
	case CODE_MOUNT:
	case CODE_MANIFEST:
		return NULL;
	default:
		return of_manifests ? "Chain corruption" : NULL;
	}
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	now = option_time("at", at_text, clock_now());
	finding_titles(title);
	compare = compare_new(NULL, false);
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	compare_record(compare, r);
}

/* What a signature does not bind is none that counts. */
static const char *title_of_signature(enum code c)
{
	return c == CODE_UNBOUND ? "Invalid signature" : title(c);
}

static void judge_signatures(struct plane_judge *j)
{
	const struct installed_ask ask = {
		.root = j->root, .root_path = buf_cstr(&j->top), .keyring = keyring, .now = now};

	finding_titles(title_of_signature);
	installed_signatures(&ask, j->project.state);
}

static void finish(bool complete)
{
	struct plane_judge judge;

	if (!complete)
		return;
	of_manifests = true;
	if (!plane_judge(&judge, filter_root())) {
		finding(CODE_UNRECORDED, (struct span){0}, "there is no ledger/packages.jsonl that knows of anything");
	} else {
		compare_anchor(compare, "ledger");
		/* What a ledger that does not hold says is installed is nothing to judge. */
		if (judge.project.replayed)
			judge_signatures(&judge);
	}
	plane_judge_free(&judge);
	of_manifests = false;
	finding_titles(title);
	compare_conclude(compare, gate);
}

static const struct opt opts[] = {
	{.name = "keyring",
	 .value = "FILE",
	 .summary = "whose signatures count ($HOME/.control_plane/trusted_keys.json)",
	 .kind = OPT_STR,
	 .target = &keyring},
	{.name = "at", .value = "TIME", .summary = "judge as of then", .kind = OPT_STR, .target = &at_text},
	{0},
};

static const struct filter self = {
	.name = "cp-gate-integrity",
	.summary = "judge that what is installed was signed, and is what the ledger says",
	.args = "",
	.reads = "plane file dir special excluded",
	.writes = "* finding verdict",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}

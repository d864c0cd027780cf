/* cp-gate-g5: a package is signed, and bound to what it says, by a key that counts. */
#include "admit/signature.h"
#include "filter/gate.h"
#include "gate/judged.h"
#include "os/clock.h"
#include "os/env.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char gate[] = "G5";
static const char *keyring, *at_text;
static struct judged *subject;
static struct admit_signature *signature;
static int64_t now;
static int root = -1;

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	now = option_time("at", at_text, clock_now());
	subject = judged_new();
}

/* Which plane it is may be known from the stream alone; without one nothing is pinned. */
static void open_judge(void)
{
	const char *path = filter_root_or_null();

	if (path) {
		root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			sys_fail(errno, "unable to open the plane %s", path);
	}
	signature = admit_signature_new(&(struct admit_signature_terms){
		.keyring = keyring,
		.root = root,
		.root_path = path,
		.allow_unsigned = env_allow_unsigned(),
		.now = now,
	});
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	if (!judged_add(subject, r) || !record_is(r, "package"))
		return;
	if (!signature)
		open_judge();
	if (admit_signature_add(signature, r))
		gate_checked(1);
}

static void finish(bool complete)
{
	char hash[DIGEST_TEXT];

	if (!complete)
		return;
	if (signature)
		admit_signature_end(signature, NULL);
	if (root >= 0)
		close(root);
	judged_end(subject, hash);
	gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	judged_free(subject);
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
	.name = "cp-gate-g5",
	.summary = "judge that a package is signed by a key that counts",
	.args = "",
	.reads = "package",
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

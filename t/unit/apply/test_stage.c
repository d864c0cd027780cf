/* What is staged is what the plan says, byte for byte: an archive that holds something else, or less of it, ends the
 * process with 3, whether a thread writes it or the reader. */
#include "apply/stage.h"
#include "pack/tarout.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 300000, MANY = 1200 };

static char content[LARGE];

static int collect(void *ctx, const void *p, size_t n, const char **why)
{
	(void)why;
	return write(*(int *)ctx, p, n) == (ssize_t)n ? 0 : -1;
}

/* A tar of n files `mNNNNNN`, each the first `size` bytes of content. */
static int tar_of(size_t n, size_t size)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct tarout *t = tarout_open(collect, &fd);
	const char *why = NULL;
	char name[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "m%06zu", i);
		CHECK(tarout_member(t, span_of(name), size, false, &why) == 0);
		CHECK(tarout_data(t, content, size, &why) == 0);
	}
	CHECK(tarout_close(t, &why) == 0);
	return fd;
}

static void plan(struct steps *s, size_t n, size_t size)
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	struct buf line = {0};

	digest_bytes(d, content, size, sum);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&line);
		buf_printf(&line, "{\"kind\":\"step\",\"path\":\"libs/m%06zu\",\"plane\":\"ho3\"", i);
		buf_str(&line, ",\"action\":\"create\"");
		digest_member(&line, "after", sum);
		buf_printf(&line, ",\"mode\":\"0644\",\"size\":%zu,\"source\":\"m%06zu\"}", size, i);
		CHECK_STR(steps_add(s, buf_span(&line)), NULL);
	}
	digest_free(d);
	buf_free(&line);
}

static void take_away(const char *dir)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
		_exit(127);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/* The status of staging n files of that size from a tar of `there` of them, where the plan is wrong about the last by
 * what `spoil` does. */
static int staged(size_t n, size_t there, size_t size, void (*spoil)(struct step *last))
{
	char dir[] = "/tmp/stage.XXXXXX";
	struct steps steps = {.n = 0};
	struct bundle b = {.tar = tar_of(there, size), .manifest = -1};
	struct txn t;
	pid_t child;
	int status;

	CHECK(mkdtemp(dir) != NULL);
	plan(&steps, n, size);
	if (spoil)
		spoil(&steps.step[n - 1]);
	child = fork();
	if (child == 0) {
		CHECK(freopen("/dev/null", "w", stderr) != NULL);
		txn_begin(&t, open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), &steps, TXN_NONE);
		stage(&t, &b);
		for (size_t i = 0; i < n; i++)
			CHECK(txn_has(&t, i));
		txn_drop(&t);
		_exit(unit_failures ? 1 : 0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	take_away(dir);
	close(b.tar);
	steps_free(&steps);
	return WEXITSTATUS(status);
}

static void other_bytes(struct step *last)
{
	last->after[0] ^= 1;
}

static void other_size(struct step *last)
{
	last->size++;
}

int main(void)
{
	static const struct { size_t n, size; } of[] = {{3, 10}, {3, 0}, {2, LARGE}, {MANY, 10}};

	memset(content, 'x', sizeof content);
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		size_t n = of[i].n, size = of[i].size;

		CHECK_INT(staged(n, n, size, NULL), 0);
		CHECK_INT(staged(n, n + 1, size, NULL), 0); /* what no step wants stays where it is */
		CHECK_INT(staged(n, n - 1, size, NULL), 3);
		CHECK_INT(staged(n, n, size, other_bytes), 3);
		CHECK_INT(staged(n, n, size, other_size), 3);
	}
	return unit_done();
}

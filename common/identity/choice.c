#include "identity/choice.h"

#include "filter/filter.h"
#include "ledger/source.h"
#include "os/env.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has(struct span line, const char *text)
{
	return memmem(line.p, line.n, text, strlen(text)) != NULL;
}

/* Does the ledger say that the suite was installed, which is the last that a genesis does? Its mark may have been taken
 * away. An entry is canonical, and no text in it has a quote that is not escaped. */
static bool is_installed(int root)
{
	const struct segment *part;
	struct buf path = {0};
	struct source s;
	struct place at;
	struct span line;
	bool found = false;

	buf_printf(&path, "/proc/self/fd/%d/" PINS_LEDGER, root);
	if (place_open(&at, buf_cstr(&path), true) < 0)
		sys_fail(errno, "unable to open " PINS_LEDGER);
	at.path = PINS_LEDGER;
	if (source_open(&s, &at, NULL) < 0)
		sys_fail(errno, "unable to read " PINS_LEDGER);
	while (!found && source_must(&s, &part))
		while (!found && source_must_line(&s, &line))
			found = has(line, "\"event_type\":\"INSTALLED\"") &&
				has(line, "\"package_id\":\"PKG-PM-CORE-001\"");
	source_close(&s);
	place_close(&at);
	buf_free(&path);
	return found;
}

void choice_read(struct choice *c, const char *root)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		sys_fail(errno, "unable to open %s", root);
	c->sealed = fstatat(fd, ".genesis_complete", &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
	pins_read(&c->pins, fd);
	c->sealed = c->sealed || (c->pins.present && is_installed(fd));
	c->open = !c->sealed && !c->pins.present;
	c->passthrough = c->pins.development || (c->open && env_allow_passthrough());
	close(fd);
}

bool choice_provider(const struct choice *c, struct span name)
{
	const struct buf *list = &c->pins.providers;
	size_t n;

	for (size_t at = 0; at < list->n; at += n + 1) {
		n = strlen(list->p + at);
		if (span_eq(name, (struct span){list->p + at, n}))
			return true;
	}
	return !list->n;
}

void choice_free(struct choice *c)
{
	pins_free(&c->pins);
}

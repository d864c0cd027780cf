#include "identity/choice.h"

#include "filter/filter.h"
#include "os/env.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void choice_read(struct choice *c, const char *root)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		sys_fail(errno, "unable to open %s", root);
	c->sealed = fstatat(fd, ".genesis_complete", &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
	pins_read(&c->pins, fd);
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

#include "audit/seen.h"

#include "base/num.h"
#include "base/text.h"
#include "data/jsonw.h"
#include "os/beneath.h"
#include "os/env.h"
#include "os/save.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEEN_BYTES = 4096 };

/* The directory of state; -1: there is none. */
static int open_state(bool make)
{
	const char *state = env_state_home(), *home = env_home();
	int base, dir;

	if ((!state || state[0] != '/') && (!home || home[0] != '/'))
		return -1;
	if (make && state && state[0] == '/')
		mkdir(state, 0700);
	base = open(state && state[0] == '/' ? state : home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return -1;
	struct span path = state && state[0] == '/' ? SPAN("cp-filters/seen") : SPAN(".local/state/cp-filters/seen");
	if (make)
		beneath_mkdirs(base, path, 0700);
	dir = beneath_open(base, path, O_RDONLY | O_DIRECTORY, 0);
	close(base);
	return dir;
}

static void name_of(struct seen *s, const struct opening *o)
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	struct span plane = {0};

	digest_start(d);
	if (entry_text(&o->entry.json, 0, "plane_uid", &plane) && plane.n) {
		digest_add(d, plane.p, plane.n);
		digest_add(d, "\n", 1);
		digest_add(d, o->ledger.p, o->ledger.n);
	} else {
		digest_add(d, o->genesis, DIGEST_LEN);
	}
	digest_end(d, sum);
	digest_free(d);
	hex_encode(sum, DIGEST_LEN, s->name);
	s->name[2 * DIGEST_LEN] = '\0';
}

void seen_read(struct seen *s, const struct opening *o)
{
	int dir = open_state(false), fd = -1;
	struct buf text = {0};
	struct json j = {0};
	struct span head;
	unsigned char sum[DIGEST_LEN];
	int64_t size;

	*s = (struct seen){.known = false};
	name_of(s, o);
	if (dir >= 0)
		fd = openat(dir, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && slurp_fd(fd, SEEN_BYTES, &text) == 0 && json_parse(&j, text.p, text.n, JSON_RECORD) &&
	    json_int(&j, json_get(&j, 0, "size"), 1, NUM_MAX_SAFE, &size) && entry_text(&j, 0, "head_hash", &head) &&
	    digest_parse(head, sum)) {
		s->known = true;
		s->size = (uint64_t)size;
		memcpy(s->head, head.p, DIGEST_TEXT);
	}
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	json_free(&j);
	buf_free(&text);
}

bool seen_write(const struct seen *s, struct span ledger, uint64_t size, const unsigned char head[DIGEST_LEN])
{
	int dir = open_state(true);
	struct save save;
	struct buf b = {0};
	bool good = false;

	if (dir < 0)
		return false;
	jsonw_open(&b, NULL);
	digest_member(&b, "head_hash", head);
	jsonw_str(&b, "ledger", ledger);
	jsonw_int(&b, "size", (int64_t)size);
	jsonw_close(&b);
	buf_char(&b, '\n');
	if (save_begin(&save, dir, s->name, 0600) == 0) {
		out_add(&save.out, b.p, b.n);
		good = save_commit(&save) == 0;
	}
	buf_free(&b);
	close(dir);
	return good;
}

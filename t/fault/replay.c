/* What a disk may hold after a power cut, from what FAULT_RECORD wrote down of a run.
 *
 *   replay BASE ROOT TRACE barriers          a line for each barrier: its number, and what it syncs
 *   replay BASE ROOT TRACE states [WITHOUT]  a line for each state that may be left, no two alike
 *   replay BASE ROOT TRACE make OUT STATE    makes the directory OUT that state
 *
 * BASE is the tree before, ROOT its path in the trace. A state is "OP LOST[,LOST]...", "-" for nothing lost: the calls
 * before OP have come about but for those lost. A call may be lost as long as no barrier behind it made it last; a
 * write may also be lost by half (its number with an h). What needs a lost call, such as renaming what was not made,
 * does not come about either. Barriers:
 *
 *   syncfs     all that is before it
 *   fsync      of a file: its content and mode, not its name; of a directory: names made, moved and removed in it
 *   fdatasync  the content alone
 *
 * A rename is one step, which lasts once one of its two directories does: journals keep it whole. WITHOUT, the number
 * of a barrier: only states that are possible when that one does nothing, and are not with it.
 *
 * For each call the states are: nothing lost; all lost that may be; several subsets by chance; and, as late as it may
 * be lost, it alone and all but it. Exits 4 when the trace has what it does not understand. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATHS = 4096, CHANCES = 3 };

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("replay: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(4);
}

static void *grow(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n ? n : 1, size);
	if (!p)
		die("no memory");
	return p;
}

/* --- a tree --- */

struct entry {
	char *name; /* of the trace or of BASE: never freed */
	int node;
};

struct node {
	bool dir;
	mode_t mode;
	char *data;
	size_t size;
	struct entry *entry; /* sorted */
	size_t entries;
};

/* Nodes of BASE come first, then one for each call of the trace: what that makes. */
struct tree {
	struct node *node;
	size_t n;
};

static struct entry *find(struct tree *t, int dir, const char *name)
{
	struct node *d = &t->node[dir];

	for (size_t i = 0; i < d->entries; i++)
		if (strcmp(d->entry[i].name, name) == 0)
			return &d->entry[i];
	return NULL;
}

static void enter(struct tree *t, int dir, char *name, int node)
{
	struct node *d = &t->node[dir];
	size_t at = d->entries;

	d->entry = grow(d->entry, d->entries + 1, sizeof *d->entry);
	for (; at > 0 && strcmp(d->entry[at - 1].name, name) > 0; at--)
		d->entry[at] = d->entry[at - 1];
	d->entry[at] = (struct entry){name, node};
	d->entries++;
}

static void leave(struct tree *t, int dir, struct entry *e)
{
	struct node *d = &t->node[dir];
	size_t at = (size_t)(e - d->entry);

	memmove(e, e + 1, (d->entries - at - 1) * sizeof *e);
	d->entries--;
}

static void put(struct node *f, size_t at, const char *p, size_t n)
{
	if (at + n > f->size) {
		f->data = grow(f->data, at + n, 1);
		if (at > f->size)
			memset(f->data + f->size, 0, at - f->size);
		f->size = at + n;
	}
	memcpy(f->data + at, p, n);
}

static void cut(struct node *f, size_t size)
{
	f->data = grow(f->data, size, 1);
	if (size > f->size)
		memset(f->data + f->size, 0, size - f->size);
	f->size = size;
}

static struct tree copy(const struct tree *t)
{
	struct tree c = {grow(NULL, t->n, sizeof *c.node), t->n};

	for (size_t i = 0; i < t->n; i++) {
		c.node[i] = t->node[i];
		c.node[i].data = grow(NULL, t->node[i].size, 1);
		c.node[i].entry = grow(NULL, t->node[i].entries, sizeof(struct entry));
		if (t->node[i].size)
			memcpy(c.node[i].data, t->node[i].data, t->node[i].size);
		if (t->node[i].entries)
			memcpy(c.node[i].entry, t->node[i].entry, t->node[i].entries * sizeof(struct entry));
	}
	return c;
}

static void discard(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->node[i].data);
		free(t->node[i].entry);
	}
	free(t->node);
}

static int new_node(struct tree *t, bool dir, mode_t mode)
{
	t->node = grow(t->node, t->n + 1, sizeof *t->node);
	t->node[t->n] = (struct node){.dir = dir, .mode = mode};
	return (int)t->n++;
}

static void load_file(struct node *f, const char *path)
{
	char piece[65536];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		die("unable to read %s", path);
	while ((got = read(fd, piece, sizeof piece)) > 0)
		put(f, f->size, piece, (size_t)got);
	close(fd);
}

static void load(struct tree *t, int at, const char *path)
{
	DIR *d = opendir(path);
	char below[PATHS];
	struct dirent *e;
	struct stat st;

	if (!d)
		die("unable to read %s", path);
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof below, "%s/%s", path, e->d_name);
		if (lstat(below, &st) != 0 || !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
			die("%s is no file and no directory", below);
		int made = new_node(t, S_ISDIR(st.st_mode), st.st_mode & 07777);

		enter(t, at, strdup(e->d_name), made);
		if (t->node[made].dir)
			load(t, made, below);
		else
			load_file(&t->node[made], below);
	}
	closedir(d);
}

static uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
	for (const unsigned char *c = p; n-- > 0; c++)
		h = (h ^ *c) * UINT64_C(1099511628211);
	return h;
}

static uint64_t hash(const struct tree *t, int at, uint64_t h)
{
	const struct node *d = &t->node[at];

	h = hash_bytes(h, &d->mode, sizeof d->mode);
	h = hash_bytes(h, &d->size, sizeof d->size);
	h = hash_bytes(h, d->data, d->size);
	for (size_t i = 0; i < d->entries; i++) {
		h = hash_bytes(h, d->entry[i].name, strlen(d->entry[i].name) + 1);
		h = hash(t, d->entry[i].node, h);
	}
	return hash_bytes(h, ")", 1);
}

static void store(const struct tree *t, int at, const char *path)
{
	const struct node *d = &t->node[at];
	char below[PATHS];
	int fd;

	if (!d->dir) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, d->data, d->size) != (ssize_t)d->size || fchmod(fd, d->mode) != 0)
			die("unable to write %s", path);
		close(fd);
		return;
	}
	if (mkdir(path, 0700) != 0 || chmod(path, d->mode) != 0)
		die("unable to make %s", path);
	for (size_t i = 0; i < d->entries; i++) {
		snprintf(below, sizeof below, "%s/%s", path, d->entry[i].name);
		store(t, d->entry[i].node, below);
	}
}

/* --- the trace --- */

enum what { MAKE, WRITE, SIZE, MODE, UNLINK, RENAME, EXCHANGE, SYNC, DATASYNC, SYNCFS };

struct op {
	enum what what;
	int node;		 /* written to, or synced */
	int dir, to;		 /* directories of the names; -1: none */
	char *name, *to_name;
	bool is_dir, fresh;	 /* made; may not replace */
	long number;		 /* mode, offset or size */
	char *data;
	size_t n;
	int lasts; /* by which call it is durable */
};

static struct tree before;
static struct op *ops;
static int count;

static bool is_barrier(const struct op *o)
{
	return o->what >= SYNC;
}

/* Does the call, on whatever tree there is; `half`: only the first half of a write. False: it does not come about. */
static bool apply(struct tree *t, const struct op *o, int own, bool half)
{
	struct entry *e = o->dir >= 0 ? find(t, o->dir, o->name) : NULL;
	struct entry *f = o->to >= 0 ? find(t, o->to, o->to_name) : NULL;
	int moved, other;

	switch (o->what) {
	case MAKE:
		if (e)
			return false;
		t->node[own].dir = o->is_dir;
		t->node[own].mode = (mode_t)o->number;
		enter(t, o->dir, o->name, own);
		return true;
	case WRITE:
		put(&t->node[o->node], (size_t)o->number, o->data, half ? o->n / 2 : o->n);
		return true;
	case SIZE:
		cut(&t->node[o->node], (size_t)o->number);
		return true;
	case MODE:
		t->node[o->node].mode = (mode_t)o->number;
		return true;
	case UNLINK:
		if (!e || t->node[e->node].entries)
			return false;
		leave(t, o->dir, e);
		return true;
	case RENAME:
		if (!e || (f && o->fresh))
			return false;
		moved = e->node;
		if (f)
			leave(t, o->to, f);
		leave(t, o->dir, find(t, o->dir, o->name));
		enter(t, o->to, o->to_name, moved);
		return true;
	case EXCHANGE:
		if (!e || !f)
			return false;
		other = f->node;
		f->node = e->node;
		e->node = other;
		return true;
	case SYNC:
	case DATASYNC:
	case SYNCFS:
		break;
	}
	return true;
}

/* The node of a path beneath the root; -1: there is none. */
static int look_up(struct tree *t, const char *path)
{
	char part[PATHS];
	int at = 0;

	while (at >= 0 && *path) {
		size_t n = strcspn(path, "/");
		struct entry *e;

		memcpy(part, path, n);
		part[n] = '\0';
		e = n ? find(t, at, part) : NULL;
		at = e ? e->node : n ? -1 : at;
		path += n + (path[n] == '/');
	}
	return at;
}

static void split(struct tree *t, const char *path, int *dir, char **name)
{
	char above[PATHS];
	const char *slash = strrchr(path, '/');

	snprintf(above, sizeof above, "%.*s", slash ? (int)(slash - path) : 0, path);
	*dir = look_up(t, above);
	*name = strdup(slash ? slash + 1 : path);
	if (*dir < 0)
		die("the trace names %s, whose directory is not there", path);
}

static struct op *add(struct tree *now, struct op o)
{
	int own = new_node(now, false, 0), same = new_node(&before, false, 0);

	if (own != same)
		die("out of step");
	ops = grow(ops, (size_t)count + 1, sizeof *ops);
	ops[count] = o;
	if (!apply(now, &ops[count], own, false))
		die("call %d of the trace does not come about", count);
	return &ops[count++];
}

static void add_node(struct tree *now, enum what what, const char *path, long number)
{
	struct op o = {.what = what, .dir = -1, .to = -1, .number = number};

	o.node = look_up(now, path);
	if (o.node < 0)
		die("the trace names %s, which is not there", path);
	add(now, o);
}

static void add_name(struct tree *now, enum what what, const char *path, bool is_dir, long mode)
{
	struct op o = {.what = what, .node = -1, .to = -1, .is_dir = is_dir, .number = mode};

	split(now, path, &o.dir, &o.name);
	add(now, o);
}

static void add_rename(struct tree *now, const char *from, const char *to, long flags)
{
	struct op o = {.what = flags & RENAME_EXCHANGE ? EXCHANGE : RENAME, .node = -1};

	o.fresh = flags & RENAME_NOREPLACE;
	split(now, from, &o.dir, &o.name);
	split(now, to, &o.to, &o.to_name);
	add(now, o);
}

static void take_open(struct tree *now, const char *path, long mode, bool empty)
{
	int node = look_up(now, path);

	if (node < 0)
		add_name(now, MAKE, path, false, mode);
	else if (empty && now->node[node].size)
		add_node(now, SIZE, path, 0);
}

static void take(struct tree *now, const char *call, long number, const char *path, const char *to)
{
	if (strcmp(call, "open") == 0 || strcmp(call, "open-trunc") == 0)
		take_open(now, path, number, call[4] != '\0');
	else if (strcmp(call, "mkdir") == 0)
		add_name(now, MAKE, path, true, number);
	else if (strcmp(call, "truncate") == 0)
		add_node(now, SIZE, path, number);
	else if (strcmp(call, "chmod") == 0)
		add_node(now, MODE, path, number);
	else if (strcmp(call, "unlink") == 0 || strcmp(call, "rmdir") == 0)
		add_name(now, UNLINK, path, false, 0);
	else if (strcmp(call, "rename") == 0)
		add_rename(now, path, to, number);
	else if (strcmp(call, "fsync") == 0)
		add_node(now, SYNC, path, 0);
	else if (strcmp(call, "fdatasync") == 0)
		add_node(now, DATASYNC, path, 0);
	else if (strcmp(call, "syncfs") == 0)
		add(now, (struct op){.what = SYNCFS, .node = -1, .dir = -1, .to = -1});
	else
		die("unable to replay %s of %s", call, path);
}

/* Beneath ROOT; NULL: it is none of the plane's. */
static const char *beneath(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path[n] ? path + n + 1 : path + n;
}

static void take_write(struct tree *now, const char *path, long at, char *data, size_t n)
{
	struct op o = {.what = WRITE, .dir = -1, .to = -1, .number = at, .data = data, .n = n};

	o.node = look_up(now, path);
	if (o.node < 0)
		die("the trace writes to %s, which is not there", path);
	add(now, o);
}

/* "call number length path TAB path" */
static bool take_line(char *line, char **call, long *number, unsigned long *n, char **path, char **to)
{
	char *after = strchr(line, ' ');

	*to = strchr(line, '\t');
	if (!after || !*to)
		return false;
	*call = line;
	*after++ = '\0';
	*(*to)++ = '\0';
	*number = strtol(after, &after, 10);
	*n = strtoul(after, &after, 10);
	*path = after + 1;
	return *after == ' ';
}

static void read_trace(const char *file, const char *root)
{
	static char line[4 * PATHS];
	FILE *in = fopen(file, "re");
	struct tree now = copy(&before);
	char *call, *path, *to, *data;
	unsigned long n;
	long number;

	if (!in)
		die("unable to read %s", file);
	while (fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = '\0';
		if (!take_line(line, &call, &number, &n, &path, &to))
			die("the trace has a line that is none: %.60s", line);
		data = grow(NULL, n, 1);
		if (n && fread(data, n, 1, in) != 1)
			die("the trace is cut");
		if (!beneath(path, root))
			continue;
		if (n)
			take_write(&now, beneath(path, root), number, data, n);
		else
			take(&now, call, number, beneath(path, root), *to ? beneath(to, root) : to);
	}
	fclose(in);
	discard(&now);
}

/* --- what lasts --- */

static bool makes_last(const struct op *b, const struct op *o)
{
	bool content = o->what == WRITE || o->what == SIZE;

	switch (b->what) {
	case SYNCFS:
		return true;
	case DATASYNC:
		return content && o->node == b->node;
	case SYNC:
		return (content || o->what == MODE) ? o->node == b->node : o->dir == b->node || o->to == b->node;
	default:
		return false;
	}
}

/* For each call the first barrier behind it that makes it last, `without` one of them; `count` where there is none. */
static void settle(int without)
{
	for (int i = 0; i < count; i++) {
		int j = i + 1;

		while (j < count && (j == without || !makes_last(&ops[j], &ops[i])))
			j++;
		ops[i].lasts = j;
	}
}

/* --- states --- */

static char *lost; /* a byte a call: 0, 1 lost, 2 by half */
static uint64_t *seen;
static size_t seen_n;
static int *with; /* how long each call may be lost with all barriers */
static bool only_new;

static struct tree made(int end)
{
	struct tree t = copy(&before);
	int base = (int)before.n - count;

	for (int i = 0; i < end; i++)
		if (lost[i] != 1)
			apply(&t, &ops[i], base + i, lost[i] == 2);
	return t;
}

static bool is_new(uint64_t h)
{
	for (size_t i = 0; i < seen_n; i++)
		if (seen[i] == h)
			return false;
	seen = grow(seen, seen_n + 1, sizeof *seen);
	seen[seen_n++] = h;
	return true;
}

/* Could this state not be without the barrier that is left out? */
static bool is_only_now(int end)
{
	for (int i = 0; i < end; i++)
		if (lost[i] && with[i] < end)
			return true;
	return false;
}

static void emit(int end)
{
	const char *sep = " ";
	struct tree t;

	if (only_new && !is_only_now(end))
		return;
	t = made(end);
	/* At the end all was acknowledged: that is asked for more. */
	if (is_new(hash(&t, 0, end == count ? 1 : 0))) {
		printf("%d", end);
		for (int i = 0; i < end; i++)
			if (lost[i]) {
				printf("%s%d%s", sep, i, lost[i] == 2 ? "h" : "");
				sep = ",";
			}
		puts(*sep == ' ' ? " -" : "");
	}
	discard(&t);
}

static bool may_be_lost(int i, int end)
{
	return i < end && ops[i].lasts >= end && !is_barrier(&ops[i]);
}

enum choice { NONE, ALL, ONE, ALL_BUT_ONE, HALF, CHANCE };

static void choose(int end, enum choice c, int one, unsigned in_eight)
{
	for (int i = 0; i < count; i++) {
		bool may = may_be_lost(i, end);

		lost[i] = may && (c == ALL || (c == ONE && i == one) || (c == ALL_BUT_ONE && i != one) ||
				  (c == CHANCE && (unsigned)random() % 8 < in_eight));
		if (may && ops[i].what == WRITE && ((c == HALF && i == one) || (c == CHANCE && random() % 16 == 0)))
			lost[i] = 2;
	}
	emit(end);
}

static void states(void)
{
	static const unsigned chance[CHANCES] = {4, 1, 7};

	for (int end = 0; end <= count; end++) {
		/* Without a barrier, the worst first. */
		choose(end, ALL, -1, 0);
		choose(end, NONE, -1, 0);
		for (int i = 0; i < CHANCES; i++)
			choose(end, CHANCE, -1, chance[i]);
	}
	for (int i = 0; i < count; i++) {
		choose(ops[i].lasts, ONE, i, 0);
		choose(ops[i].lasts, ALL_BUT_ONE, i, 0);
		if (ops[i].what == WRITE)
			choose(ops[i].lasts, HALF, i, 0);
	}
}

static void take_state(const char *spec, int *end)
{
	char *after;

	*end = (int)strtol(spec, &after, 10);
	while (*after == ' ' || *after == ',') {
		char *digits = after + 1;
		long i = strtol(digits, &after, 10);

		if (after == digits)
			break;
		if (i < 0 || i >= count)
			die("there is no call %ld", i);
		lost[i] = *after == 'h' ? 2 : 1;
		after += *after == 'h';
	}
	if (*end < 0 || *end > count)
		die("there is no call %d", *end);
}

static void barriers(void)
{
	static const char *const names[] = {[SYNC] = "fsync", [DATASYNC] = "fdatasync", [SYNCFS] = "syncfs"};

	for (int i = 0; i < count; i++)
		if (is_barrier(&ops[i]))
			printf("%d %s\n", i, names[ops[i].what]);
}

int main(int argc, char **argv)
{
	struct tree t;
	int end;

	if (argc < 5)
		die("replay BASE ROOT TRACE barriers|states|make ...");
	new_node(&before, true, 0755);
	load(&before, 0, argv[1]);
	read_trace(argv[3], argv[2]);
	lost = calloc((size_t)count + 1, 1);
	with = calloc((size_t)count + 1, sizeof *with);
	if (!lost || !with)
		die("no memory");
	settle(-1);
	for (int i = 0; i < count; i++)
		with[i] = ops[i].lasts;
	if (strcmp(argv[4], "barriers") == 0) {
		barriers();
	} else if (strcmp(argv[4], "states") == 0) {
		only_new = argc > 5;
		if (only_new)
			settle((int)strtol(argv[5], NULL, 10));
		states();
	} else if (strcmp(argv[4], "make") == 0 && argc == 7) {
		take_state(argv[6], &end);
		t = made(end);
		store(&t, 0, argv[5]);
	} else {
		die("unable to do %s", argv[4]);
	}
	return 0;
}

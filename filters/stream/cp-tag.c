#include "base/text.h"
#include "filter/filter.h"
#include "filter/share.h"
#include "os/in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

enum { SCHEMA_BYTES = 1 << 22 };

struct tag {
	char *key;
	bool taken; /* a schema of ours defines it */
};

static struct tag *tags;
static int tag_count;
static struct buf members, line;

/* Marks the tags that a schema, or a branch of it, gives a meaning. */
static void mark_taken(const struct json *j, uint32_t schema)
{
	static const char *const branches[] = {"allOf", "anyOf", "oneOf"};
	uint32_t properties = json_get(j, schema, "properties");

	for (int i = 0; properties && i < tag_count; i++)
		tags[i].taken |= json_get(j, properties, tags[i].key) != 0;
	for (size_t i = 0; i < sizeof branches / sizeof *branches; i++) {
		uint32_t list = json_get(j, schema, branches[i]);

		if (!list || j->node[list].type != JSON_ARRAY)
			continue;
		for (uint32_t c = json_first(j, list); c != j->node[list].end; c = json_next(j, c))
			mark_taken(j, c);
	}
}

static void read_schema(int dir, const char *name)
{
	struct buf text = {0};
	struct json j = {0};
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || slurp_fd(fd, SCHEMA_BYTES, &text) < 0)
		sys_fail(errno, "unable to read the schema %s", name);
	close(fd);
	if (!json_parse(&j, text.p, text.n, JSON_DOCUMENT))
		sys_fail(0, "unable to read the schema %s: %s", name, j.error);
	mark_taken(&j, 0);
	json_free(&j);
	buf_free(&text);
}

/* Asked of the schemas themselves, so that a new kind is known here at once. Without them nothing is safe to add. */
static void read_schemas(void)
{
	int fd = share_schemas();
	DIR *d = fdopendir(fd);
	struct dirent *e;
	unsigned seen = 0;

	if (!d)
		sys_fail(errno, "unable to open the schemas");
	while ((e = readdir(d))) {
		size_t n = strlen(e->d_name);

		if (n > 5 && e->d_name[0] != '.' && strcmp(e->d_name + n - 5, ".json") == 0) {
			read_schema(fd, e->d_name);
			seen++;
		}
	}
	closedir(d);
	if (!seen)
		sys_fail(0, "unable to tell which members are free: there are no schemas");
}

static bool key_ok(const char *key)
{
	if (*key < 'a' || *key > 'z')
		return false;
	return key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static void take_operand(const char *operand)
{
	const char *eq = strchr(operand, '=');
	struct tag tag = {0};

	if (eq)
		tag.key = xstrndup(operand, (size_t)(eq - operand));
	if (!tag.key || !key_ok(tag.key))
		bad_usage("unable to use %s: KEY=VALUE is wanted, the key of a-z, 0-9 and _", operand);
	if (!utf8_valid(eq + 1, strlen(eq + 1)))
		bad_usage("unable to use %s: the value is not UTF-8", operand);
	for (int i = 0; i < tag_count; i++)
		if (strcmp(tags[i].key, tag.key) == 0)
			bad_usage("unable to add %s twice", tag.key);
	tag.taken = strcmp(tag.key, "kind") == 0 || strcmp(tag.key, "path") == 0 || strcmp(tag.key, "path_b64") == 0;
	tags[tag_count++] = tag;
	if (members.n)
		buf_char(&members, ',');
	json_quote(&members, span_of(tag.key));
	buf_char(&members, ':');
	json_quote(&members, span_of(eq + 1));
}

static void start(int argc, char **argv)
{
	tags = xcalloc((size_t)argc, sizeof(*tags));
	for (int i = 0; i < argc; i++)
		take_operand(argv[i]);
	read_schemas();
	for (int i = 0; i < tag_count; i++)
		if (tags[i].taken)
			bad_usage("unable to add %s: a schema of the suite defines it", tags[i].key);
}

static void step(struct record *r)
{
	for (int i = 0; i < tag_count; i++)
		if (record_get(r, tags[i].key))
			bad_input("unable to add %s: the record has it already", tags[i].key);
	buf_reset(&line);
	record_splice(&line, r, buf_span(&members));
	if (line.n > RECORD_BYTES)
		bad_input("unable to add to the record: it would be longer than 1 MiB");
	emit_line(buf_span(&line));
}

static const struct filter self = {
	.name = "cp-tag",
	.summary = "add members to each record",
	.args = "KEY=VALUE...",
	.reads = "*",
	.writes = "*",
	.role = ROLE_MAPPER,
	.operands_min = 1,
	.operands_max = UINT_MAX,
	.start = start,
	.step = step,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}

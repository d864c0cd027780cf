#include "model/disk.h"

#include "base/num.h"

#include <limits.h>

static bool kind_of(const struct record *r, struct disk *d)
{
	static const char *const kinds[] = {
		[DISK_FILE] = "file", [DISK_DIR] = "dir", [DISK_SPECIAL] = "special", [DISK_EXCLUDED] = "excluded"};

	for (int i = DISK_FILE; i <= DISK_EXCLUDED; i++) {
		if (record_is(r, kinds[i])) {
			d->type = (enum disk_type)i;
			return true;
		}
	}
	return false;
}

static const char *error_of(struct span text, struct disk *d)
{
	if (span_is(text, "UNREADABLE"))
		d->error = DISK_UNREADABLE;
	else if (span_is(text, "CHANGING"))
		d->error = DISK_CHANGING;
	else if (span_is(text, "GONE"))
		d->error = DISK_GONE;
	else
		return "its error is none we know";
	return NULL;
}

/* One member with a string value. */
static const char *string_member(struct span key, struct span value, struct disk *d)
{
	unsigned mode;

	if (span_is(key, "hash")) {
		if (!record_hash_ok(value))
			return "its hash is not sha256: and 64 hex digits";
		d->hash = value;
	} else if (span_is(key, "mode")) {
		if (!num_mode(value.p, value.n, &mode))
			return "its mode is not octal";
		d->mode = (int)mode;
	} else if (span_is(key, "filetype")) {
		d->filetype = value;
		d->dir |= span_is(value, "dir");
	} else if (span_is(key, "error")) {
		return error_of(value, d);
	} else if (span_is(key, "reason")) {
		d->unexpected = span_is(value, "unexpected");
	}
	return NULL;
}

/* One member with a number. */
static const char *number_member(struct span key, const struct json *j, uint32_t at, struct disk *d)
{
	if (span_is(key, "size") && !json_int(j, at, 0, NUM_MAX_SAFE, &d->size))
		return "its size is no size";
	if (span_is(key, "links") && !json_int(j, at, 0, INT_MAX, &d->links))
		return "its links are no count";
	return NULL;
}

/* One pass over the members: this runs once a file and program, at millions of files. */
static const char *members(struct record *r, struct disk *d)
{
	const struct json *j = &r->json;
	const char *why = NULL;

	for (uint32_t k = json_first(j, 0); !why && k != j->node[0].end; k = json_next_member(j, k)) {
		struct span key = json_text(j, k);
		const struct json_node *value = &j->node[k + 1];

		if (j->node[k].flags & JSON_ESCAPED)
			why = "has a member whose name is written with escapes";
		else if (value->type == JSON_STRING)
			why = string_member(key, json_text(j, k + 1), d);
		else if (value->type == JSON_NUMBER)
			why = number_member(key, j, k + 1, d);
		else if (value->type == JSON_TRUE && span_is(key, "mount"))
			d->mount = true;
		else if (value->type == JSON_TRUE && span_is(key, "reused"))
			d->reused = true;
	}
	return why;
}

int disk_of(struct record *r, struct disk *d, const char **why)
{
	int found;

	*d = (struct disk){.size = -1, .mode = MODE_UNKNOWN, .links = 1};
	if (!kind_of(r, d))
		return 0;
	d->dir = d->type == DISK_DIR;
	found = record_path(r, &d->path, why);
	if (found == 0)
		*why = "it has no path";
	if (found <= 0)
		return -1;
	d->utf8 = !record_get(r, "path_b64");
	*why = members(r, d);
	if (!*why && d->type == DISK_SPECIAL && (!d->filetype.n || d->dir))
		*why = "its filetype is missing";
	return *why ? -1 : 1;
}

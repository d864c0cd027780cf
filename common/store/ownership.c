#include "store/ownership.h"

#include "data/csv.h"
#include "filter/effect.h"
#include "os/beneath.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "file_path,owner_package_id,owner_spec_id,sha256,mode,classification,installed_at"

struct ownership {
	struct spool *text; /* line by line, as spools go */
	struct digest *digest;
	struct buf row;
	uint64_t rows;
};

static void add_text(struct ownership *o)
{
	digest_add(o->digest, o->row.p, o->row.n);
	spool_add(o->text, (struct span){o->row.p, o->row.n - 1});
	buf_reset(&o->row);
}

struct ownership *ownership_new(void)
{
	struct ownership *o = xcalloc(1, sizeof *o);
	o->text = spool_new();
	o->digest = digest_new();
	digest_start(o->digest);
	buf_str(&o->row, HEADER "\n");
	add_text(o);
	return o;
}

void ownership_add(struct ownership *o, const struct registry_row *row)
{
	char mode[8] = "";
	if (row->mode == REGISTRY_MODE_LINK)
		snprintf(mode, sizeof mode, "link");
	else if (row->mode >= 0)
		snprintf(mode, sizeof mode, "%04o", (unsigned)row->mode & 07777);
	const struct span fields[] = {row->path, row->owner, row->spec, row->hash, span_of(mode), row->classification,
				      row->installed_at};
	csv_row(&o->row, fields, sizeof fields / sizeof *fields);
	add_text(o);
	o->rows++;
}

uint64_t ownership_rows(const struct ownership *o)
{
	return o->rows;
}

void ownership_hash(struct ownership *o, char out[DIGEST_TEXT])
{
	unsigned char sum[DIGEST_LEN];
	digest_end(o->digest, sum);
	digest_text(sum, out);
}

static bool deny(const char *name, const char *why)
{
	err_place(name, 0);
	complain("unable to write the registry: %s", why);
	err_place(NULL, 0);
	filter_raise(STATUS_NO);
	return false;
}

static bool exists(int dir, const char *name)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	if (errno != ENOENT && errno != ENOTDIR)
		sys_fail(errno, "unable to look for %s", name);
	return false;
}

static void write_file(struct ownership *o, int dir, const char *name)
{
	struct save s;
	struct span line;
	if (save_begin(&s, dir, name, 0644) != 0)
		sys_fail(errno, "unable to write %s", name);
	spool_rewind(o->text);
	while (spool_next(o->text, &line)) {
		out_add(&s.out, line.p, line.n);
		out_add(&s.out, "\n", 1);
	}
	if (save_commit(&s) != 0)
		sys_fail(errno, "unable to write %s", name);
}

/* The plane's registries directory; -1 when there is none and none may be made. */
static int open_registries(int root)
{
	int fd = -1;
	if (filter_dry_run() || beneath_mkdirs(root, SPAN("registries"), 0755) == 0)
		fd = beneath_open(root, SPAN("registries"), O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 && !(filter_dry_run() && errno == ENOENT))
		sys_fail(errno, "unable to open registries");
	return fd;
}

static bool save_in_plane(struct ownership *o, bool replace)
{
	const char *name = strrchr(OWNERSHIP_FILE, '/') + 1;
	int root = effect_begin(false);
	bool good = true;
	if (exists(root, ".genesis_complete")) {
		close(root);
		return deny(OWNERSHIP_FILE, "the plane is past its genesis, that takes a baseline_refresh order");
	}
	int dir = open_registries(root);
	if (dir >= 0 && !replace && exists(dir, name))
		good = deny(OWNERSHIP_FILE, "it is there already (--force replaces it)");
	if (good && !filter_dry_run())
		write_file(o, dir, name);
	if (dir >= 0)
		close(dir);
	close(root);
	return good;
}

bool ownership_save(struct ownership *o, const char *file, bool replace)
{
	if (!file)
		return save_in_plane(o, replace);
	struct stat st;
	if (!replace && exists(AT_FDCWD, file))
		return deny(file, "it is there already (--force replaces it)");
	/* A device or the link /dev/stdout would be replaced by a file. */
	if (fstatat(AT_FDCWD, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return deny(file, "what is there is not a regular file");
	if (!filter_dry_run())
		write_file(o, AT_FDCWD, file);
	return true;
}

void ownership_free(struct ownership *o)
{
	if (!o)
		return;
	spool_free(o->text);
	digest_free(o->digest);
	buf_free(&o->row);
	free(o);
}

const char *ownership_class(struct span path)
{
	static const struct { const char *dir, *word; } classes[] = {
		{"agents", "agent"}, {"config", "config"}, {"docs", "documentation"}, {"frameworks", "law_doc"},
		{"gates", "gate"}, {"lib", "library"}, {"libs", "library"}, {"modules", "module"},
		{"policies", "policy"}, {"prompts", "prompt"}, {"registries", "registry"}, {"schemas", "schema"},
		{"scripts", "script"}, {"tests", "test"},
	};
	static const char manifest[] = "/manifest.yaml";
	const char *slash = memchr(path.p, '/', path.n);
	struct span top = {path.p, slash ? (size_t)(slash - path.p) : 0};
	if (span_is(top, "specs"))
		return path.n > sizeof manifest && !memcmp(path.p + path.n - sizeof manifest + 1, manifest,
							   sizeof manifest - 1) ? "spec_manifest" : "spec_asset";
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (span_is(top, classes[i].dir))
			return classes[i].word;
	return "other";
}

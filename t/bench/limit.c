/* limit ROOT BASELINE [--make]: the least a sweep can cost. One process without records or checks: a sorted walk by
 * descriptors, SHA-256 by OpenSSL on two threads, compared with a list of `HEX  PATH` lines in memory. Not a tool: it
 * trusts everything. --make writes the list. Status 1 when anything differs. */
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024, NAME_BYTES = 256 };

struct entry { char *path; unsigned char sum[32]; };
struct name { char text[NAME_BYTES]; int dir; };

static struct entry *list;
static size_t count, cap;
static atomic_size_t ticket, listed;
static atomic_int walked;
static int root;
static EVP_MD *md;

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static void add(const char *dir, const char *name)
{
	char path[4096];

	if (count == cap)
		abort();
	snprintf(path, sizeof(path), "%s%s", dir, name);
	list[count++].path = strdup(path);
	atomic_store_explicit(&listed, count, memory_order_release);
}

static void walk(int fd, const char *prefix)
{
	DIR *d = fdopendir(fd);
	struct name *names = NULL;
	size_t n = 0, room = 0;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || (e->d_type != DT_REG && e->d_type != DT_DIR))
			continue;
		if (n == room) {
			room = room ? room * 2 : 64;
			names = realloc(names, room * sizeof(*names));
		}
		names[n].dir = e->d_type == DT_DIR;
		snprintf(names[n].text, NAME_BYTES, "%.254s%s", e->d_name, names[n].dir ? "/" : "");
		n++;
	}
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		char path[4096];

		if (!names[i].dir) {
			add(prefix, names[i].text);
			continue;
		}
		snprintf(path, sizeof(path), "%s%s", prefix, names[i].text);
		walk(openat(dirfd(d), names[i].text, O_RDONLY | O_DIRECTORY), path);
	}
	free(names);
	closedir(d);
}

/* The directory of the file before, kept open for the next. */
struct parent { char dir[4096]; size_t n; int fd; };

static int open_file(struct parent *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (!n)
		return openat(root, path, O_RDONLY | O_NOFOLLOW);
	if (p->n != n || memcmp(p->dir, path, n) != 0) {
		if (p->n)
			close(p->fd);
		memcpy(p->dir, path, n);
		p->dir[n] = '\0';
		p->n = n;
		p->fd = openat(root, p->dir, O_PATH | O_DIRECTORY);
	}
	return openat(p->fd, slash + 1, O_RDONLY | O_NOFOLLOW);
}

static void hash(struct entry *e, struct parent *p, EVP_MD_CTX *ctx, char *block)
{
	struct stat st;
	int fd = open_file(p, e->path);
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	EVP_DigestInit_ex2(ctx, md, NULL);
	while ((n = read(fd, block, BLOCK)) > 0) {
		EVP_DigestUpdate(ctx, block, (size_t)n);
		if (n < BLOCK)
			break;
	}
	EVP_DigestFinal_ex(ctx, e->sum, NULL);
	close(fd);
}

static void *work(void *arg)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *block = malloc(BLOCK);
	struct parent parent = {.n = 0};

	for (;;) {
		size_t i = ticket++;

		while (i >= atomic_load_explicit(&listed, memory_order_acquire)) {
			if (walked && i >= listed)
				goto over;
			usleep(50);
		}
		hash(&list[i], &parent, ctx, block);
	}
over:
	free(block);
	EVP_MD_CTX_free(ctx);
	return arg;
}

static void text(const struct entry *e, char *line)
{
	for (int i = 0; i < 32; i++)
		snprintf(line + 2 * i, 3, "%02x", e->sum[i]);
}

static int parse(const char *hex, unsigned char *sum)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 32; i++) {
		const char *a = strchr(digits, hex[2 * i]), *b = strchr(digits, hex[2 * i + 1]);

		if (!a || !b)
			return 0;
		sum[i] = (unsigned char)((a - digits) << 4 | (b - digits));
	}
	return 1;
}

static int compare(FILE *f)
{
	char *line = NULL;
	size_t room = 0, i = 0, differ = 0;
	unsigned char sum[32];
	ssize_t n;

	while ((n = getline(&line, &room, f)) > 66 && i < count) {
		line[n - 1] = '\0';
		differ += !parse(line, sum) || memcmp(sum, list[i].sum, 32) || strcmp(line + 66, list[i].path);
		i++;
	}
	free(line);
	printf("%zu files, %zu differ\n", count, differ + (count - i));
	return differ || i != count;
}

int main(int argc, char **argv)
{
	pthread_t thread[2];
	char line[65];
	FILE *f;

	if (argc < 3)
		return 2;
	cap = 2000000;
	list = calloc(cap, sizeof(*list));
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	root = open(argv[1], O_RDONLY | O_DIRECTORY);
	f = fopen(argv[2], argc > 3 ? "w" : "r");
	if (root < 0 || !f || !list)
		return 4;
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, work, NULL);
	walk(dup(root), "");
	walked = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	if (argc == 3)
		return compare(f);
	for (size_t i = 0; i < count; i++) {
		text(&list[i], line);
		fprintf(f, "%s  %s\n", line, list[i].path);
	}
	return fclose(f) != 0;
}

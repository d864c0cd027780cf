/* Stands in for libFuzzer in `make check`: runs a fuzz target over every file of the directories given, and over all
 * prefixes of small ones, so that each corpus stays a regression test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

enum { INPUT_BYTES = 1 << 21, PREFIXES_UNTIL = 512 };

static void run(const unsigned char *p, size_t n)
{
	/* An exact allocation, so that a sanitizer sees a read behind the end. */
	unsigned char *copy = malloc(n ? n : 1);

	if (!copy)
		exit(1);
	if (n)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static unsigned replay(const char *path)
{
	static unsigned char data[INPUT_BYTES];
	FILE *f = fopen(path, "rb");
	size_t n, i;

	if (!f) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	run(data, n);
	for (i = 0; n <= PREFIXES_UNTIL && i < n; i++)
		run(data, i);
	return 1;
}

static unsigned replay_directory(const char *dir)
{
	char path[4096];
	unsigned count = 0;
	struct dirent *e;
	DIR *d = opendir(dir);

	if (!d) {
		printf("no corpus: %s\n", dir);
		exit(1);
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		count += replay(path);
	}
	closedir(d);
	return count;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int i;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++)
		count += replay_directory(argv[i]);
	printf("%u inputs\n", count);
	return count == 0;
}

#include "pack/libarchive.h"

#include "base/err.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* Its soname since libarchive 3.1; the header that it was built with is of the
 * same. */
static const char soname[] = "libarchive.so.13";
static struct libarchive table;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static void find(void *library, const char *name, void *function, size_t size)
{
	void *found = dlsym(library, name);

	if (!found)
		die(STATUS_SYSTEM, "unable to use %s: it has no %s", soname, name);
	memcpy(function, &found, size);
}

static void load(void)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		die(STATUS_SYSTEM, "unable to load %s: %s", soname, dlerror());
#define FUNCTION(name) find(library, #name, &table.name, sizeof table.name);
	LIBARCHIVE_FUNCTIONS(FUNCTION)
#undef FUNCTION
}

const struct libarchive *libarchive(void)
{
	pthread_once(&loaded, load);
	return &table;
}

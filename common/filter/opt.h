/* The option table: parsing, --help, --version and --describe all come from it, so they cannot drift apart. */
#ifndef CP_FILTER_OPT_H
#define CP_FILTER_OPT_H

#include <stdbool.h>
#include <stdint.h>

enum opt_kind {
	OPT_FLAG,   /* bool *          --name */
	OPT_STR,    /* const char **   --name VALUE */
	OPT_INT,    /* int64_t *       --name N, within min..max */
	OPT_LIST,   /* struct opt_list *  --name VALUE, may be repeated */
	OPT_CHOICE, /* const char **   one of `choices`, separated by | */
};

struct opt_list {
	const char **item;
	unsigned n;
};

struct opt {
	const char *name;    /* without the dashes; NULL ends a table */
	const char *value;   /* name of the value in the synopsis ("FILE"), or the choices "a|b"; NULL for a flag */
	const char *summary; /* one line, no full stop */
	enum opt_kind kind;
	void *target;
	int64_t min, max;    /* OPT_INT */
	char letter;         /* single-letter synonym or 0 */
	bool required;
};

#endif

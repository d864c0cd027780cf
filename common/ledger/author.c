#include "ledger/author.h"

#include "base/text.h"
#include "filter/filter.h"

#include <stdio.h>
#include <unistd.h>

enum { AUTHOR_BYTES = 255 };

const char *author_name(const char *option)
{
	static char uid[32];

	snprintf(uid, sizeof uid, "uid:%lld", (long long)getuid());
	if (!option)
		return uid;
	if (!*option || strlen(option) > AUTHOR_BYTES || !utf8_valid(option, strlen(option)))
		bad_usage("unable to use --author: 1 to %d bytes of UTF-8 are wanted", AUTHOR_BYTES);
	return option;
}

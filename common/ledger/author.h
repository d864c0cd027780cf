/* Who an entry is by, while nobody can be authenticated: what --author says, else `uid:N`. */
#ifndef CP_LEDGER_AUTHOR_H
#define CP_LEDGER_AUTHOR_H

/* Ends the process with status 2 when the name is none: 1 to 255 bytes of UTF-8. NULL: the user's number. */
const char *author_name(const char *option);

#endif

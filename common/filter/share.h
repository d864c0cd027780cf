/* The suite's own data files. */
#ifndef CP_FILTER_SHARE_H
#define CP_FILTER_SHARE_H

#include "base/buf.h"

/* Opens the directory of the schemas: ../share/cp-filters/schemas beside the program's own directory, else where it was
 * installed. Ends the process with 4 when there is none. */
int share_schemas(void);
/* The path of another of the suite's programs: beside our own, else where they are installed. */
void share_program(struct buf *path, const char *name);

#endif

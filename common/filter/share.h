/* The suite's own data files. */
#ifndef CP_FILTER_SHARE_H
#define CP_FILTER_SHARE_H

/* Opens the directory of the schemas: ../share/cp-filters/schemas beside the program's own directory, else where it was
 * installed. Ends the process with 4 when there is none. */
int share_schemas(void);

#endif

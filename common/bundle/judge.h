/* Do a package's manifest and its contents agree, is the manifest one, and can its names hurt? What the gate G0A asks;
 * whoever writes or installs a package asks it again of the bytes it has in hand. Findings are made at the end
 * (filter/filter.h). Memory: the paths of the assets and of the members. */
#ifndef CP_BUNDLE_JUDGE_H
#define CP_BUNDLE_JUDGE_H

#include "record/record.h"

struct package_judge;

struct package_judge *package_judge_new(void);
/* The manifest alone is to be judged: members do not count. */
void package_judge_manifest(struct package_judge *j);
/* `package`, `asset` and `member` records, the package first and only once: otherwise the process ends with status 3.
 * False: the record is none of these. */
bool package_judge_add(struct package_judge *j, struct record *r);
/* Makes the findings, and frees. */
void package_judge_end(struct package_judge *j);

/* Is that fault of the schema about whether a manifest is signed, and by whom? That is asked elsewhere (G5). */
bool manifest_about_signature(struct span instance, struct span keyword);

#endif

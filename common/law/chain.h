/* The chain: a file belongs to a spec, a spec is under a framework, and both are in force (design: gates G0-SPEC and
 * G1).
 *
 * Frameworks and specs are those of a book, which must hold all there are: what is not in it does not exist. */
#ifndef CP_LAW_CHAIN_H
#define CP_LAW_CHAIN_H

#include "law/book.h"

/* A file and whose it is. n = 0: nobody's. */
struct chain_file {
	struct span path, spec, package;
};

/* What the chain must know of a package's manifest; n = 0: it does not say. */
struct chain_package {
	struct span package_id, type, framework_id, spec_id, requires_framework;
};

/* The way from a spec to its framework. Returns the framework where nothing is wrong, else NULL after a report about
 * `path`. */
struct law_doc *chain_spec(struct lawbook *b, struct span spec, struct span path, const struct law_ends *e);

/* Is the path DIR/ID/NAME, and not deeper? `dir` ends in a slash. */
bool chain_is_beneath(struct span path, const char *dir, struct span id);

/* A file that has a spec: the spec is there, is active, lists the file and has an active framework, which allows it.
 * The spec's own document need be neither listed nor allowed. A file without a spec is nobody's business here. True:
 * nothing is wrong. */
bool chain_file(struct lawbook *b, const struct chain_file *f, const struct law_ends *e);

/* A package: what it says of itself agrees with the book. A package of type framework brings its framework and one of
 * type spec its spec: the caller puts what it brings into the book first. Returns the framework it is under, which may
 * be NULL. Findings are about `where`. */
struct law_doc *chain_package(struct lawbook *b, const struct chain_package *p, struct span where,
			      const struct law_ends *e);
/* One of its files, at its target: what its spec says of it (its own, else the package's), else that the framework the
 * package is under allows it. What a package of type framework has in frameworks/ID/ is the law itself. */
bool chain_asset(struct lawbook *b, const struct chain_package *p, const struct law_doc *framework,
		 const struct chain_file *f, const struct law_ends *e);

#endif

/* Who needs whom: packages with their dependencies and conflicts in, an order to install them in out, or what is in
 * the way of one: a dependency that is missing or out of range, a circle, a conflict (004 §9). Linear but for
 * sorting; the order depends on what is there and not on the order it came in. Pure.
 *
 *   resolve_new; { resolve_add; resolve_links... }...; resolve_run; resolve_free */
#ifndef CP_CATALOG_RESOLVE_H
#define CP_CATALOG_RESOLVE_H

#include "data/json.h"
#include "record/finding.h"

struct resolve;

/* One thing wrong with a node: DUPLICATE, MISSING, RANGE, CONFLICT or CYCLE. `detail` lives during the call. */
typedef void resolve_fault(void *ctx, enum code code, uint32_t node, const char *detail);

struct resolve *resolve_new(resolve_fault *fault, void *ctx);
/* Nodes are numbered from 0. */
uint32_t resolve_add(struct resolve *r, struct span id, struct span version);
enum resolve_kind { RESOLVE_DEPENDS, RESOLVE_CONFLICTS };
/* Of the node that was added last; range n 0: each version. The range must be one. */
void resolve_link(struct resolve *r, enum resolve_kind kind, struct span id, struct span range);
/* The same of a list (list.h) that is one. */
void resolve_links(struct resolve *r, enum resolve_kind kind, struct span list);
/* The same of a manifest's array, of objects {package_id, version} or of lists as text. `bad` is told of each piece
 * that is none: what it is, its text, and why not. False: it is no such array, or an element is neither. */
typedef void resolve_bad(void *ctx, const char *what, struct span text, const char *why);
bool resolve_array(struct resolve *r, enum resolve_kind kind, const struct json *j, uint32_t array, resolve_bad *bad,
		   void *ctx);
/* Only this one and what it needs, instead of all. May be called several times. */
void resolve_want(struct resolve *r, struct span id);
/* Once. The nodes in order, each behind what it needs; NULL, and *n is 0, when there is no such order. What was
 * wanted and is not there is told as MISSING of node UINT32_MAX. */
const uint32_t *resolve_run(struct resolve *r, uint32_t *n);
void resolve_free(struct resolve *r);

#endif

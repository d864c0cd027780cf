/* A transaction on its way: what it brings, and what it takes away, lies in .cp/txn/ID/ until it is over.
 *
 *   plan    the plan's lines; taken away first when the transaction is over
 *   own     what is not the plan's: the step that keeps the manifest, and the directories that were not there before
 *   new/N   what step N brings; behind an exchange, what it replaced
 *   old/N   what step N took away
 *
 * Every step is one rename that replaces nothing, or an exchange: after a kill at any instruction it can be told
 * whether it was done, and it can be done or undone again. All paths are opened beneath the root without following
 * links. The caller holds the plane's lock. Ends the process with 4 when the system fails, unless a function says
 * otherwise. */
#ifndef CP_APPLY_TXN_H
#define CP_APPLY_TXN_H

#include "apply/steps.h"
#include "os/beneath.h"

enum { TXN_ID = 40 };
enum txn_sync { TXN_SYNCFS, TXN_FILES, TXN_NONE };

struct txn {
	int root;	   /* a descriptor of the plane's */
	int dir, new, old; /* -1: not there */
	char id[TXN_ID + 1];
	enum txn_sync sync;
	bool again; /* it was begun by somebody else: what was done already is looked at */
	struct steps *steps;
	struct spool *made; /* directories, as `dir` records */
	struct beneath_parent parent;
	struct digest *digest;
};

/* Is it the name of a transaction? */
bool txn_id_ok(struct span id);
/* A new one, empty. */
void txn_begin(struct txn *t, int root, struct steps *steps, enum txn_sync sync);
/* One that is there; what is missing of it is -1. NULL, or why what is there is nobody's transaction, as a predicate.
 * Its plan, where it is there, is read into `steps`; false in *whole: there is none, or it is none. */
const char *txn_open(struct txn *t, int root, const char *id, struct steps *steps, bool *whole);
void txn_close(struct txn *t);

/* The name of what belongs to step `n`; good until the thread's next call. */
const char *txn_slot(size_t n);
/* Keeps the plan's lines, the manifest's step (n 0: there is none), and the directories that txn_prepare met. */
void txn_keep(struct txn *t, struct spool *lines, struct span manifest);
/* A file for what step `n` brings: write to it, then txn_staged, which closes it. -1 with errno. Threads may do so side
 * by side. */
int txn_stage(const struct txn *t, size_t n);
int txn_staged(const struct txn *t, size_t n, int fd);
/* Notes which directories the steps will make. NULL, or why a step cannot be done, as a predicate about *path: another
 * file system is mounted there, something else than a directory is on the way, or it cannot exchange files. */
const char *txn_prepare(struct txn *t, const char **path);
/* All that was written is on the disk now. */
void txn_barrier(struct txn *t);

/* Does step `n`, once: done already is done. NULL, or what is in its way, as a predicate about its path: then nothing
 * was done; errno is 0 where it is something that is there and does not belong there, else why the system refused. */
const char *txn_do(struct txn *t, size_t n);
/* What it had done is undone; what somebody else put in its place is left alone, and told by a warning. */
void txn_undo(struct txn *t, size_t n);
/* Is what it has to bring there (staged, or in place already), byte for byte? */
bool txn_has(struct txn *t, size_t n);
/* Takes away the directories that were made, as far as they are empty. */
void txn_unmake(struct txn *t);
/* Directories that what was removed leaves empty, but for those at the top of a plane. */
void txn_prune(struct txn *t);
/* It is over: nothing of it stays. */
void txn_drop(struct txn *t);
/* What was undone is never undone again, whatever is there by then: without its plan nothing of it counts, however far
 * txn_drop comes. Synced. */
void txn_forget(struct txn *t);
/* The same at the end of a process that failed before anything was committed: as far as it goes, without a word. */
void txn_discard(struct txn *t);

/* The names in .cp/txn, sorted. */
struct txn_list {
	char **name;
	size_t n;
};
void txn_list(struct txn_list *l, int root);
void txn_list_free(struct txn_list *l);

#endif

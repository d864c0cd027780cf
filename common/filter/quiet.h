/* Readers that must not see the middle of a change: while they read, nobody changes the plane. */
#ifndef CP_FILTER_QUIET_H
#define CP_FILTER_QUIET_H

/* Takes the lock of the plane at `root`, or of the one whose planes/ it lies in, shared: the descriptor, for quiet_end.
 * -1: there is none, or it is not for us, who then read as anybody may. Ends the process with 4 while somebody changes
 * the plane, with 3 when a change was interrupted and nobody has finished it. */
int quiet_begin(const char *root);
void quiet_end(int lock);

#endif

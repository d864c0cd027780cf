/* Buffered writing to a descriptor: 64 KiB, short writes and EINTR handled, no stdio. */
#ifndef CP_OS_OUT_H
#define CP_OS_OUT_H

#include "base/buf.h"

struct out {
	int fd;
	struct buf b;
	int error; /* errno of the first failed write; everything after it is dropped */
};

void out_open(struct out *o, int fd);
void out_add(struct out *o, const void *p, size_t n);
/* 0, or -1 with errno. */
int out_flush(struct out *o);
/* write(2) until all is written. 0, or -1 with errno. */
int write_all(int fd, const void *p, size_t n);

#endif

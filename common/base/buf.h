/* Growing byte buffers and spans. Running out of memory ends the process with status 4: every
 * effect survives being killed at any instruction, so this is one more such instruction. */
#ifndef CP_BASE_BUF_H
#define CP_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes somebody else owns; not NUL-terminated. */
struct span {
	const char *p;
	size_t n;
};

/* Bytes we own. p may be NULL while n is 0. */
struct buf {
	char *p;
	size_t n, cap;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

static inline struct span span_of(const char *s) { return (struct span){s, strlen(s)}; }
static inline struct span buf_span(const struct buf *b) { return (struct span){b->p, b->n}; }
static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool span_is(struct span a, const char *s) { return span_eq(a, span_of(s)); }
/* Byte order; a prefix comes first. Returns <0, 0, >0. */
int span_cmp(struct span a, struct span b);

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

/* Makes room for n more bytes and returns where they go; the caller adds to b->n. */
char *buf_room(struct buf *b, size_t n);
void buf_grow(struct buf *b, size_t n);
static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	if (b->cap - b->n < n)
		buf_grow(b, n);
	if (n) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
}
static inline void buf_span_add(struct buf *b, struct span s) { buf_add(b, s.p, s.n); }
static inline void buf_str(struct buf *b, const char *s) { buf_add(b, s, strlen(s)); }
static inline void buf_char(struct buf *b, char c) { buf_add(b, &c, 1); }
/* Decimal digits of v. */
void buf_u64(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* The bytes as a C string; valid until the next change. The NUL is not counted in n. */
const char *buf_cstr(struct buf *b);
static inline void buf_reset(struct buf *b) { b->n = 0; }
void buf_free(struct buf *b);

#endif

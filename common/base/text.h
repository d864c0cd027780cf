/* Text encodings: hex, base64 (RFC 4648 with padding), UTF-8 (RFC 3629). */
#ifndef CP_BASE_TEXT_H
#define CP_BASE_TEXT_H

#include "base/buf.h"

/* Lower-case hex of n bytes into out (2n bytes, no NUL). */
void hex_encode(const unsigned char *p, size_t n, char *out);
/* Lower-case hex only. Returns false unless n is even and every digit is good. */
bool hex_decode(const char *p, size_t n, unsigned char *out);

void base64_add(struct buf *b, const void *p, size_t n);
/* Canonical only: padding present, unused bits zero, no white space. Appends to b; false leaves b as it was. */
bool base64_decode(struct buf *b, const char *p, size_t n);
/* The alphabet for URLs, without padding (RFC 4648 section 5, RFC 7515 section 2); as strict. */
bool base64url_decode(struct buf *b, const char *p, size_t n);

/* True when the n bytes are UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). NUL is UTF-8. */
bool utf8_valid(const char *p, size_t n);
/* Decodes one code point at p (n > 0 bytes there); returns its length, or 0 when it is not UTF-8. */
size_t utf8_decode(const char *p, size_t n, uint32_t *cp);
/* Appends the code point (0 to 0x10FFFF, no surrogate). */
void utf8_add(struct buf *b, uint32_t cp);
/* Code points that move the cursor or reorder what stands around them: C0, DEL, C1, bidirectional controls, line
 * separators, the byte-order mark. */
bool text_unsafe(uint32_t cp);
/* Appends the bytes safe for a person's terminal: C0, DEL, C1, bidirectional controls and line separators become
 * \n, \t, \xHH or \u{HHHH}; bytes that are not UTF-8 become \xHH; a backslash is left alone. */
void text_escape(struct buf *b, const char *p, size_t n);

#endif

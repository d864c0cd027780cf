#include "identity/token.h"

#include "base/err.h"
#include "base/num.h"
#include "base/text.h"
#include "identity/actor.h"
#include "record/record.h"
#include "seal/digest.h"

#include <errno.h>
#include <sys/random.h>

static const int64_t second = 1000000000;

void random_hex(char *out, size_t n)
{
	unsigned char bytes[64];

	for (size_t i = 0, some; i < n; i += some) {
		some = n - i < sizeof bytes ? n - i : sizeof bytes;
		if (getrandom(bytes, some, 0) != (ssize_t)some)
			die_errno("unable to get random bytes");
		hex_encode(bytes, some, out + 2 * i);
	}
	secret_wipe(bytes, sizeof bytes);
}

/* --- reading --- */

static bool is_end(struct span line)
{
	struct record r = {0};
	int64_t count, status;
	bool good = !record_parse(&r, line) && record_is(&r, "end") && record_int(&r, "count", 1, 1, &count) &&
		    record_int(&r, "status", 0, 0, &status);

	record_free(&r);
	return good;
}

/* The member `token` into the secret. The buffer never has to grow, and growing is what would leave a copy. */
static bool take_member(struct secret *token, const struct record *r)
{
	struct buf decoded = {0};
	uint32_t at = record_get(r, "token");
	struct span text = {0};

	buf_room(&decoded, SECRET_BYTES + 64);
	if (at && r->json.node[at].type == JSON_STRING) {
		json_unescape(&decoded, json_text(&r->json, at).p, json_text(&r->json, at).n);
		text = buf_span(&decoded);
	}
	if (text.n)
		memcpy(token->p, text.p, text.n);
	token->n = text.n;
	token->p[token->n] = 0;
	secret_wipe(decoded.p, decoded.cap);
	buf_free(&decoded);
	return token->n > 0;
}

static const char *from_record(struct secret *token, struct span raw)
{
	const char *lf = memchr(raw.p, '\n', raw.n);
	const char *why = "it is no token record";
	struct record r = {0};
	struct span rest;

	if (!lf)
		return "the last line is cut";
	rest = (struct span){lf + 1, raw.n - (size_t)(lf + 1 - raw.p)};
	if (!record_parse(&r, (struct span){raw.p, (size_t)(lf - raw.p)}) && record_is(&r, "token") &&
	    take_member(token, &r))
		why = NULL;
	if (!why && rest.n && (rest.p[rest.n - 1] != '\n' || !is_end((struct span){rest.p, rest.n - 1})))
		why = "there is more than one token, or no good end";
	record_free(&r);
	return why;
}

/* What a bare one may have in it; a record's too. */
static bool one_line(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return false;
	return true;
}

const char *token_take(struct secret *token, struct secret *raw)
{
	const char *why = NULL;

	token->n = 0;
	if (raw->n && raw->p[0] == '{') {
		why = from_record(token, secret_span(raw));
	} else {
		if (raw->n && raw->p[raw->n - 1] == '\n')
			raw->n--;
		memcpy(token->p, raw->p, raw->n);
		token->n = raw->n;
		token->p[token->n] = 0;
	}
	secret_wipe(raw->p, SECRET_BYTES);
	raw->n = 0;
	if (!why && !token->n)
		why = "it is empty";
	if (!why && !one_line(secret_span(token)))
		why = "it has more than one line, or a control character";
	return why;
}

const char *token_read(struct secret *token, int fd)
{
	const char *why;
	struct secret raw;
	int failed = 0;

	secret_init(&raw);
	if (secret_read(&raw, fd) < 0) {
		failed = errno == EFBIG ? 0 : errno;
		why = failed ? strerror(failed) : "it is longer than 16 KiB";
	} else {
		why = token_take(token, &raw);
	}
	secret_free(&raw);
	errno = failed;
	return why;
}

bool token_record(struct secret *out, struct span token)
{
	struct buf b = {0};
	bool fits;

	buf_room(&b, 6 * SECRET_BYTES + 64); /* every byte escaped */
	buf_str(&b, "{\"kind\":\"token\",\"token\":");
	json_quote(&b, token);
	buf_str(&b, "}\n");
	fits = out->n + b.n <= SECRET_BYTES && utf8_valid(token.p, token.n);
	if (fits) {
		memcpy(out->p + out->n, b.p, b.n);
		out->n += b.n;
		out->p[out->n] = 0;
	}
	secret_wipe(b.p, b.cap);
	buf_free(&b);
	return fits;
}

/* --- the forms of a shared secret --- */

const char *plane_uid_bad(struct span uid)
{
	if (!uid.n || uid.n > USER_BYTES)
		return "it is empty or too long";
	return one_line(uid) && utf8_valid(uid.p, uid.n) ? NULL : "it has a control character";
}

static void message(struct buf *b, struct span plane_uid, struct span user, struct span expiry, struct span nonce)
{
	const struct span line[] = {SPAN("cp-token/2"), plane_uid, user, expiry, nonce};

	for (unsigned i = 0; i < sizeof line / sizeof *line; i++) {
		if (i)
			buf_char(b, '\n');
		buf_span_add(b, line[i]);
	}
}

enum { USER, EXPIRY, NONCE, MAC, PARTS };

/* At its colons. False: it has neither two nor four parts. */
static bool split(struct span token, struct span part[PARTS])
{
	struct span found[PARTS];
	unsigned n = 0;

	for (const char *at = token.p, *end = token.p + token.n, *colon; at; at = colon ? colon + 1 : NULL) {
		colon = memchr(at, ':', (size_t)(end - at));
		if (n == PARTS)
			return false;
		found[n++] = (struct span){at, (size_t)((colon ? colon : end) - at)};
	}
	if (n != 2 && n != PARTS)
		return false;
	part[USER] = found[0];
	part[EXPIRY] = n == PARTS ? found[1] : (struct span){0};
	part[NONCE] = n == PARTS ? found[2] : (struct span){0};
	part[MAC] = found[n - 1];
	return true;
}

static bool hex_only(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!strchr("0123456789abcdef", text.p[i]) || !text.p[i])
			return false;
	return text.n > 0 && text.n <= TOKEN_NONCE_HEX_MAX;
}

enum token_answer token_check(struct span token, struct span secret, struct span plane_uid, int64_t now,
			      struct span *user, int64_t *expires)
{
	struct span part[PARTS];
	struct buf text = {0};
	char mac[HMAC_HEX];
	uint64_t until = 0;
	bool good;

	if (!secret.n || !split(token, part) || user_bad(part[USER]))
		return TOKEN_BAD;
	*expires = ACTOR_FOR_EVER;
	if (part[EXPIRY].p) {
		if (!num_u64(part[EXPIRY].p, part[EXPIRY].n, TOKEN_TIME_MAX, &until) || !hex_only(part[NONCE]))
			return TOKEN_BAD;
		/* Nanoseconds end in 2262. */
		*expires = until > INT64_MAX / second ? ACTOR_FOR_EVER - 1 : (int64_t)until * second;
		message(&text, plane_uid, part[USER], part[EXPIRY], part[NONCE]);
	} else {
		buf_span_add(&text, part[USER]);
	}
	hmac_hex(secret, buf_span(&text), mac);
	good = secret_equal(part[MAC], (struct span){mac, sizeof mac});
	secret_wipe(mac, sizeof mac);
	buf_free(&text);
	*user = part[USER];
	return !good ? TOKEN_BAD : *expires <= now ? TOKEN_ENDED : TOKEN_GOOD;
}

static void add(struct secret *out, const char *p, size_t n)
{
	if (n > SECRET_BYTES - out->n)
		die(STATUS_SYSTEM, "unable to make a token: it would be too long");
	memcpy(out->p + out->n, p, n);
	out->n += n;
	out->p[out->n] = 0;
}

void token_make(struct secret *out, struct span user, int64_t expires, struct span plane_uid, struct span secret)
{
	char nonce[2 * TOKEN_NONCE_BYTES], mac[HMAC_HEX];
	struct buf text = {0}, expiry = {0};

	add(out, user.p, user.n);
	add(out, ":", 1);
	if (expires) {
		buf_u64(&expiry, (uint64_t)expires);
		random_hex(nonce, TOKEN_NONCE_BYTES);
		message(&text, plane_uid, user, buf_span(&expiry), (struct span){nonce, sizeof nonce});
		add(out, expiry.p, expiry.n);
		add(out, ":", 1);
		add(out, nonce, sizeof nonce);
		add(out, ":", 1);
	} else {
		buf_span_add(&text, user);
	}
	hmac_hex(secret, buf_span(&text), mac);
	add(out, mac, sizeof mac);
	secret_wipe(mac, sizeof mac);
	buf_free(&text);
	buf_free(&expiry);
}

/* Tokens of a shared secret, the records they come in, roles and actors: nothing that was not made with the secret is
 * good, what is read comes out again as it was, and nobody may do what the roles do not say. */
#include "data/jsonw.h"
#include "identity/policy.h"
#include "identity/secrets.h"
#include "identity/token.h"

#include <stdint.h>
#include <stdlib.h>

static void fill(struct secret *s, struct span bytes)
{
	memcpy(s->p, bytes.p, bytes.n);
	s->n = bytes.n;
	s->p[s->n] = 0;
}

/* Taken, written as a record and taken again. */
static void take(struct span text, struct secret *token, struct secret *raw)
{
	struct secret again;

	fill(raw, text);
	if (token_take(token, raw))
		return;
	if (!token->n || token->n > text.n || memchr(token->p, '\n', token->n))
		abort();
	if (token_record(raw, secret_span(token))) {
		secret_init(&again);
		if (token_take(&again, raw) || !span_eq(secret_span(&again), secret_span(token)))
			abort();
		secret_free(&again);
	}
}

static void check(struct span token)
{
	struct span user;
	int64_t expires;

	if (token_check(token, SPAN("nobody knows"), SPAN("*"), 0, &user, &expires) != TOKEN_BAD ||
	    token_check(token, SPAN(""), SPAN("*"), 0, &user, &expires) != TOKEN_BAD)
		abort();
}

/* A name that may have a token has one that is good, and not for another plane. */
static void make(struct span user, struct secret *token)
{
	struct span found;
	int64_t expires;

	if (user_bad(user))
		return;
	token->n = 0;
	token_make(token, user, 1000, SPAN("P"), SPAN("secret"));
	if (token_check(secret_span(token), SPAN("secret"), SPAN("P"), 0, &found, &expires) != TOKEN_GOOD ||
	    !span_eq(found, user) || expires != INT64_C(1000000000000) ||
	    token_check(secret_span(token), SPAN("secret"), SPAN("P"), expires, &found, &expires) != TOKEN_ENDED ||
	    token_check(secret_span(token), SPAN("secret"), SPAN("Q"), 0, &found, &expires) != TOKEN_BAD)
		abort();
}

static void actor(struct span line, const struct policy *p)
{
	struct record r = {0}, again = {0};
	struct actor a = {0}, b = {0};
	struct buf text = {0}, why = {0};
	const struct policy_terms terms = {0, false};

	if (!record_parse(&r, line) && !actor_read(&a, &r)) {
		jsonw_open(&text, NULL);
		jsonw_cstr(&text, "kind", "actor");
		actor_write(&text, &a);
		jsonw_close(&text);
		if (record_parse(&again, buf_span(&text)) || actor_read(&b, &again) ||
		    !span_eq(buf_span(&a.user), buf_span(&b.user)) || a.roles != b.roles || a.origin != b.origin)
			abort();
		for (enum action act = 0; p && act < ACTIONS; act++)
			if (policy_allows(p, &a, act, &terms, &why) && !(a.roles & action_roles(act)))
				abort();
	}
	record_free(&r);
	record_free(&again);
	actor_free(&a);
	actor_free(&b);
	buf_free(&text);
	buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *lf = size ? memchr(data, '\n', size) : NULL;
	struct span text = {(const char *)data, size}, first = {text.p, lf ? (size_t)(lf - text.p) : size};
	struct secret token, raw;
	struct buf copy = {0};
	struct policy p;
	bool good;

	if (!size || size > SECRET_BYTES)
		return 0;
	secret_init(&token);
	secret_init(&raw);
	take(text, &token, &raw);
	check(text);
	make(text, &token);
	/* Roles on the first line, an actor behind it. */
	buf_span_add(&copy, first);
	good = !policy_read(&p, &copy);
	if (good &&
	    (policy_roles(&p, SPAN("alice")) >> ROLES || policy_claimable(&p, SPAN("https://i.example")) >> ROLES))
		abort();
	actor(lf ? (struct span){lf + 1, size - first.n - 1} : text, good ? &p : NULL);
	policy_close(&p);
	secret_free(&token);
	secret_free(&raw);
	return 0;
}

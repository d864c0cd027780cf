#include "hsm/token.h"

#include "hsm/cryptoki.h"

#include <dlfcn.h>
#include <stdlib.h>

enum { SLOTS = 256, VALUE = 1024 };

struct token {
	const struct ck_functions *f;
	ck_ulong slot, session, key, type;
	bool initialized, opened, always;
	struct span pin;
};

static enum token_result failed(struct buf *why, const char *what, ck_ulong rv)
{
	buf_printf(why, "%s: PKCS #11 error 0x%lx", what, rv);
	return TOKEN_FAILED;
}

/* --- module and token --- */

static enum token_result load(struct token *t, const char *path, struct buf *why)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_ulong (*get)(const struct ck_functions **), rv;

	if (!module) {
		buf_printf(why, "the module cannot be loaded: %s", dlerror());
		return TOKEN_FAILED;
	}
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (!get || get(&t->f) != CKR_OK || !t->f) {
		buf_str(why, "it is no PKCS #11 module");
		return TOKEN_FAILED;
	}
	rv = t->f->initialize(NULL);
	t->initialized = rv == CKR_OK;
	return rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED
		       ? TOKEN_OK
		       : failed(why, "the module cannot be initialized", rv);
}

static bool labelled(const struct ck_token_info *info, const char *label)
{
	size_t n = sizeof info->label;

	while (n && info->label[n - 1] == ' ')
		n--;
	return span_is((struct span){(const char *)info->label, n}, label);
}

static enum token_result find_token(struct token *t, const char *label, struct buf *why)
{
	ck_ulong slots[SLOTS], n = SLOTS, found = 0, rv = t->f->get_slot_list(1, slots, &n);
	struct ck_token_info info;

	if (rv != CKR_OK || n > SLOTS)
		return failed(why, "the slots cannot be listed", rv);
	for (ck_ulong i = 0; i < n; i++) {
		if (t->f->get_token_info(slots[i], &info) != CKR_OK || !(info.flags & CKF_TOKEN_INITIALIZED) ||
		    (label && !labelled(&info, label)))
			continue;
		t->slot = slots[i];
		found++;
	}
	if (found == 1)
		return TOKEN_OK;
	buf_str(why, found ? "there is more than one such token" : "there is no such token");
	return found ? TOKEN_VAGUE : TOKEN_ABSENT;
}

static enum token_result login(struct token *t, ck_ulong user, struct buf *why)
{
	ck_ulong rv = t->f->login(t->session, user, (const unsigned char *)t->pin.p, t->pin.n);

	switch (rv) {
	case CKR_OK:
	case CKR_USER_ALREADY_LOGGED_IN:
		return TOKEN_OK;
	case CKR_PIN_LOCKED:
	case CKR_PIN_EXPIRED:
		buf_str(why, "the PIN is locked or has expired");
		return TOKEN_DENIED;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		buf_str(why, "the PIN is wrong");
		return TOKEN_DENIED;
	default:
		return failed(why, "the token does not let us in", rv);
	}
}

static enum token_result open_session(struct token *t, struct buf *why)
{
	ck_ulong rv = t->f->open_session(t->slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);

	if (rv != CKR_OK)
		return failed(why, "the token cannot be opened", rv);
	t->opened = true;
	return login(t, CKU_USER, why);
}

/* --- objects --- */

/* The one object of that class with that label and id; their p NULL: whatever it has. */
static enum token_result find(struct token *t, ck_ulong class, struct span label, struct span id, ck_ulong *object,
			      struct buf *why)
{
	const char *what = class == CKO_PRIVATE_KEY ? "key" : "public half of the key";
	struct ck_attribute a[3] = {{CKA_CLASS, &class, sizeof class}};
	ck_ulong got[2], n = 0, used = 1, rv;

	if (label.p)
		a[used++] = (struct ck_attribute){CKA_LABEL, (void *)(uintptr_t)label.p, label.n};
	if (id.p)
		a[used++] = (struct ck_attribute){CKA_ID, (void *)(uintptr_t)id.p, id.n};
	rv = t->f->find_objects_init(t->session, a, used);
	if (rv == CKR_OK) {
		rv = t->f->find_objects(t->session, got, 2, &n);
		t->f->find_objects_final(t->session);
	}
	if (rv != CKR_OK)
		return failed(why, "the token cannot be searched", rv);
	*object = got[0];
	if (n == 1)
		return TOKEN_OK;
	buf_printf(why, n ? "there is more than one such %s on the token" : "there is no such %s on the token", what);
	return n ? TOKEN_VAGUE : TOKEN_ABSENT;
}

/* Appends the value of an attribute; false when there is none that we may see. */
static bool value(struct token *t, ck_ulong object, ck_ulong type, struct buf *out)
{
	unsigned char bytes[VALUE];
	struct ck_attribute a = {type, bytes, sizeof bytes};

	if (t->f->get_attribute_value(t->session, object, &a, 1) != CKR_OK || a.size > sizeof bytes)
		return false;
	buf_add(out, bytes, a.size);
	return true;
}

static enum token_result find_key(struct token *t, const struct token_choice *c, struct buf *why)
{
	struct span label = c->object ? span_of(c->object) : (struct span){0};
	enum token_result r = find(t, CKO_PRIVATE_KEY, label, c->id.n ? c->id : (struct span){0}, &t->key, why);
	struct buf type = {0}, always = {0};
	bool known;

	if (r != TOKEN_OK)
		return r;
	known = value(t, t->key, CKA_KEY_TYPE, &type) && type.n == sizeof t->type;
	if (known)
		memcpy(&t->type, type.p, sizeof t->type);
	t->always = value(t, t->key, CKA_ALWAYS_AUTHENTICATE, &always) && always.n && always.p[0];
	buf_free(&type);
	buf_free(&always);
	if (known && (t->type == CKK_RSA || t->type == CKK_EC_EDWARDS))
		return TOKEN_OK;
	buf_str(why, "the key is neither one of Ed25519 nor of RSA");
	return TOKEN_UNFIT;
}

enum token_result token_open(struct token **out, const struct token_choice *c, struct span pin, struct buf *why)
{
	struct token *t = xcalloc(1, sizeof *t);
	enum token_result r = load(t, c->module, why);

	t->pin = pin;
	if (r == TOKEN_OK)
		r = find_token(t, c->token, why);
	if (r == TOKEN_OK)
		r = open_session(t, why);
	if (r == TOKEN_OK)
		r = find_key(t, c, why);
	if (r != TOKEN_OK) {
		token_close(t);
		t = NULL;
	}
	*out = t;
	return r;
}

void token_close(struct token *t)
{
	if (!t)
		return;
	if (t->opened)
		t->f->close_session(t->session);
	if (t->initialized)
		t->f->finalize(NULL);
	free(t); /* the module stays: what it leaves to be done at exit is in it */
}

bool token_is_rsa(const struct token *t)
{
	return t->type == CKK_RSA;
}

/* --- the public half --- */

/* It lies beside the private one, under the same id, or else under the same label. */
static enum token_result find_public(struct token *t, ck_ulong *object, struct buf *why)
{
	struct buf label = {0}, id = {0};
	bool has_label = value(t, t->key, CKA_LABEL, &label) && label.n,
	     has_id = value(t, t->key, CKA_ID, &id) && id.n;
	enum token_result r = find(t, CKO_PUBLIC_KEY, has_label && !has_id ? buf_span(&label) : (struct span){0},
				   has_id ? buf_span(&id) : (struct span){0}, object, why);

	buf_free(&label);
	buf_free(&id);
	return r;
}

/* A point is an OCTET STRING in DER, or, of some modules, its bare bytes. */
static bool point(struct token *t, ck_ulong object, struct buf *out)
{
	enum { BARE = 32, WRAPPED = BARE + 2 };
	struct buf bytes = {0};
	bool good = value(t, object, CKA_EC_POINT, &bytes);

	if (good && bytes.n == WRAPPED && memcmp(bytes.p, "\x04\x20", 2) == 0)
		buf_add(out, bytes.p + 2, BARE);
	else if (good && bytes.n == BARE)
		buf_add(out, bytes.p, BARE);
	else
		good = false;
	buf_free(&bytes);
	return good;
}

enum token_result token_public(struct token *t, struct buf *e, struct buf *n, struct buf *why)
{
	enum token_result r;
	ck_ulong object;

	if (t->type == CKK_RSA && value(t, t->key, CKA_PUBLIC_EXPONENT, e) && e->n && value(t, t->key, CKA_MODULUS, n))
		return TOKEN_OK;
	buf_reset(e);
	buf_reset(n);
	r = find_public(t, &object, why);
	if (r != TOKEN_OK)
		return r;
	if (t->type == CKK_RSA ? value(t, object, CKA_PUBLIC_EXPONENT, e) && value(t, object, CKA_MODULUS, n)
			       : point(t, object, n))
		return TOKEN_OK;
	buf_str(why, "the public half of the key on the token is none of Ed25519 or RSA");
	return TOKEN_UNFIT;
}

/* --- signing --- */

enum token_result token_sign(struct token *t, enum token_scheme scheme, struct span message, struct buf *out,
			     struct buf *why)
{
	static const ck_ulong mechanisms[] = {CKM_EDDSA, CKM_SHA256_RSA_PKCS_PSS, CKM_SHA512_RSA_PKCS};
	struct ck_pss_params pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
	struct ck_mechanism m = {mechanisms[scheme], NULL, 0};
	unsigned char bytes[VALUE];
	ck_ulong n = sizeof bytes, rv;
	enum token_result r = TOKEN_OK;

	if (scheme == TOKEN_RSA_PSS) {
		m.parameter = &pss;
		m.size = sizeof pss;
	}
	rv = t->f->sign_init(t->session, &m, t->key);
	if (rv == CKR_OK && t->always)
		r = login(t, CKU_CONTEXT_SPECIFIC, why);
	if (r != TOKEN_OK)
		return r;
	if (rv == CKR_OK)
		rv = t->f->sign(t->session, (const unsigned char *)message.p, message.n, bytes, &n);
	if (rv != CKR_OK || n > sizeof bytes)
		return failed(why, "the token does not sign", rv);
	buf_add(out, bytes, n);
	return TOKEN_OK;
}

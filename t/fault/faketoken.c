/* A PKCS #11 module without a token behind it, for what a real one does seldom. FAKE_TOKEN says what it does wrong:
 * init, slots, none, two, pin, locked, key, keys, type, public, point, order, sign, short, long, garbage; otherwise it
 * has one key, that of RFC 8032 section 7.1 test 1, whose signatures are zeros. */
#include <stdlib.h>
#include <string.h>

#include "../../common/hsm/cryptoki.h"

static int is(const char *what)
{
	const char *v = getenv("FAKE_TOKEN");

	return v && strcmp(v, what) == 0;
}

static const unsigned char point[] = {0x04, 0x20, 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b,
				      0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
				      0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};

static ck_ulong class;
static int found;

static ck_ulong initialize(void *args)
{
	(void)args;
	return is("init") ? 6 : CKR_OK;
}

static ck_ulong finalize(void *reserved)
{
	(void)reserved;
	return CKR_OK;
}

static ck_ulong get_slot_list(unsigned char present, ck_ulong *list, ck_ulong *n)
{
	(void)present;
	*n = is("none") ? 0 : is("two") ? 2 : 1;
	list[0] = 7;
	list[1] = 8;
	return is("slots") ? 0x30 : CKR_OK;
}

static ck_ulong get_token_info(ck_ulong slot, struct ck_token_info *info)
{
	(void)slot;
	memset(info, ' ', sizeof *info);
	memcpy(info->label, "fake", 4);
	info->flags = CKF_TOKEN_INITIALIZED;
	return CKR_OK;
}

static ck_ulong open_session(ck_ulong slot, ck_ulong flags, void *app, void *notify, ck_ulong *session)
{
	(void)slot;
	(void)flags;
	(void)app;
	(void)notify;
	*session = 1;
	return CKR_OK;
}

static ck_ulong close_session(ck_ulong session)
{
	(void)session;
	return CKR_OK;
}

static ck_ulong login(ck_ulong session, ck_ulong user, const unsigned char *pin, ck_ulong n)
{
	(void)session;
	(void)user;
	if (is("locked"))
		return CKR_PIN_LOCKED;
	return n == 4 && memcmp(pin, "1234", 4) == 0 && !is("pin") ? CKR_OK : CKR_PIN_INCORRECT;
}

static ck_ulong get_attribute_value(ck_ulong session, ck_ulong object, struct ck_attribute *a, ck_ulong n)
{
	ck_ulong type = is("type") ? 3 : CKK_EC_EDWARDS;
	unsigned char own[sizeof point];

	(void)session;
	(void)n;
	memcpy(own, point, sizeof own);
	if (is("order"))
		memset(own + 2, 0, sizeof own - 2);
	if (a->type == CKA_KEY_TYPE && object == 1) {
		memcpy(a->value, &type, a->size = sizeof type);
	} else if (a->type == CKA_ID) {
		memcpy(a->value, "\1", a->size = 1);
	} else if (a->type == CKA_EC_POINT && object == 2) {
		a->size = is("point") ? sizeof own - 1 : sizeof own;
		memcpy(a->value, own, a->size);
	} else {
		a->size = (ck_ulong)-1;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	return CKR_OK;
}

static ck_ulong find_objects_init(ck_ulong session, struct ck_attribute *a, ck_ulong n)
{
	(void)session;
	(void)n;
	memcpy(&class, a->value, sizeof class);
	found = 0;
	return CKR_OK;
}

static ck_ulong find_objects(ck_ulong session, ck_ulong *objects, ck_ulong max, ck_ulong *n)
{
	(void)session;
	(void)max;
	objects[0] = objects[1] = class == CKO_PRIVATE_KEY ? 1 : 2;
	*n = is(class == CKO_PRIVATE_KEY ? "key" : "public") ? 0 : is("keys") ? 2 : 1;
	return CKR_OK;
}

static ck_ulong find_objects_final(ck_ulong session)
{
	(void)session;
	return CKR_OK;
}

static ck_ulong sign_init(ck_ulong session, struct ck_mechanism *m, ck_ulong key)
{
	(void)session;
	(void)key;
	return is("sign") || m->mechanism != CKM_EDDSA ? 0x70 : CKR_OK;
}

static ck_ulong sign(ck_ulong session, const unsigned char *p, ck_ulong n, unsigned char *out, ck_ulong *size)
{
	(void)session;
	(void)p;
	(void)n;
	*size = is("short") ? 63 : is("long") ? 1 << 20 : 64;
	memset(out, is("garbage") ? 0xff : 0, 64);
	return CKR_OK;
}

ck_ulong C_GetFunctionList(const struct ck_functions **list);
ck_ulong C_GetFunctionList(const struct ck_functions **list)
{
	static const struct ck_functions functions = {
		.version = {2, 40},
		.initialize = initialize,
		.finalize = finalize,
		.get_slot_list = get_slot_list,
		.get_token_info = get_token_info,
		.open_session = open_session,
		.close_session = close_session,
		.login = login,
		.get_attribute_value = get_attribute_value,
		.find_objects_init = find_objects_init,
		.find_objects = find_objects,
		.find_objects_final = find_objects_final,
		.sign_init = sign_init,
		.sign = sign,
	};

	*list = &functions;
	return CKR_OK;
}

/* What we use of PKCS #11 (OASIS, PKCS #11 Cryptographic Token Interface 3.0; 2.40 has the same but for CKM_EDDSA).
 * All of it is laid out as the platform's C has it, which is what the standard asks for on Unix. */
#ifndef CP_HSM_CRYPTOKI_H
#define CP_HSM_CRYPTOKI_H

typedef unsigned long ck_ulong;

enum {
	CKR_OK = 0,
	CKR_PIN_INCORRECT = 0xa0,
	CKR_PIN_INVALID = 0xa1,
	CKR_PIN_LEN_RANGE = 0xa2,
	CKR_PIN_EXPIRED = 0xa3,
	CKR_PIN_LOCKED = 0xa4,
	CKR_USER_ALREADY_LOGGED_IN = 0x100,
	CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191,
	CKR_ATTRIBUTE_TYPE_INVALID = 0x12,
	CKR_ATTRIBUTE_SENSITIVE = 0x11,

	CKF_TOKEN_INITIALIZED = 0x400,
	CKF_SERIAL_SESSION = 4,
	CKU_USER = 1,
	CKU_CONTEXT_SPECIFIC = 2,

	CKO_PUBLIC_KEY = 2,
	CKO_PRIVATE_KEY = 3,
	CKK_RSA = 0,
	CKK_EC_EDWARDS = 0x40,

	CKA_CLASS = 0,
	CKA_LABEL = 3,
	CKA_KEY_TYPE = 0x100,
	CKA_ID = 0x102,
	CKA_MODULUS = 0x120,
	CKA_PUBLIC_EXPONENT = 0x122,
	CKA_EC_POINT = 0x181,
	CKA_ALWAYS_AUTHENTICATE = 0x202,

	CKM_SHA512_RSA_PKCS = 0x42,
	CKM_SHA256_RSA_PKCS_PSS = 0x43,
	CKM_SHA256 = 0x250,
	CKM_EDDSA = 0x1057,
	CKG_MGF1_SHA256 = 2,
};

struct ck_version {
	unsigned char major, minor;
};

struct ck_token_info {
	unsigned char label[32], manufacturer[32], model[16], serial[16]; /* filled up with blanks */
	ck_ulong flags, counts[10];
	struct ck_version hardware, firmware;
	unsigned char time[16];
};

struct ck_attribute {
	ck_ulong type;
	void *value;
	ck_ulong size; /* ~0: it has none that may be seen */
};

struct ck_mechanism {
	ck_ulong mechanism;
	void *parameter;
	ck_ulong size;
};

struct ck_pss_params {
	ck_ulong hash, mgf, salt;
};

/* The list of functions, in its fixed order; those that we do not call are pointers of no kind. */
struct ck_functions {
	struct ck_version version;
	ck_ulong (*initialize)(void *args);
	ck_ulong (*finalize)(void *reserved);
	void (*get_info)(void);
	void (*get_function_list)(void);
	ck_ulong (*get_slot_list)(unsigned char present, ck_ulong *list, ck_ulong *n);
	void (*get_slot_info)(void);
	ck_ulong (*get_token_info)(ck_ulong slot, struct ck_token_info *info);
	void (*get_mechanism_list)(void);
	void (*get_mechanism_info)(void);
	void (*init_token)(void);
	void (*init_pin)(void);
	void (*set_pin)(void);
	ck_ulong (*open_session)(ck_ulong slot, ck_ulong flags, void *app, void *notify, ck_ulong *session);
	ck_ulong (*close_session)(ck_ulong session);
	void (*close_all_sessions)(void);
	void (*get_session_info)(void);
	void (*get_operation_state)(void);
	void (*set_operation_state)(void);
	ck_ulong (*login)(ck_ulong session, ck_ulong user, const unsigned char *pin, ck_ulong n);
	void (*logout)(void);
	void (*create_object)(void);
	void (*copy_object)(void);
	void (*destroy_object)(void);
	void (*get_object_size)(void);
	ck_ulong (*get_attribute_value)(ck_ulong session, ck_ulong object, struct ck_attribute *a, ck_ulong n);
	void (*set_attribute_value)(void);
	ck_ulong (*find_objects_init)(ck_ulong session, struct ck_attribute *a, ck_ulong n);
	ck_ulong (*find_objects)(ck_ulong session, ck_ulong *objects, ck_ulong max, ck_ulong *n);
	ck_ulong (*find_objects_final)(ck_ulong session);
	void (*encrypt[4])(void);
	void (*decrypt[4])(void);
	void (*digest[5])(void);
	ck_ulong (*sign_init)(ck_ulong session, struct ck_mechanism *m, ck_ulong key);
	ck_ulong (*sign)(ck_ulong session, const unsigned char *p, ck_ulong n, unsigned char *out, ck_ulong *size);
};

#endif

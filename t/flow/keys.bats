load ../helper

# The examples about keys, each in a directory of its own.

setup() {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
}

example() {
	run_status 0 sh "$CP_TOP/examples/keys/$1.sh"
}

@test "rotate a key: the new one counts, the old one where the ledger shows that it is older" {
	example rotate
	is "
# A root key signs the keyring; two releases are signed with the key of 2026.
it counts

# The first of them is recorded in a ledger.

# The key of 2027 comes in and signs; then the key of 2026 retires.
root@example active
me@example-2027 active
me@example-2026 retired

# What the new key signed:
it counts

# What the old key signed, and the ledger shows to be older than its end:
it counts

# What the old key signed, and nothing dates:
it does not count
$(tail -n 1 <<<"$output")"
	has '  the signature of me@example-2026: it is retired, and nothing says that the signature is older than that'
}

@test "sign on a token" {
	[[ $CP_BUILD != */asan* ]] || skip 'softhsm2 leaks'
	need softhsm2-util
	need pkcs11-tool
	example hsm
	has '{"gate":"SIGNATURES","pass":true}'
	has '{"version":2,"keys":2}'
}

@test "verify with openssl" {
	example openssl
	[ "$(grep -c 'Signature Verified Successfully' <<<"$output")" -eq 2 ]
	has 'it is not what was signed'
}

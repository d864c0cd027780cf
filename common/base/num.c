#include "base/num.h"

bool num_u64(const char *p, size_t n, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	if (n == 0 || n > 20 || (p[0] == '0' && n > 1))
		return false;
	/* Nineteen digits cannot overflow; the twentieth can. */
	for (size_t i = 0; i < n; i++) {
		uint64_t digit = (uint64_t)(unsigned char)p[i] - '0';
		if (digit > 9 || (i == 19 && v > (UINT64_MAX - digit) / 10))
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool num_i64(const char *p, size_t n, int64_t min, int64_t max, int64_t *out)
{
	bool negative = n && p[0] == '-';
	uint64_t top = (uint64_t)INT64_MAX + negative, v;
	if (!num_u64(p + negative, n - negative, top, &v) || (negative && v == 0))
		return false;
	int64_t value = negative ? -(int64_t)(v - 1) - 1 : (int64_t)v;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool num_mode(const char *p, size_t n, unsigned *out)
{
	unsigned v = 0;
	if (n == 0 || n > 6)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '7')
			return false;
		v = v * 8 + (unsigned)(p[i] - '0');
	}
	if (v > 07777)
		return false;
	*out = v;
	return true;
}

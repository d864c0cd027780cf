/* The public parsing tests: every y_ is accepted but for duplicate keys, every n_ refused, each i_ is decided here. */
#include "unit.h"

#include "data/json.h"
#include "os/in.h"

#include <dirent.h>

/* By design: a record with two meanings has none. */
static const char *const duplicates[] = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"};

/* What RFC 8259 leaves to us: numbers keep their text, so any size will do; text must be UTF-8 with whole
 * characters. */
static const char *const accepted[] = {
	"i_number_double_huge_neg_exp.json", "i_number_huge_exp.json", "i_number_neg_int_huge_exp.json",
	"i_number_pos_double_huge_exp.json", "i_number_real_neg_overflow.json",
	"i_number_real_pos_overflow.json",
	"i_number_real_underflow.json", "i_number_too_big_neg_int.json", "i_number_too_big_pos_int.json",
	"i_number_very_big_negative_int.json",
};
static const struct {
	const char *file, *error;
} refused[] = {
	{"i_object_key_lone_2nd_surrogate.json", "lone surrogate"},
	{"i_string_1st_surrogate_but_2nd_missing.json", "lone surrogate"},
	{"i_string_1st_valid_surrogate_2nd_invalid.json", "lone surrogate"},
	{"i_string_UTF-16LE_with_BOM.json", "bad value"},
	{"i_string_UTF-8_invalid_sequence.json", "invalid UTF-8"},
	{"i_string_UTF8_surrogate_U+D800.json", "invalid UTF-8"},
	{"i_string_incomplete_surrogate_and_escape_valid.json", "lone surrogate"},
	{"i_string_incomplete_surrogate_pair.json", "lone surrogate"},
	{"i_string_incomplete_surrogates_escape_valid.json", "lone surrogate"},
	{"i_string_invalid_lonely_surrogate.json", "lone surrogate"},
	{"i_string_invalid_surrogate.json", "lone surrogate"},
	{"i_string_invalid_utf-8.json", "invalid UTF-8"},
	{"i_string_inverted_surrogates_U+1D11E.json", "lone surrogate"},
	{"i_string_iso_latin_1.json", "invalid UTF-8"},
	{"i_string_lone_second_surrogate.json", "lone surrogate"},
	{"i_string_lone_utf8_continuation_byte.json", "invalid UTF-8"},
	{"i_string_not_in_unicode_range.json", "invalid UTF-8"},
	{"i_string_overlong_sequence_2_bytes.json", "invalid UTF-8"},
	{"i_string_overlong_sequence_6_bytes.json", "invalid UTF-8"},
	{"i_string_overlong_sequence_6_bytes_null.json", "invalid UTF-8"},
	{"i_string_truncated-utf-8.json", "invalid UTF-8"},
	{"i_string_utf16BE_no_BOM.json", "bad value"},
	{"i_string_utf16LE_no_BOM.json", "bad value"},
	{"i_structure_500_nested_arrays.json", "too deep"},
	{"i_structure_UTF-8_BOM_empty_object.json", "byte-order mark"},
};

static bool listed(const char *const *list, size_t n, const char *file)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], file) == 0)
			return true;
	return false;
}

/* The error we expect, or NULL where the text is to be accepted; "" for any error. */
static const char *expected(const char *file)
{
	if (listed(duplicates, sizeof duplicates / sizeof *duplicates, file))
		return "duplicate key";
	if (file[0] == 'y' || listed(accepted, sizeof accepted / sizeof *accepted, file))
		return NULL;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcmp(refused[i].file, file) == 0)
			return refused[i].error;
	if (file[0] == 'i')
		printf("%s is not decided\n", file);
	CHECK(file[0] == 'n');
	return "";
}

static void one(const char *dir, const char *file)
{
	struct buf path = {0}, text = {0};
	struct json j = {0};
	const char *want = expected(file);
	bool good;

	buf_printf(&path, "%s/%s", dir, file);
	CHECK(slurp(buf_cstr(&path), 1 << 24, &text) == 0);
	good = json_parse(&j, text.p ? text.p : "", text.n, JSON_DOCUMENT);
	if (!CHECK(good == !want) || (want && *want && !CHECK_STR(j.error, want)))
		printf("%s: %s\n", file, good ? "accepted" : j.error);
	json_free(&j);
	buf_free(&path);
	buf_free(&text);
}

int main(void)
{
	const char *shared = getenv("CP_SHARED");
	struct buf dir = {0};
	unsigned count[128] = {0};
	struct dirent *e;
	DIR *d;

	buf_printf(&dir, "%s/vectors/json/test_parsing", shared ? shared : "../shared");
	d = opendir(buf_cstr(&dir));
	if (!d)
		unit_skip("no JSON parsing tests beside the tree");
	while ((e = readdir(d))) {
		if (!strstr(e->d_name, ".json"))
			continue;
		one(buf_cstr(&dir), e->d_name);
		count[e->d_name[0] & 127]++;
	}
	closedir(d);
	buf_free(&dir);
	printf("%u y_ (%zu of them duplicate keys, refused), %u n_, %u i_\n", count['y'],
	       sizeof duplicates / sizeof *duplicates, count['n'], count['i']);
	CHECK_INT(count['y'] + count['n'] + count['i'], 318);
	CHECK_INT(count['i'], (sizeof accepted / sizeof *accepted) + (sizeof refused / sizeof *refused));
	return unit_done();
}

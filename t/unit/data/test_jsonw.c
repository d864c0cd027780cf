#include "data/jsonw.h"
#include "unit.h"

int main(void)
{
	struct buf b = {0};
	jsonw_open(&b, NULL);
	jsonw_cstr(&b, "kind", "file");
	jsonw_str(&b, "path", SPAN("a\"\n{"));
	jsonw_int(&b, "least", INT64_MIN);
	jsonw_int(&b, "zero", 0);
	jsonw_bool(&b, "yes", true);
	jsonw_bool(&b, "no", false);
	jsonw_null(&b, "none");
	jsonw_open(&b, "o");
	jsonw_close(&b);
	jsonw_array_open(&b, "list");
	jsonw_array_open(&b, NULL);
	jsonw_array_close(&b);
	jsonw_cstr(&b, NULL, "[");
	jsonw_int(&b, NULL, -7);
	jsonw_open(&b, NULL);
	jsonw_bool(&b, "in", true);
	jsonw_close(&b);
	jsonw_open(&b, NULL);
	jsonw_close(&b);
	jsonw_array_close(&b);
	jsonw_bytes(&b, "name", SPAN("\xc3\xa9"));
	jsonw_bytes(&b, "name", SPAN("\xff\0"));
	jsonw_close(&b);
	CHECK_STR(buf_cstr(&b), "{\"kind\":\"file\",\"path\":\"a\\\"\\n{\","
				"\"least\":-9223372036854775808,\"zero\":0,"
				"\"yes\":true,\"no\":false,\"none\":null,\"o\":{},"
				"\"list\":[[],\"[\",-7,{\"in\":true},{}],"
				"\"name\":\"\xc3\xa9\",\"name_b64\":\"/wA=\"}");
	struct json j = {0};
	CHECK(json_parse(&j, b.p, b.n, JSON_DOCUMENT));
	json_free(&j);
	/* Records follow one another in one buffer, line by line. */
	buf_reset(&b);
	for (int i = 0; i < 2; i++) {
		jsonw_open(&b, NULL);
		jsonw_int(&b, "n", i);
		jsonw_close(&b);
		buf_char(&b, '\n');
	}
	CHECK_STR(buf_cstr(&b), "{\"n\":0}\n{\"n\":1}\n");
	buf_free(&b);
	return unit_done();
}

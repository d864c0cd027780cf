#include "base/err.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "os/env.h"
#include "view/view.h"

enum { COLUMNS_MAX = 64, WIDTH_MAX = 10000, WIDTH_MIN = 20, NANOSECONDS = 1000000000 };

static const char *format = "table", *color = "auto", *columns, *at;
static int64_t width = -1;
static struct opt_list only;

static const struct view *view;
static struct span column[COLUMNS_MAX];
static struct view_ask ask;
static struct view_tally tally;
static struct buf text;
static void *state;

static const struct opt opts[] = {
	{.name = "format", .value = "table|tree|csv|markdown|tap|junit|sarif|prometheus", .kind = OPT_CHOICE,
	 .summary = "what to write (default table)", .target = &format},
	{.name = "columns", .value = "NAME,...", .kind = OPT_STR,
	 .summary = "the members to show, in this order", .target = &columns},
	{.name = "only", .value = "KIND", .kind = OPT_LIST,
	 .summary = "show records of this kind alone", .target = &only},
	{.name = "width", .value = "N", .kind = OPT_INT, .min = 0, .max = WIDTH_MAX,
	 .summary = "columns of the screen, 0 for no limit", .target = &width},
	{.name = "color", .value = "auto|always|never", .kind = OPT_CHOICE,
	 .summary = "paint by severity", .target = &color},
	{.name = "at", .value = "TIME", .kind = OPT_STR,
	 .summary = "the time that prometheus metrics carry", .target = &at},
	{0},
};

static void hand_on(void)
{
	emit_text(buf_span(&text));
	buf_reset(&text);
}

static void split_columns(void)
{
	for (const char *p = columns; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, ",");

		if (n == 0)
			bad_usage("unable to show columns \"%s\": a name is empty", columns);
		if (ask.columns == COLUMNS_MAX)
			bad_usage("unable to show more than %d columns", COLUMNS_MAX);
		column[ask.columns++] = (struct span){p, n};
		p += n;
	}
	ask.column = column;
}

static void read_time(void)
{
	int64_t ns;

	if (!clock_parse(span_of(at), &ns))
		bad_usage("unable to read the time \"%s\": not RFC 3339 ending in Z", at);
	ask.timed = true;
	ask.at = ns / NANOSECONDS;
}

static bool paint(void)
{
	const char *term = env_term();

	if (strcmp(color, "auto") != 0)
		return strcmp(color, "always") == 0;
	return filter_tty() && !env_no_color() && !(term && strcmp(term, "dumb") == 0);
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	view = view_find(format);
	if (!view->columns && (columns || only.n))
		bad_usage("unable to show a part of the stream as %s: it reports on all of it", format);
	if (columns)
		split_columns();
	if (at)
		read_time();
	if (width > 0 && width < WIDTH_MIN)
		bad_usage("unable to show anything in %d columns: %d are the least", (int)width, WIDTH_MIN);
	ask.width = width >= 0 ? (unsigned)width : filter_width();
	if (width < 0 && ask.width < WIDTH_MIN)
		ask.width = WIDTH_MIN;
	ask.color = paint();
	state = view->open(&ask, &text);
	hand_on();
}

static bool of_kind(const struct record *r)
{
	for (unsigned i = 0; i < only.n; i++)
		if (record_is(r, only.item[i]))
			return true;
	return only.n == 0;
}

/* Has it anything to say in the columns that were asked for? */
static bool has_column(const struct record *r)
{
	for (size_t i = 0; i < ask.columns; i++)
		if (json_get_span(&r->json, 0, column[i]) || (span_is(column[i], "path") && record_get(r, "path_b64")))
			return true;
	return ask.columns == 0;
}

static void step(struct record *r)
{
	view_count(&tally, r);
	if (!of_kind(r) || !has_column(r))
		return;
	view->record(state, r, &text);
	hand_on();
}

static void finish(bool complete)
{
	const struct view_end end = {
		.complete = complete,
		.by_hand = filter_input_by_hand(),
		.status = complete ? filter_input_status() : STATUS_INPUT,
		.tally = &tally,
	};

	view->close(state, &end, &text);
	hand_on();
}

static const struct filter self = {
	.name = "cp-show",
	.summary = "show records to a person or to a foreign tool",
	.args = "",
	.reads = "*",
	.writes = "",
	.opts = opts,
	.role = ROLE_MAPPER,
	.flags = FILTER_TEXT,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}

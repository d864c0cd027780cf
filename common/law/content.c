#include "law/content.h"

static const struct {
	const char *name, *text;
} facts[] = {
	[CONTENT_CODE] = {"code", "a block of code"},
	[CONTENT_COMMAND] = {"command", "commands"},
	[CONTENT_PAYLOAD] = {"payload", "an example of data"},
	[CONTENT_BLOCK] = {"block", "a block that is no prose"},
	[CONTENT_PATH] = {"path", "the path of one file"},
	[CONTENT_SIGNATURE] = {"signature", "a function"},
	[CONTENT_PIN] = {"pin", "the version of a dependency"},
};

const char *content_name(enum content c)
{
	return facts[c].name;
}
const char *content_text(enum content c)
{
	return facts[c].text;
}

enum content content_named(struct span name)
{
	for (unsigned i = CONTENT_CODE; i <= CONTENT_PIN; i++)
		if (span_is(name, facts[i].name))
			return (enum content)i;
	return CONTENT_NONE;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_name(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_';
}
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* `list` is words between blanks, with a blank at both ends. */
static bool listed(const char *list, struct span word)
{
	for (const char *p = list; word.n && *p; p++)
		if (*p == ' ' && strncmp(p + 1, word.p, word.n) == 0 && p[1 + word.n] == ' ')
			return true;
	return false;
}

static struct span trim(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = (struct span){s.p + 1, s.n - 1};
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The first word; *rest is what follows its blanks. */
static struct span first_word(struct span s, struct span *rest)
{
	size_t n = 0;

	while (n < s.n && !is_blank(s.p[n]))
		n++;
	*rest = trim((struct span){s.p + n, s.n - n});
	return (struct span){s.p, n};
}

/* --- paths --- */

/* Behind the last dot of the last component; n = 0: none, or not one that a file has. */
static struct span extension(struct span path)
{
	size_t dot = path.n;

	while (dot && path.p[dot - 1] != '.' && path.p[dot - 1] != '/')
		dot--;
	if (!dot || path.p[dot - 1] != '.' || dot == 1 || path.p[dot - 2] == '/' || path.n - dot > 8 || dot == path.n)
		return (struct span){0};
	for (size_t i = dot; i < path.n; i++)
		if (!is_alpha(path.p[i]) && (i == dot || !is_digit(path.p[i])))
			return (struct span){0};
	return (struct span){path.p + dot, path.n - dot};
}

static bool file_extension(struct span e)
{
	return listed(
		" c cc cfg conf cpp css csv go gz h html ini java js json jsonl lock log md mjs pem py rb rs sh sig "
		"sql sqlite tar toml ts tsv txt xml yaml yml zip ",
		e);
}

/* Only what paths are made of, in which a wildcard or a placeholder is none of it. */
static bool path_letters(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_name(s.p[i]) && !memchr("./-+@~", s.p[i], 6) && (unsigned char)s.p[i] < 0x80)
			return false;
	return s.n != 0;
}

static bool is_path(struct span s, bool bare)
{
	struct span e;

	if (!path_letters(s) || s.p[0] == '-')
		return false;
	e = extension(s);
	if (memchr(s.p, '/', s.n))
		return e.n != 0;
	return bare && s.p[0] != '.' && file_extension(e);
}

/* --- functions, commands, data, versions --- */

/* `name(…)`, with dots in the name or before it, or `def name`. */
static bool is_signature(struct span s)
{
	struct span rest, word = first_word(s, &rest);
	size_t i = s.n && s.p[0] == '.' ? 1 : 0;

	if (listed(" def class function func fn fun sub proc ", word))
		return rest.n && (is_alpha(rest.p[0]) || rest.p[0] == '_') && memchr(rest.p, '(', rest.n);
	if (i >= s.n || !(is_alpha(s.p[i]) || s.p[i] == '_'))
		return false;
	while (i < s.n && (is_name(s.p[i]) || s.p[i] == '.'))
		i++;
	return i < s.n && s.p[i] == '(' && memchr(s.p + i, ')', s.n - i);
}

static bool is_command(struct span s)
{
	struct span rest, word = first_word(s, &rest);

	if (span_is(word, "$"))
		return rest.n != 0;
	if (!rest.n)
		return false;
	if (listed(" bash bats cargo cmake ctest curl docker git go gradle jest make mvn node npm npx pip pip3 pnpm "
		   "pytest python python3 rake sh sudo tox wget yarn ",
		   word))
		return true;
	return rest.p[0] == '-' && listed(" bash js pl py rb sh ", extension(word));
}

static bool is_payload(struct span s)
{
	return s.n > 2 && (s.p[0] == '{' || s.p[0] == '[') && memchr(s.p, '"', s.n) &&
	       (memchr(s.p, ':', s.n) || memchr(s.p, ',', s.n));
}

/* `name==1.2`; behind a lone `@` only a number with a dot: the rest are addresses. */
static bool is_pin(struct span s)
{
	static const char *const operators[] = {"==", "~=", ">=", "<=", "^", "~", "@", NULL};
	size_t i = 0, digits;

	if (!s.n || !is_alpha(s.p[0]))
		return false;
	while (i < s.n && (is_name(s.p[i]) || memchr(".-/[]", s.p[i], 5)))
		i++;
	for (const char *const *op = operators; *op; op++) {
		size_t n = strlen(*op);

		if (s.n - i <= n || memcmp(s.p + i, *op, n) != 0)
			continue;
		digits = i + n + (s.p[i + n] == 'v' && s.n > i + n + 1);
		return is_digit(s.p[digits]) && (**op != '@' || memchr(s.p + digits, '.', s.n - digits));
	}
	return false;
}

/* --- what it is --- */

enum content content_of_code(struct span text)
{
	struct span s = trim(text);

	if (is_payload(s))
		return CONTENT_PAYLOAD;
	if (is_command(s))
		return CONTENT_COMMAND;
	if (is_signature(s))
		return CONTENT_SIGNATURE;
	if (is_path(s, true))
		return CONTENT_PATH;
	return is_pin(s) ? CONTENT_PIN : CONTENT_NONE;
}

enum content content_of_word(struct span *word)
{
	while (word->n && memchr(".,;:!?)\"']", word->p[word->n - 1], 9))
		word->n--;
	while (word->n && memchr("(\"'[", word->p[0], 4))
		*word = (struct span){word->p + 1, word->n - 1};
	if (is_pin(*word))
		return CONTENT_PIN;
	return is_path(*word, false) ? CONTENT_PATH : CONTENT_NONE;
}

enum content content_of_link(struct span target)
{
	const char *hash = target.n ? memchr(target.p, '#', target.n) : NULL;
	size_t name;

	if (hash)
		target.n = (size_t)(hash - target.p);
	for (name = target.n; name && target.p[name - 1] != '/'; name--)
		;
	if (target.n - name > 5 &&
	    (memcmp(target.p + name, "FMWK-", 5) == 0 || memcmp(target.p + name, "SPEC-", 5) == 0))
		return CONTENT_NONE;
	return is_path(target, true) ? CONTENT_PATH : CONTENT_NONE;
}

enum content content_of_block(struct span info, struct span text)
{
	struct span rest, language = first_word(trim(info), &rest), s = trim(text);

	if (listed(" bash console shell sh zsh ", language))
		return CONTENT_COMMAND;
	if (listed(" csv json json5 jsonc jsonl toml xml yaml yml ", language) || is_payload(s))
		return CONTENT_PAYLOAD;
	if (!language.n &&
	    is_command((struct span){
		    s.p, s.n && memchr(s.p, '\n', s.n) ? (size_t)((const char *)memchr(s.p, '\n', s.n) - s.p) : s.n}))
		return CONTENT_COMMAND;
	return !language.n || listed(" markdown md text txt ", language) ? CONTENT_BLOCK : CONTENT_CODE;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domain configuration files: a lexer, a recursive parser for values, and the
 * list of settings.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "req.h"

#define FILE_BYTES_MAX (1 << 20)
#define LIST_DEPTH_MAX 8

enum token_type {
	TOKEN_END,
	TOKEN_NEWLINE, /* or ";" */
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_SIGN, /* = += [ ] , */
	TOKEN_BAD,  /* recorded already */
};

struct token {
	enum token_type type;
	const char *text; /* unquoted; of a sign, the sign itself */
	int64_t number;
	unsigned int line;
};

struct parser {
	struct req *r;
	const char *file;
	const char *p, *end;
	unsigned int line;
	struct token t; /* the one looked at */
};

static int parse_fail(struct parser *ps, unsigned int line, const char *fmt,
		      ...) __attribute__((format(printf, 3, 4)));

static int parse_fail(struct parser *ps, unsigned int line, const char *fmt,
		      ...)
{
	const char *what;
	va_list ap;

	va_start(ap, fmt);
	what = arena_vprintf(&ps->r->mem, fmt, ap);
	va_end(ap);
	req_fail(ps->r, -EINVAL, "%s", what);
	return req_where(ps->r, ps->file, line);
}

static int is_word(int c)
{
	return isalnum(c) || c == '_' || c == '.' || c == '-';
}

/*
 * One character of a string behind a backslash, as Python has it: the common
 * escapes, octal and hex; anything else stands for itself, backslash and all.
 */
static char *unescape(const char **p, const char *end, char *out)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *at = *p;
	const char *known = strchr(from, *at);
	int value = 0, digits = 0;

	if (*at == '\n') { /* a line joined to the next */
		*p = at + 1;
		return out;
	}
	if (*at != '\0' && known != NULL) {
		*p = at + 1;
		*out = to[known - from];
		return out + 1;
	}
	if (*at == 'x') {
		for (at++; at < end && digits < 2 && isxdigit((uint8_t)*at);
		     at++, digits++)
			value = value * 16 + (isdigit((uint8_t)*at)
						      ? *at - '0'
						      : (*at | 32) - 'a' + 10);
	} else {
		for (; at < end && digits < 3 && *at >= '0' && *at <= '7';
		     at++, digits++)
			value = value * 8 + (*at - '0');
	}
	if (digits > 0 && value > 0) {
		*p = at;
		*out = (char)value;
		return out + 1;
	}
	*out = '\\';
	return out + 1;
}

static void lex_string(struct parser *ps)
{
	char quote = *ps->p, *out;
	int triple =
		ps->end - ps->p >= 3 && ps->p[1] == quote && ps->p[2] == quote;
	unsigned int line = ps->line;

	ps->p += triple ? 3 : 1;
	out = arena_alloc(&ps->r->mem, (size_t)(ps->end - ps->p) + 1);
	ps->t = (struct token){TOKEN_STRING, out, 0, line};
	while (ps->p < ps->end) {
		char c = *ps->p++;

		if (c == quote &&
		    (!triple || (ps->end - ps->p >= 2 && ps->p[0] == quote &&
				 ps->p[1] == quote))) {
			ps->p += triple ? 2 : 0;
			return;
		}
		if (c == '\n')
			ps->line++;
		if (c == '\0' || (c == '\n' && !triple))
			break;
		if (c == '\\' && ps->p < ps->end) {
			if (*ps->p == '\n')
				ps->line++;
			out = unescape(&ps->p, ps->end, out);
		} else {
			*out++ = c;
		}
	}
	ps->t.type = TOKEN_BAD;
	parse_fail(ps, line, "a string that begins with %c does not end",
		   quote);
}

static void lex_word(struct parser *ps)
{
	const char *start = ps->p;
	char *text, *rest;

	while (ps->p < ps->end && is_word((uint8_t)*ps->p))
		ps->p++;
	text = arena_memdup(&ps->r->mem, start, (size_t)(ps->p - start));
	ps->t = (struct token){TOKEN_WORD, text, 0, ps->line};
	if (!isdigit((uint8_t)text[0]) && text[0] != '-')
		return;
	errno = 0;
	ps->t.number = strtoll(text, &rest, 0);
	if (*rest != '\0')
		return; /* a word like 2nd; the parser will say so */
	ps->t.type = TOKEN_NUMBER;
	if (errno == ERANGE) {
		ps->t.type = TOKEN_BAD;
		parse_fail(ps, ps->line, "the number %s is too large", text);
	}
}

/* Look at the next token. Inside lists, line ends mean nothing. */
static void lex(struct parser *ps, int in_list)
{
	for (;;) {
		if (ps->p == ps->end) {
			ps->t = (struct token){TOKEN_END, "", 0, ps->line};
			return;
		}
		if (*ps->p == '#') {
			while (ps->p < ps->end && *ps->p != '\n')
				ps->p++;
		} else if (*ps->p == '\n' || *ps->p == ';') {
			ps->t = (struct token){TOKEN_NEWLINE, "", 0, ps->line};
			if (*ps->p++ == '\n')
				ps->line++;
			if (!in_list)
				return;
		} else if (isspace((uint8_t)*ps->p)) {
			ps->p++;
		} else {
			break;
		}
	}
	if (*ps->p == '"' || *ps->p == '\'') {
		lex_string(ps);
	} else if (is_word((uint8_t)*ps->p)) {
		lex_word(ps);
	} else if (strchr("=[],", *ps->p) != NULL && *ps->p != '\0') {
		ps->t = (struct token){TOKEN_SIGN,
				       arena_memdup(&ps->r->mem, ps->p, 1), 0,
				       ps->line};
		ps->p++;
	} else if (*ps->p == '+' && ps->end - ps->p >= 2 && ps->p[1] == '=') {
		ps->t = (struct token){TOKEN_SIGN, "+=", 0, ps->line};
		ps->p += 2;
	} else {
		ps->t.type = TOKEN_BAD;
		if (isprint((uint8_t)*ps->p))
			parse_fail(ps, ps->line, "unexpected \"%c\"", *ps->p);
		else
			parse_fail(ps, ps->line,
				   "a byte 0x%02x that is no text",
				   (uint8_t)*ps->p);
	}
}

static int is_sign(const struct parser *ps, const char *sign)
{
	return ps->t.type == TOKEN_SIGN && strcmp(ps->t.text, sign) == 0;
}

/* "unexpected X, expected Y", where the parser stands. */
static int unexpected(struct parser *ps, const char *wanted)
{
	switch (ps->t.type) {
	case TOKEN_BAD:
		return ps->r->rc;
	case TOKEN_END:
		return parse_fail(ps, ps->t.line, "%s is missing at the end",
				  wanted);
	case TOKEN_NEWLINE:
		return parse_fail(ps, ps->t.line, "%s is missing", wanted);
	case TOKEN_STRING:
		return parse_fail(ps, ps->t.line,
				  "%s is missing before the string \"%s\"",
				  wanted, ps->t.text);
	default:
		return parse_fail(ps, ps->t.line, "%s is missing before \"%s\"",
				  wanted, ps->t.text);
	}
}

static int parse_value(struct parser *ps, struct config_value *v, int depth);

static void list_append(struct req *r, struct config_value *list,
			const struct config_value *item)
{
	size_t n = list->nr_items;

	if ((n & (n - 1)) == 0) { /* a power of two: full */
		struct config_value *more = ARENA_ARRAY(
			&r->mem, struct config_value, n > 0 ? 2 * n : 1);

		if (n > 0)
			memcpy(more, list->items, n * sizeof(*more));
		list->items = more;
	}
	list->items[list->nr_items++] = *item;
}

static int parse_list(struct parser *ps, struct config_value *v, int depth)
{
	unsigned int line = ps->t.line;

	*v = (struct config_value){.type = CONFIG_LIST};
	if (depth == LIST_DEPTH_MAX)
		return parse_fail(ps, line, "lists are nested too deeply");
	lex(ps, 1);
	while (!is_sign(ps, "]")) {
		struct config_value item;
		int rc = parse_value(ps, &item, depth + 1);

		if (rc < 0)
			return rc;
		list_append(ps->r, v, &item);
		lex(ps, 1);
		if (is_sign(ps, ","))
			lex(ps, 1);
		else if (ps->t.type == TOKEN_END)
			return parse_fail(ps, line,
					  "the list that begins here does not "
					  "end with ]");
		else if (!is_sign(ps, "]"))
			return unexpected(ps, "a comma or ]");
	}
	return 0;
}

static int parse_value(struct parser *ps, struct config_value *v, int depth)
{
	*v = (struct config_value){.type = CONFIG_STRING};
	switch (ps->t.type) {
	case TOKEN_STRING:
		v->text = ps->t.text;
		return 0;
	case TOKEN_NUMBER:
		v->type = CONFIG_NUMBER;
		v->text = ps->t.text;
		v->number = ps->t.number;
		return 0;
	case TOKEN_WORD:
		return parse_fail(ps, ps->t.line,
				  "the value %s must stand in quotes: \"%s\"",
				  ps->t.text, ps->t.text);
	default:
		if (is_sign(ps, "["))
			return parse_list(ps, v, depth);
		return unexpected(ps, "a value");
	}
}

void config_init(struct config *c)
{
	c->first = NULL;
	c->end = &c->first;
}

struct config_entry *config_find(const struct config *c, const char *key)
{
	struct config_entry *e;

	for (e = c->first; e != NULL; e = e->next)
		if (strcmp(e->key, key) == 0)
			return e;
	return NULL;
}

static int append_value(struct parser *ps, struct config_entry *e,
			const struct config_value *v, unsigned int line)
{
	struct config_value *old = &e->value;

	if (old->type == CONFIG_STRING && v->type == CONFIG_STRING) {
		old->text =
			arena_printf(&ps->r->mem, "%s%s", old->text, v->text);
		return 0;
	}
	if (old->type == CONFIG_LIST && v->type == CONFIG_LIST) {
		for (size_t i = 0; i < v->nr_items; i++)
			list_append(ps->r, old, &v->items[i]);
		return 0;
	}
	return parse_fail(ps, line,
			  "+= appends a string to a string or a list to a "
			  "list; %s is neither",
			  e->key);
}

static int set_value(struct parser *ps, struct config *c, const char *key,
		     int append, const struct config_value *v,
		     unsigned int line)
{
	struct config_entry *e = config_find(c, key);

	if (e == NULL) {
		e = ARENA_NEW(&ps->r->mem, struct config_entry);
		e->key = key;
		*c->end = e;
		c->end = &e->next;
	} else if (append) {
		return append_value(ps, e, v, line);
	} else if (strcmp(e->file, ps->file) == 0 && e->line != 0) {
		return parse_fail(ps, line,
				  "%s is set a second time; first on line %u",
				  key, e->line);
	}
	e->value = *v;
	e->file = ps->file;
	e->line = line;
	return 0;
}

static int parse_setting(struct parser *ps, struct config *c)
{
	const char *key = ps->t.text;
	unsigned int line = ps->t.line;
	struct config_value v;
	int append, rc;

	if (ps->t.type != TOKEN_WORD)
		return unexpected(ps, "a key");
	lex(ps, 0);
	append = is_sign(ps, "+=");
	if (!append && !is_sign(ps, "="))
		return unexpected(ps,
				  arena_printf(&ps->r->mem, "= after %s", key));
	lex(ps, 0);
	rc = parse_value(ps, &v, 0);
	if (rc < 0)
		return rc;
	rc = set_value(ps, c, key, append, &v, line);
	if (rc < 0)
		return rc;
	lex(ps, 0);
	if (ps->t.type != TOKEN_NEWLINE && ps->t.type != TOKEN_END)
		return unexpected(ps, "a line end");
	return 0;
}

static int parse_settings(struct parser *ps, struct config *c)
{
	int rc = 0;

	for (lex(ps, 0); rc == 0 && ps->t.type != TOKEN_END;) {
		if (ps->t.type == TOKEN_NEWLINE)
			lex(ps, 0);
		else
			rc = parse_setting(ps, c);
	}
	return rc;
}

int config_parse(struct req *r, struct config *c, const char *file,
		 const char *text, size_t len)
{
	struct parser ps = {
		.r = r, .file = file, .p = text, .end = text + len, .line = 1};

	return parse_settings(&ps, c);
}

int config_read(struct req *r, struct config *c, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t len = 0;
	char *text;

	if (fd < 0)
		return req_fail(r, -errno, "cannot open %s: %s", path,
				strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > FILE_BYTES_MAX) {
		close(fd);
		return req_fail(r, -EINVAL,
				"%s is not a configuration file (a text file "
				"of at most 1 MiB)",
				path);
	}
	text = arena_alloc(&r->mem, (size_t)st.st_size + 1);
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, text + len, (size_t)st.st_size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	return config_parse(r, c, path, text, len);
}

int config_override(struct req *r, struct config *c, const char *arg)
{
	static const char from[] = "command line";
	const char *eq = strchr(arg, '=');
	const char *value = eq != NULL ? eq + 1 : "";
	int is_bare = *value != '"' && *value != '\'' && *value != '[';
	struct config_entry *e;
	struct parser ps;
	size_t key_len;
	char *key;

	if (eq == NULL || eq == arg)
		return req_fail(r, -EINVAL,
				"\"%s\" is neither an option nor key=value",
				arg);
	key_len = (size_t)(eq - arg);
	key = arena_memdup(&r->mem, arg, key_len);
	e = config_find(c, key);
	if (e != NULL)
		e->line = 0; /* the command line may replace it */
	if (is_bare && key[key_len - 1] != '+') {
		char *rest;

		errno = 0;
		strtoll(value, &rest, 0);
		is_bare = rest == value || errno != 0 ||
			  (rest[strspn(rest, " \t")] != '\0' &&
			   rest[strspn(rest, " \t")] != ';');
	}
	ps = (struct parser){
		.r = r, .file = from, .p = arg, .end = arg + strlen(arg)};
	if (is_bare) {
		struct config_value v = {.type = CONFIG_STRING, .text = value};

		return set_value(&ps, c, key, 0, &v, 0);
	}
	return parse_settings(&ps, c); /* from line 0: the place has no lines */
}

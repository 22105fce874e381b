// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run by the build: prints, from the tables of commands and of configuration
 * keys, what manual pages and the shell's completion say about them.
 */
#include <stdio.h>
#include <string.h>

#include "../domcfg.h"

struct row {
	const char *name, *usage, *help, *options;
};

static const struct row rows[] = {
#define CMD(name, function, usage, help, options) {name, usage, help, options},
#define CMD_REFUSED(name, why)
#include "../commands.def"
#undef CMD
#undef CMD_REFUSED
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Text for roff: hyphens are minus signs, and no line begins with a dot. */
static void roff(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '-')
			printf("\\-");
		else if (s[i] == '\\')
			printf("\\e");
		else
			putchar(s[i]);
	}
}

static void man_option(const char *option, size_t len, const char *help,
		       size_t help_len)
{
	printf(".RS\n.TP\n.B ");
	roff(option, len);
	printf("\n");
	roff(help, help_len);
	printf("\n.RE\n");
}

static void man_commands(void)
{
	for (size_t i = 0; i < NR_ROWS; i++) {
		const char *p = rows[i].options;

		printf(".TP\n.B ");
		roff(rows[i].name, strlen(rows[i].name));
		printf(" \\fR");
		roff(rows[i].usage, strlen(rows[i].usage));
		printf("\n");
		roff(rows[i].help, strlen(rows[i].help));
		printf("\n");
		while (*p != '\0') {
			const char *tab = strchr(p, '\t');
			const char *end = strchr(p, '\n');

			man_option(p, (size_t)(tab - p), tab + 1,
				   (size_t)(end - tab - 1));
			p = end + 1;
		}
	}
}

static void man_key(void *ctx, const char *key, const char *type,
		    const char *xml, const char *help)
{
	const char *wanted = ctx;

	if ((strcmp(type, "refused") == 0) != (strcmp(wanted, "refused") == 0))
		return;
	printf(".TP\n.B %s\n", key);
	if (strcmp(type, "refused") != 0)
		printf("(%s) ", type);
	roff(help, strlen(help));
	printf("\n");
	if (xml != NULL) {
		printf("In XML: \\fI");
		roff(xml, strlen(xml));
		printf("\\fR.\n");
	}
}

/* The options of a command, as words: "-l, --long WORD" gives two. */
static void completion_options(const struct row *r)
{
	for (const char *p = r->options; *p != '\0';
	     p = strchr(p, '\n') + 1) {
		const char *tab = strchr(p, '\t');

		while (p < tab) {
			size_t len = strcspn(p, " ,\t");

			if (*p == '-')
				printf(" %.*s", (int)len, p);
			p += len;
			p += strspn(p, " ,");
		}
	}
	printf(" --json --help");
}

/* What the arguments are, by the usage text. */
static const char *completion_kind(const struct row *r)
{
	if (strstr(r->usage, "config-file") != NULL &&
	    strstr(r->usage, "domain") == NULL)
		return "file";
	if (strstr(r->usage, "FILE") != NULL)
		return "file";
	if (strstr(r->usage, "domain") != NULL ||
	    strcmp(r->name, "domid") == 0)
		return "domain";
	return "none";
}

static void completion(void)
{
	printf("# bash completion of pavo, made from its table of commands.\n"
	       "_pavo()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} kind opts\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"");
	for (size_t i = 0; i < NR_ROWS; i++)
		printf("%s%s", i > 0 ? " " : "", rows[i].name);
	printf("\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < NR_ROWS; i++) {
		printf("\t%s) kind=%s opts=\"", rows[i].name,
		       completion_kind(&rows[i]));
		completion_options(&rows[i]);
		printf("\" ;;\n");
	}
	printf("\t*) return ;;\n\tesac\n"
	       "\tcase $cur in\n"
	       "\t-*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")) ;;\n"
	       "\t*) case $kind in\n"
	       "\t\tfile) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	       "\t\tdomain) COMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" "
	       "list 2>/dev/null |\n"
	       "\t\t\tawk 'NR > 1 { print $1 }')\" -- \"$cur\")) ;;\n"
	       "\t\tesac ;;\n\tesac\n}\n"
	       "complete -F _pavo pavo\n");
}

int main(int argc, char **argv)
{
	static char known[] = "known", refused[] = "refused";
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "commands") == 0)
		man_commands();
	else if (strcmp(what, "keys") == 0)
		domcfg_describe(man_key, known);
	else if (strcmp(what, "refused") == 0)
		domcfg_describe(man_key, refused);
	else if (strcmp(what, "completion") == 0)
		completion();
	else
		return 2;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run by the build: prints, from the tables of commands and of configuration
 * keys, what manual pages and the shell's completion say about them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../domcfg.h"
#include "req.h"

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

static const struct {
	const char *name, *why;
} refused_rows[] = {
#define CMD(name, function, usage, help, options)
#define CMD_REFUSED(name, why) {name, why},
#include "../commands.def"
#undef CMD
#undef CMD_REFUSED
};

static struct req req;

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

/* Commands with one reason stand together. */
static void man_verbs(void)
{
	size_t nr = sizeof(refused_rows) / sizeof(refused_rows[0]);
	const char *before = NULL;

	for (size_t i = 0; i < nr; i++) {
		const char *why = refused_rows[i].why;

		if (before == NULL || strcmp(why, before) != 0)
			printf(".PP\n");
		printf("\\fB");
		roff(refused_rows[i].name, strlen(refused_rows[i].name));
		before = why;
		if (i + 1 < nr && strcmp(why, refused_rows[i + 1].why) == 0) {
			printf("\\fR,\n");
			continue;
		}
		printf("\\fR:\n");
		roff(why, strlen(why));
		printf(".\n");
	}
}

static void man_key(void *ctx, const char *key, const char *type,
		    const char *xml, const char *help)
{
	const char *wanted = ctx, *values;

	if ((strcmp(type, "refused") == 0) != (strcmp(wanted, "refused") == 0))
		return;
	printf(".TP\n.B %s\n", key);
	if (strcmp(type, "refused") == 0) {
		roff(help, strlen(help));
		printf(".\n");
		return;
	}
	values = domcfg_values(&req, key);
	printf("(%s%s", type, *values != '\0' ? ": " : "");
	roff(values, strlen(values));
	printf(") ");
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
	for (const char *p = r->options; *p != '\0'; p = strchr(p, '\n') + 1) {
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

/* Words a command takes, where it takes no domain or file. */
static const struct {
	const char *name, *words;
} word_rows[] = {
	{"trigger", "nmi reset init power sleep"},
	{"xenstore", "ls read write rm list exists chmod watch"},
	{"xml", "to-cfg to-xml schema"},
	{"vcpu-pin", "all"},
	{"cpupool-list", "Pool-0"},
};

static const char *completion_words(const struct row *r)
{
	for (size_t i = 0; i < sizeof(word_rows) / sizeof(word_rows[0]); i++)
		if (strcmp(word_rows[i].name, r->name) == 0)
			return word_rows[i].words;
	return "";
}

/* What the arguments are, by the usage text: files, domains, settings. */
static void completion_kinds(const struct row *r)
{
	bool keys = strstr(r->usage, "key=value") != NULL;

	if (strstr(r->usage, "domain") != NULL || strcmp(r->name, "domid") == 0)
		printf(" domain");
	if (strstr(r->usage, "file") != NULL ||
	    strstr(r->usage, "FILE") != NULL)
		printf(" file");
	if (keys)
		printf(" key");
	if (strcmp(r->name, "help") == 0)
		printf(" command");
}

static void completion_key(void *ctx, const char *key, const char *type,
			   const char *xml, const char *help)
{
	(void)ctx;
	(void)xml;
	(void)help;
	if (strcmp(type, "refused") != 0)
		printf(" %s=", key);
}

/*
 * The command is the first word that is no option. Words with "=" are split by
 * bash where COMP_WORDBREAKS has it, so a key completes without a space.
 */
static const char completion_head[] =
	"_pavo()\n{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} at=1 kinds= opts= words=\n"
	"\twhile [[ $at -lt $COMP_CWORD && ${COMP_WORDS[at]} == -* ]]; do\n"
	"\t\tat=$((at + 1))\n"
	"\tdone\n"
	"\tif [[ $at -eq $COMP_CWORD ]]; then\n"
	"\t\twords=\"$_pavo_commands\" opts=\"-v -N -T --json --help\"\n"
	"\telse\n"
	"\t\tcase ${COMP_WORDS[at]} in\n";

static const char completion_tail[] =
	"\t\t*) return ;;\n"
	"\t\tesac\n"
	"\tfi\n"
	"\tif [[ $cur == -* ]]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\t[[ $kinds == *domain* ]] && words+=\" $(\"${COMP_WORDS[0]}\" list "
	"2>/dev/null |\n"
	"\t\tawk 'NR > 1 { print $1 }')\"\n"
	"\t[[ $kinds == *command* ]] && words+=\" $_pavo_commands\"\n"
	"\t[[ $kinds == *key* ]] && words+=\" $_pavo_keys\"\n"
	"\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	"\tif [[ $kinds == *file* ]]; then\n"
	"\t\tCOMPREPLY+=($(compgen -f -- \"$cur\"))\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\tfi\n"
	"\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
	"\treturn 0\n"
	"}\n"
	"complete -F _pavo pavo xl\n";

static void completion(void)
{
	printf("# bash completion of pavo, made from its tables of commands "
	       "and keys.\n_pavo_commands=\"");
	for (size_t i = 0; i < NR_ROWS; i++)
		printf("%s%s", i > 0 ? " " : "", rows[i].name);
	printf("\"\n_pavo_keys=\"");
	domcfg_describe(completion_key, NULL);
	printf("\"\n%s", completion_head);
	for (size_t i = 0; i < NR_ROWS; i++) {
		printf("\t\t%s) kinds=\"", rows[i].name);
		completion_kinds(&rows[i]);
		printf("\" words=\"%s\" opts=\"", completion_words(&rows[i]));
		completion_options(&rows[i]);
		printf("\" ;;\n");
	}
	printf("%s", completion_tail);
}

int main(int argc, char **argv)
{
	static char known[] = "known", refused[] = "refused";
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "commands") == 0)
		man_commands();
	else if (strcmp(what, "verbs") == 0)
		man_verbs();
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

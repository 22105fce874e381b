/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command on a machine and a xenstore of our own, with a domain "demo" to
 * make.
 */
#ifndef CMD_SCENE_H
#define CMD_SCENE_H

/* What the last command has printed. */
extern char cmd_out[65536], cmd_err[65536];
extern char cfg_path[160]; /* demo's */

/* Run pavo with the words of @line. */
int pavo(const char *line);
void expect_run(const char *line, const char *want);
void expect_ok(const char *line);
void expect_fail(const char *line, const char *says);

/* A machine with a kernel, a ramdisk and a configuration "demo". */
void begin(unsigned int free_mib);
int create(const char *options);
void begin_with_demo(void);

unsigned int files_in(const char *dir);
/* Of a domain that begin_with_demo or create has made. */
void expect_nothing_left(void);

#endif

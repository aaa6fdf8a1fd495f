/* SPDX-License-Identifier: GPL-2.0 */
/* Feeds a file to inih in lines that it can take. */
#ifndef PVHV_LIB_CONFIG_READER_H
#define PVHV_LIB_CONFIG_READER_H

#include <stdio.h>

/* Begins a piece of a line that goes on without a blank in between. */
#define CONFIG_GLUE	1

struct config_reader {
	FILE *in;
	char *line;		/* the file's line that is being handed out */
	size_t size;
	char *rest;		/* what of it is still to come; NULL = all handed out */
	unsigned int lineno;	/* of that line in the file */
	size_t indent;		/* blanks before the last key or section */
	int has_key;		/* a key came since the last section */
	int goes_on;		/* what was handed out last continues a value */
	/* [n] = the file's line behind inih's line n + 1 */
	unsigned int *origin;
	unsigned int nr_origin;
	int failed;		/* errno of a read that failed, or 0 */
	/* called for each line that opens a section */
	void (*section)(void *arg, const char *name);
	void *arg;
};

/* An ini_reader: fgets with a struct config_reader as stream. */
char *config_reader_gets(char *buf, int size, void *reader);
void config_reader_free(struct config_reader *r);

#endif

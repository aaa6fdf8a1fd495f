// SPDX-License-Identifier: GPL-2.0
/*
 * inih takes lines of up to 199 characters and tells its handler neither
 * the line's number nor a section without keys.  This reader stands between
 * it and the file: it counts, announces sections, and cuts longer lines
 * into continuation lines (a leading blank), which the handler joins again.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_reader.h"

/* Takes off the line's end and a comment behind it (a blank, then ';'). */
static void trim(char *line)
{
	char *p;
	size_t n;

	for (p = line; *p; p++)
		if (*p == ';' && p > line && isspace((unsigned char)p[-1]))
			break;
	*p = '\0';
	n = p - line;
	while (n && isspace((unsigned char)line[n - 1]))
		line[--n] = '\0';
}

static void announce(struct config_reader *r)
{
	char *end = strchr(r->line, ']');

	if (r->line[0] != '[' || !end)
		return;
	*end = '\0';
	r->section(r->arg, r->line + 1);
	*end = ']';
}

/* Is the line empty but for a comment?  (A long one must not be cut into values.) */
static int is_comment(const char *text)
{
	return *text == '#' || *text == ';';
}

/*
 * A line goes on with the value above it if it stands further right than
 * that key: then it keeps one leading blank, which is what inih looks at.
 */
static void set_indent(struct config_reader *r)
{
	char *text = r->line;
	size_t indent = 0;

	for (; *text == ' ' || *text == '\t'; text++)
		indent = *text == ' ' ? indent + 1 : (indent | 7) + 1;

	if (is_comment(text))
		*text = '\0';
	if (!*text) {
		r->line[0] = '\0';
		return;
	}
	r->goes_on = r->has_key && indent > r->indent;
	if (!r->goes_on) {
		r->indent = indent;
		r->has_key = *text != '[';
	}
	memmove(r->line + r->goes_on, text, strlen(text) + 1);
	if (r->goes_on)
		r->line[0] = ' ';
}

static int next_line(struct config_reader *r)
{
	errno = 0;
	if (getline(&r->line, &r->size, r->in) < 0) {
		r->failed = ferror(r->in) ? errno : 0;
		return 0;
	}
	r->lineno++;
	trim(r->line);
	set_indent(r);
	announce(r);
	r->rest = r->line;
	return 1;
}

static int note_origin(struct config_reader *r)
{
	unsigned int *p = realloc(r->origin, (r->nr_origin + 1) * sizeof(*p));

	if (!p) {
		r->failed = ENOMEM;
		return 0;
	}
	p[r->nr_origin++] = r->lineno;
	r->origin = p;
	return 1;
}

/* Where to cut off at most room characters: before a blank if there is one. */
static size_t cut(const char *s, size_t room)
{
	size_t n = strlen(s);

	if (n <= room)
		return n;
	for (n = room; n > room / 2; n--)
		if (isspace((unsigned char)s[n]))
			return n;
	return room;
}

char *config_reader_gets(char *buf, int size, void *reader)
{
	struct config_reader *r = reader;
	char *out = buf;
	size_t n;

	if (!r->rest && !next_line(r))
		return NULL;
	if (!note_origin(r))
		return NULL;
	if (r->rest != r->line) {
		r->goes_on = 1;
		*out++ = ' ';
		if (!isspace((unsigned char)*r->rest))
			*out++ = CONFIG_GLUE;
	}
	/* room for blank and glue in front, newline and NUL behind */
	n = cut(r->rest, size - 4);
	memcpy(out, r->rest, n);
	memcpy(out + n, "\n", 2);
	r->rest = r->rest[n] ? r->rest + n : NULL;
	return buf;
}

void config_reader_free(struct config_reader *r)
{
	free(r->line);
	free(r->origin);
}

// SPDX-License-Identifier: GPL-2.0
/* pvhv log: the module's lines out of /dev/kmsg. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#define OURS	"pvhv: "

struct log_args {
	int json;
	int follow;
};

struct record {
	unsigned int priority;
	unsigned long long seq, usec;
	char *text;
};

static error_t parse_log(int key, char *arg, struct argp_state *state)
{
	struct log_args *a = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		a->json = 1;
		return 0;
	case 'f':
		a->follow = 1;
		return 0;
	case ARGP_KEY_END:
		if (a->json && a->follow)
			argp_error(state, "--json prints one list: it does not go with --follow");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* "PRIORITY,SEQ,USEC,FLAGS[,...];TEXT\n[ KEY=VALUE\n...]".  0: a line of ours. */
static int parse_record(char *buf, struct record *r)
{
	char *end;

	r->text = strchr(buf, ';');
	if (!r->text || sscanf(buf, "%u,%llu,%llu", &r->priority, &r->seq, &r->usec) != 3)
		return -1;
	r->text++;
	end = strchr(r->text, '\n');
	if (end)
		*end = '\0';
	/* the facility stands above the level: 0 is the kernel's own, anybody's text may say pvhv */
	return r->priority >> 3 == 0 && !strncmp(r->text, OURS, strlen(OURS)) ? 0 : -1;
}

static void print_record(const struct record *r, struct json_object *array)
{
	struct json_object *o;

	if (!array) {
		printf("[%5llu.%06llu] %s\n", r->usec / 1000000, r->usec % 1000000, r->text);
		fflush(stdout);
		return;
	}
	o = json_object_new_object();
	json_add_u64(o, "seq", r->seq);
	json_add_u64(o, "usec", r->usec);
	json_add_u64(o, "level", r->priority & 7);
	json_add_string(o, "text", r->text);
	json_object_array_add(array, o);
}

/* Reads record by record until the end, or (follow) for ever. */
static int read_log(int fd, struct json_object *array)
{
	char buf[8192];
	struct record r;
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf) - 1);
		if (n < 0 && errno == EPIPE)	/* overwritten before it was read: go on */
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return -errno;
		buf[n] = '\0';
		if (!parse_record(buf, &r))
			print_record(&r, array);
	}
}

int cmd_log(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", 'j', NULL, 0, "Print JSON", 0 },
		{ "follow", 'f', NULL, 0, "Go on with new lines as they come", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, parse_log, "", "Prints the module's lines of the kernel log.",
		NULL, NULL, NULL,
	};
	struct json_object *array = NULL;
	struct log_args a = { 0 };
	int fd, ret;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | (a.follow ? 0 : O_NONBLOCK));
	if (fd < 0) {
		fprintf(stderr, "pvhv: cannot open /dev/kmsg: %s (run as root)\n",
			strerror(errno));
		return EXIT_FAILED;
	}
	if (a.json)
		array = json_object_new_array();
	ret = read_log(fd, array);
	close(fd);
	if (ret) {
		fprintf(stderr, "pvhv: cannot read /dev/kmsg: %s\n", strerror(-ret));
		return EXIT_FAILED;
	}
	if (array)
		cmd_print_json(array);
	return EXIT_OK;
}

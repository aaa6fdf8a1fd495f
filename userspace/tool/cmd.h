/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands share: their table, exit codes, messages, JSON output. */
#ifndef PVHV_TOOL_CMD_H
#define PVHV_TOOL_CMD_H

#include <json-c/json.h>

#include "libpvhv.h"

/* Exit codes of all commands; 'run' adds the guest's reasons, see run.c. */
#define EXIT_OK		0
#define EXIT_FAILED	1
#define EXIT_USAGE	2

/* Each takes its own arguments; argv[0] is "pvhv NAME". */
int cmd_doctor(int argc, char **argv);
int cmd_cpu(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_disk(int argc, char **argv);
int cmd_destroy(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_mem_set(int argc, char **argv);
int cmd_mem_auto(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_sched(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
int cmd_vcpus(int argc, char **argv);
int cmd_vcpu_pin(int argc, char **argv);
int cmd_vcpu_set(int argc, char **argv);

struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

/* Runs the command that argv[1] names, as "argv[0] argv[1]"; 'commands' ends with NULL. */
int cmd_dispatch(const struct command *commands, int argc, char **argv);

/* Parses "[--json] ARGUMENT..." for a command with min to max arguments. */
struct simple_args {
	int json;
	int nr;
	char **arg;
};
void cmd_parse_simple(int argc, char **argv, const char *args_doc, const char *doc,
		      int min, int max, struct simple_args *out);

/* Parses "GUEST" and returns it. */
const char *cmd_parse_guest(int argc, char **argv, const char *doc);

/* Opens the control file and finds a guest by name or number.  Returns the descriptor. */
int cmd_open_guest(const char *who, struct pvhv_dom_info *info, struct pvhv_error *err);

/* What there is many of, shown as a table or as a JSON array by 'list' commands: see table.c. */
struct listing {
	const char *doc, *header;
	/* The one numbered >= at into item.  1, 0: none, or -errno.  *next is where to go on. */
	int (*find)(int ctl, unsigned int at, void *item, unsigned int *next,
		    struct pvhv_error *err);
	void (*print)(const void *item);
	struct json_object *(*json)(const void *item);
	size_t item_size;
};
int cmd_listing(int argc, char **argv, const struct listing *l);

/* Prints "pvhv: SENTENCE" to stderr; returns EXIT_FAILED. */
int cmd_fail(const struct pvhv_error *err);

/* Prints the object on stdout and frees it. */
void cmd_print_json(struct json_object *object);

void json_add_u64(struct json_object *object, const char *key, uint64_t value);
void json_add_string(struct json_object *object, const char *key, const char *value);

/* A domain as an object; 'all' adds the counters. */
struct json_object *json_domain(const struct pvhv_dom_info *info, int all);

#endif

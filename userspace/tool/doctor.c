// SPDX-License-Identifier: GPL-2.0
/*
 * pvhv doctor: the module's own checks, one line each.  While it is not
 * loaded, what can be told without it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/array.h"

#define CHECK_NO	0
#define CHECK_OK	1
#define CHECK_WARNING	2

struct report {
	int json;
	struct json_object *checks;
	int bad;
};

static void report(struct report *r, const char *name, unsigned int ok, const char *msg)
{
	static const char *const words[] = { "no", "ok", "warning" };
	const char *word = ok <= CHECK_WARNING ? words[ok] : "unknown";
	struct json_object *o;

	if (ok == CHECK_NO)
		r->bad++;
	if (!r->json) {
		printf("%-8s %-18s %s\n", word, name, msg);
		return;
	}
	o = json_object_new_object();
	json_add_string(o, "name", name);
	json_add_string(o, "status", word);
	json_add_string(o, "message", msg);
	json_object_array_add(r->checks, o);
}

/* ---- without the module ---- */

/* Copies the CPU's flags (" a b c ") out of /proc/cpuinfo.  0: found. */
static int read_cpu_flags(char *flags, size_t size)
{
	FILE *in = fopen("/proc/cpuinfo", "re");
	int found = -1;
	char *end;

	if (!in)
		return -1;
	while (found && fgets(flags, size, in))
		if (!strncmp(flags, "flags", 5))
			found = 0;
	fclose(in);
	end = strchr(flags, '\n');
	if (end)
		strcpy(end, " ");
	return found;
}

static void check_cpu_flags(struct report *r)
{
	static const char *const needed[] = { "nx", "syscall", "smep", "fsgsbase", "xsave", "rdtscp", "cx16" };
	char flags[8192], missing[PVHV_MSG_MAX] = "", word[32];

	if (read_cpu_flags(flags, sizeof(flags) - 1)) {
		report(r, "cpu", CHECK_WARNING, "/proc/cpuinfo shows no flags");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		snprintf(word, sizeof(word), " %s ", needed[i]);
		if (strstr(flags, word))
			continue;
		strcat(missing, needed[i]);
		strcat(missing, " ");
	}
	if (missing[0])
		strcat(missing, "missing: use a CPU or VM that has it, or remove the boot parameter that hides it");
	report(r, "cpu", missing[0] ? CHECK_NO : CHECK_OK,
	       missing[0] ? missing : "has NX, SYSCALL, SMEP, FSGSBASE, XSAVE, RDTSCP and CMPXCHG16B");
}

static void check_without_module(struct report *r, const struct pvhv_error *err)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	report(r, "module", CHECK_NO, err->text);
	report(r, "cores", online > 1 ? CHECK_OK : CHECK_NO,
	       online > 1 ? "the host has more than one CPU" :
	       "the host has one CPU only, and keeps it: a second one is needed");
	check_cpu_flags(r);
}

static int check_with_module(int ctl, struct report *r, struct pvhv_error *err)
{
	struct pvhv_check check;
	int ret;

	report(r, "module", CHECK_OK, "loaded, and of this tool's ABI version");
	for (unsigned int i = 0; (ret = pvhv_check_next(ctl, i, &check, err)) > 0; i++) {
		check.name[sizeof(check.name) - 1] = '\0';
		check.msg[sizeof(check.msg) - 1] = '\0';
		report(r, check.name, check.ok, check.msg);
	}
	return ret;
}

static void finish(struct report *r)
{
	struct json_object *o;

	if (!r->json) {
		puts(r->bad ? "This host cannot run guests now: see the lines that say 'no'." :
		     "This host can run guests.");
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(!r->bad));
	json_object_object_add(o, "checks", r->checks);
	cmd_print_json(o);
}

int cmd_doctor(int argc, char **argv)
{
	struct simple_args args;
	struct report r = { 0 };
	struct pvhv_error err;
	int ctl, ret = 0;

	cmd_parse_simple(argc, argv, "", "Says whether this host can run guests; exits with 1 if a check says 'no'.", 0, 0, &args);
	r.json = args.json;
	if (r.json)
		r.checks = json_object_new_array();

	ctl = pvhv_open(&err);
	if (ctl == -ENOENT)
		check_without_module(&r, &err);
	else if (ctl < 0)
		report(&r, "module", CHECK_NO, err.text);
	else
		ret = check_with_module(ctl, &r, &err);
	if (ctl >= 0)
		close(ctl);
	if (ret < 0)
		return cmd_fail(&err);
	finish(&r);
	return r.bad ? EXIT_FAILED : EXIT_OK;
}

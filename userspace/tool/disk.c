// SPDX-License-Identifier: GPL-2.0
/* pvhv disk attach|detach|resize|limit|list: disks of a guest, also while it runs. */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

struct disk_args {
	struct pvhv_disk_config disk;
	unsigned int given;	/* the limits that were named: GIVEN_* */
	int shrink;
	int nr;
	char *arg[3];
};
#define GIVEN_IOPS	1
#define GIVEN_BANDWIDTH	2
#define GIVEN_WEIGHT	4

static const struct argp_option attach_options[] = {
	{ "readonly", 'r', NULL, 0, "The guest cannot write", 0 },
	{ "serial", 's', "TEXT", 0, "Serial number, up to 20 characters", 0 },
	{ "discard", 'd', NULL, 0, "What the guest does not use any more takes no room", 0 },
	{ "iops", 'i', "N", 0, "At most N requests per second; 0: no limit", 0 },
	{ "bandwidth", 'b', "SIZE", 0, "At most SIZE (10M, 1G) per second; 0: no limit", 0 },
	{ "weight", 'w', "N", 0, "1 to 1000 against other disks; default 100", 0 },
	{ 0 },
};
/* without what an attached disk cannot change */
static const struct argp_option *const limit_options = attach_options + 3;

static void parse_limit(struct disk_args *a, int key, char *arg, struct argp_state *state)
{
	struct pvhv_disk_config *d = &a->disk;
	struct pvhv_error err;
	uint64_t weight = 1;
	int ret;

	if (key == 'i') {
		a->given |= GIVEN_IOPS;
		ret = pvhv_parse_count(arg, PVHV_DISK_RATE_MAX, &d->iops, &err);
	} else if (key == 'b') {
		a->given |= GIVEN_BANDWIDTH;
		ret = pvhv_parse_size(arg, &d->bandwidth, &err);
	} else {
		a->given |= GIVEN_WEIGHT;
		ret = pvhv_parse_count(arg, PVHV_DISK_WEIGHT_MAX, &weight, &err);
		d->weight = weight;
	}
	if (ret)
		argp_error(state, "%s", err.text);
	if (!weight)
		argp_error(state, "the weight must be 1 to %d", PVHV_DISK_WEIGHT_MAX);
}

static error_t parse_disk(int key, char *arg, struct argp_state *state)
{
	struct disk_args *a = state->input;

	switch (key) {
	case 'r':
		a->disk.readonly = 1;
		return 0;
	case 's':
		if (strlen(arg) >= sizeof(a->disk.serial))
			argp_error(state, "a serial has up to %zu characters",
				   sizeof(a->disk.serial) - 1);
		strcpy(a->disk.serial, arg);
		return 0;
	case 'd':
		a->disk.discard = 1;
		return 0;
	case 'i':
	case 'b':
	case 'w':
		parse_limit(a, key, arg, state);
		return 0;
	case 'S':
		a->shrink = 1;
		return 0;
	case ARGP_KEY_ARG:
		if (a->nr == 3)
			argp_error(state, "unexpected argument '%s'", arg);
		a->arg[a->nr++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Parses options and min to max arguments, opens the control file, finds the guest. */
static int begin(int argc, char **argv, const struct argp *argp, int min, int max,
		 struct disk_args *a, unsigned int *domid)
{
	struct pvhv_dom_info info;
	struct pvhv_error err;
	int ctl;

	argp_parse(argp, argc, argv, 0, NULL, a);
	if (a->nr < min || a->nr > max) {
		fprintf(stderr, "%s: %s; '%s --help' tells more\n", argv[0],
			a->nr < min ? "an argument is missing" : "too many arguments", argv[0]);
		return -EXIT_USAGE;
	}
	ctl = pvhv_open(&err);
	if (ctl < 0 || pvhv_domain_find(ctl, a->arg[0], &info, &err)) {
		if (ctl >= 0)
			close(ctl);
		return -cmd_fail(&err);
	}
	*domid = info.domid;
	return ctl;
}

static int end(int ctl, int ret, const struct pvhv_error *err)
{
	close(ctl);
	return ret < 0 ? cmd_fail(err) : EXIT_OK;
}

/* The same for a command whose second argument is the number of a disk. */
static int begin_disk(int argc, char **argv, const struct argp *argp, int max,
		      struct disk_args *a, unsigned int *domid, uint64_t *disk)
{
	int ctl = begin(argc, argv, argp, 2, max, a, domid);
	struct pvhv_error err;

	if (ctl >= 0 && pvhv_parse_count(a->arg[1], UINT32_MAX, disk, &err)) {
		close(ctl);
		return -cmd_fail(&err);
	}
	return ctl;
}

static int disk_attach(int argc, char **argv)
{
	static const struct argp argp = {
		attach_options, parse_disk, "GUEST PATH",
		"Attaches an image file or block device to a guest; prints the disk's number.",
		NULL, NULL, NULL,
	};
	struct disk_args a = { .nr = 0 };
	struct pvhv_error err;
	unsigned int domid;
	int ctl = begin(argc, argv, &argp, 2, 2, &a, &domid), ret;

	if (ctl < 0)
		return -ctl;
	a.disk.path = a.arg[1];
	ret = pvhv_disk_attach(ctl, domid, &a.disk, &err);
	if (ret >= 0)
		printf("%d\n", ret);
	return end(ctl, ret, &err);
}

static int disk_detach(int argc, char **argv)
{
	static const struct argp argp = {
		NULL, parse_disk, "GUEST DISK",
		"Takes a disk (its number, see 'pvhv disk list') from a guest, whose driver has 5 s to let go.",
		NULL, NULL, NULL,
	};
	struct disk_args a = { .nr = 0 };
	struct pvhv_error err;
	unsigned int domid;
	uint64_t disk;
	int ctl = begin_disk(argc, argv, &argp, 2, &a, &domid, &disk), ret;

	if (ctl < 0)
		return -ctl;
	ret = pvhv_disk_detach(ctl, domid, disk, &err);
	return end(ctl, ret, &err);
}

static int disk_resize(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "shrink", 'S', NULL, 0, "It may become smaller; what lay behind its end is lost", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, parse_disk, "GUEST DISK [SIZE]",
		"The guest sees the new size of the image; with SIZE, the image file is given that first.",
		NULL, NULL, NULL,
	};
	struct disk_args a = { .nr = 0 };
	struct pvhv_error err;
	unsigned int domid;
	uint64_t disk, bytes = 0;
	int ctl = begin_disk(argc, argv, &argp, 3, &a, &domid, &disk), ret = 0;

	if (ctl < 0)
		return -ctl;
	if (a.nr == 3)
		ret = pvhv_parse_size(a.arg[2], &bytes, &err);
	if (!ret)
		ret = pvhv_disk_resize(ctl, domid, disk, &bytes,
				       a.shrink ? PVHV_RESIZE_SHRINK : 0, &err);
	return end(ctl, ret, &err);
}

/* Limits that are not named stay as they are. */
static int change_limits(int ctl, unsigned int domid, unsigned int disk,
			 const struct disk_args *a, struct pvhv_error *err)
{
	struct pvhv_disk_info now;
	int ret = pvhv_disk_next(ctl, domid, disk, &now, err);

	if (ret < 0)
		return ret;
	return pvhv_disk_limits(ctl, domid, disk,
				a->given & GIVEN_IOPS ? a->disk.iops : now.iops,
				a->given & GIVEN_BANDWIDTH ? a->disk.bandwidth : now.bandwidth,
				a->disk.weight, err);
}

static int disk_limit(int argc, char **argv)
{
	const struct argp argp = {
		limit_options, parse_disk, "GUEST DISK",
		"Limits what a disk may use of the host; limits that are not named stay.",
		NULL, NULL, NULL,
	};
	struct disk_args a = { .nr = 0 };
	struct pvhv_error err;
	unsigned int domid;
	uint64_t disk;
	int ctl = begin_disk(argc, argv, &argp, 2, &a, &domid, &disk), ret;

	if (ctl < 0)
		return -ctl;
	ret = change_limits(ctl, domid, disk, &a, &err);
	return end(ctl, ret, &err);
}

static const char *const counts[] = { "read", "write", "flush", "discard" };

static struct json_object *json_disk(const struct pvhv_disk_info *i)
{
	struct json_object *o = json_object_new_object(), *c;

	json_add_u64(o, "disk", i->vdev);
	json_add_string(o, "path", i->path);
	json_object_object_add(o, "serial",
			       json_object_new_string_len(i->serial,
							  strnlen(i->serial, sizeof(i->serial))));
	json_add_u64(o, "bytes", i->bytes);
	json_add_u64(o, "block_size", i->block_size);
	json_object_object_add(o, "readonly", json_object_new_boolean(i->flags & PVHV_DISK_RDONLY));
	json_object_object_add(o, "discard", json_object_new_boolean(i->flags & PVHV_DISK_DISCARD));
	json_object_object_add(o, "leaving",
			       json_object_new_boolean(!!(i->flags & PVHV_DISK_LEAVING)));
	json_add_u64(o, "queues", i->nr_queues);
	json_add_u64(o, "iops", i->iops);
	json_add_u64(o, "bandwidth", i->bandwidth);
	json_add_u64(o, "weight", i->weight);
	json_add_u64(o, "in_flight", i->in_flight);
	json_add_u64(o, "bytes_in_flight", i->bytes_in_flight);
	json_add_u64(o, "throttled", i->throttled);
	for (unsigned int n = 0; n < PVHV_DISK_NR_COUNTS; n++) {
		c = json_object_new_object();
		json_add_u64(c, "requests", i->count[n].requests);
		json_add_u64(c, "bytes", i->count[n].bytes);
		json_add_u64(c, "errors", i->count[n].errors);
		json_object_object_add(o, counts[n], c);
	}
	return o;
}

static void print_disk(const struct pvhv_disk_info *i)
{
	unsigned long long errors = 0;

	for (unsigned int n = 0; n < PVHV_DISK_NR_COUNTS; n++)
		errors += i->count[n].errors;
	printf("%4u  %-2s %8llu MiB %10llu %10llu %8llu %6u  %s%s\n", i->vdev,
	       i->flags & PVHV_DISK_RDONLY ? "ro" : "rw", (unsigned long long)i->bytes >> 20,
	       (unsigned long long)i->count[PVHV_DISK_READ].requests,
	       (unsigned long long)i->count[PVHV_DISK_WRITE].requests, errors, i->in_flight,
	       i->path, i->flags & PVHV_DISK_LEAVING ? " (leaving)" : "");
}

static int disk_list(int argc, char **argv)
{
	struct json_object *array = NULL;
	struct pvhv_dom_info info;
	struct pvhv_disk_info disk;
	struct simple_args args;
	struct pvhv_error err;
	unsigned int next = 0;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "GUEST", "Lists a guest's disks (--json: with all counts).", 1,
			 1, &args);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	ret = pvhv_domain_find(ctl, args.arg[0], &info, &err);
	if (ret)
		return end(ctl, ret, &err);
	if (args.json)
		array = json_object_new_array();
	else
		printf("DISK             SIZE      READS     WRITES   ERRORS FLIGHT  IMAGE\n");
	while ((ret = pvhv_disk_next(ctl, info.domid, next, &disk, &err)) > 0) {
		if (array)
			json_object_array_add(array, json_disk(&disk));
		else
			print_disk(&disk);
		next = disk.vdev + 1;
	}
	if (array && !ret)
		cmd_print_json(array);
	return end(ctl, ret, &err);
}

int cmd_disk(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "attach", "attach an image or block device", disk_attach },
		{ "detach", "take a disk away", disk_detach },
		{ "resize", "let the guest see a new size", disk_resize },
		{ "limit", "limit requests and bytes per second", disk_limit },
		{ "list", "list a guest's disks", disk_list },
		{ NULL, NULL, NULL },
	};

	return cmd_dispatch(commands, argc, argv);
}

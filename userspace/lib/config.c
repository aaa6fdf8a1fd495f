// SPDX-License-Identifier: GPL-2.0
/*
 * Guest files: one table per section says which keys there are and how each
 * is read.  What is not in a table is an error that lists what is.
 */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "config_int.h"
#include "error.h"

#define DISK_PREFIX	"disk"
#define NET_PREFIX	"net"

/* ---- errors ---- */

static void fail_at(struct reading *rd, unsigned int line, const char *fmt, ...)
	__attribute__((__format__(printf, 3, 4)));

/* The first error stays: later ones may only follow from it. */
static void fail_at(struct reading *rd, unsigned int line, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (rd->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rd->failed_line = line;
	if (line)
		rd->failed = error_set(rd->err, -EINVAL, "%s:%u: %s", rd->config->file, line,
				       text);
	else
		rd->failed = error_set(rd->err, -EINVAL, "%s: %s", rd->config->file, text);
}

/* ---- values ---- */

/* A copy of path, made relative to the configuration file's folder. */
static char *resolve(const struct reading *rd, const char *path)
{
	const char *slash = strrchr(rd->config->file, '/');
	char *out;

	if (path[0] == '/' || !slash)
		return strdup(path);
	if (asprintf(&out, "%.*s/%s", (int)(slash - rd->config->file), rd->config->file,
		     path) < 0)
		return NULL;
	return out;
}

static int keep(char **where, char *value, struct pvhv_error *why)
{
	if (!value)
		return error_set(why, -ENOMEM, "out of memory");
	free(*where);
	*where = value;
	return 0;
}

int config_parse_bool(const char *value, int *out, struct pvhv_error *why)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcmp(value, yes[i]) || !strcmp(value, no[i])) {
			*out = !strcmp(value, yes[i]);
			return 0;
		}
	}
	return error_set(why, -EINVAL, "'%s' is neither yes nor no", value);
}

int config_parse_weight(const char *value, unsigned int max, unsigned int *weight, struct pvhv_error *why)
{
	uint64_t n;
	int ret = pvhv_parse_count(value, max, &n, why);

	if (!ret && !n)
		ret = error_set(why, -EINVAL, "the weight must be 1 to %u", max);
	if (!ret)
		*weight = n;
	return ret;
}

static int set_name(struct reading *rd, const char *value, struct pvhv_error *why)
{
	if (!value[0] || strlen(value) >= sizeof(rd->config->name))
		return error_set(why, -EINVAL, "the name must have 1 to %d characters",
				 PVHV_NAME_MAX - 1);
	strcpy(rd->config->name, value);
	return 0;
}

int config_set_path(struct reading *rd, char **where, const char *value,
		    struct pvhv_error *why)
{
	if (!value[0])
		return error_set(why, -EINVAL, "a path is missing after '='");
	return keep(where, resolve(rd, value), why);
}

static int set_kernel(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_set_path(rd, &rd->config->kernel, value, why);
}

static int set_initrd(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_set_path(rd, &rd->config->initrd, value, why);
}

static int set_cmdline(struct reading *rd, const char *value, struct pvhv_error *why)
{
	if (strlen(value) >= PVHV_CMDLINE_MAX)
		return error_set(why, -EINVAL, "%zu characters, %d are allowed", strlen(value),
				 PVHV_CMDLINE_MAX - 1);
	return keep(&rd->config->cmdline, strdup(value), why);
}

#define MEMORY_MIN	(4ULL << 20)
#define MEMORY_MAX	(1ULL << 46)

static int parse_memory(const char *value, uint64_t *out, struct pvhv_error *why)
{
	uint64_t bytes;
	int ret = pvhv_parse_size(value, &bytes, why);

	if (ret)
		return ret;
	if (bytes < MEMORY_MIN || bytes > MEMORY_MAX || bytes % 4096)
		return error_set(why, -EINVAL,
				 "'%s' is not between 4 MiB and 64 TiB in steps of 4 KiB",
				 value);
	*out = bytes;
	return 0;
}

static int set_memory(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return parse_memory(value, &rd->config->memory, why);
}

static int set_maxmemory(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return parse_memory(value, &rd->config->max_memory, why);
}

static int set_vcpus(struct reading *rd, const char *value, struct pvhv_error *why)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (end == value || *end || n < 1 || n > PVHV_MAX_VCPUS)
		return error_set(why, -EINVAL, "'%s' is no number from 1 to %d", value,
				 PVHV_MAX_VCPUS);
	rd->config->vcpus = n;
	return 0;
}

static int set_weight(struct reading *rd, const char *value, struct pvhv_error *why)
{
	uint64_t n;
	int ret = pvhv_parse_count(value, 65535, &n, why);

	if (!ret && !n)
		ret = error_set(why, -EINVAL, "a weight is a number from 1 to 65535");
	if (!ret)
		rd->config->weight = n;
	return ret;
}

static int set_cap(struct reading *rd, const char *value, struct pvhv_error *why)
{
	uint64_t n;
	int ret = pvhv_parse_count(value, 100 * PVHV_MAX_VCPUS, &n, why);

	if (!ret)
		rd->config->cap = n;
	return ret;
}

static int set_cores(struct reading *rd, const char *value, struct pvhv_error *why)
{
	if (!strcmp(value, "any")) {
		rd->config->cores = 0;
		return 0;
	}
	return pvhv_parse_cpus(value, &rd->config->cores, why);
}

static int set_rng_enable(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_parse_bool(value, &rd->config->rng, why);
}

static const struct key guest_keys[] = {
	{ "name", set_name },
	{ "kernel", set_kernel },
	{ "initrd", set_initrd },
	{ "cmdline", set_cmdline },
	{ "memory", set_memory },
	{ "maxmemory", set_maxmemory },
	{ "vcpus", set_vcpus },
	{ "cores", set_cores },
	{ "weight", set_weight },
	{ "cap", set_cap },
	{ NULL, NULL },
};

static const struct key rng_keys[] = {
	{ "enable", set_rng_enable },
	{ NULL, NULL },
};

static const struct section sections[] = {
	{ "guest", guest_keys },
	{ "rng", rng_keys },
	{ NULL, NULL },
};
static const struct section disk_section = { DISK_PREFIX "N", config_disk_keys };
static const struct section net_section = { NET_PREFIX "N", config_net_keys };

/* ---- keys ---- */

/* "name, kernel, initrd" for messages. */
static void list_keys(const struct section *s, char *out, size_t size)
{
	size_t used = 0;

	for (const struct key *k = s->keys; k->name && used < size; k++)
		used += snprintf(out + used, size - used, "%s%s", used ? ", " : "", k->name);
}

static void finish_key(struct reading *rd)
{
	struct pvhv_error why;

	if (!rd->key)
		return;
	if (!rd->failed && rd->key->set(rd, rd->value, &why))
		fail_at(rd, rd->key_line, "%s: %.300s", rd->key->name, why.text);
	free(rd->value);
	rd->value = NULL;
	rd->key = NULL;
}

/* A piece of the running value: glued on, or after a blank. */
static void append_value(struct reading *rd, const char *piece)
{
	int glued = piece[0] == CONFIG_GLUE;
	char *joined;

	if (asprintf(&joined, "%s%s%s", rd->value, glued ? "" : " ", piece + glued) < 0)
		joined = NULL;
	if (!joined) {
		fail_at(rd, rd->key_line, "out of memory");
		return;
	}
	free(rd->value);
	rd->value = joined;
}

static void begin_key(struct reading *rd, const struct key *key, const char *value)
{
	unsigned int bit = 1U << (key - rd->section->keys);

	if (rd->seen_keys & bit) {
		fail_at(rd, rd->reader.lineno, "%s is given twice in this section", key->name);
		return;
	}
	rd->seen_keys |= bit;
	rd->value = strdup(value);
	if (!rd->value) {
		fail_at(rd, rd->reader.lineno, "out of memory");
		return;
	}
	rd->key = key;
	rd->key_line = rd->reader.lineno;
}

static int handle(void *user, const char *section, const char *name, const char *value)
{
	struct reading *rd = user;
	char known[160];

	if (rd->failed)
		return 1;
	if (rd->key && rd->reader.goes_on) {
		append_value(rd, value);
		return 1;
	}
	finish_key(rd);
	if (!section[0]) {
		fail_at(rd, rd->reader.lineno, "'%s' stands before any section: begin with [guest]",
			name);
		return 1;
	}
	if (!rd->section)
		return 1;
	for (const struct key *k = rd->section->keys; k->name; k++) {
		if (!strcmp(k->name, name)) {
			begin_key(rd, k, value);
			return 1;
		}
	}
	list_keys(rd->section, known, sizeof(known));
	fail_at(rd, rd->reader.lineno, "unknown key '%s' in [%s]; known are: %s", name, section,
		known);
	return 1;
}

/* ---- sections ---- */

static void begin_disk(struct reading *rd, const char *name)
{
	struct pvhv_config *c = rd->config;
	const char *digits = name + strlen(DISK_PREFIX);
	unsigned int nr = atoi(digits);

	for (unsigned int i = 0; i < c->nr_disks; i++) {
		if (rd->disk_nr[i] == nr) {
			fail_at(rd, rd->reader.lineno, "section [%s] is there twice", name);
			return;
		}
	}
	if (c->nr_disks == PVHV_MAX_DISKS) {
		fail_at(rd, rd->reader.lineno, "more than %d disks", PVHV_MAX_DISKS);
		return;
	}
	rd->disk_nr[c->nr_disks] = nr;
	rd->disk = &c->disk[c->nr_disks++];
	rd->disk->line = rd->reader.lineno;
	rd->section = &disk_section;
}

static void begin_net(struct reading *rd, const char *name)
{
	struct pvhv_config *c = rd->config;
	unsigned int nr = atoi(name + strlen(NET_PREFIX));

	for (unsigned int i = 0; i < c->nr_nets; i++) {
		if (c->net[i].nr == nr) {
			fail_at(rd, rd->reader.lineno, "section [%s] is there twice", name);
			return;
		}
	}
	if (c->nr_nets == PVHV_MAX_NETS) {
		fail_at(rd, rd->reader.lineno, "more than %d network interfaces", PVHV_MAX_NETS);
		return;
	}
	rd->net = &c->net[c->nr_nets++];
	rd->net->nr = nr;
	rd->net->line = rd->reader.lineno;
	rd->section = &net_section;
}

/* Is name the prefix and a number? */
static int is_numbered(const char *name, const char *prefix)
{
	const char *digits = name + strlen(prefix);

	return !strncmp(name, prefix, strlen(prefix)) && *digits &&
	       strlen(digits) <= 3 && strspn(digits, "0123456789") == strlen(digits);
}

static void begin_section(void *arg, const char *name)
{
	struct reading *rd = arg;

	finish_key(rd);
	rd->section = NULL;
	rd->disk = NULL;
	rd->net = NULL;
	rd->seen_keys = 0;
	if (rd->failed)
		return;
	if (is_numbered(name, DISK_PREFIX)) {
		begin_disk(rd, name);
		return;
	}
	if (is_numbered(name, NET_PREFIX)) {
		begin_net(rd, name);
		return;
	}
	for (const struct section *s = sections; s->name; s++) {
		unsigned int bit = 1U << (s - sections);

		if (strcmp(s->name, name))
			continue;
		if (rd->seen_sections & bit)
			fail_at(rd, rd->reader.lineno, "section [%s] is there twice", name);
		rd->seen_sections |= bit;
		rd->section = s;
		if (s->keys == rng_keys)
			rd->config->rng = 1;
		return;
	}
	fail_at(rd, rd->reader.lineno,
		"unknown section [%s]; known are: [guest], [disk0], [disk1], ..., [net0], ..., [rng]", name);
}

/* ---- the whole file ---- */

/* Disks in the order of their numbers, whatever the order in the file. */
static void sort_disks(struct reading *rd)
{
	struct pvhv_config *c = rd->config;

	for (unsigned int i = 1; i < c->nr_disks; i++) {
		for (unsigned int j = i; j && rd->disk_nr[j - 1] > rd->disk_nr[j]; j--) {
			struct pvhv_disk_config disk = c->disk[j];
			unsigned int nr = rd->disk_nr[j];

			c->disk[j] = c->disk[j - 1];
			c->disk[j - 1] = disk;
			rd->disk_nr[j] = rd->disk_nr[j - 1];
			rd->disk_nr[j - 1] = nr;
		}
	}
}

static int compare_nets(const void *a, const void *b)
{
	const struct pvhv_net_config *m = a, *n = b;

	return m->nr < n->nr ? -1 : m->nr > n->nr;
}

static void finish_nets(struct reading *rd)
{
	struct pvhv_config *c = rd->config;

	qsort(c->net, c->nr_nets, sizeof(c->net[0]), compare_nets);
	for (unsigned int i = 0; i < c->nr_nets; i++) {
		struct pvhv_error why;

		if (config_net_finish(&c->net[i], c->name, &why))
			fail_at(rd, c->net[i].line, "%.300s", why.text);
	}
}

/* A guest without a name is called as its file, without folder and ".conf". */
static void default_name(struct pvhv_config *c)
{
	const char *base = strrchr(c->file, '/');
	size_t len;

	if (c->name[0])
		return;
	base = base ? base + 1 : c->file;
	len = strlen(base);
	if (len > 5 && !strcmp(base + len - 5, ".conf"))
		len -= 5;
	snprintf(c->name, sizeof(c->name), "%.*s", (int)len, base);
}

static void check_complete(struct reading *rd)
{
	struct pvhv_config *c = rd->config;

	if (!c->kernel)
		fail_at(rd, 0, "no kernel: [guest] needs a line 'kernel = PATH'");
	if (!c->memory)
		fail_at(rd, 0, "no memory: [guest] needs a line such as 'memory = 512M'");
	if (c->max_memory && c->max_memory < c->memory)
		fail_at(rd, 0, "maxmemory is less than memory, which the guest starts with");
	for (unsigned int i = 0; i < c->nr_disks; i++)
		if (!c->disk[i].path)
			fail_at(rd, c->disk[i].line, "the disk has no path");
}

/* inih tells of lines that it cannot read when all is read; other errors may only follow. */
static void report_unreadable(struct reading *rd, unsigned int line)
{
	if (rd->failed_line > line)
		rd->failed = 0;
	fail_at(rd, line, "neither '[section]' nor 'key = value'");
}

static void read_stream(struct reading *rd)
{
	struct config_reader *r = &rd->reader;
	int ret = ini_parse_stream(config_reader_gets, r, handle, rd);

	finish_key(rd);
	if (r->failed)
		fail_at(rd, 0, "cannot be read: %s", strerror(r->failed));
	else if (ret > 0 && (unsigned int)ret <= r->nr_origin)
		report_unreadable(rd, r->origin[ret - 1]);
	else if (ret)
		fail_at(rd, 0, "out of memory");
	sort_disks(rd);
	default_name(rd->config);
	finish_nets(rd);
	check_complete(rd);
}

int pvhv_config_read(const char *path, struct pvhv_config *config, struct pvhv_error *err)
{
	struct reading rd = { .config = config, .err = err };
	FILE *in;

	memset(config, 0, sizeof(*config));
	config->vcpus = 1;
	in = fopen(path, "re");
	if (!in)
		return error_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	config->file = strdup(path);
	if (!config->file) {
		fclose(in);
		return error_set(err, -ENOMEM, "out of memory");
	}

	rd.reader = (struct config_reader){ .in = in, .section = begin_section, .arg = &rd };
	read_stream(&rd);
	config_reader_free(&rd.reader);
	fclose(in);
	if (rd.failed)
		pvhv_config_free(config);
	return rd.failed;
}

void pvhv_config_free(struct pvhv_config *config)
{
	for (unsigned int i = 0; i < config->nr_disks; i++)
		free(config->disk[i].path);
	free(config->file);
	free(config->kernel);
	free(config->initrd);
	free(config->cmdline);
	memset(config, 0, sizeof(*config));
}

// SPDX-License-Identifier: GPL-2.0
/* Guest files: the keys of a disk. */
#include <errno.h>
#include <string.h>

#include "config_int.h"
#include "error.h"

static int set_disk_path(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_set_path(rd, &rd->disk->path, value, why);
}

static int set_disk_readonly(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_parse_bool(value, &rd->disk->readonly, why);
}

static int set_disk_serial(struct reading *rd, const char *value, struct pvhv_error *why)
{
	if (strlen(value) >= sizeof(rd->disk->serial))
		return error_set(why, -EINVAL, "a serial has up to %zu characters",
				 sizeof(rd->disk->serial) - 1);
	strcpy(rd->disk->serial, value);
	return 0;
}

static int set_disk_discard(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_parse_bool(value, &rd->disk->discard, why);
}

static int set_disk_iops(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return pvhv_parse_count(value, PVHV_DISK_RATE_MAX, &rd->disk->iops, why);
}

static int set_disk_bandwidth(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return pvhv_parse_size(value, &rd->disk->bandwidth, why);
}

static int set_disk_weight(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_parse_weight(value, PVHV_DISK_WEIGHT_MAX, &rd->disk->weight, why);
}

const struct key config_disk_keys[] = {
	{ "path", set_disk_path },
	{ "readonly", set_disk_readonly },
	{ "serial", set_disk_serial },
	{ "discard", set_disk_discard },
	{ "iops", set_disk_iops },
	{ "bandwidth", set_disk_bandwidth },
	{ "weight", set_disk_weight },
	{ NULL, NULL },
};

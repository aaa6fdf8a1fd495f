/* SPDX-License-Identifier: GPL-2.0 */
/* Guest files: what the readers of the sections share. */
#ifndef PVHV_LIB_CONFIG_INT_H
#define PVHV_LIB_CONFIG_INT_H

#include "config_reader.h"
#include "libpvhv.h"

struct reading {
	struct pvhv_config *config;
	struct config_reader reader;
	struct pvhv_error *err;
	int failed;		/* the first error, already in *err */
	unsigned int failed_line;	/* where; 0 = nowhere in particular */

	const struct section *section;
	struct pvhv_net_config *net;	/* when it is an interface */
	struct pvhv_disk_config *disk;	/* when the section is a disk */
	unsigned int seen_sections;	/* bit per entry of sections[] */
	unsigned int disk_nr[PVHV_MAX_DISKS];	/* N of each [diskN] */
	/* the key being read: its value may come in several pieces */
	const struct key *key;
	unsigned int key_line;
	char *value;
	unsigned int seen_keys;		/* bit per entry of section->keys */
};

struct key {
	const char *name;
	/* Sets the value; on failure writes what is wrong with it into *why. */
	int (*set)(struct reading *rd, const char *value, struct pvhv_error *why);
};

struct section {
	const char *name;
	const struct key *keys;
};

/* A copy of value in *where, relative to the configuration file's folder. */
int config_set_path(struct reading *rd, char **where, const char *value,
		    struct pvhv_error *why);
/* 1 to max, of a disk or an interface. */
int config_parse_weight(const char *value, unsigned int max, unsigned int *weight, struct pvhv_error *why);
int config_parse_bool(const char *value, int *out, struct pvhv_error *why);

/* config_disk.c */
extern const struct key config_disk_keys[];
/* config_net.c */
extern const struct key config_net_keys[];
/* When all keys are read: do they go together?  Fills in what was left out; guest is the guest's name. */
int config_net_finish(struct pvhv_net_config *net, const char *guest, struct pvhv_error *why);

#endif

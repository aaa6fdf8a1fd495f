/* SPDX-License-Identifier: GPL-2.0 */
/* The part of 'pvhv info' that tells of network interfaces. */
#ifndef PVHV_TOOL_INFO_NET_H
#define PVHV_TOOL_INFO_NET_H

#include <json-c/json.h>
#include "libpvhv.h"

/* Adds a guest's interfaces to all, or prints them (NULL).  0 or -errno. */
int info_nets(int ctl, unsigned int domid, struct json_object *all, struct pvhv_error *err);

#endif

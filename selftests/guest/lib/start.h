/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the builder told us.
 * Side: guest.
 */
#ifndef GUEST_START_H
#define GUEST_START_H

#include "types.h"
#include <pvhv/start_info.h>

extern const struct pvhv_start_info *start_info;
/* The guest's command line is this word: which variant of the test to run. */
bool variant(const char *word);
/* The test. */
void test(void);

#endif

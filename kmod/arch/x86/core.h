/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Life of a taken core.
 * Side: core.
 */
#ifndef PVHV_CORE_H
#define PVHV_CORE_H

#include "pcore.h"

/* From core_entry64; does not return. */
void core_main(struct pcore *c);

#endif /* PVHV_CORE_H */

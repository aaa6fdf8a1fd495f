/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The paths whose instructions are counted, by the numbers of their marks.
 */
#ifndef BENCH_PATHS_H
#define BENCH_PATHS_H

#include "mark.h"

#define PATH_SYSTEM_CALL	0	/* ring 3 to ring 1 and back */
#define PATH_SIGNAL_RETURN	1	/* the same, back by RET */
#define PATH_PAGE_FAULT		2	/* of ring 3: to the handler and back */
#define PATH_PTE_UPDATE		3	/* one entry in a call */
#define PATH_PTE_BATCH		4	/* PATH_BATCH entries in a call */
#define PATH_PTE_CLEAR		5
#define PATH_EVENT		6	/* to oneself, with upcall and return */
#define PATH_VCPU_SWITCH	7
#define PATH_PROCESS_SWITCH	8	/* to a root that is cached */
/* the same where so many guests of one vCPU take turns on the core */
#define PATH_SWITCH_AMONG_2	9
#define PATH_SWITCH_AMONG_8	10
#define PATH_SWITCH_AMONG_32	11
#define PATH_SWITCH_AMONG_128	12
#define NR_PATHS		13

#define PATH_BATCH	64

#endif /* BENCH_PATHS_H */

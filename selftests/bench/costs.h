/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the machine spends on a packet and a request, all CPUs together: the
 * numbers of the marks between which the plugin (costs.c) counts.
 */
#ifndef BENCH_COSTS_H
#define BENCH_COSTS_H

#include "mark.h"

#define COST_NET_TRIP		0	/* a byte there and back */
#define COST_NET_OUT		1	/* 64 KiB of a stream */
#define COST_NET_IN		2
#define COST_READ_4K		3	/* one at a time */
#define COST_READ_4K_32		4	/* at random, 32 in flight */
#define COST_READ_128K		5
#define COST_WRITE_128K		6
#define NR_COSTS		7

#define COST_NAMES { "net_rtt", "net_tx_64k", "net_rx_64k", "blk_rd_4k", "blk_rr4k_qd32", "blk_rd_128k", "blk_wr_128k" }

/* Counts what @work costs (a basic asm: nothing is moved over it), and says that it was so many @operations. */
#define COST(number, operations, work) do {				\
	asm volatile(MARK_BEGIN(number));				\
	work;								\
	asm volatile(MARK_END(number));					\
	report_cost(number, operations);				\
} while (0)

#endif /* BENCH_COSTS_H */

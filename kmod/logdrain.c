// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the cores' log rings, line by line, into the host's log.
 * Side: host.  Context: process.  Locks: drain_lock, innermost: budgets, and what was seen of each ring.
 *
 * Whatever a guest provokes, the host's log gets at most 10 lines in
 * LIMIT_TIME: LIMIT_LINES for each domain (lines that begin with "domain <id>:") and each core
 * (all other lines), one with the number of lines that were left out, one with
 * what the ring had no room for.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ctype.h>
#include <linux/mutex.h>
#include <linux/printk.h>

#include "logdrain.h"
#include "pcore.h"

#define LIMIT_LINES	8
#define LIMIT_TIME	(5 * HZ)
#define LINE_MAX_	200
#define DOMAIN_BUDGETS	64

struct budget {
	unsigned long	start;	/* of the period, while lines > 0 */
	unsigned int	lines;
	unsigned int	dropped;
	unsigned int	id;	/* domain */
};

static DEFINE_MUTEX(drain_lock);
static struct budget core_budget[HV_MAX_CORES];
static struct budget domain_budget[DOMAIN_BUDGETS];	/* shared by domains with the same id % DOMAIN_BUDGETS */
static u32 lost_seen[HV_MAX_CORES];
static unsigned long lost_told[HV_MAX_CORES];	/* jiffies; 0 = never */

/* Ends a period that is over, and says what it left out. */
static void budget_roll(struct budget *b, const char *what, unsigned int id)
{
	if (!b->lines || time_before(jiffies, b->start + LIMIT_TIME))
		return;
	if (b->dropped)
		pr_info("%s %u: %u lines left out\n", what, id, b->dropped);
	b->lines = 0;
	b->dropped = 0;
}

static bool budget_take(struct budget *b)
{
	if (b->lines >= LIMIT_LINES) {
		b->dropped++;
		return false;
	}
	if (!b->lines)
		b->start = jiffies;
	b->lines++;
	return true;
}

static void logdrain_line(struct pcore *c, char *line)
{
	struct budget *b = &core_budget[c->index];
	unsigned int id;
	char *p;

	if (!*line)
		return;
	for (p = line; *p; p++)
		if (!isprint(*p))
			*p = '?';
	if (sscanf(line, "domain %u:", &id) == 1) {
		b = &domain_budget[id % DOMAIN_BUDGETS];
		b->id = id;
		budget_roll(b, "domain", id);
	} else {
		budget_roll(b, "core", c->cpu);
	}
	if (budget_take(b))
		pr_info("core %u: %s\n", c->cpu, line);
}

/* One line from the ring; false: no complete one is there. */
static bool logdrain_next(struct pcore *c, u32 head, char *line)
{
	u32 tail = c->log_tail, n = 0;
	char ch = 0;

	while (tail != head && n < LINE_MAX_ - 1) {
		ch = c->log[tail++ % PCORE_LOG_SIZE];
		if (ch == '\n')
			break;
		line[n++] = ch;
	}
	if (ch != '\n' && n < LINE_MAX_ - 1)
		return false;
	line[n] = 0;
	/* read before the core may write there again; pairs with the core's look at log_tail */
	smp_store_release(&c->log_tail, tail);
	return true;
}

/* What the core could not write; now = also if the last time is not long ago. */
static void logdrain_lost(struct pcore *c, bool now)
{
	u32 lost = READ_ONCE(c->log_lost), i = c->index;

	if (lost == lost_seen[i])
		return;
	if (!now && lost_told[i] && time_before(jiffies, lost_told[i] + LIMIT_TIME))
		return;
	pr_info("core %u: %u bytes of its log are lost\n", c->cpu, lost - lost_seen[i]);
	lost_seen[i] = lost;
	lost_told[i] = jiffies ? : 1;
}

/* Under drain_lock. */
static void logdrain_all(struct pcore *c)
{
	/* pairs with the core's store after it filled the line */
	u32 head = smp_load_acquire(&c->log_head);
	struct budget *b = &core_budget[c->index];
	char line[LINE_MAX_];
	int i;

	while (logdrain_next(c, head, line))
		logdrain_line(c, line);
	logdrain_lost(c, false);
	budget_roll(b, "core", c->cpu);
	for (i = 0; i < DOMAIN_BUDGETS; i++)
		budget_roll(&domain_budget[i], "domain", domain_budget[i].id);
}

void logdrain_core(struct pcore *c)
{
	mutex_lock(&drain_lock);
	logdrain_all(c);
	mutex_unlock(&drain_lock);
}

void logdrain_last(struct pcore *c)
{
	mutex_lock(&drain_lock);
	logdrain_all(c);
	logdrain_lost(c, true);
	lost_seen[c->index] = 0;
	mutex_unlock(&drain_lock);
}

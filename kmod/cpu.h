/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking cores from Linux and giving them back; the table of taken cores.
 * Side: host.
 */
#ifndef PVHV_CPU_H
#define PVHV_CPU_H

#include <linux/mutex.h>
#include <linux/types.h>

#include "mailbox.h"

struct pcore;
struct pvhv_cpu_info;

enum core_down {
	CORE_UP,
	CORE_LOST,		/* gave no heartbeat */
	CORE_PANIC,		/* said so itself */
	CORE_STOPPED,		/* by us: given back, or the host goes down */
};

/* What the host alone knows of a taken core. */
struct hostcore {
	struct pcore	*core;		/* cpu.c's mutex */
	struct mutex	command;	/* the mailbox */
	int		down;		/* enum core_down; once not UP, the core got its INIT */
	bool		leaving;	/* is being given back; see cpuhold.c */
	bool		reported;	/* hostdom_core_lost was called; cpu.c's report work */
	unsigned int	holds;		/* commands that are to come, the same */

	/* watchdog.c */
	u64		beat;
	unsigned int	still;
};

void cpu_exit(void);

/*
 * Take or give the core with that Linux CPU number, and more (a bit each): all or none;
 * errors as PVHV_IOC_CPU_TAKE and _GIVE.  msg: PVHV_MSG_MAX bytes.
 */
int cpu_take(unsigned int cpu, u64 more, u32 flags, char *msg);
int cpu_give(unsigned int cpu, u64 more, char *msg);
/* For cpugroup.c, under cpu.c's mutex.  May this one be taken now; does it, undoes it: 0, or -errno and in msg why not. */
int cpu_check_take(unsigned int cpu, u32 flags, char *msg);
int cpu_take_one(unsigned int cpu, char *msg);
int cpu_give_one(unsigned int cpu, char *msg);
/* The first taken core from info->cpu on. */
int cpu_get_info(struct pvhv_cpu_info *info);
/* Self tests: one command to a core. */
int cpu_command(unsigned int cpu, u32 cmd, u64 arg, s64 *ret);

/* Taken, or just being taken.  Any context. */
bool cpu_is_taken(unsigned int cpu);
bool cpu_any_taken(void);
/* Suspend: no core can be taken until it is allowed again.  -EBUSY: cores are taken. */
int cpu_forbid_take(void);
void cpu_allow_take(void);
/* The host is about to go down: no core is taken and no domain starts from now on (who has hostdom.lock does so still). */
void cpu_announce_down(void);
bool cpu_host_is_down(void);
/* The host goes down.  On return no core runs, and none starts any more.  Sleeps. */
void cpu_shut(void);
/* The host has died, and no other CPU of it runs: stops all cores where they are.  Any context. */
void cpu_stop_all(void);

/* Between these no core is given back: a vCPU's core stays valid, wherever it goes.  Sleeps. */
void cpu_stay_get(void);
void cpu_stay_put(void);
/* The same for a short look, in any context. */
int cpu_read_lock(void);
void cpu_read_unlock(int idx);
/* Tells cores how fast the TSC is; only while none is taken. */
void cpu_set_tsc(void);

/* For all taken cores, which stay in existence meanwhile; f may sleep if the caller may. */
void cpu_for_each(void (*f)(struct pcore *c));

struct hostcore *cpu_hostcore(const struct pcore *c);
/* 0, or the error for a command to a core that is down. */
int cpu_down_error(const struct hostcore *hc);
/* Stops a core with INIT, for good, and lets its domains know (later, from a work item).  Any context but NMI. */
void cpu_mark_down(struct hostcore *hc, enum core_down why);
void cpu_check_panic(struct hostcore *hc);

#endif /* PVHV_CPU_H */

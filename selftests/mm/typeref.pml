/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One frame, its direct-map alias, one page-table entry, two vCPUs and a host
 * thread: may a page table ever be written through a TLB?
 *
 * The order is that of kmod/mm (validate_promote, validate_demote, L1 updates).
 * Page-table operations of the vCPUs exclude each other (mm_lock); the guests'
 * stores and the host thread's references do not.  Each d_step is one locked
 * instruction, or one instruction of the guest with its page walk.
 *
 * Mutants, each of which must fail:
 *   EARLY_FLUSH   promotion flushes before the exchange of the word
 *   NO_FLUSH      promotion does not flush
 *   LATE_FLUSH    demotion exchanges the word before it flushes
 *   HOST_PLAIN    the host writes with a plain reference only
 */
#define NONE 0
#define W 1
#define PT 2

byte type = W, cnt = 1;		/* the alias holds the count */
bool valid = false;
bool alias_rw = true;
bool map_rw = false;		/* another L1 entry maps the frame writable */
bool tlb[2] = false;		/* this vCPU can still write to the frame */
bool walk[2] = false;		/* this vCPU can still walk the frame as a table */
bool host = false;		/* the host writes to the frame now */
bool lock = false;

#define LOCK	atomic { !lock -> lock = true }
#define UNLOCK	lock = false
#define FLUSH	d_step { tlb[0] = false; tlb[1] = false; walk[0] = false; walk[1] = false }

inline promote()
{
	if
	:: d_step { type == NONE -> type = PT; cnt = 1; got = true }
#ifdef EARLY_FLUSH
	:: type == W && cnt == 1 && alias_rw ->
	   FLUSH;
	   if
	   :: d_step { type == W && cnt == 1 && alias_rw -> type = PT; got = true };
	      alias_rw = false
	   :: else -> skip
	   fi
#else
	:: d_step { type == W && cnt == 1 && alias_rw -> type = PT; got = true };
	   alias_rw = false
#endif
	:: else -> skip
	fi;
	if
	:: got ->
#ifndef NO_FLUSH
#ifndef EARLY_FLUSH
	   FLUSH;
#endif
#endif
	   valid = true
	:: else -> skip
	fi
}

inline demote()
{
	d_step { valid = false };
#ifdef LATE_FLUSH
	d_step { type = W; cnt = 1 };
	alias_rw = true;
	FLUSH
#else
	FLUSH;
	d_step { type = W; cnt = 1 };
	alias_rw = true
#endif
}

inline map()
{
	if
	:: d_step { (type == NONE || type == W) && !map_rw -> type = W; cnt++; got = true };
	   map_rw = true
	:: else -> skip
	fi
}

/* no flush: the frame stays the guest's */
inline unmap()
{
	if
	:: map_rw ->
	   map_rw = false;
	   d_step { cnt--; if :: cnt == 0 -> type = NONE :: else -> skip fi }
	:: else -> skip
	fi
}

active [2] proctype vcpu()
{
	byte n = 0;
	bool got;

	do
	:: n < 3 ->
	   n++;
	   got = false;
	   LOCK;
	   if
	   :: type != PT -> promote()
	   :: type == PT && valid -> demote()
	   :: true -> map()
	   :: true -> unmap()
	   fi;
	   UNLOCK
	:: n >= 3 -> break
	od
}

/* The guests run on both processors all the time: TLBs fill whenever an entry allows it. */
active [2] proctype guest()
{
	byte me = _pid - 2;

	do
	:: d_step { alias_rw || map_rw -> tlb[me] = true }
	:: d_step { valid -> walk[me] = true }
	:: break
	od
}

active proctype host_io()
{
	byte n = 0;

	do
	:: n < 2 ->
	   n++;
#ifdef HOST_PLAIN
	   host = true;
	   host = false
#else
	   if
	   :: d_step { type == NONE || type == W -> type = W; cnt++; host = true };
	      d_step { host = false; cnt--; if :: cnt == 0 -> type = NONE :: else -> skip fi }
	   :: else -> skip
	   fi
#endif
	:: n >= 2 -> break
	od
}

/* A valid table is written by nobody; who may still walk it walks a table that nobody writes. */
active proctype check()
{
	assert(!(valid && (tlb[0] || tlb[1] || host)));
	assert(!((walk[0] || walk[1]) && (type != PT || host)))
}

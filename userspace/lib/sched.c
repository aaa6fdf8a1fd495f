// SPDX-License-Identifier: GPL-2.0
/* Scheduling of guests: parameters, pause, pins, number of vCPUs. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "error.h"

static int sched_call(int ctl, unsigned long request, const char *verb, struct pvhv_sched *sched,
		      struct pvhv_error *err)
{
	sched->size = sizeof(*sched);
	if (ioctl(ctl, request, sched) == 0)
		return 0;
	return error_kernel(err, -errno, sched->msg, "cannot %s the scheduling of guest %u", verb,
			    sched->domid);
}

int pvhv_sched_get(int ctl, unsigned int domid, struct pvhv_sched *sched, struct pvhv_error *err)
{
	memset(sched, 0, sizeof(*sched));
	sched->domid = domid;
	return sched_call(ctl, PVHV_IOC_SCHED_GET, "read", sched, err);
}

int pvhv_sched_set(int ctl, unsigned int domid, const struct pvhv_sched *sched,
		   struct pvhv_error *err)
{
	struct pvhv_sched arg = *sched;

	arg.domid = domid;
	return sched_call(ctl, PVHV_IOC_SCHED_SET, "change", &arg, err);
}

int pvhv_domain_pause(int ctl, unsigned int domid, int pause, struct pvhv_error *err)
{
	const char *verb = pause ? "pause" : "unpause";
	__u32 id = domid;

	if (ioctl(ctl, pause ? PVHV_IOC_PAUSE : PVHV_IOC_UNPAUSE, &id) == 0)
		return 0;
	switch (errno) {
	case EBUSY:
		return error_set(err, -EBUSY, "cannot %s guest %u: it is %s", verb, domid,
				 pause ? "paused already" : "not paused");
	case ENODEV:
		return error_set(err, -ENODEV,
				 "cannot %s guest %u: no core is taken; take one: 'pvhv cpu take CPU'",
				 verb, domid);
	case ESRCH:
		return error_set(err, -ESRCH, "cannot %s guest %u: it does not run", verb, domid);
	default:
		return error_kernel(err, -errno, NULL, "cannot %s guest %u", verb, domid);
	}
}

int pvhv_vcpu_pin(int ctl, unsigned int domid, unsigned int vcpu, uint64_t cores,
		  struct pvhv_error *err)
{
	struct pvhv_pin arg = { .size = sizeof(arg), .domid = domid, .vcpu = vcpu, .cores = cores };

	if (ioctl(ctl, PVHV_IOC_PIN, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, arg.msg, "cannot pin vCPUs of guest %u", domid);
}

int pvhv_vcpu_set(int ctl, unsigned int domid, unsigned int nr, struct pvhv_error *err)
{
	struct pvhv_vcpu_set arg = { .size = sizeof(arg), .domid = domid, .nr = nr };

	if (ioctl(ctl, PVHV_IOC_VCPU_SET, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, arg.msg, "cannot change the vCPUs of guest %u", domid);
}

int pvhv_vcpu_state(int ctl, unsigned int domid, unsigned int vcpu, struct pvhv_vcpu_state *state,
		    struct pvhv_error *err)
{
	memset(state, 0, sizeof(*state));
	state->size = sizeof(*state);
	state->domid = domid;
	state->vcpu = vcpu;
	if (ioctl(ctl, PVHV_IOC_VCPU_STATE, state) == 0)
		return 1;
	if (errno == EINVAL)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot look at vCPU %u of guest %u", vcpu, domid);
}

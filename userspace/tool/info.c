// SPDX-License-Identifier: GPL-2.0
/* pvhv info: everything that the module tells about one domain: its bill, vCPU by vCPU and device by device. */
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "info_net.h"
#include "lib/array.h"

typedef unsigned long long ull;

static const char *const hypercall_names[PVHV_NR_HC] = {
	[PVHV_HC_SET_CALLBACK] = "set_callback",
	[PVHV_HC_SET_TRAPS] = "set_traps",
	[PVHV_HC_MMU_UPDATE] = "mmu_update",
	[PVHV_HC_UPDATE_VA] = "update_va",
	[PVHV_HC_MMU_OP] = "mmu_op",
	[PVHV_HC_SCHED] = "sched",
	[PVHV_HC_SET_TIMER] = "set_timer",
	[PVHV_HC_NOTIFY] = "notify",
	[PVHV_HC_SET_KERNEL_GS] = "set_kernel_gs",
	[PVHV_HC_SET_TLS] = "set_tls",
	[PVHV_HC_SET_DEBUGREG] = "set_debugreg",
	[PVHV_HC_GET_DEBUGREG] = "get_debugreg",
	[PVHV_HC_SET_TSC_AUX] = "set_tsc_aux",
	[PVHV_HC_FORCE_UPCALL] = "force_upcall",
	[PVHV_HC_BIND_PORT] = "bind_port",
	[PVHV_HC_SEND_IPI] = "send_ipi",
	[PVHV_HC_VCPU_OP] = "vcpu_op",
	[PVHV_HC_SET_DF_STACK] = "set_df_stack",
	[PVHV_HC_MEMORY] = "memory",
	[PVHV_HC_SET_XCR0] = "set_xcr0",
};

static const char *hypercall_name(unsigned int nr)
{
	return nr < ARRAY_SIZE(hypercall_names) && hypercall_names[nr] ? hypercall_names[nr] :
									 "unknown";
}

static const char *vcpu_state_name(unsigned int state)
{
	static const char *const words[] = { "down", "ready", "running", "blocked" };

	return state < ARRAY_SIZE(words) ? words[state] : "unknown";
}

static const char *vdev_name(unsigned int device_id)
{
	switch (device_id) {
	case 1:
		return "network";
	case 2:
		return "disk";
	case 4:
		return "entropy";
	default:
		return "device";
	}
}

/* ---- text ---- */

static void print_domain(const struct pvhv_dom_info *i)
{
	printf("id          %u\n", i->domid);
	printf("name        %.*s\n", PVHV_NAME_MAX, i->name);
	printf("state       %s\n", pvhv_state_name(i->state));
	if (i->state == PVHV_DOM_ST_ENDED)
		printf("reason      %s%s%.*s\n", pvhv_end_name(i->reason),
		       i->msg[0] ? ": " : "", PVHV_MSG_MAX, i->msg);
	printf("process     %d\n", i->pid);
	printf("vcpus       %u\n", i->nr_vcpus);
	printf("devices     %u\n", i->nr_vdevs);
	printf("memory      %llu KiB of %llu KiB\n", (ull)i->nr_pages << 2,
	       (ull)i->max_pages << 2);
	printf("overhead    %llu KiB\n", (ull)i->hv_bytes >> 10);
	printf("run         %.6f s\n", i->run_ns / 1e9);
	printf("ready       %.6f s\n", i->ready_ns / 1e9);
	printf("blocked     %.6f s\n", i->blocked_ns / 1e9);
	printf("switches    %llu\n", (ull)i->switches);
	printf("exits       %llu\n", (ull)i->exits);
	printf("hypercalls  %llu\n", (ull)i->hypercalls);
	printf("faults      %llu\n", (ull)i->faults);
	printf("events      %llu\n", (ull)i->events);
	printf("tsc         %llu kHz\n", (ull)i->tsc_khz);
}

static void print_memory(const struct pvhv_mem_info *m)
{
	printf("target      %llu KiB\n", (ull)m->target << 2);
	printf("pool        %llu KiB\n", (ull)m->pool << 2);
	printf("moved       %llu KiB from the host, %llu KiB back\n", (ull)m->taken << 2,
	       (ull)m->given << 2);
	if (m->guest_reports)
		printf("it reports  %llu KiB free, %llu KiB available, %llu refaults\n",
		       (ull)m->guest_free << 2, (ull)m->guest_available << 2,
		       (ull)m->guest_refaults);
}

static void print_vcpu(const struct pvhv_vcpu_info *v)
{
	printf("vcpu %-6u %s", v->vcpu, vcpu_state_name(v->state));
	if (v->cpu >= 0)
		printf(" on CPU %d", v->cpu);
	printf(", run %.6f s, ready (stolen) %.6f s, blocked %.6f s\n", v->run_ns / 1e9,
	       v->ready_ns / 1e9, v->blocked_ns / 1e9);
	printf("            switches %llu, exits %llu, faults %llu, events %llu, hypercalls %llu\n",
	       (ull)v->switches, (ull)v->exits, (ull)v->faults, (ull)v->events,
	       (ull)v->hypercalls);
	for (unsigned int n = 0; n < v->nr_hc && n < ARRAY_SIZE(v->hc); n++)
		if (v->hc[n])
			printf("            %12llu %s\n", (ull)v->hc[n], hypercall_name(n));
}

static void print_vdev(const struct pvhv_vdev_info *v)
{
	printf("vdev %-6u %s: requests %llu, to the guest %llu bytes, from it %llu bytes, errors %llu\n",
	       v->vdev, vdev_name(v->device_id), (ull)v->requests, (ull)v->bytes_in,
	       (ull)v->bytes_out, (ull)v->errors);
}

/* ---- JSON ---- */

static struct json_object *json_memory(const struct pvhv_mem_info *m)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "now_bytes", m->nr_pages << 12);
	json_add_u64(o, "target_bytes", m->target << 12);
	json_add_u64(o, "max_bytes", m->max_pages << 12);
	json_add_u64(o, "pool_bytes", m->pool << 12);
	json_add_u64(o, "hv_bytes", m->hv_bytes);
	json_add_u64(o, "taken_bytes", m->taken << 12);
	json_add_u64(o, "given_bytes", m->given << 12);
	json_add_u64(o, "guest_reports", m->guest_reports);
	json_add_u64(o, "guest_free_bytes", m->guest_free << 12);
	json_add_u64(o, "guest_available_bytes", m->guest_available << 12);
	json_add_u64(o, "guest_refaults", m->guest_refaults);
	return o;
}

static struct json_object *json_vcpu(const struct pvhv_vcpu_info *v)
{
	struct json_object *o = json_object_new_object(), *hc = json_object_new_object();

	json_add_u64(o, "vcpu", v->vcpu);
	json_add_string(o, "state", vcpu_state_name(v->state));
	if (v->cpu >= 0)
		json_add_u64(o, "cpu", v->cpu);
	json_add_u64(o, "run_ns", v->run_ns);
	json_add_u64(o, "ready_ns", v->ready_ns);
	json_add_u64(o, "stolen_ns", v->ready_ns);
	json_add_u64(o, "blocked_ns", v->blocked_ns);
	json_add_u64(o, "switches", v->switches);
	json_add_u64(o, "exits", v->exits);
	json_add_u64(o, "faults", v->faults);
	json_add_u64(o, "events", v->events);
	json_add_u64(o, "hypercalls", v->hypercalls);
	for (unsigned int n = 0; n < v->nr_hc && n < ARRAY_SIZE(v->hc); n++)
		if (v->hc[n])
			json_add_u64(hc, hypercall_name(n), v->hc[n]);
	json_object_object_add(o, "hypercalls_by_kind", hc);
	return o;
}

static struct json_object *json_vdev(const struct pvhv_vdev_info *v)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "vdev", v->vdev);
	json_add_string(o, "kind", vdev_name(v->device_id));
	json_add_u64(o, "requests", v->requests);
	json_add_u64(o, "bytes_in", v->bytes_in);
	json_add_u64(o, "bytes_out", v->bytes_out);
	json_add_u64(o, "errors", v->errors);
	return o;
}

/* ---- all of it ---- */

/* The parts are printed, or added to all (NULL: printed). */
static int show_vcpus(int ctl, unsigned int domid, struct json_object *all,
		      struct pvhv_error *err)
{
	struct json_object *array = all ? json_object_new_array() : NULL;
	struct pvhv_vcpu_info v;
	int ret;

	for (unsigned int n = 0; (ret = pvhv_vcpu_info(ctl, domid, n, &v, err)) > 0; n++) {
		if (array)
			json_object_array_add(array, json_vcpu(&v));
		else
			print_vcpu(&v);
	}
	if (array)
		json_object_object_add(all, "vcpu", array);
	return ret;
}

static int show_vdevs(int ctl, unsigned int domid, struct json_object *all,
		      struct pvhv_error *err)
{
	struct json_object *array = all ? json_object_new_array() : NULL;
	struct pvhv_vdev_info v;
	int ret;

	for (unsigned int n = 0; (ret = pvhv_vdev_next(ctl, domid, n, &v, err)) > 0;
	     n = v.vdev + 1) {
		if (array)
			json_object_array_add(array, json_vdev(&v));
		else
			print_vdev(&v);
	}
	if (array)
		json_object_object_add(all, "vdev", array);
	return ret;
}

static int show_memory(int ctl, unsigned int domid, struct json_object *all,
		       struct pvhv_error *err)
{
	struct pvhv_mem_info m;
	int ret = pvhv_mem_next(ctl, domid, &m, err);

	/* 0, or another one's: the guest has gone meanwhile */
	if (ret <= 0 || m.domid != domid)
		return ret < 0 ? ret : 0;
	if (all)
		json_object_object_add(all, "memory", json_memory(&m));
	else
		print_memory(&m);
	return 0;
}

static int show(int ctl, const struct pvhv_dom_info *info, struct json_object *all,
		struct pvhv_error *err)
{
	int ret;

	if (!all)
		print_domain(info);
	ret = show_memory(ctl, info->domid, all, err);
	if (!ret)
		ret = show_vcpus(ctl, info->domid, all, err);
	if (!ret)
		ret = show_vdevs(ctl, info->domid, all, err);
	if (!ret)
		ret = info_nets(ctl, info->domid, all, err);
	return ret;
}

int cmd_info(int argc, char **argv)
{
	struct json_object *all = NULL;
	struct pvhv_dom_info info;
	struct simple_args args;
	struct pvhv_error err;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "GUEST", "Tells all about a guest (its name or number).",
			 1, 1, &args);
	ctl = cmd_open_guest(args.arg[0], &info, &err);
	if (ctl < 0)
		return cmd_fail(&err);
	if (args.json)
		all = json_domain(&info, 1);
	ret = show(ctl, &info, all, &err);
	close(ctl);
	if (ret) {
		json_object_put(all);
		return cmd_fail(&err);
	}
	if (all)
		cmd_print_json(all);
	return EXIT_OK;
}

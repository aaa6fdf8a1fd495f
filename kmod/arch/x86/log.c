// SPDX-License-Identifier: GPL-2.0
/*
 * The core's log ring, panic, and the end of a domain.
 * Side: core.  The ring has one writer (the core) and one reader (the host).
 */
#include <linux/stdarg.h>
#include "log.h"
#include "apic.h"
#include "asm.h"
#include "gate.h"

struct out {
	char	*buf;
	u32	len, size;
};

static void out_char(struct out *o, char ch)
{
	if (o->len + 1 < o->size)
		o->buf[o->len++] = ch;
}

static void out_num(struct out *o, u64 v, unsigned int base)
{
	char tmp[24];
	int n = 0;

	do {
		tmp[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		out_char(o, tmp[--n]);
}

static void out_arg(struct out *o, char conv, bool wide, va_list *ap)
{
	const char *s;
	s64 d;

	switch (conv) {
	case 's':
		for (s = va_arg(*ap, const char *); *s; s++)
			out_char(o, *s);
		break;
	case 'c':
		out_char(o, va_arg(*ap, int));
		break;
	case 'd':
		d = wide ? va_arg(*ap, s64) : va_arg(*ap, int);
		if (d < 0)
			out_char(o, '-');
		out_num(o, d < 0 ? -(u64)d : (u64)d, 10);
		break;
	default:
		out_num(o, wide ? va_arg(*ap, u64) : va_arg(*ap, u32), conv == 'x' ? 16 : 10);
	}
}

static u32 format(char *buf, u32 size, const char *fmt, va_list *ap)
{
	struct out o = { buf, 0, size };

	for (; *fmt; fmt++) {
		bool wide = false;

		if (*fmt != '%') {
			out_char(&o, *fmt);
			continue;
		}
		while (*++fmt == 'l')
			wide = true;
		out_arg(&o, *fmt, wide, ap);
	}
	buf[o.len] = 0;
	return o.len;
}

static void log_write(struct pcore *c, const char *s, u32 len)
{
	u32 head = c->log_head;
	u32 tail = __atomic_load_n(&c->log_tail, __ATOMIC_ACQUIRE);
	u32 i;

	if (len + 1 > PCORE_LOG_SIZE - (head - tail)) {
		c->log_lost += len + 1;
		return;
	}
	for (i = 0; i < len; i++)
		c->log[(head + i) % PCORE_LOG_SIZE] = s[i];
	c->log[(head + len) % PCORE_LOG_SIZE] = '\n';
	/* pairs with the host's acquire in logdrain.c */
	__atomic_store_n(&c->log_head, head + len + 1, __ATOMIC_RELEASE);
}

void core_log(const char *fmt, ...)
{
	char buf[200];
	va_list ap;
	u32 len;

	va_start(ap, fmt);
	len = format(buf, sizeof(buf), fmt, &ap);
	va_end(ap);
	log_write(this_core(), buf, len);
}

void core_ring_host(struct pcore *c)
{
	struct pcore_irq irq;

	c->host_sent++;
	__atomic_store_n(&c->host_work, 1, __ATOMIC_SEQ_CST);
	irq = c->irq;
	if (irq.on)
		apic_send(irq.dest, irq.icr);
}

void core_panic(const char *fmt, ...)
{
	struct pcore *c = this_core();
	va_list ap;

	va_start(ap, fmt);
	format(c->panic_msg, sizeof(c->panic_msg), fmt, &ap);
	va_end(ap);
	/* others need not wait for the host */
	__atomic_store_n(&hv.up[c->index], 0, __ATOMIC_RELEASE);
	__atomic_store_n(&c->state, PCORE_PANIC, __ATOMIC_RELEASE);
	core_ring_host(c);
	for (;;)
		asm volatile("cli; hlt");
}

void domain_kill(struct domain *d, u32 reason, const char *fmt, ...)
{
	u32 none = PVHV_END_NONE;
	va_list ap;

	/* the first reason wins; 'state' is what tells that msg is complete */
	if (!__atomic_compare_exchange_n(&d->reason, &none, reason, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	va_start(ap, fmt);
	format(d->msg, sizeof(d->msg), fmt, &ap);
	va_end(ap);
	core_log("domain %u: %s", d->id, d->msg);
	__atomic_store_n(&d->state, PVHV_DOM_ST_ENDED, __ATOMIC_RELEASE);
	core_ring_host(this_core());
}

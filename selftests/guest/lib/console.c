// SPDX-License-Identifier: GPL-2.0
/*
 * The console ring of shared.h, output side, and a small printf on it.
 * Side: guest.
 */
#include "console.h"
#include "hypercall.h"

#define con ((volatile struct pvhv_console_page *)(PVHV_SHARED_VA + PVHV_CONSOLE_PAGE * PAGE))

static void console_char(char ch)
{
	/* full: the host is behind */
	while (con->out_prod - con->out_cons >= PVHV_CONSOLE_OUT_SIZE) {
		hc_notify(PVHV_PORT_CONSOLE);
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
	con->out[con->out_prod % PVHV_CONSOLE_OUT_SIZE] = ch;
	barrier();
	con->out_prod++;
}

void console_write(const char *s, u32 len)
{
	while (len--)
		console_char(*s++);
	hc_notify(PVHV_PORT_CONSOLE);
}

void console_flush(void)
{
	while (con->out_prod != con->out_cons) {
		hc_notify(PVHV_PORT_CONSOLE);
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
}

static void print_num(u64 v, unsigned int base)
{
	char tmp[24];
	int n = 0;

	do {
		tmp[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		console_char(tmp[--n]);
}

static void print_arg(char conv, bool wide, va_list *ap)
{
	const char *s;
	s64 d;

	switch (conv) {
	case 's':
		for (s = va_arg(*ap, const char *); *s; s++)
			console_char(*s);
		break;
	case 'c':
		console_char(va_arg(*ap, int));
		break;
	case 'd':
		d = wide ? va_arg(*ap, s64) : va_arg(*ap, int);
		if (d < 0)
			console_char('-');
		print_num(d < 0 ? -(u64)d : (u64)d, 10);
		break;
	case '%':
		console_char('%');
		break;
	default:
		print_num(wide ? va_arg(*ap, u64) : va_arg(*ap, u32), conv == 'x' ? 16 : 10);
	}
}

static void print_all(const char *fmt, va_list *ap)
{
	for (; *fmt; fmt++) {
		bool wide = false;

		if (*fmt != '%') {
			console_char(*fmt);
			continue;
		}
		while (*++fmt == 'l')
			wide = true;
		print_arg(*fmt, wide, ap);
	}
	hc_notify(PVHV_PORT_CONSOLE);
}

void vprintf(const char *fmt, va_list ap)
{
	va_list copy;

	va_copy(copy, ap);
	print_all(fmt, &copy);
	va_end(copy);
}

void printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

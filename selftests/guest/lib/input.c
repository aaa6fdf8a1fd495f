// SPDX-License-Identifier: GPL-2.0
/*
 * Lines from the console; while waiting for one, a request to shut down is obeyed.
 * Side: guest.
 */
#include "input.h"
#include "console.h"
#include "event.h"
#include "mm.h"

#define con	((volatile struct pvhv_console_page *)(PVHV_SHARED_VA + PVHV_CONSOLE_PAGE * PAGE))
#define shared	((volatile struct pvhv_shared_info *)PVHV_SHARED_VA)

void input_power_off(void)
{
	console_flush();
	for (;;)
		hc_sched(PVHV_SCHED_SHUTDOWN, PVHV_SHUTDOWN_POWEROFF);
}

static void check_request(void)
{
	if (!shared->shutdown_request)
		return;
	printf("asked %u\n", shared->shutdown_request);
	input_power_off();
}

bool input_waiting(void)
{
	return con->in_prod != con->in_cons;
}

/* Sleeps while there is no input; the host's event for it, or for a request, ends the sleep. */
static char read_char(void)
{
	char c;

	for (;;) {
		/* What comes behind these looks stays pending, so that BLOCK returns at once. */
		events_off();
		check_request();
		if (con->in_prod != con->in_cons)
			break;
		hc_sched(PVHV_SCHED_BLOCK, 0);
	}
	events_on();
	c = con->in[con->in_cons % PVHV_CONSOLE_IN_SIZE];
	barrier();
	con->in_cons++;
	if (con->in_prod == con->in_cons)
		hc_notify(PVHV_PORT_CONSOLE);
	return c;
}

void input_line(char *line, u32 size)
{
	u32 n = 0;

	for (;;) {
		char c = read_char();

		if (c == '\n')
			break;
		if (n < size - 1)
			line[n++] = c;
	}
	line[n] = 0;
}

u64 input_number(const char *s)
{
	u64 n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + *s++ - '0';
	return n;
}

const char *input_after(const char *line, const char *word)
{
	const char *l = line;

	while (*word)
		if (*l++ != *word++)
			return NULL;
	return l;
}

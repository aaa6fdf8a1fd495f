// SPDX-License-Identifier: GPL-2.0
/*
 * Ring 3: see user.h.
 * Side: guest.
 */
#include "user.h"
#include "event.h"
#include "string.h"

struct trap_frame user_regs;
static u8 *code_page;

void user_reset(void)
{
	memset(&user_regs, 0, sizeof(user_regs));
	user_regs.rip = USER_CODE;
	user_regs.cs = PVHV_USER_CS;
	user_regs.ss = PVHV_USER_DS;
	user_regs.rflags = FLAGS_IF | 2;
	user_regs.rsp = USER_STACK;
}

void user_init(const void *from, const void *to)
{
	if (!code_page) {
		code_page = page_alloc();
		map_page(USER_CODE, code_page, PTE_USER);
		map_page(USER_STACK & ~(PAGE - 1), page_alloc(), PTE_USER);
	}
	memcpy(code_page, from, (const u8 *)to - (const u8 *)from);
	user_reset();
}

int user_run(enum user_how how)
{
	int ret;

	trap_forget();
	ret = user_enter(how);
	events_on();
	return ret;
}

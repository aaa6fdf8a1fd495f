/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines from the console.
 * Side: guest.
 */
#ifndef GUEST_INPUT_H
#define GUEST_INPUT_H

#include "types.h"

/* There is some: input_line() would not sleep at once. */
bool input_waiting(void);
/* The next line, without its end; asleep until it comes. */
void input_line(char *line, u32 size);
/* The text behind the word, if the line begins with it. */
const char *input_after(const char *line, const char *word);
/* Of the digits at the beginning. */
u64 input_number(const char *s);
_Noreturn void input_power_off(void);

#endif

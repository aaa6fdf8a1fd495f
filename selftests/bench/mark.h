/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mark that tells a plugin of QEMU where what it counts begins and ends: a
 * NOP with a number, for guests, programs and the plugins.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

/* NOPL disp32(%rax): 0f 1f 80, then this plus 2 * number, plus 1 at the end. */
#define MARK_BASE	0x70766800
#define MARK_STRING_(x)	#x
#define MARK_STRING(x)	MARK_STRING_(x)
#define MARK_BEGIN(number)	"nopl " MARK_STRING(MARK_BASE + 2 * number) "(%rax)\n"
#define MARK_END(number)	"nopl " MARK_STRING(MARK_BASE + 2 * number + 1) "(%rax)\n"

/* Twice the number of the mark, plus 1 at the end; or -1. */
static inline long mark_read(const unsigned char *code, unsigned long size, unsigned int numbers)
{
	unsigned int disp;

	if (size != 7 || code[0] != 0x0f || code[1] != 0x1f || code[2] != 0x80)
		return -1;
	disp = code[3] | code[4] << 8 | code[5] << 16 | (unsigned int)code[6] << 24;
	return disp - MARK_BASE < 2 * numbers ? (long)(disp - MARK_BASE) : -1;
}

#endif /* BENCH_MARK_H */

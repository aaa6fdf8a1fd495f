// SPDX-License-Identifier: GPL-2.0
/* The program that the rows of processes start: it does nothing. */
int main(void)
{
	return 0;
}

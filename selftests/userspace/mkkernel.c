// SPDX-License-Identifier: GPL-2.0
/* mkkernel FILE: writes a generated kernel, for the shell tests. */
#include <stdio.h>

#include "elfgen.h"

int main(int argc, char **argv)
{
	struct gen g = gen_elf();
	FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;

	if (!out || fwrite(g.data, 1, g.size, out) != g.size || fclose(out))
		return 1;
	gen_free(&g);
	return 0;
}

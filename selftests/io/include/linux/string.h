/* SPDX-License-Identifier: GPL-2.0 */
/* Side: user space. */
#include <string.h>

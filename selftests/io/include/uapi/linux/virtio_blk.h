/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own header under the name that the module uses.  Side: user space. */
#ifndef __force
#define __force
#endif
#include <linux/virtio_blk.h>

// SPDX-License-Identifier: GPL-2.0
/*
 * The C side of the rig: kselftest's harness runs here, and the ABI headers
 * that the tests share with the module compile in user space.
 */
#include <unistd.h>
#include "kselftest_harness.h"
#include <pvhv/ioctl.h>

TEST(runs_as_root)
{
	ASSERT_EQ(0, geteuid());
}

TEST_HARNESS_MAIN

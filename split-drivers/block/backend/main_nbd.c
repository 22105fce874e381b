// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkbackd-nbd: a worker whose disk is at an NBD server. A program of its own
 * because libnbd brings a dozen libraries.
 */
#include "worker.h"

int main(void)
{
	return worker_main();
}

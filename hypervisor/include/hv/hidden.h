/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before everything else by the build: all symbols are in one image,
 * so none is reached through a table.
 */
#pragma GCC visibility push(hidden)

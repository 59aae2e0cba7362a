/* SPDX-License-Identifier: GPL-2.0 */
/* The version: module, tool, dkms.conf and man page take it from here. */
#ifndef MMLENS_VERSION_H
#define MMLENS_VERSION_H

#define MMLENS_VERSION "0.1.0"

#endif /* MMLENS_VERSION_H */

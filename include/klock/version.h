/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_VERSION_H
#define KLOCK_VERSION_H

#define KLOCK_VERSION_MAJOR 0
#define KLOCK_VERSION_MINOR 1
#define KLOCK_VERSION_PATCH 0
#define KLOCK_VERSION "0.1.0"

#endif

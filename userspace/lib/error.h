/* SPDX-License-Identifier: GPL-2.0 */
/* How every function of the library reports a failure. */
#ifndef PVHV_LIB_ERROR_H
#define PVHV_LIB_ERROR_H

#include "libpvhv.h"

/* Writes the sentence (err may be NULL) and returns code, a negative errno. */
int error_set(struct pvhv_error *err, int code, const char *fmt, ...)
	__attribute__((__format__(printf, 3, 4)));

/*
 * The same after a failed ioctl: 'fmt' says what was tried; then comes the
 * kernel's sentence (msg, if it wrote one) or the plain text of code.
 */
int error_kernel(struct pvhv_error *err, int code, const char *msg, const char *fmt, ...)
	__attribute__((__format__(printf, 4, 5)));

#endif

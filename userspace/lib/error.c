// SPDX-License-Identifier: GPL-2.0
/* Error sentences: formatting, and the remedy where the kernel gave only a number. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

int error_set(struct pvhv_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

static const char *remedy(int code)
{
	switch (code) {
	case -EPERM:
	case -EACCES:
		return " (run as root: this needs CAP_SYS_ADMIN)";
	case -ENOTTY:
		return " (the loaded module does not know this request: module and tool differ)";
	case -E2BIG:
		return " (the loaded module is older than the tool)";
	case -ENOMEM:
		return " (the host lacks memory for it: end something else, and try again)";
	case -EMFILE:
	case -ENFILE:
		return " (too many files are open: close some, or raise 'ulimit -n')";
	case -EBUSY:
		return " (it is in use, or the guest runs already or has ended)";
	case -EIO:
		return " (the guest belongs to another process, or its core failed: see 'pvhv log')";
	default:
		return "";
	}
}

int error_kernel(struct pvhv_error *err, int code, const char *msg, const char *fmt, ...)
{
	size_t used;
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);

	used = strlen(err->text);
	if (msg && msg[0])
		snprintf(err->text + used, sizeof(err->text) - used, ": %.*s",
			 PVHV_MSG_MAX, msg);
	else
		snprintf(err->text + used, sizeof(err->text) - used, ": %s%s",
			 strerror(-code), remedy(code));
	return code;
}

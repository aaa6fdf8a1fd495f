// SPDX-License-Identifier: GPL-2.0
/* Lists of CPUs and sizes, as the command line and guest files write them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Decimal digits at *p; moves *p past them.  Returns -1 if there are none or too many. */
static long long parse_number(const char **p)
{
	long long n = 0;

	if (!isdigit((unsigned char)**p))
		return -1;
	while (isdigit((unsigned char)**p)) {
		if (n > 1000000000LL)
			return -1;
		n = n * 10 + (*(*p)++ - '0');
	}
	return n;
}

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* One item, "3" or "4-6", into mask.  0, or a negative errno. */
static int parse_range(const char **p, uint64_t *mask)
{
	long long first, last;

	first = parse_number(p);
	if (first < 0)
		return -EINVAL;
	last = first;
	if (**p == '-') {
		(*p)++;
		last = parse_number(p);
	}
	if (last < first)
		return -EINVAL;
	if (last > 63)
		return -ERANGE;
	for (; first <= last; first++)
		*mask |= 1ULL << first;
	return 0;
}

int pvhv_parse_cpus(const char *text, uint64_t *mask, struct pvhv_error *err)
{
	const char *p = text;
	uint64_t found = 0;
	int ret;

	do {
		p = skip_space(p);
		ret = parse_range(&p, &found);
		p = skip_space(p);
		if (!ret && *p && *p != ',')
			ret = -EINVAL;
	} while (!ret && *p++ == ',');

	if (ret == -ERANGE)
		return error_set(err, ret, "'%s' names a CPU above 63", text);
	if (ret)
		return error_set(err, ret, "'%s' is no list of CPUs (such as 2 or 2,4-6)", text);
	*mask = found;
	return 0;
}

/* Bits to shift for a suffix: K, M, G, T with an optional "iB" or "B"; -1: none of them. */
static int size_shift(const char *suffix)
{
	static const char letters[] = "KMGT";
	const char *found;

	if (!*suffix)
		return 20;
	found = strchr(letters, toupper((unsigned char)*suffix));
	suffix++;
	if (!found || (*suffix && strcmp(suffix, "iB") && strcmp(suffix, "B")))
		return -1;
	return 10 * (found - letters + 1);
}

int pvhv_parse_count(const char *text, uint64_t max, uint64_t *count, struct pvhv_error *err)
{
	const char *p = skip_space(text);
	long long number = parse_number(&p);

	if (number < 0 || *skip_space(p))
		return error_set(err, -EINVAL, "'%s' is no number", text);
	if ((uint64_t)number > max)
		return error_set(err, -EINVAL, "'%s' is more than %llu", text,
				 (unsigned long long)max);
	*count = number;
	return 0;
}

int pvhv_parse_size(const char *text, uint64_t *bytes, struct pvhv_error *err)
{
	const char *p = skip_space(text);
	long long number = parse_number(&p);
	int shift = size_shift(skip_space(p));

	if (number < 0 || shift < 0)
		return error_set(err, -EINVAL,
				 "'%s' is no size (such as 512 for 512 MiB, 65536K, 2G)", text);
	if ((uint64_t)number > UINT64_MAX >> shift)
		return error_set(err, -EINVAL, "'%s' is too large", text);
	*bytes = (uint64_t)number << shift;
	return 0;
}

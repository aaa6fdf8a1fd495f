// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the compressed vmlinux inside a bzImage by its setup header
 * (Documentation/x86/boot.rst).  The payload's last four bytes are the
 * unpacked size.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "bzimage.h"
#include "error.h"
#include "unpack.h"

#define SETUP_SECTS	0x1f1	/* u8: 512-byte sectors of real-mode code; 0 means 4 */
#define BOOT_FLAG	0x1fe	/* u16 */
#define HEADER_MAGIC	0x202	/* "HdrS" */
#define HEADER_VERSION	0x206	/* u16 */
#define PAYLOAD_OFFSET	0x248	/* u32, from the protected-mode part; version 2.08 */
#define PAYLOAD_LENGTH	0x24c	/* u32 */
#define HEADER_END	0x250

#define UNPACKED_MAX	(1UL << 30)

static uint16_t get16(const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

int bzimage_is(const void *file, size_t size)
{
	const unsigned char *p = file;

	return size >= HEADER_END && get16(p + BOOT_FLAG) == 0xaa55 &&
	       !memcmp(p + HEADER_MAGIC, "HdrS", 4);
}

int bzimage_unpack(const void *file, size_t size, void **elf, size_t *elf_size,
		   struct pvhv_error *err)
{
	const unsigned char *p = file;
	uint64_t start, length;
	uint32_t unpacked;

	if (get16(p + HEADER_VERSION) < 0x208)
		return error_set(err, -ENOEXEC,
				 "the kernel's boot protocol %u.%02u is too old (2.08, Linux 2.6.26, is needed)",
				 p[HEADER_VERSION + 1], p[HEADER_VERSION]);

	start = ((p[SETUP_SECTS] ? p[SETUP_SECTS] : 4) + 1) * 512ULL +
		get32(p + PAYLOAD_OFFSET);
	length = get32(p + PAYLOAD_LENGTH);
	if (start > size || length > size - start || length < 8)
		return error_set(err, -ENOEXEC,
				 "the kernel file is cut short: its payload ends at byte %llu of %zu",
				 (unsigned long long)(start + length), size);

	unpacked = get32(p + start + length - 4);
	if (!unpacked || unpacked > UNPACKED_MAX)
		return error_set(err, -ENOEXEC,
				 "the kernel file is damaged: it claims to unpack to %u bytes",
				 unpacked);
	*elf_size = unpacked;
	return unpack_payload(p + start, length, unpacked, elf, err);
}

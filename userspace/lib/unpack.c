// SPDX-License-Identifier: GPL-2.0
/*
 * One decompressor per format behind one table.  Each gets the exact size
 * that has to come out and returns NULL, or what is wrong.
 */
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "array.h"
#include "error.h"
#include "unpack.h"

static const char wrong_size[] = "it does not unpack to the size that it announces";

static const char *unpack_gzip(const void *src, size_t len, void *dst, size_t size)
{
	z_stream s = {
		.next_in = (void *)src,
		.avail_in = len,
		.next_out = dst,
		.avail_out = size,
	};
	int ret;

	if (inflateInit2(&s, 15 + 16) != Z_OK)
		return "out of memory";
	ret = inflate(&s, Z_FINISH);
	inflateEnd(&s);
	if (ret != Z_STREAM_END && ret != Z_BUF_ERROR)
		return "its gzip data is damaged";
	return ret == Z_STREAM_END && s.total_out == size ? NULL : wrong_size;
}

static const char *unpack_xz(const void *src, size_t len, void *dst, size_t size)
{
	lzma_stream s = LZMA_STREAM_INIT;
	const char *wrong = NULL;
	lzma_ret ret;

	if (lzma_stream_decoder(&s, UINT64_MAX, 0) != LZMA_OK)
		return "out of memory";
	s.next_in = src;
	s.avail_in = len;
	s.next_out = dst;
	s.avail_out = size;
	ret = lzma_code(&s, LZMA_FINISH);
	if (ret != LZMA_STREAM_END && ret != LZMA_OK && ret != LZMA_BUF_ERROR)
		wrong = "its xz data is damaged";
	else if (ret != LZMA_STREAM_END || s.total_out != size)
		wrong = wrong_size;
	lzma_end(&s);
	return wrong;
}

static const char *unpack_zstd(const void *src, size_t len, void *dst, size_t size)
{
	ZSTD_inBuffer in = { .src = src, .size = len };
	ZSTD_outBuffer out = { .dst = dst, .size = size };
	ZSTD_DStream *s = ZSTD_createDStream();
	size_t ret, before;

	if (!s)
		return "out of memory";
	/* The kernel is packed with a window as large as itself. */
	ZSTD_DCtx_setParameter(s, ZSTD_d_windowLogMax, 31);
	do {
		before = in.pos + out.pos;
		ret = ZSTD_decompressStream(s, &out, &in);
	} while (!ZSTD_isError(ret) && ret && in.pos + out.pos != before);
	ZSTD_freeDStream(s);
	if (ZSTD_isError(ret))
		return "its zstd data is damaged";
	return ret == 0 && out.pos == size ? NULL : wrong_size;
}

static const struct format {
	const char *name;
	unsigned char magic[6];
	unsigned int magic_len;
	const char *(*unpack)(const void *src, size_t len, void *dst, size_t size);
} formats[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, unpack_gzip },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, unpack_zstd },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, unpack_xz },
	{ "bzip2", { 'B', 'Z', 'h' }, 3, NULL },
	{ "lzma", { 0x5d, 0, 0 }, 3, NULL },
	{ "lzo", { 0x89, 'L', 'Z', 'O' }, 4, NULL },
	{ "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4, NULL },
};

static const struct format *find_format(const void *src, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const struct format *f = &formats[i];

		if (len >= f->magic_len && !memcmp(src, f->magic, f->magic_len))
			return f;
	}
	return NULL;
}

int unpack_payload(const void *src, size_t len, size_t size, void **out, struct pvhv_error *err)
{
	const struct format *f = find_format(src, len);
	const char *wrong;
	void *dst;

	if (!f || !f->unpack)
		return error_set(err, -ENOEXEC,
				 "the kernel is compressed with %s; known are gzip, xz and zstd",
				 f ? f->name : "an unknown method");
	dst = malloc(size);
	if (!dst)
		return error_set(err, -ENOMEM, "no memory to unpack the kernel (%zu bytes)",
				 size);
	wrong = f->unpack(src, len, dst, size);
	if (wrong) {
		free(dst);
		return error_set(err, -ENOEXEC, "the kernel cannot be unpacked: %s", wrong);
	}
	*out = dst;
	return 0;
}

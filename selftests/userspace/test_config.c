// SPDX-License-Identifier: GPL-2.0
/* Guest files: what they may say, and how errors name file, line and keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "elfgen.h"
#include "libpvhv.h"
#include "tap.h"

#define MINIMAL	"[guest]\nkernel = /k\nmemory = 64\n"

static struct pvhv_error err;
static struct pvhv_config c;

static int parse(const char *text)
{
	memset(&err, 0, sizeof(err));
	return pvhv_config_read(gen_file(text, strlen(text)), &c, &err);
}

/* Parses what must be refused; says where the error was seen. */
static unsigned int refused_line(const char *text)
{
	const char *colon;
	int ret = parse(text);

	if (!ret) {
		pvhv_config_free(&c);
		return 9999;
	}
	if (ret != -EINVAL)
		return 9998;
	colon = strchr(err.text, ':');
	return colon ? atoi(colon + 1) : 9997;
}

static void everything(void)
{
	CHECK_EQ(parse("# a guest\n"
		       "[guest]\n"
		       "name = web 1\n"
		       "kernel=/boot/vmlinux   ; inside\n"
		       "initrd = /boot/initrd\n"
		       "cmdline = console=hvc0 root=/dev/vda\n"
		       "memory = 1G\n"
		       "vcpus = 4\n"
		       "cores = 2,4-6\n"
		       "\n"
		       "[disk0]\n"
		       "path = /dev/sdb\n"
		       "serial = 01234567890123456789\n"
		       "; the second\n"
		       "[disk1]\n"
		       "path = /srv/x.img\n"
		       "readonly = yes\n"
		       "[rng]\n"), 0);
	CHECK(!strcmp(c.name, "web 1"));
	CHECK(!strcmp(c.kernel, "/boot/vmlinux"));
	CHECK(!strcmp(c.initrd, "/boot/initrd"));
	CHECK(!strcmp(c.cmdline, "console=hvc0 root=/dev/vda"));
	CHECK_EQ(c.memory, 1ULL << 30);
	CHECK_EQ(c.vcpus, 4);
	CHECK_EQ(c.cores, 0x74);
	CHECK_EQ(c.nr_disks, 2);
	CHECK(!strcmp(c.disk[0].path, "/dev/sdb"));
	CHECK(!strcmp(c.disk[0].serial, "01234567890123456789"));
	CHECK_EQ(c.disk[0].readonly, 0);
	CHECK(!strcmp(c.disk[1].path, "/srv/x.img"));
	CHECK_EQ(c.disk[1].readonly, 1);
	CHECK_EQ(c.rng, 1);
	pvhv_config_free(&c);
}

static void defaults(void)
{
	CHECK_EQ(parse(MINIMAL), 0);
	CHECK(!strncmp(c.name, "pvhv-test-", 10));
	CHECK(!c.initrd && !c.cmdline);
	CHECK_EQ(c.memory, 64ULL << 20);
	CHECK_EQ(c.vcpus, 1);
	CHECK_EQ(c.cores, 0);
	CHECK_EQ(c.nr_disks, 0);
	CHECK_EQ(c.rng, 0);
	pvhv_config_free(&c);
}

static void rng_switch(void)
{
	CHECK_EQ(parse(MINIMAL "[rng]\nenable = no\n"), 0);
	CHECK_EQ(c.rng, 0);
	pvhv_config_free(&c);
	CHECK_EQ(parse(MINIMAL "[rng]\nenable = on\n"), 0);
	CHECK_EQ(c.rng, 1);
	pvhv_config_free(&c);
}

static void relative_paths(void)
{
	CHECK_EQ(parse("[guest]\nkernel = k/vmlinux\nmemory = 64\n"), 0);
	CHECK(!strcmp(c.kernel, "/tmp/k/vmlinux"));
	pvhv_config_free(&c);
}

static void disks_by_number(void)
{
	CHECK_EQ(parse(MINIMAL "[disk10]\npath=/ten\n[disk2]\npath=/two\n[disk0]\npath=/zero\n"), 0);
	CHECK_EQ(c.nr_disks, 3);
	CHECK(!strcmp(c.disk[0].path, "/zero"));
	CHECK(!strcmp(c.disk[1].path, "/two"));
	CHECK(!strcmp(c.disk[2].path, "/ten"));
	pvhv_config_free(&c);
}

static void indented(void)
{
	CHECK_EQ(parse("[guest]\n  kernel = /k\n  memory = 64\n  cmdline = a\n    b=c\n\td\n  vcpus = 2\n"),
		 0);
	CHECK(!strcmp(c.kernel, "/k"));
	CHECK(!strcmp(c.cmdline, "a b=c d"));
	CHECK_EQ(c.vcpus, 2);
	pvhv_config_free(&c);
}

/* inih itself takes 199 characters; ours have no such bound. */
static void long_lines(void)
{
	char text[4096], line[PVHV_CMDLINE_MAX];

	for (int blanks = 0; blanks < 2; blanks++) {
		for (size_t n = 180; n < PVHV_CMDLINE_MAX; n += n < 420 ? 1 : 97) {
			for (size_t i = 0; i < n; i++)
				line[i] = blanks && i % 13 == 7 && i + 1 < n ? ' ' :
					  'a' + i % 26;
			line[n] = '\0';
			snprintf(text, sizeof(text), "%scmdline = %s\nvcpus = 2\n", MINIMAL,
				 line);
			CHECK_EQ(parse(text), 0);
			CHECK(!strcmp(c.cmdline, line));
			CHECK_EQ(c.vcpus, 2);
			pvhv_config_free(&c);
		}
	}
	memset(line, 'x', sizeof(line));
	snprintf(text, sizeof(text), "# %.300s\n%s; %.300s\ncmdline = a\n# %.300s\n", line, MINIMAL,
		 line, line);
	CHECK_EQ(parse(text), 0);
	CHECK(!strcmp(c.cmdline, "a"));
	pvhv_config_free(&c);
	snprintf(text, sizeof(text), "%scmdline = %.2047sy\n", MINIMAL, line);
	CHECK_EQ(refused_line(text), 4);
	CHECK_SAYS(err.text, "cmdline", "2047");
}

static void unknown_key(void)
{
	CHECK_EQ(refused_line("[guest]\nkernel = /k\n\nmemroy = 64\nmemory = 64\n"), 4);
	CHECK_SAYS(err.text, "/tmp/pvhv-test-", "'memroy'", "[guest]",
		   "name, kernel, initrd, cmdline, memory, maxmemory, vcpus, cores");
	CHECK_EQ(refused_line(MINIMAL "[disk0]\npath = /d\nread-only = yes\n"), 6);
	CHECK_SAYS(err.text, "'read-only'", "[disk0]", "path, readonly, serial");
	CHECK_EQ(refused_line(MINIMAL "[rng]\nsource = x\n"), 5);
	CHECK_SAYS(err.text, "enable");
}

/* After lines that inih saw as several: the number is still the file's. */
static void line_behind_long_lines(void)
{
	char text[2048], line[800];

	memset(line, 'x', sizeof(line));
	snprintf(text, sizeof(text), "%scmdline = %.700s\nnonsense\n", MINIMAL, line);
	CHECK_EQ(refused_line(text), 5);
	snprintf(text, sizeof(text), "%scmdline = %.700s\nfoo = 1\n", MINIMAL, line);
	CHECK_EQ(refused_line(text), 5);
}

static void unknown_section(void)
{
	CHECK_EQ(refused_line(MINIMAL "[usb0]\n"), 4);
	CHECK_SAYS(err.text, "[usb0]", "[net0]", "[guest]", "[disk0]", "[rng]");
	CHECK_EQ(refused_line(MINIMAL "[disk]\npath = /x\n"), 4);
	CHECK_EQ(refused_line(MINIMAL "[diskette]\npath = /x\n"), 4);
	CHECK_EQ(refused_line("kernel = /k\n" MINIMAL), 1);
	CHECK_SAYS(err.text, "[guest]");
}

static void no_sense(void)
{
	CHECK_EQ(refused_line(MINIMAL "what is this\n"), 4);
	CHECK_SAYS(err.text, "key = value");
	CHECK_EQ(refused_line("[guest\nkernel = /k\n"), 1);
}

static void given_twice(void)
{
	CHECK_EQ(refused_line(MINIMAL "kernel = /other\n"), 4);
	CHECK_SAYS(err.text, "kernel", "twice");
	CHECK_EQ(refused_line(MINIMAL "[guest]\n"), 4);
	CHECK_SAYS(err.text, "[guest]", "twice");
	CHECK_EQ(refused_line(MINIMAL "[disk1]\npath = /a\n[disk01]\npath = /b\n"), 6);
	CHECK_SAYS(err.text, "[disk01]", "twice");
}

static void bad_values(void)
{
	static const struct {
		const char *line, *word;
	} bad[] = {
		{ "vcpus = 0", "1 to 16" },
		{ "vcpus = 17", "1 to 16" },
		{ "vcpus = two", "two" },
		{ "vcpus = 2x", "2x" },
		{ "vcpus =", "1 to 16" },
		{ "cores = 2-", "2-" },
		{ "cores = 3-2", "3-2" },
		{ "cores = 64", "63" },
		{ "cores = 1,,2", "1,,2" },
		{ "name = 01234567890123456789012345678901", "31" },
		{ "name =", "1 to 31" },
		{ "initrd =", "path" },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "%s%s\n", MINIMAL, bad[i].line);
		CHECK_EQ(refused_line(text), 4);
		CHECK_SAYS(err.text, bad[i].word);
	}
	CHECK_EQ(refused_line(MINIMAL "[disk0]\npath=/d\nreadonly = maybe\n"), 6);
	CHECK_SAYS(err.text, "maybe");
	CHECK_EQ(refused_line(MINIMAL "[disk0]\npath=/d\nserial = 012345678901234567890\n"), 6);
	CHECK_SAYS(err.text, "20");
}

static void memory_sizes(void)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} sizes[] = {
		{ "32", 32ULL << 20 }, { "32M", 32ULL << 20 }, { "32MiB", 32ULL << 20 },
		{ "4096K", 4ULL << 20 }, { "2g", 2ULL << 30 }, { "1 GiB", 1ULL << 30 },
		{ "1T", 1ULL << 40 },
		{ "3", 0 }, { "0", 0 }, { "-5", 0 }, { "5001K", 0 }, { "32X", 0 }, { "1Mi", 0 },
		{ "99999999999", 0 }, { "999999999T", 0 }, { "", 0 },
	};
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(text, sizeof(text), "[guest]\nkernel = /k\nmemory = %s\n", sizes[i].text);
		if (!sizes[i].bytes) {
			CHECK_EQ(refused_line(text), 3);
			CHECK_SAYS(err.text, "memory");
			continue;
		}
		CHECK_EQ(parse(text), 0);
		CHECK_EQ(c.memory, sizes[i].bytes);
		pvhv_config_free(&c);
	}
}

static void incomplete(void)
{
	CHECK_EQ(parse("[guest]\nmemory = 64\n"), -EINVAL);
	CHECK_SAYS(err.text, "kernel = PATH");
	CHECK_EQ(parse("[guest]\nkernel = /k\n"), -EINVAL);
	CHECK_SAYS(err.text, "memory = ");
	CHECK_EQ(parse(""), -EINVAL);
	CHECK_EQ(refused_line(MINIMAL "[disk0]\nreadonly = yes\n"), 4);
	CHECK_SAYS(err.text, "path");
	CHECK_EQ(pvhv_config_read("/nonexistent.conf", &c, &err), -ENOENT);
	CHECK_SAYS(err.text, "/nonexistent.conf");
	CHECK_EQ(pvhv_config_read("/tmp", &c, &err), -EINVAL);
	CHECK_SAYS(err.text, "/tmp");
}

static void too_many_disks(void)
{
	char text[8192] = MINIMAL;
	size_t used = strlen(text);

	for (int i = 0; i <= PVHV_MAX_DISKS; i++)
		used += snprintf(text + used, sizeof(text) - used, "[disk%d]\npath = /d\n", i);
	CHECK_EQ(refused_line(text), 4 + 2 * PVHV_MAX_DISKS);
}

static void interfaces(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 }, ip[4] = { 10, 1, 0, 2 }, gw[4] = { 10, 1, 0, 1 };
	static const uint8_t ip6[16] = { 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0xff, 0xfe, 0, 0, 9 };
	uint8_t first[6];

	CHECK_EQ(parse(MINIMAL "[net1]\nbridge = br0\nmtu = 9000\n[net0]\naddress = 10.1.0.2/16\n"
		       "mac = 02:00:00:00:00:09\nprefix6 = 2001:db8:1:2::/64\nresolver = 1.1.1.1, 9.9.9.9\n"
		       "rate_in = 500K\nrate_out = 2M\nweight = 1000\n"), 0);
	CHECK_EQ(c.nr_nets, 2);
	CHECK_EQ(c.net[0].nr, 0);
	CHECK(!memcmp(c.net[0].mac, mac, 6));
	CHECK(!memcmp(c.net[0].ip4, ip, 4));
	CHECK_EQ(c.net[0].prefix4, 16);
	CHECK(!memcmp(c.net[0].gateway, gw, 4));
	CHECK(!memcmp(c.net[0].ip6, ip6, 16));
	CHECK_EQ(c.net[0].nr_resolvers, 2);
	CHECK_EQ(c.net[0].resolver[1][3], 9);
	CHECK_EQ(c.net[0].rate_in, 500 << 10);
	CHECK_EQ(c.net[0].rate_out, 2 << 20);
	CHECK_EQ(c.net[0].weight, 1000);
	CHECK_EQ(c.net[1].weight, 0);
	CHECK(!strcmp(c.net[1].bridge, "br0"));
	CHECK_EQ(c.net[1].mtu, 9000);
	CHECK_EQ(c.net[1].mac[0] & 3, 2);
	memcpy(first, c.net[1].mac, 6);
	pvhv_config_free(&c);
	/* the same each time, another one for another number or name */
	CHECK_EQ(parse(MINIMAL "name = a\n[net0]\nbridge = b\n[net1]\nbridge = b\n"), 0);
	CHECK(memcmp(c.net[0].mac, c.net[1].mac, 6));
	CHECK(memcmp(c.net[1].mac, first, 6));
	memcpy(first, c.net[1].mac, 6);
	pvhv_config_free(&c);
	CHECK_EQ(parse(MINIMAL "name = a\n[net1]\nbridge = b\n"), 0);
	CHECK(!memcmp(c.net[0].mac, first, 6));
	pvhv_config_free(&c);
}

static void bad_interfaces(void)
{
	static const char *const lines[] = {
		"address = 10.1.0\n", "address = 10.1.0.2/31\n", "address = 10.1.0.2/\n", "address = fe80::1\n",
		"address = 10.1.0.300\n", "bridge =\n", "bridge = averyverylongname\n", "bridge = ../x\n",
		"mac = 01:00:00:00:00:00\n", "mac = 00:00:00:00:00:00\n", "mac = 1:2:3\n",
		"prefix6 = 2001:db8::1/64\n", "prefix6 = 2001:db8::/48\n", "prefix6 = fe80::/64\n", "prefix6 = ff02::/64\n",
		"resolver = 1.1.1.1 2.2.2.2 3.3.3.3\n", "resolver = localhost\n", "mtu = 67\n", "mtu = 65522\n",
		"rate_in = 0\n", "rate_out = 9G\n", "rate_in = fast\n",
		"weight = 0\n", "weight = 1001\n", "weight = -1\n", "weight = heavy\n",
	};
	static const char *const sections[] = {
		"", "gateway = 10.1.0.1\n", "address = 10.1.0.0/24\n", "address = 10.1.0.255/24\n",
		"address = 10.1.0.2/24\ngateway = 10.1.1.1\n", "address = 10.1.0.2/24\ngateway = 10.1.0.2\n",
		"address = 127.0.0.5/8\n", "address = 224.0.0.5/8\n", "bridge = b\nprefix6 = 2001:db8::/64\n",
		"bridge = b\nresolver = 1.1.1.1\n",
	};
	char text[256];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), MINIMAL "[net0]\n%s", lines[i]);
		CHECK_EQ(refused_line(text), 5);
	}
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		snprintf(text, sizeof(text), MINIMAL "[net0]\n%s", sections[i]);
		CHECK_EQ(refused_line(text), 4);
	}
	CHECK_EQ(refused_line(MINIMAL "[net0]\nbridge = b\n[net0]\nbridge = b\n"), 6);
}

static void cpu_lists(void)
{
	uint64_t mask = 0;

	CHECK_EQ(pvhv_parse_cpus("0", &mask, &err), 0);
	CHECK_EQ(mask, 1);
	CHECK_EQ(pvhv_parse_cpus(" 1, 3 -5", &mask, &err), -EINVAL);
	CHECK_EQ(pvhv_parse_cpus(" 1, 3-5 ,63\n", &mask, &err), 0);
	CHECK_EQ(mask, 1ULL << 63 | 0x3a);
	CHECK_EQ(pvhv_parse_cpus("1 2", &mask, &err), -EINVAL);
	CHECK_EQ(pvhv_parse_cpus("", &mask, &err), -EINVAL);
	CHECK_EQ(pvhv_parse_cpus("all", &mask, &err), -EINVAL);
	CHECK_EQ(pvhv_parse_cpus("0-64", &mask, &err), -ERANGE);
	gen_file_remove();
}

const struct tap_test tap_tests[] = {
	{ "a file with every key", everything },
	{ "defaults", defaults },
	{ "the rng section, with and without its key", rng_switch },
	{ "relative paths start at the file's folder", relative_paths },
	{ "disks go by their numbers", disks_by_number },
	{ "indented keys and continued values", indented },
	{ "lines of any length", long_lines },
	{ "an unknown key: file, line, known keys", unknown_key },
	{ "line numbers behind long lines", line_behind_long_lines },
	{ "an unknown section; a key before any", unknown_section },
	{ "a line without sense", no_sense },
	{ "keys and sections given twice", given_twice },
	{ "values out of range", bad_values },
	{ "sizes of memory", memory_sizes },
	{ "what must be there", incomplete },
	{ "too many disks", too_many_disks },
	{ "network interfaces", interfaces },
	{ "network interfaces that cannot be", bad_interfaces },
	{ "lists of CPUs", cpu_lists },
	{ NULL, NULL },
};

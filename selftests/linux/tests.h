/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of guest-tests share.  Each part is a function in a file of its
 * own; it prints TAP with check() and ends with the plan, so that a part that
 * stops early is seen.
 */
#ifndef GUEST_TESTS_H
#define GUEST_TESTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A result; returns 'good'. */
int check(int good, const char *format, ...) __attribute__((format(printf, 2, 3)));
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the program: something that is no result went wrong. */
void die(const char *what) __attribute__((noreturn));

uint64_t now_ns(void);
/* A sequence that is not all equal and known to writer and reader. */
uint64_t mix(uint64_t n);
void fill(void *where, size_t bytes, uint64_t seed);
/* Bytes up to the first that is not as filled; 'bytes' if all are. */
size_t filled(const void *where, size_t bytes, uint64_t seed);
/* Waits for a child; its exit status, or -signal. */
int wait_for(pid_t pid);

/* A file in memory, filled. */
int memory_file(size_t size, uint64_t seed);
/* Writes a file to the disk and reads it back; 0: it is the same. */
int disk_file(const char *path, uint64_t seed);
/* Of this process, ever. */
long minor_faults(void);
/* Is this the kernel that takes pages around and ahead of a fault? */
int is_pvhv(void);

void test_signals(void);
void test_faults(void);
void test_debug(void);
void test_fpu(void);
void test_tls(void);
void test_memory(void);
void test_processes(void);
void test_threads(void);
void test_shared(void);
void test_ahead(void);
void test_vcpus(void);
void test_vtime(void);
void test_time(void);
void test_ipc(void);
void test_big(void);
void test_oom(void);
void test_disk(void);
void test_rng(void);
void test_move(void);

/* What an exec'ed copy of this program does: the check of its own image. */
int exec_child(int argc, char **argv);

#endif

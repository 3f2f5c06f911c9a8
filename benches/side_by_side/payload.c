/*
 * The child that the inits start in the benches: it exits with 0 at once, or (PAYLOAD_STAYS) writes one byte to stdout
 * to say that it runs and sleeps until a signal ends it. Or (PAYLOAD_STARTS) it is the least that an init can be:
 * starts a program, waits, exits.
 *
 * PAYLOAD_BARE leaves libc out, so that what is seen is the init's cost and not that of a C library's start-up. An
 * architecture that is not listed fails to compile bare and is built with the libc at hand.
 */
#include <sys/syscall.h>

/* The numbers of <linux/sched.h>, CLONE_VM | CLONE_VFORK, and SIGCHLD, the same on every Linux that is built bare. */
#ifdef PAYLOAD_VFORKS
#define PAYLOAD_CLONE (0x100 | 0x4000 | 17)
#else
#define PAYLOAD_CLONE 17
#endif

#ifdef PAYLOAD_BARE
static long call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return number;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#elif defined(__riscv) && __riscv_xlen == 64
	register long a7 __asm__("a7") = number, a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
	return a0;
#else
#error "no bare system call here"
#endif
}
#define ENTRY void _start(void)
#else
#include <unistd.h>
#define call syscall
#define ENTRY int main(void)
#endif

ENTRY
{
	int status = 0;
#if defined(PAYLOAD_STAYS)
	char ready = 'r';
	call(SYS_write, 1, (long)&ready, 1, 0);
	/* ppoll(2) with nothing to wait for: newer architectures have no pause(2). */
	for (;;)
		call(SYS_ppoll, 0, 0, 0, 0);
#elif defined(PAYLOAD_STARTS)
	static char path[] = PAYLOAD_STARTS;
	char *argv[] = {path, 0}, *envp[] = {0};
	/* Bare system calls only: flags come first in clone(2) on all that have them here. */
	long child = call(SYS_clone, PAYLOAD_CLONE, 0, 0, 0);
	if (child == 0)
		call(SYS_execve, (long)path, (long)argv, (long)envp, 0);
	call(SYS_wait4, child, (long)&status, 0, 0);
#endif
	call(SYS_exit_group, status != 0, 0, 0, 0);
	for (;;)
		;
}

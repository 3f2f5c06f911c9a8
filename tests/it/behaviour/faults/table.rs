//! One row for each call, what pausa does meanwhile, and each class of error; by the order of the calls in a run.

use super::Outcome::{self, Ends, Told, Unharmed};
use super::{Life, Loss, Row};
use crate::harness::injection::When::{self, Always, Nth};
use crate::harness::launch::{AsPid1, AsSubreaper, PLACES, Place};
use nix::errno::Errno::*;

const PID_1: &[Place] = &[AsPid1];
const OTHER: &[Place] = &[AsSubreaper];
const BOTH: &[Place] = &PLACES;

const ONCE: &[When] = &[Nth(1)];
const SECOND: &[When] = &[Nth(2)];
const ALWAYS: &[When] = &[Always];
const ANY: &[When] = &[Nth(1), Always];

/// `CALL LIFE PLACES TIMES [ERROR, …] => OUTCOME [LOSS, …] "what pausa does";`
macro_rules! rows {
    ($($call:ident $life:ident $places:ident $when:ident [$($error:ident),+]
        => $outcome:expr, [$($loss:ident),*] $does:literal;)*) => {
        pub const ROWS: &[Row] = &[$(Row {
            call: stringify!($call),
            life: Life::$life,
            places: $places,
            when: $when,
            errors: &[$($error),+],
            outcome: $outcome,
            loses: &[$(Loss::$loss),*],
            does: $does,
        }),*];
    };
}

const NO_SIGNALS: Outcome = Ends(125, "cannot wait for signals: ");
const NO_CHILDREN: Outcome = Ends(125, "cannot wait for children: ");
const NO_FORK: Outcome = Ends(125, "cannot fork: ");
const NOT_INSTALLED: Outcome = Ends(125, "cannot install: ");
const NO_CLOCK: Outcome = Ends(125, "cannot read the clock: ");
const UNWRITTEN: Outcome = Told("cannot write the termination message to ");
const GIVEN_UP: Outcome = Told("has not ended after SIGKILL");

rows! {
    rt_sigprocmask Forwarding BOTH ANY [EPERM, ENOSYS, EFAULT, EINVAL] => NO_SIGNALS, []
        "runs no command, since it would receive no signal and not notice the child's end";
    rt_sigprocmask Forwarding BOTH SECOND [EPERM, ENOSYS] => Unharmed, []
        "goes on: all signals are blocked already";
    rt_sigprocmask Hold BOTH ANY [EPERM, ENOSYS] => Unharmed, []
        "holds: the handlers work without it";
    rt_sigprocmask Hold BOTH SECOND [EPERM, ENOSYS] => NO_SIGNALS, []
        "ends, since SIGTERM would stay blocked";
    getpid Forwarding BOTH ANY [EPERM, ENOSYS] => Unharmed, []
        "takes itself for a process that is not PID 1";
    prctl Forwarding OTHER ANY [EPERM, ENOSYS, EINVAL] => Told("cannot become a subreaper"), []
        "goes on; another process gets the orphans";
    prctl ParentDeath PID_1 ANY [EPERM, ENOSYS, EINVAL] => Told("cannot ask for --parent-death: "), []
        "goes on; no signal comes when the parent ends";
    prctl Hold OTHER ANY [EPERM, ENOSYS, EINVAL] => Unharmed, []
        "holds; another process gets the orphans";
    openat Forwarding BOTH ANY [EPERM, ENOSYS, EACCES, EINTR, EIO, EMFILE, ENFILE, ENOENT, ENOMEM, ENXIO]
        => Unharmed, []
        "takes stdin for the terminal, if it is one";
    openat Terminal BOTH ANY [EACCES, EPERM, ENOSYS, EMFILE, ENFILE, ENOENT] => Unharmed, []
        "takes stdin for the terminal";
    openat Message BOTH ANY [EMFILE, EACCES, ENOENT, ENFILE] => Unharmed, []
        "writes the message without counters of memory";
    openat Killing OTHER ALWAYS [EACCES, EPERM, ENOSYS, EMFILE, ENOENT] => Unharmed, [Others]
        "kills the command and its group; it cannot list other children";
    openat LimitedDraining OTHER ALWAYS [EACCES, EPERM, ENOSYS, EMFILE, ENOENT] => Unharmed, [Others]
        "asks the command's group; it cannot list other children, and `-k` ends the wait for them";
    openat Draining OTHER ALWAYS [EACCES, EPERM, ENOSYS, EMFILE, ENOENT]
        => Told("cannot wait for children: "), [Others]
        "asks the command's group, and ends a second later: nothing would end the wait for those whom it cannot ask";
    openat2 Message BOTH ANY [EPERM, ENOSYS] => Unharmed, []
        "opens the file by openat";
    openat2 Message BOTH ANY [EAGAIN, EISDIR, ELOOP, EMFILE, ENOENT, ENOSPC, EROFS, ETXTBSY] => UNWRITTEN, [Message]
        "goes on without the message";
    openat2 Message BOTH ALWAYS [EACCES] => UNWRITTEN, [Message]
        "goes on without the message";
    openat2 Message BOTH ONCE [EACCES] => Unharmed, []
        "opens the file for writing alone";
    statx Verbose BOTH ANY [EPERM, ENOSYS, EBADF, ENOMEM] => Unharmed, []
        "writes as to a pipe";
    statx VerboseHold BOTH ANY [EPERM, ENOSYS, EBADF, ENOMEM] => Unharmed, []
        "the same";
    statx Draining OTHER ANY [EPERM, ENOSYS] => Unharmed, []
        "reads the list of children all the same";
    ioctl Terminal BOTH ANY [EPERM, ENOSYS, ENOTTY] => Unharmed, [Foreground]
        "leaves the child in the process group of pausa, which has the foreground";
    ioctl Session BOTH ANY [EPERM, ENOSYS, ENOTTY] => Unharmed, [Foreground]
        "keeps the terminal, so that the child's session has none";
    getsid Terminal OTHER ANY [EPERM, ENOSYS] => Unharmed, [Foreground]
        "leaves the child in the process group of pausa, as below a shell";
    clock_gettime Forwarding BOTH ANY [EPERM, ENOSYS, EINVAL] => Unharmed, []
        "goes on: there is no deadline";
    clock_gettime Killing BOTH ANY [EPERM, ENOSYS, EINVAL] => NO_CLOCK, []
        "runs no command, since no deadline would come";
    clock_gettime Killing BOTH SECOND [EPERM, ENOSYS] => NO_CLOCK, []
        "passes the stop signal on and ends, since no deadline would come";
    clock_gettime Message BOTH ANY [EPERM, ENOSYS] => Unharmed, []
        "writes a message whose times are wrong";
    rt_sigaction Forwarding BOTH ANY [EPERM, ENOSYS, EINVAL] => NO_FORK, []
        "runs no command, since an ignored SIGCHLD would lose its status";
    rt_sigaction Forwarding PID_1 SECOND [EPERM, ENOSYS] => Unharmed, []
        "goes on; /proc/1/status shows that signal as not caught";
    rt_sigaction Hold BOTH ANY [EPERM, ENOSYS] => Ends(1, ""), []
        "ends silently by 1, 2 or 3, as Kubernetes' pause does: the handler of SIGINT, SIGTERM or \
        SIGCHLD";
    getpgid Forwarding BOTH ANY [EPERM, ENOSYS] => Unharmed, []
        "goes on: there is no terminal";
    getpgid Terminal BOTH ANY [EPERM, ENOSYS] => Unharmed, [Foreground]
        "does not give the child the foreground before it reads from the terminal";
    clone Forwarding BOTH ALWAYS [EAGAIN, EPERM, ENOSYS, ENOMEM, EINVAL] => NO_FORK, []
        "runs no command";
    clone Forwarding BOTH ONCE [EINVAL] => Unharmed, []
        "makes the process without shared memory";
    setpgid Forwarding BOTH ANY [EPERM, ENOSYS, EACCES, EINVAL, ESRCH] => Unharmed, []
        "goes on: the child does the same";
    ppoll Verbose BOTH ANY [EPERM, ENOSYS, EINTR, ENOMEM] => Unharmed, [Lines]
        "loses the line, rather than wait for a reader";
    ppoll VerboseHold BOTH ANY [EPERM, ENOSYS, EINTR, ENOMEM] => Unharmed, [Lines]
        "the same";
    pwritev2 Verbose BOTH ANY [EOPNOTSUPP, EPERM, ENOSYS] => Unharmed, []
        "writes through an open file of its own";
    pwritev2 Verbose BOTH ANY [EAGAIN, EPIPE] => Unharmed, [Lines]
        "loses the line, and counts it";
    pwritev2 VerboseHold BOTH ANY [EOPNOTSUPP, EPERM, ENOSYS] => Unharmed, []
        "writes through an open file of its own";
    pwritev2 VerboseHold BOTH ANY [EAGAIN, EPIPE] => Unharmed, [Lines]
        "loses the line: a handler has nowhere to count it";
    write Message BOTH ALWAYS [ENOSPC, EAGAIN, EDQUOT, EFBIG, EIO, EPERM, ENOSYS] => UNWRITTEN, [Message]
        "goes on without the message";
    write Message BOTH ONCE [ENOSPC, EIO] => UNWRITTEN, []
        "writes no message ahead, and the one at the end";
    write Message BOTH SECOND [ENOSPC, EIO] => UNWRITTEN, []
        "goes on; the message that was written ahead stays";
    ftruncate Message BOTH ANY [EINTR, EPERM, ENOSYS] => UNWRITTEN, []
        "writes the message; empty lines may follow it";
    lseek Message BOTH ALWAYS [EPERM, ENOSYS] => UNWRITTEN, [Message]
        "goes on without the message";
    lseek Message BOTH ONCE [EPERM, ENOSYS] => UNWRITTEN, []
        "writes no message ahead, and the one at the end";
    read Message BOTH ANY [EIO, EPERM, ENOSYS] => Unharmed, []
        "writes the message without counters of memory, and without the program's own words";
    write Message BOTH ONCE [EINTR] => Unharmed, []
        "writes it again";
    read Killing OTHER ALWAYS [EIO, EPERM, ENOSYS] => Unharmed, [Others]
        "kills the command and its group; it cannot list other children";
    read LimitedDraining OTHER ANY [EIO, EPERM, ENOSYS] => Unharmed, [Others]
        "as where openat fails";
    close Message BOTH ANY [EIO, EINTR, EPERM, ENOSYS] => Unharmed, []
        "goes on; the descriptor is left";
    wait4 Forwarding BOTH ANY [EPERM, ENOSYS, ECHILD, EINVAL, EINTR] => NO_CHILDREN, []
        "ends, since it would never notice the child's end";
    wait4 Forwarding BOTH SECOND [EPERM, ENOSYS] => NO_CHILDREN, []
        "the same";
    wait4 Message BOTH ONCE [EPERM] => NO_CHILDREN, []
        "the message says that the end is not known";
    wait4 Hold BOTH ANY [EPERM, ENOSYS] => Unharmed, [Zombies]
        "holds; zombies stay until wait4 works and a child ends";
    waitid Draining OTHER ANY [EPERM, ENOSYS, ECHILD, EINVAL, EINTR] => Unharmed, []
        "does not ask the command's group at its end; it asks each process when it adopts it";
    rt_sigtimedwait Forwarding BOTH ANY [EPERM, ENOSYS, EINVAL] => NO_SIGNALS, []
        "ends, since it could forward nothing";
    rt_sigtimedwait Forwarding BOTH SECOND [EPERM, ENOSYS, EINVAL] => NO_SIGNALS, []
        "the same";
    rt_sigtimedwait Forwarding BOTH ANY [EAGAIN] => NO_SIGNALS, []
        "ends: without a deadline no kernel says so";
    rt_sigtimedwait Forwarding BOTH ONCE [EINTR] => Unharmed, []
        "asks again";
    kill Forwarding BOTH ANY [ENOSYS, EINVAL] => Told("cannot send SIGUSR1 to "), [Signal]
        "continues without that signal";
    kill Forwarding BOTH ANY [EPERM] => Unharmed, []
        "has a new process send it as the child's user";
    kill Forwarding BOTH ONCE [ESRCH] => Unharmed, []
        "sends it to the child once more";
    kill Killing PID_1 ALWAYS [EPERM] => GIVEN_UP, [Others]
        "ends at once by 137, and the kernel kills all others with it";
    kill Killing OTHER ALWAYS [EPERM] => Told("grace period expired"), [Others]
        "has a new process kill the child as its user";
    kill Killing BOTH ALWAYS [ENOSYS] => GIVEN_UP, [Others]
        "ends without the child after a second, by 137";
    kill LimitedDraining BOTH ALWAYS [EPERM, ENOSYS] => Told("grace period expired"), [Others]
        "waits a second after the kill that fails, and ends. Without `-k` it waits until all have ended";
    rt_sigqueueinfo Forwarding BOTH ANY [EPERM, ENOSYS, EAGAIN, EINVAL, ESRCH] => Unharmed, []
        "sends the signal by kill, without its value";
    pidfd_open Group BOTH ANY [EPERM, ENOSYS, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM, ESRCH] => Unharmed, []
        "sends the signal by kill, without its value";
    pidfd_send_signal Group BOTH ANY [EPERM, ENOSYS, EINVAL, EAGAIN, EBADF, ESRCH] => Unharmed, []
        "the same";
    madvise Hold BOTH ANY [EPERM, ENOSYS, EINVAL, EAGAIN, ENOMEM] => Unharmed, []
        "holds, and keeps some memory more";
    pause Hold BOTH ANY [EPERM, ENOSYS] => NO_SIGNALS, []
        "ends, rather than ask again without rest";
    chdir Install BOTH ANY [EPERM, ENOSYS] => NOT_INSTALLED, []
        "takes the path for that of a file, and finds a directory there";
    openat Install BOTH ANY [EACCES, EPERM, ENOENT, EMFILE, ENOSYS] => NOT_INSTALLED, []
        "leaves nothing behind";
    openat Install BOTH SECOND [EROFS, EACCES, ENOSPC, EEXIST, EPERM] => NOT_INSTALLED, []
        "the same";
    read Install BOTH SECOND [EIO, EPERM] => NOT_INSTALLED, []
        "removes what it has written";
    write Install BOTH SECOND [ENOSPC, EDQUOT, EIO, EPERM] => NOT_INSTALLED, []
        "the same";
    fchmod Install BOTH ANY [EPERM, ENOSYS, EIO] => NOT_INSTALLED, []
        "the same";
    fsync Install BOTH ANY [EIO, ENOSPC, EDQUOT, EPERM, ENOSYS] => NOT_INSTALLED, []
        "the same";
    faccessat Install BOTH ANY [EACCES, EPERM, ENOSYS] => NOT_INSTALLED, []
        "the same: EACCES is a file system that is mounted noexec";
    renameat2 Install BOTH ANY [EISDIR, EXDEV, EPERM, ENOSYS, ENOSPC] => NOT_INSTALLED, []
        "the same";
    clock_gettime Install BOTH ANY [EPERM, ENOSYS] => Unharmed, []
        "goes on, by a name that another one may have at that time";
    chdir Session BOTH ANY [EPERM, ENOSYS, EACCES, EIO] => Unharmed, []
        "keeps its directory";
    close_range Catatonit BOTH ANY [EPERM, ENOSYS] => Unharmed, []
        "closes as many as it has room for";
}

/// Calls without a row, and why. The page has them, too.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("execve", "the child's; what follows from its errors is in the trials `failed start`"),
    ("setsid", "the child's, which has just been made and leads no group, so it cannot fail (setsid(2))"),
    (
        "setresuid",
        "the messenger's, which signals as the child's user; its status is the error, and the error is told",
    ),
    ("setresuid32", "the same on 32-bit arm"),
    (
        "getppid",
        "cannot fail; it is asked only whether the parent is in this PID namespace, and is there still",
    ),
    ("fcntl", "called only where one of the first three descriptors is closed; see the trials `bad stderr`"),
    ("unlinkat", "called only where --install has failed already; what it should have removed stays"),
    ("getdents64", "for `--inspect` alone, which is being built: no option leads to it yet"),
    ("readlinkat", "the same"),
    ("exit_group", "does not come back"),
    (
        "rt_sigreturn",
        "a handler's way back; it returns to where the signal came, and not to whom has called it (sigreturn(2))",
    ),
];

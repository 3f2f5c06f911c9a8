//! Processes: ourselves, a new one, and children.

use core::convert::Infallible;
use core::ffi::{CStr, c_char, c_int};
use core::mem::{MaybeUninit, zeroed};
use core::ptr;

use super::arch::{self, syscall0, syscall1, syscall2, syscall3, syscall4, syscall5};
use super::signals::kill;
use crate::args::{Command, Env};
use crate::model::errno::Errno;
use crate::model::process::{Change, Pid, Recipient, Usage};
use crate::model::siginfo::Siginfo;
use crate::model::signal::Signal;
use crate::model::status::{ExitStatus, WaitStatus};
use crate::time::Nanoseconds;

/// Ends the process, all threads: exit_group(2).
pub fn exit(status: ExitStatus) -> ! {
    loop {
        // SAFETY: takes a number, touches no memory, and does not return.
        unsafe { syscall1(libc::SYS_exit_group as usize, usize::from(status.0)) };
    }
}

/// getpid(2).
#[must_use]
pub fn getpid() -> Pid {
    // SAFETY: no arguments; cannot fail.
    Pid::new(unsafe { syscall0(libc::SYS_getpid as usize) } as c_int)
}

/// The parent: getppid(2). 0: it is outside of this PID namespace.
#[must_use]
pub fn parent() -> Pid {
    // SAFETY: no arguments; cannot fail.
    Pid::new(unsafe { syscall0(libc::SYS_getppid as usize) } as c_int)
}

/// The process group of this process: getpgid(2).
#[must_use]
pub fn own_group() -> Pid {
    // SAFETY: takes a number; cannot fail for the caller itself.
    Pid::new(unsafe { syscall1(libc::SYS_getpgid as usize, 0) } as c_int)
}

/// The process group of another process: getpgid(2).
///
/// # Errors
/// ESRCH: there is no such process.
pub fn group_of(process: Pid) -> Result<Pid, Errno> {
    // SAFETY: takes a number.
    Errno::check(unsafe { syscall1(libc::SYS_getpgid as usize, process.raw() as usize) })
        .map(|group| Pid::new(group as c_int))
}

/// Orphans below this process become its children: PR_SET_CHILD_SUBREAPER(2const).
///
/// # Errors
/// EINVAL before Linux 3.4.
pub fn become_subreaper() -> Result<(), Errno> {
    // SAFETY: takes a number.
    unsafe { prctl(libc::PR_SET_CHILD_SUBREAPER, 1) }
}

/// Whether this process is a subreaper already, by its caller: PR_GET_CHILD_SUBREAPER(2const).
#[must_use]
pub fn is_subreaper() -> bool {
    let mut answer: c_int = 0;
    // SAFETY: the kernel writes one `c_int`. It cannot fail to.
    let _ = unsafe { prctl(libc::PR_GET_CHILD_SUBREAPER, ptr::from_mut(&mut answer) as usize) };
    answer != 0
}

/// Asks for `signal` when the parent ends: PR_SET_PDEATHSIG(2const).
///
/// # Errors
/// None for a valid signal.
pub fn set_parent_death_signal(signal: Signal) -> Result<(), Errno> {
    // SAFETY: takes a number.
    unsafe { prctl(libc::PR_SET_PDEATHSIG, usize::from(signal.number())) }
}

/// # Safety
/// Where `option` takes an address, `value` is that of what the kernel reads or writes.
unsafe fn prctl(option: c_int, value: usize) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the address, if it is one.
    Errno::check(unsafe { syscall5(libc::SYS_prctl as usize, option as usize, value, 0, 0, 0) }).map(drop)
}

/// Bytes for the stack of a new process until it calls execve(2). A unit test of `run::spawn` measures what is needed,
/// and that a third is left. No signal frame comes on top, since the child has no handlers. Each further page is
/// another page fault in the parent: with 16 KiB a start of 120 µs took 6 µs longer than with 6 KiB.
pub const CHILD_STACK: usize = 12 * 1024;

#[repr(C, align(16))]
struct Stack(MaybeUninit<[u8; CHILD_STACK]>);

/// Runs `child` in a new process and `parent` in this one, both at once and in the same memory, and exits with the
/// status that `parent` returns: clone(2) with CLONE_VM. `child` ends by [`execve`], which gives it memory of its own,
/// or by [`exit`]. As with vfork(2), neither page tables nor pages are copied. Other than with vfork(2), we do not
/// wait: an execve(2) that hangs in a file system hangs alone.
///
/// The stack of the child and all that it borrows are in frames that are never left: this function does not return,
/// and the kernel keeps the memory for a child that outlives us. `Sync` keeps the two from racing for it. No type says
/// that [`CHILD_STACK`] bytes are enough for `child`: a unit test of `run::spawn` does.
///
/// `parent` gets an error if there is no child. EAGAIN: a limit on processes (pids cgroup, RLIMIT_NPROC); ENOMEM: also
/// a PID namespace whose init is gone.
pub fn clone<F: Fn() -> Infallible + Sync>(
    child: &F,
    parent: impl FnOnce(Result<Pid, Errno>) -> ExitStatus,
) -> ! {
    /// Unwinding, which only tests do, would leave the frame.
    struct NeverLeft;
    impl Drop for NeverLeft {
        fn drop(&mut self) {
            exit(ExitStatus::OWN_FAILURE);
        }
    }
    let _frame = NeverLeft;
    let mut stack = MaybeUninit::<Stack>::uninit();
    let top = stack.as_mut_ptr().wrapping_add(1).cast();
    // SAFETY: the stack is in this frame, which is never left, as the type `!` says; so the frames that `child` borrows
    // from are not left either. `F` is `Sync`.
    let mut result = unsafe { clone_onto(libc::CLONE_VM, child, top) };
    if result == Err(Errno::INVAL) {
        // qemu-user knows threads and forks, and nothing between them. After a fork all memory is a copy, this stack
        // too.
        // SAFETY: as before, and there is no child yet.
        result = unsafe { clone_onto(0, child, top) };
    }
    exit(parent(result))
}

/// clone(2): `child` runs in a new process, on the stack that ends at `top`.
///
/// # Safety
/// `top` is aligned to 16 bytes, and below it is a stack for the child alone, large enough for `child`. With CLONE_VM
/// among the `flags`, `child`, all that it borrows and the stack live until the process has called execve(2) or ended,
/// and `F` is `Sync`.
unsafe fn clone_onto<F: Fn() -> Infallible>(flags: c_int, child: &F, top: *mut u8) -> Result<Pid, Errno> {
    unsafe extern "C" fn call<F: Fn() -> Infallible>(child: *const ()) -> ! {
        // SAFETY: a reference to an `F`, which lives, as the caller of `clone_onto` vouches.
        let child = unsafe { &*child.cast::<F>() };
        match child() {}
    }
    let (flags, argument) = ((flags | libc::SIGCHLD) as usize, ptr::from_ref(child).cast());
    // SAFETY: the flags ask for nothing but shared memory and a signal at the end; `call` does not return, as its type
    // says, and gets what it expects; the caller vouches for the stack.
    let word = unsafe { arch::clone(flags, call::<F>, argument, top) };
    Errno::check(word).map(|pid| Pid::new(pid as c_int))
}

/// Sends `signal` as `user`: by a new process that takes on that user (setresuid(2)), sends (kill(2)) and ends with 0
/// or with the error's number. Credentials are a process's own, so nothing here changes; its memory is a copy, which a
/// process of that user may not trace, since the change makes it undumpable (PR_SET_DUMPABLE(2const)). We do not wait:
/// the user may have stopped it.
///
/// # Errors
/// As [`clone`]. Without CAP_SETUID the new process ends with EPERM.
pub fn kill_as(user: u32, to: Recipient, signal: Signal) -> Result<Pid, Errno> {
    #[cfg(target_arch = "arm")]
    const SETRESUID: usize = libc::SYS_setresuid32 as usize;
    #[cfg(not(target_arch = "arm"))]
    const SETRESUID: usize = libc::SYS_setresuid as usize;
    let messenger = || {
        let id = user as usize;
        // SAFETY: takes numbers.
        let taken = Errno::check(unsafe { syscall3(SETRESUID, id, id, id) });
        let sent = taken.and_then(|_| kill(to, signal));
        exit(ExitStatus(sent.err().map_or(0, |errno| errno.number() as u8)))
    };
    let mut stack = MaybeUninit::<[u128; 256]>::uninit();
    let top = stack.as_mut_ptr().wrapping_add(1).cast();
    // SAFETY: without CLONE_VM the new process has a copy of all memory, this stack too.
    unsafe { clone_onto(0, &messenger, top) }
}

/// How many bytes of its stack `child` uses, of twice what it gets.
#[cfg(test)]
pub fn stack_used<F: Fn() -> Infallible>(child: &F) -> usize {
    const PAINT: u8 = 0xA5;
    const SIZE: usize = 2 * CHILD_STACK;
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    // SAFETY: new memory, which a forked child shares with us.
    let stack = unsafe { libc::mmap(ptr::null_mut(), SIZE, access, kind, -1, 0) }.cast::<u8>();
    assert_ne!(stack.cast(), libc::MAP_FAILED);
    // SAFETY: all of the memory, which is nobody else's.
    unsafe { ptr::write_bytes(stack, PAINT, SIZE) };
    // SAFETY: a stack of its own; all other memory is a copy.
    let child = unsafe { clone_onto(0, child, stack.wrapping_add(SIZE)) }.expect("a new process");
    // SAFETY: no status is asked for.
    assert_eq!(unsafe { libc::waitpid(child.raw(), ptr::null_mut(), 0) }, child.raw());
    // SAFETY: the child has ended, so the memory is ours alone.
    let untouched =
        unsafe { std::slice::from_raw_parts(stack, SIZE) }.iter().take_while(|&&byte| byte == PAINT);
    SIZE - untouched.count()
}

/// Puts this process into a session of its own: setsid(2).
///
/// # Errors
/// EPERM for a group leader.
pub fn lead_own_session() -> Result<(), Errno> {
    // SAFETY: no arguments.
    Errno::check(unsafe { syscall0(libc::SYS_setsid as usize) }).map(drop)
}

/// The session of this process: getsid(2).
#[must_use]
pub fn own_session() -> Pid {
    // SAFETY: takes a number; cannot fail for the caller itself.
    Pid::new(unsafe { syscall1(libc::SYS_getsid as usize, 0) } as c_int)
}

/// Puts ourselves or a child into a process group of its own: setpgid(2).
///
/// # Errors
/// EPERM for a session leader; EACCES for a child that has called execve(2).
pub fn lead_group(leader: Pid) -> Result<(), Errno> {
    let pid = leader.raw() as usize;
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall2(libc::SYS_setpgid as usize, pid, pid) }).map(drop)
}

/// Replaces the program: execve(2). `path` ends with a NUL. Comes back only with the error.
pub fn execve(path: &[u8], command: &Command<'_>, env: &Env<'_>) -> Errno {
    // SAFETY: `Command` and `Env` promise such arrays.
    unsafe { execve_raw(path, command.as_ptr(), env.as_ptr()) }
}

/// Runs a script by /bin/sh: execve(2). `path` ends with a NUL. Comes back only with the error.
pub fn execve_shell(path: &[u8], command: &Command<'_>, env: &Env<'_>) -> Errno {
    /// What execvp(3) takes (`_PATH_BSHELL`).
    const SHELL: &CStr = c"/bin/sh";
    let run = |argv| {
        // SAFETY: as `execve`; both texts that are new in the array outlive the call.
        unsafe { execve_raw(SHELL.to_bytes_with_nul(), argv, env.as_ptr()) }
    };
    command.as_script(SHELL, path, run).unwrap_or(Errno::NAMETOOLONG)
}

/// # Safety
/// `argv` and `envp` are arrays of C strings with a null pointer at the end.
unsafe fn execve_raw(path: &[u8], argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    if path.last() != Some(&0) {
        return Errno::NAMETOOLONG;
    }
    let (path, argv, envp) = (path.as_ptr() as usize, argv as usize, envp as usize);
    // SAFETY: the path ends with a NUL, as just checked; the caller vouches for the arrays. The kernel only reads them.
    let result = unsafe { syscall3(libc::SYS_execve as usize, path, argv, envp) };
    Errno::check(result).err().unwrap_or(Errno::NOENT)
}

/// Asks for a child that has ended or stopped, for `of` alone if that is named, and does not wait for one: wait4(2).
///
/// `None`: there are children, but none has changed.
///
/// # Errors
/// ECHILD: there is no child at all, or `of` is none.
pub fn next_change(of: Option<Pid>) -> Result<Option<Change>, Errno> {
    let mut status: c_int = 0;
    let options = (libc::WNOHANG | libc::WUNTRACED) as usize;
    // SAFETY: numbers only; all zeroes is a value of it.
    let mut used: libc::rusage = unsafe { zeroed() };
    let (place, usage) = (ptr::from_mut(&mut status) as usize, ptr::from_mut(&mut used) as usize);
    let whom = of.map_or(usize::MAX, |pid| pid.raw() as usize);
    // SAFETY: the kernel writes one `c_int` to the second argument and one rusage to the fourth.
    match Errno::check(unsafe { syscall4(libc::SYS_wait4 as usize, whom, place, options, usage) })? {
        0 => Ok(None),
        pid => {
            let time = |time: libc::timeval| {
                Nanoseconds::new(time.tv_sec as u64 * Nanoseconds::SECOND.get() + time.tv_usec as u64 * 1000)
            };
            let (user, system) = (time(used.ru_utime), time(used.ru_stime));
            let usage = Usage { user, system, max_rss: used.ru_maxrss as u64 * 1024 };
            Ok(Some(Change { pid: Pid::new(pid as c_int), wait: WaitStatus::new(status), usage }))
        }
    }
}

/// Whether this child has ended and has not been waited for yet; it stays so: waitid(2) with WNOWAIT.
///
/// # Errors
/// ECHILD: it is no child of ours.
pub fn has_ended(child: Pid) -> Result<bool, Errno> {
    peek(libc::P_PID, child, libc::WEXITED).map(|child| child.is_some())
}

/// A child that has ended or stopped, of which [`next_change`] tells; it stays so: waitid(2) with WNOWAIT.
///
/// # Errors
/// As [`next_change`].
pub fn next_changed() -> Result<Option<Pid>, Errno> {
    peek(libc::P_ALL, Pid::new(0), libc::WEXITED | libc::WSTOPPED)
}

fn peek(kind: libc::idtype_t, id: Pid, changes: c_int) -> Result<Option<Pid>, Errno> {
    let options = (changes | libc::WNOHANG | libc::WNOWAIT) as usize;
    let mut info = Siginfo::EMPTY;
    let place = ptr::from_mut(&mut info) as usize;
    // SAFETY: a siginfo of the kernel's size is written; a null rusage is not.
    let result =
        unsafe { syscall5(libc::SYS_waitid as usize, kind as usize, id.raw() as usize, place, options, 0) };
    // If none has changed, the kernel writes a signal number of 0 (waitid(2), WNOHANG).
    Errno::check(result).map(|_| (info.number != 0).then_some(Pid::new(info.pid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::process::Recipient;
    use crate::sys::{kill, pause};
    use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

    /// Waits for the end of a child by what is tried here.
    fn ended(child: Pid) -> Change {
        while !has_ended(child).expect("a child") {
            std::thread::yield_now();
        }
        next_change(Some(child)).expect("a child").expect("it has ended")
    }

    /// Calls `run` in a process of its own, with one thread, and comes back with its exit status.
    fn forked(run: impl Fn() -> u8) -> ExitStatus {
        // SAFETY: the child calls nothing that another thread may have locked.
        match unsafe { libc::fork() } {
            0 => exit(ExitStatus(run())),
            child => {
                let mut status = 0;
                // SAFETY: one `c_int` is written.
                assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
                ExitStatus::of(WaitStatus::new(status))
            }
        }
    }

    #[test]
    fn a_cloned_child_shares_memory_and_ends_as_it_says() {
        let status = forked(|| {
            let (told, own) = (AtomicU8::new(0), getpid());
            clone(
                &|| {
                    // More than a frame of the parent's would be left unharmed by.
                    let stack = std::hint::black_box([7_u8; CHILD_STACK / 4]);
                    told.store(stack.iter().fold(0, |all, byte| all | byte), Relaxed);
                    exit(ExitStatus(if getpid() == own { 1 } else { 40 }))
                },
                |child| {
                    let change = ended(child.expect("a child"));
                    ExitStatus(ExitStatus::of(change.wait).0 + told.load(Relaxed))
                },
            )
        });
        // In an emulator memory is a copy, and nothing is told.
        let is_emulated = cfg!(not(target_arch = "x86_64")) && status == ExitStatus(40);
        assert!(is_emulated || status == ExitStatus(47), "{status:?}");
    }

    #[test]
    fn the_parent_goes_on_while_the_child_lives() {
        let status = forked(|| {
            clone(
                &|| loop {
                    let _ = pause();
                },
                |child| {
                    let child = child.expect("a child");
                    assert_eq!(has_ended(child), Ok(false));
                    assert_eq!(next_change(None).map(|change| change.is_none()), Ok(true));
                    kill(Recipient::Process(child), Signal::KILL).expect("it is there");
                    ExitStatus::of(ended(child).wait)
                },
            )
        });
        assert_eq!(status, ExitStatus(128 + 9));
    }

    #[test]
    fn without_children_there_is_nothing_to_wait_for() {
        let status = forked(|| {
            u8::from(next_change(None).is_err_and(|errno| errno == Errno::CHILD))
                + u8::from(has_ended(Pid::INIT) == Err(Errno::CHILD))
        });
        assert_eq!(status, ExitStatus(2));
    }

    #[test]
    fn a_subreaper_knows_that_it_is_one() {
        let status = forked(|| {
            let before = is_subreaper();
            become_subreaper().expect("since Linux 3.4");
            u8::from(!before && is_subreaper())
        });
        assert_eq!(status, ExitStatus(1));
    }
}

//! The few calls that nix does not make, or makes through glibc in a way that hides something.
//!
//! glibc keeps signals 32 and 33 for its threads and quietly drops them from every set (nptl(7)); a suite that promises
//! something about 1..=64 therefore speaks to the kernel itself, with the kernel's 8-byte sets. All `unsafe` of the
//! harness is here, save the one line in `launch`.

use nix::errno::Errno;
use nix::unistd::{ForkResult, Pid};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A set of signals as the kernel has it: bit N-1 is signal N.
pub type SignalSet = u64;

/// The size of the kernel's set, which every call on signals wants to hear.
const SET_BYTES: usize = size_of::<SignalSet>();

pub fn set_of(signals: &[i32]) -> SignalSet {
    signals.iter().fold(0, |set, signal| set | 1 << (signal - 1))
}

/// Forks a process that has one thread: the helper and the payloads, never the harness.
///
/// Answers the child's pid, or nothing in the child.
pub fn fork() -> Option<Pid> {
    // SAFETY: only `namespace` and `payload` call this, before any thread was started, so the child may do what it
    // likes.
    match unsafe { nix::unistd::fork() }.expect("fork") {
        ForkResult::Parent { child } => Some(child),
        ForkResult::Child => None,
    }
}

/// Bytes of the stack of a child that does nothing.
pub const SMALL_STACK: usize = 4096;

/// Starts a child that ends at once. It shares this process's memory, since nothing else would be as cheap (clone(2)).
pub fn start_ending_child(stack: &'static mut [u8; SMALL_STACK]) {
    extern "C" fn end(_: *mut libc::c_void) -> i32 {
        0
    }
    let top = stack.as_mut_ptr_range().end.cast();
    let flags = libc::CLONE_VM | libc::SIGCHLD;
    // SAFETY: `top` is the end of memory that is the child's for ever, and the C library aligns it; `end`
    // touches nothing else, and the C library makes an exit of its return.
    let pid = unsafe { libc::clone(end, top, flags, std::ptr::null_mut()) };
    assert!(pid > 0, "clone: {}", io::Error::last_os_error());
}

/// Ends without destructors, for children of `fork`.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: _exit takes any number and does not return.
    unsafe { libc::_exit(code) }
}

/// Replaces the calling thread's signal mask.
pub fn set_mask(set: SignalSet) {
    // SAFETY: `set` is a readable 8-byte set, and its size is the fourth argument (rt_sigprocmask(2)).
    let done = unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const set, 0usize, SET_BYTES)
    };
    assert_eq!(done, 0, "rt_sigprocmask: {}", io::Error::last_os_error());
}

/// A descriptor to read the blocked signals of `set` from, one `signalfd_siginfo` each (signalfd(2)).
pub fn signal_descriptor(set: SignalSet) -> OwnedFd {
    // SAFETY: `set` is a readable 8-byte set, and its size is the third argument.
    let fd = unsafe { libc::syscall(libc::SYS_signalfd4, -1, &raw const set, SET_BYTES, libc::SFD_CLOEXEC) };
    assert!(fd >= 0, "signalfd4: {}", io::Error::last_os_error());
    // SAFETY: the kernel has just made this descriptor, and nobody else knows its number.
    unsafe { OwnedFd::from_raw_fd(fd as i32) }
}

/// Reads one signal from a `signal_descriptor`.
pub fn read_signal(descriptor: &OwnedFd) -> libc::signalfd_siginfo {
    let mut bytes = [0u8; size_of::<libc::signalfd_siginfo>()];
    let read = nix::unistd::read(descriptor, &mut bytes).expect("read a signal");
    assert_eq!(read, bytes.len(), "the kernel gives whole records");
    // SAFETY: the record is plain numbers, every bit pattern of it is valid, and it was filled completely.
    unsafe { std::mem::transmute(bytes) }
}

/// Takes over a descriptor that was handed to this process by number.
pub fn adopt_descriptor(number: i32) -> OwnedFd {
    // SAFETY: the helper and the payloads get these numbers from the harness, which gives each away once.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Waits for any child; answers its pid and the raw wait status, which nix cannot express for real-time signals.
pub fn wait_any() -> Result<(Pid, i32), Errno> {
    let mut status = 0;
    // SAFETY: `status` is a writable int (wait(2)).
    let pid = Errno::result(unsafe { libc::waitpid(-1, &raw mut status, 0) })?;
    Ok((Pid::from_raw(pid), status))
}

/// Sets the disposition of `signal` to default or ignored. The kernel refuses KILL and STOP, and nobody minds.
///
/// Past glibc, which refuses 32 and 33 too; some sandboxes start everything with 32 ignored.
pub fn set_disposition(signal: i32, disposition: libc::sighandler_t) {
    // The kernel's sigaction has the handler first on every architecture that we build for; the rest is 0 for none.
    let action = [disposition, 0, 0, 0, 0];
    let old = std::ptr::null_mut::<usize>();
    // SAFETY: `action` is at least as long as the kernel's structure; SIG_DFL and SIG_IGN mean that no code of ours
    // runs.
    unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, action.as_ptr(), old, SET_BYTES) };
}

/// kill(2) for every number, also for those that nix has no name for. A negative pid means the group.
pub fn send(pid: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: kill takes two numbers.
    Errno::result(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// rt_sigqueueinfo(2): `signal`, with a false claim of who sends it.
pub fn send_as(pid: Pid, signal: i32, sender: i32, uid: i32) -> nix::Result<()> {
    // siginfo_t: number, errno, code, and where pointers have 8 bytes a gap before pid and uid.
    let mut info = [0i32; 32];
    let place = if cfg!(target_pointer_width = "64") { 4 } else { 3 };
    [info[0], info[2], info[place], info[place + 1]] = [signal, libc::SI_QUEUE, sender, uid];
    // SAFETY: the kernel reads the 128 bytes of a siginfo_t, and `info` has them.
    let done = unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, pid.as_raw(), signal, info.as_ptr()) };
    Errno::result(done).map(drop)
}

/// sigqueue(3): `signal` with a value.
pub fn queue(pid: Pid, signal: i32, value: i32) -> Result<(), Errno> {
    let value = libc::sigval { sival_ptr: value as usize as *mut libc::c_void };
    // SAFETY: sigqueue takes numbers; the pointer is one in name only and is never followed.
    Errno::result(unsafe { libc::sigqueue(pid.as_raw(), signal, value) }).map(drop)
}

/// rt_tgsigqueueinfo(2): `signal` for the first thread of a process.
pub fn queue_to_thread(pid: Pid, signal: i32) -> nix::Result<()> {
    let mut info = [0i32; 32];
    [info[0], info[2]] = [signal, libc::SI_QUEUE];
    let (number, pid) = (libc::SYS_rt_tgsigqueueinfo, pid.as_raw());
    // SAFETY: the kernel reads the 128 bytes of a siginfo_t, and `info` has them.
    Errno::result(unsafe { libc::syscall(number, pid, pid, signal, info.as_ptr()) }).map(drop)
}

/// Has the kernel send `signal` to a process, by a pipe that can be read (F_SETOWN and F_SETSIG, fcntl(2)). Both ends.
pub fn signal_by_pipe(pid: Pid, signal: i32) -> [OwnedFd; 2] {
    /// `linux/fcntl.h`; the libc crate has no name for it.
    const F_SETSIG: i32 = 10;
    let (out, into) = nix::unistd::pipe().expect("pipe");
    for (what, value) in [(libc::F_SETOWN, pid.as_raw()), (F_SETSIG, signal), (libc::F_SETFL, libc::O_ASYNC)]
    {
        // SAFETY: fcntl takes numbers.
        let done = unsafe { libc::fcntl(out.as_raw_fd(), what, value) };
        assert_eq!(done, 0, "fcntl: {}", io::Error::last_os_error());
    }
    nix::unistd::write(&into, b"x").expect("write to a pipe");
    [out, into]
}

/// So many signals may be pending for the user of `pid` before it gets no more (RLIMIT_SIGPENDING, prlimit(2)).
pub fn limit_pending(pid: Pid, number: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: number, rlim_max: number };
    // SAFETY: `limit` is readable, and nothing is written.
    let done = unsafe {
        libc::prlimit(pid.as_raw(), libc::RLIMIT_SIGPENDING, &raw const limit, std::ptr::null_mut())
    };
    assert_eq!(done, 0, "prlimit: {}", io::Error::last_os_error());
}

/// Makes descriptor 0 the controlling terminal of this session (ioctl_tty(2)).
pub fn take_controlling_terminal() -> Result<(), Errno> {
    // SAFETY: TIOCSCTTY takes a number.
    Errno::result(unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) }).map(drop)
}

/// Takes CAP_KILL out of the bounding set, so that the next exec is root that may not signal other users' processes.
pub fn drop_cap_kill() -> Result<(), Errno> {
    /// capability(7); the libc crate has no numbers for capabilities.
    const CAP_KILL: libc::c_ulong = 5;
    // SAFETY: PR_CAPBSET_DROP takes a number.
    Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) }).map(drop)
}

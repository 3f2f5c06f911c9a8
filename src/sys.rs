//! The kernel, typed. No room above this one sees a syscall number, a raw error or a kernel structure.
//!
//! Each function is one syscall, or one action that takes several, and names its man page. The types of the arguments
//! rule out misuse; what is left of each call's contract is in its SAFETY comment.
//!
//! `kernel` has the seam: the trait by which a supervisor asks for all that it needs, and the real implementation.
//! Nothing in here names a room above, except `entry`, which calls [`crate::run`].

mod abi;
mod arch;
mod directory;
mod entry;
mod file;
mod install;
mod kernel;
mod memory;
mod process;
mod signals;
mod stream;
mod terminal;
mod timed;

pub use directory::*;
pub use file::*;
pub use install::*;
pub use kernel::{Kernel, Linux};
pub use memory::*;
pub use process::*;
pub use signals::*;
pub use stream::*;
pub use terminal::*;

use crate::model::process::Fd;
use crate::model::status::ExitStatus;

/// For the panic handler, which is never linked in: writes `line` and exits with pausa's own failure.
pub fn abandon(line: &[u8]) -> ! {
    let _ = write_line(Fd::STDERR, line);
    exit(ExitStatus::OWN_FAILURE)
}

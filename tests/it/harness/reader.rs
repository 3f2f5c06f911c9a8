//! Listening to a descriptor with a deadline: lines as they arrive, the end of file, and what was heard at all.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

/// Lines that arrive at a descriptor, and all that was heard of it, for the report of a failure.
pub struct Reader {
    source: File,
    pub heard: Vec<u8>,
    taken: usize,
    /// Its end of file was seen.
    pub finished: bool,
}

impl Reader {
    pub fn at(source: impl Into<OwnedFd>) -> Self {
        Self { source: File::from(source.into()), heard: Vec::new(), taken: 0, finished: false }
    }

    /// The next whole line, or the unfinished rest at the end of file; nothing if more must arrive first.
    pub fn take_line(&mut self) -> Option<String> {
        let rest = &self.heard[self.taken..];
        let length = match rest.iter().position(|&byte| byte == b'\n') {
            Some(end) => end + 1,
            None if self.finished && !rest.is_empty() => rest.len(),
            None => return None,
        };
        self.taken += length;
        Some(String::from_utf8_lossy(&rest[..length]).trim_end_matches('\n').to_owned())
    }

    /// Takes everything up to `text` and answers what stood before it; nothing if it must arrive first.
    pub fn take_until(&mut self, text: &str) -> Option<String> {
        let rest = &self.heard[self.taken..];
        let at = rest.windows(text.len()).position(|window| window == text.as_bytes())?;
        let before = String::from_utf8_lossy(&rest[..at]).into_owned();
        self.taken += at + text.len();
        Some(before)
    }

    /// Waits until there is more, the end of file included. False when the deadline passed.
    pub fn hear(&mut self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.source.as_fd(), PollFlags::POLLIN)], timeout) {
                Ok(0) if left.is_zero() => return false,
                Ok(0) | Err(nix::errno::Errno::EINTR) => continue,
                other => other.expect("poll"),
            };
            let mut bytes = [0; 4096];
            match self.source.read(&mut bytes) {
                Ok(0) => self.finished = true,
                Ok(length) => self.heard.extend_from_slice(&bytes[..length]),
                // A terminal says so when its last user has gone (pty(7)).
                Err(error) if error.raw_os_error() == Some(libc::EIO) => self.finished = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => panic!("read: {error}"),
            }
            return true;
        }
    }
}

//! From the name of a command to a program that runs, as execvp(3) of glibc searches PATH; and a hint that says more
//! than the error number.

use crate::args::{Command, Env};
use crate::bytes::{split, split_once};
use crate::cli::config::Config;
use crate::message::text::{Text, text};
use crate::model::errno::Errno;
use crate::sys;

/// What glibc's execvp(3) searches when there is no PATH (`confstr(_CS_PATH)`).
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// The longest that a name in a directory may be (NAME_MAX).
const NAME_MAX: usize = 255;

/// Room for a directory, a slash, a name and a NUL (PATH_MAX).
const PATH_MAX: usize = libc::PATH_MAX as usize;

/// Runs the command. Comes back only with the error.
pub fn run(command: &Command<'_>, env: &Env<'_>, config: &Config<'_>) -> Errno {
    search(command, env, &|path| match sys::execve(path, command, env) {
        Errno::NOEXEC if config.contract.falls_back_to_shell => sys::execve_shell(path, command, env),
        errno => errno,
    })
}

/// What the error number does not say. ENOENT of execve(2) may mean that the file is there, but its interpreter (`#!`)
/// or its loader (ELF) is not.
pub fn hint(errno: Errno, command: &Command<'_>, env: &Env<'_>, config: &Config<'_>) -> Text {
    if config.may_be_message_path && split_once(command.name.to_bytes(), b'/').1.is_some() {
        return text!(" (a path for the message belongs in the same word: -mPATH)");
    }
    let found = search(command, env, &|path| match sys::is_directory(path) {
        Ok(true) => Errno::ISDIR,
        Ok(false) => Errno::NOEXEC,
        Err(errno) => errno,
    });
    match (errno, found) {
        (Errno::NOENT, Errno::NOEXEC) => {
            text!(" (the file is there; the interpreter or loader that it names is not)")
        }
        (Errno::ACCES, Errno::ISDIR) => text!(" (it is a directory)"),
        _ => Text::EMPTY,
    }
}

/// Tries the paths that the command may have, searching PATH as execvp(3) does. Some errors lead to the next path; any
/// other is the answer.
fn search(command: &Command<'_>, env: &Env<'_>, attempt: &dyn Fn(&[u8]) -> Errno) -> Errno {
    let name = command.name.to_bytes_with_nul();
    if name.len() == 1 || split_once(name, b'/').1.is_some() {
        return attempt(name);
    }
    if name.len() > NAME_MAX + 1 {
        // Whether or not the first directory exists.
        return Errno::NAMETOOLONG;
    }
    let mut buffer = [0; PATH_MAX];
    let mut verdict = Errno::NOENT;
    for directory in split(env.get(b"PATH").unwrap_or(DEFAULT_PATH), b':') {
        match attempt(join(&mut buffer, directory, name)) {
            // This directory has none, so the next one may. The list is that of execvp(3), which ends with EACCES if
            // that was among them, else with the last.
            errno @ (Errno::ACCES
            | Errno::NOENT
            | Errno::NOTDIR
            | Errno::STALE
            | Errno::NODEV
            | Errno::TIMEDOUT) => {
                if verdict != Errno::ACCES {
                    verdict = errno;
                }
            }
            errno => return errno,
        }
    }
    verdict
}

/// `directory/name`, with the NUL that `name` ends with; an empty directory is the current one. What does
/// not fit is left out, NUL and all.
fn join<'b>(buffer: &'b mut [u8; PATH_MAX], directory: &[u8], name: &[u8]) -> &'b [u8] {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    let mut length = 0;
    for part in &[directory, slash, name] {
        for &byte in *part {
            if let Some(place) = buffer.get_mut(length) {
                *place = byte;
                length += 1;
            }
        }
    }
    buffer.get(..length).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_joined_from_directory_and_name() {
        let mut buffer = [b'x'; PATH_MAX];
        assert_eq!(join(&mut buffer, b"/usr/bin", b"true\0"), b"/usr/bin/true\0");
        assert_eq!(join(&mut buffer, b"", b"true\0"), b"true\0");
        assert_eq!(join(&mut buffer, &[b'd'; PATH_MAX - 6], b"true\0").last(), Some(&0));
        assert_eq!(join(&mut buffer, &[b'd'; PATH_MAX - 5], b"true\0").last(), Some(&b'e'));
    }
}

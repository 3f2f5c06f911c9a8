//! `Args` and `Env`: what the kernel put on the stack, borrowed. Bytes, not UTF-8; nothing is copied.
//!
//! Both are views of an array of pointers to C strings with a null pointer at its end (execve(2)). The
//! arrays and strings are the process's own memory and live as long as it does, hence the lifetime.

use core::ffi::{CStr, c_char};

/// The arguments that have not been read yet, the program's own name first.
#[derive(Debug)]
pub struct Args<'a> {
    /// Every element but the last, which is null, points to a C string that lives for `'a`.
    slots: &'a mut [*const c_char],
}

impl<'a> Args<'a> {
    /// # Safety
    /// `slots` must be as an `argv` of execve(2): C strings that live for `'a`, then one null pointer.
    #[must_use]
    pub const unsafe fn new(slots: &'a mut [*const c_char]) -> Self {
        Self { slots }
    }

    /// The next argument, which stays the next.
    #[must_use]
    pub fn peek(&self) -> Option<&'a CStr> {
        // SAFETY: the field's promise.
        self.slots.first().and_then(|&slot| unsafe { string(slot) })
    }

    /// The next argument; the one behind it is then the next.
    #[allow(clippy::should_implement_trait, reason = "what has not been read yet is still wanted for exec")]
    pub fn next(&mut self) -> Option<&'a CStr> {
        let next = self.peek()?;
        if let Some((_, rest)) = core::mem::take(&mut self.slots).split_first_mut() {
            self.slots = rest;
        }
        Some(next)
    }

    /// What is left, as the command to run; `None` if nothing is.
    #[must_use]
    pub fn into_command(self) -> Option<Command<'a>> {
        Some(Command { name: self.peek()?, argv: self.slots })
    }
}

/// A program and its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    pub name: &'a CStr,
    argv: &'a [*const c_char],
}

impl Command<'_> {
    /// The array that execve(2) wants; it ends with a null pointer.
    #[must_use]
    pub const fn as_ptr(&self) -> *const *const c_char {
        self.argv.as_ptr()
    }
}

/// The environment.
#[derive(Debug)]
pub struct Env<'a> {
    /// As in `Args`.
    slots: &'a mut [*const c_char],
}

impl<'a> Env<'a> {
    /// # Safety
    /// `slots` must be as an `envp` of execve(2): C strings that live for `'a`, then one null pointer.
    #[must_use]
    pub const unsafe fn new(slots: &'a mut [*const c_char]) -> Self {
        Self { slots }
    }

    /// The value of a variable; the first one if there are many, as getenv(3) has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.slots.iter().find_map(|&slot| {
            // SAFETY: the field's promise.
            value(unsafe { string(slot) }?, name)
        })
    }

    /// Takes every variable of that name out, and closes the gap: the child shall not see it.
    pub fn remove(&mut self, name: &str) {
        let mut kept = 0;
        for from in 0..self.slots.len() {
            let Some(&slot) = self.slots.get(from) else { break };
            // SAFETY: the field's promise.
            let gone = unsafe { string(slot) }.is_some_and(|entry| value(entry, name).is_some());
            if let (false, Some(place)) = (gone, self.slots.get_mut(kept)) {
                *place = slot;
                kept += 1;
            }
        }
    }

    /// The array that execve(2) wants; it ends with a null pointer.
    #[must_use]
    pub const fn as_ptr(&self) -> *const *const c_char {
        self.slots.as_ptr()
    }
}

/// The string in a slot; `None` for the null pointer at the end.
///
/// # Safety
/// The slot must be null or point to a C string that lives for `'a`.
unsafe fn string<'a>(slot: *const c_char) -> Option<&'a CStr> {
    if slot.is_null() {
        return None;
    }
    // SAFETY: not null, as just checked, so the caller's promise gives a C string.
    Some(unsafe { CStr::from_ptr(slot) })
}

/// What stands behind `NAME=`.
fn value<'a>(entry: &'a CStr, name: &str) -> Option<&'a [u8]> {
    entry.to_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: *const c_char = core::ptr::null();

    #[test]
    fn arguments_are_read_in_order_and_the_rest_is_the_command() {
        let mut slots = [c"pausa".as_ptr(), c"-v".as_ptr(), c"true".as_ptr(), END];
        // SAFETY: literals, then null.
        let mut args = unsafe { Args::new(&mut slots) };
        assert_eq!(args.next(), Some(c"pausa"));
        assert_eq!(args.peek(), Some(c"-v"));
        assert_eq!(args.next(), Some(c"-v"));
        assert_eq!(args.into_command().unwrap().name, c"true");
    }

    #[test]
    fn nothing_left_is_no_command() {
        let mut slots = [END];
        // SAFETY: null only.
        let mut args = unsafe { Args::new(&mut slots) };
        assert_eq!(args.next(), None);
        assert!(args.into_command().is_none());
    }

    #[test]
    fn a_removed_variable_leaves_no_gap() {
        let mut slots =
            [c"A=1".as_ptr(), c"X=2".as_ptr(), c"XY=3".as_ptr(), c"X=4".as_ptr(), c"X".as_ptr(), END];
        // SAFETY: literals, then null.
        let mut env = unsafe { Env::new(&mut slots) };
        assert_eq!(env.get("X"), Some(&b"2"[..]));
        env.remove("X");
        assert_eq!(env.get("X"), None);
        assert_eq!(env.get("XY"), Some(&b"3"[..]));
        assert_eq!(&slots[..3], &[slots[0], c"XY=3".as_ptr(), c"X".as_ptr()]);
        assert!(slots[3].is_null());
    }
}

//! `Args` and `Env`: what the kernel put on the stack, borrowed. Bytes, not UTF-8; nothing is copied.
//!
//! Both are views of an array of pointers to C strings with a null pointer at its end (execve(2)). The
//! arrays and strings are the process's own memory and live as long as it does, hence the lifetime. A view can
//! change the pointers: a variable is taken out, and arguments change places, without a copy. The pointers are
//! atomic because a child shares them with us until it runs its program (`sys::clone`).
//!
//! Every pointer in a slot is to something that lives as long as the slot is read: [`Env::replace`] copies into a
//! [`Spare`] that lives for `'a`, and [`Command::as_script`] puts the name back.

use core::ffi::{CStr, c_char};
use core::slice;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, Ordering::Relaxed};

/// A pointer to a C string, or null.
type Slot = AtomicPtr<c_char>;

/// The arguments that have not been read yet, the program's own name first.
#[derive(Debug)]
pub struct Args<'a> {
    /// Every element but the last, which is null, points to a C string that lives for `'a`.
    slots: &'a [Slot],
    /// How many have been read. They come first.
    read: usize,
    /// How many behind these have been stepped over: they are part of the command.
    skipped: usize,
}

impl<'a> Args<'a> {
    /// # Safety
    /// `slots` must be as an `argv` of execve(2): C strings that live for `'a`, then one null pointer.
    #[must_use]
    pub unsafe fn new(slots: &'a mut [*const c_char]) -> Self {
        // SAFETY: borrowed for `'a` by us alone; a pointer is laid out as an atomic one.
        let slots = unsafe { slice::from_raw_parts(slots.as_mut_ptr().cast(), slots.len()) };
        Self { slots, read: 0, skipped: 0 }
    }

    /// The next argument, without reading it.
    #[must_use]
    pub fn peek(&self) -> Option<&'a CStr> {
        // SAFETY: the field's promise.
        self.slots.get(self.read + self.skipped).and_then(|slot| unsafe { string(slot.load(Relaxed)) })
    }

    /// Reads the next argument. It moves in front of those that were stepped over, as getopt(3) permutes.
    #[allow(clippy::should_implement_trait, reason = "not an iterator: what is left is the command")]
    pub fn next(&mut self) -> Option<&'a CStr> {
        let next = self.peek()?;
        for pair in self.slots.get(self.read..=self.read + self.skipped)?.windows(2).rev() {
            if let [left, right] = pair {
                swap(left, right);
            }
        }
        self.read += 1;
        Some(next)
    }

    /// The one that was read last.
    #[must_use]
    pub fn last_read(&self) -> Option<&'a [u8]> {
        let slot = self.slots.get(self.read.checked_sub(1)?)?;
        // SAFETY: the field's promise.
        unsafe { string(slot.load(Relaxed)) }.map(CStr::to_bytes)
    }

    /// Whether `word` is all that is left.
    #[must_use]
    pub fn is_only(&self, word: &[u8]) -> bool {
        self.slots.len() == self.read + 2 && self.peek().is_some_and(|next| next.to_bytes() == word)
    }

    /// Steps over the next argument: it is part of the command.
    pub const fn skip(&mut self) {
        self.skipped += 1;
    }

    /// What has not been read, as the command to run; `None` if there is nothing. It takes the place of these `Args`,
    /// because [`Command::as_script`] changes the slots for a time.
    #[must_use]
    pub fn command(mut self) -> Option<Command<'a>> {
        self.skipped = 0;
        let name = self.peek()?;
        // The slot before it has been read: it has at least our own name.
        let slots = self.slots.get(self.read.checked_sub(1)?..)?;
        Some(Command { name, slots })
    }
}

/// A program and its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// The first of its arguments.
    pub name: &'a CStr,
    /// As in `Args`. The name is in the second slot; the first is not the command's, and free for [`Self::as_script`].
    slots: &'a [Slot],
}

impl Command<'_> {
    /// The array that execve(2) wants; it ends with a null pointer.
    #[must_use]
    pub const fn as_ptr(&self) -> *const *const c_char {
        // There are at least the name and the null pointer behind the first slot.
        self.slots.as_ptr().wrapping_add(1).cast()
    }

    /// Calls `run` with the same array, but `shell` before it, and `script` for the name: what execvp(3) makes of a
    /// file that the kernel does not take for a program. Afterwards the array is again what it was.
    /// `None`: `script` does not end with a NUL.
    pub fn as_script<R>(
        &self,
        shell: &'static CStr,
        script: &[u8],
        run: impl FnOnce(*const *const c_char) -> R,
    ) -> Option<R> {
        let (Some(0), [first, second, ..]) = (script.last(), self.slots) else { return None };
        // This one may stay there.
        first.store(shell.as_ptr().cast_mut(), Relaxed);
        second.store(script.as_ptr().cast_mut().cast(), Relaxed);
        let result = run(self.slots.as_ptr().cast());
        second.store(self.name.as_ptr().cast_mut(), Relaxed);
        Some(result)
    }
}

/// Room for one variable that is replaced: `LISTEN_PID=4194304` and a NUL. What has been written stays.
#[derive(Debug, Default)]
pub struct Spare {
    is_taken: AtomicBool,
    bytes: [AtomicU8; 24],
}

/// The environment.
#[derive(Debug)]
pub struct Env<'a> {
    /// As in `Args`.
    slots: &'a [Slot],
    spare: &'a Spare,
}

impl<'a> Env<'a> {
    /// # Safety
    /// `slots` must be as an `envp` of execve(2): C strings that live for `'a`, then one null pointer.
    #[must_use]
    pub unsafe fn new(slots: &'a mut [*const c_char], spare: &'a Spare) -> Self {
        // SAFETY: as in `Args::new`.
        let slots = unsafe { slice::from_raw_parts(slots.as_mut_ptr().cast(), slots.len()) };
        Self { slots, spare }
    }

    /// The value of a variable; the first one if there are many, as getenv(3) has it.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.find(name).map(|(_, value)| value)
    }

    /// Takes a variable out, and closes the gap: the child shall not see it.
    pub fn remove(&mut self, name: &[u8]) {
        while let Some((index, _)) = self.find(name) {
            for pair in self.slots.get(index..).unwrap_or(&[]).windows(2) {
                if let [left, right] = pair {
                    swap(left, right);
                }
            }
            // The null pointer has moved down by one slot; the variable that was taken out stands behind it.
        }
    }

    /// Puts `entry`, which is `NAME=VALUE`, where `name` was, for execve(2) alone: [`Self::get`] does not find it. Once
    /// only, because there is room for one. An entry that is too long is cut.
    // Only catatonit's child calls it: 40 bytes less than in its midst.
    #[inline(never)]
    pub fn replace(&self, name: &[u8], entry: &[u8]) {
        // No swap: on aarch64 that is a call which looks into a variable of the runtime's, and pausa has none. Two callers
        // at once mix their bytes, and nothing worse: nobody here reads them.
        if self.spare.is_taken.load(Relaxed) {
            return;
        }
        self.spare.is_taken.store(true, Relaxed);
        // The last place keeps its NUL.
        for (place, &byte) in self.spare.bytes.iter().take(23).zip(entry) {
            place.store(byte, Relaxed);
        }
        if let Some(slot) = self.find(name).and_then(|(index, _)| self.slots.get(index)) {
            slot.store(self.spare.bytes.as_ptr().cast_mut().cast(), Relaxed);
        }
    }

    /// Where a variable stands, and its value.
    fn find(&self, name: &[u8]) -> Option<(usize, &'a [u8])> {
        for (index, slot) in self.slots.iter().enumerate() {
            let entry = slot.load(Relaxed);
            // What was put there is for execve alone.
            if entry.cast_const().cast() == self.spare.bytes.as_ptr() {
                continue;
            }
            // SAFETY: the field's promise.
            let entry = unsafe { string(entry) }?.to_bytes();
            if let Some([b'=', value @ ..]) = entry.strip_prefix(name) {
                return Some((index, value));
            }
        }
        None
    }

    /// The array that execve(2) wants; it ends with a null pointer.
    #[must_use]
    pub const fn as_ptr(&self) -> *const *const c_char {
        self.slots.as_ptr().cast()
    }
}

/// The string of a slot; `None` for the null pointer at the end.
///
/// # Safety
/// The pointer must be null or point to a C string that lives for `'a`.
unsafe fn string<'a>(string: *const c_char) -> Option<&'a CStr> {
    if string.is_null() {
        return None;
    }
    // SAFETY: not null, as just checked, so the caller's promise gives a C string.
    Some(unsafe { CStr::from_ptr(string) })
}

/// Exchanges two pointers. The caller has a view of its own (`&mut`), so nothing else changes them meanwhile.
fn swap(left: &Slot, right: &Slot) {
    let string = left.load(Relaxed);
    left.store(right.load(Relaxed), Relaxed);
    right.store(string, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: *const c_char = core::ptr::null();

    /// What execve(2) would read.
    fn strings(mut array: *const *const c_char) -> Vec<&'static CStr> {
        let mut strings = Vec::new();
        loop {
            // SAFETY: an array that ends with null.
            let slot = Slot::new(unsafe { *array }.cast_mut());
            // SAFETY: literals, or null.
            let Some(string) = (unsafe { string(slot.load(Relaxed)) }) else { break };
            strings.push(string);
            array = array.wrapping_add(1);
        }
        strings
    }

    #[test]
    fn arguments_are_read_in_order_and_the_rest_is_the_command() {
        let mut slots = [c"pausa".as_ptr(), c"-v".as_ptr(), c"true".as_ptr(), c"x".as_ptr(), END];
        // SAFETY: literals, then null.
        let mut args = unsafe { Args::new(&mut slots) };
        assert_eq!(args.next(), Some(c"pausa"));
        assert_eq!(args.peek(), Some(c"-v"));
        assert_eq!(args.next(), Some(c"-v"));
        let command = args.command().unwrap();
        assert_eq!(command.name, c"true");
        assert_eq!(strings(command.as_ptr()), [c"true", c"x"]);
        let script = command.as_script(c"/bin/sh", b"/x/true\0", strings);
        assert_eq!(script.unwrap(), [c"/bin/sh", c"/x/true", c"x"]);
        assert_eq!(strings(command.as_ptr()), [c"true", c"x"]);
    }

    #[test]
    fn what_is_stepped_over_keeps_its_order() {
        let mut slots = [
            c"tini".as_ptr(),
            c"a".as_ptr(),
            c"b".as_ptr(),
            c"-e".as_ptr(),
            c"1".as_ptr(),
            c"c".as_ptr(),
            END,
        ];
        // SAFETY: literals, then null.
        let mut args = unsafe { Args::new(&mut slots) };
        args.next();
        args.skip();
        args.skip();
        assert_eq!(args.next(), Some(c"-e"));
        assert_eq!(args.next(), Some(c"1"));
        assert_eq!(strings(args.command().unwrap().as_ptr()), [c"a", c"b", c"c"]);
    }

    #[test]
    fn nothing_left_is_no_command() {
        let mut slots = [END];
        // SAFETY: null only.
        let mut args = unsafe { Args::new(&mut slots) };
        assert_eq!(args.next(), None);
        assert!(args.command().is_none());
    }

    #[test]
    fn a_removed_variable_leaves_no_gap() {
        let mut slots =
            [c"A=1".as_ptr(), c"X=2".as_ptr(), c"XY=3".as_ptr(), c"X=4".as_ptr(), c"X".as_ptr(), END];
        let spare = Spare::default();
        // SAFETY: literals, then null.
        let mut env = unsafe { Env::new(&mut slots, &spare) };
        assert_eq!(env.get(b"X"), Some(&b"2"[..]));
        env.remove(b"X");
        assert_eq!(env.get(b"X"), None);
        env.replace(b"XY", b"XY=5");
        // It is there for execve, and nobody else reads it.
        assert_eq!((env.get(b"XY"), strings(env.as_ptr())), (None, vec![c"A=1", c"XY=5", c"X"]));
        env.replace(b"A", b"A=a second one");
        assert_eq!(env.get(b"A"), Some(&b"1"[..]));
    }

    #[test]
    fn what_is_replaced_ends_in_its_room() {
        let mut slots = [c"A=1".as_ptr(), END];
        let spare = Spare::default();
        // SAFETY: a literal, then null.
        let env = unsafe { Env::new(&mut slots, &spare) };
        env.replace(b"A", b"A=345678901234567890123456789");
        assert_eq!(strings(env.as_ptr()), [c"A=345678901234567890123"]);
    }
}

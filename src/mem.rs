//! The functions that LLVM calls and that libc would bring. They stand in the binary, not in the library,
//! so that test programs keep libc's own.
//!
//! Every access is volatile: otherwise LLVM recognises the loop as a memcpy, and replaces it by a call to
//! memcpy. Slow for megabytes; pausa moves a few hundred bytes in its life.

use core::ffi::{c_char, c_int};

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    for i in 0..count {
        // SAFETY: the caller vouches for `count` bytes at `from` (C11 7.24.2.1).
        let byte = unsafe { from.wrapping_add(i).read_volatile() };
        // SAFETY: and for as many at `to`.
        unsafe { to.wrapping_add(i).write_volatile(byte) };
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= count {
        // SAFETY: `to` is not within the source, so a copy upwards reads each byte before it is written.
        return unsafe { memcpy(to, from, count) };
    }
    // `to` lies within the source, so this goes downwards.
    for i in (0..count).rev() {
        // SAFETY: the caller vouches for `count` bytes at `from` (C11 7.24.2.2).
        let byte = unsafe { from.wrapping_add(i).read_volatile() };
        // SAFETY: and for as many at `to`.
        unsafe { to.wrapping_add(i).write_volatile(byte) };
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: c_int, count: usize) -> *mut u8 {
    for i in 0..count {
        // SAFETY: the caller vouches for `count` bytes (C11 7.24.6.1).
        unsafe { to.wrapping_add(i).write_volatile(byte as u8) };
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, count: usize) -> c_int {
    for i in 0..count {
        // SAFETY: the caller vouches for `count` bytes at `a` (C11 7.24.4.1).
        let x = unsafe { a.wrapping_add(i).read_volatile() };
        // SAFETY: and for as many at `b`.
        let y = unsafe { b.wrapping_add(i).read_volatile() };
        if x != y {
            return c_int::from(x) - c_int::from(y);
        }
    }
    0
}

/// LLVM calls this for a memcmp of which only "equal or not" is asked.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, count: usize) -> c_int {
    // SAFETY: the same contract.
    unsafe { memcmp(a, b, count) }
}

/// `CStr::from_ptr` calls this.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const c_char) -> usize {
    let mut length = 0;
    // SAFETY: the caller vouches for a terminating NUL, and no byte behind it is read.
    while unsafe { text.wrapping_add(length).read_volatile() } != 0 {
        length += 1;
    }
    length
}

/// The precompiled `core` names this symbol; with LTO it is dropped again. The profile `lives` has no LTO.
#[cfg(debug_assertions)]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

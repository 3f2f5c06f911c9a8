#![no_std]
use core::arch::{asm, naked_asm};
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pausa_entry() -> ! {
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "call {s}", "ud2", s = sym start)
}
static T: &[(&str, fn() -> i32)] = &[("a", a), ("b", b)];
fn a() -> i32 { 3 }
fn b() -> i32 { 4 }
extern "C" fn start(sp: *const usize) -> ! {
    let n = unsafe { *sp };
    exit(match T.get(n) { Some((s, f)) => f() + s.len() as i32, None => 9 })
}
pub fn exit(c: i32) -> ! {
    unsafe { asm!("syscall", in("rax") 231, in("rdi") c, options(noreturn)) }
}

//! What only an executable may own: the panic handler and the memory functions. Everything else is in the
//! library, which tests can link; the first instruction is in `sys/arch/`, and leads to `pausa::run`.

#![no_std]
#![no_main]
#![deny(clippy::multiple_unsafe_ops_per_block)]

mod mem;

/// Never linked in: the optimizer proves that no panic can be reached, and the marker text below is then
/// absent from the binary, which `tests/it/files/size.rs` asserts.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    pausa::sys::abandon(b"pausa: panic\n")
}

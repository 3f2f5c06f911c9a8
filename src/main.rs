#![no_std]
#![no_main]
use pausa as _;
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! { pausa::exit(125) }

//! How a supervised command ends, and what the engine is to say of it: the tables that every engine is asked.

use super::Container;

/// What is done to a container that has said that it is ready.
#[derive(Clone, Copy)]
pub enum Deed {
    Nothing,
    Stop,
    Kill(&'static str),
}

use Deed::{Kill, Nothing, Stop};

/// The line comes from tail: busybox's shell ignores SIGQUIT until it becomes another program.
pub const WAIT: &str = "exec tail -f /ready";
const TRAP: &str = "trap 'exit 3' TERM; tail -f /ready & wait";

/// Name, script, what is done, exit status.
pub const ENDS: [(&str, &str, Deed, i32); 12] = [
    ("exit 0 is 0", "exit 0", Nothing, 0),
    ("exit 7 is 7", "exit 7", Nothing, 7),
    ("ended by SIGTERM is 143", "kill -TERM $$", Nothing, 143),
    ("ended by SIGKILL is 137", "kill -KILL $$", Nothing, 137),
    ("ended by SIGSEGV is 139", "kill -SEGV $$", Nothing, 139),
    ("a stop is 143", WAIT, Stop, 143),
    ("a stop of what traps it is the trap's status", TRAP, Stop, 3),
    ("a kill is 137", WAIT, Kill("KILL"), 137),
    ("SIGHUP is forwarded", WAIT, Kill("HUP"), 129),
    ("SIGQUIT is forwarded", WAIT, Kill("QUIT"), 131),
    ("SIGUSR1 is forwarded", WAIT, Kill("USR1"), 138),
    ("a real time signal is forwarded", WAIT, Kill("40"), 168),
];

/// Command and exit status of what cannot be executed; dumb-init says 2 and catatonit 1 to all of these.
pub const FAILURES: [(&str, &str, i32); 4] = [
    ("not found is 127", "no-such-program", 127),
    ("no such path is 127", "/no/such/program", 127),
    ("not executable is 126", "/not-executable", 126),
    ("a directory is 126", "/bin", 126),
];

pub fn carry_out(deed: Deed, container: &Container) {
    match deed {
        Nothing => {}
        Stop => {
            container.await_line("ready");
            container.stop();
        }
        Kill(signal) => {
            container.await_line("ready");
            container.kill(signal);
        }
    }
}

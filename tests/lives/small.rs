//! Small worlds, of which `search.rs` tries all lives.

use crate::events::Kind;
use crate::world::{Truth, Tty};

/// A small world of which all lives are lived.
pub struct Small {
    pub name: &'static str,
    pub words: &'static str,
    pub own: i32,
    pub scope: &'static [Kind],
    /// So many events less: it has more places where one may happen, so far more lives.
    pub fewer: u32,
    pub change: fn(&mut Truth),
}

pub const SMALL: &[Small] = &[
    Small {
        name: "a deadline",
        words: "pausa -k 2s",
        own: 1,
        fewer: 0,
        scope: &[
            Kind::Outside(libc::SIGTERM),
            Kind::ChildExits,
            Kind::ClockJumps,
            Kind::ChildForks,
            Kind::OneEnds,
        ],
        change: |truth| truth.character(2, 1),
    },
    Small {
        name: "a limit",
        words: "pausa -T 2s -k 1s",
        own: 1,
        fewer: 1,
        scope: &[
            Kind::Outside(libc::SIGTERM),
            Kind::ChildExits,
            Kind::ClockJumps,
            Kind::ChildStops,
            Kind::ChildForks,
        ],
        change: |truth| truth.character(2, 2),
    },
    Small {
        name: "a drain below a shell",
        words: "pausa -D -k 2s",
        own: 50,
        fewer: 1,
        scope: &[
            Kind::ChildExits,
            Kind::ChildForks,
            Kind::OneForksAway,
            Kind::OneEnds,
            Kind::Outside(libc::SIGTERM),
        ],
        change: |truth| {
            let pid = truth.fork(51);
            truth.character(pid, 4);
        },
    },
    Small {
        name: "a group",
        words: "pausa -g -d 1s",
        own: 1,
        fewer: 0,
        scope: &[
            Kind::Outside(libc::SIGTERM),
            Kind::Outside(libc::SIGCONT),
            Kind::Queued(40),
            Kind::ChildLeavesGroup,
            Kind::ChildExits,
        ],
        change: |truth| truth.character(2, 2),
    },
    Small {
        name: "a terminal below a shell",
        words: "pausa",
        own: 50,
        fewer: 0,
        scope: &[
            Kind::Key(libc::SIGTSTP),
            Kind::ReadsTerminal,
            Kind::ForegroundMoves,
            Kind::Outside(libc::SIGCONT),
            Kind::ChildExits,
        ],
        change: |truth| truth.tty = Some(Tty { session: 2, foreground: 51 }),
    },
    Small {
        name: "a terminal of PID 1",
        words: "pausa",
        own: 1,
        fewer: 0,
        scope: &[
            Kind::Key(libc::SIGTSTP),
            Kind::ReadsTerminal,
            Kind::ForegroundMoves,
            Kind::Outside(libc::SIGTSTP),
            Kind::ChildContinues,
        ],
        change: |truth| truth.tty = Some(Tty { session: 1, foreground: 2 }),
    },
    Small {
        name: "a user without CAP_KILL",
        words: "pausa -k 1s",
        own: 1,
        fewer: 0,
        scope: &[
            Kind::Outside(libc::SIGTERM),
            Kind::ChildChangesUser,
            Kind::ChildHangs,
            Kind::ClockJumps,
            Kind::ChildExits,
        ],
        change: |truth| {
            truth.may_kill = false;
            truth.character(2, 1);
        },
    },
];

//! Why a child ended, for people and for machines. Pure.

use crate::message::facts::{Facts, OwnKill};
use crate::message::text::{Text, Texts, texts};
use crate::model::signal::Signal;
use crate::model::status::WaitStatus;

/// Why it ended, as far as that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    NotRun,
    /// It may live: the kernel refused a call without which its end cannot be seen.
    Refused,
    /// By a SIGKILL that is not ours, after the kernel has killed for want of memory in this cgroup. Whom it has killed is
    /// told nowhere: a worker that its own parent has reaped counts like the child.
    OutOfMemory,
    Deadline,
    Rewrite,
    UnknownKill,
    Asked,
    Signal,
    Itself,
}

impl Reason {
    // 40 bytes less.
    #[inline(never)]
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let signal = facts.wait.and_then(WaitStatus::term_signal);
        // What was killed and given up has not been seen to end.
        let is_killed = facts.wait.is_none() || signal == Some(Signal::KILL);
        if facts.exec_error.is_some() {
            Self::NotRun
        } else if is_killed && facts.own_kill == Some(OwnKill::Deadline) {
            Self::Deadline
        } else if is_killed && facts.own_kill == Some(OwnKill::Rewrite) {
            Self::Rewrite
        } else if facts.wait.is_none() {
            Self::Refused
        } else if is_killed && facts.oom_kills > 0 {
            Self::OutOfMemory
        } else if is_killed {
            Self::UnknownKill
        } else if facts.asked.as_ref().is_some_and(|asked| asked.explains(signal)) {
            Self::Asked
        } else if signal.is_some() {
            Self::Signal
        } else {
            Self::Itself
        }
    }

    /// For people.
    #[must_use]
    pub fn sentence(self) -> Text {
        SENTENCES.find(self as u8).unwrap_or(Text::EMPTY)
    }

    /// For machines.
    #[must_use]
    pub fn word(self) -> Text {
        WORDS.find(self as u8).unwrap_or(Text::EMPTY)
    }
}

const SENTENCES: Texts = texts![
    (Reason::NotRun, "the program could not be run"),
    (Reason::Refused, "not known: the kernel refused a call that pausa needs"),
    (Reason::OutOfMemory, "killed by SIGKILL, perhaps for want of memory: see oom_kills"),
    (Reason::Deadline, "killed by pausa: grace period expired"),
    (Reason::Rewrite, "killed by pausa: --rewrite turned a signal into SIGKILL"),
    (Reason::UnknownKill, "killed by SIGKILL from an unknown sender"),
    (Reason::Asked, "asked to stop"),
    (Reason::Signal, "killed by a signal"),
    (Reason::Itself, "exited by itself"),
];

const WORDS: Texts = texts![
    (Reason::NotRun, "not_run"),
    (Reason::Refused, "refused"),
    (Reason::OutOfMemory, "oom"),
    (Reason::Deadline, "deadline"),
    (Reason::Rewrite, "rewrite"),
    (Reason::UnknownKill, "killed"),
    (Reason::Asked, "asked"),
    (Reason::Signal, "signal"),
    (Reason::Itself, "exit"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::facts::Asked;
    use crate::model::process::Pid;
    use crate::model::siginfo::Origin;
    use crate::time::Nanoseconds;

    fn asked(signal: Signal) -> Asked {
        Asked {
            signal,
            origin: Origin::Kill,
            sender: Pid::new(0),
            uid: 0,
            comm: [0; 16],
            at: Nanoseconds::ZERO,
        }
    }

    #[test]
    fn the_reason_is_what_the_facts_allow_and_no_more() {
        let (term, hup) = (asked(Signal::TERM), asked(Signal::HUP));
        for (wait, asked, oom_kills, own_kill, reason) in [
            (0x0000, None, 0, None, Reason::Itself),
            (0x0000, Some(term), 0, None, Reason::Asked),
            (0x000f, Some(term), 0, None, Reason::Asked),
            // It crashed: nobody has asked for that.
            (0x008b, Some(term), 0, None, Reason::Signal),
            // Whoever says that SIGHUP is a stop signal means it.
            (0x0300, Some(hup), 0, None, Reason::Asked),
            (0x0001, Some(hup), 0, None, Reason::Asked),
            (0x0009, Some(term), 0, None, Reason::UnknownKill),
            (0x0009, None, 1, None, Reason::OutOfMemory),
            // A worker was killed: a count, and not why this one ended.
            (0x0000, None, 1, None, Reason::Itself),
            (0x000f, Some(term), 1, None, Reason::Asked),
            (0x008b, None, 1, None, Reason::Signal),
            (0x0009, None, 1, Some(OwnKill::Deadline), Reason::Deadline),
            (0x0009, None, 0, Some(OwnKill::Rewrite), Reason::Rewrite),
        ] {
            let wait = Some(WaitStatus::new(wait));
            let facts = Facts {
                wait,
                oom_kills,
                own_kill,
                asked,
                ..Facts::new(b"x", Pid::new(7), None, Nanoseconds::ZERO)
            };
            assert_eq!(Reason::of(&facts), reason, "{wait:?} {asked:?} {own_kill:?}");
        }
        let facts = Facts::new(b"x", Pid::new(7), None, Nanoseconds::ZERO);
        assert_eq!(Reason::of(&Facts { oom_kills: 1, ..facts }), Reason::Refused);
    }
}

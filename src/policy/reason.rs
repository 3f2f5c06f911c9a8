//! Why a child ended: the verdict on the facts. Pure.

use crate::bytes::{nth_word, word_index};
use crate::model::signal::Signal;
use crate::model::status::ExitStatus;
use crate::policy::facts::{End, Facts, OwnKill};

/// Why it ended, as far as that is known.
// In the order of `WORDS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    NotRun,
    /// It ran longer than it may, and ended when we had asked it to.
    TimedOut,
    Deadline,
    /// We have killed it when the grace period had expired, and exit although it has not ended.
    Survived,
    Rewrite,
    /// By a SIGKILL that is not ours, after the kernel has killed for want of memory in this cgroup. Whom it has killed is
    /// told nowhere: a worker that its own parent has reaped counts like the child.
    OutOfMemory,
    UnknownKill,
    Asked,
    Signal,
    Itself,
    /// It may live: the kernel refused a call without which its end cannot be seen.
    Refused,
    /// pausa never came to the program.
    Failed,
    /// We were killed, and all others in the namespace by our end. True for as long as nothing else is written.
    AllKilled,
    /// We were killed; as we are not PID 1, that says nothing about the program.
    PausaKilled,
}

/// The words for machines, in the order of [`Reason`].
const WORDS: &[u8] =
    b"not_run timeout deadline survived rewrite oom killed asked signal exit refused failed all_killed pausa_killed";

/// How many of them can be the reason of an end that pausa sees: the first ones.
pub const SEEN: usize = 10;

impl Reason {
    // 40 bytes less.
    #[inline(never)]
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let signal = match facts.end {
            End::Pending if facts.is_init => return Self::AllKilled,
            End::Pending => return Self::PausaKilled,
            End::Unseen if facts.own_kill.is_some() => return Self::Survived,
            End::Unseen => return Self::Refused,
            End::Seen(wait) => wait.term_signal(),
        };
        let is_killed = signal == Some(Signal::KILL);
        if facts.exec_error.is_some() {
            Self::NotRun
        } else if facts.has_timed_out {
            Self::TimedOut
        } else if is_killed && facts.own_kill == Some(OwnKill::Deadline) {
            Self::Deadline
        } else if is_killed && facts.own_kill == Some(OwnKill::Rewrite) {
            Self::Rewrite
        } else if is_killed && facts.memory.oom_kills.is_some_and(|count| count > 0) {
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

    /// What pausa exits with, if nothing is remapped: `own` is what the child's end amounts to. As timeout(1) has it: a
    /// SIGKILL stays one.
    #[must_use]
    pub fn status(self, own: ExitStatus) -> ExitStatus {
        if self == Self::TimedOut && own != ExitStatus::KILLED { ExitStatus::TIMED_OUT } else { own }
    }

    /// For machines.
    #[must_use]
    pub fn word(self) -> &'static [u8] {
        nth_word(WORDS, b' ', self as usize)
    }

    /// The number of the reason that has this word, among those that can be an end that pausa sees.
    #[must_use]
    pub fn number_of(word: &[u8]) -> Option<usize> {
        word_index(WORDS, b' ', word).filter(|&number| number < SEEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::errno::Errno;
    use crate::model::process::Pid;
    use crate::model::siginfo::Origin;
    use crate::model::status::WaitStatus;
    use crate::policy::facts::{Asked, Memory};
    use crate::time::Nanoseconds;

    const FACTS: Facts<'_> = Facts::new(b"x", true, Nanoseconds::ZERO);

    fn asked(signal: Signal) -> Asked {
        let (sender, at) = (Pid::new(0), Nanoseconds::ZERO);
        Asked { signal, origin: Origin::Kill, sender, uid: 0, comm: [0; 16], at, date: None }
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
            // It ended by itself before our SIGKILL reached it.
            (0x0000, Some(term), 0, Some(OwnKill::Deadline), Reason::Asked),
        ] {
            let (end, memory) = (
                End::Seen(WaitStatus::new(wait)),
                Memory { oom_kills: Some(oom_kills), ..Memory::default() },
            );
            let facts = Facts { end, memory, own_kill, asked, ..FACTS };
            assert_eq!(Reason::of(&facts), reason, "{wait:?} {asked:?} {own_kill:?}");
        }
        // Whatever else has come to pass.
        for wait in [0x0000, 0x0300, 0x000f, 0x008b, 0x0009] {
            let (end, memory) =
                (End::Seen(WaitStatus::new(wait)), Memory { oom_kills: Some(1), ..Memory::default() });
            for own_kill in [None, Some(OwnKill::Deadline)] {
                let facts = Facts { end, memory, own_kill, asked: Some(term), has_timed_out: true, ..FACTS };
                assert_eq!(Reason::of(&facts), Reason::TimedOut, "{wait:?} {own_kill:?}");
            }
        }
        let end = End::Seen(WaitStatus::new(9));
        assert_eq!(Reason::of(&Facts { end, ..FACTS }), Reason::UnknownKill, "the counter cannot be read");
        let (end, exec_error) = (End::Seen(WaitStatus::new(0x7f00)), Some(Errno::NOENT));
        assert_eq!(Reason::of(&Facts { end, exec_error, ..FACTS }), Reason::NotRun);
    }

    #[test]
    fn an_end_that_was_not_seen_has_reasons_of_its_own() {
        let memory = Memory { oom_kills: Some(1), ..Memory::default() };
        for (end, is_init, own_kill, reason) in [
            (End::Unseen, true, None, Reason::Refused),
            (End::Unseen, true, Some(OwnKill::Deadline), Reason::Survived),
            (End::Pending, true, None, Reason::AllKilled),
            (End::Pending, true, Some(OwnKill::Deadline), Reason::AllKilled),
            (End::Pending, false, None, Reason::PausaKilled),
        ] {
            let facts = Facts { end, is_init, own_kill, memory, ..FACTS };
            assert_eq!(Reason::of(&facts), reason, "{end:?} {is_init} {own_kill:?}");
        }
    }

    #[test]
    fn who_has_timed_out_ends_with_124_unless_by_sigkill() {
        for (reason, own, status) in [
            (Reason::TimedOut, 0, 124),
            (Reason::TimedOut, 143, 124),
            (Reason::TimedOut, 139, 124),
            (Reason::TimedOut, 137, 137),
            (Reason::Asked, 143, 143),
            (Reason::Itself, 0, 0),
        ] {
            assert_eq!(reason.status(ExitStatus(own)), ExitStatus(status), "{reason:?} {own}");
        }
    }

    #[test]
    fn every_reason_has_a_word_and_some_can_be_asked_for() {
        for (reason, word) in [
            (Reason::NotRun, "not_run"),
            (Reason::TimedOut, "timeout"),
            (Reason::Survived, "survived"),
            (Reason::Itself, "exit"),
            (Reason::Refused, "refused"),
            (Reason::PausaKilled, "pausa_killed"),
        ] {
            assert_eq!(reason.word(), word.as_bytes(), "{reason:?}");
        }
        assert_eq!(Reason::number_of(b"exit"), Some(Reason::Itself as usize));
        assert_eq!(Reason::Itself as usize, SEEN - 1);
        for word in [&b"refused"[..], b"all_killed", b"", b"EXIT", b"oo"] {
            assert_eq!(Reason::number_of(word), None, "{}", word.escape_ascii());
        }
    }
}

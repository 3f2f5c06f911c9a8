//! Lives that are told, one for each promise. Beside each stands the trial of `tests/it` that shows the same on the real
//! kernel.

use crate::life::{
    CONT, HUP, INT, KILL, Life, Manners, QUIT, STOP, TERM, TSTP, TTIN, USR1, child, ignores, key, life, ms,
    obeys, on, outside, process, s, shell_continues, world,
};
use crate::process::{React, State};
use crate::rights;
use crate::world::{Call, Fault, Truth};
use pausa::model::errno::Errno;

const fn stays(manners: Manners) -> Manners {
    manners.on(TERM, React::Stay).on(INT, React::Stay)
}

fn lives(truth: &Truth, name: &str) -> bool {
    truth.names.iter().any(|&(known, pid)| known == name && truth.get(pid).is_some_and(|p| !p.is_zombie()))
}

pub fn scenes() -> Vec<Life> {
    let mut lives = ends();
    lives.extend(shutdowns());
    lives.extend(drains());
    lives.extend(jobs());
    lives.extend(crate::turns::lives());
    lives.extend(crate::turns::stops());
    lives.extend(rights::rights());
    lives
}

/// `exit_status`, `forwarding`, `reaping`, `targets`, `under_stress`.
fn ends() -> Vec<Life> {
    vec![
        life("a command ends").at(s(1), child().exits(7)).ends(7).after(s(1)),
        life("a command is killed").at(s(1), child().gets(KILL)).ends(137),
        life("an end is remapped").pausa("-e 143").at(s(1), outside().kills(TERM)).ends(0),
        life("a command is stopped and continued, and pausa waits")
            .at(s(1), child().gets(STOP))
            .at(s(2), child().gets(CONT))
            .at(s(3), child().exits(7))
            .ends(7),
        life("SIGCONT goes to a child that stopped itself")
            .at(s(1), child().gets(STOP))
            .at(s(2), outside().kills(CONT))
            .at(s(3), child().exits(7))
            .hears(child(), &[STOP, CONT])
            .ends(7),
        life("a signal is rewritten")
            .pausa("-r TERM:USR1")
            .child(on(USR1, React::Exit(3)))
            .at(s(1), outside().kills(TERM))
            .hears(child(), &[USR1])
            .ends(3),
        life("a signal is dropped")
            .pausa("-r TERM:0")
            .at(s(1), outside().kills(TERM))
            .at(s(2), child().exits(7))
            .hears(child(), &[])
            .ends(7),
        life("a queued signal keeps its value")
            .child(on(USR1, React::Exit(3)))
            .at(s(1), outside().queues(USR1, 42))
            .ends(3),
        life("an orphan is adopted and reaped")
            .at(s(1), child().forks("parent", obeys()))
            .at(s(2), process("parent").forks("orphan", obeys()))
            .at(s(3), process("parent").exits(0))
            .at(s(4), process("orphan").exits(0))
            .at(s(5), child().exits(7))
            .so_that("it reaped one", |truth| truth.judge.reaped == 1)
            .ends(7),
        life("zombies of before are reaped at once")
            .first(world(|truth| {
                let own = truth.own;
                for _ in 0..3 {
                    let pid = truth.fork(own);
                    truth.exit(pid, 0);
                }
                truth.us().pending.clear();
            }))
            .at(s(1), world(|truth| assert_eq!(truth.judge.reaped, 3)))
            .at(s(1), child().exits(7))
            .ends(7),
        life("-g reaches the child that has left its group")
            .pausa("-g")
            .child(on(USR1, React::Exit(3)))
            .first(world(|truth| truth.child_mut().group = 1))
            .at(s(1), outside().kills(USR1))
            .ends(3),
        life("stderr is full, and nothing waits for it")
            .pausa("-v")
            .first(world(|truth| truth.fill_stderr(Errno::AGAIN)))
            .at(s(1), outside().kills(TERM))
            .ends(143)
            .after(s(1)),
    ]
}

/// `stopping`.
fn shutdowns() -> Vec<Life> {
    vec![
        life("is asked to stop and goes").at(s(1), outside().kills(TERM)).ends(143).after(s(1)),
        life("stays until SIGKILL")
            .pausa("-k 2s")
            .child(ignores(TERM))
            .at(s(1), outside().kills(TERM))
            .ends(137)
            .after(s(3)),
        life("asking again does not postpone the kill")
            .pausa("-k 2s")
            .child(stays(obeys()))
            .at(s(1), outside().kills(TERM))
            .at(s(2), outside().kills(TERM))
            .at(ms(2900), outside().kills(INT))
            .hears(child(), &[TERM, TERM, INT, KILL])
            .ends(137)
            .after(s(3)),
        life("-k is over when the child ends")
            .pausa("-k 1h")
            .at(s(1), outside().kills(TERM))
            .ends(143)
            .after(s(1)),
        life("-S climbs step by step")
            .pausa("-S TERM:2s,QUIT:3s,KILL")
            .child(stays(obeys()).on(QUIT, React::Stay))
            .at(s(1), outside().kills(INT))
            .hears(child(), &[TERM, QUIT, KILL])
            .ends(137)
            .after(s(6)),
        life("-d holds the first stop back and passes the second")
            .pausa("-d 1h")
            .child(stays(obeys()).on(INT, React::Exit(3)))
            .at(s(1), outside().kills(TERM))
            .at(s(2), outside().kills(INT))
            .hears(child(), &[INT])
            .ends(3)
            .after(s(2)),
        life("-d and -k add up")
            .pausa("-d 1s -k 2s")
            .child(stays(obeys()))
            .at(s(1), outside().kills(TERM))
            .ends(137)
            .after(s(4)),
        life("-k kills all that is left, not PID 1")
            .pausa("-k 2s")
            .below_a_shell()
            .child(ignores(TERM))
            .at(ms(1), child().forks("worker", ignores(TERM)))
            .at(ms(2), process("worker").leads_a_session())
            .at(ms(3), process("worker").forks("deeper", ignores(TERM)))
            .at(s(1), outside().kills(TERM))
            .so_that("nobody is left", |truth| !lives(truth, "worker") && !lives(truth, "deeper"))
            .ends(137)
            .after(s(3)),
        life("a child that hangs is given up")
            .pausa("-k 2s")
            .first(child().hangs())
            .at(s(1), outside().kills(TERM))
            .ends(137)
            .after(s(4)),
        life("asking again does not postpone giving up")
            .pausa("-r TERM:KILL")
            .first(child().hangs())
            .at(s(1), outside().kills(TERM))
            .at(ms(1900), outside().kills(TERM))
            .ends(137)
            .after(s(2)),
        life("a child of another user cannot be killed by PID 1 without CAP_KILL")
            .pausa("-k 2s")
            .first(world(|truth| {
                (truth.may_kill, truth.may_set_user) = (false, false);
                truth.child_mut().uid = 1000;
            }))
            .at(s(1), outside().kills(TERM))
            .ends(137)
            .after(s(3)),
        life("a clock that stops is nothing to stop signals without a deadline")
            .pausa("-m/message")
            .child(ignores(TERM))
            .first(world(|truth| {
                truth.fault = Some(Fault { call: Call::Now, after: 0, for_ever: true, errno: Errno::PERM });
            }))
            .at(s(1), outside().kills(TERM))
            .at(s(2), outside().kills(TERM))
            .at(s(3), child().exits(7))
            .ends(7),
        life("a clock that stops is told, and kills nobody")
            .pausa("-k 2s")
            .child(ignores(TERM))
            .first(world(|truth| {
                truth.fault = Some(Fault { call: Call::Now, after: 0, for_ever: true, errno: Errno::PERM });
            }))
            .at(s(1), outside().kills(TERM))
            .hears(child(), &[])
            .so_that("it says so", |truth| truth.lines == 1)
            .ends(125)
            .after(s(1)),
        life("a flood of signals postpones nothing")
            .pausa("-k 20ms")
            .child(ignores(TERM).on(HUP, React::Ignore))
            .at(s(1), outside().kills(TERM))
            .at(s(1), world(|truth| truth.flood = (HUP, 1000)))
            .ends(137),
        life("a flood of orphans postpones nothing")
            .pausa("-k 20ms")
            .child(ignores(TERM))
            .at(s(1), outside().kills(TERM))
            .at(s(1), world(|truth| truth.orphans = 1000))
            .ends(137),
    ]
}

/// `stopping`, its second half.
fn drains() -> Vec<Life> {
    let worker = |life: Life| {
        life.at(ms(1), child().forks("worker", on(TERM, React::ExitAfter(s(1), 0))))
            .at(ms(2), process("worker").leads_a_session())
    };
    let mut lives = Vec::new();
    for below in [false, true] {
        let place = |life: Life| if below { life.below_a_shell() } else { life };
        lives.extend([
            worker(place(life("-D waits for a worker").pausa("-D")))
                .at(s(1), child().exits(7))
                .hears(process("worker"), &[TERM])
                .ends(7)
                .after(s(2)),
            worker(place(life("-D wakes a worker that is stopped").pausa("-D")))
                .at(ms(10), process("worker").gets(STOP))
                .at(s(1), child().exits(7))
                .ends(7)
                .after(s(2)),
            place(life("-D is bounded by -k").pausa("-D -k 2s"))
                .at(ms(1), child().forks("worker", ignores(TERM)))
                .at(s(1), child().exits(7))
                .so_that("nobody is left", |truth| truth.own == 1 || !self::lives(truth, "worker"))
                .ends(7)
                .after(s(3)),
            place(life("-D -k 0 kills at once").pausa("-D -k 0"))
                .at(ms(1), child().forks("worker", ignores(TERM)))
                .at(s(1), child().exits(7))
                .ends(7)
                .after(s(1)),
        ]);
    }
    lives.push(
        life("-D does not wait for whom it cannot ask, and says so")
            .pausa("-D")
            .below_a_shell()
            .first(world(|truth| truth.has_proc = false))
            .at(ms(1), child().forks("worker", obeys()))
            .at(ms(2), process("worker").leads_a_session())
            .at(s(1), child().exits(7))
            .so_that("it says so", |truth| truth.lines == 1)
            .ends(7)
            .after(s(2)),
    );
    lives.push(
        worker(life("a worker two sessions below is asked as well").pausa("-D").below_a_shell())
            .at(ms(3), process("worker").forks("deeper", on(TERM, React::ExitAfter(s(1), 0))))
            .at(ms(4), process("deeper").leads_a_session())
            .at(s(1), child().exits(7))
            .hears(process("deeper"), &[TERM])
            .ends(7)
            .after(s(3)),
    );
    lives
}

/// `terminal`.
fn jobs() -> Vec<Life> {
    vec![
        life("Ctrl-C reaches the child").on_a_terminal().at(s(1), key(INT)).ends(130),
        life("Ctrl-Z does not wedge it where no shell is above")
            .on_a_terminal()
            .at(s(1), key(TSTP))
            .at(s(2), world(|truth| assert_eq!(truth.child_mut().state, State::Runs)))
            .at(s(3), key(INT))
            .hears(child(), &[TSTP, CONT, INT])
            .ends(130),
        life("below a shell, Ctrl-Z stops the job and fg continues it in the foreground")
            .below_a_shell()
            .on_a_terminal()
            .at(s(1), key(TSTP))
            .at(s(2), world(|truth| assert_eq!(truth.us().state, State::Stopped)))
            .at(s(3), shell_continues(true))
            .at(s(4), world(|truth| assert_eq!(truth.tty.map(|tty| tty.foreground), Some(truth.child))))
            .at(s(4), world(|truth| assert_eq!(truth.child_mut().state, State::Runs)))
            .at(s(5), child().exits(42))
            .so_that("the foreground is given back", |truth| {
                truth.tty.is_some_and(|tty| tty.foreground == 50)
            })
            .ends(42),
        life("below a shell, bg continues it, and reading stops it again")
            .below_a_shell()
            .on_a_terminal()
            .at(s(1), key(TSTP))
            .at(s(2), world(|truth| truth.tty.as_mut().expect("a terminal").foreground = 2))
            .at(s(3), shell_continues(false))
            .at(s(4), child().gets(TTIN))
            .at(s(5), world(|truth| assert_eq!(truth.us().state, State::Stopped)))
            .at(s(6), shell_continues(true))
            .at(s(7), child().exits(42))
            .hears(child(), &[TSTP, CONT, TTIN, CONT])
            .ends(42),
        life("who has stopped, and is asked to once more, goes on with its group")
            .at(ms(1), child().forks("worker", obeys()))
            .at(s(1), world(|truth| truth.send_to_group(truth.child, TSTP, crate::process::Info::default())))
            .at(s(2), outside().kills(TSTP))
            .at(s(3), outside().kills(CONT))
            .at(s(4), child().exits(7))
            .hears(process("worker"), &[TSTP, CONT])
            .ends(7),
        life("below a shell, a stop signal right behind fg loses nothing")
            .below_a_shell()
            .on_a_terminal()
            .at(s(1), key(TSTP))
            .at(s(3), shell_continues(true))
            .at(s(3), outside().kills(TSTP))
            .at(s(4), world(|truth| assert_eq!(truth.tty.map(|tty| tty.foreground), Some(truth.child))))
            .at(s(5), shell_continues(true))
            .at(s(6), child().exits(42))
            .hears(child(), &[TSTP, CONT, TSTP, CONT])
            .ends(42),
        life("below a shell, a stop signal right behind bg takes no foreground")
            .below_a_shell()
            .on_a_terminal()
            .at(s(1), child().gets(TTIN))
            .at(s(2), world(|truth| truth.tty.as_mut().expect("a terminal").foreground = 2))
            .at(s(3), shell_continues(false))
            .at(s(3), outside().kills(TSTP))
            .at(s(4), world(|truth| assert_eq!(truth.tty.map(|tty| tty.foreground), Some(2))))
            .at(s(5), shell_continues(true))
            .at(s(6), child().exits(42))
            .hears(child(), &[TTIN, CONT, TSTP, CONT])
            .ends(42),
        life("below a shell, Ctrl-C reaches a child of the same group once")
            .below_a_shell()
            .on_a_terminal()
            .in_one_group()
            .child(on(INT, React::Stay))
            .at(s(1), key(INT))
            .at(s(2), child().exits(7))
            .hears(child(), &[INT])
            .ends(7),
        life("below a shell, Ctrl-Z stops a child of the same group, and fg continues it")
            .below_a_shell()
            .on_a_terminal()
            .in_one_group()
            .at(s(1), key(TSTP))
            .at(s(2), world(|truth| assert_eq!(truth.us().state, State::Stopped)))
            .at(s(3), shell_continues(true))
            .at(s(4), world(|truth| assert_eq!(truth.child_mut().state, State::Runs)))
            .at(s(5), child().exits(42))
            .ends(42),
        life("a job in the background takes no foreground")
            .below_a_shell()
            .on_a_terminal()
            .first(world(|truth| truth.tty.as_mut().expect("a terminal").foreground = 2))
            .at(s(1), child().exits(7))
            .so_that("it is the shell's", |truth| truth.tty.is_some_and(|tty| tty.foreground == 2))
            .ends(7),
        life("dumb-init: the stop signals of a terminal become SIGSTOP, and it stops as well")
            .called("dumb-init")
            .below_a_shell()
            .at(s(1), outside().kills(TSTP))
            .at(s(2), shell_continues(true))
            .at(s(3), child().exits(7))
            .hears(child(), &[STOP, CONT])
            .ends(7),
    ]
}

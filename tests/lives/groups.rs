//! Lives of the child's group: whom a farewell, a drain and a kill reach at the moment when the child ends, and who gets
//! the foreground. cargo-mutants found that no other life tells these apart.

use crate::life::{
    CONT, HUP, INT, KILL, Life, TERM, TTIN, USR1, child, ignores, life, ms, obeys, on, outside, process, s,
    world,
};
use crate::process::React;
use crate::world::Truth;

fn lives(truth: &Truth, name: &str) -> bool {
    truth.names.iter().any(|&(known, pid)| known == name && truth.get(pid).is_some_and(|p| !p.is_zombie()))
}

pub fn scenes() -> Vec<Life> {
    let mut lives = farewells();
    lives.extend(ends());
    lives.extend(claims());
    lives
}

/// What did not reach the child while it lived is not why it ended.
fn claims() -> Vec<Life> {
    let tells = |life: Life, what: &'static str| {
        life.so_that(what, move |truth| String::from_utf8_lossy(&truth.judge.message).contains(what))
    };
    vec![
        tells(
            life("a rewrite into SIGKILL that comes behind the end")
                .pausa("-m/message -F json -r HUP:KILL")
                .at(s(1), child().gets(KILL))
                .at(s(1), outside().kills(HUP)),
            "\"reason\":\"killed\"",
        )
        .ends(137),
        tells(
            life("a stop that was held back, and another behind the end")
                .pausa("-m/message -F json -d 60s")
                .at(s(1), outside().kills(TERM))
                .at(s(2), child().exits(5))
                .at(s(2), outside().kills(INT)),
            "\"reason\":\"exit\"",
        )
        .ends(5),
        tells(
            life("a stop that pausa may not send")
                .pausa("-m/message -F json")
                .first(world(|truth| {
                    (truth.may_kill, truth.may_set_user) = (false, false);
                    truth.child_mut().uid = 1000;
                }))
                .at(s(1), outside().kills(TERM))
                .at(s(2), child().exits(5)),
            "\"reason\":\"exit\"",
        )
        .ends(5),
        tells(
            life("a stop that is dropped, behind one that is not")
                .pausa("-m/message -F json --stop-on TERM,USR1 -r TERM:0")
                .child(on(USR1, React::Stay))
                .at(s(1), outside().kills(USR1))
                .at(s(2), outside().kills(TERM))
                .at(s(3), child().exits(5)),
            "\"stop_signal\":\"SIGUSR1\"",
        )
        .ends(5),
    ]
}

/// dumb-init's SIGTERM to the group of a child that has ended.
fn farewells() -> Vec<Life> {
    let with_a_member = |words| {
        life("dumb-init says farewell to the child's group")
            .called(words)
            .at(ms(1), child().forks("member", obeys()))
            .at(s(1), child().exits(7))
            .ends(7)
    };
    let mut lives = Vec::new();
    for below in [false, true] {
        let place = |life: Life| if below { life.below_a_shell() } else { life };
        lives.extend([
            place(with_a_member("dumb-init")).hears(process("member"), &[TERM]),
            place(with_a_member("dumb-init -r 15:2")).hears(process("member"), &[INT]),
            place(with_a_member("dumb-init -r 15:0")).hears(process("member"), &[]),
            // It leads no group.
            place(with_a_member("dumb-init -c")).hears(process("member"), &[]),
        ]);
    }
    lives
}

fn ends() -> Vec<Life> {
    let slow = on(TERM, React::ExitAfter(s(2), 0));
    vec![
        // Adopted is the parent of the member, and it alone would be asked at first.
        life("-D asks the child's group at once, not PID 1")
            .pausa("-D")
            .below_a_shell()
            .at(ms(1), child().forks("middle", slow))
            .at(ms(2), process("middle").forks("member", on(TERM, React::ExitAfter(s(1), 0))))
            .at(ms(3), process("middle").leads_a_session())
            .at(s(1), child().exits(7))
            .hears(process("member"), &[TERM])
            .ends(7)
            .after(s(3)),
        life("-D asks each process once, as PID 1")
            .pausa("-D")
            .at(ms(1), child().forks("member", slow))
            .at(s(1), child().exits(7))
            .hears(process("member"), &[TERM])
            .ends(7)
            .after(s(3)),
        life("-k kills the child's group where no list of children can be read")
            .pausa("-k 2s")
            .below_a_shell()
            .first(world(|truth| truth.has_proc = false))
            .child(ignores(TERM))
            .at(ms(1), child().forks("member", ignores(TERM)))
            .at(s(1), outside().kills(TERM))
            .so_that("nobody is left", |truth| !self::lives(truth, "member"))
            .ends(137)
            .after(s(3)),
        // What is reaped is counted from turn to turn: there is a third one, and a turn more before it ends.
        life("-D asks each process once while others end, not PID 1")
            .pausa("-D")
            .below_a_shell()
            .at(ms(1), child().forks("first", on(TERM, React::ExitAfter(s(1), 0))))
            .at(ms(2), child().forks("second", slow))
            .at(ms(3), child().forks("third", on(TERM, React::ExitAfter(s(3), 0))))
            .at(ms(4), process("first").leads_a_session())
            .at(ms(5), process("second").leads_a_session())
            .at(ms(6), process("third").leads_a_session())
            .at(s(1), child().exits(7))
            .at(ms(3500), outside().kills(HUP))
            .hears(process("first"), &[TERM])
            .hears(process("second"), &[TERM])
            .hears(process("third"), &[TERM])
            .ends(7)
            .after(s(4)),
        life("as PID 1, a child that reads in the background is put into the foreground")
            .on_a_terminal()
            .first(world(|truth| truth.tty.as_mut().expect("a terminal").foreground = truth.own))
            .at(s(1), child().gets(TTIN))
            .at(s(2), world(|truth| assert_eq!(truth.tty.map(|tty| tty.foreground), Some(truth.child))))
            .at(s(3), child().exits(7))
            .hears(child(), &[TTIN, CONT])
            .ends(7),
    ]
}

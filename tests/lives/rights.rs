//! Lives of a child of another user, whom pausa may not signal, so that a messenger must. `forwarding` and `stopping` have
//! some on the real kernel.

use crate::life::{CONT, Life, STOP, TERM, child, ignores, life, ms, on, outside, s, world};
use crate::process::React;

/// So long a messenger takes where it is slow.
const SLOW: u64 = ms(10);

pub fn rights() -> Vec<Life> {
    let other = |life: Life| {
        life.first(world(|truth| {
            truth.may_kill = false;
            truth.child_mut().uid = 1000;
        }))
    };
    let slow = |life: Life| {
        life.pausa("-k 2s").below_a_shell().child(ignores(TERM)).first(world(|truth| {
            truth.messengers_take = SLOW;
            let other = truth.fork(truth.own);
            truth.character(other, 1);
        }))
    };
    vec![
        other(life("what pausa may not send is sent as the child's user"))
            .child(on(TERM, React::Exit(3)))
            .at(s(1), outside().kills(TERM))
            .hears(child(), &[TERM])
            .ends(3)
            .after(s(1)),
        other(life("a child that has left its group and its user is reached all the same").pausa("-g"))
            .child(on(TERM, React::Exit(3)))
            .first(world(|truth| truth.child_mut().group = 1))
            .at(s(1), outside().kills(TERM))
            .hears(child(), &[TERM])
            .ends(3),
        other(life("SIGCONT goes as the child's user into its session"))
            .called("dumb-init")
            .at(s(1), child().gets(STOP))
            .at(s(2), outside().kills(CONT))
            .at(s(3), child().exits(7))
            .hears(child(), &[STOP, CONT])
            .ends(7),
        other(life("-k kills as the child's user").pausa("-k 2s").below_a_shell().child(ignores(TERM)))
            .at(s(1), outside().kills(TERM))
            .ends(137)
            .after(s(3)),
        other(
            life("-k gives up where nobody may, and does not try without rest")
                .pausa("-k 2s")
                .below_a_shell(),
        )
        .first(world(|truth| truth.may_set_user = false))
        .at(s(1), outside().kills(TERM))
        .so_that("it rests", |truth| truth.judge.calls < 60)
        .ends(137)
        .after(s(4)),
        // Another child of ours is killed at once, and its end is another round of killing.
        other(slow(life("the killing does not hit who is on the way to kill the child")))
            .at(s(1), outside().kills(TERM))
            .ends(137)
            .after(s(3) + SLOW),
        other(slow(life("one is on the way to kill the child, and no second one, though it cannot")))
            .first(world(|truth| truth.may_set_user = false))
            .at(s(1), outside().kills(TERM))
            .so_that("it rests", |truth| truth.judge.calls < 100)
            .ends(137)
            .after(s(4)),
    ]
}

//! Mistakes planted in the scripts, one at a time: each is found, and told step by step.

use twogate_core::session::script::{
    CREATE, REVOKE_ALL, REVOKE_ONE, REVOKE_OTHERS, ROTATE, Script, TOUCH, WRITE_DATA,
};
use twogate_model::acts::Routine::{self, *};
use twogate_model::clock::config;
use twogate_model::explore::{Bounds, Explorer};
use twogate_model::server::Fault;
use twogate_model::steps::Mishaps;

/// What stands in a script, what is planted in its place, the routines that come by, and the promise that breaks.
fn assert_found(
    script: &'static Script,
    (text, instead): (&'static str, &'static str),
    routines: [Routine; 3],
    broken: &str,
) {
    let bounds = Bounds { both_sides: true, mishaps: Mishaps::default() };
    let mut explorer = Explorer::new(config(), &[Fault { script, text, instead }]);
    let found = explorer.explore(routines, bounds).expect_err("a mistake that is not found");
    println!("{}\n{}", found.broken, found.trace);
    assert_eq!(found.broken, broken, "\n{}", found.trace);
}

#[test]
fn a_touch_that_writes_back_what_its_check_read() {
    assert_found(
        &TOUCH,
        (
            "if refusal(ARGV[1], 0, now) then return 0 end
local record = redis.call('HGET', key, ARGV[1])
",
            "local record = redis.call('HGET', key, ARGV[1])
if record and refusal(ARGV[1], 0, now) then return 0 end
record = record or redis.call('READ', ARGV[1]) or ''
",
        ),
        [Visit, SignOut, List],
        "a command made a session that was not there",
    );
}

#[test]
fn a_touch_of_a_session_that_has_timed_out() {
    assert_found(
        &TOUCH,
        ("if refusal(ARGV[1], 0, now) then return 0 end", ""),
        [Visit, List, List],
        "a session that is not alive, or was replaced, has written",
    );
}

#[test]
fn a_touch_that_moves_last_seen_back() {
    assert_found(
        &TOUCH,
        (
            "if (now - num(record, 19, 25)) * 10 > num(record, 26, 30) then seen = ARGV[2] end",
            "seen = ARGV[2]",
        ),
        [Visit, Visit, Visit],
        "a command changed a field in a way that is not for it",
    );
}

#[test]
fn a_creation_that_does_not_ask_for_not_before() {
    assert_found(
        &CREATE,
        ("if ARGV[4] ~= '' and tonumber(ARGV[4]) <= before then return { 0, 0, '' } end", ""),
        [SignIn, EndAll, List],
        "a login that began before the revocation of all came through",
    );
}

#[test]
fn a_creation_that_begins_at_or_before_not_before() {
    assert_found(
        &CREATE,
        ("if created <= before then", "if false then"),
        [SignInUntold, EndAll, List],
        "a session is not active when it begins",
    );
}

#[test]
fn a_creation_that_makes_no_room() {
    assert_found(
        &CREATE,
        ("for i = 1, evicted do", "for i = 1, 0 do"),
        [SignIn, SignIn, SignIn],
        "more sessions are active than the limit allows",
    );
}

#[test]
fn a_creation_that_evicts_who_was_seen_last() {
    assert_found(
        &CREATE,
        ("return a[i] < b[i]", "return a[i] > b[i]"),
        [SignIn, SignIn, Visit],
        "a session is gone that nobody ended",
    );
}

#[test]
fn a_revocation_of_all_without_not_before() {
    assert_found(
        &REVOKE_ALL,
        ("if num(ARGV[1], 2, 10) > before then redis.call('HSET', key, 'e', ARGV[1]) end", ""),
        [SignIn, EndAll, List],
        "a login that began before the revocation of all came through",
    );
}

#[test]
fn a_revocation_of_all_that_moves_not_before_back() {
    assert_found(
        &REVOKE_ALL,
        (
            "if num(ARGV[1], 2, 10) > before then redis.call('HSET', key, 'e', ARGV[1]) end",
            "redis.call('HSET', key, 'e', ARGV[1])",
        ),
        [EndAll, EndAll, List],
        "a command changed a field in a way that is not for it",
    );
}

#[test]
fn a_revocation_of_others_by_a_session_that_has_ended() {
    assert_found(
        &REVOKE_OTHERS,
        ("if refused then return refused end", ""),
        [EndOthers, SignOut, List],
        "a session is gone that nobody ended",
    );
}

#[test]
fn a_revocation_of_others_by_a_session_that_was_replaced() {
    assert_found(
        &REVOKE_OTHERS,
        ("string.sub(record, 1, 2) == 'Aa'", "true"),
        [EndOthers, Rotate, List],
        "a session is gone that nobody ended",
    );
}

#[test]
fn a_write_of_data_by_a_session_that_was_replaced() {
    assert_found(
        &WRITE_DATA,
        ("string.sub(record, 1, 2) == 'Aa'", "true"),
        [Edit, Rotate, List],
        "a session that is not alive, or was replaced, has written",
    );
}

#[test]
fn a_revocation_that_leaves_the_successor() {
    assert_found(
        &REVOKE_ONE,
        ("if #family == 4 and family ~= '....'", "if false"),
        [Rotate, SignOut, List],
        "a session that was ended is active again",
    );
}

#[test]
fn a_revocation_that_leaves_the_data() {
    assert_found(
        &REVOKE_ONE,
        ("redis.call('HDEL', key, field, 'd' .. string.sub(field, 2))", "redis.call('HDEL', key, field)"),
        [Edit, SignOut, List],
        "application data outlived their session",
    );
}

#[test]
fn a_rotation_that_leaves_the_old_session_without_a_deadline() {
    assert_found(
        &ROTATE,
        (
            "redis.call('HSET', key, ARGV[1], ARGV[3], ARGV[4], ARGV[5])",
            "redis.call('HSET', key, ARGV[4], ARGV[5])",
        ),
        [Rotate, List, List],
        "a session outlives its absolute timeout or its grace",
    );
}

#[test]
fn a_rotation_that_does_not_look_whether_the_session_is_still_there() {
    assert_found(
        &ROTATE,
        ("if record == ARGV[2] then", "if true then"),
        [Rotate, SignOut, List],
        "a session that was ended was rotated",
    );
}

#[test]
fn a_write_of_data_without_a_session() {
    assert_found(
        &WRITE_DATA,
        ("if refused then return refused end", ""),
        [Edit, SignOut, List],
        "a session that is not alive, or was replaced, has written",
    );
}

#[test]
fn a_write_of_data_over_another_write() {
    assert_found(
        &WRITE_DATA,
        ("if num(data, 2, 8) ~= num(ARGV[4], 1, 7) then return { 0, data, '' } end", ""),
        [Edit, Edit, List],
        "a command changed a field in a way that is not for it",
    );
}

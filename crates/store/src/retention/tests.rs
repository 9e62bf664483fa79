use super::clock::{Correction, Reading, RetentionClock};
use super::*;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const DAY_NS: i64 = 86_400_000_000_000;

#[test]
fn dm83_of_the_rules_that_speak_of_a_row_the_shortest_applies() {
    let rule = |environment: Option<&str>, class, dataset: Option<&str>, days: u32| RetentionRule {
        environment: environment.map(str::to_owned),
        class,
        dataset: dataset.map(str::to_owned),
        keep: days * DAY,
    };
    let rules =
        vec![rule(Some("shop"), None, None, 90), rule(Some("shop"), Some(SignalClass::Logs), None, 7), rule(None, None, Some("noisy"), 1)];
    let retention = Retention { keep: Some(60 * DAY), rules, ..Retention::default() };
    for (environment, class, dataset, days) in [
        ("local", SignalClass::Spans, "api", 60),
        ("shop", SignalClass::Spans, "api", 90),
        ("shop", SignalClass::Logs, "api", 7),
        ("shop", SignalClass::Logs, "noisy", 1),
        ("local", SignalClass::Spans, "noisy", 1),
    ] {
        assert_eq!(retention.keep(environment, class, dataset), Some(days * DAY), "{environment} {class:?} {dataset}");
    }
    // Nothing is deleted unless somebody asked for it.
    assert_eq!(Retention::default().keep("local", SignalClass::Spans, "api"), None);
}

/// Reads the clock after so many hours of monotonic time, with the wall clock so many hours ahead of these.
fn check(kept_days_ago: i64, readings: &[(u32, i64, bool, Reading)]) {
    let start_ns = 20_000 * DAY_NS;
    let mut clock = RetentionClock::new(Some(start_ns - kept_days_ago * DAY_NS), Vec::new(), start_ns, Duration::ZERO);
    for (hours, ahead_hours, is_confirmed, expected) in readings {
        let wall_ns = start_ns + (i64::from(*hours) + ahead_hours) * (DAY_NS / 24);
        let read = clock.read(wall_ns, *hours * HOUR, *is_confirmed);
        let read = if let Reading::Time(time_ns) = read { Reading::Time(time_ns - wall_ns) } else { read };
        assert_eq!(read, *expected, "after {hours} h, {ahead_hours} h ahead");
    }
}

#[test]
fn f14_a_clock_that_jumps_is_not_believed_until_it_was_steady_for_an_hour() {
    let jumped = |hours: u32| Reading::Jumped(hours * HOUR);
    let now = Reading::Time(0);
    // Small jumps, and jumps back, which only make everything younger.
    check(0, &[(0, 0, false, now), (1, 20, false, now), (2, -500, false, now), (3, 20, false, now)]);
    // A large one, an hour, and it is believed.
    check(0, &[(0, 0, false, now), (1, 48, false, jumped(48)), (1, 48, false, Reading::Doubted), (2, 48, false, now), (3, 48, false, now)]);
    // Another jump begins the hour anew; going back ends the doubt.
    check(
        0,
        &[
            (0, 48, false, jumped(48)),
            (1, 80, false, jumped(80)),
            (1, 80, false, Reading::Doubted),
            (1, 0, false, now),
            (2, 80, false, jumped(80)),
        ],
    );
    // The time kept from before the start counts.
    check(3, &[(0, 0, false, jumped(72)), (1, 0, false, now)]);
    // More than a month: only when somebody says so.
    check(40, &[(0, 0, false, jumped(960)), (5, 0, false, Reading::Doubted), (6, 0, true, now), (7, 0, false, now)]);
}

#[test]
fn f14_what_was_received_before_a_jump_came_later_than_it_says() {
    let start_ns = 20_000 * DAY_NS;
    let hour_ns = DAY_NS / 24;
    // Right for an hour, then three days ahead, which is believed after another hour.
    let mut clock = RetentionClock::new(Some(start_ns), Vec::new(), start_ns, Duration::ZERO);
    clock.read(start_ns + hour_ns, HOUR, false);
    let jumped_ns = start_ns + 3 * DAY_NS;
    for hours in 2..=3 {
        clock.read(jumped_ns + hours * hour_ns, u32::try_from(hours).unwrap() * HOUR, false);
    }
    assert!(clock.has_new_corrections());
    clock.corrections_kept();
    let jumps = vec![Correction::Jump { from_ns: start_ns, to_ns: start_ns + 2 * hour_ns, by_ns: 3 * DAY_NS }];
    let (now_ns, now) = (jumped_ns + 3 * hour_ns, 3 * HOUR);
    assert_eq!(RetentionClock::of_kept(&clock.to_kept(), now_ns, now), RetentionClock::new(Some(now_ns), jumps, now_ns, now));
    assert!(!clock.has_new_corrections());
    for (said_ns, received_ns) in [
        (start_ns - 1, start_ns - 1),
        (start_ns, jumped_ns),
        (start_ns + 2 * hour_ns, jumped_ns + 2 * hour_ns),
        (start_ns + 2 * hour_ns + 1, start_ns + 2 * hour_ns + 1),
        (jumped_ns + 2 * hour_ns, jumped_ns + 2 * hour_ns),
    ] {
        assert_eq!(clock.received_ns(said_ns, 1), received_ns);
    }
    // A machine that was off for three days: what came before is as old as it says.
    let mut clock = RetentionClock::new(Some(start_ns), Vec::new(), jumped_ns, Duration::ZERO);
    clock.read(jumped_ns, Duration::ZERO, false);
    assert_eq!(clock.read(jumped_ns + hour_ns, HOUR, false), Reading::Time(jumped_ns + hour_ns));
    assert_eq!((clock.to_kept().len(), clock.received_ns(start_ns, 1)), (8, start_ns));
    // It may be off the other way.
    assert_eq!(clock.if_believed(0, HOUR), Some(0));
    assert_eq!(clock.if_believed(jumped_ns + 2 * DAY_NS, HOUR), None);
    assert_eq!(clock.least_ns(2 * HOUR), jumped_ns + 2 * hour_ns);
}

/// Hours of monotonic time, and how many days ahead of these a wall clock is.
type At = (i64, i64);

/// Reads the clock at these times; then compares when that was received which says so.
fn check_received(kept_days_ago: i64, readings: &[At], expected: &[(At, At)]) {
    let start_ns = 20_000 * DAY_NS;
    let time_ns = |(hours, days): At| start_ns + hours * DAY_NS / 24 + days * DAY_NS;
    let mut clock = RetentionClock::new(Some(start_ns - kept_days_ago * DAY_NS), Vec::new(), start_ns, Duration::ZERO);
    for reading in readings {
        clock.read(time_ns(*reading), u32::try_from(reading.0).unwrap() * HOUR, false);
    }
    let kept = RetentionClock::of_kept(&clock.to_kept(), time_ns(readings[readings.len() - 1]), Duration::ZERO);
    for (said, received) in expected {
        assert_eq!(clock.received_ns(time_ns(*said), 1), time_ns(*received), "{said:?}");
        assert_eq!(kept.received_ns(time_ns(*said), 1), time_ns(*received), "{said:?} after a start");
    }
}

#[test]
fn f14_what_was_received_before_two_jumps_is_moved_by_both() {
    let twice = [(0, 0), (1, 0), (2, 3), (3, 3), (5, 3), (6, 7), (7, 7)];
    check_received(
        0,
        &twice,
        &[
            ((-1, 0), (-1, 0)),
            ((0, 0), (0, 7)),
            ((1, 0), (1, 7)),
            // While the first jump was doubted, and between the two.
            ((2, 3), (2, 7)),
            ((4, 3), (4, 7)),
            ((6, 3), (6, 7)),
            // Since the second.
            ((6, 7), (6, 7)),
            ((7, 7), (7, 7)),
        ],
    );
    // A third one moves all of it.
    let thrice: Vec<_> = twice.into_iter().chain([(8, 9), (9, 9)]).collect();
    check_received(0, &thrice, &[((0, 0), (0, 9)), ((4, 3), (4, 9)), ((7, 7), (7, 9)), ((9, 9), (9, 9))]);
}

#[test]
fn f14_what_was_received_while_a_jump_was_doubted_is_moved_by_the_next() {
    // Two days more before the first jump was believed.
    check_received(0, &[(0, 0), (1, 3), (2, 5), (3, 5)], &[((0, 0), (0, 5)), ((1, 3), (1, 5)), ((2, 3), (2, 5)), ((2, 5), (2, 5))]);
    // After a start that the machine was off for three days before, which nobody can tell from a clock that was wrong.
    check_received(3, &[(0, 0), (1, 0), (2, 2), (3, 2)], &[((-48, 0), (-48, 0)), ((0, 0), (0, 2)), ((1, 0), (1, 2)), ((2, 2), (2, 2))]);
}

#[test]
fn f14_a_clock_that_is_said_to_be_right_ends_the_future_of_what_is_there() {
    let start_ns = 21_000 * DAY_NS;
    let mut clock = RetentionClock::new(Some(start_ns), Vec::new(), start_ns, Duration::ZERO);
    let future_ns = start_ns + 90 * DAY_NS;
    assert!(!clock.is_future_to_be_told(future_ns, start_ns, Duration::ZERO));
    assert!(!clock.is_future_to_be_told(start_ns + DAY_NS, start_ns, HOUR), "that is none");
    for (hours, is_told) in [(1, false), (2, true), (3, false)] {
        assert_eq!(clock.is_future_to_be_told(future_ns, start_ns, hours * HOUR), is_told, "after {hours} h, once");
    }
    clock.cap(7, start_ns);
    assert_eq!(clock.received_ns(future_ns, 7), start_ns);
    assert_eq!(clock.received_ns(start_ns - 1, 7), start_ns - 1);
    assert_eq!(clock.received_ns(future_ns, 8), future_ns, "that came later");
    let kept = RetentionClock::of_kept(&clock.to_kept(), start_ns, Duration::ZERO);
    assert_eq!(kept.received_ns(future_ns, 7), start_ns);
    // A clock that is not set is not right.
    let mut clock = RetentionClock::new(Some(start_ns), Vec::new(), start_ns, Duration::ZERO);
    clock.cap(7, DAY_NS);
    assert_eq!((clock.received_ns(future_ns, 7), clock.has_new_corrections()), (future_ns, false));
}

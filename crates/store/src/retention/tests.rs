use super::clock::{Reading, RetentionClock};
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
    let mut clock = RetentionClock::new(Some(start_ns - kept_days_ago * DAY_NS), start_ns, Duration::ZERO);
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

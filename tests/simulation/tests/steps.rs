//! The process ends at each step of a merge, of retention and of a deletion.

#![allow(clippy::unwrap_used)]

use glasshive_test_simulation::steps::{Work, end_at_each_step};

#[test]
fn a_merge_may_end_at_any_step() {
    check(Work::Merge);
}

#[test]
fn retention_may_end_at_any_step() {
    check(Work::Retention);
}

#[test]
fn a_deletion_may_end_at_any_step() {
    check(Work::Deletion);
}

fn check(work: Work) {
    let steps = end_at_each_step(work, 0).unwrap_or_else(|what| panic!("{what}"));
    assert!(steps > 100, "{work:?} has {steps} steps");
}

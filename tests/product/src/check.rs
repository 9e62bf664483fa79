//! Whether a server has what was delivered to it.

use crate::ask::{Ask, Window};
use crate::delivery::{Delivery, State};
use anyhow::{Result, ensure};
use glasshive_hive_gen::Signal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Each instance has all its acknowledged items, and besides them only whole bodies of those whose fate is unknown.
///
/// # Errors
/// When it is not so, or the server does not answer.
pub async fn nothing_lost(delivery: &Delivery, ask: &Ask, window: Window) -> Result<()> {
    for signal in [Signal::Traces, Signal::Logs] {
        let found = count(ask, window, signal).await?;
        for (instance, (acknowledged, unknown)) in expected(delivery, signal) {
            let has = found.get(&instance).copied().unwrap_or_default();
            let possible = unknown
                .iter()
                .fold(BTreeSet::from([acknowledged]), |sums, items| sums.iter().flat_map(|sum| [*sum, sum + items]).collect());
            ensure!(possible.contains(&has), "{signal:?} of {instance}: {has} found, {acknowledged} acknowledged, cut off: {unknown:?}");
        }
    }
    Ok(())
}

/// Everything was acknowledged, and each instance has exactly what it sent.
///
/// # Errors
/// When it is not so, or the server does not answer.
pub async fn complete(delivery: &Delivery, ask: &Ask, window: Window) -> Result<()> {
    ensure!(delivery.count(State::Acknowledged) == delivery.bodies().len(), "not everything was acknowledged");
    for signal in [Signal::Traces, Signal::Logs] {
        let found = count(ask, window, signal).await?;
        let sent: BTreeMap<String, i64> = expected(delivery, signal).into_iter().map(|(instance, (items, _))| (instance, items)).collect();
        ensure!(found == sent, "{signal:?} differ: found {found:?}\nsent {sent:?}");
    }
    Ok(())
}

/// By instance: items acknowledged, and items of each body whose fate is unknown.
fn expected(delivery: &Delivery, signal: Signal) -> BTreeMap<String, (i64, Vec<i64>)> {
    let mut by_instance = BTreeMap::<String, (i64, Vec<i64>)>::new();
    for (body, state) in delivery.bodies().into_iter().filter(|(body, _)| body.signal == signal) {
        let items = i64::from(body.items);
        match state {
            State::Acknowledged => by_instance.entry(body.instance_id()).or_default().0 += items,
            State::Unknown | State::InFlight => by_instance.entry(body.instance_id()).or_default().1.push(items),
            State::Waiting => {}
        }
    }
    by_instance
}

async fn count(ask: &Ask, window: Window, signal: Signal) -> Result<BTreeMap<String, i64>> {
    let filters: Value = match signal {
        Signal::Traces => json!([{"column": "trace.span_id", "op": "exists"}]),
        Signal::Logs => json!([{"column": "meta.signal_type", "op": "=", "value": "log"}]),
    };
    ask.count_by(window, filters, "service.instance.id").await
}

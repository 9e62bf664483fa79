use super::*;
use crate::support::{Stage, shown};
use glasshive_model::{SinkError, Value};
use std::net::Ipv4Addr;

const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";

fn document(id: &str, members: &str) -> String {
    format!(
        r#"{HEADER}{{"id":"{id}","name":"shop","trace_id":"1-6553f100-a006649127e371903a2de979","start_time":1699999990,"end_time":1699999991{members}}}"#
    )
}

/// Sends datagrams to a daemon and hands it back.
fn daemon(stage: &Stage, datagrams: &[&[u8]]) -> (Daemon, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let bound = Bound::take(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1 << 20).unwrap();
    assert!(bound.receive_buffer_bytes() > 0);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    datagrams.iter().for_each(|datagram| assert_eq!(sender.send_to(datagram, bound.address()).unwrap(), datagram.len()));
    (bound.start(stage.intake.clone(), runtime.handle().clone(), &stage.registry).unwrap(), runtime)
}

fn metric(stage: &Stage, line: &str) -> bool {
    stage.registry.render().lines().any(|found| found == line)
}

#[test]
fn datagrams_become_requests_and_what_is_none_is_told() {
    let stage = Stage::new(Vec::new());
    let good = document("70de5b6f19ff9a0a", "");
    let streamed = document("1111111111111111", r#","type":"subsegment","parent_id":"70de5b6f19ff9a0a""#);
    let (daemon, _runtime) = daemon(
        &stage,
        &[
            good.as_bytes(),
            b"nonsense",
            b"{\"format\":\"json\",\"version\":1}\n{\"id\":7}",
            b"{\"format\":\"json\",\"version\":1}\n[]",
            streamed.as_bytes(),
        ],
    );
    let mut rows = Vec::new();
    while rows.len() < 2 {
        rows.extend(shown(&stage.taken.recv().unwrap().rows));
    }
    daemon.stop();
    let owners: Vec<String> = rows.iter().filter_map(|row| row.get("service.name").map(Value::to_string)).collect();
    assert_eq!(owners, ["shop", "shop"]);
    let refusals: Vec<(String, String)> = stage.refusals.entries().into_iter().map(|refused| (refused.status, refused.target)).collect();
    let expected = [("MissingId", "[]"), ("InvalidId", "{\"id\":7}"), ("header", "nonsense")];
    let mut found = refusals.iter().map(|(status, target)| (status.as_str(), target.as_str())).collect::<Vec<_>>();
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(metric(&stage, "glasshive_xray_udp_datagrams_total 5"), "{}", stage.registry.render());
    assert!(metric(&stage, "glasshive_xray_segments_total{kind=\"segment\"} 1"));
    assert!(metric(&stage, "glasshive_xray_segments_total{kind=\"subsegment\"} 1"));
    assert!(metric(&stage, "glasshive_xray_segments_rejected_total{reason=\"MissingId\"} 1"));
    assert!(metric(&stage, "glasshive_xray_udp_dropped_total{reason=\"header\"} 1"));
}

#[test]
fn what_the_sink_cannot_take_now_is_kept_later() {
    let busy = || SinkError::Stopped { reason: "starting".to_owned() };
    let stage = Stage::new(vec![busy(), busy(), SinkError::Busy { queued_bytes: 1 }]);
    let (daemon, _runtime) = daemon(&stage, &[document("70de5b6f19ff9a0a", "").as_bytes()]);
    assert_eq!(stage.taken.recv().unwrap().rows.len(), 1);
    daemon.stop();
}

#[test]
fn what_the_sink_refuses_is_counted() {
    let stage = Stage::new(vec![SinkError::Refused { reason: "too wide".to_owned() }]);
    let (daemon, _runtime) = daemon(&stage, &[document("70de5b6f19ff9a0a", "").as_bytes(), document("80de5b6f19ff9a0a", "").as_bytes()]);
    // The datagrams may have come apart or together; stopping hands over all that was read.
    daemon.stop();
    let kept: usize = stage.taken.try_iter().map(|submission| submission.rows.len()).sum();
    let lost = (0..=2).find(|lost| metric(&stage, &format!("glasshive_xray_udp_dropped_total{{reason=\"sink\"}} {lost}"))).unwrap();
    let read = (0..=2).find(|read| metric(&stage, &format!("glasshive_xray_udp_datagrams_total {read}"))).unwrap();
    assert_eq!(kept + lost, read);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let first = Bound::take(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1 << 16).unwrap();
    let error = Bound::take(first.address(), 1 << 16).err().unwrap().to_string();
    assert!(error.contains(&first.address().to_string()), "{error}");
}

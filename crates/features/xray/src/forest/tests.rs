use super::*;
use crate::trace::Trace;

const TRACE: &str = "1-581cf771-a006649127e371903a2de979";

fn id() -> [u8; 16] {
    id::trace_id(TRACE).unwrap()
}

/// The documents that come out, in order of start.
fn grown(texts: &[&str]) -> (Vec<String>, bool) {
    let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    let forest = Forest::grow(id(), &texts, 0);
    let trace = Trace::read(id(), &forest).unwrap();
    (trace.segments.iter().map(|segment| segment.tree.text()).collect(), trace.is_partial)
}

fn segment(members: &str) -> String {
    format!(r#"{{"name":"shop","id":"0000000000000001","trace_id":"{TRACE}","start_time":1.0000000001,{members}}}"#)
}

fn child(number: u8, members: &str) -> String {
    format!(
        r#"{{"type":"subsegment","name":"c{number}","id":"00000000000000{number:02x}","parent_id":"0000000000000001","trace_id":"{TRACE}","start_time":{number},{members}}}"#
    )
}

#[test]
fn one_document_is_given_out_as_it_came() {
    let document = segment(
        " \"end_time\" : 2.50 , \"in_progress\":false, \"subsegments\":[{\"id\":\"00000000000000aa\",\"name\":\"x\",\"start_time\":1,\"end_time\":2,\"type\":\"subsegment\"}], \"Dummy\": 1e0",
    );
    assert_eq!(grown(&[&document]), (vec![document.clone()], false));
    assert_eq!(grown(&[&document, &document]), (vec![document.clone()], false), "one that was sent again changes nothing");
}

#[test]
fn what_has_ended_beats_what_is_in_progress_in_any_order() {
    let (open, ended) = (segment(r#""in_progress":true,"user":"early""#), segment(r#""end_time":2"#));
    for texts in [[&open, &ended], [&ended, &open]] {
        let (found, is_partial) = grown(&texts.map(String::as_str));
        assert_eq!(found, [segment(r#""end_time":2"#)]);
        assert!(!is_partial);
    }
    assert!(grown(&[&open]).1);
}

#[test]
fn of_two_that_have_ended_the_later_wins_member_by_member() {
    let texts = [
        segment(r#""end_time":2,"user":"a","annotations":{"x":1,"y":1},"metadata":{"n":{"k":1}}"#),
        segment(r#""end_time":3,"annotations":{"x":2,"z":2},"metadata":{"m":{}}"#),
    ];
    let expected = segment(r#""end_time":3,"user":"a","annotations":{"x":2,"y":1,"z":2},"metadata":{"n":{"k":1},"m":{}}"#);
    assert_eq!(grown(&texts.each_ref().map(String::as_str)).0, [expected]);
}

#[test]
fn children_come_before_or_after_and_stand_in_their_segment() {
    let parent = segment(r#""end_time":9"#);
    let children = [child(3, r#""end_time":4"#), child(2, r#""end_time":3,"in_progress":false"#)];
    let inside = r#"{"name":"c2","id":"0000000000000002","start_time":2,"end_time":3},{"name":"c3","id":"0000000000000003","start_time":3,"end_time":4}"#;
    let expected = segment(&format!(r#""end_time":9,"subsegments":[{inside}]"#));
    for texts in [[&children[0], &children[1], &parent], [&parent, &children[1], &children[0]]] {
        assert_eq!(grown(&texts.map(String::as_str)), (vec![expected.clone()], false));
    }
    let (orphans, is_partial) = grown(&children.each_ref().map(String::as_str));
    assert_eq!((orphans.len(), is_partial), (2, true));
    assert!(orphans.iter().all(|orphan| orphan.contains("\"type\":\"subsegment\"")));
}

#[test]
fn what_was_called_and_said_nothing_is_inferred() {
    let call = |more: &str| child(2, &format!(r#""end_time":3,"namespace":"remote"{more}"#));
    let (found, is_partial) = grown(&[&segment(r#""end_time":9"#), &call("")]);
    assert_eq!((found.len(), is_partial), (2, false));
    assert!(found[1].contains(r#""inferred":true"#) && found[1].contains(r#""parent_id":"0000000000000002""#), "{}", found[1]);
    assert!(found[1].ends_with(r#""name":"c2","start_time":2,"end_time":3,"origin":"remote"}"#), "{}", found[1]);
    let traced = call(r#","http":{"request":{"traced":true}}"#);
    let (found, is_partial) = grown(&[&segment(r#""end_time":9"#), &traced]);
    assert_eq!((found.len(), is_partial), (1, true), "it may still come");
    let texts = [segment(r#""end_time":9"#), traced];
    let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    let forest = Forest::grow(id(), &texts, 604 * 1_000_000_000);
    assert_eq!((forest.trees.len(), forest.is_partial), (2, false), "it is late");
    let downstream = format!(
        r#"{{"name":"c2","id":"00000000000000dd","parent_id":"0000000000000002","trace_id":"{TRACE}","start_time":2.1,"end_time":2.9}}"#
    );
    let (found, _) = grown(&[&segment(r#""end_time":9"#), &call(""), &downstream]);
    assert_eq!((found.len(), found[1].as_str()), (2, downstream.as_str()));
}

#[test]
fn circles_and_long_chains_are_shown() {
    let link = |own: u16, parent: u16| {
        format!(
            r#"{{"type":"subsegment","name":"n","id":"{own:016x}","parent_id":"{parent:016x}","trace_id":"{TRACE}","start_time":{own},"end_time":999}}"#
        )
    };
    let circle = [link(5, 6), link(6, 7), link(7, 5), link(8, 8)];
    let (found, is_partial) = grown(&circle.each_ref().map(String::as_str));
    assert_eq!((found.len(), is_partial), (2, true), "{found:?}");
    assert_eq!(found.iter().map(|text| text.matches("\"name\"").count()).sum::<usize>(), 4);
    let chain: Vec<String> = (2..500).map(|own| link(own, own - 1)).collect();
    let parent = segment(r#""end_time":999"#);
    let texts: Vec<&str> = chain.iter().map(String::as_str).chain([parent.as_str()]).collect();
    let (found, is_partial) = grown(&texts);
    assert_eq!((found.len(), is_partial), (1, false));
    assert_eq!(found[0].matches("\"name\"").count(), 499);
}

#[test]
fn documents_of_very_many_members_are_united_by_name() {
    let members = |from: usize, to: usize, value: u8| (from..to).map(|key| format!(r#""k{key}":{value}"#)).collect::<Vec<_>>().join(",");
    let texts =
        [segment(&format!(r#""end_time":2,{}"#, members(0, 3_000, 1))), segment(&format!(r#""end_time":3,{}"#, members(2_000, 9_000, 2)))];
    let (found, _) = grown(&texts.each_ref().map(String::as_str));
    for (text, is_there) in
        [(r#""k0":1"#, true), (r#""k1999":1"#, true), (r#""k2000":2"#, true), (r#""k4000":2"#, true), (r#""k8999":2"#, false)]
    {
        assert_eq!(found[0].contains(text), is_there, "{text}");
    }
}

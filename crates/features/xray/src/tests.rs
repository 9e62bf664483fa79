//! Rules and groups: kept, told, and there again after a restart.

use super::*;
use crate::groups::{GroupKey, Insights};
use crate::rules::RuleChange;
use glasshive_base::{ErrorKind, ManualClock};
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::memory::MemoryCatalog;

const LOCAL: EnvironmentId = EnvironmentId::LOCAL;

async fn open(catalog: &MemoryCatalog) -> Xray {
    Xray::open(Arc::new(catalog.clone()), Arc::new(ManualClock::at(7_000_000_000)), XrayConfig::default()).await.unwrap()
}

fn rule(priority: i64) -> RuleChange {
    let any = || Some("*".to_owned());
    RuleChange {
        resource_arn: any(),
        priority: Some(priority),
        fixed_rate: Some(0.1),
        reservoir_size: Some(5),
        service_name: any(),
        service_type: any(),
        host: any(),
        http_method: any(),
        url_path: any(),
        version: Some(1),
        attributes: None,
    }
}

fn names(xray: &Xray) -> Vec<(String, f64)> {
    let told = xray.rules.sampling(LOCAL).rules();
    told.sampling_rule_records.into_iter().map(|record| (record.sampling_rule.rule_name, record.sampling_rule.fixed_rate)).collect()
}

#[tokio::test]
async fn rules_are_told_to_samplers_at_once_and_after_a_restart() {
    let catalog = MemoryCatalog::default();
    let xray = open(&catalog).await;
    assert_eq!(names(&xray), [("Default".to_owned(), 0.05)]);
    xray.rules.create(LOCAL, "late", rule(20), Tags::default()).await.unwrap();
    let tags = Tags([("k".to_owned(), "v".to_owned())].into());
    xray.rules.create(LOCAL, "early", rule(10), tags.clone()).await.unwrap();
    let half = RuleChange { fixed_rate: Some(0.5), ..RuleChange::default() };
    xray.rules.update(LOCAL, "late", half.clone()).await.unwrap();
    xray.rules.update(LOCAL, "Default", half).await.unwrap();
    let expected = [("early".to_owned(), 0.1), ("late".to_owned(), 0.5), ("Default".to_owned(), 0.5)];
    assert_eq!(names(&xray), expected);
    assert!(xray.rules.list(EnvironmentId(2)).len() == 1, "rules are an environment's own");
    let again = open(&catalog).await;
    assert_eq!((names(&again), again.rules.tags(LOCAL, "early")), (expected.to_vec(), Some(tags)));
    again.rules.delete(LOCAL, "early").await.unwrap();
    assert_eq!(names(&open(&catalog).await).len(), 2);
}

#[tokio::test]
async fn rules_that_break_a_rule() {
    let xray = open(&MemoryCatalog::default()).await;
    let refused = async |name: &str, said: RuleChange| {
        let error = xray.rules.create(LOCAL, name, said, Tags::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        error.to_string()
    };
    for (name, said, member) in [
        ("", rule(1), "RuleName"),
        (&"x".repeat(33), rule(1), "RuleName"),
        ("Default", rule(1), "RuleName"),
        ("a", rule(0), "Priority"),
        ("a", rule(10_000), "Priority"),
        ("a", RuleChange { priority: None, ..rule(1) }, "Priority"),
        ("a", RuleChange { fixed_rate: Some(1.1), ..rule(1) }, "FixedRate"),
        ("a", RuleChange { reservoir_size: Some(-1), ..rule(1) }, "ReservoirSize"),
        ("a", RuleChange { host: Some("x".repeat(65)), ..rule(1) }, "Host"),
        ("a", RuleChange { http_method: None, ..rule(1) }, "HTTPMethod"),
        ("a", RuleChange { version: Some(2), ..rule(1) }, "Version"),
        ("a", RuleChange { attributes: Some([("k".to_owned(), "x".repeat(33))].into()), ..rule(1) }, "Attributes"),
    ] {
        let said = refused(name, said).await;
        assert!(said.starts_with(member), "{said}");
    }
}

#[tokio::test]
async fn groups_are_kept_and_their_expressions_are_read_when_they_are_made() {
    let catalog = MemoryCatalog::default();
    let xray = open(&catalog).await;
    let create = async |name: &str, filter: &str| {
        xray.groups
            .create(LOCAL, name, Some(filter.to_owned()), Insights::default(), Tags::default())
            .await
            .map_err(|error| error.to_string())
    };
    let made = create("faults", "fault").await.unwrap();
    assert!(made.arn.starts_with("arn:aws:xray:us-east-1:000000000000:group/faults/") && made.arn.len() == 49 + 26, "{}", made.arn);
    create("slow", "group.name = \"faults\" responsetime > 1").await.unwrap();
    assert!(create("faults", "ok").await.unwrap_err().contains("exists already"));
    assert!(create("a b", "ok").await.unwrap_err().starts_with("GroupName"));
    assert_eq!(
        create("wrong", "fault =").await.unwrap_err(),
        "Invalid filter expression at character 8: expected a value, found the end of the expression"
    );
    assert!(create("lost", "group.name = none").await.unwrap_err().contains("a group in quotes"));
    assert!(create("lost", "group.name = \"none\"").await.unwrap_err().contains("no group none"));
    let key = GroupKey::Arn(made.arn.replace("us-east-1", "eu-west-1"));
    let circle = xray.groups.update(LOCAL, &key, Some("group.name = \"slow\"".to_owned()), None).await.unwrap_err();
    assert!(circle.to_string().contains("within itself"), "{circle}");
    assert!(xray.groups.compile(LOCAL, "group.arn = \"arn:x:group/none\"").is_err());
    let again = open(&catalog).await;
    assert_eq!(again.groups.list(LOCAL), xray.groups.list(LOCAL));
    assert_eq!(again.groups.list(LOCAL).iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["Default", "faults", "slow"]);
    again.groups.delete(LOCAL, &key).await.unwrap();
    assert!(again.groups.delete(LOCAL, &GroupKey::Name("Default".to_owned())).await.is_err());
    assert_eq!(again.groups.list(LOCAL).len(), 2);
}

#[tokio::test]
async fn groups_within_groups_have_an_end() {
    let xray = open(&MemoryCatalog::default()).await;
    let create =
        async |name: &str, filter: String| xray.groups.create(LOCAL, name, Some(filter), Insights::default(), Tags::default()).await;
    create("g1", "fault".to_owned()).await.unwrap();
    let all_of = |name: &str| vec![format!("group.name = \"{name}\""); 100].join(" AND ");
    create("g2", all_of("g1")).await.unwrap();
    create("g3", all_of("g2")).await.unwrap_err();
    create("g3", "group.name = \"g2\" OR error".to_owned()).await.unwrap();
}

use super::*;
use glasshive_base::{ErrorKind, ManualClock};
use glasshive_store::catalog::memory::MemoryCatalog;

const LOCAL: EnvironmentId = EnvironmentId::LOCAL;

async fn open(catalog: &MemoryCatalog) -> Fields {
    Fields::open(Arc::new(catalog.clone()), Arc::new(ManualClock::at(7))).await.unwrap()
}

fn new(name: &str, expression: &str) -> NewField {
    NewField { name: name.to_owned(), expression: expression.to_owned(), description: String::new() }
}

async fn made(fields: &Fields, name: &str, expression: &str) -> Result<KeptField, FieldError> {
    fields.create(LOCAL, new(name, expression), |column| column == "duration_ms").await
}

#[tokio::test]
async fn fields_are_kept_changed_and_taken_out() {
    let catalog = MemoryCatalog::default();
    let fields = open(&catalog).await;
    let slow = made(&fields, "slow", "$duration_ms>1000").await.unwrap();
    let very = made(&fields, "very", "$slow AND $duration_ms > 5000").await.unwrap();
    assert_eq!(slow.field.to_string(), "slow = $duration_ms > 1000");
    let kind = |result: Result<KeptField, FieldError>| result.unwrap_err().kind();
    assert_eq!(kind(made(&fields, "slow", "1").await), ErrorKind::Conflict);
    assert_eq!(kind(made(&fields, "duration_ms", "1").await), ErrorKind::Conflict);
    assert_eq!(kind(made(&fields, "", "1").await), ErrorKind::InvalidRequest);
    for (name, words) in [
        ("http.status_code", "http.response.status_code"),
        ("http.response.status_code", "http.status_code"),
        ("net.peer.name", "client.address"),
        ("root.slow", "\"slow\" of another span"),
        ("none.x", "\"x\" of another span"),
    ] {
        let refused = made(&fields, name, "1").await.unwrap_err();
        assert_eq!((refused.kind(), refused.to_string().contains(words)), (ErrorKind::Conflict, true), "{refused}");
    }
    assert_eq!(made(&fields, "x", "1 +").await.unwrap_err().position(), Some(4));
    let circle = fields.update(LOCAL, slow.id, "$very", String::new()).await.unwrap_err();
    assert!(circle.to_string().contains("depends on itself"), "{circle}");
    assert_eq!(kind(fields.delete(LOCAL, slow.id).await), ErrorKind::Conflict);
    assert_eq!(kind(fields.delete(EnvironmentId(2), slow.id).await), ErrorKind::NotFound);
    fields.update(LOCAL, slow.id, "$duration_ms > 2", "over 2 ms".to_owned()).await.unwrap();
    fields.delete(LOCAL, very.id).await.unwrap();

    let again = open(&catalog).await;
    assert_eq!(again.list(LOCAL), fields.list(LOCAL));
    assert_eq!((again.list(LOCAL).len(), again.list(LOCAL)[0].description.as_str()), (1, "over 2 ms"));
    assert!(again.list(EnvironmentId(2)).is_empty());
}

#[tokio::test]
async fn questions_get_the_fields_that_they_name() {
    let fields = open(&MemoryCatalog::default()).await;
    for (name, expression) in [("slow", "$duration_ms > 1000"), ("very", "$slow AND $much"), ("much", "$size > 5"), ("other", "1")] {
        made(&fields, name, expression).await.unwrap();
    }
    let added = |own: &[(&str, &str)], named: &[&str], columns: &[&str]| {
        let own = own.iter().map(|(name, text)| CalculatedField { name: (*name).to_owned(), expression: Expression::parse(text).unwrap() });
        let mut all: Vec<CalculatedField> = own.collect();
        let before = all.len();
        let named: Vec<Column> = named.iter().map(|name| Column::from_shown(name)).collect();
        fields.add_to(LOCAL, &mut all, named.iter(), |name| columns.contains(&name)).unwrap();
        let mut names: Vec<String> = all.drain(before..).map(|field| field.name).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(added(&[], &["http.route"], &[]), "");
    assert_eq!(added(&[], &["slow"], &[]), "slow");
    assert_eq!(added(&[], &["very", "slow"], &[]), "much slow very", "and those that they name, each once");
    assert_eq!(added(&[], &["root.very"], &[]), "much slow very", "of other spans too");
    assert_eq!(added(&[], &["=slow"], &[]), "", "the column itself");
    assert_eq!(added(&[], &["slow"], &["slow"]), "", "a field shadows no column");
    assert_eq!(added(&[("slow", "1")], &["very"], &[]), "much very", "the question's own comes first");
    assert_eq!(added(&[("mine", "$slow")], &["mine"], &[]), "slow", "what the question's own name");
}

#[tokio::test]
async fn together_they_have_few_regular_expressions() {
    let fields = open(&MemoryCatalog::default()).await;
    let eleven = ["REG_MATCH($a, \"x\")"; 11].join(" OR ");
    for name in ["one", "two"] {
        made(&fields, name, &eleven).await.unwrap();
    }
    let columns = [Column::named("one"), Column::named("two")];
    let error = fields.add_to(LOCAL, &mut Vec::new(), columns.iter(), |_| false).unwrap_err();
    assert!(error.to_string().contains("20 regular expressions"), "{error}");
    fields.add_to(LOCAL, &mut Vec::new(), columns[..1].iter(), |_| false).unwrap();
}

use super::*;
use glasshive_base::{ErrorKind, ManualClock};
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::memory::MemoryCatalog;

const LOCAL: EnvironmentId = EnvironmentId::LOCAL;

async fn open(catalog: &MemoryCatalog) -> Library {
    Library::open(Arc::new(catalog.clone()), Arc::new(ManualClock::at(7))).await.unwrap()
}

fn panel(id: &str, x: u32, width: u32, query: &str) -> Panel {
    let content = QueryPanel { title: String::new(), query: query.to_owned(), style: QueryStyle::Graph, log_scale: false };
    Panel { id: id.to_owned(), x, y: 0, width, height: 4, content: PanelContent::Query(content) }
}

fn board(name: &str, panels: Vec<Panel>) -> Board {
    Board { name: name.to_owned(), description: String::new(), panels, filter: String::new(), from: String::new(), to: String::new() }
}

fn run(query: &str) -> Run {
    Run { query: query.to_owned(), from: "-2h".to_owned(), to: "now".to_owned(), times: 0 }
}

fn marker(start_ns: i64, text: &str) -> Marker {
    Marker { start_ns, end_ns: None, text: text.to_owned(), sort: "deploy".to_owned(), url: String::new(), colour: None, dataset: None }
}

#[tokio::test]
async fn what_is_kept_is_there_after_a_restart() {
    let catalog = MemoryCatalog::default();
    let library = open(&catalog).await;
    let made = library.boards.create(LOCAL, board("one", vec![panel("a", 0, 12, "COUNT")]), "key 3").await.unwrap();
    assert_eq!((made.version, made.id.len(), made.made_by.as_str(), made.created_ns), (1, 11, "key 3", 7));
    let text = PanelContent::Text(TextPanel { text: "# Words".to_owned() });
    let other = board("two", vec![Panel { content: text, ..panel("b", 6, 6, "") }]);
    let changed = library.boards.replace(LOCAL, &made.id, 1, other, "key 4").await.unwrap();
    assert_eq!((changed.version, changed.made_by.as_str(), changed.changed_by.as_str()), (2, "key 3", "key 4"));
    let saved = SavedQuery { name: "slow".to_owned(), description: String::new(), query: "P99(duration_ms) LAST 1d".to_owned() };
    let saved = library.queries.create(LOCAL, saved, "anyone").await.unwrap();
    let placed = library.markers.create(LOCAL, marker(5, "release"), "anyone").await.unwrap();
    assert_eq!(placed.id.len(), 6);
    library.history.note(LOCAL, run("COUNT"), "anyone").await.unwrap();

    let again = open(&catalog).await;
    assert_eq!(again.boards.list(LOCAL), vec![changed.clone()]);
    assert_eq!(again.queries.get(LOCAL, &saved.id).unwrap(), saved);
    assert_eq!(again.markers.list(LOCAL), [placed]);
    assert_eq!(again.history.list(LOCAL, None, "").len(), 1);
    again.boards.delete(LOCAL, &changed.id).await.unwrap();
    assert_eq!(again.boards.get(LOCAL, &changed.id).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(open(&catalog).await.boards.list(LOCAL).is_empty());
}

#[tokio::test]
async fn nobody_overwrites_what_somebody_else_changed() {
    let library = open(&MemoryCatalog::default()).await;
    let made = library.boards.create(LOCAL, board("one", vec![]), "a").await.unwrap();
    library.boards.replace(LOCAL, &made.id, 1, board("by a", vec![]), "a").await.unwrap();
    let late = library.boards.replace(LOCAL, &made.id, 1, board("by b", vec![]), "b").await.unwrap_err();
    assert_eq!(
        (late.kind(), late.to_string().as_str()),
        (ErrorKind::Conflict, "this board was changed by somebody else: version 1 is not the last one, 2 is")
    );
    assert_eq!(library.boards.get(LOCAL, &made.id).unwrap().content.name, "by a");
    // Neither is it found from elsewhere, nor as something else.
    let other = EnvironmentId(LOCAL.0 + 1);
    assert_eq!(library.boards.replace(other, &made.id, 2, board("x", vec![]), "b").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(library.boards.delete(other, &made.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(library.queries.get(LOCAL, &made.id).unwrap_err().to_string(), format!("there is no saved query {}", made.id));
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_in_words() {
    let library = open(&MemoryCatalog::default()).await;
    let words = async |board: Board| library.boards.create(LOCAL, board, "a").await.unwrap_err().to_string();
    assert_eq!(words(board("", vec![])).await, "a board's name has 1 to 255 characters, not 0");
    assert_eq!(words(board("  ", vec![])).await, "a board's name has 1 to 255 characters, not 0");
    assert_eq!(words(board("a", vec![panel("a", 6, 7, "COUNT")])).await, "panel 1: columns 6 to 13 are not within the 12 of a board");
    assert_eq!(words(board("a", vec![panel("a", 0, 0, "COUNT")])).await, "panel 1: columns 0 to 0 are not within the 12 of a board");
    let flat = Panel { height: 0, ..panel("a", 0, 3, "COUNT") };
    assert_eq!(words(board("a", vec![flat])).await, "panel 1: a panel has 1 to 100 rows and begins within the first 10000");
    let twice = vec![panel("a", 0, 6, "COUNT"), panel("a", 6, 6, "COUNT")];
    assert_eq!(words(board("a", twice)).await, "panel 2: another panel has the id \"a\"");
    let error = library.boards.create(LOCAL, board("a", vec![panel("a", 0, 6, "COUNT WHERE")]), "a").await.unwrap_err();
    assert!(error.to_string().starts_with("panel 1: WHERE, character 12: "), "{error}");
    assert_eq!((error.kind(), error.position()), (ErrorKind::InvalidRequest, Some(12)));
    let many = (0..101).map(|n| panel(&n.to_string(), 0, 1, "COUNT")).collect();
    assert_eq!(words(board("a", many)).await, "a board has at most 100 panels, not 101");
    let joined = Board { filter: "a = 1 OR b = 2".to_owned(), ..board("a", vec![]) };
    assert_eq!(words(joined).await, "the conditions of a board are joined by AND: they are added to those of its panels");
    let fine = Board { filter: "a = 1 AND b = 2".to_owned(), ..board("a", vec![]) };
    library.boards.create(LOCAL, fine, "a").await.unwrap();

    let words = async |marker: Marker| library.markers.create(LOCAL, marker, "a").await.unwrap_err().to_string();
    assert_eq!(words(Marker { end_ns: Some(4), ..marker(5, "a") }).await, "a marker ends no earlier than it starts");
    assert_eq!(
        words(Marker { colour: Some("red".to_owned()), ..marker(5, "a") }).await,
        "a marker's colour is # and six hexadecimal digits"
    );
    for url in ["javascript:alert(1)", "//elsewhere", "https://a b", "data:,"] {
        let refused = words(Marker { url: url.to_owned(), ..marker(5, "a") }).await;
        assert_eq!(refused, "a marker's address begins with https://, http:// or / and has no blanks", "{url}");
    }
    library.markers.create(LOCAL, Marker { url: "/e/local/query".to_owned(), ..marker(5, "a") }, "a").await.unwrap();
}

#[test]
fn a_marker_is_within_times_that_touch_it() {
    let lasting = Marker { end_ns: Some(20), ..marker(10, "a") };
    for (from, to, at_ten, until_twenty) in [
        (0, 10, false, false),
        (0, 11, true, true),
        (10, 11, true, true),
        (11, 15, false, true),
        (20, 30, false, true),
        (21, 30, false, false),
    ] {
        assert_eq!((marker(10, "a").is_within(from, to), lasting.is_within(from, to)), (at_ten, until_twenty), "{from}..{to}");
    }
}

#[tokio::test]
async fn history_has_each_query_of_each_person_once_newest_first() {
    let (catalog, clock) = (MemoryCatalog::default(), Arc::new(ManualClock::at(1)));
    let library = Library::open(Arc::new(catalog), clock.clone()).await.unwrap();
    let note = async |query: &str, by: &str| {
        clock.set_wall_ns(clock.wall_ns() + 1);
        library.history.note(LOCAL, run(query), by).await.unwrap().content.times
    };
    assert_eq!((note("COUNT", "a").await, note("SUM(x)", "a").await, note("COUNT", "b").await, note("COUNT", "a").await), (1, 1, 1, 2));
    let listed = |by: Option<&str>, search: &str| {
        library
            .history
            .list(LOCAL, by, search)
            .into_iter()
            .map(|item| format!("{} {}", item.content.query, item.made_by))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(None, ""), ["COUNT a", "COUNT b", "SUM(x) a"]);
    assert_eq!(listed(Some("a"), ""), ["COUNT a", "SUM(x) a"]);
    assert_eq!(listed(None, "sum"), ["SUM(x) a"]);
    for n in 0..500 {
        note(&format!("MAX(c{n})"), "a").await;
    }
    let own = listed(Some("a"), "");
    assert_eq!((own.len(), own.last().map(String::as_str)), (500, Some("MAX(c0) a")), "the oldest of a's are forgotten");
    assert_eq!(listed(Some("b"), "").len(), 1, "and none of b's");
    assert_eq!(library.history.forget(LOCAL, "a").await.unwrap(), 500);
    assert_eq!(listed(None, ""), ["COUNT b"]);
}

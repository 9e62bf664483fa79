//! The API over a real store, engine and server: every row of the table is walked, every answer is held against the document.

mod answers;
mod changes;
mod deletion;
mod doors;
mod fields;
mod fixture;
mod library;
mod limits;
mod people;
mod schema;
mod xray;

use expect_test::expect_file;

#[test]
fn the_document_is_what_is_checked_in() {
    let document = serde_json::to_string_pretty(&crate::openapi::document(&schema::otlp_base_paths())).unwrap();
    expect_file!["../openapi.json"].assert_eq(&format!("{document}\n"));
}

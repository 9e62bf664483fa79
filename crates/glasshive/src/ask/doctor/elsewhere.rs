//! What is not in the data directory: whether it can be reached, and whose it is.

use super::Finding;
use crate::config::Config;
use glasshive_store::catalog::postgres::PostgresCatalog;
use glasshive_store::world::{Places, look_at_objects};

/// Looks at the database of the catalog and at the object store of the data files, if there are any.
pub async fn look(config: &Config) -> Vec<Finding> {
    let Places { catalog, objects } = config.placing.places();
    let mut findings = Vec::new();
    if let (Some(catalog), Some(url)) = (&config.placing.catalog.value, catalog) {
        let shown = &catalog.shown;
        findings.push(match PostgresCatalog::look(&url).await {
            Ok(found) => {
                let whose = whose(found.owner.map(|owner| owner.place));
                Finding::ok("catalog", format!("{shown}, PostgreSQL {}, {whose}", found.server))
            }
            Err(error) => Finding::fail("catalog", error.to_string(), format!("see that PostgreSQL answers from here as {shown}")),
        });
    }
    if let Some(objects) = objects {
        let shown = objects.shown();
        findings.push(match look_at_objects(&objects).await {
            Ok(place) => Finding::ok("objects", format!("{shown}, {}", whose(place))),
            Err(error) => {
                Finding::fail("objects", format!("{shown}: {error}"), "see that bucket, server, region and credentials are right")
            }
        });
    }
    findings
}

fn whose(place: Option<String>) -> String {
    place.map_or_else(|| "nobody's yet".to_owned(), |place| format!("that of {place}"))
}

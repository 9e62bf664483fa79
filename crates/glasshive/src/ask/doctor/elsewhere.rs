//! What is not in the data directory: whether it can be reached, and whose it is.

use super::Finding;
use crate::config::Config;
use glasshive_store::catalog::postgres::PostgresCatalog;

/// Looks at the database of the catalog, if it is in one.
pub async fn look(config: &Config) -> Vec<Finding> {
    let (Some(catalog), Some(url)) = (&config.placing.catalog.value, config.placing.places().catalog) else { return Vec::new() };
    let shown = &catalog.shown;
    vec![match PostgresCatalog::look(&url).await {
        Ok(found) => {
            let whose = found.owner.map_or_else(|| "nobody's yet".to_owned(), |owner| format!("that of {}", owner.place));
            Finding::ok("catalog", format!("{shown}, PostgreSQL {}, {whose}", found.server))
        }
        Err(error) => Finding::fail("catalog", error.to_string(), format!("see that PostgreSQL answers from here as {shown}")),
    }]
}

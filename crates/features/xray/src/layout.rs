//! Where the nodes of an environment's service map stand: kept, so that everybody finds them where they were.

use crate::error::{XrayError, invalid};
use crate::kept::Kept;
use glasshive_base::Clock;
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::{Catalog, DefinitionRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The catalog's word for them.
const KIND: &str = "map_layout";
/// There is one of an environment.
const NAME: &str = "layout";
/// Positions that are kept; those that were not said for longest go first.
pub const POSITIONS_MAX: usize = 4_000;
/// The longest key of a node, bytes.
const KEY_BYTES: usize = 1_024;
/// How far out a node may stand.
const FAR: f64 = 1e6;

/// Where a node stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The node's key.
    pub node: String,
    /// To the right, in the map's own units.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// Somebody put it there: nothing else moves it.
    pub is_pinned: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Content {
    /// Those that were said last stand last.
    positions: Vec<Position>,
}

/// The layouts of all environments.
pub struct Layouts {
    kept: Kept<Content>,
}

impl Layouts {
    pub(crate) fn of_rows(rows: &[DefinitionRow], catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>) -> Self {
        Self { kept: Kept::of_rows(KIND, rows, catalog, clock) }
    }

    /// What is known of an environment.
    pub fn positions(&self, environment: EnvironmentId) -> Vec<Position> {
        self.kept.get(environment, NAME).map(|item| item.content.positions).unwrap_or_default()
    }

    /// Keeps where nodes stand. Others stay where they are, unless these are all that is to be known.
    ///
    /// # Errors
    /// [`XrayError::Invalid`]; or the catalog's.
    pub async fn put(&self, environment: EnvironmentId, said: Vec<Position>, is_all: bool) -> Result<Vec<Position>, XrayError> {
        let is_place = |at: f64| at.is_finite() && at.abs() <= FAR;
        if said.len() > POSITIONS_MAX {
            return Err(invalid(format!("at most {POSITIONS_MAX} positions are kept")));
        }
        if let Some(wrong) = said.iter().find(|said| !is_place(said.x) || !is_place(said.y) || !(1..=KEY_BYTES).contains(&said.node.len()))
        {
            let node: String = wrong.node.chars().take(80).collect();
            return Err(invalid(format!(
                "the position of {node} is none: x and y are from -{FAR} to {FAR}, a key has 1 to {KEY_BYTES} bytes"
            )));
        }
        let change = self.kept.begin().await;
        let before = self.kept.get(environment, NAME);
        let mut positions = before.as_ref().filter(|_| !is_all).map(|item| item.content.positions.clone()).unwrap_or_default();
        positions.retain(|known| !said.iter().any(|said| said.node == known.node));
        for position in said {
            positions.retain(|known| known.node != position.node);
            positions.push(position);
        }
        let too_many = positions.len().saturating_sub(POSITIONS_MAX);
        positions.drain(..too_many);
        let content = Content { positions };
        let item = match before {
            Some(before) if before.content == content => return Ok(content.positions),
            Some(before) => Some(change.put(before, content).await?),
            None => change.insert(environment, NAME, content).await?,
        };
        item.map(|item| item.content.positions).ok_or_else(|| invalid("the layout of the map is kept twice"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_base::ManualClock;
    use glasshive_store::catalog::memory::MemoryCatalog;

    const LOCAL: EnvironmentId = EnvironmentId::LOCAL;

    async fn open(catalog: &MemoryCatalog) -> Layouts {
        let rows = catalog.definitions().await.unwrap();
        Layouts::of_rows(&rows, Arc::new(catalog.clone()), Arc::new(ManualClock::at(7)))
    }

    fn at(node: &str, x: f64) -> Position {
        Position { node: node.to_owned(), x, y: 0.0, is_pinned: false }
    }

    #[tokio::test]
    async fn positions_are_kept_of_an_environment_and_after_a_restart() {
        let catalog = MemoryCatalog::default();
        let layouts = open(&catalog).await;
        layouts.put(LOCAL, vec![at("a", 1.0), at("b", 2.0)], false).await.unwrap();
        let pinned = Position { is_pinned: true, ..at("a", 5.0) };
        assert_eq!(layouts.put(LOCAL, vec![pinned.clone()], false).await.unwrap(), [at("b", 2.0), pinned.clone()]);
        assert_eq!(open(&catalog).await.positions(LOCAL), [at("b", 2.0), pinned]);
        assert!(layouts.positions(EnvironmentId(2)).is_empty());
        assert_eq!(layouts.put(LOCAL, vec![at("c", 3.0)], true).await.unwrap(), [at("c", 3.0)], "tidied up");
    }

    #[tokio::test]
    async fn what_is_no_place_is_refused_and_the_oldest_go() {
        let layouts = open(&MemoryCatalog::default()).await;
        for wrong in [at("a", f64::NAN), at("a", 2e6), at("", 0.0)] {
            assert!(layouts.put(LOCAL, vec![wrong], false).await.is_err());
        }
        let many: Vec<Position> = (0..POSITIONS_MAX).map(|number| at(&number.to_string(), 0.0)).collect();
        layouts.put(LOCAL, many, false).await.unwrap();
        let positions = layouts.put(LOCAL, vec![at("new", 0.0)], false).await.unwrap();
        assert_eq!((positions.len(), positions[0].node.as_str()), (POSITIONS_MAX, "1"));
        assert_eq!(positions.last().map(|last| last.node.as_str()), Some("new"));
    }
}

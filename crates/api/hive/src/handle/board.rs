//! Boards.

use super::library::{asker, failure, library};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::board::{Board, BoardSummary, Boards, ChangedBoard, NewBoard, Panel, PanelContent, QueryStyle};
use glasshive_base_http::Response;
use glasshive_feature_library::{self as kept, Item};

/// Those of the environment.
pub async fn list(call: Call) -> Result<Response, Failure> {
    let mut boards: Vec<BoardSummary> = library(&call)?.boards.list(call.environment).into_iter().map(BoardSummary::from).collect();
    boards.sort_by_cached_key(|board| (board.name.to_lowercase(), board.id.clone()));
    ok(&Boards { boards })
}

/// One with what stands on it.
pub async fn get(call: Call) -> Result<Response, Failure> {
    let found = library(&call)?.boards.get(call.environment, call.param("id"));
    ok(&Board::from(found.map_err(failure)?))
}

/// Keeps one.
pub async fn create(mut call: Call) -> Result<Response, Failure> {
    let NewBoard { name, description, panels, filter, from, to } = call.body().await?;
    let content = kept::Board { name, description, panels: panels.into_iter().map(Into::into).collect(), filter, from, to };
    let made = library(&call)?.boards.create(call.environment, content, &asker(&call.caller)).await;
    ok(&Board::from(made.map_err(failure)?))
}

/// Puts another in the place of a version of it.
pub async fn update(mut call: Call) -> Result<Response, Failure> {
    let ChangedBoard { version, name, description, panels, filter, from, to } = call.body().await?;
    let content = kept::Board { name, description, panels: panels.into_iter().map(Into::into).collect(), filter, from, to };
    let changed = library(&call)?.boards.replace(call.environment, call.param("id"), version, content, &asker(&call.caller)).await;
    ok(&Board::from(changed.map_err(failure)?))
}

/// Takes one out.
pub async fn delete(call: Call) -> Result<Response, Failure> {
    let gone = library(&call)?.boards.delete(call.environment, call.param("id")).await;
    ok(&Board::from(gone.map_err(failure)?))
}

impl From<Item<kept::Board>> for BoardSummary {
    fn from(item: Item<kept::Board>) -> Self {
        Self {
            id: item.id,
            name: item.content.name,
            description: item.content.description,
            panels: item.content.panels.len(),
            changed_by: item.changed_by,
            updated_ns: Nanoseconds(item.updated_ns),
        }
    }
}

impl From<Item<kept::Board>> for Board {
    fn from(item: Item<kept::Board>) -> Self {
        let kept::Board { name, description, panels, filter, from, to } = item.content;
        Self {
            id: item.id,
            version: item.version,
            name,
            description,
            panels: panels.into_iter().map(Panel::from).collect(),
            filter,
            from,
            to,
            made_by: item.made_by,
            changed_by: item.changed_by,
            created_ns: Nanoseconds(item.created_ns),
            updated_ns: Nanoseconds(item.updated_ns),
        }
    }
}

impl From<kept::Panel> for Panel {
    fn from(kept::Panel { id, x, y, width, height, content }: kept::Panel) -> Self {
        let content = match content {
            kept::PanelContent::Query(panel) => {
                let style = match panel.style {
                    kept::QueryStyle::Graph => QueryStyle::Graph,
                    kept::QueryStyle::Table => QueryStyle::Table,
                    kept::QueryStyle::Both => QueryStyle::Both,
                    kept::QueryStyle::Value => QueryStyle::Value,
                    kept::QueryStyle::Events => QueryStyle::Events,
                };
                PanelContent::Query { title: panel.title, query: panel.query, style, log_scale: panel.log_scale }
            }
            kept::PanelContent::Text(panel) => PanelContent::Text { text: panel.text },
        };
        Self { id, x, y, width, height, content }
    }
}

impl From<Panel> for kept::Panel {
    fn from(Panel { id, x, y, width, height, content }: Panel) -> Self {
        let content = match content {
            PanelContent::Query { title, query, style, log_scale } => {
                let style = match style {
                    QueryStyle::Graph => kept::QueryStyle::Graph,
                    QueryStyle::Table => kept::QueryStyle::Table,
                    QueryStyle::Both => kept::QueryStyle::Both,
                    QueryStyle::Value => kept::QueryStyle::Value,
                    QueryStyle::Events => kept::QueryStyle::Events,
                };
                kept::PanelContent::Query(kept::QueryPanel { title, query, style, log_scale })
            }
            PanelContent::Text { text } => kept::PanelContent::Text(kept::TextPanel { text }),
        };
        Self { id, x, y, width, height, content }
    }
}

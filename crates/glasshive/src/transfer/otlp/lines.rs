//! Items put together to requests: one after the other into the same resource and scope, as long as these stay the same.

use super::Line;
use super::head::Head;
use super::metric::Block;
use super::node::put;
use glasshive_model::value::push_json_string;
use glasshive_receive_otlp::decode::Signal3;

/// A request that has so many bytes gets no more items.
const LINE_BYTES: usize = 1 << 20;

/// Requests, the last of which may be open.
#[derive(Default)]
pub struct Lines {
    done: Vec<Line>,
    open: Option<Open>,
}

struct Open {
    line: Line,
    head: Head,
    items: usize,
    /// The metrics of the scope at hand, which are written when it ends.
    block: Block,
}

/// What the lists of a signal's request are called: of resources, of scopes, of items.
fn words(signal: Signal3) -> [&'static str; 3] {
    match signal {
        Signal3::Traces => ["resourceSpans", "scopeSpans", "spans"],
        Signal3::Logs => ["resourceLogs", "scopeLogs", "logRecords"],
        Signal3::Metrics => ["resourceMetrics", "scopeMetrics", "metrics"],
    }
}

// === impl Lines ===

impl Lines {
    /// Adds an item of these rows.
    pub fn push(&mut self, head: Head, rows: &[usize], item: &str) {
        let open = self.scope(head, false);
        if open.items > 0 {
            open.line.json.push(',');
        }
        open.line.json.push_str(item);
        open.line.rows.extend_from_slice(rows);
        open.items += 1;
    }

    /// The metrics of a scope to add a row to; `fits` says whether it may be the one that is open.
    pub fn block(&mut self, head: Head, row: usize, fits: impl Fn(&Block) -> bool) -> &mut Block {
        let must_begin = self.open.as_ref().is_some_and(|open| !fits(&open.block));
        let open = self.scope(head, must_begin);
        open.line.rows.push(row);
        &mut open.block
    }

    fn scope(&mut self, head: Head, must_begin: bool) -> &mut Open {
        let goes_on = |open: &Open| {
            let bytes = open.line.json.len() + open.block.bytes();
            bytes < LINE_BYTES && open.head.signal == head.signal && open.head.dataset == head.dataset
        };
        if let Some(open) = self.open.take_if(|open| !goes_on(open)) {
            self.done.push(open.end());
        }
        match &mut self.open {
            Some(open) => open.go_on(head, must_begin),
            None => self.open = Some(Open::begin(head)),
        }
        self.open.as_mut().expect("one was just opened")
    }

    /// All requests.
    pub fn finish(mut self) -> Vec<Line> {
        if let Some(open) = self.open.take() {
            self.done.push(open.end());
        }
        self.done
    }
}

// === impl Open ===

impl Open {
    fn begin(head: Head) -> Self {
        let mut json = String::from("{");
        if let Some(dataset) = &head.dataset {
            json.push_str("\"glasshive\":{\"dataset\":");
            push_json_string(&mut json, dataset);
            json.push_str("},");
        }
        let [resources, scopes, items] = words(head.signal);
        put(&mut json, format_args!("\"{resources}\":[{{{}\"{scopes}\":[{{{}\"{items}\":[", head.resource, head.scope));
        let line = Line { signal: head.signal, dataset: head.dataset.clone(), json, rows: Vec::new() };
        Self { line, head, items: 0, block: Block::default() }
    }

    /// Ends resource and scope, where the next item has others or must have a scope of its own.
    fn go_on(&mut self, head: Head, must_begin: bool) {
        if head == self.head && !must_begin {
            return;
        }
        self.write_block();
        let [_, scopes, items] = words(head.signal);
        if head.resource == self.head.resource {
            put(&mut self.line.json, format_args!("]}},{{{}\"{items}\":[", head.scope));
        } else {
            put(&mut self.line.json, format_args!("]}}]}},{{{}\"{scopes}\":[{{{}\"{items}\":[", head.resource, head.scope));
        }
        self.items = 0;
        self.head = head;
    }

    fn write_block(&mut self) {
        std::mem::take(&mut self.block).write(&mut self.line.json);
    }

    fn end(mut self) -> Line {
        self.write_block();
        self.line.json.push_str("]}]}]}");
        self.line
    }
}

//! Server-sent events, read from a streamed answer.

use super::StreamAnswer;
use crate::BoxError;

/// Longest event that is put together; a longer one ends the stream.
const EVENT_BYTES: usize = 16 << 20;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerSentEvent {
    /// Its name; empty = `message`.
    pub name: String,
    /// Its data lines, joined by line feeds.
    pub data: String,
}

/// Events as they come.
pub struct EventStream {
    answer: StreamAnswer,
    parser: Parser,
}

#[derive(Debug, Default)]
struct Parser {
    buffer: Vec<u8>,
    event: ServerSentEvent,
    has_data: bool,
}

impl EventStream {
    pub(super) fn new(answer: StreamAnswer) -> Self {
        Self { answer, parser: Parser::default() }
    }

    /// The next event, or `None` when the server ended the stream. An event cut off by the end is dropped, as the standard
    /// wants it.
    ///
    /// # Errors
    /// When the connection breaks or an event is longer than 16 MiB.
    pub async fn next(&mut self) -> Result<Option<ServerSentEvent>, BoxError> {
        loop {
            if let Some(event) = self.parser.next() {
                return Ok(Some(event));
            }
            match self.answer.next().await? {
                None => return Ok(None),
                Some(bytes) => self.parser.push(&bytes)?,
            }
        }
    }
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) -> Result<(), BoxError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() + self.event.data.len() > EVENT_BYTES {
            return Err("a server-sent event is longer than 16 MiB".into());
        }
        Ok(())
    }

    fn next(&mut self) -> Option<ServerSentEvent> {
        let mut start = 0;
        let mut found = None;
        while let Some(end) = self.buffer[start..].iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&self.buffer[start..start + end]).into_owned();
            start += end + 1;
            if let Some(event) = self.line(line.strip_suffix('\r').unwrap_or(&line)) {
                found = Some(event);
                break;
            }
        }
        self.buffer.drain(..start);
        found
    }

    /// Takes one line; an empty one completes the event.
    fn line(&mut self, line: &str) -> Option<ServerSentEvent> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // Comments (an empty field name), ids and retry times.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_they_are_cut() {
        let text = b": hello\r\n\r\nevent: row\ndata: {\"a\":\ndata:1}\n\nid: 7\ndata\n\ndata: cut off";
        let event = |name: &str, data: &str| ServerSentEvent { name: name.to_owned(), data: data.to_owned() };
        let expected = [event("row", "{\"a\":\n1}"), event("", "")];
        for cut in 1..text.len() {
            let mut parser = Parser::default();
            let mut events = Vec::new();
            for piece in text.chunks(cut) {
                parser.push(piece).unwrap();
                while let Some(event) = parser.next() {
                    events.push(event);
                }
            }
            assert_eq!(events, expected, "pieces of {cut}");
        }
    }

    #[test]
    fn an_endless_event_ends_the_stream() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; 1 << 20];
        assert!((0..17).any(|_| parser.push(&piece).is_err()));
    }
}

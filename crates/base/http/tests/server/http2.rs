//! Floods over HTTP/2, frame by frame.

use crate::stage::Stage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ENHANCE_YOUR_CALM: u32 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET /slow` of `localhost`, by the static table and three literals.
fn get() -> Vec<u8> {
    let literal = |name: u8, value: &[u8]| [&[name, u8::try_from(value.len()).unwrap()][..], value].concat();
    [vec![0x82, 0x86], literal(0x44, b"/slow"), literal(0x41, b"localhost")].concat()
}

async fn open(stage: &Stage) -> TcpStream {
    let mut stream = stage.connect().await;
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
    stream
}

/// Reads frames until GOAWAY and returns its code; `None` when the server closes without one.
async fn goaway(stream: &mut TcpStream) -> Option<u32> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(len).unwrap()];
        stream.read_exact(&mut payload).await.ok()?;
        if head[3] == GOAWAY {
            return payload[4..8].try_into().ok().map(u32::from_be_bytes);
        }
    }
}

#[tokio::test]
async fn l6_rapid_reset() {
    let stage = Stage::new().await;
    let mut stream = open(&stage).await;
    let mut flood = Vec::new();
    for index in 0..2_000u32 {
        let id = index * 2 + 1;
        flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, id, &get()));
        flood.extend(frame(RST_STREAM, 0, id, &8u32.to_be_bytes()));
    }
    // The server may close before it has read everything.
    let _ = stream.write_all(&flood).await;
    assert_eq!(goaway(&mut stream).await, Some(ENHANCE_YOUR_CALM));
    assert!(stage.handled() < 2_000, "{} handlers ran", stage.handled());
}

#[tokio::test]
async fn l6_continuation_flood() {
    let stage = Stage::new().await;
    let mut stream = open(&stage).await;
    let mut flood = frame(HEADERS, END_STREAM, 1, &get());
    let field = [&[0x00, 1, b'a', 100][..], &[b'x'; 100]].concat();
    for _ in 0..1_000 {
        flood.extend(frame(CONTINUATION, 0, 1, &field.repeat(150)));
    }
    let _ = stream.write_all(&flood).await;
    let _ = goaway(&mut stream).await;
    assert_eq!(stage.handled(), 0);
    assert_eq!(crate::stage::status(&stage.ask("GET /read", &[("host", "localhost")]).await), 200, "the server lives on");
}

#[tokio::test]
async fn l6_made_you_reset() {
    let stage = Stage::new().await;
    let mut stream = open(&stage).await;
    let mut flood = Vec::new();
    for index in 0..2_000u32 {
        let id = index * 2 + 1;
        flood.extend(frame(HEADERS, END_HEADERS, id, &get()));
        // A window that would pass 2^31 - 1 is an error of the stream, for which the server resets it.
        flood.extend(frame(WINDOW_UPDATE, 0, id, &0x7fff_ffff_u32.to_be_bytes()));
    }
    let _ = stream.write_all(&flood).await;
    assert_eq!(goaway(&mut stream).await, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn l5_a_hundred_streams() {
    let stage = Stage::new().await;
    let mut stream = open(&stage).await;
    let flood: Vec<u8> = (0..150u32).flat_map(|index| frame(HEADERS, END_HEADERS | END_STREAM, index * 2 + 1, &get())).collect();
    stream.write_all(&flood).await.unwrap();
    // Streams over the limit are refused by RST_STREAM with REFUSED_STREAM (7).
    let mut refused = 0;
    while refused < 50 {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::from(head[2])];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == RST_STREAM {
            assert_eq!(payload, [0, 0, 0, 7]);
            refused += 1;
        }
    }
    assert!(stage.handled() <= 100, "{}", stage.handled());
}

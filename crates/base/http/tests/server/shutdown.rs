//! Stopping.

use crate::stage::Stage;
use glasshive_base_http::BindError;
use http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

#[tokio::test]
async fn what_is_in_flight_finishes() {
    let stage = Stage::new().await;
    let url = stage.url("/slow");
    let asked = stage.client.request(Method::GET, &url, HeaderMap::new(), "");
    let stop = async {
        while stage.handled() == 0 {
            tokio::task::yield_now().await;
        }
        let finished = tokio::join!(stage.server.shutdown(Duration::from_secs(60)), async {
            // The listener goes first.
            while TcpStream::connect(stage.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
            stage.permits.add_permits(1);
        });
        finished.0
    };
    let (answer, finished) = tokio::join!(asked, stop);
    assert_eq!((answer.unwrap().text().as_str(), finished), ("slow", true));
    let refused = stage.server.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    assert!(matches!(refused, Err(BindError::Failed { .. })));
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let stage = Stage::new().await;
    let url = stage.url("/slow");
    let asked = stage.client.request(Method::GET, &url, HeaderMap::new(), "");
    let stop = async {
        while stage.handled() == 0 {
            tokio::task::yield_now().await;
        }
        stage.server.shutdown(Duration::from_millis(10)).await
    };
    let (answer, finished) = tokio::join!(asked, stop);
    assert!(answer.is_err() && !finished);
}

#[tokio::test]
async fn idle_connections_do_not_hold_it_up() {
    let stage = Stage::new().await;
    let silent = stage.connect().await;
    let answer = stage.client.request(Method::GET, &stage.url("/read"), HeaderMap::new(), "").await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(stage.server.shutdown(Duration::from_secs(60)).await);
    drop(silent);
}

#[tokio::test]
async fn f25_an_address_in_use_is_named() {
    let stage = Stage::new().await;
    let error = stage.server.bind(stage.address).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("address {} is in use by ", stage.address)), "{error}");
}

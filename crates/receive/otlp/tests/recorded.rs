//! What real SDKs sent, byte for byte, and the rows it becomes. After a change that is meant, `UPDATE_EXPECT=1` writes the
//! rows anew.
#![allow(clippy::unwrap_used)]

mod support;

use expect_test::expect_file;
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, Signal3, decode};
use std::path::Path;
use support::readable;

/// 2033-05-18T03:33:20Z: after anything recorded here, so that nothing lies in the future.
const LATER: i64 = 2_000_000_000_000_000_000;

#[test]
fn recorded_requests_become_the_rows_beside_them() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wire/otlp/tests/fixtures");
    let mut sdks: Vec<_> = std::fs::read_dir(&fixtures).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    sdks.sort();
    let mut checked = 0;
    for sdk in &sdks {
        for (signal, name) in [(Signal3::Traces, "traces"), (Signal3::Logs, "logs"), (Signal3::Metrics, "metrics")] {
            for (encoding, ending) in [(Encoding::Protobuf, "pb"), (Encoding::Json, "json")] {
                let Ok(body) = std::fs::read(sdk.join(format!("{name}.{ending}"))) else { continue };
                let context = DecodeContext { received_ns: LATER, ..DecodeContext::default() };
                let decoded = decode(signal, encoding, &body, &context).unwrap();
                assert_eq!((decoded.rejected, decoded.message), (0, None), "{} {name}.{ending}", sdk.display());
                expect_file![sdk.join(format!("{name}.{ending}.rows.txt"))].assert_eq(&readable(&decoded.rows));
                checked += 1;
            }
        }
    }
    assert!(checked >= 3 * sdks.len(), "every SDK has traces, logs and metrics, {checked} were found");
}

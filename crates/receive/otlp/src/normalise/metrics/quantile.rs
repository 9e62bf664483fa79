//! What a summary's quantiles are called.

use std::fmt::Write;

/// `.p50` for 0.5, `.p05` for 0.05, `.p999` for 0.999: the decimals, two at least; `.min` for 0 and `.max` for 1, which is what
/// OTLP means by them. `false` for what is no quantile.
pub(super) fn push_quantile(quantile: f64, out: &mut String) -> bool {
    if quantile == 0.0 {
        out.push_str(".min");
    } else if quantile == 1.0 {
        out.push_str(".max");
    } else if quantile > 0.0 && quantile < 1.0 {
        out.push_str(".p");
        let start = out.len();
        write!(out, "{quantile}").expect("writing to a String cannot fail");
        out.replace_range(start..start + 2, "");
        if out.len() - start == 1 {
            out.push('0');
        }
    } else {
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_quantiles() {
        let check = |quantile, name: &str| {
            let mut out = String::new();
            assert_eq!((push_quantile(quantile, &mut out), out.as_str()), (!name.is_empty(), name), "{quantile}");
        };
        check(0.5, ".p50");
        check(0.05, ".p05");
        check(0.01, ".p01");
        check(0.001, ".p001");
        check(0.99, ".p99");
        check(0.999, ".p999");
        check(0.975, ".p975");
        check(0.1 + 0.2, ".p30000000000000004");
        check(0.0, ".min");
        check(1.0, ".max");
        check(-0.1, "");
        check(1.5, "");
        check(f64::NAN, "");
    }
}

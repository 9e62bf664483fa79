//! Tokens of next pages: they hold where a page ended, and which question it was of.

use crate::fault::invalid;
use glasshive_receive_xray::Fault;
use serde_json::Value;

/// Makes a token of where a page ended.
pub(crate) fn write(place: &str, question: &Value) -> String {
    format!("{place}.{:016x}", hash(question))
}

/// Where the page before ended.
///
/// # Errors
/// `InvalidRequestException` when the token is none, or of another question.
pub(crate) fn read<'t>(token: &'t str, question: &Value) -> Result<&'t str, Fault> {
    let (place, told) = token.rsplit_once('.').ok_or_else(|| invalid("NextToken is none of ours"))?;
    if told != format!("{:016x}", hash(question)) {
        return Err(invalid("NextToken is of a request with other parameters"));
    }
    Ok(place)
}

/// Of the question without its token.
fn hash(question: &Value) -> u64 {
    let mut question = question.clone();
    if let Some(members) = question.as_object_mut() {
        members.remove("NextToken");
        members.retain(|_, value| !value.is_null());
    }
    xxhash_rust::xxh3::xxh3_64(question.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_of_one_question() {
        let question = json!({"StartTime": 1, "GroupName": null});
        let token = write("7.x", &question);
        assert!(token.len() <= 100);
        assert_eq!(read(&token, &json!({"NextToken": token, "StartTime": 1})).unwrap(), "7.x");
        assert!(read(&token, &json!({"StartTime": 2})).is_err());
        assert!(read("nonsense", &question).is_err());
    }
}

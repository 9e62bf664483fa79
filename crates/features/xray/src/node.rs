//! Nodes of the service map: who is called, and what sort of thing that is.

use glasshive_wire_xray::Json;

/// AWS's services by the names that SDKs give them, lower case, and by the one that types have.
const SERVICES: [(&str, &str); 19] = [
    ("dynamodb", "DynamoDB"),
    ("dynamodbv2", "DynamoDB"),
    ("s3", "S3"),
    ("sqs", "SQS"),
    ("sns", "SNS"),
    ("lambda", "Lambda"),
    ("kinesis", "Kinesis"),
    ("ssm", "SimpleSystemsManagement"),
    ("simplesystemsmanagement", "SimpleSystemsManagement"),
    ("secretsmanager", "SecretsManager"),
    ("sts", "STS"),
    ("states", "StepFunctions"),
    ("sfn", "StepFunctions"),
    ("events", "Events"),
    ("eventbridge", "Events"),
    ("logs", "CloudWatchLogs"),
    ("monitoring", "CloudWatch"),
    ("cloudwatch", "CloudWatch"),
    ("apigateway", "APIGateway"),
];

/// Type and name of what a subsegment, or the segment that was inferred from one, calls.
pub(crate) fn called(call: &Json<'_>) -> (String, String) {
    let name = call.get("name").and_then(Json::text).unwrap_or_default().to_owned();
    if !call.get("sql").is_none_or(|sql| sql.members().is_empty()) {
        return ("Database::SQL".to_owned(), name);
    }
    // Of a segment that was inferred the namespace is not told any more, but that it had one of AWS's is told by its block.
    let is_aws = match call.get("namespace").and_then(Json::text) {
        Some(namespace) => namespace == "aws",
        None => call.get("origin").and_then(Json::text).is_some_and(|origin| origin.starts_with("AWS::")),
    };
    if !is_aws {
        return ("remote".to_owned(), name);
    }
    let service = service(&name);
    let member = |key: &str| call.get("aws").and_then(|aws| aws.get(key)).and_then(Json::filled).map(str::to_owned);
    let only_resource = || match call.get("aws").and_then(|aws| aws.get("resource_names")).map(Json::elements) {
        Some([one]) => one.filled().map(str::to_owned),
        _ => None,
    };
    let resource = |kind: &str, name: Option<String>| name.map(|name| (kind.to_owned(), name));
    let found = match service.as_str() {
        "DynamoDB" => resource("AWS::DynamoDB::Table", member("table_name").or_else(only_resource)),
        "SQS" => resource("AWS::SQS::Queue", member("queue_url")),
        "SNS" => resource("AWS::SNS", Some("SNS".to_owned())),
        "S3" => resource("AWS::S3::Bucket", member("bucket_name")),
        "Lambda" => resource("AWS::Lambda", member("function_name")),
        "Kinesis" => resource("AWS::Kinesis::Stream", member("stream_name")),
        "StepFunctions" => resource("AWS::StepFunctions::StateMachine", member("state_machine_arn")),
        "Events" => resource("AWS::Events::EventBus", member("event_bus_name")),
        _ => None,
    };
    found.unwrap_or_else(|| (format!("AWS::{service}"), service))
}

/// The service's name as types have it.
fn service(name: &str) -> String {
    let plain = ["AWS::", "AWS.SDK.", "Amazon"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    let lower = plain.to_ascii_lowercase();
    let known = SERVICES.iter().find(|(known, _)| *known == lower);
    known.map_or_else(|| plain.to_owned(), |(_, service)| (*service).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_wire_xray::json;

    #[test]
    fn what_is_called() {
        for (call, expected) in [
            (r#"{"name":"db@host","namespace":"remote","sql":{"url":"x"}}"#, ("Database::SQL", "db@host")),
            (r#"{"name":"api.example.com","namespace":"remote"}"#, ("remote", "api.example.com")),
            (r#"{"name":"dynamodb","namespace":"aws","aws":{"table_name":"t"}}"#, ("AWS::DynamoDB::Table", "t")),
            (r#"{"name":"AmazonDynamoDBv2","namespace":"aws","aws":{"resource_names":["t"]}}"#, ("AWS::DynamoDB::Table", "t")),
            (r#"{"name":"DynamoDB","namespace":"aws","aws":{"resource_names":["t","u"]}}"#, ("AWS::DynamoDB", "DynamoDB")),
            (r#"{"name":"SNS","namespace":"aws","aws":{"topic_arn":"a"}}"#, ("AWS::SNS", "SNS")),
            (r#"{"name":"sqs","namespace":"aws","aws":{"queue_url":"q"}}"#, ("AWS::SQS::Queue", "q")),
            (r#"{"name":"ssm","namespace":"aws"}"#, ("AWS::SimpleSystemsManagement", "SimpleSystemsManagement")),
            (r#"{"name":"AWS::Rekognition","namespace":"aws"}"#, ("AWS::Rekognition", "Rekognition")),
            (r#"{"name":"s3","origin":"AWS::S3::Bucket","aws":{"bucket_name":"b"}}"#, ("AWS::S3::Bucket", "b")),
        ] {
            let (kind, name) = called(&json::parse(call.as_bytes()).unwrap());
            assert_eq!((kind.as_str(), name.as_str()), expected, "{call}");
        }
    }
}

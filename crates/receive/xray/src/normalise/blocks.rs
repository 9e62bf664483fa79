//! `http`, `sql` and `aws` under OpenTelemetry's names.

use super::fields::json_list;
use super::url::{Url, without_password};
use super::{Normaliser, resource};
use crate::semconv;
use glasshive_model::{Cell, names};
use glasshive_wire_xray::{Entity, Http, Json, Sql};

/// Operations of AWS services that send a message.
const SENDS: [&str; 8] =
    ["sendmessage", "sendmessagebatch", "publish", "publishbatch", "putrecord", "putrecords", "putevents", "startexecution"];
/// Services that take messages.
const TAKE_MESSAGES: [&str; 6] = ["sqs", "sns", "kinesis", "events", "eventbridge", "amazonsqs"];

/// Whether a call to AWS hands over a message.
pub(super) fn sends_messages(entity: &Entity<'_>) -> bool {
    let service = entity.name.to_ascii_lowercase();
    let operation = entity.aws.and_then(|aws| aws.get("operation")).and_then(Json::text).unwrap_or_default().to_ascii_lowercase();
    TAKE_MESSAGES.contains(&service.as_str()) && SENDS.contains(&operation.replace('_', "").as_str())
}

impl Normaliser {
    pub(super) fn blocks(&mut self, entity: &Entity<'_>) {
        if let Some(http) = &entity.http {
            self.http(http);
        }
        if let Some(sql) = &entity.sql {
            self.sql(sql);
        }
        match entity.aws {
            Some(aws) if entity.is_subsegment => self.call(entity, aws),
            Some(aws) => self.segment_aws(aws),
            None => {}
        }
        if !entity.is_subsegment
            && let Some(service) = entity.service
        {
            for (member, value) in service.members().iter().filter(|(member, _)| !resource::is_mapped_service(member)) {
                self.fields.leaves(&format!("xray.service.{member}"), value);
            }
        }
    }

    fn http(&mut self, http: &Http<'_>) {
        let fields = &mut self.fields;
        if let Some(method) = http.method {
            let upper = method.to_uppercase();
            fields.text(semconv::HTTP_METHOD, &upper);
            if upper != method {
                fields.text(semconv::HTTP_METHOD_ORIGINAL, method);
            }
        }
        if let Some(text) = http.url {
            let url = Url::read(text);
            fields.text(semconv::URL_FULL, text);
            fields.maybe_text(semconv::URL_PATH, url.path);
            fields.maybe_text(semconv::URL_SCHEME, url.scheme);
            fields.maybe_text(semconv::SERVER_ADDRESS, url.host);
            if let Some(port) = url.port {
                fields.set(semconv::SERVER_PORT, Cell::Int(port.into()));
            }
        }
        fields.maybe_text(semconv::USER_AGENT, http.user_agent);
        fields.maybe_text(semconv::CLIENT_ADDRESS, http.client_ip);
        for (key, number) in [(semconv::HTTP_STATUS, http.status), (semconv::HTTP_RESPONSE_SIZE, http.content_length)] {
            if let Some(number) = number {
                fields.set(key, Cell::Int(number));
            }
        }
    }

    fn sql(&mut self, sql: &Sql<'_>) {
        let fields = &mut self.fields;
        if let Some(kind) = sql.database_type {
            let system = kind.to_lowercase();
            fields.text(semconv::DB_SYSTEM, if system == "postgres" { "postgresql" } else { &system });
        }
        fields.maybe_text(semconv::DB_QUERY, sql.query);
        fields.maybe_text(semconv::DB_USER, sql.user);
        if let Some(text) = sql.url {
            let url = Url::read(text);
            let database = url.path.and_then(|path| path.rsplit('/').next()).filter(|database| !database.is_empty());
            fields.maybe_text(semconv::DB_NAMESPACE, database.filter(|_| url.scheme.is_some()));
            fields.maybe_text(semconv::SERVER_ADDRESS, url.host);
            if let Some(port) = url.port {
                fields.set(semconv::SERVER_PORT, Cell::Int(port.into()));
            }
        }
        if let Some(text) = sql.url.or(sql.connection_string) {
            fields.text(semconv::DB_CONNECTION, &without_password(text));
        }
        for (key, text) in
            [("db.version", sql.database_version), ("db.driver.version", sql.driver_version), ("db.preparation", sql.preparation)]
        {
            fields.maybe_text(key, text);
        }
    }

    /// `aws` of a subsegment: a call.
    fn call(&mut self, entity: &Entity<'_>, aws: &Json<'_>) {
        let is_api = entity.namespace == Some("aws");
        if is_api {
            self.fields.text(semconv::RPC_SYSTEM, "aws-api");
            self.fields.text(semconv::RPC_SERVICE, entity.name);
        }
        for (member, value) in aws.members() {
            match (&**member, value) {
                (_, Json::Null) => {}
                ("operation", Json::Str(operation)) if is_api => self.fields.text(semconv::RPC_METHOD, operation),
                // Ids of accounts begin with zeros.
                ("account_id", Json::Number(number)) => self.fields.text("aws.account_id", number),
                (member, value) => self.fields.leaves(&format!("aws.{member}"), value),
            }
        }
    }

    /// `aws` of a segment: what is not said of its resource.
    fn segment_aws(&mut self, aws: &Json<'_>) {
        for (member, value) in aws.members() {
            match &**member {
                "account_id" => {}
                "xray" => {
                    let rule = ["sampling_rule_name", "rule_name"].iter().find_map(|name| value.get(name)?.filled());
                    self.fields.maybe_text(names::XRAY_SAMPLING_RULE, rule);
                }
                "cloudwatch_logs" => self.log_groups(value),
                block => {
                    for (member, value) in value.members().iter().filter(|(member, _)| !resource::is_mapped_place(block, member)) {
                        self.fields.leaves(&format!("aws.{block}.{member}"), value);
                    }
                    if value.members().is_empty() && *value != Json::Null {
                        self.fields.value(&format!("aws.{block}"), value);
                    }
                }
            }
        }
    }

    fn log_groups(&mut self, groups: &Json<'_>) {
        for (member, key) in [("log_group", semconv::LOG_GROUP_NAMES), ("arn", semconv::LOG_GROUP_ARNS)] {
            let listed: Vec<&str> = groups.elements().iter().filter_map(|group| group.get(member)?.filled()).collect();
            if !listed.is_empty() {
                self.fields.json(key, &json_list(listed.into_iter()));
            }
        }
    }
}

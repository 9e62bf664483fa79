//! What a segment says of where it ran, as resource attributes.

use super::Normaliser;
use crate::semconv;
use glasshive_wire_xray::{Entity, Json};

/// Blocks of `aws`, and what their members are called.
const PLACES: [(&str, &[(&str, &str)]); 4] = [
    (
        "ec2",
        &[
            ("availability_zone", semconv::CLOUD_ZONE),
            ("instance_id", semconv::HOST_ID),
            ("instance_size", semconv::HOST_TYPE),
            ("ami_id", semconv::HOST_IMAGE),
        ],
    ),
    (
        "ecs",
        &[
            ("container", semconv::CONTAINER_NAME),
            ("container_id", semconv::CONTAINER_ID),
            ("container_arn", semconv::ECS_CONTAINER_ARN),
            ("task_arn", semconv::ECS_TASK_ARN),
            ("task_family", semconv::ECS_TASK_FAMILY),
            ("cluster_arn", semconv::ECS_CLUSTER_ARN),
            ("launch_type", semconv::ECS_LAUNCH_TYPE),
        ],
    ),
    ("eks", &[("cluster_name", semconv::K8S_CLUSTER), ("pod", semconv::K8S_POD), ("container_id", semconv::CONTAINER_ID)]),
    (
        "elastic_beanstalk",
        &[
            ("environment_name", semconv::DEPLOYMENT_ENVIRONMENT),
            ("version_label", semconv::SERVICE_VERSION),
            ("deployment_id", semconv::SERVICE_INSTANCE),
        ],
    ),
];

/// Members of `service`, and what they are called.
const SERVICE: [(&str, &str); 3] =
    [("version", semconv::SERVICE_VERSION), ("runtime", semconv::RUNTIME_NAME), ("runtime_version", semconv::RUNTIME_VERSION)];

impl Normaliser {
    pub(super) fn resource(&mut self, segment: &Entity<'_>) {
        if let Some(aws) = segment.aws {
            self.open_scalar(semconv::CLOUD_ACCOUNT, aws.get("account_id"));
            let mut is_placed = false;
            for (block, members) in PLACES {
                let Some(block) = aws.get(block) else { continue };
                is_placed |= !block.members().is_empty();
                for (member, key) in members {
                    self.open_scalar(key, block.get(member));
                }
            }
            if is_placed {
                self.fields.open(semconv::CLOUD_PROVIDER, "aws");
            }
            if let Some(sdk) = aws.get("xray") {
                self.open_scalar(semconv::SDK_NAME, sdk.get("sdk"));
                self.open_scalar(semconv::SDK_VERSION, sdk.get("sdk_version"));
                if let Some(language) = sdk.get("sdk").and_then(Json::text).and_then(language) {
                    self.fields.open(semconv::SDK_LANGUAGE, language);
                }
            }
        }
        for (member, key) in SERVICE {
            self.open_scalar(key, segment.service.and_then(|service| service.get(member)));
        }
    }

    /// Ids and versions are text; SDKs write some of them as numbers.
    fn open_scalar(&mut self, key: &str, value: Option<&Json<'_>>) {
        match value {
            Some(Json::Str(text)) if !text.is_empty() => self.fields.open(key, text),
            Some(Json::Number(text)) => self.fields.open(key, text),
            _ => {}
        }
    }
}

/// OpenTelemetry's word for the language of an SDK, from `X-Ray for Python`.
fn language(sdk: &str) -> Option<&'static str> {
    let (_, language) = sdk.split_once(" for ")?;
    let language = language.to_ascii_lowercase();
    let known = [
        ("python", "python"),
        ("node", "nodejs"),
        ("java", "java"),
        ("go", "go"),
        ("ruby", "ruby"),
        (".net", "dotnet"),
        ("php", "php"),
        ("rust", "rust"),
    ];
    known.into_iter().find(|(begins, _)| language.starts_with(begins)).map(|(_, word)| word)
}

/// Members of `service` and `aws` that stand elsewhere; all others are fields of the segment itself.
pub(super) fn is_mapped_service(member: &str) -> bool {
    SERVICE.iter().any(|(known, _)| *known == member)
}

/// See [`is_mapped_service`]: `None` when `aws.<block>.<member>` has no name of OpenTelemetry's.
pub(super) fn is_mapped_place(block: &str, member: &str) -> bool {
    PLACES.iter().any(|(known, members)| *known == block && members.iter().any(|(known, _)| *known == member))
}

//! OpenTelemetry's names for what X-Ray's blocks say.

macro_rules! names {
    ($($name:ident = $text:literal;)+) => { $(pub(crate) const $name: &str = $text;)+ };
}

names! {
    HTTP_METHOD = "http.request.method";
    HTTP_METHOD_ORIGINAL = "http.request.method_original";
    HTTP_STATUS = "http.response.status_code";
    HTTP_RESPONSE_SIZE = "http.response.body.size";
    URL_FULL = "url.full";
    URL_PATH = "url.path";
    URL_SCHEME = "url.scheme";
    SERVER_ADDRESS = "server.address";
    SERVER_PORT = "server.port";
    USER_AGENT = "user_agent.original";
    CLIENT_ADDRESS = "client.address";
    USER_ID = "user.id";
    DB_SYSTEM = "db.system.name";
    DB_NAMESPACE = "db.namespace";
    DB_QUERY = "db.query.text";
    DB_USER = "db.user";
    DB_CONNECTION = "db.connection_string";
    RPC_SYSTEM = "rpc.system";
    RPC_SERVICE = "rpc.service";
    RPC_METHOD = "rpc.method";
    CLOUD_PROVIDER = "cloud.provider";
    CLOUD_ACCOUNT = "cloud.account.id";
    CLOUD_ZONE = "cloud.availability_zone";
    HOST_ID = "host.id";
    HOST_TYPE = "host.type";
    HOST_IMAGE = "host.image.id";
    CONTAINER_NAME = "container.name";
    CONTAINER_ID = "container.id";
    ECS_CONTAINER_ARN = "aws.ecs.container.arn";
    ECS_TASK_ARN = "aws.ecs.task.arn";
    ECS_TASK_FAMILY = "aws.ecs.task.family";
    ECS_CLUSTER_ARN = "aws.ecs.cluster.arn";
    ECS_LAUNCH_TYPE = "aws.ecs.launchtype";
    K8S_CLUSTER = "k8s.cluster.name";
    K8S_POD = "k8s.pod.name";
    SERVICE_VERSION = "service.version";
    SERVICE_INSTANCE = "service.instance.id";
    DEPLOYMENT_ENVIRONMENT = "deployment.environment.name";
    SDK_NAME = "telemetry.sdk.name";
    SDK_VERSION = "telemetry.sdk.version";
    SDK_LANGUAGE = "telemetry.sdk.language";
    RUNTIME_NAME = "process.runtime.name";
    RUNTIME_VERSION = "process.runtime.version";
    LOG_GROUP_NAMES = "aws.log.group.names";
    LOG_GROUP_ARNS = "aws.log.group.arns";
    EXCEPTION_ID = "aws.xray.exception.id";
    EXCEPTION_REMOTE = "aws.xray.exception.remote";
    EXCEPTION_CAUSE = "aws.xray.exception.cause";
    EXCEPTION_TRUNCATED = "aws.xray.exception.truncated";
    EXCEPTION_SKIPPED = "aws.xray.exception.skipped";
}

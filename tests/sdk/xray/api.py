"""X-Ray's API through boto3 and AWS's command line, as they come; prints how many calls were right.

    api.py ENDPOINT open|keys [AWS_COMMAND]

In `keys` mode the environment holds a pair that the server knows, and API_ID_ONLY an id whose secret it does not know.
"""

import datetime
import json
import os
import subprocess
import sys
import time
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

ENDPOINT, MODE, AWS = sys.argv[1], sys.argv[2], sys.argv[3]
CONFIG = botocore.config.Config(retries={"max_attempts": 5}, connect_timeout=10, read_timeout=30)
calls = 0


def client(key="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="eu-central-1", endpoint=ENDPOINT):
    return boto3.client(
        "xray", region_name=region, endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret, config=CONFIG
    )


def equal(found, expected, what):
    global calls
    calls += 1
    if found != expected:
        raise SystemExit(f"{what}: {found!r} instead of {expected!r}")


def refused(code, call, **parameters):
    """The call is refused with this code; returns the message."""
    global calls
    calls += 1
    try:
        answer = call(**parameters)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise SystemExit(f"{error} instead of {code}") from error
        return error.response["Error"]["Message"]
    raise SystemExit(f"{answer} instead of {code}")


def ids(number):
    """A trace id of now."""
    return f"1-{int(time.time()):08x}-{number:024x}"


def document(trace, name, start, end, **members):
    return json.dumps({"name": name, "id": members.pop("id", "70de5b6f19ff9a0a"), "trace_id": trace, "start_time": start, "end_time": end, **members})


def window():
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now + datetime.timedelta(minutes=10)}


def summaries(xray, expression="", **parameters):
    pages = xray.get_paginator("get_trace_summaries").paginate(**(window() | parameters), FilterExpression=expression)
    return [summary for page in pages for summary in page["TraceSummaries"]]


def sends_and_reads(xray):
    now = time.time()
    first, second, unknown = ids(1), ids(2), ids(3)
    whole = document(
        first, "web", now - 2, now - 1,
        http={"request": {"method": "GET", "url": "http://shop/a"}, "response": {"status": 503}}, fault=True, user="alice",
        annotations={"item": "x1", "count": 3, "paid": True}, metadata={"m": {"deep": [1, 2.50]}}, Dummy=None,
        aws={"ec2": {"instance_id": "i-1", "availability_zone": "eu-1a"}},
    )  # fmt: skip
    part = document(second, "api", now - 1.5, now - 1.25, id="00000000000000a1")
    child = document(
        second, "db@host", now - 1.4, now - 1.3, id="00000000000000a2", parent_id="00000000000000a1", type="subsegment",
        namespace="remote", sql={"url": "postgresql://host/db"},
    )  # fmt: skip
    answer = xray.put_trace_segments(TraceSegmentDocuments=[whole, child, part, "[]", '{"id":"zz"}'])
    equal([entry["ErrorCode"] for entry in answer["UnprocessedTraceSegments"]], ["MissingId", "InvalidId"], "unprocessed segments")
    old = "1-581cf771-a006649127e371903a2de979"
    past = document(old, "past", 1478293361.271, 1478293361.449)
    equal(xray.put_trace_segments(TraceSegmentDocuments=[past])["UnprocessedTraceSegments"], [], "a segment of 2016")

    answer = xray.batch_get_traces(TraceIds=[first, unknown, old[2:].replace("-", ""), "nonsense"])
    equal(answer["UnprocessedTraceIds"], [unknown, "nonsense"], "ids of nothing")
    equal([trace["Id"] for trace in answer["Traces"]], [first, old], "traces in order of the request")
    equal(answer["Traces"][0]["Segments"], [{"Id": "70de5b6f19ff9a0a", "Document": whole}], "the document, byte by byte")
    equal(answer["Traces"][1]["Segments"][0]["Document"], past, "the document of 2016")
    (trace,) = xray.batch_get_traces(TraceIds=[second])["Traces"]
    segment, inferred = (json.loads(segment["Document"]) for segment in trace["Segments"])
    equal([child["name"] for child in segment["subsegments"]], ["db@host"], "what came by itself stands in its segment")
    equal((inferred["inferred"], inferred["name"], inferred["origin"]), (True, "db@host", "Database::SQL"), "the database")

    found = {summary["Id"]: summary for summary in summaries(xray)}
    equal(sorted(found), sorted([first, second]), "summaries")
    web = found[first]
    equal((web["HasFault"], web["HasError"], web["IsPartial"]), (True, False, False), "flags")
    equal((web["Http"]["HttpStatus"], web["Http"]["HttpURL"], web["Http"]["HttpMethod"]), (503, "http://shop/a", "GET"), "http")
    equal(web["Annotations"]["count"][0]["AnnotationValue"], {"NumberValue": 3.0}, "an annotation")
    equal((web["Users"][0]["UserName"], web["EntryPoint"]["Name"], web["InstanceIds"]), ("alice", "web", [{"Id": "i-1"}]), "who and where")
    equal(web["FaultRootCauses"][0]["Services"][0]["EntityPath"][0]["Name"], "web", "the root cause")
    for expression, expected in [
        ('annotation.item = "x1"', [first]),
        ('service("api")', [second]),
        ("fault = true AND responsetime < 5", [first]),
        ('edge("api", "db@host")', [second]),
        ("inferred", [second]),
        ('http.url CONTAINS "shop" !partial', [first]),
        ('annotation.item = "x2"', []),
    ]:
        equal([summary["Id"] for summary in summaries(xray, expression)], expected, expression)
    equal(len(summaries(xray, TimeRangeType="Event")), 2, "traces of which something happened")
    message = refused("InvalidRequestException", xray.get_trace_summaries, **window(), FilterExpression="fault = = true")
    equal("at character 9: " in message, True, f"the place of the fault: {message}")
    refused("InvalidRequestException", xray.get_trace_summaries, StartTime=2, EndTime=1)
    return first, second


def graphs(xray, first, second):
    (nodes,) = [page["Services"] for page in xray.get_paginator("get_trace_graph").paginate(TraceIds=[first, second])]
    names = {node["ReferenceId"]: (node["Name"], node.get("Type")) for node in nodes}
    edges = sorted(((names[node["ReferenceId"]], names[edge["ReferenceId"]]) for node in nodes for edge in node["Edges"]), key=str)
    api, web, database = ("api", None), ("web", None), ("db@host", "Database::SQL")
    equal(sorted(names.values(), key=str), sorted([api, web, database, ("api", "client"), ("web", "client")], key=str), "nodes")
    equal(edges, sorted([(("api", "client"), api), (("web", "client"), web), (api, database)], key=str), "edges")
    graph = xray.get_service_graph(**window())
    (node,) = [node for node in graph["Services"] if node["Name"] == "web" and node.get("Root")]
    equal((node["SummaryStatistics"]["FaultStatistics"]["TotalCount"], node["SummaryStatistics"]["TotalCount"]), (1, 1), "statistics")
    equal(node["ResponseTimeHistogram"], [{"Value": 1.0, "Count": 1}], "a histogram")
    series = xray.get_time_series_service_statistics(**window(), EntitySelectorExpression='service("web") { fault }', Period=60)
    (period,) = series["TimeSeriesServiceStatistics"]
    equal(period["ServiceSummaryStatistics"]["FaultStatistics"]["TotalCount"], 1, "faults of a minute")
    calls_in = xray.get_time_series_service_statistics(**window(), Period=3600)["TimeSeriesServiceStatistics"]
    equal(sum(period["EdgeSummaryStatistics"]["TotalCount"] for period in calls_in), 2, "what came in")
    refused("InvalidRequestException", xray.get_time_series_service_statistics, **window(), EntitySelectorExpression="ok")
    refused("InvalidRequestException", xray.get_service_graph, **window(), GroupName="none")
    refused("UnknownOperationException", xray.get_insight_summaries, **window(), GroupName="Default")


def of_opentelemetry(xray):
    """A trace of OpenTelemetry's spans: a request from one service to another, which asks a database and fails."""
    trace, now = f"{int(time.time()):08x}" + "b" * 24, time.time_ns()

    def span(own, parent, kind, start_ms, end_ms, attributes, **members):
        told = [{"key": key, "value": {"intValue": value} if isinstance(value, int) else {"stringValue": value}} for key, value in attributes.items()]
        times = {"startTimeUnixNano": str(now + start_ms * 10**6), "endTimeUnixNano": str(now + end_ms * 10**6)}
        return {"traceId": trace, "spanId": own * 8, "parentSpanId": parent * 8, "name": "step", "kind": kind, "attributes": told} | times | members

    failed = {"status": {"code": 2}, "events": [{"name": "exception", "timeUnixNano": str(now), "attributes": [{"key": "exception.type", "value": {"stringValue": "Timeout"}}]}]}
    services = {
        "front": [
            span("a1", "", 2, 0, 100, {"http.request.method": "GET", "url.full": "http://front/x", "http.response.status_code": 502, "tenant.id": "t1"}),
            span("a2", "a1", 3, 10, 90, {"server.address": "back.host"}),
        ],
        "back": [
            span("b1", "a2", 2, 20, 80, {}),
            span("b2", "b1", 3, 30, 70, {"db.system.name": "postgresql", "db.namespace": "orders", "server.address": "h", "db.query.text": "SELECT 1"}, **failed),
        ],
    }  # fmt: skip
    resources = [
        {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": name}}]}, "scopeSpans": [{"spans": spans}]}
        for name, spans in services.items()
    ]
    body = json.dumps({"resourceSpans": resources}).encode()
    urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/v1/traces", body, {"content-type": "application/json"}), timeout=30).close()
    own = f"1-{trace[:8]}-{trace[8:]}"
    (told,) = xray.batch_get_traces(TraceIds=[trace])["Traces"]
    equal(told["Id"], own, "the id in X-Ray's spelling")
    front, back, database = (json.loads(segment["Document"]) for segment in told["Segments"])
    equal((front["name"], front["fault"], front["http"]["response"]["status"]), ("front", True, 502), "the first service's segment")
    equal([(child["name"], child["namespace"]) for child in front["subsegments"]], [("back.host", "remote")], "its call")
    equal((back["name"], back["parent_id"]), ("back", "a2" * 8), "the second service's segment")
    call = back["subsegments"][0]
    equal((call["name"], call["sql"]["database_type"], call["fault"]), ("orders@h", "postgresql", True), "the question to the database")
    equal(call["cause"]["exceptions"][0]["type"], "Timeout", "the exception")
    equal((database["inferred"], database["origin"]), (True, "Database::SQL"), "the database")
    for expression in ('annotation.tenant_id = "t1"', 'annotation[tenant.id] = "t1"', 'service("back")', 'edge("back", "orders@h") { fault }', "http.status = 502"):
        equal([summary["Id"] for summary in summaries(xray, f"{expression} duration < 1")], [own], expression)
    nodes = xray.get_trace_graph(TraceIds=[own])["Services"]
    expected = [("back", None), ("front", None), ("front", "client"), ("orders@h", "Database::SQL")]
    equal(sorted(((node["Name"], node.get("Type")) for node in nodes), key=str), sorted(expected, key=str), "nodes of OpenTelemetry's spans")


def pages(xray):
    """More traces than a page has, each told once, the latest first."""
    start = int(time.time()) - 300
    documents = [
        document(f"1-{start:08x}-{10_000 + number:024x}", "many", start + number / 10, start + number / 10 + 0.01, annotations={"n": number})
        for number in range(2_300)
    ]
    for first in range(0, len(documents), 500):
        equal(xray.put_trace_segments(TraceSegmentDocuments=documents[first : first + 500])["UnprocessedTraceSegments"], [], "many segments")
    found = [summary["Annotations"]["n"][0]["AnnotationValue"]["NumberValue"] for summary in summaries(xray, 'service("many")')]
    equal(found, [float(number) for number in reversed(range(2_300))], "pages")
    half = summaries(xray, 'service("many")', Sampling=True, SamplingStrategy={"Name": "FixedRate", "Value": 0.5})
    equal(900 < len(half) < 1_400, True, f"half of them: {len(half)}")
    first = xray.get_trace_summaries(**window(), FilterExpression='service("many")')
    refused("InvalidRequestException", xray.get_trace_summaries, **window(), FilterExpression="ok", NextToken=first["NextToken"])


RULE = {
    "RuleName": "Cruddur", "ResourceARN": "*", "Priority": 9000, "FixedRate": 0.1, "ReservoirSize": 5, "ServiceName": "Cruddur",
    "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
}  # fmt: skip


def rules(xray):
    made = xray.create_sampling_rule(SamplingRule=RULE, Tags=[{"Key": "team", "Value": "a"}])["SamplingRuleRecord"]["SamplingRule"]
    equal((made["RuleName"], made["Priority"], made["Attributes"]), ("Cruddur", 9000, {}), "the rule")
    refused("InvalidRequestException", xray.create_sampling_rule, SamplingRule=RULE)
    refused("InvalidRequestException", xray.create_sampling_rule, SamplingRule=RULE | {"RuleName": "Other", "Priority": 9_999, "FixedRate": 1.5})
    records = [record for page in xray.get_paginator("get_sampling_rules").paginate() for record in page["SamplingRuleRecords"]]
    equal([record["SamplingRule"]["RuleName"] for record in records], ["Cruddur", "Default"], "rules by priority")
    before = time.time() - 5
    statistics = {"RuleName": "Cruddur", "ClientID": "a" * 24, "Timestamp": time.time(), "RequestCount": 9, "SampledCount": 2, "BorrowCount": 1}
    answer = xray.get_sampling_targets(SamplingStatisticsDocuments=[statistics, statistics | {"RuleName": "None"}])
    (target,) = answer["SamplingTargetDocuments"]
    equal((target["RuleName"], target["FixedRate"], target["ReservoirQuota"], target["Interval"]), ("Cruddur", 0.1, 5, 10), "the target")
    equal([entry["ErrorCode"] for entry in answer["UnprocessedStatistics"]], ["400"], "an unknown rule")
    equal(answer["LastRuleModification"].timestamp() >= before, True, "when rules were changed")
    (told,) = xray.get_sampling_statistic_summaries()["SamplingStatisticSummaries"]
    equal((told["RuleName"], told["RequestCount"], told["BorrowCount"], told["SampledCount"]), ("Cruddur", 9, 1, 2), "statistics")
    changed = xray.update_sampling_rule(SamplingRuleUpdate={"RuleARN": made["RuleARN"], "FixedRate": 0.25})["SamplingRuleRecord"]["SamplingRule"]
    equal((changed["FixedRate"], changed["ReservoirSize"]), (0.25, 5), "a change of the rate alone")
    xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": "Default", "FixedRate": 0.5, "ReservoirSize": 2})
    refused("InvalidRequestException", xray.update_sampling_rule, SamplingRuleUpdate={"RuleName": "Default", "Priority": 5})
    refused("InvalidRequestException", xray.delete_sampling_rule, RuleName="Default")
    arn = made["RuleARN"]
    xray.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": ""}])
    equal(xray.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "stage", "Value": ""}, {"Key": "team", "Value": "a"}], "tags")
    xray.untag_resource(ResourceARN=arn, TagKeys=["team"])
    equal(len(xray.list_tags_for_resource(ResourceARN=arn)["Tags"]), 1, "a tag less")
    refused("ResourceNotFoundException", xray.list_tags_for_resource, ResourceARN=arn + "x")
    equal(xray.delete_sampling_rule(RuleName="Cruddur")["SamplingRuleRecord"]["SamplingRule"]["RuleName"], "Cruddur", "the rule that is gone")
    refused("InvalidRequestException", xray.delete_sampling_rule, RuleName="Cruddur")


def groups(xray, fault):
    group = xray.create_group(GroupName="faults", FilterExpression="fault", InsightsConfiguration={"InsightsEnabled": True})["Group"]
    equal(group["InsightsConfiguration"], {"InsightsEnabled": True, "NotificationsEnabled": False}, "insights")
    refused("InvalidRequestException", xray.create_group, GroupName="faults")
    refused("InvalidRequestException", xray.create_group, GroupName="wrong", FilterExpression="fault =")
    equal([known["GroupName"] for known in xray.get_groups()["Groups"]], ["Default", "faults"], "groups")
    equal([summary["Id"] for summary in summaries(xray, 'group.name = "faults" user = alice')], [fault], "traces of a group")
    refused("InvalidRequestException", xray.update_group, GroupName="faults", FilterExpression='group.name = "faults"')
    xray.update_group(GroupARN=group["GroupARN"], FilterExpression="ok")
    equal(xray.get_group(GroupName="faults")["Group"]["FilterExpression"], "ok", "a group's expression")
    xray.delete_group(GroupARN=group["GroupARN"])
    refused("InvalidRequestException", xray.get_group, GroupName="faults")
    refused("InvalidRequestException", xray.delete_group, GroupName="Default")


def settings(xray):
    equal(xray.get_encryption_config()["EncryptionConfig"], {"Status": "ACTIVE", "Type": "NONE"}, "encryption")
    equal(xray.put_encryption_config(Type="NONE")["EncryptionConfig"]["Type"], "NONE", "encryption")
    refused("InvalidRequestException", xray.put_encryption_config, Type="KMS", KeyId="k")
    equal(xray.list_resource_policies()["ResourcePolicies"], [], "policies")
    refused("MalformedPolicyDocumentException", xray.put_resource_policy, PolicyName="p", PolicyDocument="{}")
    xray.put_telemetry_records(TelemetryRecords=[{"Timestamp": time.time(), "SegmentsReceivedCount": 1}], EC2InstanceId="", Hostname="", ResourceARN="")


def command_line(*words):
    done = subprocess.run(
        [AWS, "xray", *words, "--endpoint-url", ENDPOINT, "--region", "us-east-1", "--output", "json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout or "null"), done.stderr


def through_the_command_line(first):
    group = ("create-group", "--group-name", "Cruddur", "--filter-expression", 'service("backend-flask")')
    equal(command_line(*group)[1]["Group"]["FilterExpression"], 'service("backend-flask")', "a group by aws-cli")
    status, _, said = command_line(*group)
    equal((status != 0, "InvalidRequestException" in said), (True, True), f"the same group again: {said}")
    rule = ("create-sampling-rule", "--cli-input-json", json.dumps({"SamplingRule": RULE}))
    equal(command_line(*rule)[1]["SamplingRuleRecord"]["SamplingRule"]["Priority"], 9000, "a rule by aws-cli")
    names = [record["SamplingRule"]["RuleName"] for record in command_line("get-sampling-rules")[1]["SamplingRuleRecords"]]
    equal(names, ["Cruddur", "Default"], "rules by aws-cli")
    equal(command_line("delete-sampling-rule", "--rule-name", "Cruddur")[0], 0, "a rule deleted by aws-cli")
    equal(len(command_line("get-groups")[1]["Groups"]), 2, "groups by aws-cli")
    equal(command_line("delete-group", "--group-name", "Cruddur")[0], 0, "a group deleted by aws-cli")
    start, end = str(int(time.time()) - 600), str(int(time.time()) + 600)
    found = command_line("get-trace-summaries", "--start-time", start, "--end-time", end, "--filter-expression", 'annotation.item = "x1"')
    equal([summary["Id"] for summary in found[1]["TraceSummaries"]], [first], "summaries by aws-cli")
    equal(command_line("batch-get-traces", "--trace-ids", first)[1]["Traces"][0]["Id"], first, "a trace by aws-cli")


def keys():
    """What a wrong signature, an unknown key and a key that may little are told."""
    refused("InvalidSignatureException", client(secret="something else entirely").get_groups)
    refused("UnrecognizedClientException", client(key="AKIANOBODYKNOWSTHISX").get_groups)
    only = client(key=os.environ["API_ID_ONLY"], secret="whatever it is")
    equal(only.get_sampling_rules()["SamplingRuleRecords"][0]["SamplingRule"]["RuleName"], "Default", "the rules for an id alone")
    refused("AccessDeniedException", only.get_groups)
    unsigned = boto3.client("xray", region_name="us-east-1", endpoint_url=ENDPOINT, config=CONFIG.merge(botocore.config.Config(signature_version=botocore.UNSIGNED)))
    refused("MissingAuthenticationTokenException", unsigned.get_groups)
    equal(client(endpoint=ENDPOINT + "/aws/xray").get_groups()["Groups"][0]["GroupName"], "Default", "the other path")


def main():
    xray = client()
    first, second = sends_and_reads(xray)
    graphs(xray, first, second)
    rules(xray)
    groups(xray, first)
    settings(xray)
    through_the_command_line(first)
    pages(xray)
    if MODE == "keys":
        keys()
    else:
        of_opentelemetry(xray)
    json.dump({"calls": calls}, sys.stdout)


main()

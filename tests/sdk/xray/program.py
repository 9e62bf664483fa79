"""A Flask application with X-Ray's SDK as its documentation has it; prints what it sent, and what its sampler was told, as JSON.

The daemon's address is AWS_XRAY_DAEMON_ADDRESS, which the SDK reads by itself.
"""

import json
import sys
import threading
import time

import requests
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.core.sampling.rule_cache import RuleCache  # noqa: F401  (fails early where the SDK is another)
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import Flask
from werkzeug.serving import make_server

SERVICE = sys.argv[1]
patch(("requests",))
app = Flask(__name__)
# What a sampler leaves out cannot be compared; the sampler is asked by itself below.
xray_recorder.configure(service=SERVICE, sampling=False)
XRayMiddleware(app, xray_recorder)
sent = []


@app.route("/outer/<item>")
def outer(item):
    segment = xray_recorder.current_segment()
    sent.append({"trace": segment.trace_id, "id": segment.id})
    with xray_recorder.in_subsegment("work") as subsegment:
        subsegment.put_annotation("item", item)
        subsegment.put_annotation("weight", 2.5)
        subsegment.put_metadata("basket", {"lines": [1, 2], "owner": "ann"})
    requests.get(f"{base}/inner", timeout=10)
    return "ok"


@app.route("/inner")
def inner():
    return "inner"


@app.route("/broken")
def broken():
    segment = xray_recorder.current_segment()
    sent.append({"trace": segment.trace_id, "id": segment.id})
    raise ValueError("as told")


@app.route("/many")
def many():
    segment = xray_recorder.current_segment()
    sent.append({"trace": segment.trace_id, "id": segment.id})
    # More than the thirty after which the SDK sends finished ones by themselves.
    for number in range(100):
        with xray_recorder.in_subsegment(f"step {number}"):
            pass
    return "ok"


def sampling():
    """One cycle of the sampler's pollers, without their threads and pauses."""
    from aws_xray_sdk.core.daemon_config import DaemonConfig
    from aws_xray_sdk.core.sampling.sampler import DefaultSampler

    sampler = DefaultSampler()
    sampler.load_settings(DaemonConfig(), xray_recorder.context)
    sampler._rule_poller._refresh_cache()
    rule = sampler._cache.get_matched_rule({"host": "h", "method": "GET", "path": "/", "service": SERVICE}, int(time.time()))
    decision = sampler._process_matched_rule(rule, int(time.time()))
    targets, modified = sampler._connector.fetch_sampling_target([rule])
    return {"rules": [known.name for known in sampler._cache.rules], "decision": decision, "targets": targets, "modified": modified}


server = make_server("127.0.0.1", 0, app, threaded=True)
base = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
for path in ("/outer/7", "/broken", "/many"):
    # Not recorded itself: there is no segment around it.
    xray_recorder.configure(context_missing="IGNORE_ERROR")
    requests.get(base + path, timeout=30)
server.shutdown()
json.dump({"sent": sent, "sampling": sampling()}, sys.stdout)

"""A Flask app that knows nothing of OpenTelemetry: it answers one request and ends."""

from flask import Flask

app = Flask(__name__)


@app.get("/hello/<name>")
def hello(name):
    """Greets."""
    return f"hello {name}"


print(app.test_client().get("/hello/bees").text)

"""The SDKs: what each needs, how it is installed from its lock file, how it is started, what it speaks."""

import dataclasses
import hashlib
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[1]


class InstallFailed(Exception):
    """A package manager said no."""


@dataclasses.dataclass(frozen=True)
class Sdk:
    name: str
    # Must run wherever the tests run.
    required: bool
    # Directory with the program and its lock files.
    directory: pathlib.Path
    # Files that decide what is installed, relative to the directory.
    locks: tuple
    # Programs that must be on the machine.
    tools: tuple
    # OTLP protocols, by their word in OTEL_EXPORTER_OTLP_PROTOCOL; `+gzip` compresses.
    protocols: tuple
    # Directory of the bodies recorded from it.
    fixture: str
    # (sdk, target directory) -> None
    build: object
    # (sdk, target directory) -> command
    start: object
    # OTEL_* variables besides service, endpoint and protocol.
    environment: dict = dataclasses.field(default_factory=dict)

    def missing_tool(self):
        return next((tool for tool in self.tools if not shutil.which(tool)), None)

    def install(self, cache):
        """Installs into the cache unless the same locks were installed before; returns the command that runs the program."""
        target = cache.resolve() / self.name
        digest = hashlib.sha256(b"".join((self.directory / lock).read_bytes() for lock in self.locks)).hexdigest()
        stamp = target / "installed"
        if not stamp.is_file() or stamp.read_text() != digest:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            self.build(self, target)
            stamp.write_text(digest)
        return self.start(self, target)


def call(*command, cwd=None):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallFailed(f"{' '.join(map(str, command))}\n{(done.stdout + done.stderr)[-3000:]}")


def program(sdk, target, name):
    """A copy of a source file beside what it imports."""
    return shutil.copy(sdk.directory / name, target / name)


def python(name, requirements, fixture):
    def build(sdk, target):
        call(sys.executable, "-m", "venv", target / "venv")
        call(target / "venv/bin/pip", "install", "--quiet", "--no-deps", "--requirement", sdk.directory / requirements)

    return Sdk(
        name=name,
        required=True,
        directory=HERE / "python",
        locks=(requirements,),
        tools=(),
        protocols=("http/protobuf", "http/protobuf+gzip", "http/protobuf+deflate", "grpc", "grpc+gzip"),
        fixture=fixture,
        build=build,
        start=lambda sdk, target: [str(target / "venv/bin/python"), str(program(sdk, target, "program.py"))],
    )


def node_build(sdk, target):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(sdk.directory / name, target)
    call("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=target)


def rust_build(sdk, target):
    call("cargo", "build", "--locked", "--target-dir", target / "target", cwd=sdk.directory)


def go_build(sdk, target):
    call("go", "build", "-mod=readonly", "-trimpath", "-o", target / "program", ".", cwd=sdk.directory)


def java_build(sdk, target):
    shutil.copytree(sdk.directory, target / "source", dirs_exist_ok=True)
    call("mvn", "--batch-mode", "--quiet", "package", cwd=target / "source")


NODE = Sdk(
    name="node",
    required=True,
    directory=HERE / "node",
    locks=("package-lock.json",),
    tools=("node", "npm"),
    protocols=("http/protobuf", "http/json", "http/protobuf+gzip", "grpc"),
    fixture="node-0.223.0",
    build=node_build,
    start=lambda sdk, target: ["node", str(program(sdk, target, "program.mjs"))],
)

RUST = Sdk(
    name="rust",
    required=True,
    directory=HERE / "rust",
    locks=("Cargo.lock", "Cargo.toml", "src/main.rs", "src/metrics.rs"),
    tools=("cargo",),
    protocols=("http/protobuf", "http/json", "grpc"),
    fixture="rust-0.33.1",
    build=rust_build,
    start=lambda sdk, target: [str(target / "target/debug/glasshive-sdk-rust")],
)

GO = Sdk(
    name="go",
    required=False,
    directory=HERE / "go",
    locks=("go.sum", "go.mod", "main.go"),
    tools=("go",),
    protocols=("http/protobuf", "http/protobuf+gzip", "grpc"),
    fixture="go-1.47.0",
    build=go_build,
    start=lambda sdk, target: [str(target / "program")],
)

JAVA = Sdk(
    name="java",
    required=False,
    directory=HERE / "java",
    locks=("pom.xml", "src/main/java/Program.java"),
    tools=("java", "mvn"),
    protocols=("http/protobuf", "http/protobuf+gzip", "grpc"),
    fixture="java-1.67.0",
    build=java_build,
    start=lambda sdk, target: ["java", "-cp", f"{target}/source/target/classes:{target}/source/target/libraries/*", "Program"],
    # Metrics are collected once, at the end: the interval is longer than any run.
    environment={"OTEL_LOGS_EXPORTER": "otlp", "OTEL_METRIC_EXPORT_INTERVAL": "3600000"},
)

ALL = (
    python("python-2023", "requirements-2023.txt", "python-1.16.0"),
    python("python-current", "requirements-current.txt", "python-1.45.1"),
    NODE,
    RUST,
    GO,
    JAVA,
)

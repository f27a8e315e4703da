"""P11: small reads through the gateway against the same reads through nginx as reverse proxy with one worker.

Both stand before one nginx that answers at once, so neither waits for its upstream. The gateway checks the caller's
token, its rights and its headers, counts and logs; nginx only passes on. Run it with
`make bench ARGS=P11` on a machine that does nothing else; it needs nginx and wrk.
"""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import psutil
from joserfc import jwt
from joserfc.jwk import OKPKey, RSAKey

from deploy.local.ports import free_ports
from tests.benchmarks.ratios import REPETITIONS, Ratio
from tests.benchmarks.receipts_over_http import WIDE_LIMITS
from tests.benchmarks.wrk import SECONDS, load

CONNECTIONS = 64
PATH = "/v1/receipts"
NGINX = """
worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.err;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 75s;
  client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-fastcgi; uwsgi_temp_path {folder}/{name}-uwsgi; scgi_temp_path {folder}/{name}-scgi;
  {upstream}
  server {{ listen 127.0.0.1:{port}; location / {{ {answer} }} }}
}}
"""
ANSWERING = """default_type application/json; return 200 '{"items":[],"next_cursor":null}';"""
PROXYING = """proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";"""
KEPT = "upstream behind {{ server 127.0.0.1:{port}; keepalive 256; keepalive_requests 1000000000; }}"


@contextmanager
def process(command: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[psutil.Process]:
    """Run a program for the length of the block and stop it and its children."""
    started = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    try:
        yield psutil.Process(started.pid)
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(30)


@contextmanager
def nginx(folder: Path, name: str, port: int, *, upstream: str, answer: str) -> Iterator[psutil.Process]:
    """Run an nginx of our own with one worker."""
    configuration = folder / f"{name}.conf"
    configuration.write_text(
        NGINX.format(folder=folder, name=name, port=port, upstream=upstream, answer=answer)
    )
    with process(["nginx", "-c", str(configuration)]) as master:
        wait_for(f"http://127.0.0.1:{port}/")
        yield master


@contextmanager
def gateway(
    port: int, upstream_port: int, processes: int, database_url: str
) -> Iterator[tuple[psutil.Process, str]]:
    """Run the gateway as production does and yield it with an access token."""
    signing, internal = RSAKey.generate_key(2048, {"kid": "k"}), OKPKey.generate_key("Ed25519")
    services = ("PAYMENTS", "PARTNERS", "REPORTING", "RESEARCH")
    environment = {
        "ENVIRONMENT": "production",
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_PORT": str(port),
        "GATEWAY_METRICS_PORT": "0",
        "GATEWAY_PROCESSES": str(processes),
        "CURSOR_SECRET": "cursors of the measurement",
        "WEBHOOK_SECRET": "webhooks of the benchmark",
        "GATEWAY_ISSUER": "bench",
        "GATEWAY_AUDIENCE": "salesops",
        "GATEWAY_API_KEY_PEPPERS": "a pepper that the benchmark alone has",
        "GATEWAY_JWKS": json.dumps({"keys": [signing.as_dict(private=False)]}),
        "GATEWAY_INTERNAL_TOKEN_PRIVATE_KEY": json.dumps(internal.as_dict(private=True)),
        **WIDE_LIMITS,
        **{f"GATEWAY_{service}_URL": f"http://127.0.0.1:{upstream_port}" for service in services},
    }
    now = int(time.time())
    claims = {"iss": "bench", "aud": "salesops", "sub": "bench", "exp": now + 3600, "roles": ["admin"]}
    token = jwt.encode({"alg": "RS256", "kid": "k", "typ": "at+jwt"}, claims, signing)
    with process([sys.executable, "-m", "gateway.main"], environment) as started:
        wait_for(f"http://127.0.0.1:{port}/health/live")
        yield started, token


def wait_for(url: str) -> None:
    """Return when the address answers; TimeoutError after a minute."""

    async def answered() -> None:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(url):
                        return
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)

    asyncio.run(answered())


def cpu_seconds(started: psutil.Process) -> float:
    """CPU time of a program and its workers so far."""
    spent = 0.0
    for member in [started, *started.children(recursive=True)]:
        times = member.cpu_times()
        spent += times.user + times.system
    return spent


def measured(started: psutil.Process, port: int, token: str) -> tuple[float, float]:
    """Return requests per second and CPU microseconds per request."""
    before = cpu_seconds(started)
    done = load(f"http://127.0.0.1:{port}{PATH}", token, connections=CONNECTIONS)
    return done.per_second, (cpu_seconds(started) - before) / (done.per_second * SECONDS) * 1e6


def throughput_ratio(processes: int, database_url: str) -> Ratio:
    """Measure both in turn, after a warming round that does not count; the database is a migrated one of the gateway."""
    upstream_port, proxy_port, gateway_port = free_ports(3)
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(nginx(folder, "answering", upstream_port, upstream="", answer=ANSWERING))
        kept = KEPT.format(port=upstream_port)
        proxy = stack.enter_context(nginx(folder, "proxy", proxy_port, upstream=kept, answer=PROXYING))
        edge, token = stack.enter_context(gateway(gateway_port, upstream_port, processes, database_url))
        for _ in range(REPETITIONS + 1):
            theirs.append(measured(proxy, proxy_port, token))
            ours.append(measured(edge, gateway_port, token))
    pairs = list(zip(ours, theirs, strict=True))[1:]
    for (our_rate, our_cost), (their_rate, their_cost) in pairs:
        sys.stdout.write(
            f"gateway {our_rate:8.0f}/s {our_cost:6.1f} µs   nginx {their_rate:8.0f}/s {their_cost:6.1f} µs\n"
        )
    sys.stdout.flush()
    costs = [statistics.median(cost for _, cost in runs[1:]) for runs in (ours, theirs)]
    return Ratio(
        id="P11",
        what=f"small reads through the gateway, {processes} process(es)",
        denominator="nginx reverse proxy, one worker",
        must=0.50,
        aim=0.85,
        values=tuple(our_rate / their_rate for (our_rate, _), (their_rate, _) in pairs),
        note="{:.0f} µs of processor time each against {:.0f}".format(*costs),
    )

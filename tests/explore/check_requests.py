#!/usr/bin/env python3
"""check_requests.py BIN: good and bad requests to scission-explore over real connections. Every answer is JSON with
an error and the right status, and good ones still work afterwards."""
import http.client
import json
import socket
import subprocess
import sys

import explorer_process

failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def ask(explorer, method, path, body=None, headers=None, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", explorer.port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host or f"127.0.0.1:{explorer.port}")
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if body is not None and "Transfer-Encoding" not in (headers or {}):
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    try:
        if body is not None:
            connection.send(body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before it was read whole
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, text, reply.headers


def refused(explorer, status, what, *arguments, **named):
    got, text, _ = ask(explorer, *arguments, **named)
    check(got == status, f"{what}: status {got}, not {status}")
    try:
        check("error" in json.loads(text), f"{what}: no error in {text[:100]!r}")
    except ValueError:
        check(False, f"{what}: no JSON: {text[:100]!r}")


def raw(explorer, data):
    """What comes back for bytes that may be no HTTP; the connection may just end."""
    with socket.create_connection(("127.0.0.1", explorer.port), timeout=60) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass


def main(bin):
    as_json = {"Content-Type": "application/json"}
    with explorer_process.Explorer(bin) as explorer:
        page, answer = explorer.path, explorer.path + "answer"

        def works():
            status, text, headers = ask(explorer, "POST", answer, b"{}", as_json)
            check(status == 200 and len(json.loads(text)["plans"]) == 5, f"an answer: {status} {text[:100]}")
            check(headers["Cache-Control"] == "no-store", "answers are not stored")

        works()
        status, text, headers = ask(explorer, "GET", page)
        check(status == 200 and text.startswith("<!DOCTYPE html>"), "the page")
        check("frame-ancestors 'none'" in headers["Content-Security-Policy"], "the page in no frame")

        refused(explorer, 403, "no token", "GET", "/")
        refused(explorer, 403, "no token", "POST", "/answer", b"{}", as_json)
        refused(explorer, 403, "another token", "GET", "/" + "0" * 32 + "/")
        refused(explorer, 403, "another host", "GET", page, host="evil.example")
        refused(explorer, 403, "another host", "POST", answer, b"{}", as_json, host=f"evil.example:{explorer.port}")
        refused(explorer, 404, "another page", "GET", page + "favicon.ico")
        refused(explorer, 405, "an answer by GET", "GET", answer)
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            refused(explorer, 405, method, method, answer)
        refused(explorer, 415, "no type", "POST", answer, b"{}")
        refused(explorer, 415, "a form", "POST", answer, b"--x--", {"Content-Type": "multipart/form-data; boundary=x"})
        for body in (b"", b"{", b"null", b"[]", b"\xff\xfe\x00", b'{"limits": {"latency_s": NaN}}', b'{"x": 1e999}',
                     b'{"objective": "speed"}', b"[" * 60000):
            refused(explorer, 400, f"body {body[:40]}", "POST", answer, body, as_json)
        refused(explorer, 413, "a large body", "POST", answer, b" " * 70_000, as_json)
        refused(explorer, 413, "a huge body", "POST", answer, b" " * 20_000_000, as_json)
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        refused(explorer, 413, "a body of chunks", "POST", answer, chunk * 64 + b"0\r\n\r\n",
                {**as_json, "Transfer-Encoding": "chunked"})
        works()
        for data in (b"", b"\0" * 1000, b"GET\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
                     b"POST " + answer.encode() + b" HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                     b"POST " + answer.encode() + b" HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n{}"):
            raw(explorer, data)
        works()
        # Another one cannot take its port.
        second = subprocess.run([f"{bin}/scission-explore", *explorer_process.ARGUMENTS, "--port", str(explorer.port)],
                                cwd=explorer_process.PROJECT, capture_output=True, text=True, timeout=60)
        check(second.returncode == 1 and "cannot listen" in second.stderr, f"a port in use: {second}")
        works()
        check(explorer.interrupt() == 0, "Ctrl-C")
        check("Ctrl-C" in explorer.process.stderr.read(), "the note about Ctrl-C")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

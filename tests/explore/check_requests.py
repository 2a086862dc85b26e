#!/usr/bin/env python3
"""check_requests.py BIN: good and bad requests to scission-explore over real connections. Every answer is JSON with
an error and the right status, and good ones still work afterwards."""
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

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
        except OSError:  # also of a connection that the server has ended
            pass


def has_whole_answers(explorer):
    """Whether a Range, which clients choose, changes nothing of any answer."""
    page, answer = explorer.path, explorer.path + "answer"
    as_json = {"Content-Type": "application/json"}
    requests = {200: ("GET", page, None, {}), 403: ("GET", "/", None, {}), 404: ("GET", page + "x", None, {}),
                413: ("POST", answer, b" " * 70_000, as_json), 415: ("POST", answer, b"{}", {})}
    for status, (method, path, body, headers) in requests.items():
        _, whole, _ = ask(explorer, method, path, body, headers)
        for asked in ("0-4000000", "0-0", "60-", "-5000", "-1", "999999999999-999999999999", "0-1,2-3", "0-4000000,0-9", "x",
                      "5-2"):
            got, text, reply = ask(explorer, method, path, body, {**headers, "Range": f"bytes={asked}"})
            if got == 416:  # not even a range
                check(asked in ("x", "5-2") and "error" in json.loads(text), f"Range {asked} of {status}: {text[:100]!r}")
                continue
            # The page has the time that its answer took.
            is_whole = text == whole or status == 200 and text[:200] == whole[:200] and text[-200:] == whole[-200:]
            check(got == status and is_whole, f"Range {asked} of {status}: {got}, {len(text)} not {len(whole)} bytes")
            check("Content-Range" not in reply, f"Range {asked} of {status}: a part")


def ends_at_once(bin):
    """Whether Ctrl-C ends it while connections are idle, and others send a byte now and then."""
    with explorer_process.Explorer(bin) as explorer:
        start = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
        connections = []
        for data in (b"", start, start) * 4:
            connections.append(socket.create_connection(("127.0.0.1", explorer.port), timeout=60))
            connections[-1].sendall(data)
        is_over = threading.Event()

        def drip():
            while not is_over.wait(0.2):
                for connection in connections[1::3]:
                    try:
                        connection.sendall(b"a")
                    except OSError:
                        pass

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            check(explorer.interrupt() == 0, "Ctrl-C with slow connections")
        except subprocess.TimeoutExpired:
            check(False, "Ctrl-C with slow connections: no end")
        is_over.set()
        thread.join()


def ends_slow_heads(explorer):
    """Whether connections end that send a byte of a head now and then, more of them than are served at a time."""
    connections = [socket.create_connection(("127.0.0.1", explorer.port), timeout=60) for _ in range(40)]
    for connection in connections:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
    is_over = threading.Event()

    def drip():
        while not is_over.wait(0.2):
            for connection in connections:
                try:
                    connection.sendall(b"a")
                except OSError:
                    pass

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        for connection in connections:
            while connection.recv(65536):
                pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        check(False, "a head that comes slowly keeps its connection")
    is_over.set()
    thread.join()
    for connection in connections:
        connection.close()
    check(ask(explorer, "GET", explorer.path)[0] == 200, "the page after slow heads")


def refuses_names(bin):
    """Whether systems that the page's command cannot name are refused at the start."""
    for name in ("-x", "a,b"):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(explorer_process.PROJECT / "data/example", folder, dirs_exist_ok=True)
            profile = pathlib.Path(folder, "cloud-vm.json")
            text = json.loads(profile.read_text())
            text["name"] = name
            profile.write_text(json.dumps(text))
            links = pathlib.Path(folder, "links.csv")
            links.write_text('source,destination,ping(ms),bandwidth(mbps)\ndevice,edge,5,20\ndevice,cloud,30,8\nedge,cloud,25,30\n')
            with subprocess.Popen([f"{bin}/scission-explore", folder, str(links), "vgg19"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as process:
                is_refused = process.stdout.readline() == ""
                if not is_refused:
                    process.kill()
                _, told = process.communicate(timeout=60)
            check(is_refused and f"system '{name}'" in told and told.count("\n") == 1, f"the name {name}: {told}")


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
        has_whole_answers(explorer)
        ends_slow_heads(explorer)
        works()
        # Another one cannot take its port.
        second = subprocess.run([f"{bin}/scission-explore", *explorer_process.ARGUMENTS, "--port", str(explorer.port)],
                                cwd=explorer_process.PROJECT, capture_output=True, text=True, timeout=60)
        check(second.returncode == 1 and "cannot listen" in second.stderr, f"a port in use: {second}")
        works()
        check(explorer.interrupt() == 0, "Ctrl-C")
        check("Ctrl-C" in explorer.process.stderr.read(), "the note about Ctrl-C")
    ends_at_once(bin)
    refuses_names(bin)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
